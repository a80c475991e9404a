"""Transfers by hand that are too large for one person: one proposes, another approves, then they are posted."""

from typing import Any
from uuid import UUID

from fastapi import Response

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from services.funds import models
from services.funds.codes import Decision, JournalSource
from services.funds.problems.ledger import (
    AccountClosed,
    AccountFull,
    FutureDate,
    ManagedAccount,
    NoSuchAccount,
    SameAccount,
    SameTransferApprover,
    ShortOfFunds,
    WrongState,
)
from services.funds.queries import incomes as queries
from services.funds.queries import ledger
from services.funds.routes.shared import County, day
from services.funds.schemas.incomes import NewTransferRequest, TransferRequest, TransferRequestPage

router = Router(tags=["journals"])


@router.post(
    "/v1/transfer-requests",
    status_code=201,
    response_model=TransferRequest,
    dependencies=[needs("funds:post")],
    responses=problems(NoSuchAccount, ManagedAccount, SameAccount, FutureDate),
)
async def propose_transfer(
    new: NewTransferRequest, db: Db, county: County, who: Who, today: Today, response: Response
) -> models.TransferRequest:
    """Propose a transfer of any size; nothing moves until another person approves it."""
    on = day(new.effective_on, today)
    await _line(db, county, new.debit, new.credit, new.amount_fen)
    place = {"county_code": county, "division_code": f"{county}000000", "made_by": who.actor, "effective_on": on}
    made = await queries.request_transfer(db, new.model_dump() | place)
    response.headers["Location"] = f"/v1/transfer-requests/{made.id}"
    return made


@router.get(
    "/v1/transfer-requests",
    response_model=TransferRequestPage,
    dependencies=[needs("funds:read")],
    responses=problems(BadCursor),
)
async def list_transfer_requests(db: Db, page: Paged, state: Decision | None = None) -> dict[str, Any]:
    """Proposed transfers and what became of them, oldest first."""
    return await page.of(db, queries.transfer_requests(state), key=models.TransferRequest.id)


@router.get(
    "/v1/transfer-requests/{request_id}",
    response_model=TransferRequest,
    dependencies=[needs("funds:read")],
    responses=problems(NotFound),
)
async def get_transfer_request(request_id: UUID, db: Db) -> models.TransferRequest:
    """One proposed transfer."""
    found = await db.get(models.TransferRequest, request_id)
    if found is None:
        raise NotFound
    return found


@router.post(
    "/v1/transfer-requests/{request_id}:approve",
    response_model=TransferRequest,
    dependencies=[needs("funds:approve")],
    responses=problems(
        NotFound, SameTransferApprover, WrongState, NoSuchAccount, AccountClosed, ShortOfFunds, AccountFull
    ),
)
async def approve_transfer(request_id: UUID, db: Db, who: Who) -> models.TransferRequest:
    """Approve a transfer and post it; the database refuses the person who proposed it. Repeating it posts nothing."""
    asked = await _locked(db, request_id)
    if asked.state == Decision.APPROVED:
        return asked
    if asked.state == Decision.REJECTED:
        raise WrongState
    journal_id = await _post(db, asked)
    return await queries.decide_transfer(
        db, request_id, state=Decision.APPROVED, approved_by=who.actor, journal_id=journal_id
    )


@router.post(
    "/v1/transfer-requests/{request_id}:reject",
    response_model=TransferRequest,
    dependencies=[needs("funds:approve")],
    responses=problems(NotFound, WrongState),
)
async def reject_transfer(request_id: UUID, db: Db) -> models.TransferRequest:
    """Reject a proposed transfer for good."""
    await _locked(db, request_id)
    return await queries.decide_transfer(db, request_id, state=Decision.REJECTED)


async def _locked(db: Db, request_id: UUID) -> models.TransferRequest:
    found = await queries.transfer_request(db, request_id)
    if found is None:
        raise NotFound
    return found


async def _post(db: Db, asked: models.TransferRequest) -> UUID:
    line = await _line(db, asked.county_code, asked.debit, asked.credit, asked.amount_fen)
    posted = await ledger.post(
        db, asked.county_code, f"transfer-request:{asked.id}", line, asked.effective_on, asked.memo,
        JournalSource.TRANSFER, asked.id,
    )  # fmt: skip
    return posted.journal_id


async def _line(db: Db, county: str, debit: str, credit: str, amount_fen: int) -> ledger.Line:
    if debit == credit:
        raise SameAccount
    found = await ledger.account_ids(db, county, {debit, credit})
    if any(account.managed for account in found.values()):
        raise ManagedAccount
    return ledger.Line(found[debit].id, found[credit].id, amount_fen)
