from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.etag import etag
from fupin.idempotency import KeyRequired, needs_key
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from fupin.remote import PeerRefused, Unanswered
from fupin.workdays import next_working_day
from services.funds import models
from services.funds.clients import Projects
from services.funds.codes import InstalmentKind, InstalmentStatus, JournalSource, LoanState
from services.funds.problems.ledger import FutureDate, SamePerson, ShortOfFunds, WrongState
from services.funds.problems.loans import LoanExists, UnknownEnterprise
from services.funds.queries import ledger
from services.funds.queries import loans as queries
from services.funds.routes import spending
from services.funds.routes.shared import AsOf, County, day
from services.funds.rules import plans
from services.funds.rules.chart import BANK, credit_account, loan_account
from services.funds.schemas.loans import (
    Disbursement,
    DueInstalment,
    InstalmentPage,
    Loan,
    LoanOnDay,
    LoanPage,
    LoanPreview,
    NewLoan,
    Plan,
    ReconciliationPage,
    SupportedEnterprisePage,
    Terms,
)

router = Router(tags=["loans"])

SignedBy = Annotated[
    date | None, Query(description="Only contracts approved by a second person and signed on or before this day.")
]


@router.post(
    "/v1/loans",
    status_code=201,
    response_model=Loan | LoanPreview,
    dependencies=[needs("funds:post")],
    responses={
        **problems(LoanExists, UnknownEnterprise, Unanswered, PeerRefused),
        200: {"model": LoanPreview, "description": "With `validate_only`: the schedule; nothing is recorded."},
    },
)
async def create_loan(
    new: NewLoan, db: Db, who: Who, county: County, projects: Projects, response: Response,
    validate_only: Annotated[bool, Query(description="Show the schedule and record nothing.")] = False,
) -> models.Loan | LoanPreview:  # fmt: skip
    """
    Propose a loan contract; the schedule follows from its terms, every due day a working day.

    Another person approves it before money leaves.
    """
    await _check_enterprise(new, projects)
    schedule = plans.plan(terms_of(new, new.principal_fen), next_working_day)
    if validate_only:
        response.status_code = 200
        returned = (InstalmentKind.CONTRIBUTION, InstalmentKind.INTEREST)
        contributions = sum(due.amount_fen for due in schedule if due.kind in returned)
        return LoanPreview(
            terms=Terms.model_validate(new), contributions_fen=contributions,
            instalments=[DueInstalment.model_validate(due) for due in schedule],
        )  # fmt: skip
    place = {"county_code": county, "division_code": f"{county}000000", "made_by": who.actor}
    loan = await queries.propose(db, new.model_dump() | place, schedule)
    response.headers["Location"] = f"/v1/loans/{loan.id}"
    etag(response, loan.version)
    return loan


@router.get("/v1/loans", response_model=LoanPage, dependencies=[needs("funds:read")], responses=problems(BadCursor))
async def list_loans(
    db: Db,
    page: Paged,
    state: LoanState | None = None,
    uscc: Annotated[str | None, Query(max_length=18)] = None,
    signed_by: SignedBy = None,
) -> dict[str, Any]:
    """Loan contracts, oldest first."""
    return await page.of(db, queries.loans(state, uscc, signed_by), key=models.Loan.id)


@router.get(
    "/v1/loans/{loan_id}", response_model=LoanOnDay, dependencies=[needs("funds:read")], responses=problems(NotFound)
)
async def get_loan(loan_id: UUID, db: Db, today: Today, as_of: AsOf = None) -> dict[str, Any]:
    """A contract with its instalments as they stood on a day: due, paid, overdue."""
    loan, on = await _loan(db, loan_id), as_of or today
    instalments = await queries.instalments_of(db, loan_id, on)
    penalties = [i for i in instalments if i["kind"] == InstalmentKind.PENALTY]
    agreed = [i for i in instalments if i["kind"] != InstalmentKind.PENALTY]
    repaid = sum(i["paid_fen"] for i in agreed if i["kind"] == InstalmentKind.PRINCIPAL)
    left = loan.principal_fen if loan.disbursed_on and loan.disbursed_on <= on else 0
    return loan.model_dump() | {
        "as_of": on,
        "due_fen": sum(i["amount_fen"] for i in agreed if i["due_on"] <= on),
        "paid_fen": sum(i["paid_fen"] for i in agreed),
        "overdue_fen": sum(i["amount_fen"] - i["paid_fen"] for i in agreed if i["due_on"] < on),
        "penalties_open_fen": sum(i["amount_fen"] - i["paid_fen"] for i in penalties),
        "outstanding_principal_fen": left - repaid - await queries.written_off(db, loan_id, on),
        "instalments": instalments,
    }


@router.post(
    "/v1/loans/{loan_id}:approve",
    response_model=Loan,
    dependencies=[needs("funds:approve")],
    responses=problems(NotFound, SamePerson, WrongState),
)
async def approve_loan(loan_id: UUID, db: Db, who: Who) -> models.Loan:
    """Approve a proposed contract; the database refuses the person who proposed it. Repeating it changes nothing."""
    loan = await _loan(db, loan_id, lock=True)
    if loan.state == LoanState.REJECTED:
        raise WrongState
    if loan.state != LoanState.PROPOSED:
        return loan
    return await queries.change(db, loan_id, state=LoanState.APPROVED, approved_by=who.actor)


