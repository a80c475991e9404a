"""Booking a receipt and undoing it: by hand or from a line of the bank's statement."""

from datetime import date
from typing import Any
from uuid import UUID

from fupin.db import Db
from fupin.problems import NotFound
from services.funds import models
from services.funds.codes import InstalmentKind, JournalSource, LoanState, PaymentPart
from services.funds.problems.ledger import WrongState
from services.funds.problems.loans import ReceiptSuperseded, ReceiptUndone
from services.funds.queries import ledger, loan_changes
from services.funds.queries import loans as queries
from services.funds.queries.ledger import Entry, Line
from services.funds.rules import schedules
from services.funds.rules.chart import (
    BANK,
    CONTRIBUTION,
    INCOME,
    INTEREST,
    PENALTY,
    SHARED,
    credit_account,
    loan_account,
    penalty_account,
)
from services.funds.schemas.loans import NewReceipt

Kind = InstalmentKind


async def book(db: Db, county: str, new: NewReceipt, on: date, actor: str) -> UUID:
    """Post the money and record what it paid. Raises NotFound, WrongState."""
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
        paid, credit, lines = await _payment(db, loan, new.amount_fen, on, early=new.early)
    entry = Entry(f"receipt:{receipt_id}", on, new.memo, lines)
    (posted,) = await ledger.post_batch(db, county, [entry], JournalSource.RECEIPT, receipt_id)
    values = new.model_dump(exclude={"early"}) | {
        "id": receipt_id, "county_code": county, "division_code": f"{county}000000", "received_on": on,
        "credit_fen": credit, "journal_id": posted.journal_id, "made_by": actor,
    }  # fmt: skip
    await queries.record_receipt(db, values, paid)
    if new.loan_id and not any(due.open_fen for due in await queries.owed(db, new.loan_id)):
        await queries.change(db, new.loan_id, state=LoanState.SETTLED)
    return receipt_id


async def undo(db: Db, receipt_id: UUID, on: date, reason: str) -> None:
    """
    Reverse a receipt's journal; what it paid is owed again.

    Raises NotFound, ReceiptUndone, ReceiptSuperseded, WrongState; ShortOfFunds when the money went on.
    """
    found = await queries.receipt(db, receipt_id)
    if found is None:
        raise NotFound
    loan = await queries.loan(db, found["loan_id"], lock=True) if found["loan_id"] else None
    if (await queries.receipt(db, receipt_id) or found)["reversed_on"]:
        raise ReceiptUndone
    if loan is not None:
        if loan.state == LoanState.WRITTEN_OFF:
            raise WrongState
        if await loan_changes.superseded(db, receipt_id):
            raise ReceiptSuperseded
    posted = await ledger.reverse(db, found["journal_id"], f"receipt:{receipt_id}:reverse", on, reason)
    await loan_changes.record_reversal(db, found, posted.journal_id, on, reason)
    if loan is not None and loan.state == LoanState.SETTLED:
        await queries.change(db, loan.id, state=LoanState.DISBURSED)


async def shown(db: Db, receipt_id: UUID) -> dict[str, Any]:
    """A receipt and the instalments it paid. Raises NotFound."""
    receipt = await queries.receipt(db, receipt_id)
    if receipt is None:
        raise NotFound
    return receipt | {"allocations": await queries.allocations(db, receipt_id)}


async def _income(db: Db, county: str, new: NewReceipt) -> list[Line]:
    """Bank from the income account, which passes it on to the shared account."""
    found = await ledger.account_ids(db, county, {BANK, SHARED, INCOME[new.kind]})
    income = found[INCOME[new.kind]].id
    return [Line(found[BANK].id, income, new.amount_fen), Line(income, found[SHARED].id, new.amount_fen)]


async def _payment(
    db: Db, loan: models.Loan, amount_fen: int, on: date, *, early: bool
) -> tuple[dict[UUID, int], int, list[Line]]:
    """What a payment pays, how it changes the enterprise's credit, and the ledger lines of both."""
    county, whose = loan.county_code, (loan.loan_no, loan.enterprise_name)
    ahead, owing, late = credit_account(*whose).code, loan_account(*whose).code, penalty_account(*whose).code
    standing = await ledger.available(db, county, ahead)
    owed = await queries.owed(db, loan.id)
    order = [PaymentPart[part] for part in loan.allocation_order]
    paid, rest = schedules.allocate(amount_fen + standing, owed, on, order, early=early)
    parts = dict.fromkeys((Kind.CONTRIBUTION, Kind.INTEREST, Kind.PENALTY, Kind.PRINCIPAL), 0)
    kinds = {due.key: due.kind for due in owed}
    for key, fen in paid.items():
        parts[kinds[key]] += fen
    codes = {BANK, SHARED, CONTRIBUTION, INTEREST, PENALTY, owing, ahead} | ({late} if parts[Kind.PENALTY] else set())
    ids = {code: account.id for code, account in (await ledger.account_ids(db, county, codes)).items()}
    # a penalty was income when it accrued; its payment settles what was owed. The shared account gets money only.
    settles = {Kind.CONTRIBUTION: CONTRIBUTION, Kind.INTEREST: INTEREST, Kind.PENALTY: late, Kind.PRINCIPAL: owing}
    earned = {Kind.CONTRIBUTION: CONTRIBUTION, Kind.INTEREST: INTEREST, Kind.PENALTY: PENALTY}
    credit = rest - standing
    used, lines = max(0, -credit), []
    for kind, fen in parts.items():
        if fen:
            earlier = min(used, fen)  # earlier credit pays first what is paid first
            used -= earlier
            lines.append(Line(ids[ahead], ids[settles[kind]], earlier))
            lines.append(Line(ids[BANK], ids[settles[kind]], fen - earlier))
            if kind in earned:
                lines.append(Line(ids[earned[kind]], ids[SHARED], fen))
    lines.append(Line(ids[BANK], ids[ahead], max(0, credit)))
    return paid, credit, [line for line in lines if line.amount_fen]
