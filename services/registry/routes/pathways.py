from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Request, Response
from sqlmodel import col

from fupin.app import Router
from fupin.auth import needs
from fupin.db import Db
from fupin.etag import IfMatch, Stale, VersionRequired
from fupin.listing import Listing
from fupin.paging import Paged
from fupin.problems import AlreadyExists, Invalid, NotFound, problems
from fupin.remote import Unanswered
from fupin.written import found, listed
from services.registry import models
from services.registry.clients import ProjectsClient
from services.registry.problems import PathwayOverlaps, UnknownPathway, UnknownProject
from services.registry.queries import households, pathways
from services.registry.queries.changes import change
from services.registry.queries.histories import PATHWAYS, as_known
from services.registry.routes.answers import AsOf, InDivision, KnownAt, KnownOn, On
from services.registry.rules import coverage
from services.registry.schemas.common import EntryChange, NewEntry
from services.registry.schemas.pathways import (
    CoverageBucket,
    HouseholdPathway,
    HouseholdPathwayChange,
    HouseholdPathwayPage,
    MedicalLine,
    MedicalLinePage,
    NewHouseholdPathway,
    Pathway,
    PathwayCoverage,
    PathwayPage,
    TownCoverage,
)

router = Router(tags=["pathways"])

Code = Annotated[str, Path(pattern=r"^[A-Z][A-Z0-9_]{0,31}$")]


async def _projects(request: Request) -> ProjectsClient:
    return ProjectsClient(request.app.state.runtime.peer("projects"))


Projects = Annotated[ProjectsClient, Depends(_projects)]


@router.get("/v1/pathways", response_model=PathwayPage, dependencies=[needs("registry:read")])
async def list_pathways(db: Db, page: Paged, response: Response, as_of: AsOf) -> Response:
    """脱贫路径: the ways out of poverty that the county offers on a day."""
    return await listed(db, page, response, pathways.entries("pathway", as_of))


@router.post(
    "/v1/pathways",
    status_code=201,
    response_model=Pathway,
    dependencies=[needs("registry:approve")],
    responses=problems(AlreadyExists),
)
async def create_pathway(new: NewEntry, db: Db, response: Response) -> Response:
    """Offer another pathway."""
    return await _create(db, response, models.Pathway, "pathway", new, "/v1/pathways")


