"""One county's schedule: what is asked, what comes out, and the first step of two, the day-routes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from services.inspection.problems.schedules import NoTeamWithoutConflict, TooFewTeamDays
from services.inspection.rules.places import lies_in
from services.inspection.rules.schedules import routes, travel
from services.inspection.rules.schedules.milp import Programme, Solution
from services.inspection.rules.schedules.routes import Route


class Village(NamedTuple):
    code: str
    place: travel.Point
    visits: int  # households to visit


class Team(NamedTuple):
    id: str
    homes: tuple[str, ...]  # divisions where it, or one of its members, is at home
    days: tuple[date, ...]  # on which it is there


class Limits(NamedTuple):
    """What a working day is made of."""

    working_minutes: int
    minutes_per_visit: int
    minutes_per_village: int  # beside the visits: the village committee, the wall of lists
    villages_per_day: int
    road_factor: float
    kmh: float
    uneven_minutes: int  # by which the team that travels most may travel longer than it must, over the round


class Day(NamedTuple):
    """A team's day: the villages in the order of the way."""

    team: str
    on: date
    villages: tuple[str, ...]
    travel: int


@dataclass(frozen=True)
class County:
    """What a county asks of its teams; with a standing schedule, to change as little of it as can be."""

    code: str
    seat: travel.Point
    villages: Sequence[Village]
    teams: Sequence[Team]
    limits: Limits
    standing: Sequence[Day] | None = None

    @property
    def names(self) -> list[str]:
        """Codes by number; 0 is the seat."""
        return [self.code, *(village.code for village in self.villages)]

    def service(self) -> list[int]:
        """Minutes in each village, by number."""
        per = self.limits
        return [0, *(per.minutes_per_village + per.minutes_per_visit * village.visits for village in self.villages)]

    def distance(self) -> list[list[int]]:
        places = [self.seat, *(village.place for village in self.villages)]
        return travel.matrix(places, travel.Road(self.limits.road_factor, self.limits.kmh))

    def day(self) -> routes.Day:
        return routes.Day(self.limits.working_minutes, self.limits.villages_per_day)

    def allowed(self) -> list[frozenset[int]]:
        """Of each village by number, the teams that are not at home there. Raises NoTeamWithoutConflict."""
        found = [frozenset(range(len(self.teams)))]
        for village in self.villages:
            free = (n for n, team in enumerate(self.teams) if not any(lies_in(village.code, h) for h in team.homes))
            found.append(frozenset(free))
            if not found[-1]:
                raise NoTeamWithoutConflict(village=village.code)
        return found


class Outcome(NamedTuple):
    """A county's schedule, and what was proven of it."""

    days: list[Day]
    travel: int  # minutes
    bound: float  # no schedule travels less
    optimal: bool  # both steps, or the whole re-planning
    uneven: int  # village counts of the teams: most less fewest
    uneven_travel: int  # minutes: most less fewest
    routes: int  # that a day holds, all looked at
    moved: int = 0  # villages that changed team or day, when re-planned
    least_moved: int = 0  # no re-planning moves fewer

    def gap(self) -> float:
        return 0.0 if self.optimal else max(self.travel - self.bound, 0.0) / max(self.travel, 1)


Crews = frozenset[int]  # teams that may take a route


def crews(route: Route, allowed: Sequence[Crews]) -> Crews:
    """The teams that are at home in none of a route's villages."""
    return frozenset.intersection(*(allowed[n] for n in route.villages))


def shares(county: County) -> tuple[int, int]:
    """Fewest and most villages of a team when counts differ by one at most."""
    whole, rest = divmod(len(county.villages), len(county.teams))
    return whole, whole + bool(rest)


def choose(
    county: County, found: Sequence[Route], allowed: Sequence[Crews]
) -> tuple[list[Route], Solution, tuple[int, int]]:
    """
    The day-routes of least travel, with their bound and the fewest and most villages a team gets.

    Raises TooFewTeamDays when the teams' days do not suffice, with how many are missing.
    """
    few, most = shares(county)
    model = _Routes(county, found, allowed)
    model.balance(few, most)
    best = model.solve()
    if best is None:  # counts cannot be that even: as even as the homes and the days allow
        suffices(county, found, allowed)
        few, most = _evenest(county, found, allowed)
        model = _Routes(county, found, allowed)
        model.balance(few, most)
        best = model.solve()
    if best is None:
        raise TooFewTeamDays(county=county.code)
    chosen = [route for route, y in zip(found, model.taken, strict=True) if best.values[y] > 0.5]
    return chosen, best, (few, most)


