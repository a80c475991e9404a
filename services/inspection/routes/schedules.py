"""Schedules: worked out, compared, put in force."""

from datetime import date
from typing import Any
from uuid import UUID

from fastapi.responses import Response
from sqlmodel import col

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.db import Db
from fupin.exports import exports
from fupin.operations import Operation, accepted, start
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from fupin.remote import PeerRefused, Unanswered
from services.inspection import models
from services.inspection.clients import Registry
from services.inspection.problems.draws import NotDrawnYet
from services.inspection.problems.schedules import (
    CountyWithoutTeam,
    ScheduleOutdated,
    TeamInTwoPlaces,
    VillageNotPlaced,
)
from services.inspection.problems.teams import AlreadyPlanned, TeamAtHome, TeamNotOnDuty
from services.inspection.queries import common, schedules
from services.inspection.schemas.schedules import (
    NewSchedule,
    Schedule,
    ScheduleCountyPage,
    SchedulePage,
    ScheduleStopPage,
)

router = Router(tags=["schedules"])
READ = [needs("inspection:read")]
PLAN = [needs("inspection:plan")]


@router.post(
    "/v1/plans/{plan_id}/schedules",
    status_code=202,
    dependencies=PLAN,
    responses=problems(
        NotFound, NotDrawnYet, TeamNotOnDuty, CountyWithoutTeam, VillageNotPlaced, Unanswered, PeerRefused
    ),
)
async def make_schedule(
    plan_id: UUID, new: NewSchedule, db: Db, who: Who, registry: Registry, response: Response
) -> Operation:
    """
    Work out who goes where on which day: least travel, nobody at home, even loads. A proposal until it is adopted.

    With `replaces_id`, a schedule again: as few villages as can be change their team or day. The operation ends FAILED
    when there is no schedule, saying which limit is in the way and how much is missing.
    """
    plan = await common.get(db, models.Plan, plan_id)
    draw_id = (await db.execute(schedules.LAST_DRAW, {"plan_id": plan_id})).scalar_one_or_none()
    if draw_id is None:
        raise NotDrawnYet
    if new.replaces_id is not None:
        before = await common.get(db, models.Schedule, new.replaces_id)
        if before.plan_id != plan_id:
            raise NotFound
        draw_id = before.draw_id
    villages = (await db.execute(schedules.VILLAGES, {"draw_id": draw_id})).all()
    if lost := [v.division_code for v in villages if v.longitude is None or v.latitude is None]:
        raise VillageNotPlaced(villages=lost)
    crews = {row.id: row for row in await db.execute(schedules.CREWS, {"ids": [c.team_id for c in new.teams]})}
    if len(crews) < len(new.teams):
        raise NotFound
    if any(row.kind not in ("INSPECTION", "ROVING") for row in crews.values()):
        raise TeamNotOnDuty
    works_in = {str(c.team_id): c.county_code or f"{crews[c.team_id].division_code[:6]}000000" for c in new.teams}
    if missing := {f"{v.division_code[:6]}000000" for v in villages} - set(works_in.values()):
        raise CountyWithoutTeam(counties=sorted(missing))
    draw = await common.get(db, models.Draw, draw_id)
    frame = await common.get(db, models.Frame, draw.frame_id)
    known = {
        county.code: [county.longitude, county.latitude]
        for county in await registry.counties(frame.frame_on)
        if county.longitude is not None and county.latitude is not None
    }
    params = {
        "plan_id": plan_id,
        "draw_id": draw_id,
        "asked": new.model_dump(mode="json"),
        "starts_on": max(plan.period_from, new.starts_on or plan.period_from),
        "works_in": works_in,
        "seats": known,
    }
    return await accepted(db, response, await start(db, "schedule", params, who))


@router.get("/v1/schedules", dependencies=READ, response_model=SchedulePage, responses=problems(BadCursor))
async def list_schedules(page: Paged, db: Db, plan_id: UUID | None = None, draw_id: UUID | None = None) -> Any:
    """Schedules, proposed, in force and replaced."""
    found = schedules.schedules(plan_id=plan_id, draw_id=draw_id)
    return await page.of(db, found, key=col(models.Schedule.id))


@router.get("/v1/schedules/{schedule_id}", dependencies=READ, responses=problems(NotFound))
async def get_schedule(schedule_id: UUID, db: Db) -> Schedule:
    return Schedule.model_validate(await _schedule(db, schedule_id))


