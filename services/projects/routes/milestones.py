from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from fupin.app import Router
from fupin.auth import needs
from fupin.clock import Today
from fupin.db import Db
from fupin.etag import IfMatch, Stale, VersionRequired, etag
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from fupin.reads import Reads
from fupin.selected import selected
from fupin.written import listed
from services.projects import models
from services.projects.codes.library import LibraryState
from services.projects.codes.projects import Programme, ProjectCategory
from services.projects.codes.works import MilestoneKind, SchemePurpose
from services.projects.problems.library import DayInFuture, ProjectEnded
from services.projects.problems.works import MilestonePlanned, MilestoneReached, WrongMilestone
from services.projects.queries import works as queries
from services.projects.routes.projects import held
from services.projects.rules import library as rules
from services.projects.rules import programmes
from services.projects.schemas.fields import Division, Town
from services.projects.schemas.works import (
    Milestone,
    MilestonePage,
    MilestonePlan,
    MilestoneReaching,
    NewMilestone,
)

router = Router(tags=["milestones"])

On = Annotated[
    date | None,
    Query(
        description="The day looked at, today when absent: lateness is judged on it, and projects that were not "
        "declared by then, or were already returned, rejected or withdrawn, are left out."
    ),
]


@router.post(
    "/v1/projects/{project_id}/milestones",
    status_code=201,
    response_model=Milestone,
    dependencies=[needs("projects:write")],
    responses=problems(NotFound, WrongMilestone, MilestonePlanned, ProjectEnded),
)
async def plan_milestone(
    project_id: UUID, new: NewMilestone, db: Db, today: Today, response: Response
) -> dict[str, Any]:
    """Plan a milestone of a project; which kinds it may have depends on its category, and it has each once."""
    project = await held(db, project_id)
    rules.check_going_on(project.state)
    if new.kind not in (kinds := programmes.milestones(project.category)):
        raise WrongMilestone(category=project.category, kinds=list(kinds))
    milestone = models.Milestone(project_id=project_id, division_code=project.division_code, **new.model_dump())
    db.add(milestone)
    await db.flush()
    return await _shown(db, milestone.id, today, response)


@router.get(
    "/v1/milestones",
    response_model=MilestonePage,
    dependencies=[needs("projects:read")],
    responses=problems(BadCursor),
)
async def list_milestones(
    db: Reads,
    page: Paged,
    response: Response,
    today: Today,
    kind: MilestoneKind | None = None,
    programme: Programme | None = None,
    category: ProjectCategory | None = None,
    purpose: Annotated[SchemePurpose | None, Query(description="Of projects that bring this to a village.")] = None,
    project_id: UUID | None = None,
    division: Division | None = None,
    due_before: Annotated[date | None, Query(description="Planned to be reached before this day.")] = None,
    late: Annotated[bool | None, Query(description="Due before `on` and not reached by then, or not.")] = None,
    on: On = None,
    state: Annotated[LibraryState | None, Query(description="Of projects that stood in this state on `on`.")] = None,
    town: Town | None = None,
    reached: Annotated[bool | None, Query(description="Reached by `on`, or not.")] = None,
) -> Response:
    """Milestones of the projects in the library on a day, and whether each was late on it."""
    asked = queries.MilestoneFilter(
        kind, programme, category, purpose, project_id, division, due_before, late, state, town, reached
    )
    return await listed(db, page, response, selected(Milestone, queries.milestones, asked, on or today))


@router.patch(
    "/v1/milestones/{milestone_id}",
    response_model=Milestone,
    dependencies=[needs("projects:write")],
    responses=problems(NotFound, Stale, VersionRequired, MilestoneReached),
)
async def replan_milestone(
    milestone_id: UUID, plan: MilestonePlan, version: IfMatch, db: Db, today: Today, response: Response
) -> dict[str, Any]:
    """Plan a milestone for another day, as long as it has not been reached."""
    milestone = await _held(db, milestone_id)
    if milestone.version != version:
        raise Stale
    milestone.planned_on, milestone.planned_until = plan.planned_on, plan.planned_until
    milestone.version += 1
    await db.flush()
    return await _shown(db, milestone_id, today, response)


@router.post(
    "/v1/milestones/{milestone_id}:reach",
    response_model=Milestone,
    dependencies=[needs("projects:write")],
    responses=problems(NotFound, MilestoneReached, DayInFuture),
)
async def reach_milestone(
    milestone_id: UUID, reaching: MilestoneReaching, db: Db, today: Today, response: Response
) -> dict[str, Any]:
    """Record the day a milestone was reached, with the evidence for it; once."""
    milestone = await _held(db, milestone_id)
    on = reaching.on or today
    if on > today:
        raise DayInFuture(today=today.isoformat())
    milestone.actual_on, milestone.evidence = on, reaching.evidence
    milestone.version += 1
    await db.flush()
    return await _shown(db, milestone_id, today, response)


async def _held(db: Db, milestone_id: UUID) -> models.Milestone:
    milestone = await queries.milestone_to_change(db, milestone_id)
    if milestone is None:
        raise NotFound
    if milestone.actual_on is not None:
        raise MilestoneReached
    return milestone


async def _shown(db: Db, milestone_id: UUID, on: date, response: Response) -> dict[str, Any]:
    found = await queries.milestone(db, milestone_id, on)
    etag(response, found["version"])
    return found
