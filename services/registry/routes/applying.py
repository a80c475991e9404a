"""What an approved change request does to the register: all of it, or nothing."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.crypto import Vault
from fupin.listing import words
from fupin.problems import Invalid, NotFound
from services.registry import models
from services.registry.codes import HouseholdStatus, Relation
from services.registry.codes.change_requests import LineageKind
from services.registry.problems import StatusBackdated
from services.registry.problems.change_requests import AnotherCounty, DivisionEnded, MoveBackdated, SameVillage
from services.registry.queries import households, moves
from services.registry.queries.changes import change
from services.registry.queries.histories import HOLDING_FROM
from services.registry.queries.members import TOUCH_HOUSEHOLD
from services.registry.routes.households import sealed
from services.registry.routes.members import changed, member_row
from services.registry.rules import moves as rules
from services.registry.rules import statuses
from services.registry.schemas import change_requests as schemas
from services.registry.schemas.common import is_village

OF_MEMBER = (schemas.MemberProposal, schemas.RemoveMemberProposal)

INHERITED = {"residence", "poverty_type", "main_cause", "other_causes", "identified_on", "exited_on"}


@dataclass(frozen=True)
class Held:
    """The rows a proposal is about, held still until the transaction ends."""

    household: models.Household
    other: models.Household | None = None
    member: models.Member | None = None

    @property
    def household_id(self) -> UUID:
        return UUID(str(self.household.id))

    @property
    def versions(self) -> tuple[int, int | None]:
        return (self.member or self.household).version, self.other.version if self.other else None

    @property
    def destination(self) -> str | None:
        """The village of the other household where it is not the same."""
        code = self.other.division_code if self.other else None
        return code if code != self.household.division_code else None


async def hold(db: AsyncSession, proposal: schemas.Proposal) -> Held:
    """Households first and in the order of their ids, so that two decisions never wait for each other."""
    if isinstance(proposal, OF_MEMBER):
        household_id = (await db.execute(moves.HOUSEHOLD_OF, {"id": proposal.member_id})).scalar_one_or_none()
        if household_id is None:
            raise NotFound
        household = await households.locked(db, household_id)
        return Held(household, member=await moves.member(db, proposal.member_id))
    ids = {proposal.household_id}
    if isinstance(proposal, schemas.MergeProposal):
        ids.add(proposal.into_household_id)
    found = {id: await households.locked(db, id) for id in sorted(ids)}
    other = found[proposal.into_household_id] if isinstance(proposal, schemas.MergeProposal) else None
    return Held(found[proposal.household_id], other)


def check(proposal: schemas.Proposal, held: Held, vault: Vault, today: date) -> None:
    """
    What is wrong with a proposal from the start is said to whoever submits it, not to whoever approves it.

    Raises Invalid, SameVillage, AnotherCounty, HouseholdGone.
    """
    on = getattr(proposal, "on", None)
    for name in ("on", "left_on", "died_on"):
        if (day := getattr(proposal, name, None)) is not None and day > today:
            raise Invalid(f"/proposal/{name}", "must not be in the future", zh="不得晚于今天")
    rules.present(held.household.status)
    if held.other is not None:
        rules.present(held.other.status)
    if isinstance(proposal, schemas.AddMemberProposal):
        member_row(proposal.member, held.household, vault, "/proposal/member")
    elif isinstance(proposal, schemas.MemberProposal):
        changed(proposal.change, vault, today, "/proposal/change")
    elif isinstance(proposal, schemas.TransferProposal):
        if not is_village(proposal.to_division_code):
            raise Invalid("/proposal/to_division_code", "must be a village", zh="须为村")
        if proposal.to_division_code == held.household.division_code:
            raise SameVillage
        if proposal.to_division_code[:6] != held.household.county_code:
            raise AnotherCounty
    if on is not None and on < held.household.status_on:
        raise StatusBackdated(since=held.household.status_on.isoformat())


async def apply(
    db: AsyncSession, vault: Vault, proposal: schemas.Proposal, held: Held, request: models.ChangeRequest, today: date
) -> UUID | None:
    """Do what is proposed; the household that a split makes is returned."""
    household, id = held.household, held.household_id
    check(proposal, held, vault, today)
    match proposal:
        case schemas.HouseholdProposal(change=new):
            fields = new.model_dump(exclude_unset=True, exclude={"phone", "bank_account"}) | sealed(vault, new)
            if new.other_causes is not None:
                fields["other_causes"] = words(new.other_causes)
            await change(db, models.Household, col(models.Household.id), id, household.version, fields)
        case schemas.MemberProposal(member_id=member_id, version=_, change=new_member):
            await _change_member(db, held, member_id, changed(new_member, vault, today, "/proposal/change"))
        case schemas.RemoveMemberProposal(member_id=member_id, left_on=left_on, died_on=died_on):
            await _change_member(db, held, member_id, {"left_on": left_on} if left_on else {"died_on": died_on})
        case schemas.AddMemberProposal(member=member):
            db.add(member_row(member, household, vault, "/proposal/member"))
            household.version += 1
        case schemas.MergeProposal():
            await _merge(db, proposal, held, request)
        case schemas.SplitProposal():
            return await _split(db, proposal, held, request)
        case schemas.TransferProposal():
            await _transfer(db, proposal, held, request)
    await db.flush()
    return None


async def _change_member(db: AsyncSession, held: Held, id: UUID, fields: dict[str, Any]) -> None:
    await change(db, models.Member, col(models.Member.id), id, held.versions[0], fields)
    await db.execute(TOUCH_HOUSEHOLD, {"id": id})


async def _merge(db: AsyncSession, proposal: schemas.MergeProposal, held: Held, request: models.ChangeRequest) -> None:
    old, into, on = held.household, held.other, proposal.on
    if into is None:
        raise NotFound
    statuses.step(old.status, old.status_on, HouseholdStatus.CANCELLED, on)
    await _holding_from(db, on)
    living = await moves.living(db, held.household_id)
    joining = {placing.member_id: placing.relation for placing in proposal.members}
    rules.all_of(living, joining)
    already = await moves.living(db, proposal.into_household_id)
    rules.one_head([*(member.relation for member in already.values()), *joining.values()])
    await _move_members(db, [living[id] for id in joining], joining, into, on)
    for ended in (moves.END_HELPERS, moves.END_PATHWAYS):
        await db.execute(ended, {"id": held.household_id, "on": on})
    old.status, old.status_on = HouseholdStatus.CANCELLED, on
    old.status_reason = f"并入 {into.household_no}: {request.reason}"[:500]
    old.version += 1
    into.version += 1
    _descend(db, held, proposal.into_household_id, LineageKind.MERGED, on, request)


async def _split(db: AsyncSession, proposal: schemas.SplitProposal, held: Held, request: models.ChangeRequest) -> UUID:
    old, on = held.household, proposal.on
    await _holding_from(db, on)
    living = await moves.living(db, held.household_id)
    leaving = {placing.member_id: placing.relation for placing in proposal.leaving}
    staying = {placing.member_id: placing.relation for placing in proposal.staying}
    rules.parted({id: member.relation for id, member in living.items()}, leaving, staying)
    through = rules.BEGINS_THROUGH.get(old.status, (old.status,))
    new = models.Household(
        **old.model_dump(include=INHERITED),
        household_no=proposal.household_no,
        county_code=old.county_code,
        division_code=old.division_code,
        status=through[0],
        status_on=on,
        status_reason=f"由 {old.household_no} 分出: {request.reason}"[:500],
    )
    db.add(new)
    await db.flush()
    for status in through[1:]:
        new.status = status
        await db.flush()
    await _move_members(db, [living[id] for id in leaving], leaving, new, on)
    # A new head comes after the old one has left or stepped back.
    for id in sorted(staying, key=lambda id: staying[id] is Relation.HEAD):
        living[id].relation = staying[id]
        living[id].version += 1
        await db.flush()
    old.version += 1
    id = UUID(str(new.id))
    _descend(db, held, id, LineageKind.SPLIT, on, request)
    await db.flush()
    return id


async def _transfer(
    db: AsyncSession, proposal: schemas.TransferProposal, held: Held, request: models.ChangeRequest
) -> None:
    household, to, on = held.household, proposal.to_division_code, proposal.on
    stands = (await db.execute(moves.STANDS, {"code": to, "on": on})).scalar_one_or_none()
    if stands is None:
        raise NotFound
    if not stands:
        raise DivisionEnded
    last = (await db.execute(moves.LAST_MOVE, {"id": held.household_id})).scalar_one()
    if last is not None and on < last:
        raise MoveBackdated(since=last.isoformat())
    db.add(
        models.HouseholdMove(
            household_id=held.household_id, county_code=household.county_code, from_code=household.division_code,
            to_code=to, moved_on=on, change_request_id=request.id,
        )
    )  # fmt: skip
    await _holding_from(db, on)
    # What belongs to the household follows by its foreign key, in the same statement.
    household.division_code = to
    household.version += 1


async def _move_members(
    db: AsyncSession, members: list[models.Member], relations: dict[UUID, Relation], into: models.Household, on: date
) -> None:
    """Persons belong to another household from the day on; until then their versions keep them where they were."""
    for member in members:
        if member.joined_on is not None and member.joined_on > on:
            raise MoveBackdated(since=member.joined_on.isoformat())
        member.household_id = UUID(str(into.id))
        member.division_code = into.division_code
        member.relation = relations[UUID(str(member.id))]
        member.version += 1
    await db.flush()


async def _holding_from(db: AsyncSession, on: date) -> None:
    """What this transaction changes holds from the day on: the histories keep the earlier days as they were."""
    await db.execute(HOLDING_FROM, {"on": on.isoformat()})


def _descend(
    db: AsyncSession, held: Held, other: UUID, kind: LineageKind, on: date, request: models.ChangeRequest
) -> None:
    db.add(
        models.HouseholdLineage(
            household_id=held.household_id, other_household_id=other, county_code=held.household.county_code, kind=kind,
            on_date=on, change_request_id=UUID(str(request.id)),
        )
    )  # fmt: skip
