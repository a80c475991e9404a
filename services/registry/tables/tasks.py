"""What the child does with a file it may read; each answer is a line to send, and parts to send after it."""

import json
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any, BinaryIO

from services.registry.rules import layouts as headings_of
from services.registry.rules.kinds import LAYOUTS, ROSTER
from services.registry.rules.layouts import UnreadableHeadings, find_headings
from services.registry.rules.rows import RowReader, rows_with_numbers
from services.registry.tables import files, limits, marking
from services.registry.tables.workbooks import Refused

Said = tuple[dict[str, Any], list[bytes]]  # a line, and the parts that follow it


def read(file: BinaryIO, options: dict[str, Any]) -> Iterator[Said]:
    """The rows by a layout, in batches, with their bad cells. Raises Refused."""
    layout = LAYOUTS[options["layout"]]
    rows = files.checked_rows(file)
    first = list(islice(rows, 6))
    try:
        headings = find_headings(
            layout, first, keep_other=options.get("keep_other", False), mapping=options.get("mapping")
        )
    except UnreadableHeadings as bad:
        raise Refused("headings", unknown=bad.unknown, missing=bad.missing, duplicate=bad.duplicate) from bad
    reader = RowReader(layout, headings, strict_ids=options.get("strict_ids", False))
    numbered = ((number, cells) for number, cells in rows_with_numbers(chain(first, rows)) if number > headings.row + 1)
    count = 0
    while batch := reader.batch(islice(numbered, limits.BATCH)):
        count += len(batch)
        yield (
            {"rows": len(batch)},
            [
                json.dumps(batch.errors).encode() if batch.errors else b"",
                *(
                    "\n".join(column).encode()
                    for column in (batch.heads, batch.bodies, batch.attributes, *batch.sealed)
                ),
            ],
        )
    if not count:
        raise Refused("empty")
    yield {"end": True, "doubts": reader.doubts}, []


def guess(file: BinaryIO, _: dict[str, Any]) -> Iterator[Said]:
    """The kind of import that the headings speak of. Raises Refused."""
    kinds = [layout for layout in LAYOUTS.values() if layout is not ROSTER]
    found = headings_of.guess(kinds, list(islice(files.rows(file), 6)))
    if found is None:
        raise Refused("headings", unknown=[], missing=[], duplicate=[])
    yield {"end": True, "kind": found.name}, []


def mark(file: BinaryIO, options: dict[str, Any]) -> Iterator[Said]:
    """Write the marked workbook. Raises Refused."""
    marking.mark(files.checked_rows(file), LAYOUTS[options["layout"]], options["errors"], options["into"],
                 mapping=options.get("mapping"))  # fmt: skip
    yield {"end": True}, []
