from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Response

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.etag import IfMatch, Stale, VersionRequired, etag
from fupin.paging import BadCursor, Paged
from fupin.problems import Invalid, NotFound, problems
from fupin.reads import Reads
from fupin.remote import Unanswered
from fupin.selected import selected
from fupin.written import listed
from services.projects import models
from services.projects.clients import Registry
from services.projects.codes.plans import PLAN_YEARS, PlanState
from services.projects.problems.library import OpinionMissing
from services.projects.problems.plans import (
    GoalTwice,
    PlanEmpty,
    PlanNotDraft,
    PlanNotSubmitted,
    PlanOpen,
    PlanOwn,
    PlanSumsDiffer,
    ProjectsOutside,
)
from services.projects.problems.works import UnknownDivisions
from services.projects.queries import plans as queries
from services.projects.schemas.fields import Division
from services.projects.schemas.plans import Decision, NewPlan, Plan, PlanContent, PlanPage, PlanProgress, PlanSums

router = Router(tags=["plans"])


async def _asked(
    division: Division | None = None,
    state: PlanState | None = None,
    year: Annotated[int | None, Query(ge=1990, le=2200, description="One of the plan's years.")] = None,
    project_id: UUID | None = None,
) -> queries.PlanFilter:
    return queries.PlanFilter(division, state, year, project_id)


@router.post(
    "/v1/plans",
    status_code=201,
    response_model=Plan,
    dependencies=[needs("projects:write")],
    responses=problems(UnknownDivisions, PlanOpen, GoalTwice, ProjectsOutside, NotFound, Unanswered),
)
async def create_plan(
    new: NewPlan, db: Db, who: Who, registry: Registry, today: Today, response: Response
) -> dict[str, Any]:
    """Draw up a place's plan for three years, or the next edition of it."""
    if unknown := await registry.unknown_places([new.division_code], today):  # before any lock
        raise UnknownDivisions(unknown=unknown)
    plan = models.Plan(
        county_code=new.division_code[:6],
        edition=await queries.next_edition(db, new.division_code, new.first_year),
        made_by=who.actor,
        **new.model_dump(exclude={"goals", "project_ids"}),
    )
    db.add(plan)
    await db.flush()
    await _write(db, plan, new)
    response.headers["Location"] = f"/v1/plans/{plan.id}"
    return await _shown(db, plan.id, response)


@router.get("/v1/plans", response_model=PlanPage, dependencies=[needs("projects:read")], responses=problems(BadCursor))
async def list_plans(
    db: Reads, page: Paged, asked: Annotated[queries.PlanFilter, Depends(_asked)], response: Response
) -> Response:
    """Plans of city, towns and villages, every edition of them."""
    return await listed(db, page, response, selected(Plan, queries.plans, asked))


@router.get(
    "/v1/plans/{plan_id}", response_model=Plan, dependencies=[needs("projects:read")], responses=problems(NotFound)
)
async def get_plan(plan_id: UUID, db: Db, response: Response) -> dict[str, Any]:
    """One plan."""
    return await _shown(db, plan_id, response)


@router.put(
    "/v1/plans/{plan_id}",
    response_model=Plan,
    dependencies=[needs("projects:write")],
    responses=problems(NotFound, Stale, VersionRequired, PlanNotDraft, GoalTwice, ProjectsOutside),
)
async def write_plan(
    plan_id: UUID, content: PlanContent, version: IfMatch, db: Db, response: Response
) -> dict[str, Any]:
    """Write a draft anew: its title, all its goals, all its projects."""
    plan = await _held(db, plan_id)
    if plan.version != version:
        raise Stale
    if plan.state != PlanState.DRAFT:
        raise PlanNotDraft(state=plan.state)
    if any(not plan.first_year <= goal.year < plan.first_year + PLAN_YEARS for goal in content.goals):
        raise Invalid("/goals", "a goal is for one of the plan's three years", zh="目标年度须在规划的三年之内")
    plan.title = content.title
    plan.version += 1
    await _write(db, plan, content)
    return await _shown(db, plan_id, response)


@router.post(
    "/v1/plans/{plan_id}:submit",
    response_model=Plan,
    dependencies=[needs("projects:write")],
    responses=problems(NotFound, PlanNotDraft, PlanEmpty),
)
async def submit_plan(plan_id: UUID, db: Db, who: Who, today: Today, response: Response) -> dict[str, Any]:
    """Submit a draft for its approval; from now on it is no longer written."""
    plan = await _held(db, plan_id)
    if plan.state != PlanState.DRAFT:
        raise PlanNotDraft(state=plan.state)
    if not (await _found(db, plan_id))["goals"]:
        raise PlanEmpty
    plan.state, plan.submitted_by, plan.submitted_on = PlanState.SUBMITTED, who.actor, today
    return await _moved(db, plan, response)