@router.get(
    "/v1/pathways/{code}",
    response_model=Pathway,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def get_pathway(code: Code, db: Db, response: Response) -> Response:
    """One pathway, also one that is no longer offered."""
    return await found(db, response, _entry("pathway", code), "e.version")


@router.patch(
    "/v1/pathways/{code}",
    response_model=Pathway,
    dependencies=[needs("registry:approve")],
    responses=problems(NotFound, Stale, VersionRequired, AlreadyExists),
)
async def change_pathway(code: Code, new: EntryChange, db: Db, response: Response, version: IfMatch) -> Response:
    """Rename a pathway or say its last day."""
    return await _change(db, response, models.Pathway, "pathway", code, new, version)


@router.get("/v1/medical-lines", response_model=MedicalLinePage, dependencies=[needs("registry:read")])
async def list_medical_lines(db: Db, page: Paged, response: Response, as_of: AsOf) -> Response:
    """兜底保障线: the lines of medical protection that hold on a day."""
    return await listed(db, page, response, pathways.entries("medical_line", as_of))


@router.post(
    "/v1/medical-lines",
    status_code=201,
    response_model=MedicalLine,
    dependencies=[needs("registry:approve")],
    responses=problems(AlreadyExists),
)
async def create_medical_line(new: NewEntry, db: Db, response: Response) -> Response:
    """Draw another line."""
    return await _create(db, response, models.MedicalLine, "medical_line", new, "/v1/medical-lines")


@router.get(
    "/v1/medical-lines/{code}",
    response_model=MedicalLine,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def get_medical_line(code: Code, db: Db, response: Response) -> Response:
    """One line of medical protection."""
    return await found(db, response, _entry("medical_line", code), "e.version")


@router.patch(
    "/v1/medical-lines/{code}",
    response_model=MedicalLine,
    dependencies=[needs("registry:approve")],
    responses=problems(NotFound, Stale, VersionRequired, AlreadyExists),
)
async def change_medical_line(code: Code, new: EntryChange, db: Db, response: Response, version: IfMatch) -> Response:
    """Rename a line (LOCAL is the county's own to name) or say its last day."""
    return await _change(db, response, models.MedicalLine, "medical_line", code, new, version)


@router.post(
    "/v1/households/{household_id}/pathways",
    status_code=201,
    response_model=HouseholdPathway,
    dependencies=[needs("registry:write")],
    responses=problems(NotFound, PathwayOverlaps, UnknownPathway, UnknownProject, Unanswered),
)
async def create_household_pathway(
    household_id: UUID, new: NewHouseholdPathway, db: Db, projects: Projects, response: Response
) -> Response:
    """Set a household on a pathway; a project named with it must stand in the project library."""
    if new.project_id is not None:  # ask the network before holding any lock
        await projects.known(new.project_id)
    household = await households.locked(db, household_id)
    row = models.HouseholdPathway(
        **new.model_dump(),
        household_id=household_id,
        county_code=household.county_code,
        division_code=household.division_code,
    )
    db.add(row)
    await db.flush()
    made = f"/v1/household-pathways/{row.id}"
    return await found(db, response, _pathway(UUID(str(row.id))), "x.version", made=made)


@router.get(
    "/v1/households/{household_id}/pathways",
    response_model=HouseholdPathwayPage,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def list_pathways_of_household(
    household_id: UUID, db: Db, page: Paged, response: Response, as_of: AsOf, known_at: KnownAt
) -> Response:
    """Every pathway a household is or was on; of a past day, as recorded for it."""
    await households.known(db, household_id)
    wanted = pathways.all_pathways().where("x.household_id = %(id)s", id=household_id)
    return await listed(db, page, response, as_known(wanted, "household_pathway", PATHWAYS, as_of, known_at))


async def _pathways_on(
    on: On,
    known_at: KnownOn,
    division: InDivision,
    pathway: Annotated[str | None, Query(max_length=32)] = None,
    project_id: UUID | None = None,
    of_projects: Annotated[bool | None, Query(description="Whether a project of the library carries it.")] = None,
) -> Listing:
    wanted = as_known(pathways.all_pathways(), "household_pathway", PATHWAYS, on, known_at)
    wanted = wanted.where("x.from_on <= %(on)s AND (x.to_on IS NULL OR x.to_on >= %(on)s)", on=on)
    if division is not None:
        wanted = wanted.where("starts_with(x.division_code, %(division)s)", division=division)
    if pathway is not None:
        wanted = wanted.where("x.pathway = %(pathway)s", pathway=pathway)
    if project_id is not None:
        wanted = wanted.where("x.project_id = %(project_id)s", project_id=project_id)
    if of_projects is not None:
        wanted = wanted.where("(x.project_id IS NOT NULL) = %(of_projects)s", of_projects=of_projects)
    return wanted


WantedPathways = Annotated[Listing, Depends(_pathways_on)]


@router.get("/v1/household-pathways", response_model=HouseholdPathwayPage, dependencies=[needs("registry:read")])
async def list_household_pathways(db: Db, page: Paged, response: Response, wanted: WantedPathways) -> Response:
    """Which households are on which pathway on a day."""
    return await listed(db, page, response, wanted)


@router.get(
    "/v1/household-pathways/{household_pathway_id}",
    response_model=HouseholdPathway,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def get_household_pathway(
    household_pathway_id: UUID, db: Db, response: Response, as_of: AsOf, known_at: KnownAt
) -> Response:
    """One household on one pathway."""
    wanted = as_known(_pathway(household_pathway_id), "household_pathway", PATHWAYS, as_of, known_at)
    return await found(db, response, wanted, "x.version")


@router.patch(
    "/v1/household-pathways/{household_pathway_id}",
    response_model=HouseholdPathway,
    dependencies=[needs("registry:write")],
    responses=problems(NotFound, Stale, VersionRequired, PathwayOverlaps),
)
async def change_household_pathway(
    household_pathway_id: UUID, new: HouseholdPathwayChange, db: Db, response: Response, version: IfMatch
) -> Response:
    """Say the last day of a pathway, or what is expected of it."""
    fields = new.model_dump(exclude_unset=True)
    if "to" in fields:
        fields["to_on"] = fields.pop("to")
        row = await db.get(models.HouseholdPathway, household_pathway_id)
        if row is not None and new.to is not None and new.to < row.from_on:
            raise Invalid("/to", "must not be before the first day", zh="不得早于开始日期")
    key = col(models.HouseholdPathway.id)
    await change(db, models.HouseholdPathway, key, household_pathway_id, version, fields)
    return await found(db, response, _pathway(household_pathway_id), "x.version")


@router.get("/v1/pathway-coverage", dependencies=[needs("registry:read")])
async def get_pathway_coverage(db: Db, on: On, known_at: KnownOn, division: InDivision) -> PathwayCoverage:
    """Poor households by number of pathways on a day: 0, 1, 2, 3, 4 and more; also town by town."""
    towns = await pathways.coverage_by_town(db, on, division, known_at)
    total = Counter[int]()
    for counted in towns.values():
        total.update(counted)
    return PathwayCoverage(
        on=on,
        households=total.total(),
        buckets=_buckets(total, on, division, known_at),
        towns=[
            TownCoverage(
                division_code=town,
                households=sum(counted.values()),
                buckets=_buckets(counted, on, town, known_at),
            )
            for town, counted in towns.items()
        ],
    )


def _buckets(
    counted: Mapping[int, int], on: date, division: str | None, known_at: datetime | None
) -> list[CoverageBucket]:
    return [
        CoverageBucket(
            pathways=number,
            households=count,
            href=households.Households(on, division=division, poor=True, pathways=number, known_at=known_at).href(),
        )
        for number, count in coverage.buckets(counted).items()
    ]


def _pathway(id: UUID) -> Listing:
    return pathways.all_pathways().where("x.id = %(id)s", id=id)


def _entry(table: str, code: str) -> Listing:
    return pathways.entries(table, None).where("e.code = %(code)s", code=code)


async def _create(
    db: Db, response: Response, row: type[models.Pathway | models.MedicalLine], table: str, new: NewEntry, address: str
) -> Response:
    _in_order(new.valid_from, new.valid_to)
    db.add(row(**new.model_dump()))
    await db.flush()
    return await found(db, response, _entry(table, new.code), "e.version", made=f"{address}/{new.code}")


async def _change(
    db: Db, response: Response, row: type[models.Pathway | models.MedicalLine], table: str, code: str,
    new: EntryChange, version: int,
) -> Response:  # fmt: skip
    await change(db, row, col(row.code), code, version, new.model_dump(exclude_unset=True))
    return await found(db, response, _entry(table, code), "e.version")


def _in_order(first: object, last: object) -> None:
    if last is not None and str(last) < str(first):
        raise Invalid("/valid_to", "must not be before valid_from", zh="不得早于开始日期")
