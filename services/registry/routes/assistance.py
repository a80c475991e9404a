from datetime import date
from uuid import UUID

from fastapi import Response
from sqlmodel import col

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.etag import IfMatch, Stale, VersionRequired
from fupin.listing import Listing
from fupin.paging import Paged
from fupin.problems import Invalid, NotFound, problems
from fupin.written import found, listed
from services.registry import models
from services.registry.codes.support import AssistanceKind
from services.registry.queries import households, support
from services.registry.queries.changes import change
from services.registry.routes.answers import InDivision
from services.registry.schemas.support import Assistance, AssistanceChange, AssistancePage, NewAssistance

router = Router(tags=["assistance"])


@router.post(
    "/v1/households/{household_id}/assistance",
    status_code=201,
    response_model=Assistance,
    dependencies=[needs("registry:write")],
    responses=problems(NotFound),
)
async def create_assistance(
    household_id: UUID, new: NewAssistance, db: Db, who: Who, today: Today, response: Response
) -> Response:
    """帮扶措施: record what a household received, from whom, when."""
    _past(new.given_on, today)
    household = await households.locked(db, household_id)
    row = models.Assistance(
        **new.model_dump(),
        household_id=household_id,
        county_code=household.county_code,
        division_code=household.division_code,
        recorded_by=who.actor,
    )
    db.add(row)
    await db.flush()
    id = UUID(str(row.id))
    return await found(db, response, _assistance(id), "a.version", made=f"/v1/assistance/{id}")


@router.get(
    "/v1/households/{household_id}/assistance",
    response_model=AssistancePage,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def list_assistance_of_household(household_id: UUID, db: Db, page: Paged, response: Response) -> Response:
    """Everything a household received."""
    await households.known(db, household_id)
    wanted = support.assistance().where("a.household_id = %(household_id)s", household_id=household_id)
    return await listed(db, page, response, wanted)


@router.get("/v1/assistance", response_model=AssistancePage, dependencies=[needs("registry:read")])
async def list_assistance(
    db: Db,
    page: Paged,
    response: Response,
    division: InDivision,
    kind: AssistanceKind | None = None,
    since: date | None = None,
    until: date | None = None,
) -> Response:
    """What households received between two days, both included."""
    wanted = support.assistance()
    if division is not None:
        wanted = wanted.where("starts_with(a.division_code, %(division)s)", division=division)
    if kind is not None:
        wanted = wanted.where("a.kind = %(kind)s", kind=str(kind))
    if since is not None:
        wanted = wanted.where("a.given_on >= %(since)s", since=since)
    if until is not None:
        wanted = wanted.where("a.given_on <= %(until)s", until=until)
    return await listed(db, page, response, wanted)


@router.get(
    "/v1/assistance/{assistance_id}",
    response_model=Assistance,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def get_assistance(assistance_id: UUID, db: Db, response: Response) -> Response:
    """One record of assistance."""
    return await found(db, response, _assistance(assistance_id), "a.version")


@router.patch(
    "/v1/assistance/{assistance_id}",
    response_model=Assistance,
    dependencies=[needs("registry:write")],
    responses=problems(NotFound, Stale, VersionRequired),
)
async def change_assistance(
    assistance_id: UUID, new: AssistanceChange, db: Db, response: Response, version: IfMatch, today: Today
) -> Response:
    """Correct a record; the earlier one stays in the audit trail."""
    _past(new.given_on, today)
    fields = new.model_dump(exclude_unset=True)
    await change(db, models.Assistance, col(models.Assistance.id), assistance_id, version, fields)
    return await found(db, response, _assistance(assistance_id), "a.version")


def _assistance(id: UUID) -> Listing:
    return support.assistance().where("a.id = %(id)s", id=id)


def _past(given_on: date | None, today: date) -> None:
    if given_on is not None and given_on > today:
        raise Invalid("/given_on", "must not be in the future", zh="不得晚于今天")
