"""What came, was spent and passed on of appropriations: progress (支出进度), and alarms about stalled money."""

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
from services.funds import models
from services.funds.codes import AlarmKind, AppropriationLevel, EntryKind, UseKind
from services.funds.problems.appropriations import (
    AlarmRuleExists,
    MoreThanGranted,
    PaidByLoan,
    UseNotApproved,
)
from services.funds.problems.ledger import AlreadyReversed, FutureDate, ShortOfFunds
from services.funds.queries import appropriations as queries
from services.funds.routes import spending
from services.funds.routes.appropriations import granted_or_404, use_or_404
from services.funds.routes.shared import AsOf, County, day
from services.funds.schemas.appropriations import (
    AlarmPage,
    AlarmRule,
    AlarmRulePage,
    Entry,
    EntryPage,
    ExpenditureEntryPage,
    NewAlarmRule,
    NewExpenditure,
    NewReceiptOfAppropriation,
    ProgressPage,
    ProgressTotals,
    ProjectSpendingPage,
)
from services.funds.schemas.loan_changes import Reason

router = Router(tags=["appropriations"])

SomeProjects = Annotated[list[UUID] | None, Query(max_length=100, description="May be given several times.")]


@router.post(
    "/v1/appropriations/{appropriation_id}/receipts",
    status_code=201,
    response_model=Entry,
    dependencies=[needs("funds:post"), needs_key()],
    responses=problems(NotFound, MoreThanGranted, FutureDate, KeyRequired),
)
async def receive_appropriation(
    appropriation_id: UUID, new: NewReceiptOfAppropriation, db: Db, today: Today, response: Response
) -> dict[str, Any]:
    """Book money of an appropriation that came (到账): into the bank, onto the appropriation's own account."""
    granted = await granted_or_404(db, appropriation_id)
    on = day(new.on, today)
    entry_id = await spending.receive(db, granted, new.amount_fen, on, new.payer, new.bank_reference)
    return await _shown(db, entry_id, response)


@router.post(
    "/v1/appropriation-uses/{use_id}/expenditures",
    status_code=201,
    response_model=Entry,
    dependencies=[needs("funds:post"), needs_key()],
    responses=problems(NotFound, UseNotApproved, MoreThanGranted, ShortOfFunds, PaidByLoan, FutureDate, KeyRequired),
)
async def spend_appropriation(
    use_id: UUID, new: NewExpenditure, db: Db, today: Today, response: Response
) -> dict[str, Any]:
    """
    Pay for a project, or pass money on to the shared account for a distribution.

    Passing on is no expenditure yet: what the bank pays households of it is. Money for a loan leaves with the loan.
    """
    use = await use_or_404(db, use_id, lock=True)
    if use.kind == UseKind.LOAN:
        raise PaidByLoan
    entry_id = await spending.spend(db, use, new.amount_fen, day(new.on, today), new.payee, new.bank_reference)
    return await _shown(db, entry_id, response)


@router.get(
    "/v1/appropriation-entries",
    response_model=EntryPage,
    dependencies=[needs("funds:read")],
    responses=problems(BadCursor),
)
async def list_appropriation_entries(
    db: Db, page: Paged, appropriation_id: UUID | None = None, kind: EntryKind | None = None,
    use_id: UUID | None = None, project_id: SomeProjects = None,
    until: Annotated[date | None, Query(description="That took effect on or before this day.")] = None,
) -> dict[str, Any]:  # fmt: skip
    """What came, was spent and passed on, oldest first."""
    statement = queries.entries(appropriation_id, kind, use_id, projects=project_id, until=until)
    return await page.of(db, statement, key=models.AppropriationEntry.id)


@router.get(
    "/v1/project-spending",
    response_model=ProjectSpendingPage,
    dependencies=[needs("funds:read")],
    responses=problems(BadCursor),
)
async def list_project_spending(
    db: Db, page: Paged, today: Today, on: AsOf = None, project_id: SomeProjects = None
) -> dict[str, Any]:
    """What was planned for each project from appropriations, and spent on it by a day; undone entries left out."""
    statement, key = queries.project_spending(on or today, project_id)
    return await page.of(db, statement, key=key)


