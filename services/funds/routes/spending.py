"""Moving an appropriation's money: in from the treasury, out for an approved use, with the loan that it is lent by."""

from datetime import date
from typing import Any
from uuid import UUID

from fupin.db import Db
from fupin.problems import NotFound
from services.funds import models
from services.funds.codes import EntryKind, JournalSource, UseKind
from services.funds.problems.appropriations import PaidByLoan
from services.funds.problems.ledger import AlreadyReversed
from services.funds.queries import appropriations as queries
from services.funds.queries import ledger
from services.funds.rules.chart import APPROPRIATION, BANK, SHARED, appropriation_account

# Where money goes when it leaves an appropriation's account: paid out, lent (it stays the county's), passed on.
TO = {UseKind.PROJECT: BANK, UseKind.LOAN: APPROPRIATION, UseKind.DISTRIBUTION: SHARED}


async def receive(
    db: Db, granted: models.Appropriation, amount_fen: int, on: date, payer: str, reference: str | None
) -> UUID:
    """Money of an appropriation has come. Raises MoreThanGranted."""
    own = await ledger.open_account(db, granted.county_code, appropriation_account(granted.id, granted.document_no))
    bank = (await ledger.account_ids(db, granted.county_code, {BANK}))[BANK].id
    line = ledger.Line(bank, own, amount_fen)
    return await _enter(db, granted, EntryKind.RECEIVED, line, on, payer, reference, None)


async def spend(db: Db, use: models.AppropriationUse, amount_fen: int, on: date, payee: str,
                reference: str | None) -> UUID:  # fmt: skip
    """
    Money leaves an appropriation for a use.

    Raises ShortOfFunds when so much has not come, MoreThanGranted, UseNotApproved.
    """
    granted = await queries.appropriation(db, use.appropriation_id)
    if granted is None:
        raise NotFound
    own = await ledger.open_account(db, granted.county_code, appropriation_account(granted.id, granted.document_no))
    to = (await ledger.account_ids(db, granted.county_code, {TO[use.kind]}))[TO[use.kind]].id
    kind = EntryKind.TRANSFERRED if use.kind == UseKind.DISTRIBUTION else EntryKind.SPENT
    return await _enter(db, granted, kind, ledger.Line(own, to, amount_fen), on, payee, reference, use.id)


async def spend_on_loan(db: Db, loan: models.Loan, on: date) -> None:
    """The principal leaves: what was planned for it is spent. Raises ShortOfFunds when the treasury has not paid."""
    for use in await queries.uses_of_loan(db, loan.id):
        await spend(db, use, use.amount_fen, on, loan.enterprise_name, None)


async def undo(db: Db, entry_id: UUID, on: date, reason: str) -> dict[str, Any]:
    """Reverse an entry's journal. Raises NotFound, AlreadyReversed, PaidByLoan; ShortOfFunds when the money went on."""
    found = await queries.entry(db, entry_id)
    if found is None:
        raise NotFound
    if found["reversed_on"]:
        raise AlreadyReversed
    use = await queries.use(db, found["use_id"]) if found["use_id"] else None
    if use is not None and use.kind == UseKind.LOAN:
        raise PaidByLoan
    await ledger.reverse(db, found["journal_id"], f"appropriation-entry:{entry_id}:reverse", on, reason)
    return found | {"reversed_on": on}


async def _enter(
    db: Db, granted: models.Appropriation, kind: EntryKind, line: ledger.Line, on: date, counterparty: str,
    reference: str | None, use_id: UUID | None,
) -> UUID:  # fmt: skip
    entry_id = await queries.new_entry_id(db)
    source = JournalSource.APPROPRIATION if kind is EntryKind.RECEIVED else JournalSource.EXPENDITURE
    posted = await ledger.post(
        db, granted.county_code, f"appropriation-entry:{entry_id}", line, on, reference, source, granted.id
    )
    await queries.enter(
        db,
        {
            "id": entry_id, "county_code": granted.county_code, "division_code": granted.division_code,
            "appropriation_id": granted.id, "use_id": use_id, "kind": kind, "amount_fen": line.amount_fen,
            "effective_on": on, "counterparty": counterparty, "bank_reference": reference,
            "journal_id": posted.journal_id,
        },
    )  # fmt: skip
    return entry_id
