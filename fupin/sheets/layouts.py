"""How a kind of file is laid out: its columns, and which heading stands for which."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from fupin.codelists import CodeList
from fupin.sheets.cells import Cell, Parser, Value, blank
from fupin.sheets.errors import CellError


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its API field, its heading, how a cell is read and how PostgreSQL stages it."""

    field: str
    zh: str
    parse: Parser
    sql: str = "text"
    required: bool = False
    of_household: bool = False  # repeated on each row of a household, or written on its first row only
    sealed: str | None = None  # the vault's context of a personal number
    aliases: tuple[str, ...] = ()


class RowCheck(NamedTuple):
    """What one row's fields say about each other: the columns needed, and the field at fault with its error."""

    fields: tuple[str, ...]
    check: Callable[[Mapping[str, Value]], tuple[str, CodeList] | None]


@dataclass(frozen=True, slots=True)
class Layout:
    """One kind of file. The child finds it as `LAYOUTS[name]` of the module that is its `home`."""

    home: str
    name: str
    zh: str
    columns: tuple[Column, ...]
    checks: tuple[RowCheck, ...] = ()
    household: str | None = None  # the field whose equal values make rows one household
    groups_required: tuple[str, ...] = ()  # household columns that the first row of a household must fill
    errors: tuple[type[CodeList], ...] = (CellError,)  # what may be wrong with its cells

    def column(self, field: str) -> Column:
        return next(column for column in self.columns if column.field == field)


class UnreadableHeadings(Exception):
    """The headings do not say which column is which."""

    def __init__(self, unknown: Sequence[str], missing: Sequence[str], duplicate: Sequence[str]) -> None:
        super().__init__("headings")
        self.unknown, self.missing, self.duplicate = list(unknown), list(missing), list(duplicate)


class Headings(NamedTuple):
    """Where the headings stand and what each column is; `None` for an empty column."""

    row: int
    fields: list[str | None]
    other: dict[int, str]  # columns of no field, kept as attributes when the layout is open


_UNIT = re.compile(r"\([^)]*\)$")
_LOOKED_AT = 5  # a title or a note above the headings is customary; more is another kind of document


def find_headings(
    layout: Layout,
    rows: Iterable[Sequence[Cell]],
    *,
    keep_other: bool = False,
    mapping: Mapping[str, str | None] | None = None,
) -> Headings:
    """
    The row among the first five that names most columns of the layout, in Chinese or English, with or without the unit.

    `mapping` says which field a heading of the sender's own stands for, or `None` for a column to pass over; it comes
    before what the layout knows.

    Raises `UnreadableHeadings` naming every heading that is unknown, missing or there twice.
    """
    known: dict[str, str | None] = {**_spellings(layout)}
    known |= {_heading(heading): field for heading, field in (mapping or {}).items()}
    best: tuple[int, int, Sequence[Cell]] = (0, 0, ())
    for at, row in enumerate(rows):
        if at == _LOOKED_AT:
            break
        score = sum(1 for cell in row if not blank(cell) and _heading(cell) in known)
        if score > best[0]:
            best = (score, at, row)
    _, at, row = best
    fields: list[str | None] = []
    other: dict[int, str] = {}
    unknown, duplicate = [], []
    for place, cell in enumerate(row):
        if blank(cell):
            fields.append(None)
            continue
        spelled = _heading(cell)
        field = known.get(spelled)
        if field is None and spelled in known:
            fields.append(None)
            continue
        if field is None:
            if keep_other:
                other[place] = _shown(cell)
            else:
                unknown.append(_shown(cell))
        elif field in fields:
            duplicate.append(layout.column(field).zh)
            field = None
        fields.append(field)
    missing = [column.zh for column in layout.columns if column.required and column.field not in fields]
    if unknown or missing or duplicate:
        raise UnreadableHeadings(unknown, missing, duplicate)
    return Headings(at, fields, other)


def guess(layouts: Iterable[Layout], rows: Sequence[Sequence[Cell]]) -> Layout | None:
    """Whose headings these are: of the layouts whose required columns are all there the one that names most of them."""
    best: tuple[int, Layout | None] = (0, None)
    for layout in layouts:
        try:
            named = sum(1 for field in find_headings(layout, rows, keep_other=True).fields if field)
        except UnreadableHeadings:
            continue
        if named > best[0]:
            best = (named, layout)
    return best[1]


def _spellings(layout: Layout) -> dict[str, str]:
    known: dict[str, str] = {}
    for column in layout.columns:
        for spelling in (column.field, column.zh, *column.aliases):
            known[_heading(spelling)] = column.field
            known.setdefault(_UNIT.sub("", _heading(spelling)), column.field)
    return known


def _heading(cell: Cell) -> str:
    folded = unicodedata.normalize("NFKC", str(cell)).casefold()
    return "".join(character for character in folded if not character.isspace() and character not in "_*")


def _shown(cell: Cell) -> str:
    """A heading as it may be repeated in a problem: short, printable and no personal number."""
    found = "".join(character for character in str(cell).strip() if character.isprintable())[:40]
    return re.sub(r"\d{6,}", "…", found)
