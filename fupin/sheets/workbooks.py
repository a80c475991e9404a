"""Workbooks (XLSX): what is checked before a parser may unpack one, and how its rows are read."""

import html
import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from fupin.sheets import limits

if TYPE_CHECKING:  # a check must start fast
    from fupin.sheets.cells import Cell

SIGNATURE = b"PK\x03\x04"


class Refused(Exception):
    """The file is not taken; `reason` names the problem."""

    def __init__(self, reason: str, **more: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.more = more


def check(file: BinaryIO) -> None:
    """
    Refuse what would burst when unpacked, before it is: too many parts, a part or a whole too large or packed too
    tightly, cells too far apart (a parser allocates the rectangle between them), a document type with entities.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            if len(parts) > limits.ENTRIES or sum(part.file_size for part in parts) > limits.UNPACKED_BYTES:
                raise Refused("bomb")
            for part in parts:
                packed = max(part.compress_size, 1)
                if part.file_size > limits.RATIO_FROM_BYTES and part.file_size // packed > limits.RATIO:
                    raise Refused("bomb")
                if part.flag_bits & 0x1:
                    raise Refused("unreadable")
            if "xl/workbook.xml" not in archive.namelist():
                raise Refused("unreadable")
            for part in parts:
                if part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml"):
                    _check_sheet(archive, part)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError, ValueError) as error:
        raise Refused("unreadable") from error


_COLUMN = re.compile(rb'<(?:\w+:)?c [^>]*?r="([A-Z]{1,4})')
_ROW = re.compile(rb'<(?:\w+:)?row [^>]*?r="(\d{1,9})"')
_OVERLAP = 200


def _check_sheet(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    columns: set[bytes] = set()
    last = 0
    tail = b""
    with archive.open(part) as sheet:
        while block := sheet.read(1 << 20):
            block = tail + block
            if b"<!DOCTYPE" in block or b"<!ENTITY" in block:
                raise Refused("unreadable")
            columns.update(_COLUMN.findall(block))
            rows = _ROW.findall(block)
            last = max(last, int(rows[-1]) if rows else 0)
            tail = block[-_OVERLAP:]
    width = max(map(_number, columns), default=0)
    if width > limits.COLUMNS or width * last > limits.CELLS:
        raise Refused("too-wide")


_SHEET = re.compile(r"<(?:\w+:)?sheet\b[^>]*>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\b[^>]*>")
_ERROR = re.compile(rb'<(?:\w+:)?c\b[^>]*\bt="e"[^>]*>')
_PLACE = re.compile(rb'\br="([A-Z]{1,4})(\d{1,9})"')
FAILED = "#VALUE!"


def _failed_formulas(file: BinaryIO, name: str) -> dict[int, set[int]]:
    """
    Cells whose formula failed, columns (from 0) by row (from 1). calamine gives them as empty, and an empty cell means
    something else.
    """
    found: dict[int, set[int]] = {}
    with zipfile.ZipFile(file) as archive:
        part = _part(archive, name)
        if part is None:
            return found
        tail = b""
        with archive.open(part) as sheet:
            while block := sheet.read(1 << 20):
                block = tail + block
                if b't="e"' in block:
                    for cell in _ERROR.findall(block):
                        if place := _PLACE.search(cell):
                            found.setdefault(int(place[2]), set()).add(_number(place[1]) - 1)
                tail = block[-_OVERLAP:]
    return found


def _part(archive: zipfile.ZipFile, name: str) -> str | None:
    """Where the sheet of that name is kept in the workbook."""
    parts = set(archive.namelist())
    if "xl/_rels/workbook.xml.rels" not in parts:
        return None
    sheets = _SHEET.findall(archive.read("xl/workbook.xml").decode(errors="replace"))
    relations = _RELATION.findall(archive.read("xl/_rels/workbook.xml.rels").decode(errors="replace"))
    id = next((_attribute(tag, r"\w+:id") for tag in sheets if _attribute(tag, "name") == name), None)
    target = next((_attribute(tag, "Target") for tag in relations if id and _attribute(tag, "Id") == id), None)
    path = (target or "").removeprefix("/")
    return next((part for part in (path, f"xl/{path}") if part in parts), None)


def _attribute(tag: str, name: str) -> str | None:
    found = re.search(rf"""\s{name}=(["'])(.*?)\1""", tag)
    return html.unescape(found[2]) if found else None


def _number(letters: bytes) -> int:
    found = 0
    for letter in letters:
        found = found * 26 + letter - 64
    return found


def rows(file: BinaryIO) -> "Iterator[Sequence[Cell]]":
    """The rows of the first visible sheet that holds any, from row 1 on, merged headings spread over their cells."""
    try:
        file.seek(0)
        book = CalamineWorkbook.from_filelike(file)
        for about in book.sheets_metadata:
            if about.visible is not SheetVisibleEnum.Visible or about.typ is not SheetTypeEnum.WorkSheet:
                continue
            sheet = book.get_sheet_by_name(about.name)
            if sheet.start is None:
                continue
            # calamine starts at the first row that holds anything; a person counts from the sheet's first row.
            yield from ([] for _ in range(sheet.start[0]))
            left = [None] * sheet.start[1]
            failed = _failed_formulas(file, about.name)
            for at, row in enumerate(sheet.iter_rows(), start=sheet.start[0] + 1):
                cells = [*left, *row] if left else row
                yield (
                    [FAILED if column in failed[at] else cell for column, cell in enumerate(cells)]
                    if (at in failed)
                    else cells
                )
            return
    except (CalamineError, OSError, ValueError) as error:
        raise Refused("unreadable") from error