@router.post(
    "/v1/loans/{loan_id}:reject",
    response_model=Loan,
    dependencies=[needs("funds:approve")],
    responses=problems(NotFound, WrongState),
)
async def reject_loan(loan_id: UUID, db: Db) -> models.Loan:
    """Reject a proposed contract for good."""
    loan = await _loan(db, loan_id, lock=True)
    if loan.state == LoanState.REJECTED:
        return loan
    if loan.state != LoanState.PROPOSED:
        raise WrongState
    return await queries.change(db, loan_id, state=LoanState.REJECTED)


@router.post(
    "/v1/loans/{loan_id}:disburse",
    response_model=Loan,
    dependencies=[needs("funds:post"), needs_key()],
    responses=problems(NotFound, WrongState, ShortOfFunds, FutureDate, KeyRequired),
)
async def disburse_loan(loan_id: UUID, body: Disbursement, db: Db, today: Today) -> models.Loan:
    """
    Pay the principal out to the enterprise: from the bank to what the enterprise owes. It happens once.

    What appropriations planned for it is spent with it, and must have come.
    """
    loan = await _loan(db, loan_id, lock=True)
    if loan.state in (LoanState.DISBURSED, LoanState.SETTLED):
        return loan
    on = day(body.on, today)
    if loan.state != LoanState.APPROVED or on < loan.signed_on:
        raise WrongState
    county = loan.county_code
    bank = (await ledger.account_ids(db, county, {BANK}))[BANK].id
    owed = await ledger.open_account(db, county, loan_account(loan.loan_no, loan.enterprise_name))
    await ledger.open_account(db, county, credit_account(loan.loan_no, loan.enterprise_name))
    line = ledger.Line(debit=owed, credit=bank, amount_fen=loan.principal_fen)
    await ledger.post(db, county, f"loan:{loan.id}:disburse", line, on, body.memo, JournalSource.LOAN, loan.id)
    await spending.spend_on_loan(db, loan, on)
    return await queries.change(db, loan_id, state=LoanState.DISBURSED, disbursed_on=on)


@router.get(
    "/v1/instalments", response_model=InstalmentPage, dependencies=[needs("funds:read")], responses=problems(BadCursor)
)
async def list_instalments(
    db: Db, page: Paged, today: Today, loan_id: UUID | None = None, kind: InstalmentKind | None = None,
    status: InstalmentStatus | None = None, signed_by: SignedBy = None, as_of: AsOf = None,
    year: Annotated[int | None, Query(ge=1990, le=2200, description="In which it falls due.")] = None,
    due_by: Annotated[date | None, Query(description="Due on or before this day.")] = None,
    paid: Annotated[bool | None, Query(description="Of which a part or all was paid by then, or nothing.")] = None,
    principal: Annotated[bool | None, Query(description="Of the principal, or of what is paid beside it.")] = None,
) -> dict[str, Any]:  # fmt: skip
    """Instalments of the schedules in force as they stood on a day, in the order they fall due."""
    statement = queries.instalments(
        as_of or today, loan_id=loan_id, kind=kind, status=status, signed_by=signed_by, year=year, due_by=due_by,
        paid=paid, principal=principal,
    )  # fmt: skip
    return await page.of(db, statement, key=(models.Instalment.due_on, models.Instalment.id))


@router.get(
    "/v1/supported-enterprises",
    response_model=SupportedEnterprisePage,
    dependencies=[needs("funds:read")],
    responses=problems(BadCursor),
)
async def list_supported_enterprises(db: Db, page: Paged, today: Today, signed_by: SignedBy = None) -> dict[str, Any]:
    """Enterprises with an agreed contract (龙头企业), each once."""
    return await page.of(db, queries.supported_enterprises(signed_by or today), key=models.Loan.enterprise_uscc)


@router.get(
    "/v1/reconciliation",
    response_model=ReconciliationPage,
    dependencies=[needs("funds:read")],
    responses=problems(BadCursor),
)
async def list_reconciliation(db: Db, page: Paged, today: Today, as_of: AsOf = None) -> dict[str, Any]:
    """For every loan paid out: what was due, received, matched and booked by a day, and whether it all agrees."""
    on = as_of or today
    statement, key = queries.reconciliation(on)
    found = await page.of(db, statement, key=key)
    return found | {"items": [row | {"as_of": on, "agrees": _agrees(row)} for row in found["items"]]}


def _agrees(row: dict[str, Any]) -> bool:
    matched = row["contributions_paid_fen"] + row["principal_paid_fen"] + row["penalties_paid_fen"]
    return bool(
        row["received_fen"] == matched + row["unmatched_fen"]
        and row["ledger_principal_fen"] == row["outstanding_principal_fen"]
        and row["ledger_credit_fen"] == row["unmatched_fen"]
    )


def terms_of(plan: Plan, principal_fen: int) -> plans.Terms:
    """What a schedule on a principal follows from."""
    return plans.Terms(
        kind=plan.kind,
        principal_fen=principal_fen,
        start_on=plan.start_on,
        term_years=plan.term_years,
        yearly_contribution_fen=plan.yearly_contribution_fen,
        rate_ppm=plan.rate_ppm,
        periods_per_year=plan.periods_per_year,
        day_count=plan.day_count,
    )


async def _check_enterprise(new: NewLoan, projects: Projects) -> None:
    if new.enterprise_id is not None:
        found = await projects.enterprise(new.enterprise_id)
        if found is None or (found.name, found.uscc) != (new.enterprise_name, new.enterprise_uscc):
            raise UnknownEnterprise


async def _loan(db: Db, loan_id: UUID, *, lock: bool = False) -> models.Loan:
    found = await queries.loan(db, loan_id, lock=lock)
    if found is None:
        raise NotFound
    return found
