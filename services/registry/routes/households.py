from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin import audit, listing
from fupin.app import Router
from fupin.auth import needs
from fupin.clock import Today
from fupin.crypto import Vault, mask_account, mask_phone
from fupin.db import Db
from fupin.etag import IfMatch, Stale, VersionRequired
from fupin.listing import words
from fupin.paging import Paged
from fupin.problems import Invalid, NotFound, problems
from fupin.reads import Reads
from fupin.written import found, listed
from services.registry import models
from services.registry.codes import GuaranteeItem, HouseGrade, HouseholdStatus, PovertyCause, PovertyType, Residence
from services.registry.codes.accesses import AccessKind
from services.registry.problems import (
    CausesRepeat,
    HouseholdNoTaken,
    NotAVillage,
    PersonRegistered,
    SecondHead,
    StatusBackdated,
    StatusNotReachable,
    UnknownDivision,
)
from services.registry.problems.change_requests import DivisionEnded
from services.registry.problems.procedures import ProcedureRunning
from services.registry.problems.unmasking import TooManyUnmasked
from services.registry.queries import accesses, households, procedures
from services.registry.queries import members as member_queries
from services.registry.queries.changes import change
from services.registry.routes.answers import AsOf, Effective, InDivision, KnownAt, NamePart, Sealing
from services.registry.routes.members import member_row
from services.registry.routes.unmasking import counted
from services.registry.rules import statuses
from services.registry.rules.coverage import MOST
from services.registry.schemas.households import (
    Household,
    HouseholdChange,
    HouseholdPage,
    HouseholdsFound,
    IdNumberSearch,
    NewHousehold,
    StatusChange,
    StatusHistory,
    Unmask,
    Unmasked,
    UnmaskedMember,
)

router = Router(tags=["households"])

PHONE, ACCOUNT = "registry.household.phone", "registry.household.bank_account"
ID_NUMBER, CERTIFICATE = "registry.member.id_number", "registry.member.disability_certificate"


async def _wanted(
    as_of: AsOf,
    known_at: KnownAt,
    division: InDivision,
    status: Annotated[list[HouseholdStatus] | None, Query(description="One or several.")] = None,
    poor: Annotated[bool | None, Query(description="IDENTIFIED, POOR or RELAPSED on the day.")] = None,
    registered: Annotated[bool | None, Query(description="建档立卡: poor, EXITED or STABLE on the day.")] = None,
    residence: Residence | None = None,
    poverty_type: PovertyType | None = None,
    main_cause: PovertyCause | None = None,
    identified_year: Annotated[int | None, Query(ge=1949, le=2100, description="Up to the day asked for.")] = None,
    has_helper: Annotated[bool | None, Query(description="A responsible cadre on the day.")] = None,
    pathways: Annotated[int | None, Query(ge=0, le=MOST, description="Pathways on the day; 4: four or more.")] = None,
    guarantee_not_met: Annotated[GuaranteeItem | None, Query(description="In the year of the day.")] = None,
    household_no: Annotated[str | None, Query(max_length=30)] = None,
    house_grade: HouseGrade | None = None,
    name: NamePart = None,
) -> households.Households:
    return households.Households(
        as_of, division, status or (), poor, registered, residence, poverty_type, main_cause, identified_year,
        has_helper, pathways, guarantee_not_met, household_no, house_grade, name,
        known_at,
    )  # fmt: skip


Wanted = Annotated[households.Households, Depends(_wanted)]


@router.post(
    "/v1/households",
    status_code=201,
    response_model=Household,
    dependencies=[needs("registry:write")],
    responses=problems(
        HouseholdNoTaken,
        NotAVillage,
        CausesRepeat,
        UnknownDivision,
        DivisionEnded,
        PersonRegistered,
        SecondHead,
        NotFound,
    ),
)
async def create_household(new: NewHousehold, db: Db, vault: Sealing, response: Response, today: Today) -> Response:
    """Register a household, poor or not, with its members."""
    fields = new.model_dump(exclude={"members", "phone", "bank_account", "status_on"})
    row = models.Household(
        **fields | {"other_causes": words(new.other_causes)} | sealed(vault, new),
        county_code=new.division_code[:6],
        status_on=_begins(new, today),
    )
    db.add(row)
    await db.flush()
    for at, member in enumerate(new.members):
        db.add(member_row(member, row, vault, f"/members/{at}"))
    await db.flush()
    id = UUID(str(row.id))
    return await found(db, response, households.by_id(id, today), "h.version", made=f"/v1/households/{id}")


@router.get("/v1/households", response_model=HouseholdPage, dependencies=[needs("registry:read")])
async def list_households(db: Reads, page: Paged, response: Response, wanted: Wanted) -> Response:
    """Households as they stood on a day."""
    return await listed(db, page, response, wanted.listing())


@router.post("/v1/households:search", response_model=HouseholdsFound, dependencies=[needs("registry:read")])
async def search_households(search: IdNumberSearch, db: Db, vault: Sealing, today: Today) -> Response:
    """Households with a member, present or past, of this ID number. It is sent in the body: never in an address."""
    wanted = households.holding(vault.index(search.id_number, ID_NUMBER), today)
    await accesses.record(db, AccessKind.SEARCH, wanted)
    return Response(await listing.every(db, wanted), media_type="application/json")


