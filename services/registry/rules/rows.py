"""Reading a file's rows against its headings: every cell parsed, every good row in the words of PostgreSQL's COPY."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from services.registry.codes.imports import CellError
from services.registry.rules.cells import Bad, Cell, Value, blank, id_number, id_number_doubt, plain
from services.registry.rules.layouts import Column, Headings, Layout, RowCheck

ABSENT = "\\N"  # how COPY spells NULL
REMEMBERED = 20_000  # spellings of a column, outcomes of a check: most cells of a county's file say the same few things

Read = tuple[Value, str, CellError | None]


@dataclass(slots=True)
class Batch:
    """Rows one after the other; the lists of one batch have an entry for each row."""

    heads: list[str] = field(default_factory=list)  # row number and whether it opens a household
    bodies: list[str] = field(default_factory=list)  # the columns that are staged as they are
    attributes: list[str] = field(default_factory=list)  # columns of other headings; empty when the file has none
    sealed: list[list[str]] = field(default_factory=list)  # each personal number's column in the clear; "" for none
    errors: list[tuple[int, str, str]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.heads)


class RowReader:
    """Reads row after row against the headings; remembers households, to hold their rows against each other."""

    def __init__(self, layout: Layout, headings: Headings, *, strict_ids: bool) -> None:
        self.layout = layout
        self.headings = headings
        self.strict_ids = strict_ids
        self.doubts: dict[str, int] = {}
        place = {name: at for at, name in enumerate(headings.fields) if name}
        nowhere = len(headings.fields) + len(headings.other) + 1_000_000  # beyond the end of every row
        self._columns = [(column, place.get(column.field, nowhere), _memory(column)) for column in layout.columns]
        self._checks: list[tuple[RowCheck, _Several, dict[Any, Any]]] = [
            (check, _several([self._position(name) for name in check.fields]), {}) for check in layout.checks
        ]
        self._plain = _several([at for at, column in enumerate(layout.columns) if not column.sealed])
        self._sealed = [at for at, column in enumerate(layout.columns) if column.sealed]
        self._key = self._position(layout.household) if layout.household else None
        shared = [at for at, column in enumerate(layout.columns) if column.of_household]
        self._shared = _several(shared)
        self._shared_fields = tuple(layout.columns[at].field for at in shared)
        self._empty = (ABSENT,) * len(shared)
        self._households: dict[int, int] = {}
        self._open: tuple[str, tuple[str, ...]] | None = None

    def _position(self, name: str) -> int:
        return next(at for at, column in enumerate(self.layout.columns) if column.field == name)

    def batch(self, rows: Iterable[tuple[int, Sequence[Cell]]]) -> Batch:
        found = Batch(sealed=[[] for _ in self._sealed])
        for number, cells in rows:
            self._read(found, number, cells)
        return found

    def _read(self, batch: Batch, number: int, cells: Sequence[Cell]) -> None:
        values: list[Value] = []
        texts: list[str] = []
        errors: list[tuple[str, CellError]] = []
        width = len(cells)
        for column, place, known in self._columns:
            cell = cells[place] if place < width else ""
            entry = known.get(cell) if known is not None and type(cell) is str else None
            if entry is None:
                entry = self._cell(column, cell)
                if known is not None and type(cell) is str and len(known) < REMEMBERED:
                    known[cell] = entry
            value, text, error = entry
            values.append(value)
            texts.append(text)
            if error is not None:
                errors.append((column.field, error))
        bad = {name for name, _ in errors}
        self._hold_together(values, texts, bad, errors)
        opens = self._opens(values, texts, bad, errors)
        batch.heads.append(f"{number}\t{'t' if opens else 'f'}")
        batch.bodies.append("\t".join(self._plain(texts)))
        for column_at, at in enumerate(self._sealed):
            batch.sealed[column_at].append(str(values[at] or ""))
        if self.headings.other:
            batch.attributes.append(self._attributes(cells))
        if errors:
            batch.errors.extend((number, name, error.value) for name, error in errors)

    def _hold_together(
        self, values: list[Value], texts: list[str], bad: set[str], errors: list[tuple[str, CellError]]
    ) -> None:
        """What the row's fields say about each other; not asked where one of them could not be read."""
        for check, needed, outcomes in self._checks:
            if bad and not bad.isdisjoint(check.fields):
                continue
            said = needed(texts)
            found = outcomes.get(said, self)
            if found is self:
                found = check.check(dict(zip(check.fields, needed(values), strict=True)))
                if len(outcomes) < REMEMBERED:
                    outcomes[said] = found
            if found:
                errors.append(found)

    def _cell(self, column: Column, cell: Cell) -> Read:
        if blank(cell):
            return None, ABSENT, CellError.REQUIRED if column.required else None
        try:
            value = column.parse(cell)
            if column.parse is id_number:
                self._doubt(value)
        except Bad as bad:
            return None, ABSENT, bad.error
        return value, copied(value), None

    def _doubt(self, number: Value) -> None:
        doubt = id_number_doubt(str(number))
        if doubt is not None:
            if self.strict_ids:
                raise Bad(doubt)
            self.doubts[doubt.value] = self.doubts.get(doubt.value, 0) + 1

    def _opens(self, values: list[Value], texts: list[str], bad: set[str], errors: list[tuple[str, CellError]]) -> bool:
        """
        Whether the row brings its household's columns: the first that fills any of them. Another row repeats them or
        leaves them empty.
        """
        if self._key is None:
            return True
        key = values[self._key]
        shared = self._shared(texts)
        if key is None or (shared == self._empty and bad.isdisjoint(self._shared_fields)):
            return False
        name = str(key)
        opened = self._open[1] if self._open and self._open[0] == name else None
        if opened is None:
            # Rows of one household may stand apart in the file; only its fingerprint is kept.
            fingerprint, before = hash(shared), self._households.get(hash(name))
            if before is None:
                self._households[hash(name)] = fingerprint
                self._open = (name, shared)
                errors.extend(
                    (required, CellError.REQUIRED)
                    for required in self.layout.groups_required
                    if values[self._position(required)] is None and required not in bad
                )
                return True
            if before != fingerprint:
                errors.append((str(self.layout.household), CellError.DISAGREES))
            return False
        for name_of, said, first in zip(self._shared_fields, shared, opened, strict=True):
            if said not in (ABSENT, first) and name_of not in bad:
                errors.append((name_of, CellError.DISAGREES))
        return False

    def _attributes(self, cells: Sequence[Cell]) -> str:
        found = {}
        for place, heading in self.headings.other.items():
            if place < len(cells) and not blank(cells[place]):
                try:
                    found[heading] = plain(cells[place])[:200]
                except Bad:
                    continue
        return copied(json.dumps(found, ensure_ascii=False)) if found else ABSENT


