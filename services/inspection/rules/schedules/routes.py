"""Every day-route that a working day holds."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations
from typing import NamedTuple

from services.inspection.problems.schedules import TooManyRoutes, VillageBeyondDay

MOST_ROUTES = 200_000  # what HiGHS and memory take without strain


class Route(NamedTuple):
    """A day: from the seat along villages and back. Villages are numbers from 1; the seat is 0."""

    villages: tuple[int, ...]  # in the order of the way
    travel: int  # minutes


class Day(NamedTuple):
    """What a day holds."""

    minutes: int  # of work, travel included
    villages: int  # at most


def shortest(distance: Sequence[Sequence[int]], villages: Iterable[int]) -> Route:
    """The way of least travel along a few villages; of equal ways the first in order, and one of its two directions."""
    ways = (way for way in permutations(sorted(villages)) if way[0] <= way[-1])
    return min((Route(way, length(distance, way)) for way in ways), key=lambda route: (route.travel, route.villages))


def length(distance: Sequence[Sequence[int]], way: Sequence[int]) -> int:
    """Minutes from the seat along the villages and back."""
    return sum(distance[a][b] for a, b in zip((0, *way), (*way, 0), strict=True))


def every(distance: Sequence[Sequence[int]], service: Sequence[int], day: Day, names: Sequence[str]) -> list[Route]:
    """
    Every set of villages that fits into one day, by its shortest way.

    Raises VillageBeyondDay when a village does not fit even alone, TooManyRoutes when a day holds so many villages
    that their combinations cannot all be looked at.
    """
    alone = [shortest(distance, (n,)) for n in range(1, len(distance))]
    for route in alone:
        needed = route.travel + service[route.villages[0]]
        if needed > day.minutes:
            raise VillageBeyondDay(
                village=names[route.villages[0]], minutes_needed=needed, minutes_missing=needed - day.minutes
            )
    found, grown = list(alone), alone
    for _ in range(1, day.villages):
        # A day that is too long stays so with a further village: only days that fit are grown.
        grown = [
            longer
            for route in grown
            for longer in _one_more(distance, route)
            if longer.travel + sum(service[n] for n in longer.villages) <= day.minutes
        ]
        found += grown
        if len(found) > MOST_ROUTES:
            raise TooManyRoutes(villages=len(alone), most=MOST_ROUTES)
    return found


def _one_more(distance: Sequence[Sequence[int]], route: Route) -> Iterator[Route]:
    for n in range(max(route.villages) + 1, len(distance)):
        yield shortest(distance, (*route.villages, n))
