"""
A schedule again, after a team fell ill or a day was lost to snow: as few villages as can be change their team or day.

A village whose team or day is gone must move; if moving only those is possible, nothing can move fewer. Otherwise every
route on every day of every team is looked at. Travel decides between equals; village counts may become uneven.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from services.inspection.problems.schedules import TooManyRoutes
from services.inspection.rules.schedules import county as counties
from services.inspection.rules.schedules import routes
from services.inspection.rules.schedules.county import County, Crews, Day, Outcome
from services.inspection.rules.schedules.milp import Programme, Solution
from services.inspection.rules.schedules.routes import Route

Slot = tuple[int, date]  # a team's day
MOST_CHOICES = 400_000


class Choice(NamedTuple):
    """A route on a team's day, and how many of its villages were elsewhere before."""

    slot: Slot
    route: Route
    moved: int


def schedule(county: County) -> Outcome:
    """
    The county's standing schedule, fitted to the teams' days as they are now.

    Raises what `crews.schedule` does.
    """
    allowed = county.allowed()
    found = routes.every(county.distance(), county.service(), county.day(), county.names)
    before, displaced = _standing(county, allowed)
    heavy = 1 + sum(route.travel for route in found[: len(county.villages)])  # more than all travel there can be
    least = len(displaced)
    choices = [
        choice for choice in _choices(county, found, before, allowed)
        if (own := before.get(choice.slot, frozenset())) <= set(choice.route.villages)
        and set(choice.route.villages) - own <= displaced
    ]  # fmt: skip
    best = _best(county, choices, heavy)
    if best is None:
        counties.suffices(county, found, allowed)
        choices = list(_choices(county, found, before, allowed))
        if len(choices) > MOST_CHOICES:
            raise TooManyRoutes(villages=len(county.villages), most=MOST_CHOICES)
        best = _best(county, choices, heavy)
        if best is None:
            raise TooManyRoutes(villages=len(county.villages), most=MOST_CHOICES)
        least = int(best.bound // heavy)
    return _outcome(county, [c for n, c in enumerate(choices) if best.values[n] > 0.5], best, heavy, least, len(found))


def _standing(county: County, allowed: Sequence[Crews]) -> tuple[dict[Slot, frozenset[int]], set[int]]:
    """What stands on each team's day that is still there, and the villages that must move."""
    teams = {team.id: n for n, team in enumerate(county.teams)}
    numbers = {code: n for n, code in enumerate(county.names) if n}
    stands: dict[Slot, frozenset[int]] = {}
    for day in county.standing or ():
        n = teams.get(day.team)
        if n is not None and day.on in county.teams[n].days:
            mine = (numbers[code] for code in day.villages if code in numbers)
            stands[n, day.on] = frozenset(v for v in mine if n in allowed[v])
    return stands, set(numbers.values()) - {v for mine in stands.values() for v in mine}


def _choices(
    county: County, found: Sequence[Route], before: dict[Slot, frozenset[int]], allowed: Sequence[Crews]
) -> Iterator[Choice]:
    for route in found:
        for n in sorted(counties.crews(route, allowed)):
            for on in county.teams[n].days:
                own = before.get((n, on), frozenset())
                yield Choice((n, on), route, sum(v not in own for v in route.villages))


def _best(county: County, choices: Sequence[Choice], heavy: int) -> Solution | None:
    programme = Programme()
    cover: dict[int, list[tuple[int, float]]] = defaultdict(list)
    slots: dict[Slot, list[tuple[int, float]]] = defaultdict(list)
    for choice in choices:
        y = programme.variable(heavy * choice.moved + choice.route.travel, high=1)
        slots[choice.slot].append((y, 1))
        for v in choice.route.villages:
            cover[v].append((y, 1))
    if len(cover) < len(county.villages):
        return None
    for terms in cover.values():
        programme.keep(terms, 1, 1)
    for terms in slots.values():
        programme.keep(terms, high=1)
    return programme.solve()


def _outcome(
    county: County, taken: list[Choice], best: Solution, heavy: int, least: int, looked_at: int
) -> Outcome:  # fmt: skip
    names = county.names
    days = [
        Day(county.teams[n].id, on, tuple(names[v] for v in route.villages), route.travel)
        for (n, on), route, _ in taken
    ]  # fmt: skip
    moved = sum(choice.moved for choice in taken)
    villages: Counter[int] = Counter(dict.fromkeys(range(len(county.teams)), 0))
    ways: Counter[int] = Counter(dict.fromkeys(range(len(county.teams)), 0))
    for (n, _), route, _ in taken:
        villages[n] += len(route.villages)
        ways[n] += route.travel
    travel = sum(ways.values())
    return Outcome(
        days=sorted(days, key=lambda day: (day.on, day.team)),
        travel=travel,
        bound=travel if best.optimal else max(0.0, best.bound - heavy * moved),
        optimal=best.optimal,
        uneven=max(villages.values()) - min(villages.values()),
        uneven_travel=max(ways.values()) - min(ways.values()),
        routes=looked_at,
        moved=moved,
        least_moved=least,
    )