@router.get(
    "/v1/households/{household_id}",
    response_model=Household,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def get_household(household_id: UUID, db: Reads, response: Response, as_of: AsOf, known_at: KnownAt) -> Response:
    """One household as it stood on a day, personal numbers masked."""
    return await found(db, response, households.by_id(household_id, as_of, known_at), "h.version")


@router.patch(
    "/v1/households/{household_id}",
    response_model=Household,
    dependencies=[needs("registry:write"), Effective],
    responses=problems(NotFound, Stale, VersionRequired, CausesRepeat),
)
async def change_household(
    household_id: UUID, new: HouseholdChange, db: Db, vault: Sealing, response: Response, version: IfMatch, today: Today
) -> Response:
    """Change what is recorded of a household; its status has an operation of its own."""
    fields = new.model_dump(exclude_unset=True, exclude={"phone", "bank_account"}) | sealed(vault, new)
    if new.other_causes is not None:
        fields["other_causes"] = words(new.other_causes)
    await change(db, models.Household, col(models.Household.id), household_id, version, fields)
    return await found(db, response, households.by_id(household_id, today), "h.version")


@router.post(
    "/v1/households/{household_id}:change-status",
    response_model=Household,
    dependencies=[needs("registry:approve")],
    responses=problems(NotFound, StatusNotReachable, StatusBackdated, ProcedureRunning),
)
async def change_household_status(
    household_id: UUID, new: StatusChange, db: Db, response: Response, today: Today
) -> Response:
    """
    The next step of a household, as decided on paper: identified, poor, out of poverty, relapsed, removed...

    While a procedure that may end in the status is running here, only that procedure reaches it.
    """
    if new.on > today:
        raise Invalid("/on", "must not be in the future", zh="不得晚于今天")
    now = await households.locked(db, household_id)
    statuses.step(now.status, now.status_on, new.status, new.on)
    await procedures.none_towards(db, household_id, new.status)
    await db.execute(households.CHANGE_STATUS, {"id": household_id, **new.model_dump() | {"status": new.status.value}})
    return await found(db, response, households.by_id(household_id, today), "h.version")


@router.get(
    "/v1/households/{household_id}/statuses",
    response_model=StatusHistory,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def get_status_history(household_id: UUID, db: Db) -> Response:
    """Every status the household has had, with day, reason and who recorded it."""
    await households.known(db, household_id)
    return Response(await listing.every(db, households.history(household_id)), media_type="application/json")


@router.post(
    "/v1/households/{household_id}:unmask",
    dependencies=[needs("registry:read", "registry:pii"), counted()],
    responses=problems(NotFound, TooManyUnmasked),
)
async def unmask_household(
    household_id: UUID, why: Unmask, db: Db, vault: Sealing, request: Request, response: Response
) -> Unmasked:
    """The personal numbers of a household, for a purpose that stands in the audit trail with who asked."""
    # A repeated request is answered anew, and audited anew: a stored answer would keep the numbers in the clear.
    request.state.idempotency = None
    found = await in_the_clear(db, vault, household_id)
    await audit.record(db, "UNMASK", "household", household_id, purpose=why.purpose)
    await accesses.record(db, AccessKind.UNMASK, households.row(household_id), purpose=why.purpose)
    response.headers["Cache-Control"] = "no-store"
    return found


async def in_the_clear(db: AsyncSession, vault: Vault, id: UUID) -> Unmasked:
    """The personal numbers of a household, opened; who calls it puts that on record. Raises NotFound."""
    row = (await db.execute(households.SECRETS, {"id": id})).one_or_none()
    if row is None:
        raise NotFound
    members = (await db.execute(member_queries.SECRETS, {"id": id})).all()
    return Unmasked(
        id=id,
        household_no=row.household_no,
        phone=_opened(vault, row.phone_enc, PHONE),
        bank_account=_opened(vault, row.bank_account_enc, ACCOUNT),
        members=[
            UnmaskedMember(
                id=member.id,
                name=member.name,
                id_number=_opened(vault, member.id_number_enc, ID_NUMBER),
                birth_date=member.birth_date,
                disability_certificate=_opened(vault, member.disability_certificate_enc, CERTIFICATE),
            )
            for member in members
        ],
    )


def _begins(new: NewHousehold, today: date) -> date:
    """Since when the household has its status; never in the future, never before the dates that led to it."""
    on = new.status_on or statuses.began(new.status, new.identified_on, new.exited_on, today)
    steps = [day for day in (new.identified_on, new.exited_on, on) if day is not None]
    if new.status in statuses.REGISTERED and steps != sorted(steps):
        raise Invalid("/status_on", "must not be before identified_on or exited_on", zh="不得早于识别日期或脱贫日期")
    if max(steps) > today:
        raise Invalid("/status_on", "must not be in the future", zh="不得晚于今天")
    return on


def sealed(vault: Vault, new: NewHousehold | HouseholdChange) -> dict[str, object]:
    """The personal numbers as they are kept: sealed, indexed, masked. Only those that were given."""
    kept: dict[str, object] = {}
    for name, context, mask in (("phone", PHONE, mask_phone), ("bank_account", ACCOUNT, mask_account)):
        if name not in new.model_fields_set:
            continue
        value = getattr(new, name)
        kept |= {
            f"{name}_enc": vault.seal(value, context) if value else None,
            f"{name}_index": vault.index(value, context) if value else None,
            f"{name}_mask": mask(value) if value else None,
        }
    return kept


def _opened(vault: Vault, blob: bytes | None, context: str) -> str | None:
    return None if blob is None else vault.open(bytes(blob), context)