@router.get(
    "/v1/schedules/{schedule_id}/counties",
    dependencies=READ,
    response_model=ScheduleCountyPage,
    responses=problems(NotFound, BadCursor),
)
async def list_schedule_counties(schedule_id: UUID, page: Paged, db: Db) -> Any:
    """What was proven of each county."""
    await _schedule(db, schedule_id)
    found = schedules.counties(schedule_id=schedule_id)
    return await page.of(db, found, key=col(models.ScheduleCounty.division_code))


@router.get(
    "/v1/schedules/{schedule_id}/stops",
    dependencies=READ,
    response_model=ScheduleStopPage,
    responses=problems(NotFound, BadCursor),
)
async def list_schedule_stops(
    schedule_id: UUID,
    page: Paged,
    db: Db,
    team_id: UUID | None = None,
    county: str | None = None,
    on: date | None = None,
) -> Any:
    """Every village of a schedule by day and team, in the order of the way."""
    await _schedule(db, schedule_id)
    found = schedules.stops(schedule_id=schedule_id, team_id=team_id, county=county, on=on)
    return await page.of(db, found, key=schedules.STOP_KEY)


@router.post(
    "/v1/schedules/{schedule_id}:adopt",
    dependencies=PLAN,
    responses=problems(NotFound, ScheduleOutdated, TeamInTwoPlaces, TeamAtHome, TeamNotOnDuty, AlreadyPlanned),
)
async def adopt_schedule(schedule_id: UUID, db: Db) -> Schedule:
    """
    Put a schedule in force: its visits are planned, those planned otherwise move, those that are over stay.

    Where one is in force already, only a schedule that replaces it can be adopted.
    """
    schedule = await common.get(db, models.Schedule, schedule_id)
    await common.get(db, models.Plan, schedule.plan_id, lock=True)
    keys = {"draw_id": schedule.draw_id}
    in_force = (await db.execute(schedules.IN_FORCE, keys)).scalar_one_or_none()
    last = (await db.execute(schedules.LAST_DRAW, {"plan_id": schedule.plan_id})).scalar_one()
    if in_force != schedule.replaces_id or last != schedule.draw_id:
        raise ScheduleOutdated
    if not await schedules.adopt(db, schedule_id, schedule.draw_id):
        raise ScheduleOutdated
    return Schedule.model_validate(await _schedule(db, schedule_id))


async def _schedule(db: Db, key: UUID) -> Any:
    return await common.one(db, schedules.schedules().where(col(models.Schedule.id) == key))


HEADINGS = {
    "schedule_id": ("日程", "Schedule"),
    "id": ("日程", "Schedule"),
    "plan_id": ("计划", "Plan"),
    "draw_id": ("抽取", "Draw"),
    "replaces_id": ("取代", "Replaces"),
    "starts_on": ("开始日期", "Starts on"),
    "planned_on": ("日期", "Day"),
    "team_id": ("工作队编号", "Team id"),
    "team": ("工作队", "Team"),
    "team_days": ("队日数", "Team-days"),
    "position": ("顺序", "Order"),
    "county_code": ("县代码", "County"),
    "division_code": ("县代码", "County"),
    "village_code": ("村代码", "Village code"),
    "name": ("村", "Village"),
    "travel_minutes": ("路程(分钟，估算)", "Travel, minutes (estimate)"),
    "home_minutes": ("返程(分钟，估算)", "Way home, minutes (estimate)"),
    "bound_minutes": ("路程下界(分钟)", "Least travel proven, minutes"),
    "gap": ("差距", "Gap"),
    "optimal": ("已证最优", "Proven optimal"),
    "arrives_at": ("到达", "Arrives"),
    "leaves_at": ("离开", "Leaves"),
    "visits": ("户数", "Households"),
    "villages": ("村数", "Villages"),
    "in_force": ("执行中", "In force"),
    "moved": ("变动村数", "Villages moved"),
    "least_moved": ("变动村数下界", "Fewest villages moved, proven"),
    "longitude": ("出发地经度", "Seat, longitude"),
    "latitude": ("出发地纬度", "Seat, latitude"),
    "seat": ("出发地来源", "Seat from"),
    "routes": ("可行日程线路数", "Day-routes looked at"),
    "uneven_villages": ("队间村数差", "Villages: most less fewest"),
    "uneven_minutes": ("队间路程差(分钟)", "Travel: most less fewest, minutes"),
    "asked": ("编制条件", "Asked"),
    "made_at": ("编制时间", "Made at"),
    "adopted_at": ("执行时间", "In force since"),
    "replaced_at": ("取代时间", "Replaced at"),
}

files = exports([router], HEADINGS)
