"""Visits to drawn households."""

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from fastapi.responses import Response
from sqlmodel import col

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.etag import IfMatch, Stale, VersionRequired
from fupin.paging import BadCursor, Paged
from fupin.problems import Invalid, NotFound, StillReferred, problems
from fupin.workdays import is_working_day
from services.inspection import models
from services.inspection.codes import VisitState
from services.inspection.problems.schedules import NoTeamWithoutConflict
from services.inspection.problems.teams import (
    AlreadyPlanned,
    PeriodTooShort,
    TeamAtHome,
    TeamNotOnDuty,
)
from services.inspection.problems.visits import (
    NoReserveLeft,
    NotTheNextTicket,
    ReplacedAlready,
    VisitNotFailed,
    VisitOver,
)
from services.inspection.queries import common, teams, visits
from services.inspection.routes.common import made, versioned
from services.inspection.rules import skeleton
from services.inspection.schemas.draws import NewVisits, PlannedVisits, TeamVisits
from services.inspection.schemas.fields import DivisionCode
from services.inspection.schemas.visits import FailedVisit, Replacement, Visit, VisitChange, VisitPage

router = Router(tags=["visits"])
READ = [needs("inspection:read")]
WRITE = [needs("inspection:write")]
PLAN = [needs("inspection:plan")]


@router.post(
    "/v1/draws/{draw_id}/visits",
    status_code=201,
    dependencies=PLAN,
    responses=problems(NotFound, AlreadyPlanned, NoTeamWithoutConflict, PeriodTooShort, TeamAtHome, TeamNotOnDuty),
)
async def plan_visits(draw_id: UUID, new: NewVisits, db: Db) -> PlannedVisits:
    """
    A visit to every main household: each village to one team that is not at home there, teams evenly loaded, on the
    working days of the plan's period.
    """
    draw = await common.get(db, models.Draw, draw_id)
    plan = await common.get(db, models.Plan, draw.plan_id)
    first = max(plan.period_from, new.starts_on or plan.period_from)
    homes = await teams.homes(db, new.team_ids, first)
    lists = skeleton.assign(await visits.villages_to_visit(db, draw_id), homes)
    period = (first + timedelta(days=n) for n in range((plan.period_to - first).days + 1))
    days = [day for day in period if is_working_day(day)]
    tours = {team: skeleton.days(villages, days, new.villages_per_day) for team, villages in lists.items()}
    counts = await visits.plan_visits(
        db, draw_id, {stop.village: (team, stop.planned_on) for team, stops in tours.items() for stop in stops}
    )
    return PlannedVisits(
        draw_id=draw_id,
        visits=sum(counts.values()),
        teams=[
            TeamVisits(
                team_id=team,
                villages=len(stops),
                visits=counts.get(team, 0),
                first_on=stops[0].planned_on,
                last_on=stops[-1].planned_on,
            )
            for team, stops in tours.items()
            if stops
        ],
    )


@router.get("/v1/visits", dependencies=READ, response_model=VisitPage, responses=problems(BadCursor))
async def list_visits(
    page: Paged,
    db: Db,
    draw_id: UUID | None = None,
    team_id: UUID | None = None,
    village: str | None = None,
    state: VisitState | None = None,
    planned_on: date | None = None,
    town: Annotated[DivisionCode | None, Query(description="Of the villages of this town.")] = None,
    visited_by: Annotated[date | None, Query(description="Took place, or was found not to, by this day.")] = None,
    replacement: Annotated[bool | None, Query(description="Of a reserve in place of a failed visit, or not.")] = None,
    plan_id: Annotated[UUID | None, Query(description="Of all draws of this plan.")] = None,
) -> Any:
    """Visits by the day they are planned for."""
    found = visits.visits(
        draw_id=draw_id, team_id=team_id, village=village, state=state, planned_on=planned_on, town=town,
        visited_by=visited_by, replacement=replacement, plan_id=plan_id,
    )  # fmt: skip
    return await page.of(db, found, key=(col(models.Visit.planned_on), col(models.Visit.id)))


@router.get("/v1/visits/{visit_id}", dependencies=READ, responses=problems(NotFound))
async def get_visit(visit_id: UUID, db: Db, response: Response) -> Visit:
    return versioned(response, Visit, await _visit(db, visit_id))


@router.patch(
    "/v1/visits/{visit_id}",
    dependencies=WRITE,
    responses=problems(NotFound, Stale, VersionRequired, StillReferred, TeamAtHome, TeamNotOnDuty, VisitOver),
)
async def change_visit(visit_id: UUID, change: VisitChange, version: IfMatch, db: Db, response: Response) -> Visit:
    """Give the visit to another team, or to another day."""
    await common.change(db, models.Visit, visit_id, version, change.values())
    return versioned(response, Visit, await _visit(db, visit_id))


@router.post("/v1/visits/{visit_id}:fail", dependencies=WRITE, responses=problems(NotFound, VisitOver))
async def record_failed_visit(
    visit_id: UUID, new: FailedVisit, db: Db, who: Who, today: Today, response: Response
) -> Visit:
    """Record that the visit could not take place: why, on which day, and by whom it is said."""
    await common.get(db, models.Visit, visit_id)
    not_ahead(new.visited_on, today)
    if not await visits.report(
        db, [visit_id], VisitState.FAILED, new.visited_on, who.actor, failure=new.failure, note=new.note
    ):
        raise VisitOver
    return versioned(response, Visit, await _visit(db, visit_id))


@router.post(
    "/v1/visits/{visit_id}:replace",
    status_code=201,
    dependencies=WRITE,
    responses=problems(
        NotFound, VisitNotFailed, NotTheNextTicket, ReplacedAlready, NoReserveLeft, TeamAtHome, TeamNotOnDuty
    ),
)
async def replace_visit(visit_id: UUID, new: Replacement, db: Db, response: Response) -> Visit:
    """Visit, in place of a failed visit's household, the next reserve of its village and kind: never another."""
    failed = await common.get(db, models.Visit, visit_id)
    if failed.state is not VisitState.FAILED:
        raise VisitNotFailed
    id = await visits.replace(db, failed, new.team_id, new.planned_on)
    if id is None:
        raise NoReserveLeft
    return made(response, "/v1/visits", Visit, await _visit(db, id))


def not_ahead(day: date, today: date) -> None:
    """Raises Invalid for what is said to have happened on a day to come."""
    if day > today:
        raise Invalid("/visited_on", "must not be later than today", zh="不得晚于今天")


async def _visit(db: Db, key: UUID) -> Any:
    return await common.one(db, visits.visits().where(col(models.Visit.id) == key))
