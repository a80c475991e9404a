"""
Which money reached whom (资金溯源): the first fen in is the first fen out.

Inflows of the shared account lie end to end on one line of fen, outflows on another; where a stretch of the one lies
under a stretch of the other, this money paid that. Nothing is rounded, so both sides always add up. What a loan earned
belongs to the appropriations that its principal came from, in proportion, to the fen by the largest remainder.
"""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from services.funds.rules import shares


class Stretch(NamedTuple):
    """Fen `from_fen` up to `to_fen`, the last not included, and the appropriation they come from, if any."""

    from_fen: int
    to_fen: int
    appropriation_id: UUID | None


def split(from_fen: int, to_fen: int, sources: Sequence[tuple[UUID | None, int]]) -> list[Stretch]:
    """An inflow as stretches of its sources, each with its weight, in their order; no source, no appropriation."""
    weighed = [source for source in sources if source[1] > 0] or [(None, 1)]
    parts = shares.allocate(to_fen - from_fen, [weight for _, weight in weighed]).shares
    found = []
    for (appropriation_id, _), part in zip(weighed, parts, strict=True):
        if part.fen:
            found.append(Stretch(from_fen, from_fen + part.fen, appropriation_id))
            from_fen += part.fen
    return found


def within(stretch: Stretch, limit_fen: int) -> int:
    """How many fen of a stretch lie before a limit."""
    return max(0, min(stretch.to_fen, limit_fen) - stretch.from_fen)
