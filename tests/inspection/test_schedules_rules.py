"""The laws of the schedule, against trying everything out."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.inspection.problems.schedules import NoTeamWithoutConflict, TooFewTeamDays, VillageBeyondDay
from services.inspection.rules.places import lies_in
from services.inspection.rules.schedules import crews, replanning, routes
from services.inspection.rules.schedules.county import County, Limits, Outcome, Team, Village
from services.inspection.rules.schedules.travel import Point
from tests.inspection.conftest import COUNTY, town, village

LIMITS = Limits(
    working_minutes=480, minutes_per_visit=15, minutes_per_village=10, villages_per_day=2, road_factor=1.3, kmh=40.0,
    uneven_minutes=0,
)  # fmt: skip
FIRST = date(2018, 5, 14)

places = st.dictionaries(
    st.tuples(st.integers(0, 2), st.integers(0, 3)), st.tuples(st.integers(-3, 3), st.integers(-3, 3)),
    min_size=1, max_size=5,
)  # fmt: skip
homes = st.tuples(*[st.sampled_from([(), (town(0),), (town(1),)])] * 2)
days = st.tuples(st.integers(0, 3), st.integers(0, 3))


def county(found: dict[tuple[int, int], tuple[int, int]], at: Sequence[tuple[str, ...]], days: Sequence[int]) -> County:
    villages = [Village(village(*k), Point(132 + x / 12, 47 + y / 12), 10) for k, (x, y) in sorted(found.items())]
    teams = [
        Team(f"t{n}", home, tuple(FIRST + timedelta(days=d) for d in range(many)))
        for n, (home, many) in enumerate(zip(at, days, strict=True))
    ]
    return County(COUNTY, Point(132, 47), villages, teams, LIMITS)


def split(villages: Sequence[int]) -> Iterator[list[tuple[int, ...]]]:
    """Every way to put villages on days of one or two."""
    if not villages:
        yield []
        return
    first, *rest = villages
    yield from ([(first,), *more] for more in split(rest))
    for other in rest:
        yield from ([(first, other), *more] for more in split([v for v in rest if v != other]))


def tried_out(asked: County) -> tuple[int, int] | None:
    """The least unevenness, then the least travel, of all schedules; None when there is none."""
    distance, service, names = asked.distance(), asked.service(), asked.names
    found = []
    for days_ in split(range(1, len(names))):
        ways = [routes.shortest(distance, mine) for mine in days_]
        if any(way.travel + sum(service[v] for v in way.villages) > asked.limits.working_minutes for way in ways):
            continue
        for who in product(range(len(asked.teams)), repeat=len(ways)):
            if any(who.count(n) > len(team.days) for n, team in enumerate(asked.teams)) or any(
                lies_in(names[v], home) for n, way in zip(who, ways, strict=True) for v in way.villages
                for home in asked.teams[n].homes
            ):  # fmt: skip
                continue
            count = [
                sum(len(w.villages) for m, w in zip(who, ways, strict=True) if m == n) for n in range(len(asked.teams))
            ]
            found.append((max(max(count) - min(count), 1), sum(way.travel for way in ways)))
    return min(found, default=None)


def sound(asked: County, outcome: Outcome) -> None:
    """Every village once, nobody at home, nobody twice on a day, no day too long."""
    homes_ = {team.id: team.homes for team in asked.teams}
    numbers, distance, service = asked.names, asked.distance(), asked.service()
    assert sorted(code for day in outcome.days for code in day.villages) == sorted(v.code for v in asked.villages)
    assert not any(lies_in(code, home) for day in outcome.days for code in day.villages for home in homes_[day.team])
    assert len({(day.team, day.on) for day in outcome.days}) == len(outcome.days)
    for day in outcome.days:
        way = [numbers.index(code) for code in day.villages]
        assert day.on in next(team.days for team in asked.teams if team.id == day.team)
        assert day.travel == routes.length(distance, way)
        assert day.travel + sum(service[n] for n in way) <= asked.limits.working_minutes


@settings(max_examples=25, deadline=None)
@given(places, homes, days)
def test_no_schedule_is_better_than_the_proven_one(
    found: dict[tuple[int, int], tuple[int, int]], at: tuple[tuple[str, ...], ...], many: tuple[int, ...]
) -> None:
    asked = county(found, at, many)
    best = tried_out(asked)
    if best is None:
        with pytest.raises((NoTeamWithoutConflict, TooFewTeamDays, VillageBeyondDay)):
            crews.schedule(asked)
        return
    outcome = crews.schedule(asked)

    sound(asked, outcome)
    assert outcome.optimal
    assert (max(outcome.uneven, 1), outcome.travel) == best
    assert abs(outcome.bound - outcome.travel) < 1e-6
    assert crews.schedule(asked) == outcome


def test_further_days_of_as_many_as_are_missing_would_do() -> None:
    far = {(2, n): (3, 3 - n % 2) for n in range(4)}
    with pytest.raises(TooFewTeamDays) as refused:
        crews.schedule(county(far, [(), ()], [1, 0]))
    lacking = refused.value.members["teams"]

    enough = county(far, [(), ()], [1 + lacking.get("t0", 0), lacking.get("t1", 0)])
    sound(enough, crews.schedule(enough))
    assert sum(lacking.values()) == refused.value.members["team_days_missing"] > 0


@settings(max_examples=15, deadline=None)
@given(places, st.integers(0, 1), st.integers(0, 2))
def test_replanning_moves_only_what_has_to_move_when_there_is_room(
    found: dict[tuple[int, int], tuple[int, int]], ill: int, lost: int
) -> None:
    asked = county(found, [(), ()], [6, 6])
    before = crews.schedule(asked)
    gone = (f"t{ill}", FIRST + timedelta(days=lost))
    teams = [
        team._replace(days=tuple(day for day in team.days if (team.id, day) != gone)) for team in asked.teams
    ]  # fmt: skip
    after = replanning.schedule(County(COUNTY, asked.seat, asked.villages, teams, LIMITS, before.days))

    must = {code for day in before.days if (day.team, day.on) == gone for code in day.villages}
    stood = {code: (day.team, day.on) for day in before.days for code in day.villages}
    assert {code for day in after.days for code in day.villages if stood[code] != (day.team, day.on)} == must
    assert (after.moved, after.least_moved, after.optimal) == (len(must), len(must), True)
