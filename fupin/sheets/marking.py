"""The user's own table, back as a workbook in which every bad cell is marked and every bad row says why."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

import xlsxwriter

from fupin.sheets.cells import Cell, blank
from fupin.sheets.errors import words
from fupin.sheets.layouts import Headings, Layout, UnreadableHeadings, find_headings

SHEET_ROWS = 1_048_576
CELL = 32_000  # of the 32,767 characters a cell may hold


def mark(
    rows: Iterator[Sequence[Cell]], layout: Layout, errors: int, into: int, mapping: Mapping[str, str | None] | None
) -> None:
    """
    Cells are written as text, so nothing a cell says is ever a formula. `errors` is a file handle of JSON lines
    [row, field, code, named], ordered by row; the workbook goes to the file handle `into`.
    """
    first = list(islice(rows, 6))
    try:
        headings = find_headings(layout, first, keep_other=True, mapping=mapping)
    except UnreadableHeadings:
        headings = Headings(0, [], {})
    place = {field: at for at, field in enumerate(headings.fields) if field}
    width = max((len(row) for row in first), default=0)
    with os.fdopen(errors, encoding="utf-8") as lines, os.fdopen(into, "wb") as target:
        book = xlsxwriter.Workbook(target, {"constant_memory": True, "strings_to_formulas": False,
                                            "strings_to_numbers": False, "strings_to_urls": False})  # fmt: skip
        sheet = book.add_worksheet()
        bad = book.add_format({"bg_color": "#FFC7CE", "font_color": "#9C0006"})
        told = book.add_format({"font_color": "#9C0006"})
        found = _by_row(lines)
        row, marks = next(found, (0, []))
        for at, cells in enumerate(chain(first, rows)):
            if at >= SHEET_ROWS:
                break
            while row and row < at + 1:
                row, marks = next(found, (0, []))
            here = dict(marks) if row == at + 1 else {}
            marked = {place[field] for field in here if field in place}
            for column in range(max(len(cells), max(marked, default=-1) + 1)):
                cell = cells[column] if column < len(cells) else None
                _write(sheet, at, column, cell, bad if column in marked else None)
            if at == headings.row:
                sheet.write_string(at, width, "错误 errors", told)
            elif here:
                sheet.write_string(at, width, _words(layout, here)[:CELL], told)
        book.close()


def _write(sheet: Any, row: int, column: int, cell: Cell, form: Any) -> None:
    if blank(cell):
        if form:
            sheet.write_blank(row, column, None, form)
        return
    written = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
    sheet.write_string(row, column, written[:CELL], form)


def _words(layout: Layout, errors: dict[str, tuple[str, str | None]]) -> str:
    said = []
    for field, (code, named) in errors.items():
        in_zh, in_en = words(code, named, layout.errors)
        zh = next((column.zh for column in layout.columns if column.field == field), field)
        said.append(f"{zh} {in_zh} ({field} {in_en})")
    return "; ".join(said)


def _by_row(lines: Any) -> Iterator[tuple[int, list[tuple[str, tuple[str, str | None]]]]]:
    row = 0
    found: list[tuple[str, tuple[str, str | None]]] = []
    for line in lines:
        number, field, code, named = json.loads(line)
        if number != row:
            if row:
                yield row, found
            row, found = number, []
        found.append((field, (code, named)))
    if row:
        yield row, found
