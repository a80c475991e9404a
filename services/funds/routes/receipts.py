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
from services.funds.codes import InstalmentKind, JournalSource, LoanState, ReceiptKind
from services.funds.problems import FutureDate, PaidTwice, ReceiptExists, WrongState
from services.funds.queries import ledger
from services.funds.queries import loans as queries
from services.funds.queries.ledger import Entry, Line
from services.funds.routes.shared import County, day
from services.funds.rules import schedules
from services.funds.rules.chart import BANK, CONTRIBUTION, INCOME, SHARED, credit_account, loan_account
from services.funds.schemas.loans import AllocatedReceipt, NewReceipt, ReceiptPage

router = Router(tags=["receipts"])


@router.post(
    "/v1/receipts",
    status_code=201,
    response_model=AllocatedReceipt,
    dependencies=[needs("funds:post"), needs_key()],
    responses=problems(NotFound, WrongState, ReceiptExists, PaidTwice, FutureDate, KeyRequired),
)
async def create_receipt(
    new: NewReceipt, db: Db, who: Who, county: County, today: Today, response: Response
) -> dict[str, Any]:
    """
    Book money that came in.

    A payment on a loan pays overdue contributions, then the running year's, then principal that is due; the rest stays
    as the enterprise's credit and is used by the next payment. Contributions and other income go to the shared account.
    """
    on = day(new.received_on, today)
    receipt_id = await queries.new_receipt_id(db)
    paid: dict[UUID, int] = {}
    credit = 0
    if new.loan_id is None:
        lines = await _income(db, county, new)
    else:
        loan = await queries.loan(db, new.loan_id, lock=True)
        if loan is None:
            raise NotFound
        if loan.state != LoanState.DISBURSED:
            raise WrongState
        county = loan.county_code
        paid, credit, lines = await _payment(db, loan, new.amount_fen, on)
    entry = Entry(f"receipt:{receipt_id}", on, new.memo, lines)
    (posted,) = await ledger.post_batch(db, county, [entry], JournalSource.RECEIPT, receipt_id)
    values = new.model_dump() | {
        "id": receipt_id, "county_code": county, "division_code": f"{county}000000", "received_on": on,
        "credit_fen": credit, "journal_id": posted.journal_id, "made_by": who.actor,
    }  # fmt: skip
    receipt = await queries.record_receipt(db, values, paid)
    if new.loan_id and not any(due.open_fen for due in await queries.owed(db, new.loan_id)):
        await queries.change(db, new.loan_id, state=LoanState.SETTLED)
    response.headers["Location"] = f"/v1/receipts/{receipt_id}"
    return receipt.model_dump() | {"allocations": await queries.allocations(db, receipt_id)}


@router.get(
    "/v1/receipts", response_model=ReceiptPage, dependencies=[needs("funds:read")], responses=problems(BadCursor)
)
async def list_receipts(
    db: Db, page: Paged, kind: ReceiptKind | None = None, loan_id: UUID | None = None, since: date | None = None,
    until: date | None = None,
    unmatched: Annotated[bool, Query(description="Only those of which a part found no instalment.")] = False,
) -> dict[str, Any]:  # fmt: skip
    """Money received, oldest first."""
    return await page.of(db, queries.receipts(kind, loan_id, since, until, unmatched), key=models.Receipt.id)


@router.get(
    "/v1/receipts/{receipt_id}",
    response_model=AllocatedReceipt,
    dependencies=[needs("funds:read")],
    responses=problems(NotFound),
)
async def get_receipt(receipt_id: UUID, db: Db) -> dict[str, Any]:
    """One receipt and the instalments it paid."""
    receipt = await queries.receipt(db, receipt_id)
    if receipt is None:
        raise NotFound
    return receipt.model_dump() | {"allocations": await queries.allocations(db, receipt_id)}


async def _income(db: Db, county: str, new: NewReceipt) -> list[Line]:
    """Bank from the income account, which passes it on to the shared account."""
    found = await ledger.account_ids(db, county, {BANK, SHARED, INCOME[new.kind]})
    income = found[INCOME[new.kind]].id
    return [Line(found[BANK].id, income, new.amount_fen), Line(income, found[SHARED].id, new.amount_fen)]


async def _payment(db: Db, loan: models.Loan, amount_fen: int, on: date) -> tuple[dict[UUID, int], int, list[Line]]:
    """What a payment pays, how it changes the enterprise's credit, and the ledger lines of both."""
    county = loan.county_code
    owing = loan_account(loan.loan_no, loan.enterprise_name).code
    ahead = credit_account(loan.loan_no, loan.enterprise_name).code
    found = await ledger.account_ids(db, county, {BANK, SHARED, CONTRIBUTION, owing, ahead})
    bank, shared, income = found[BANK].id, found[SHARED].id, found[CONTRIBUTION].id
    standing = await ledger.available(db, county, ahead)
    owed = await queries.owed(db, loan.id)
    paid, rest = schedules.allocate(amount_fen + standing, owed, on)
    kinds = {due.key: due.kind for due in owed}
    contribution = sum(fen for key, fen in paid.items() if kinds[key] is InstalmentKind.CONTRIBUTION)
    principal = sum(paid.values()) - contribution
    credit = rest - standing
    used = max(0, -credit)  # earlier credit pays first what is paid first
    used_for_contribution = min(used, contribution)
    used_for_principal = used - used_for_contribution
    lines = [
        Line(found[ahead].id, income, used_for_contribution),
        Line(bank, income, contribution - used_for_contribution),
        Line(income, shared, contribution),
        Line(found[ahead].id, found[owing].id, used_for_principal),
        Line(bank, found[owing].id, principal - used_for_principal),
        Line(bank, found[ahead].id, max(0, credit)),
    ]
    return paid, credit, [line for line in lines if line.amount_fen]
