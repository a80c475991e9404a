from uuid import UUID

from fastapi import Response

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.etag import etag
from fupin.paging import BadCursor, Paged
from fupin.problems import Invalid, NotFound, problems
from fupin.reads import Reads
from fupin.selected import selected
from fupin.written import listed
from services.projects import models
from services.projects.problems.library import DayInFuture, NoNoticeRunning, ObjectionResolved
from services.projects.queries import library as queries
from services.projects.routes.projects import SEEN, held
from services.projects.rules import library as rules
from services.projects.schemas.library import NewObjection, Objection, ObjectionPage, Resolution

router = Router(tags=["library"])


@router.post(
    "/v1/projects/{project_id}/objections",
    status_code=201,
    response_model=Objection,
    dependencies=[needs("projects:write")],
    responses=problems(NotFound, NoNoticeRunning, DayInFuture),
)
async def raise_objection(
    project_id: UUID, new: NewObjection, db: Db, today: Today, response: Response
) -> models.Objection:
    """Record an objection while a public notice runs; until it is resolved the project is not admitted."""
    project = await held(db, project_id)
    raised_on = new.on or today
    if raised_on > today:
        raise DayInFuture(today=today.isoformat())
    rules.check_objection(await queries.standing(db, project), raised_on)
    objection = models.Objection(
        project_id=project_id,
        division_code=project.division_code,
        notice_seq=project.steps,
        raised_on=raised_on,
        matter=new.matter,
    )
    db.add(objection)
    await db.flush()
    await db.refresh(objection)
    etag(response, objection.version)
    return objection


@router.get(
    "/v1/projects/{project_id}/objections",
    response_model=ObjectionPage,
    dependencies=[needs("projects:read"), SEEN],
    responses=problems(NotFound, BadCursor),
)
async def list_objections(project_id: UUID, db: Reads, page: Paged, response: Response) -> Response:
    """Objections to the public notices of a project."""
    return await listed(db, page, response, selected(Objection, queries.objections, project_id))


@router.post(
    "/v1/objections/{objection_id}:resolve",
    response_model=Objection,
    dependencies=[needs("projects:approve")],
    responses=problems(NotFound, ObjectionResolved, DayInFuture),
)
async def resolve_objection(
    objection_id: UUID, resolution: Resolution, db: Db, who: Who, today: Today, response: Response
) -> models.Objection:
    """Say whether an objection stands, and why. One that is upheld keeps the project out of the library."""
    found = await queries.objection(db, objection_id)
    if found is None:
        raise NotFound
    if found.outcome is not None:
        raise ObjectionResolved
    on = resolution.on or today
    if on > today:
        raise DayInFuture(today=today.isoformat())
    if on < found.raised_on:
        raise Invalid("/on", "must not be before the objection was raised", zh="不得早于异议提出日期")
    await queries.resolve(
        db, found, outcome=resolution.outcome, resolution=resolution.resolution, resolved_on=on, resolved_by=who.actor
    )
    etag(response, found.version)
    return found
