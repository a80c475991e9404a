"""New schedules and write-offs, each by two persons; guarantees; penalties and reminders up to a day."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.idempotency import KeyRequired, needs_key
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from fupin.workdays import next_working_day
from services.funds import models
from services.funds.codes import (
    InstalmentKind,
    JournalSource,
    LoanChangeKind,
    LoanChangeState,
    LoanState,
    ReminderKind,
)
from services.funds.problems.ledger import FutureDate, WrongState
from services.funds.problems.loans import ChangeOutdated, GuaranteeExists, NothingOwed, SameApprover
from services.funds.queries import collections, ledger
from services.funds.queries import loan_changes as queries
from services.funds.queries import loans as contracts
from services.funds.routes.loans import terms_of
from services.funds.routes.shared import County, day
from services.funds.rules import plans
from services.funds.rules.chart import PENALTY, WRITE_OFF, loan_account, penalty_account
from services.funds.rules.schedules import Due, Owed
from services.funds.schemas.loan_changes import (
    CollectionRun,
    LoanChange,
    LoanChangePage,
    LoanGuarantee,
    LoanGuaranteePage,
    NewCollectionRun,
    NewGuarantee,
    NewReschedule,
    Reason,
    ReminderPage,
    ReschedulePreview,
)
from services.funds.schemas.loans import DueInstalment

router = Router(tags=["loans"])


@router.post(
    "/v1/loans/{loan_id}/reschedules",
    status_code=201,
    response_model=LoanChange | ReschedulePreview,
    dependencies=[needs("funds:post")],
    responses=problems(NotFound, WrongState, NothingOwed),
)
async def propose_reschedule(
    loan_id: UUID, new: NewReschedule, db: Db, who: Who, response: Response,
    validate_only: Annotated[bool, Query(description="Show the schedule and record nothing.")] = False,
) -> models.LoanChange | ReschedulePreview:  # fmt: skip
    """
    Propose a new schedule (展期) for what is still owed. It holds from the day another person approves it.

    Instalments paid stay as they are; of a part-paid one the paid part stays. What is open moves to the new one.
    """
    loan, owed = await _owing(db, loan_id)
    principal = _principal(owed)
    if validate_only:
        response.status_code = 200
        schedule = _rescheduled(new, loan, owed)
        return ReschedulePreview(
            amount_fen=principal, instalments=[DueInstalment.model_validate(due) for due in schedule]
        )
    terms = new.model_dump(mode="json", exclude={"reason"})
    return await _propose(db, loan, LoanChangeKind.RESCHEDULE, principal, new.reason, who.actor, terms)


@router.post(
    "/v1/loans/{loan_id}/write-offs",
    status_code=201,
    response_model=LoanChange,
    dependencies=[needs("funds:post")],
    responses=problems(NotFound, WrongState, NothingOwed),
)
async def propose_write_off(loan_id: UUID, new: Reason, db: Db, who: Who) -> models.LoanChange:
    """Propose to give up what is still owed (核销). It is posted when another person approves it."""
    loan, owed = await _owing(db, loan_id)
    return await _propose(db, loan, LoanChangeKind.WRITE_OFF, _principal(owed), new.reason, who.actor, None)


@router.post(
    "/v1/loan-changes/{change_id}:approve",
    response_model=LoanChange,
    dependencies=[needs("funds:approve")],
    responses=problems(NotFound, SameApprover, WrongState, ChangeOutdated),
)
async def approve_loan_change(change_id: UUID, db: Db, who: Who, today: Today) -> models.LoanChange:
    """Approve a change of a contract; the database refuses the person who proposed it. It holds from today."""
    change = await _change(db, change_id)
    if change.state == LoanChangeState.APPROVED:
        return change
    loan, owed = await _owing(db, change.loan_id)
    if change.state != LoanChangeState.PROPOSED:
        raise WrongState
    if _principal(owed) != change.amount_fen:
        raise ChangeOutdated
    decided = await queries.decide(
        db, change_id, state=LoanChangeState.APPROVED, approved_by=who.actor, effective_on=today
    )
    if change.kind == LoanChangeKind.WRITE_OFF:
        await _write_off(db, loan, owed, decided, today)
        await contracts.change(db, loan.id, state=LoanState.WRITTEN_OFF)
        return decided
    terms = NewReschedule.model_validate({**(change.terms or {}), "reason": change.reason})
    version = loan.schedule_version + 1
    await contracts.schedule_of(db, loan, version, _rescheduled(terms, loan, owed))
    await contracts.change(db, loan.id, schedule_version=version)
    return decided


@router.post(
    "/v1/loan-changes/{change_id}:reject",
    response_model=LoanChange,
    dependencies=[needs("funds:approve")],
    responses=problems(NotFound, WrongState),
)
async def reject_loan_change(change_id: UUID, db: Db) -> models.LoanChange:
    """Reject a proposed change for good."""
    change = await _change(db, change_id)
    if change.state == LoanChangeState.APPROVED:
        raise WrongState
    return await queries.decide(db, change_id, state=LoanChangeState.REJECTED)


@router.get(
    "/v1/loan-changes",
    response_model=LoanChangePage,
    dependencies=[needs("funds:read")],
    responses=problems(BadCursor),
)
async def list_loan_changes(
    db: Db, page: Paged, loan_id: UUID | None = None, kind: LoanChangeKind | None = None,
    state: LoanChangeState | None = None,
) -> dict[str, Any]:  # fmt: skip
    """New schedules and write-offs, proposed and decided, oldest first."""
    return await page.of(db, queries.changes(loan_id, kind, state), key=models.LoanChange.id)


@router.post(
    "/v1/loans/{loan_id}/guarantees",
    status_code=201,
    response_model=LoanGuarantee,
    dependencies=[needs("funds:post")],
    responses=problems(NotFound, GuaranteeExists),
)
async def create_loan_guarantee(loan_id: UUID, new: NewGuarantee, db: Db, who: Who) -> models.LoanGuarantee:
    """Record who or what stands for a contract (担保)."""
    loan = await contracts.loan(db, loan_id)
    if loan is None:
        raise NotFound
    return await queries.guarantee(db, new.model_dump() | _whose(loan) | {"made_by": who.actor})


@router.get(
    "/v1/loans/{loan_id}/guarantees",
    response_model=LoanGuaranteePage,
    dependencies=[needs("funds:read")],
    responses=problems(BadCursor),
)
async def list_loan_guarantees(loan_id: UUID, db: Db, page: Paged) -> dict[str, Any]:
    """What stands for a contract."""
    return await page.of(db, queries.guarantees(loan_id), key=models.LoanGuarantee.id)


@router.post(
    "/v1/collection-runs",
    response_model=CollectionRun,
    dependencies=[needs("funds:post"), needs_key()],
    responses=problems(FutureDate, KeyRequired),
)
async def run_collection(new: NewCollectionRun, db: Db, county: County, today: Today) -> CollectionRun:
    """
    Accrue penalties up to a day and note what to remind of. Running it again for the same day adds nothing.

    A penalty is posted as owed by the enterprise; the shared account gets it when it is paid.
    """
    up_to = day(new.up_to, today)
    found = await collections.collect(db, county, up_to, new.due_within_days)
    return CollectionRun(up_to=up_to, **found._asdict())


@router.get(
    "/v1/reminders", response_model=ReminderPage, dependencies=[needs("funds:read")], responses=problems(BadCursor)
)
async def list_reminders(
    db: Db, page: Paged, loan_id: UUID | None = None, kind: ReminderKind | None = None, since: date | None = None
) -> dict[str, Any]:
    """What falls due soon and what is overdue, as it was noticed, oldest first."""
    return await page.of(db, queries.reminders(loan_id, kind, since), key=models.Reminder.id)


async def _owing(db: Db, loan_id: UUID) -> tuple[models.Loan, list[Owed[UUID]]]:
    """A contract whose principal is not all back, locked, and what is open on it."""
    loan = await contracts.loan(db, loan_id, lock=True)
    if loan is None:
        raise NotFound
    if loan.state != LoanState.DISBURSED:
        raise WrongState
    owed = await contracts.owed(db, loan_id)
    if not _principal(owed):
        raise NothingOwed
    return loan, owed


def _principal(owed: list[Owed[UUID]]) -> int:
    return _open(owed, InstalmentKind.PRINCIPAL)


def _open(owed: list[Owed[UUID]], kind: InstalmentKind, by: date | None = None) -> int:
    return sum(due.open_fen for due in owed if due.kind is kind and (by is None or due.due_on <= by))


def _rescheduled(new: NewReschedule, loan: models.Loan, owed: list[Owed[UUID]]) -> list[Due]:
    """What fell due before the new schedule starts and is open, then the principal on the new terms."""
    earlier = (new.start_on - loan.start_on).days // 365
    on = next_working_day(new.arrears_due_on)
    carried = [
        Due(max(1, earlier), kind, on, fen, 0)
        for kind in (InstalmentKind.CONTRIBUTION, InstalmentKind.INTEREST, InstalmentKind.PENALTY)
        if (fen := _open(owed, kind, new.start_on))
    ]
    schedule = plans.plan(terms_of(new, _principal(owed)), next_working_day)
    return carried + [due._replace(year_no=due.year_no + max(0, earlier)) for due in schedule]


async def _propose(
    db: Db, loan: models.Loan, kind: LoanChangeKind, amount_fen: int, reason: str, actor: str,
    terms: dict[str, Any] | None,
) -> models.LoanChange:  # fmt: skip
    values = {"kind": kind, "amount_fen": amount_fen, "reason": reason, "made_by": actor}
    return await queries.propose(db, values | _whose(loan) | ({"terms": terms} if terms else {}))


async def _change(db: Db, change_id: UUID) -> models.LoanChange:
    found = await queries.change(db, change_id, lock=True)
    if found is None:
        raise NotFound
    return found


def _whose(loan: models.Loan) -> dict[str, Any]:
    return {"loan_id": loan.id, "county_code": loan.county_code, "division_code": loan.division_code}


async def _write_off(db: Db, loan: models.Loan, owed: list[Owed[UUID]], change: models.LoanChange, on: date) -> None:
    """The principal becomes a loss; penalties not paid were no income after all."""
    owing, late = (account(loan.loan_no, loan.enterprise_name) for account in (loan_account, penalty_account))
    open_penalties = _open(owed, InstalmentKind.PENALTY)
    codes = {WRITE_OFF, owing.code} | ({PENALTY, late.code} if open_penalties else set())
    ids = {code: account.id for code, account in (await ledger.account_ids(db, loan.county_code, codes)).items()}
    lines = [ledger.Line(ids[WRITE_OFF], ids[owing.code], change.amount_fen)]
    if open_penalties:
        lines.append(ledger.Line(ids[PENALTY], ids[late.code], open_penalties))
    entry = ledger.Entry(f"loan:{loan.id}:write-off", on, change.reason, lines)
    await ledger.post_batch(db, loan.county_code, [entry], JournalSource.WRITE_OFF, change.id)