def suffices(county: County, found: Sequence[Route], allowed: Sequence[Crews]) -> None:
    """Raises TooFewTeamDays with the fewest further days that would do, and whose."""
    model = _Routes(county, found, allowed, spare=True)
    best = model.solve()
    if best is None:  # cannot be: with days without end every village has a team that is not at home there
        raise TooFewTeamDays(county=county.code)
    lacking = {
        team.id: round(best.values[spare]) for team, spare in zip(county.teams, model.spare, strict=True)
        if best.values[spare] > 0.5
    }  # fmt: skip
    if lacking:
        raise TooFewTeamDays(
            county=county.code,
            villages=len(county.villages),
            team_days=sum(len(team.days) for team in county.teams),
            team_days_missing=sum(lacking.values()),
            teams=lacking,
        )


def _evenest(county: County, found: Sequence[Route], allowed: Sequence[Crews]) -> tuple[int, int]:
    model = _Routes(county, found, allowed, cost=False)
    few, most = model.programme.variable(-1), model.programme.variable(1)
    for counted in model.counted:
        model.programme.keep([*counted, (few, -1)], low=0)
        model.programme.keep([*counted, (most, -1)], high=0)
    best = model.solve()
    if best is None:
        raise TooFewTeamDays(county=county.code)
    return round(best.values[few]), round(best.values[most])


class _Routes:
    """
    Which routes, and how many of each kind a team takes: a kind is who may go and how many villages it has.

    Who goes exactly is left to the second step; that somebody can is settled here.
    """

    def __init__(
        self, county: County, found: Sequence[Route], allowed: Sequence[Crews], *, spare: bool = False,
        cost: bool = True,
    ) -> None:  # fmt: skip
        self.programme = programme = Programme()
        self.taken: list[int] = []
        cover: dict[int, list[tuple[int, float]]] = defaultdict(list)
        kinds: dict[tuple[Crews, int], list[tuple[int, float]]] = defaultdict(list)
        for route in found:
            who = crews(route, allowed)
            y = programme.variable(0 if spare or not cost else route.travel, high=1 if who else 0)
            self.taken.append(y)
            for n in route.villages:
                cover[n].append((y, 1))
            if who:
                kinds[who, len(route.villages)].append((y, 1))
        for terms in cover.values():
            programme.keep(terms, 1, 1)
        self.counted: list[list[tuple[int, float]]] = [[] for _ in county.teams]
        days: list[list[tuple[int, float]]] = [[] for _ in county.teams]
        for (who, size), terms in kinds.items():
            takes = {team: programme.variable(high=len(county.teams[team].days) if not spare else len(county.villages))
                     for team in sorted(who)}  # fmt: skip
            programme.keep([*terms, *((variable, -1) for variable in takes.values())], 0, 0)
            for taker, variable in takes.items():
                self.counted[taker].append((variable, size))
                days[taker].append((variable, 1))
        self.spare = [programme.variable(1) for _ in county.teams] if spare else []
        for n, team in enumerate(county.teams):
            more = [(self.spare[n], -1.0)] if spare else []
            programme.keep([*days[n], *more], high=len(team.days))

    def balance(self, few: int, most: int) -> None:
        for counted in self.counted:
            self.programme.keep(counted, few, most)

    def solve(self) -> Solution | None:
        return self.programme.solve()


def by_day(county: County, lists: Mapping[int, Iterable[Route]]) -> list[Day]:
    """Each team's routes on its days, the earliest first."""
    names = county.names
    found = []
    for n, mine in lists.items():
        team = county.teams[n]
        for on, route in zip(team.days, sorted(mine), strict=False):
            found.append(Day(team.id, on, tuple(names[v] for v in route.villages), route.travel))
    return sorted(found, key=lambda day: (day.on, day.team))