@router.post(
    "/v1/plans/{plan_id}:approve",
    response_model=Plan,
    dependencies=[needs("projects:approve")],
    responses=problems(NotFound, PlanNotSubmitted, PlanOwn, PlanSumsDiffer),
)
async def approve_plan(
    plan_id: UUID, decision: Decision, db: Db, who: Who, today: Today, response: Response
) -> dict[str, Any]:
    """
    Approve a plan; the edition approved before is superseded.

    Where places below have approved plans for these years, the goals must be their sums.
    """
    plan = await _held(db, plan_id)
    _decide(plan, PlanState.APPROVED, who.actor, today, decision.opinion)
    with db.no_autoflush:
        plans_below, items = await queries.sums(db, plan)
        if plans_below and (differ := [item for item in items if not item["agrees"]]):
            raise PlanSumsDiffer(sums=differ)
        await queries.supersede(db, plan)
    return await _moved(db, plan, response)


@router.post(
    "/v1/plans/{plan_id}:return",
    response_model=Plan,
    dependencies=[needs("projects:approve")],
    responses=problems(NotFound, PlanNotSubmitted, PlanOwn, OpinionMissing),
)
async def return_plan(
    plan_id: UUID, decision: Decision, db: Db, who: Who, today: Today, response: Response
) -> dict[str, Any]:
    """Return a plan with the reason; its place draws up another edition."""
    if decision.opinion is None:
        raise OpinionMissing
    plan = await _held(db, plan_id)
    _decide(plan, PlanState.RETURNED, who.actor, today, decision.opinion)
    return await _moved(db, plan, response)


@router.get(
    "/v1/plans/{plan_id}/progress",
    response_model=PlanProgress,
    dependencies=[needs("projects:read")],
    responses=problems(NotFound),
)
async def get_plan_progress(plan_id: UUID, db: Db, today: Today, on: date | None = None) -> dict[str, Any]:
    """What the plan's projects reached of each goal by a day, counted from steps, links and incomes."""
    await _found(db, plan_id)
    return {"plan_id": plan_id, "on": on or today, "items": await queries.progress(db, plan_id, on or today)}


@router.get(
    "/v1/plans/{plan_id}/sums",
    response_model=PlanSums,
    dependencies=[needs("projects:read")],
    responses=problems(NotFound),
)
async def get_plan_sums(plan_id: UUID, db: Db) -> dict[str, Any]:
    """Whether the goals are the sums of the approved plans of the places directly below."""
    plans_below, items = await queries.sums(db, await _found(db, plan_id))
    agrees = all(item["agrees"] for item in items)
    return {"plan_id": plan_id, "plans_below": plans_below, "agrees": agrees, "items": items}


def _decide(plan: models.Plan, state: PlanState, actor: str, today: date, opinion: str | None) -> None:
    if plan.state != PlanState.SUBMITTED:
        raise PlanNotSubmitted(state=plan.state)
    if actor in (plan.made_by, plan.submitted_by):
        raise PlanOwn
    plan.state, plan.decided_by, plan.decided_on, plan.opinion = state, actor, today, opinion


async def _write(db: Db, plan: models.Plan, content: PlanContent) -> None:
    goals = [goal.model_dump() for goal in content.goals]
    if outside := await queries.write(db, plan, goals, content.project_ids):
        raise ProjectsOutside(outside=[str(project_id) for project_id in outside])


async def _held(db: Db, plan_id: UUID) -> models.Plan:
    plan = await queries.locked(db, plan_id)
    if plan is None:
        raise NotFound
    return plan


async def _moved(db: Db, plan: models.Plan, response: Response) -> dict[str, Any]:
    plan.version += 1
    await db.flush()
    return await _shown(db, plan.id, response)


async def _found(db: Db, plan_id: UUID) -> dict[str, Any]:
    found = await queries.plan(db, plan_id)
    if found is None:
        raise NotFound
    return dict(found)


async def _shown(db: Db, plan_id: UUID, response: Response) -> dict[str, Any]:
    found = await _found(db, plan_id)
    etag(response, found["version"])
    return found
