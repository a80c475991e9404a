"""Where the pathways of the registry and the links here disagree, day by day (利益联结核对)."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Response
from sqlmodel import col

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.operations import Operation, accepted, start
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from fupin.reads import Reads
from fupin.selected import selected
from fupin.written import listed
from services.projects import models
from services.projects.codes.linkage import LinkageFindingKind
from services.projects.problems.library import DayInFuture
from services.projects.problems.linkage import NoLinkageRun
from services.projects.queries import linkage_checks as queries
from services.projects.schemas.fields import Division
from services.projects.schemas.linkage_checks import (
    LinkageChangePage,
    LinkageFindingPage,
    LinkageRun,
    LinkageRunPage,
    NewLinkageRun,
)

router = Router(tags=["linkage"])


async def _asked(
    kind: LinkageFindingKind | None = None,
    division: Division | None = None,
    project_id: UUID | None = None,
    household_id: UUID | None = None,
) -> queries.FindingFilter:
    return queries.FindingFilter(kind, division, project_id, household_id)


Asked = Annotated[queries.FindingFilter, Depends(_asked)]


@router.post(
    "/v1/linkage-runs", status_code=202, dependencies=[needs("projects:write")], responses=problems(DayInFuture)
)
async def create_linkage_run(new: NewLinkageRun, db: Db, who: Who, today: Today, response: Response) -> Operation:
    """Hold the registry's pathways against the links of your division, as an operation. The run has its id."""
    on = new.on or today
    if on > today:
        raise DayInFuture(today=today.isoformat())
    id = await start(db, "linkage-run", {}, who)
    place = who.division.ljust(12, "0")
    db.add(models.LinkageRun(id=id, division_code=place, covers=who.division, on_date=on, created_by=who.actor))
    await db.flush()
    return await accepted(db, response, id)


@router.get(
    "/v1/linkage-runs",
    response_model=LinkageRunPage,
    dependencies=[needs("projects:read")],
    responses=problems(BadCursor),
)
async def list_linkage_runs(db: Reads, page: Paged, who: Who, response: Response) -> Response:
    """Comparisons that cover the whole of your division, the latest day first."""
    wanted = selected(LinkageRun, queries.runs, who.division, key=("on_date", "id"), descending=True)
    return await listed(db, page, response, wanted)


@router.get(
    "/v1/linkage-runs/{run_id}",
    response_model=LinkageRun,
    dependencies=[needs("projects:read")],
    responses=problems(NotFound),
)
async def get_linkage_run(run_id: UUID, db: Db, who: Who) -> dict[str, Any]:
    """One comparison."""
    found = await db.execute(queries.runs(who.division).where(col(models.LinkageRun.id) == run_id))
    row = found.mappings().one_or_none()
    if row is None:
        raise NotFound
    return dict(row)


@router.get(
    "/v1/linkage-check",
    response_model=LinkageFindingPage,
    dependencies=[needs("projects:read")],
    responses=problems(NoLinkageRun, BadCursor),
)
async def check_linkage(
    db: Db,
    page: Paged,
    who: Who,
    today: Today,
    asked: Asked,
    on: Annotated[date | None, Query(description="As last compared by this day; today when absent.")] = None,
) -> dict[str, Any]:
    """Where pathways and links disagree, by the latest comparison up to a day."""
    run, day = await _latest(db, who.division, on or today)
    answer = await page.of(db, queries.findings(run, asked), key=col(models.LinkageFinding.id))
    return answer | {"on": day, "run_id": run}


@router.get(
    "/v1/linkage-check/changes",
    response_model=LinkageChangePage,
    dependencies=[needs("projects:read")],
    responses=problems(NoLinkageRun, BadCursor),
)
async def list_linkage_changes(
    db: Db, page: Paged, who: Who, today: Today, asked: Asked, since: date, until: date | None = None
) -> dict[str, Any]:
    """What is new and what is gone between the comparisons of two days."""
    earlier, begin = await _latest(db, who.division, since)
    later, end = await _latest(db, who.division, until or today)
    changed = queries.changes(earlier, later, asked)
    answer = await page.of(db, changed, key=changed.selected_columns.id)
    return answer | {"since": begin, "until": end}


async def _latest(db: Db, division: str, on: date) -> tuple[UUID, date]:
    found = await queries.latest(db, division, on)
    if found is None:
        raise NoLinkageRun(on=on.isoformat())
    return found
