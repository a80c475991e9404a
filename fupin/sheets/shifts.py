"""A sheet whose cells stand beside their headings: one was deleted or slipped in, and the rest of the rows moved."""

from collections.abc import Sequence
from typing import NamedTuple

from fupin.sheets.cells import Bad, Cell, blank
from fupin.sheets.layouts import Column, Headings, Layout

LOOKED_AT = 50  # rows
FURTHEST = 3  # columns
WRONG = 2  # bad cells a row, on average, from which on moved columns are thought of
LEFT = 10  # of the bad cells at most one in so many may stay bad after moving back


class Shift(NamedTuple):
    column: Column  # the first whose cells stand elsewhere
    by: int  # how many columns further right, left when negative


def find_shift(layout: Layout, headings: Headings, rows: Sequence[Sequence[Cell]]) -> Shift | None:
    """
    The shift that explains nearly all bad cells of the first rows, if one does. What is merely wrong is not explained
    by reading it a column further.
    """
    looked_at = rows[:LOOKED_AT]
    columns = [(place, layout.column(field)) for place, field in enumerate(headings.fields) if field]

    def wrong(by: int) -> list[int]:
        return [sum(_wrong(column, cells, place + by) for cells in looked_at) for place, column in columns]

    straight = wrong(0)
    if not looked_at or sum(straight) < WRONG * len(looked_at):
        return None
    most = sum(straight) // LEFT
    best: Shift | None = None
    for by in (1, -1, *(sign * steps for steps in range(2, FURTHEST + 1) for sign in (1, -1))):
        moved = wrong(by)
        for first, (_, column) in enumerate(columns):
            left = sum(straight[:first]) + sum(moved[first:])
            # Where several columns explain the same, the shift begins at the last of them.
            if left < most or (left == most and (best is None or best.by == by)):
                most, best = left, Shift(column, by)
    return best


def _wrong(column: Column, cells: Sequence[Cell], place: int) -> bool:
    cell = cells[place] if 0 <= place < len(cells) else None
    if blank(cell):
        return column.required
    try:
        column.parse(cell)
    except Bad:
        return True
    return False
