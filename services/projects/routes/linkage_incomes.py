"""From how many projects households gain, and how much against what was expected."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Query, Response

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.etag import IfMatch, Stale, VersionRequired, etag
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from services.projects import models
from services.projects.problems.linkage import LinkIncomeRecorded, YearOutside
from services.projects.queries import linkage_incomes as queries
from services.projects.schemas.fields import Division
from services.projects.schemas.linkage_incomes import (
    HouseholdLinkagePage,
    IncomeComparisonPage,
    LinkIncome,
    LinkIncomeChange,
    LinkIncomePage,
    NewLinkIncome,
)

router = Router(tags=["linkage"])


async def _asked(
    division: Division | None = None, project_id: UUID | None = None, household_id: UUID | None = None
) -> queries.LinkFilter:
    return queries.LinkFilter(division, project_id, household_id)


Asked = Annotated[queries.LinkFilter, Depends(_asked)]


@router.get(
    "/v1/household-linkages",
    response_model=HouseholdLinkagePage,
    dependencies=[needs("projects:read")],
    responses=problems(BadCursor),
)
async def list_household_linkages(
    db: Db,
    page: Paged,
    today: Today,
    asked: Asked,
    on: date | None = None,
    projects: Annotated[int | None, Query(ge=1, le=queries.MOST, description="Projects; 4: four or more.")] = None,
    doubled: Annotated[
        bool | None, Query(description="Whether the household gains in the same way from several projects of a kind.")
    ] = None,
) -> dict[str, Any]:
    """Households by the projects they gain from on a day; `project_id` asks for those of one project."""
    listed = queries.household_linkages(on or today, asked, projects, doubled)
    answer = await page.of(db, listed, key=listed.selected_columns.household_id)
    return answer | {"on": on or today}


@router.get(
    "/v1/linkage-incomes",
    response_model=IncomeComparisonPage,
    dependencies=[needs("projects:read")],
    responses=problems(BadCursor),
)
async def compare_incomes(
    db: Db,
    page: Paged,
    asked: Asked,
    year: Annotated[int, Query(ge=1990, le=2200)],
    by: Literal["link", "household", "project", "town"] = "link",
    short: Annotated[bool | None, Query(description="Whether less was earned than expected.")] = None,
) -> dict[str, Any]:
    """Expected against actual income in a year, by link, household, project or town."""
    listed = queries.incomes(year, by, asked, short)
    return await page.of(db, listed, key=listed.selected_columns.key) | {"year": year, "by": by}


@router.post(
    "/v1/beneficiaries/{link_id}/incomes",
    status_code=201,
    response_model=LinkIncome,
    dependencies=[needs("projects:write")],
    responses=problems(NotFound, YearOutside, LinkIncomeRecorded),
)
async def record_link_income(
    link_id: UUID, new: NewLinkIncome, db: Db, who: Who, today: Today, response: Response
) -> models.LinkIncome:
    """Record what a household actually earned by a link in a year."""
    link = await _link(db, link_id)
    last = min(today, link.to_on or today).year
    if not link.from_on.year <= new.year <= last:
        raise YearOutside(first=link.from_on.year, last=last)
    income = models.LinkIncome(
        link_id=link_id, division_code=link.division_code, recorded_by=who.actor, **new.model_dump()
    )
    etag(response, 1)
    return await queries.record(db, income)


@router.get(
    "/v1/beneficiaries/{link_id}/incomes",
    response_model=LinkIncomePage,
    dependencies=[needs("projects:read")],
    responses=problems(NotFound, BadCursor),
)
async def list_link_incomes(link_id: UUID, db: Db, page: Paged) -> dict[str, Any]:
    """What a household earned by a link, year by year."""
    await _link(db, link_id)
    return await page.of(db, queries.link_incomes(link_id), key=models.LinkIncome.year)


@router.patch(
    "/v1/link-incomes/{income_id}",
    response_model=LinkIncome,
    dependencies=[needs("projects:write")],
    responses=problems(NotFound, Stale, VersionRequired),
)
async def change_link_income(
    income_id: UUID, new: LinkIncomeChange, version: IfMatch, db: Db, who: Who, response: Response
) -> models.LinkIncome:
    """Correct what a household earned in a year."""
    income = await queries.change(db, income_id, version, new.amount_fen, who.actor)
    if income is None:
        raise Stale if await queries.has_income(db, income_id) else NotFound
    etag(response, income.version)
    return income


async def _link(db: Db, link_id: UUID) -> models.BeneficiaryLink:
    link = await queries.link(db, link_id)
    if link is None:
        raise NotFound
    return link
