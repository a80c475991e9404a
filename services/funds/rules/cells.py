"""What banks write into cells and texts."""

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any


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