@router.post(
    "/v1/appropriation-entries/{entry_id}:reverse",
    response_model=Entry,
    dependencies=[needs("funds:post"), needs_key()],
    responses=problems(NotFound, AlreadyReversed, PaidByLoan, ShortOfFunds, KeyRequired),
)
async def reverse_appropriation_entry(entry_id: UUID, body: Reason, db: Db, today: Today) -> dict[str, Any]:
    """Undo an entry that should not have been booked: its journal is reversed, the entry stays."""
    return await spending.undo(db, entry_id, today, body.reason)


@router.get(
    "/v1/expenditure-progress",
    response_model=ProgressPage,
    dependencies=[needs("funds:read")],
    responses=problems(BadCursor),
)
async def list_expenditure_progress(
    db: Db, page: Paged, today: Today, on: AsOf = None, appropriation_id: UUID | None = None,
    level: AppropriationLevel | None = None, year: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Every appropriation issued by a day, as it stood at the end of it (支出进度)."""
    statement, key = queries.progress(on or today, appropriation_id, level, year)
    return await page.of(db, statement, key=key)


@router.get("/v1/expenditure-progress/totals", response_model=ProgressTotals, dependencies=[needs("funds:read")])
async def total_expenditure_progress(db: Db, today: Today, on: AsOf = None) -> dict[str, Any]:
    """Expenditure progress by year and level of government on a day."""
    return {"on": on or today, "items": await queries.totals(db, on or today)}


@router.get(
    "/v1/expenditure-entries",
    response_model=ExpenditureEntryPage,
    dependencies=[needs("funds:read")],
    responses=problems(BadCursor),
)
async def list_expenditure_entries(
    db: Db, page: Paged, today: Today, on: AsOf = None, appropriation_id: UUID | None = None,
    counted_as: EntryKind | None = None,
) -> dict[str, Any]:  # fmt: skip
    """
    What expenditure progress on a day is counted from, oldest first; what was undone by then is left out.

    The amounts add up to the progress's `received_fen`, `spent_fen` and `transferred_fen`.
    """
    statement, key = queries.moves(on or today, appropriation_id, counted_as)
    return await page.of(db, statement, key=key)


@router.post(
    "/v1/alarm-rules",
    status_code=201,
    response_model=AlarmRule,
    dependencies=[needs("funds:approve")],
    responses=problems(AlarmRuleExists),
)
async def create_alarm_rule(new: NewAlarmRule, db: Db, county: County, who: Who) -> models.AlarmRule:
    """Say when money counts as stalled (资金滞留)."""
    place = {"county_code": county, "division_code": f"{county}000000", "made_by": who.actor}
    return await queries.add_alarm_rule(db, new.model_dump() | place)


@router.get(
    "/v1/alarm-rules", response_model=AlarmRulePage, dependencies=[needs("funds:read")], responses=problems(BadCursor)
)
async def list_alarm_rules(db: Db, page: Paged) -> dict[str, Any]:
    """Every rule, those retired included."""
    return await page.of(db, queries.alarm_rules(), key=models.AlarmRule.id)


@router.post(
    "/v1/alarm-rules/{rule_id}:retire",
    response_model=AlarmRule,
    dependencies=[needs("funds:approve")],
    responses=problems(NotFound),
)
async def retire_alarm_rule(rule_id: UUID, db: Db, today: Today) -> models.AlarmRule:
    """Let a rule raise no alarm from today on; alarms of earlier days stay as they were."""
    found = await queries.retire_alarm_rule(db, rule_id, today)
    if found is None:
        raise NotFound
    return found


@router.get(
    "/v1/appropriation-alarms",
    response_model=AlarmPage,
    dependencies=[needs("funds:read")],
    responses=problems(BadCursor),
)
async def list_appropriation_alarms(
    db: Db, page: Paged, today: Today, on: AsOf = None, kind: AlarmKind | None = None,
    level: AppropriationLevel | None = None, year: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Money that stood still on a day, by the rules: not received, lying idle, or behind schedule."""
    statement, key = queries.alarms(on or today, kind, level, year)
    return await page.of(db, statement, key=key)


async def _shown(db: Db, entry_id: UUID, response: Response) -> dict[str, Any]:
    found = await queries.entry(db, entry_id)
    if found is None:
        raise NotFound
    response.headers["Location"] = f"/v1/appropriation-entries?appropriation_id={found['appropriation_id']}"
    return found
