"""The second step: the day-routes to teams."""

from collections.abc import Sequence
from typing import NamedTuple

from services.inspection.problems.schedules import TooFewTeamDays
from services.inspection.rules.schedules import county as counties
from services.inspection.rules.schedules import routes
from services.inspection.rules.schedules.county import County, Crews, Outcome
from services.inspection.rules.schedules.milp import Programme
from services.inspection.rules.schedules.routes import Route


class Lists(NamedTuple):
    """Routes by team, travel evenly spread, and whether that is proven."""

    routes: dict[int, list[Route]]
    optimal: bool


def schedule(county: County) -> Outcome:
    """
    The schedule of a county from nothing.

    Raises NoTeamWithoutConflict, VillageBeyondDay, TooManyRoutes, TooFewTeamDays: which limit, how much is missing.
    """
    allowed = county.allowed()
    found = routes.every(county.distance(), county.service(), county.day(), county.names)
    chosen, best, (few, most) = counties.choose(county, found, allowed)
    lists = assign(county, chosen, allowed, few, most)
    counts = [sum(len(route.villages) for route in mine) for mine in lists.routes.values()]
    ways = [sum(route.travel for route in mine) for mine in lists.routes.values()]
    return Outcome(
        days=counties.by_day(county, lists.routes),
        travel=sum(ways),
        bound=best.bound,
        optimal=best.optimal and lists.optimal,
        uneven=max(counts) - min(counts),
        uneven_travel=max(ways) - min(ways),
        routes=len(found),
    )


def assign(county: County, chosen: Sequence[Route], allowed: Sequence[Crews], few: int, most: int) -> Lists:
    """
    Routes to teams: nobody at home, days and village counts within their limits, and the team that travels most travels
    at most `uneven_minutes` longer than it must.
    """
    programme = Programme()
    takes = [{team: programme.variable(high=1) for team in sorted(counties.crews(route, allowed))} for route in chosen]
    for mine in takes:
        programme.keep([(variable, 1) for variable in mine.values()], 1, 1)
    longest = programme.variable(1, whole=False)  # minutes of the team that travels most
    for n, team in enumerate(county.teams):
        mine_ = [(takes[r][n], route) for r, route in enumerate(chosen) if n in takes[r]]
        programme.keep([(variable, 1) for variable, _ in mine_], high=len(team.days))
        programme.keep([(variable, len(route.villages)) for variable, route in mine_], few, most)
        programme.keep([*((variable, route.travel) for variable, route in mine_), (longest, -1)], high=0)
    best = programme.solve(near=county.limits.uneven_minutes)
    if best is None:  # only when the search was cut off: the first step has settled that there is an assignment
        raise TooFewTeamDays(county=county.code)
    lists: dict[int, list[Route]] = {n: [] for n in range(len(county.teams))}
    for route, mine in zip(chosen, takes, strict=True):
        lists[next(team for team, variable in mine.items() if best.values[variable] > 0.5)].append(route)
    return Lists(lists, best.optimal)
