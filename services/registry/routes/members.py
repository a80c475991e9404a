from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response
from sqlmodel import col

from fupin import listing
from fupin.app import Router
from fupin.auth import needs
from fupin.clock import Today
from fupin.crypto import Vault, mask_id_number
from fupin.db import Db
from fupin.etag import IfMatch, Stale, VersionRequired
from fupin.listing import words
from fupin.paging import Paged
from fupin.problems import Invalid, NotFound, problems
from fupin.reads import Reads
from fupin.written import found, listed
from services.registry import models
from services.registry.codes import Education, Health, LabourAbility, Relation, SchoolStage, Sex
from services.registry.problems import IncomeRecorded, PersonRegistered, SecondHead
from services.registry.queries import households, incomes, members
from services.registry.queries.changes import change
from services.registry.queries.histories import INCOMES, as_known
from services.registry.routes.answers import AsOf, Effective, InDivision, KnownAt, NamePart, Sealing
from services.registry.rules import idnumbers
from services.registry.schemas.households import Income, IncomeList, NewIncome
from services.registry.schemas.members import Member, MemberChange, MemberPage, NewMember

router = Router(tags=["members"])


async def _wanted(
    as_of: AsOf,
    known_at: KnownAt,
    division: InDivision,
    household_id: UUID | None = None,
    school_stage: Annotated[list[SchoolStage] | None, Query(description="One or several.")] = None,
    registered: Annotated[bool | None, Query(description="Of households registered as poor (建档立卡).")] = None,
    name: NamePart = None,
    sex: Sex | None = None,
    relation: Relation | None = None,
    education: Education | None = None,
    labour_ability: LabourAbility | None = None,
    health: Annotated[Health | None, Query(description="This among others.")] = None,
) -> members.Members:
    return members.Members(
        as_of, division, household_id, school_stage or (), registered, name, sex, relation, education, labour_ability,
        health, known_at,
    )  # fmt: skip


WantedMembers = Annotated[members.Members, Depends(_wanted)]

ID_NUMBER, CERTIFICATE = "registry.member.id_number", "registry.member.disability_certificate"


def member_row(new: NewMember, household: models.Household, vault: Vault, pointer: str = "") -> models.Member:
    """The row of a new member; the ID number is sealed and indexed. Raises Invalid on a wrong check digit."""
    fields = new.model_dump(exclude={"id_number", "disability_certificate"}) | {"health": words(new.health)}
    if (number := new.id_number) is not None:
        if not idnumbers.valid(number):
            raise Invalid(
                f"{pointer}/id_number",
                "is not an ID number: 18 characters with a check digit (GB 11643)",
                zh="不是有效的公民身份号码（18位，末位为校验码，GB 11643）",
                code="check-digit",
            )
        fields |= {
            "id_number_enc": vault.seal(number, ID_NUMBER),
            "id_number_index": vault.index(number, ID_NUMBER),
            "id_number_mask": mask_id_number(number),
            "id_number_sex": idnumbers.sex(number),
            "birth_date": new.birth_date or idnumbers.birth_date(number),
        }
    return models.Member(
        **fields | sealed_certificate(vault, new.disability_certificate),
        household_id=UUID(str(household.id)),
        county_code=household.county_code,
        division_code=household.division_code,
    )


def sealed_certificate(vault: Vault, number: str | None) -> dict[str, object]:
    """A disability certificate as it is kept. Its first 18 characters are the ID number, so no more of it is shown."""
    return {
        "disability_certificate_enc": vault.seal(number, CERTIFICATE) if number else None,
        "disability_certificate_index": vault.index(number, CERTIFICATE) if number else None,
        "disability_certificate_mask": mask_id_number(number) if number else None,
    }


def changed(new: MemberChange, vault: Vault, today: date, pointer: str = "") -> dict[str, object]:
    """What a change sets of a member's row. Raises Invalid on a day in the future."""
    fields = new.model_dump(exclude_unset=True, exclude={"disability_certificate"})
    for name in ("left_on", "died_on"):
        if (day := getattr(new, name)) is not None and day > today:
            raise Invalid(f"{pointer}/{name}", "must not be in the future", zh="不得晚于今天")
    if new.health is not None:
        fields["health"] = words(new.health)
    if "disability_certificate" in new.model_fields_set:
        fields |= sealed_certificate(vault, new.disability_certificate)
    return fields