def copied(value: Value) -> str:
    """
    The value as a field of COPY. Parsers let no tab or line break through, so only the backslash needs care.

    >>> copied(None), copied(True), copied(["01", "02"]), copied("a\\\\b")
    ('\\\\N', 't', '{01,02}', 'a\\\\\\\\b')
    """
    if value is None:
        return ABSENT
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, list):
        return "{" + ",".join(value) + "}"
    return str(value).replace("\\", "\\\\")


_Several = Callable[[Sequence[Any]], tuple[Any, ...]]


def _several(places: Sequence[int]) -> _Several:
    """The entries at the places, as a tuple also when it is one."""
    if len(places) == 1:
        [only] = places
        return lambda entries: (entries[only],)
    if not places:
        return lambda _: ()
    return itemgetter(*places)


def _memory(column: Column) -> dict[str, Read] | None:
    """Doubts about ID numbers are counted cell by cell, so these are read anew each time."""
    return None if column.parse is id_number else {}


def rows_with_numbers(rows: Iterable[Sequence[Cell]]) -> Iterator[tuple[int, Sequence[Cell]]]:
    """Every row that is not empty, with the number a spreadsheet shows beside it."""
    for at, row in enumerate(rows, start=1):
        if not all(map(blank, row)):
            yield at, row
