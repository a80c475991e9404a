"""What the child does with a file it may read; each answer is a line to send, and parts to send after it."""

import json
from collections.abc import Iterator, Sequence
from datetime import date
from importlib import import_module
from itertools import chain, islice
from typing import Any, BinaryIO

from fupin.sheets import files, limits, marking
from fupin.sheets import layouts as headings_of
from fupin.sheets.cells import Cell
from fupin.sheets.layouts import Layout, UnreadableHeadings, find_headings
from fupin.sheets.rows import RowReader, rows_with_numbers
from fupin.sheets.shifts import LOOKED_AT, find_shift
from fupin.sheets.workbooks import Refused

Said = tuple[dict[str, Any], list[bytes]]  # a line, and the parts that follow it


def read(file: BinaryIO, options: dict[str, Any]) -> Iterator[Said]:
    """The rows by a layout, in batches, with their bad cells. Raises Refused."""
    layout = _layout(options)
    rows = files.checked_rows(file)
    first = list(islice(rows, 6))
    try:
        headings = find_headings(
            layout, first, keep_other=options.get("keep_other", False), mapping=options.get("mapping")
        )
    except UnreadableHeadings as bad:
        raise Refused("headings", unknown=bad.unknown, missing=bad.missing, duplicate=bad.duplicate) from bad
    reader = RowReader(layout, headings, strict_ids=options.get("strict_ids", False))
    numbered: Iterator[tuple[int, Sequence[Cell]]] = (
        (number, cells) for number, cells in rows_with_numbers(chain(first, rows)) if number > headings.row + 1
    )
    if options.get("shifts"):
        start = list(islice(numbered, LOOKED_AT))
        if shift := find_shift(layout, headings, [cells for _, cells in start]):
            raise Refused("shifted", column=shift.column.zh, by=shift.by)
        numbered = chain(start, numbered)
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


def guess(file: BinaryIO, options: dict[str, Any]) -> Iterator[Said]:
    """The layout, of those that may be meant, that the headings speak of. Raises Refused."""
    kinds = [_layout({"home": options["home"], "layout": name}) for name in options["among"]]
    found = headings_of.guess(kinds, list(islice(files.rows(file), 6)))
    if found is None:
        raise Refused("headings", unknown=[], missing=[], duplicate=[])
    yield {"end": True, "kind": found.name}, []


def cells(file: BinaryIO, options: dict[str, Any]) -> Iterator[Said]:
    """The rows as they stand, headings included, as far as there are no more than `most`. Raises Refused."""
    rows = files.rows(file)
    count = 0
    while batch := [list(map(_plain, row)) for row in islice(rows, limits.BATCH)]:
        count += len(batch)
        if count > options["most"]:
            raise Refused("too-long", most=options["most"])
        yield {"rows": batch}, []
    if not count:
        raise Refused("empty")
    yield {"end": True}, []


def mark(file: BinaryIO, options: dict[str, Any]) -> Iterator[Said]:
    """Write the marked workbook. Raises Refused."""
    marking.mark(files.checked_rows(file), _layout(options), options["errors"], options["into"],
                 mapping=options.get("mapping"))  # fmt: skip
    yield {"end": True}, []


def _layout(options: dict[str, Any]) -> Layout:
    found: Layout = import_module(options["home"]).LAYOUTS[options["layout"]]
    return found


def _plain(cell: Cell) -> str | float | bool | dict[str, str] | None:
    """A cell as JSON says it; a day or moment is marked as one."""
    if isinstance(cell, date):
        return {"at": cell.isoformat()}
    return cell if isinstance(cell, str | float | bool | None) else str(cell)
