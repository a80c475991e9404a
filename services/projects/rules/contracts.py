"""Which projects are procured for, and how far a project is."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.projects.codes.library import LibraryState
from services.projects.problems.tenders import NotAdmitted

PROCURING = frozenset({LibraryState.ADMITTED, LibraryState.IMPLEMENTING})


def check_procuring(state: LibraryState) -> None:
    """Money is bound only for projects that the library has admitted and that are not yet complete."""
    if state not in PROCURING:
        raise NotAdmitted(state=state)


def share(part: int | None, whole: int) -> int | None:
    """
    In millionths, rounded down.

    >>> share(1, 3), share(0, 3), share(1, 0), share(None, 3)
    (333333, 0, None, None)
    """
    return None if part is None or not whole else part * 1_000_000 // whole


def with_shares(rows: Iterable[Mapping[str, Any]], *, books: bool) -> list[dict[str, Any]]:
    """Counts and sums with the shares they make; without the county's books nothing is said of payments."""
    found = []
    for row in rows:
        paid = int(row["paid_fen"]) if books else None
        shares = {
            "paid_fen": paid,
            "reached_ppm": share(row["reached"], row["milestones"]),
            "paid_ppm": share(paid, row["budget_fen"]),
        }
        found.append(dict(row) | shares)
    return found
