"""
What one cell of a county's file may say, and what it means.

Files come from Excel, from other systems' CSV and from people's fingers: numbers as text, dates in five spellings,
full-width digits. A parser reads every unambiguous spelling and refuses the rest by name; it never guesses.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from operator import mul

from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from fupin.codelists import CodeList
from fupin.sheets.errors import CellError

Cell = str | int | float | bool | date | datetime | object | None
Value = str | int | bool | list[str] | None
Parser = Callable[[Cell], Value]


class Bad(ValueError):
    """The cell cannot be taken; says why by code."""

    def __init__(self, error: CellError) -> None:
        super().__init__(error.value)
        self.error = error


def blank(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and (not cell or cell.isspace()))


def plain(cell: Cell) -> str:
    """The cell as a person reads it: trimmed, full-width forms folded, a whole number without its `.0`."""
    if isinstance(cell, str):
        found = cell.strip()
        if not found.isascii():
            found = unicodedata.normalize("NFKC", found).strip()
        elif found.startswith("#") and found in _FAILED:
            raise Bad(CellError.FORMULA_FAILED)
        if not found.isprintable():
            raise Bad(CellError.BAD_CHARACTER)
        return found
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return (cell.date() if not (cell.hour or cell.minute or cell.second) else cell).isoformat()
    return "" if cell is None else str(cell)


_FAILED = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"})


def text(longest: int) -> Parser:
    def parse(cell: Cell) -> str:
        found = plain(cell)
        if len(found) > longest:
            raise Bad(CellError.TOO_LONG)
        return found

    return parse


def whole(least: int, most: int) -> Parser:
    def parse(cell: Cell) -> int:
        if type(cell) is str and len(cell) < 10 and cell.isascii() and cell.isdigit() and least <= int(cell) <= most:
            return int(cell)
        if type(cell) is float and least <= cell <= most and cell.is_integer():
            return int(cell)
        number = _decimal(cell)
        if number != number.to_integral_value():
            raise Bad(CellError.NOT_WHOLE)
        if not least <= number <= most:
            raise Bad(CellError.OUT_OF_RANGE)
        return int(number)

    return parse


def decimal(places: int, least: int, most: int) -> Parser:
    """A number with at most `places` decimals, as exact text."""

    def parse(cell: Cell) -> str:
        number = _decimal(cell)
        if not least <= number <= most:
            raise Bad(CellError.OUT_OF_RANGE)
        if number != round(number, places):
            raise Bad(CellError.TOO_MANY_DECIMALS)
        return str(round(number, places))

    return parse


def yuan(most_yuan: int = 10_000_000_000) -> Parser:
    """Money written in yuan, as whole fen; exact, never rounded."""

    def parse(cell: Cell) -> int:
        if type(cell) is str and len(cell) < 10 and cell.isascii() and cell.isdigit():
            return int(cell) * 100
        if type(cell) is float and 0 <= cell <= most_yuan and cell.is_integer():
            return int(cell) * 100
        fen = _decimal(cell) * 100
        if not 0 <= fen <= most_yuan * 100:
            raise Bad(CellError.OUT_OF_RANGE)
        if fen != fen.to_integral_value():
            raise Bad(CellError.FRACTION_OF_FEN)
        return int(fen)

    return parse


def _decimal(cell: Cell) -> Decimal:
    if isinstance(cell, bool):
        raise Bad(CellError.NOT_A_NUMBER)
    if isinstance(cell, int):
        return Decimal(cell)
    if isinstance(cell, float):
        # A workbook keeps 15 significant digits; the rest of a double is noise (0.1 + 0.2).
        written = format(cell, ".15g")
    else:
        written = plain(cell).replace(",", "").removeprefix("¥").removesuffix("元").strip()
    try:
        number = Decimal(written)
    except InvalidOperation:
        raise Bad(CellError.NOT_A_NUMBER) from None
    if not number.is_finite():
        raise Bad(CellError.NOT_A_NUMBER)
    if abs(number.adjusted()) > 30:
        raise Bad(CellError.OUT_OF_RANGE)
    return number


_YES = frozenset({"是", "有", "1", "true", "yes", "y", "√"})
_NO = frozenset({"否", "无", "0", "false", "no", "n", "×"})


def yes_no(cell: Cell) -> bool:
    if isinstance(cell, bool):
        return cell
    word = plain(cell).casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise Bad(CellError.NOT_YES_OR_NO)


_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[T ]00:00(?::00)?)?")
_MONTH = re.compile(r"\d{4}\s*(?:[-/.]\s*\d{1,2}|年\s*\d{1,2}\s*月)")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_FIRST, _LAST = date(1900, 1, 1), date(2100, 12, 31)
_SERIAL_ZERO = date(1899, 12, 30)  # Excel's day 0, its imaginary 1900-02-29 taken into account


def day(cell: Cell) -> str:
    """
    A date as ISO text. Read: a date cell, an Excel day number, 2018-05-17, 2018/5/17, 2018.5.17, 2018年5月17日,
    20180517. Refused by name: a month without a day.
    """
    if isinstance(cell, datetime):
        found = cell.date()
    elif isinstance(cell, date):
        found = cell
    else:
        found = _written_day(plain(cell))
    if not _FIRST <= found <= _LAST:
        raise Bad(CellError.OUT_OF_RANGE)
    return found.isoformat()


def _written_day(written: str) -> date:
    if match := _DAY.fullmatch(written) or _COMPACT.fullmatch(written):
        try:
            return date(*map(int, match.groups()))
        except ValueError:
            raise Bad(CellError.NOT_A_DATE) from None
    if _MONTH.fullmatch(written):
        raise Bad(CellError.MONTH_ONLY)
    if written.isdecimal() and len(written) == 5:
        return _SERIAL_ZERO + timedelta(days=int(written))
    raise Bad(CellError.NOT_A_DATE)


def code(codes: type[CodeList]) -> Parser:
    """One entry of a code list, by its code or either label."""
    words = _words(codes)

    def parse(cell: Cell) -> str:
        found = words.get(plain(cell).casefold())
        if found is None:
            raise Bad(CellError.NOT_IN_LIST)
        return found

    return parse


_SEPARATOR = re.compile(r"\s*[、,;/|\n]\s*")


def codes(listed: type[CodeList], most: int) -> Parser:
    """Several entries of a code list, separated by 、 , ; / or |."""
    words = _words(listed)

    def parse(cell: Cell) -> list[str]:
        found = []
        for word in _SEPARATOR.split(plain(cell)):
            if not word:
                continue
            entry = words.get(word.casefold())
            if entry is None:
                raise Bad(CellError.NOT_IN_LIST)
            found.append(entry)
        if len(found) > most or len(set(found)) < len(found):
            raise Bad(CellError.TOO_MANY_CODES)
        return found

    return parse


def _words(listed: type[CodeList]) -> dict[str, str]:
    """Every spelling of every entry; a code like "01" is also read as the 1 a workbook makes of it."""
    words: dict[str, str] = {}
    for entry in listed.entries():
        if entry.code.isdecimal():
            words.setdefault(entry.code.lstrip("0") or "0", entry.code)
        for word in (entry.code, entry.zh, entry.en):
            words[unicodedata.normalize("NFKC", word).casefold()] = entry.code
    return words


_SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+\d+")
_ID = re.compile(r"[0-9]{17}[0-9X]")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643: 2 to the power of the place, mod 11
_CHECK_DIGITS = "10X98765432"


def digits(cell: Cell) -> str:
    """A long number as text; refused when a workbook has already rounded it (it keeps 15 digits)."""
    if type(cell) is str and cell.isascii() and cell.isdigit():
        return cell
    if isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) >= 10**15:
        raise Bad(CellError.SCIENTIFIC_NOTATION)
    written = plain(cell)
    if _SCIENTIFIC.fullmatch(written):
        raise Bad(CellError.SCIENTIFIC_NOTATION)
    return written.replace(" ", "").replace("-", "").upper()


def id_number(cell: Cell) -> str:
    """
    A citizen identification number: 18 characters with the check digit of GB 11643. An unknown division prefix or
    an impossible birth date is told by `id_number_doubt`, because whether it is refused is the importer's choice.
    """
    number = digits(cell)
    if _ID.fullmatch(number):
        if _CHECK_DIGITS[sum(map(mul, map(int, number[:17]), _WEIGHTS)) % 11] != number[17]:
            raise Bad(CellError.ID_CHECK_DIGIT)
        return number
    if len(number) == 15 and number.isdecimal():
        raise Bad(CellError.ID_FIFTEEN)
    raise Bad(CellError.ID_LENGTH if len(number) != 18 else CellError.ID_CHARACTERS)


def id_number_doubt(number: str) -> CellError | None:
    """What is odd about a number whose check digit is right."""
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return CellError.ID_BIRTH_DATE
    return None if _known_place(number[:6], number[6:10]) else CellError.ID_DIVISION


@lru_cache(maxsize=4096)
def _known_place(division: str, year: str) -> bool:
    try:
        ric.get_birth_place(f"{division}{year}0101")
    except ValidationError:
        return False
    return True


_DIVISION = re.compile(r"\d{12}")
_PHONE = re.compile(r"\+?\d{7,15}")
_ACCOUNT = re.compile(r"\d{8,30}")
_CERTIFICATE = re.compile(r"\d{17}[\dX]\d{2}")


def division_code(cell: Cell) -> str:
    return _matching(digits(cell), _DIVISION, CellError.NOT_A_DIVISION_CODE)


def phone(cell: Cell) -> str:
    return _matching(digits(cell).replace("(", "").replace(")", ""), _PHONE, CellError.NOT_A_PHONE)


def account(cell: Cell) -> str:
    return _matching(digits(cell), _ACCOUNT, CellError.NOT_AN_ACCOUNT)


def certificate(cell: Cell) -> str:
    """A disabled person's certificate: the ID number, then category and grade."""
    return _matching(digits(cell), _CERTIFICATE, CellError.NOT_A_CERTIFICATE)


def _matching(written: str, pattern: re.Pattern[str], otherwise: CellError) -> str:
    if not pattern.fullmatch(written):
        raise Bad(otherwise)
    return written
