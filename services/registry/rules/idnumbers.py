"""公民身份号码 (GB 11643): division (6), birth date (8), sequence (3), check digit (ISO 7064 MOD 11-2)."""

import re
from contextlib import suppress
from datetime import date

from stdnum.cn import ric

from fupin.crypto import normalised


def valid(number: str) -> bool:
    """
    18 characters with the right check digit.

    Division and date are not looked up: divisions are abolished, and what they were is not written here.

    >>> valid("11010519491231002X"), valid("110105194912310021")
    (True, False)
    """
    found = normalised(number)
    return re.fullmatch(r"\d{17}[\dX]", found, re.ASCII) is not None and ric.calc_check_digit(found) == found[-1]


def sex(number: str) -> str:
    """
    The sex that the number says (GB/T 2261.1): odd sequence numbers are men's, even ones women's.

    >>> sex("11010519491231002X")
    '2'
    """
    return "1" if int(normalised(number)[16]) % 2 else "2"


def birth_date(number: str) -> date | None:
    """The birth date that the number says, if it is one."""
    digits = normalised(number)[6:14]
    with suppress(ValueError):
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    return None
