"""Reading a file's rows against its headings: every cell parsed, every good row in the words of PostgreSQL's COPY."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from fupin.sheets.cells import Bad, Cell, Value, blank, id_number, id_number_doubt, plain
from fupin.sheets.errors import CellError
from fupin.sheets.layouts import Column, Headings, Layout, RowCheck

ABSENT = "\\N"  # how COPY spells NULL
REMEMBERED = 20_000  # spellings of a column, outcomes of a check: most cells of a county's file say the same few things

Read = tuple[Value, str, CellError | None]
Errors = defaultdict[int, dict[str, CellError]]  # of the rows of a batch, by their place in it: by field


class _Spellings(dict[Cell, Read]):
    """What cells of a column say, read once. Only text is kept: 1, 1.0 and True would be one key."""

    def __init__(self, read: Callable[[Cell], Read]) -> None:
        self._read = read

    def __missing__(self, cell: Cell) -> Read:
        found = self._read(cell)
        if type(cell) is str and len(self) < REMEMBERED:
            self[cell] = found
        return found


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
    """
    Reads batch after batch against the headings, column by column; remembers households, to hold their rows against
    each other.
    """

    def __init__(self, layout: Layout, headings: Headings, *, strict_ids: bool) -> None:
        self.layout = layout
        self.headings = headings
        self.strict_ids = strict_ids
        self.doubts: dict[str, int] = {}
        self._places = {name: at for at, name in enumerate(headings.fields) if name}
        self._readers = [self._reader(column) for column in layout.columns]
        self._checks: list[tuple[RowCheck, list[int], dict[Any, Any]]] = [
            (check, [self._position(name) for name in check.fields], {}) for check in layout.checks
        ]
        self._plain = [at for at, column in enumerate(layout.columns) if not column.sealed]
        self._sealed = [at for at, column in enumerate(layout.columns) if column.sealed]
        self._key = self._position(layout.household) if layout.household else None
        self._shared = [at for at, column in enumerate(layout.columns) if column.of_household]
        self._shared_fields = tuple(layout.columns[at].field for at in self._shared)
        self._required = [(name, self._position(name)) for name in layout.groups_required]
        self._empty = (ABSENT,) * len(self._shared)
        self._households: dict[int, int] = {}
        self._open: tuple[str, tuple[str, ...]] | None = None

    def _position(self, name: str) -> int:
        return next(at for at, column in enumerate(self.layout.columns) if column.field == name)

    def _reader(self, column: Column) -> Callable[[Cell], Read]:
        def read(cell: Cell) -> Read:
            return self._cell(column, cell)

        # Doubts about ID numbers are counted cell by cell, so these are read anew each time.
        return read if column.parse is id_number else _Spellings(read).__getitem__

    def batch(self, rows: Iterable[tuple[int, Sequence[Cell]]]) -> Batch:
        numbered = list(rows)
        if not numbered:
            return Batch(sealed=[[] for _ in self._sealed])
        errors: Errors = defaultdict(dict)
        columns = [
            self._column(column, reader, numbered, errors)
            for column, reader in zip(self.layout.columns, self._readers, strict=True)
        ]
        values, texts = [column[0] for column in columns], [column[1] for column in columns]
        for check, needed, outcomes in self._checks:
            self._hold_together(check, outcomes, [values[at] for at in needed], [texts[at] for at in needed], errors)
        opens = self._opens(values, texts, errors)
        return Batch(
            heads=[f"{number}\t{'t' if opened else 'f'}" for (number, _), opened in zip(numbered, opens, strict=True)],
            bodies=list(map("\t".join, zip(*(texts[at] for at in self._plain), strict=True))),
            attributes=[self._attributes(cells) for _, cells in numbered] if self.headings.other else [],
            sealed=[[str(value or "") for value in values[at]] for at in self._sealed],
            errors=[
                (numbered[at][0], name, error.value) for at in sorted(errors) for name, error in errors[at].items()
            ],
        )

    def _column(
        self,
        column: Column,
        read: Callable[[Cell], Read],
        rows: Sequence[tuple[int, Sequence[Cell]]],
        errors: Errors,
    ) -> tuple[Sequence[Value], Sequence[str]]:
        """The column's values, and the same as texts; what could not be read joins the errors."""
        place = self._places.get(column.field)
        if place is None:
            found = [read("")] * len(rows)
        else:
            found = list(map(read, [cells[place] if place < len(cells) else "" for _, cells in rows]))
        values, texts, wrong = zip(*found, strict=True)
        if any(wrong):
            for at, error in enumerate(wrong):
                if error is not None:
                    errors[at][column.field] = error
        return values, texts

    def _hold_together(
        self,
        check: RowCheck,
        outcomes: dict[Any, Any],
        values: Sequence[Sequence[Value]],
        texts: Sequence[Sequence[str]],
        errors: Errors,
    ) -> None:
        """What the rows' fields say about each other; not asked where one of them could not be read."""
        for at, said in enumerate(zip(*texts, strict=True)):
            if at in errors and not errors[at].keys().isdisjoint(check.fields):
                continue
            found = outcomes.get(said, self)
            if found is self:
                found = check.check(dict(zip(check.fields, (column[at] for column in values), strict=True)))
                if len(outcomes) < REMEMBERED:
                    outcomes[said] = found
            if found:
                name, error = found
                errors[at][name] = error

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

    def _opens(
        self, values: Sequence[Sequence[Value]], texts: Sequence[Sequence[str]], errors: Errors
    ) -> Sequence[bool]:
        """
        Whether each row brings its household's columns: the first that fills any of them. Another row repeats them or
        leaves them empty.
        """
        if self._key is None:
            return [True] * len(values[0])
        rows = zip(*(texts[at] for at in self._shared), strict=True)
        required = [(name, values[at]) for name, at in self._required]
        return [
            key is not None
            and (shared != self._empty or (at in errors and not errors[at].keys().isdisjoint(self._shared_fields)))
            and self._opened(at, str(key), shared, required, errors)
            for at, (key, shared) in enumerate(zip(values[self._key], rows, strict=True))
        ]

    def _opened(
        self,
        at: int,
        name: str,
        shared: tuple[str, ...],
        required: Sequence[tuple[str, Sequence[Value]]],
        errors: Errors,
    ) -> bool:
        if self._open is None or self._open[0] != name:
            # Rows of one household may stand apart in the file; only its fingerprint is kept.
            fingerprint, before = hash(shared), self._households.get(hash(name))
            if before is None:
                self._households[hash(name)] = fingerprint
                self._open = (name, shared)
                for field_name, filled in required:
                    if filled[at] is None:
                        errors[at].setdefault(field_name, CellError.REQUIRED)
                return True
            if before != fingerprint:
                errors[at][str(self.layout.household)] = CellError.DISAGREES
            return False
        for field_name, said, first in zip(self._shared_fields, shared, self._open[1], strict=True):
            if said not in (ABSENT, first):
                errors[at].setdefault(field_name, CellError.DISAGREES)
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


def rows_with_numbers(rows: Iterable[Sequence[Cell]]) -> Iterator[tuple[int, Sequence[Cell]]]:
    """Every row that is not empty, with the number a spreadsheet shows beside it."""
    for at, row in enumerate(rows, start=1):
        if not all(map(blank, row)):
            yield at, row
