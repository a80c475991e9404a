from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Response

from fupin.app import Router
from fupin.auth import Principal, Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.etag import IfMatch, Stale, VersionRequired, etag
from fupin.paging import BadCursor, Paged
from fupin.problems import Invalid, NotFound, problems
from fupin.reads import Reads
from fupin.selected import selected
from fupin.written import found, listed
from services.projects import models
from services.projects.codes.library import LibraryState
from services.projects.codes.projects import Programme, ProjectCategory
from services.projects.problems.enterprises import NoSuchEnterprise
from services.projects.problems.library import DayInFuture
from services.projects.problems.projects import DoubleFunded, FundedTwice, MetricTwice, NotEditable, ProjectNumberTaken
from services.projects.queries import duplicates, library
from services.projects.queries import projects as queries
from services.projects.rules import library as rules
from services.projects.rules.duplicates import PUBLIC_SOURCES, SHOWN
from services.projects.schemas.fields import Division, Town
from services.projects.schemas.projects import (
    DeclaredProject,
    NewProject,
    Project,
    ProjectChange,
    ProjectPage,
    ProjectStatistics,
)

router = Router(tags=["projects"])

AsOf = Annotated[date | None, Query(description="As the library stood on this day; now when absent.")]
GroupBy = Annotated[
    str,
    Query(
        pattern=r"^(town|category|programme|state)(,(town|category|programme|state)){0,3}$",
        description="One or more of town, category, programme, state, separated by commas.",
        examples=["town,state"],
    ),
]


async def _asked(
    division: Division | None = None,
    programme: Programme | None = None,
    category: ProjectCategory | None = None,
    state: Annotated[list[LibraryState] | None, Query(description="May be given several times.")] = None,
    project_no: Annotated[str | None, Query(max_length=40)] = None,
    enterprise_id: UUID | None = None,
    title: Annotated[
        str | None, Query(min_length=2, max_length=50, pattern=r"\w.*\w", description="Part of a title.")
    ] = None,
    town: Town | None = None,
) -> queries.Filter:
    states = tuple(state or ())
    return queries.Filter(division, programme, category, states, project_no, enterprise_id, title, town=town)


Asked = Annotated[queries.Filter, Depends(_asked)]


@router.post(
    "/v1/projects",
    status_code=201,
    response_model=DeclaredProject,
    dependencies=[needs("projects:write")],
    responses=problems(
        ProjectNumberTaken, FundedTwice, MetricTwice, NoSuchEnterprise, DayInFuture, DoubleFunded, NotFound
    ),
)
async def declare_project(new: NewProject, db: Db, who: Who, today: Today, response: Response) -> dict[str, Any]:
    """
    Declare a project (村申报), with its budget by funding source and its performance targets.

    `duplicates` names projects that may be the same; what is the same and paid by the same public source is refused.
    """
    project = await declared(db, who, new, today)
    response.headers["Location"] = f"/v1/projects/{project.id}"
    made = await shown(db, project.id, response)
    return made | {"duplicates": await duplicates.nearest(db, project.id, SHOWN)}


async def declared(db: Db, who: Principal, new: NewProject, today: date) -> models.Project:
    """The project, with its first step. Raises DayInFuture, DoubleFunded."""
    declared_on = new.declared_on or today
    if declared_on > today:
        raise DayInFuture(today=today.isoformat())
    project = models.Project(
        **new.model_dump(exclude={"budget", "targets", "declared_on", "document_ref"}),
        declared_on=declared_on,
        county_code=new.division_code[:6],
        state=LibraryState.DECLARED,
        steps=1,
    )
    step = {
        "actor": who.actor,
        "scope": rules.VILLAGE.scope,
        "level": rules.level(who.division),
        "document_ref": new.document_ref,
    }
    await library.declare(db, project, step)
    if new.document_ref:
        paper = {"kind": rules.PAPER[LibraryState.DECLARED], "document_ref": new.document_ref}
        await library.keep_documents(db, project, 1, [paper])
    await queries.replace_budget(db, project, [line.model_dump() for line in new.budget])
    await queries.replace_targets(db, project, [target.model_dump() for target in new.targets])
    await check_funding(db, project)
    return project


