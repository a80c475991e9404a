"""How a kind of file is laid out: its columns, and which heading stands for which."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from services.registry.codes.imports import CellError
from services.registry.rules.cells import Bad, Cell, Parser, Value, blank, id_number, id_number_doubt, plain


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
    check: Callable[[Mapping[str, Value]], tuple[str, CellError] | None]


@dataclass(frozen=True, slots=True)
class Layout:
    name: str
    zh: str
    columns: tuple[Column, ...]
    checks: tuple[RowCheck, ...] = ()
    household: str | None = None  # the field whose equal values make rows one household
    groups_required: tuple[str, ...] = ()  # household columns that the first row of a household must fill

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


def find_headings(layout: Layout, rows: Iterable[Sequence[Cell]], *, keep_other: bool = False) -> Headings:
    """
    The row among the first five that names most columns of the layout, in Chinese or English, with or without the unit.

    Raises `UnreadableHeadings` naming every heading that is unknown, missing or there twice.
    """
    known = _spellings(layout)
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
        field = known.get(_heading(cell))
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


class Reading(NamedTuple):
    """What one row says: its values by column of the layout, its bad cells, whether it opens a household."""

    row: int
    opens: bool
    values: list[Value]
    errors: list[tuple[str, CellError]]
    attributes: dict[str, str] | None


class RowReader:
    """Reads row after row against the headings; remembers households, to hold their rows against each other."""

    def __init__(self, layout: Layout, headings: Headings, *, strict_ids: bool) -> None:
        self.layout = layout
        self.headings = headings
        self.strict_ids = strict_ids
        self.doubts: dict[str, int] = {}
        place = {field: at for at, field in enumerate(headings.fields) if field}
        self._columns = [(column, place.get(column.field)) for column in layout.columns]
        self._checks = [
            (check, tuple((field, self._position(field)) for field in check.fields)) for check in layout.checks
        ]
        self._key = self._position(layout.household) if layout.household else None
        self._shared = [at for at, column in enumerate(layout.columns) if column.of_household]
        self._shared_fields = {column.field for column in layout.columns if column.of_household}
        self._households: dict[str, int] = {}
        self._open: tuple[str, list[Value]] | None = None

    def _position(self, field: str) -> int:
        return next(at for at, column in enumerate(self.layout.columns) if column.field == field)

    def read(self, row: int, cells: Sequence[Cell]) -> Reading:
        values: list[Value] = []
        errors: list[tuple[str, CellError]] = []
        width = len(cells)
        for column, place in self._columns:
            cell = cells[place] if place is not None and place < width else None
            if blank(cell):
                values.append(None)
                if column.required:
                    errors.append((column.field, CellError.REQUIRED))
                continue
            try:
                value = column.parse(cell)
                if column.parse is id_number:
                    self._doubt(value)
            except Bad as bad:
                errors.append((column.field, bad.error))
                value = None
            values.append(value)
        bad_fields = {field for field, _ in errors}
        for check, needed in self._checks:
            given = {field: values[at] for field, at in needed}
            if not bad_fields.intersection(given) and (found := check.check(given)):
                errors.append(found)
        opens = self._opens(values, bad_fields, errors)
        return Reading(row, opens, values, errors, self._attributes(cells))

    def _doubt(self, number: Value) -> None:
        doubt = id_number_doubt(str(number))
        if doubt is not None:
            if self.strict_ids:
                raise Bad(doubt)
            self.doubts[doubt.value] = self.doubts.get(doubt.value, 0) + 1

    def _opens(self, values: list[Value], bad: set[str], errors: list[tuple[str, CellError]]) -> bool:
        """
        Whether the row brings its household's columns: the first that fills any of them. Another row repeats them or
        leaves them empty.
        """
        if self._key is None:
            return True
        key = values[self._key]
        shared = [values[at] for at in self._shared]
        empty = all(value is None for value in shared) and bad.isdisjoint(self._shared_fields)
        if key is None or empty:
            return False
        name = str(key)
        opened = self._open[1] if self._open and self._open[0] == name else None
        if opened is None and name not in self._households:
            self._households[name] = hash(tuple(map(str, shared)))
            self._open = (name, shared)
            errors.extend(
                (field, CellError.REQUIRED)
                for field in self.layout.groups_required
                if values[self._position(field)] is None and field not in bad
            )
            return True
        if opened is None:
            # Rows of one household stand apart in the file; only its fingerprint was kept.
            if self._households[name] != hash(tuple(map(str, shared))):
                errors.append((str(self.layout.household), CellError.DISAGREES))
            return False
        for at, first in zip(self._shared, opened, strict=True):
            field = self.layout.columns[at].field
            if values[at] is not None and values[at] != first and field not in bad:
                errors.append((field, CellError.DISAGREES))
        return False

    def _attributes(self, cells: Sequence[Cell]) -> dict[str, str] | None:
        if not self.headings.other:
            return None
        found = {}
        for place, heading in self.headings.other.items():
            if place < len(cells) and not blank(cells[place]):
                try:
                    found[heading] = plain(cells[place])[:200]
                except Bad:
                    continue
        return found


def rows_with_numbers(rows: Iterable[Sequence[Cell]]) -> Iterator[tuple[int, Sequence[Cell]]]:
    """Every row that is not empty, with the number a spreadsheet shows beside it."""
    for at, row in enumerate(rows, start=1):
        if not all(map(blank, row)):
            yield at, row
