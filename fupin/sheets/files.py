"""What a file is, by its first bytes."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO

from fupin.sheets import csvs, workbooks
from fupin.sheets.workbooks import Refused

if TYPE_CHECKING:  # a check must start fast
    from fupin.sheets.cells import Cell

OLE = b"\xd0\xcf\x11\xe0"  # the old binary workbook, or an encrypted new one


def is_workbook(file: BinaryIO) -> bool:
    """Whether the file is a workbook, checked, or text that decodes. Raises Refused when it is neither."""
    file.seek(0)
    start = file.read(8)
    file.seek(0)
    if start.startswith(workbooks.SIGNATURE):
        workbooks.check(file)
        return True
    if start.startswith(OLE):
        raise Refused("old-workbook")
    if not start:
        raise Refused("empty")
    csvs.encoding(file)
    return False


def rows(file: BinaryIO) -> "Iterator[Sequence[Cell]]":
    """The rows of the table in the file. Raises Refused."""
    is_workbook(file)
    return checked_rows(file)


def checked_rows(file: BinaryIO) -> "Iterator[Sequence[Cell]]":
    """The rows of a file that was checked when it arrived, and kept sealed since. Raises Refused."""
    file.seek(0)
    return workbooks.rows(file) if file.read(4) == workbooks.SIGNATURE else csvs.rows(file)
