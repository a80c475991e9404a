"""Working out a schedule: counties one after another in a child process, then all of it in one transaction."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from fupin.db import transaction
from fupin.operations import Progress, operation
from fupin.problems import NotFound
from fupin.workdays import is_working_day
from services.inspection import models
from services.inspection.queries import common, schedules, teams
from services.inspection.rules.schedules import child, travel
from services.inspection.rules.schedules.county import County, Day, Limits, Outcome, Team, Village
from services.inspection.schemas.schedules import NewSchedule


@operation("schedule")
async def run(progress: Progress, runtime: Any, params: dict[str, Any]) -> dict[str, Any]:
    """Schedule the draw as asked; the schedule has the operation's own id."""
    asked = NewSchedule.model_validate(params["asked"])
    draw_id = UUID(params["draw_id"])
    first = date.fromisoformat(params["starts_on"])
    async with transaction(runtime, progress.who) as db:
        plan = await common.get(db, models.Plan, UUID(params["plan_id"]))
        rows = (await db.execute(schedules.VILLAGES, {"draw_id": draw_id})).all()
        crews = (await db.execute(schedules.CREWS, {"ids": [crew.team_id for crew in asked.teams]})).all()
        if len(crews) < len(asked.teams):
            raise NotFound
        homes = await teams.homes(db, [crew.team_id for crew in asked.teams], first)
        before = await _standing(db, asked.replaces_id)

    days = _days(first, plan.period_to, asked)
    # What was to happen before the first day that may change has happened: it stays.
    fixed = {stop.division_code for stop in before if stop.planned_on < first}
    absent = {crew.team_id: set(crew.absent_on) for crew in asked.teams}
    villages: dict[str, list[Village]] = defaultdict(list)
    for row in rows:
        if row.division_code not in fixed:
            place = travel.Point(row.longitude, row.latitude)
            villages[f"{row.division_code[:6]}000000"].append(Village(row.division_code, place, row.visits))
    there: dict[str, list[Team]] = defaultdict(list)
    for crew in crews:
        mine = tuple(
            day for day in days
            if day not in absent[crew.id] and crew.valid_from <= day and (crew.valid_to is None or day < crew.valid_to)
        )  # fmt: skip
        there[params["works_in"][str(crew.id)]].append(Team(str(crew.id), tuple(homes[crew.id]), mine))
    limits = Limits(**{name: getattr(asked, name) for name in Limits._fields})
    given = {seat.county_code: travel.Point(seat.longitude, seat.latitude) for seat in asked.seats}
    seats = {code: _seat(code, given, params["seats"], mine_) for code, mine_ in villages.items()}
    standing = _by_day([stop for stop in before if stop.planned_on >= first]) if asked.replaces_id else None
    counties = [
        County(code, seats[code][0], villages[code], there[code], limits,
               None if standing is None else standing.get(code, []))
        for code in sorted(villages)
    ]  # fmt: skip

    found: dict[str, Outcome] = {}
    await progress.step("solving", 0, len(counties))
    async for code, outcome in child.schedules(counties):
        found[code] = outcome
        await progress.step("solving", len(found), len(counties))

    names = {row.division_code: row.name for row in rows}
    stops = [stop for county in counties for stop in _stops(county, found[county.code], asked.starts_at, names)]
    async with transaction(runtime, progress.who) as db:
        await schedules.add(
            db,
            {
                "id": progress.id, "plan_id": plan.id, "draw_id": draw_id, "replaces_id": asked.replaces_id,
                "division_code": plan.division_code, "asked": asked.model_dump_json(), "starts_on": first,
                "villages": len(stops), "team_days": len({(stop["team_id"], stop["planned_on"]) for stop in stops}),
                "travel_minutes": sum(one.travel for one in found.values()),
                "bound_minutes": round(sum(one.bound for one in found.values()), 2),
                "optimal": all(one.optimal for one in found.values()),
                "moved": sum(one.moved for one in found.values()),
                "least_moved": sum(one.least_moved for one in found.values()),
            },
            [_proven(county, found[county.code], *seats[county.code]) for county in counties],
            stops,
        )  # fmt: skip
    return {"schedule_id": str(progress.id), "href": f"/v1/schedules/{progress.id}"}


async def _standing(db: Any, replaces_id: UUID | None) -> Sequence[Any]:
    if replaces_id is None:
        return []
    found: Sequence[Any] = (await db.execute(schedules.STOPS, {"schedule_id": replaces_id})).all()
    return found


def _days(first: date, last: date, asked: NewSchedule) -> list[date]:
    period = (first + timedelta(days=n) for n in range((last - first).days + 1))
    days = [day for day in period if is_working_day(day) and day not in asked.days_off]
    return days[: asked.most_days]


def _seat(
    code: str, given: Mapping[str, travel.Point], known: Mapping[str, Sequence[float]], villages: Sequence[Village]
) -> tuple[travel.Point, str]:
    if code in given:
        return given[code], "GIVEN"
    if code in known:
        return travel.Point(*known[code]), "REGISTRY"
    return travel.centre([village.place for village in villages]), "VILLAGES"


def _by_day(stops: Sequence[Any]) -> dict[str, list[Day]]:
    """Each county's standing days, from stops in the order of the way."""
    ways: dict[tuple[str, str, date], list[Any]] = defaultdict(list)
    for stop in stops:
        ways[stop.county_code, str(stop.team_id), stop.planned_on].append(stop)
    found: dict[str, list[Day]] = defaultdict(list)
    for (county, team, on), mine in ways.items():
        minutes = sum(stop.travel_minutes + stop.home_minutes for stop in mine)
        found[county].append(Day(team, on, tuple(stop.division_code for stop in mine), minutes))
    return found


def _stops(county: County, outcome: Outcome, starts_at: time, names: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The stops of every day, with the times at which the team comes and goes."""
    numbers = {code: n for n, code in enumerate(county.names)}
    distance, service = county.distance(), county.service()
    for day in outcome.days:
        now, last = datetime.combine(day.on, starts_at), 0
        for position, code in enumerate(day.villages, 1):
            n = numbers[code]
            arrives = now + timedelta(minutes=distance[last][n])
            now = arrives + timedelta(minutes=service[n])
            yield {
                "division_code": code, "county_code": county.code, "name": names[code], "team_id": day.team,
                "planned_on": day.on, "position": position, "travel_minutes": distance[last][n],
                "home_minutes": distance[n][0] if position == len(day.villages) else 0,
                "arrives_at": arrives.time(), "leaves_at": now.time(), "visits": county.villages[n - 1].visits,
            }  # fmt: skip
            last = n


def _proven(county: County, outcome: Outcome, seat: travel.Point, source: str) -> dict[str, Any]:
    return {
        "division_code": county.code, "longitude": round(seat.longitude, 6), "latitude": round(seat.latitude, 6),
        "seat": source, "routes": outcome.routes, "villages": len(county.villages), "travel_minutes": outcome.travel,
        "bound_minutes": round(outcome.bound, 2), "optimal": outcome.optimal, "uneven_villages": outcome.uneven,
        "uneven_minutes": outcome.uneven_travel,
    }  # fmt: skip