async def check_funding(db: Db, project: models.Project) -> None:
    """Raises DoubleFunded, naming the project that is already there."""
    other = await duplicates.double_funded(db, project, [source.value for source in PUBLIC_SOURCES])
    if other:
        raise DoubleFunded(project_id=str(other["id"]), project_no=other["project_no"], source=other["source"])


@router.get(
    "/v1/projects",
    response_model=ProjectPage,
    dependencies=[needs("projects:read")],
    responses=problems(BadCursor),
)
async def list_projects(db: Reads, page: Paged, asked: Asked, response: Response, as_of: AsOf = None) -> Response:
    """Projects of the library; with `as_of`, those declared by that day, in the state they stood in on it."""
    return await listed(db, page, response, queries.listed(asked, as_of))


@router.get(
    "/v1/projects/{project_id}",
    response_model=Project,
    dependencies=[needs("projects:read")],
    responses=problems(NotFound),
)
async def get_project(project_id: UUID, db: Reads, response: Response) -> Response:
    """One project, with budget and targets."""
    wanted = selected(Project, queries.projects, queries.Filter()).where('each."id" = %(id)s', id=project_id)
    return await found(db, response, wanted, 'each."version"')


@router.patch(
    "/v1/projects/{project_id}",
    response_model=Project,
    dependencies=[needs("projects:write")],
    responses=problems(
        NotFound, Stale, VersionRequired, NotEditable, FundedTwice, MetricTwice, NoSuchEnterprise, DoubleFunded
    ),
)
async def change_project(
    project_id: UUID, change: ProjectChange, version: IfMatch, db: Db, response: Response
) -> dict[str, Any]:
    """Complete or correct a project until the county approves it; `budget` and `targets` are replaced as a whole."""
    project = await held(db, project_id)
    if project.version != version:
        raise Stale
    rules.check_editable(project.state)
    await changed(db, project, change.model_dump(exclude_unset=True))
    return await shown(db, project_id, response)


async def changed(db: Db, project: models.Project, given: dict[str, Any]) -> None:
    """Put the fields that were given in place of what was declared. Raises Invalid, DoubleFunded."""
    budget, targets = given.pop("budget", None), given.pop("targets", None)
    for name, value in given.items():
        setattr(project, name, value)
    if project.ends_on < project.starts_on:
        raise Invalid("/ends_on", "must not be before starts_on", zh="不得早于开始日期")
    project.version += 1
    if budget is not None:
        await queries.replace_budget(db, project, budget)
    if targets is not None:
        await queries.replace_targets(db, project, targets)
    await check_funding(db, project)


@router.get(
    "/v1/statistics/projects",
    response_model=ProjectStatistics,
    tags=["statistics"],
    dependencies=[needs("projects:read")],
)
async def count_projects(
    db: Reads, asked: Asked, today: Today, group_by: GroupBy = "state", as_of: AsOf = None
) -> dict[str, Any]:
    """Number and budget of projects by town, category, programme or state, with the same filters as the list."""
    by = list(dict.fromkeys(group_by.split(",")))
    groups = await queries.grouped(db, by, asked, as_of)
    return {
        "as_of": as_of or today,
        "group_by": by,
        "groups": groups,
        "projects": sum(group["projects"] for group in groups),
        "budget_fen": sum(group["budget_fen"] for group in groups),
    }


async def held(db: Db, project_id: UUID) -> models.Project:
    """The project, held until the request ends. Raises NotFound."""
    project = await queries.locked(db, project_id)
    if project is None:
        raise NotFound
    return project


async def _seen(project_id: UUID, db: Reads) -> None:
    if not await db.rows(queries.SEEN, {"id": project_id}, often=True):
        raise NotFound


SEEN = Depends(_seen)  # what belongs to a project is listed to who sees the project; to others it is NotFound


async def shown(db: Db, project_id: UUID, response: Response) -> dict[str, Any]:
    """The project as it is answered, with its ETag. Raises NotFound."""
    project = await queries.project(db, project_id)
    if project is None:
        raise NotFound
    etag(response, project["version"])
    return project
