"""Tables that banks send: CSV in whatever encoding and delimiter, or a workbook, as rows of cells."""

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import python_calamine

MOST_UNPACKED = 50_000_000
MOST_ROWS = 100_000


class Unreadable(Exception):
    """Not a file of its format."""


Cells = Sequence[Any]


def decoded(content: bytes) -> str:
    """Text in UTF-8 or, as banks often write it, GB18030. Raises Unreadable."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable


def comma_separated(content: bytes) -> list[Cells]:
    """The rows of a CSV file, whatever separates its cells. Raises Unreadable."""
    text = decoded(content)
    if "\x00" in text:
        raise Unreadable
    delimiter = max(",\t;", key=text.partition("\n")[0].count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise Unreadable from error


def workbook(content: bytes) -> list[Cells]:
    """The rows of a workbook's first sheet. Raises Unreadable."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MOST_UNPACKED:
                raise Unreadable
        sheet = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        return list(sheet.to_python(skip_empty_area=False, nrows=MOST_ROWS + 100))
    except (zipfile.BadZipFile, python_calamine.CalamineError, IndexError, ValueError) as error:
        raise Unreadable from error


def word(cell: Any) -> str:
    """A cell as somebody would read it."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)  # a workbook holds a number for what looks like one
    return str(cell).replace("\x00", "").strip()


def fen(cell: Any) -> int | None:
    """
    An amount in yuan as whole fen; None when it is none.

    >>> fen("¥720,000.00"), fen("1.005"), fen(0.1)
    (72000000, None, 10)
    """
    written = re.sub(r"[,，\s¥￥]", "", str(cell)) or "0"
    if not re.fullmatch(r"[+-]?\d{1,15}(\.\d{1,12})?", written):
        return None
    try:
        found = Decimal(written) * 100
    except InvalidOperation:
        return None
    return int(found) if found == found.to_integral_value() else None
