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
from services.funds.codes import ReceiptKind
from services.funds.problems.bank import StillMatched
from services.funds.problems.distributions import PaidTwice
from services.funds.problems.ledger import FutureDate, ShortOfFunds, WrongState
from services.funds.problems.loans import ReceiptExists, ReceiptSuperseded, ReceiptUndone
from services.funds.queries import bank
from services.funds.queries import loans as queries
from services.funds.routes import booking
from services.funds.routes.shared import County, day
from services.funds.schemas.loan_changes import Reason
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

    A payment on a loan pays what is overdue or due in the running period, in the contract's order; the rest stays
    as the enterprise's credit and is used by the next payment. Contributions and other income go to the shared account.
    """
    receipt_id = await booking.book(db, county, new, day(new.received_on, today), who.actor)
    response.headers["Location"] = f"/v1/receipts/{receipt_id}"
    return await booking.shown(db, receipt_id)


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
    return await booking.shown(db, receipt_id)


@router.post(
    "/v1/receipts/{receipt_id}:reverse",
    response_model=AllocatedReceipt,
    dependencies=[needs("funds:post"), needs_key()],
    responses=problems(NotFound, ReceiptUndone, ReceiptSuperseded, StillMatched, ShortOfFunds, WrongState, KeyRequired),
)
async def reverse_receipt(receipt_id: UUID, body: Reason, db: Db, today: Today) -> dict[str, Any]:
    """
    Undo a receipt that should not have been booked: its journal is reversed and what it paid is owed again.

    The receipt stays in the books with the day it was undone. One matched to a bank line is unmatched there.
    """
    if await bank.matched(db, receipt_id):
        raise StillMatched
    await booking.undo(db, receipt_id, today, body.reason)
    return await booking.shown(db, receipt_id)
