"""
Rows as files that people open: CSV and workbooks in which nothing is ever a formula.

A spreadsheet runs what begins with `= + - @`, a tab or a carriage return; in CSV such a cell gets an apostrophe before
it, in a workbook every cell is typed (OWASP, CSV injection).
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import IO, Any

import xlsxwriter

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
NDJSON = "application/x-ndjson"
XLSX_ROWS = 1_048_576  # of a sheet, headings included

Row = Sequence[Any]


def neutral(text: str) -> str:
    """
    >>> neutral("=1+1"), neutral("-"), neutral("永胜村")
    ("'=1+1", "'-", '永胜村')
    """
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def comma_separated(rows: Iterable[Row]) -> str:
    """Rows as CSV; only text is neutralised, a negative number stays one."""
    into = io.StringIO()
    writer = csv.writer(into, lineterminator="\r\n")
    writer.writerows([neutral(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return into.getvalue()


class Workbook:
    """
    One sheet, written row by row into `file`; the same rows give the same bytes.

    `in_memory` keeps what is confidential from touching the disk; otherwise memory stays flat.
    """

    def __init__(self, file: IO[bytes], *, in_memory: bool = False) -> None:
        options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self.book = xlsxwriter.Workbook(file, options | {"in_memory" if in_memory else "constant_memory": True})
        self.book.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)})
        self.sheet = self.book.add_worksheet()
        self.bold = self.book.add_format({"bold": True})
        self.day = self.book.add_format({"num_format": "yyyy-mm-dd"})
        self.money = self.book.add_format({"num_format": "#,##0.00"})
        self.rows = 0

    def headings(self, row: Row) -> None:
        for column, cell in enumerate(row):
            self.sheet.write_string(self.rows, column, str(cell), self.bold)
        self.rows += 1
        self.sheet.freeze_panes(self.rows, 0)

    def write(self, row: Row) -> None:
        for column, cell in enumerate(row):
            match cell:
                case None:
                    pass
                case Decimal():
                    self.sheet.write_number(self.rows, column, cell, self.money)
                case bool():
                    self.sheet.write_boolean(self.rows, column, cell)
                case int() | float():
                    self.sheet.write_number(self.rows, column, cell)
                case datetime():
                    self.sheet.write_string(self.rows, column, cell.isoformat())
                case date():
                    self.sheet.write_datetime(self.rows, column, cell, self.day)
                case _:
                    self.sheet.write_string(self.rows, column, str(cell))
        self.rows += 1

    def close(self) -> None:
        self.book.close()
