from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response
from sqlmodel import col

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.db import Db
from fupin.etag import IfMatch, Stale, VersionRequired
from fupin.listing import Listing
from fupin.paging import Paged
from fupin.problems import NotFound, problems
from fupin.written import found, listed
from services.registry import models
from services.registry.codes import GuaranteeItem, GuaranteeResult
from services.registry.codes.support import GuaranteeGapKind
from services.registry.problems import GuaranteeChecked
from services.registry.queries import guarantees, households, pathways
from services.registry.queries.changes import change
from services.registry.queries.histories import CHECKS, as_known
from services.registry.routes.answers import AsOf, InDivision, KnownAt, KnownOn, On
from services.registry.schemas.pathways import (
    GuaranteeCheck,
    GuaranteeCheckChange,
    GuaranteeCheckPage,
    NewGuaranteeCheck,
)
from services.registry.schemas.support import GuaranteeCoveragePage, GuaranteeGapPage

router = Router(tags=["guarantees"])

OfYear = Annotated[int | None, Query(ge=1949, le=2100, description="By default that of the day.")]


@router.post(
    "/v1/households/{household_id}/guarantees",
    status_code=201,
    response_model=GuaranteeCheck,
    dependencies=[needs("registry:write")],
    responses=problems(NotFound, GuaranteeChecked),
)
async def create_guarantee_check(household_id: UUID, new: NewGuaranteeCheck, db: Db, response: Response) -> Response:
    """Record whether a guarantee is met for a household in a year."""
    household = await households.locked(db, household_id)
    row = models.GuaranteeCheck(
        **new.model_dump(),
        household_id=household_id,
        county_code=household.county_code,
        division_code=household.division_code,
    )
    db.add(row)
    await db.flush()
    made = f"/v1/guarantees/{row.id}"
    return await found(db, response, _check(UUID(str(row.id))), "g.version", made=made)


async def _checks(
    as_of: AsOf,
    known_at: KnownAt,
    division: InDivision,
    household_id: UUID | None = None,
    year: Annotated[int | None, Query(ge=1949, le=2100)] = None,
    item: GuaranteeItem | None = None,
    result: GuaranteeResult | None = None,
) -> Listing:
    wanted = as_known(pathways.all_checks(), "guarantee_check", CHECKS, as_of, known_at)
    wanted = wanted.where("g.checked_on <= %(as_of)s", as_of=as_of)
    if division is not None:
        wanted = wanted.where("starts_with(g.division_code, %(division)s)", division=division)
    for name, value in (("household_id", household_id), ("year", year), ("item", item), ("result", result)):
        if value is not None:
            wanted = wanted.where(f"g.{name} = %({name})s", **{name: value if isinstance(value, int) else str(value)})
    return wanted


WantedChecks = Annotated[Listing, Depends(_checks)]


@router.get("/v1/guarantees", response_model=GuaranteeCheckPage, dependencies=[needs("registry:read")])
async def list_guarantee_checks(db: Db, page: Paged, response: Response, wanted: WantedChecks) -> Response:
    """两不愁三保障: what was checked, for whom, with which result."""
    return await listed(db, page, response, wanted)


@router.get(
    "/v1/guarantees/{check_id}",
    response_model=GuaranteeCheck,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def get_guarantee_check(check_id: UUID, db: Db, response: Response, as_of: AsOf, known_at: KnownAt) -> Response:
    """One check."""
    wanted = as_known(_check(check_id), "guarantee_check", CHECKS, as_of, known_at)
    return await found(db, response, wanted, "g.version")


@router.patch(
    "/v1/guarantees/{check_id}",
    response_model=GuaranteeCheck,
    dependencies=[needs("registry:write")],
    responses=problems(NotFound, Stale, VersionRequired),
)
async def change_guarantee_check(
    check_id: UUID, new: GuaranteeCheckChange, db: Db, response: Response, version: IfMatch
) -> Response:
    """Check again within the year: the earlier result stays readable with `known_at`."""
    await change(db, models.GuaranteeCheck, col(models.GuaranteeCheck.id), check_id, version, new.model_dump())
    return await found(db, response, _check(check_id), "g.version")


@router.get("/v1/guarantee-gaps", response_model=GuaranteeGapPage, dependencies=[needs("registry:read")])
async def list_guarantee_gaps(
    db: Db,
    page: Paged,
    response: Response,
    on: On,
    known_at: KnownOn,
    division: InDivision,
    year: OfYear = None,
    item: GuaranteeItem | None = None,
    kind: GuaranteeGapKind | None = None,
) -> Response:
    """What is not met, and for whom: registered households with the reason, and those not checked at all."""
    return await listed(db, page, response, guarantees.gaps(year or on.year, on, known_at, item, division, kind))


@router.get("/v1/guarantee-coverage", response_model=GuaranteeCoveragePage, dependencies=[needs("registry:read")])
async def list_guarantee_coverage(
    db: Db,
    page: Paged,
    response: Response,
    who: Who,
    on: On,
    known_at: KnownOn,
    division: InDivision,
    year: OfYear = None,
    item: GuaranteeItem | None = None,
) -> Response:
    """Registered households by town and item: met, not met, not applicable, not checked."""
    wanted = guarantees.coverage(year or on.year, on, known_at, item, division or who.division)
    return await listed(db, page, response, wanted)


def _check(id: UUID) -> Listing:
    return pathways.all_checks().where("g.id = %(id)s", id=id)