@router.post(
    "/v1/households/{household_id}/members",
    status_code=201,
    response_model=Member,
    dependencies=[needs("registry:write")],
    responses=problems(NotFound, PersonRegistered, SecondHead),
)
async def create_member(household_id: UUID, new: NewMember, db: Db, vault: Sealing, response: Response) -> Response:
    """Add a person to a household."""
    row = member_row(new, await households.locked(db, household_id), vault)
    db.add(row)
    await db.flush()
    await db.execute(households.TOUCH, {"id": household_id})
    id = UUID(str(row.id))
    return await found(db, response, members.by_id(id), "m.version", made=f"/v1/members/{id}")


@router.get(
    "/v1/households/{household_id}/members",
    response_model=MemberPage,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def list_household_members(
    household_id: UUID, db: Reads, page: Paged, response: Response, as_of: AsOf, known_at: KnownAt
) -> Response:
    """Who belonged to a household on a day."""
    if not await listing.count(db, households.by_id(household_id, as_of, known_at), often=True):
        await households.known(db, household_id)
    return await listed(
        db, page, response, members.Members(as_of, household_id=household_id, known_at=known_at).listing()
    )


@router.get("/v1/members", response_model=MemberPage, dependencies=[needs("registry:read")])
async def list_members(db: Reads, page: Paged, response: Response, wanted: WantedMembers) -> Response:
    """Members of households as they stood on a day, personal numbers masked."""
    return await listed(db, page, response, wanted.listing())


@router.get(
    "/v1/members/{member_id}",
    response_model=Member,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def get_member(member_id: UUID, db: Reads, response: Response, as_of: AsOf, known_at: KnownAt) -> Response:
    """One person as recorded on a day, personal numbers masked."""
    return await found(db, response, members.by_id(member_id, as_of, known_at), "m.version")


@router.patch(
    "/v1/members/{member_id}",
    response_model=Member,
    dependencies=[needs("registry:write"), Effective],
    responses=problems(NotFound, Stale, VersionRequired, SecondHead),
)
async def change_member(
    member_id: UUID, new: MemberChange, db: Db, vault: Sealing, response: Response, version: IfMatch, today: Today
) -> Response:
    """Change what is recorded of a person; `left_on` or `died_on` ends the membership."""
    await change(db, models.Member, col(models.Member.id), member_id, version, changed(new, vault, today))
    await db.execute(members.TOUCH_HOUSEHOLD, {"id": member_id})
    return await found(db, response, members.by_id(member_id), "m.version")


@router.post(
    "/v1/households/{household_id}/incomes",
    status_code=201,
    dependencies=[needs("registry:write")],
    responses=problems(NotFound, IncomeRecorded),
)
async def create_income(household_id: UUID, new: NewIncome, db: Db) -> Income:
    """Record a household's income of a year; net and net per head follow from the lines."""
    household = await households.locked(db, household_id)
    row = models.HouseholdIncome(
        **new.model_dump(),
        household_id=household_id,
        county_code=household.county_code,
        division_code=household.division_code,
    )
    db.add(row)
    await db.flush()
    await db.refresh(row)
    return Income.model_validate(row)


@router.get(
    "/v1/households/{household_id}/incomes",
    response_model=IncomeList,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def get_incomes(household_id: UUID, db: Db, as_of: AsOf, known_at: KnownAt) -> Response:
    """A household's income, year by year, up to the year of the day."""
    await households.known(db, household_id)
    wanted = incomes.of_household(household_id).where("i.year <= extract(year FROM %(as_of)s::date)", as_of=as_of)
    wanted = as_known(wanted, "household_income", INCOMES, as_of, known_at)
    return Response(await listing.every(db, wanted), media_type="application/json")
