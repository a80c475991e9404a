"""What the child does with a file it may read; each answer is a dictionary to send."""

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any, BinaryIO

from services.registry.rules.kinds import LAYOUTS
from services.registry.rules.layouts import RowReader, UnreadableHeadings, find_headings, rows_with_numbers
from services.registry.tables import files, limits, marking
from services.registry.tables.workbooks import Refused


def read(file: BinaryIO, options: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The rows by a layout, in batches, with their bad cells. Raises Refused."""
    layout = LAYOUTS[options["layout"]]
    rows = files.rows(file)
    first = list(islice(rows, 6))
    try:
        headings = find_headings(layout, first, keep_other=options.get("keep_other", False))
    except UnreadableHeadings as bad:
        raise Refused("headings", unknown=bad.unknown, missing=bad.missing, duplicate=bad.duplicate) from bad
    reader = RowReader(layout, headings, strict_ids=options.get("strict_ids", False))
    batch: list[list[Any]] = []
    errors: list[tuple[int, str, str]] = []
    count = 0
    for number, cells in rows_with_numbers(chain(first, rows)):
        if number <= headings.row + 1:
            continue
        count += 1
        found = reader.read(number, cells)
        batch.append([number, found.opens, found.values, found.attributes])
        errors.extend((number, field, error.value) for field, error in found.errors)
        if len(batch) == limits.BATCH:
            yield {"rows": batch, "errors": errors}
            batch, errors = [], []
    if batch:
        yield {"rows": batch, "errors": errors}
    if not count:
        raise Refused("empty")
    yield {"end": True, "doubts": reader.doubts}


def mark(file: BinaryIO, options: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Write the marked workbook. Raises Refused."""
    marking.mark(files.rows(file), LAYOUTS[options["layout"]], options["errors"], options["into"])
    yield {"end": True}
