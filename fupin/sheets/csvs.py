"""CSV in the encodings that counties send: UTF-8 with or without BOM, UTF-16 with BOM, GB18030 (which covers GBK)."""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO

from fupin.sheets import limits
from fupin.sheets.workbooks import Refused

if TYPE_CHECKING:  # a check must start fast
    from fupin.sheets.cells import Cell

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def encoding(file: BinaryIO) -> str:
    """By its BOM; else UTF-8 when the whole file is; else GB18030 when the whole file is."""
    file.seek(0)
    start = file.read(4)
    for bom, name in _BOMS:
        if start.startswith(bom):
            if not _decodes(file, name):
                raise Refused("unreadable")
            return name
    for name in ("utf-8", "gb18030"):
        if _decodes(file, name):
            return name
    raise Refused("unreadable")


def _decodes(file: BinaryIO, name: str) -> bool:
    decoder = codecs.getincrementaldecoder(name)()
    file.seek(0)
    try:
        while block := file.read(1 << 20):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def rows(file: BinaryIO) -> "Iterator[Sequence[Cell]]":
    """The rows; fields separated by commas, tabs or semicolons, whichever the first line holds most of."""
    name = encoding(file)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=name, newline="")
    csv.field_size_limit(limits.CELL_CHARACTERS)
    try:
        first = text.readline(1 << 16)
        delimiter = max(",\t;", key=first.count)
        text.seek(0)
        yield from csv.reader(text, delimiter=delimiter, strict=True)
    except (csv.Error, UnicodeError) as error:
        raise Refused("unreadable") from error
    finally:
        text.detach()
