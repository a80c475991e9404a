from collections.abc import Awaitable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import Request, Response

from fupin import idempotency
from fupin.app import Router
from fupin.auth import Principal, Who, needs
from fupin.clock import Today
from fupin.db import Db, transaction
from fupin.idempotency import Claim, KeyRequired, needs_key
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from services.funds import models
from services.funds.codes import JournalSource
from services.funds.problems.ledger import (
    AccountClosed,
    AccountFull,
    AlreadyReversed,
    AmountOutOfRange,
    BelongsToDocument,
    DailyLimitReached,
    FutureDate,
    JournalKeyReused,
    ManagedAccount,
    NoSuchAccount,
    SameAccount,
    SecondPersonNeeded,
    ShortOfFunds,
)
from services.funds.queries import books
from services.funds.queries import ledger as queries
from services.funds.queries.coalescing import Wanted, coalescer
from services.funds.queries.posting import Answer, Move, post_listed
from services.funds.routes.shared import County, Key, day
from services.funds.schemas.ledger import (
    Journal,
    JournalPage,
    NewTransfer,
    NewTransferBatch,
    Reversal,
    Sealed,
    SealPage,
    Transfer,
    TransferBatch,
    Verification,
)

router = Router(tags=["journals"])

POSTING = (
    KeyRequired, JournalKeyReused, NoSuchAccount, AccountClosed, SameAccount, ManagedAccount, AmountOutOfRange,
    ShortOfFunds, AccountFull, FutureDate, SecondPersonNeeded, DailyLimitReached,
)  # fmt: skip


@router.post(
    "/v1/transfers",
    status_code=201,
    response_model=Transfer,
    dependencies=[needs("funds:post"), needs_key()],
    responses=problems(*POSTING),
)
async def create_transfer(
    new: NewTransfer, request: Request, who: Who, county: County, key: Key, today: Today
) -> Response:
    """Move an amount from the credit account to the debit account. More than the limit takes a transfer request."""
    await _check_limit(request, who, new.amount_fen)
    claim = await _claim(request, who)
    wanted = Wanted(
        who, county, f"transfer:{key}", claim, new.debit, new.credit, new.amount_fen, day(new.effective_on, today),
        new.memo,
    )  # fmt: skip
    return await _answered(request, coalescer(request.app.state.runtime).post(wanted))


@router.post(
    "/v1/transfers:batch",
    status_code=201,
    response_model=TransferBatch,
    dependencies=[needs("funds:post"), needs_key()],
    responses=problems(*POSTING),
)
async def create_transfers(
    new: NewTransferBatch, request: Request, who: Who, county: County, key: Key, today: Today
) -> Response:
    """Up to 1,000 transfers in the order given: all of them or none. Together they are within the limit of one."""
    await _check_limit(request, who, sum(transfer.amount_fen for transfer in new.transfers))
    claim = await _claim(request, who)
    moves = [Move(t.debit, t.credit, t.amount_fen, day(t.effective_on, today), t.memo) for t in new.transfers]
    posted = post_listed(request.app.state.runtime, who, county, f"transfer:{key}/", claim, moves)
    return await _answered(request, posted)


@router.get(
    "/v1/journals", response_model=JournalPage, dependencies=[needs("funds:read")], responses=problems(BadCursor)
)
async def list_journals(
    db: Db, page: Paged, county: County, source: JournalSource | None = None, source_id: UUID | None = None,
    since: date | None = None, until: date | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Journals with their lines, oldest first."""
    found = await page.of(db, books.journals(county, source, source_id, since, until), key=models.Journal.id)
    return found | {"items": await _with_lines(db, found["items"])}


@router.get(
    "/v1/journals/{journal_id}",
    response_model=Journal,
    dependencies=[needs("funds:read")],
    responses=problems(NotFound),
)
async def get_journal(journal_id: UUID, db: Db) -> dict[str, Any]:
    """One journal with its lines."""
    return (await _with_lines(db, [await _journal(db, journal_id)]))[0]


@router.post(
    "/v1/journals/{journal_id}:reverse",
    status_code=201,
    response_model=Journal,
    dependencies=[needs("funds:approve"), needs_key()],
    responses=problems(
        NotFound, AlreadyReversed, BelongsToDocument, AccountClosed, FutureDate, ShortOfFunds, AccountFull, KeyRequired
    ),
)
async def reverse_journal(
    journal_id: UUID, reversal: Reversal, db: Db, key: Key, today: Today, response: Response
) -> dict[str, Any]:
    """Undo a hand-made transfer by its opposite (红字冲销); the transfer itself stays."""
    journal = await _journal(db, journal_id)
    if journal.source != JournalSource.TRANSFER:
        raise BelongsToDocument
    on = max(day(reversal.effective_on, today), journal.effective_on)
    posted = await queries.reverse(db, journal_id, f"reverse:{key}", on, reversal.memo)
    response.headers["Location"] = f"/v1/journals/{posted.journal_id}"
    return (await _with_lines(db, [await _journal(db, posted.journal_id)]))[0]


@router.post("/v1/seals", status_code=201, dependencies=[needs("funds:post")])
async def seal_ledger(db: Db, county: County) -> Sealed:
    """Seal every journal that no running transaction can still come before. Nothing new is a seal of 0 journals."""
    number, journals = await queries.seal(db, county)
    return Sealed(number=number, journals=journals)


@router.get("/v1/seals", response_model=SealPage, dependencies=[needs("funds:read")], responses=problems(BadCursor))
async def list_seals(db: Db, page: Paged, county: County) -> dict[str, Any]:
    """The chain of seals, first to last."""
    found = await page.of(db, books.seals(county), key=models.Seal.number)
    shown = [
        {**seal.model_dump(), "hash": seal.hash.hex(), "previous": _hex(seal.previous), "root": _hex(seal.root)}
        for seal in found["items"]
    ]
    return found | {"items": shown}


@router.get("/v1/ledger/verification", response_model=Verification, dependencies=[needs("funds:read")])
async def verify_ledger(db: Db, county: County) -> dict[str, Any]:
    """Reckon every journal, balance and seal anew from the postings, and say what does not agree."""
    found = await books.verification(db, county)
    return found | {"sound": not any(found[f"unsound_{what}"] for what in ("journals", "accounts", "seals"))}


async def _claim(request: Request, who: Principal) -> Claim:
    """The key as it is to be claimed; a refusal from here on is kept under it."""
    claim = await idempotency.asked(request, who)
    assert claim is not None  # noqa: S101  # needs_key() has seen it
    request.state.idempotency = claim
    return claim


async def _answered(request: Request, posted: Awaitable[Answer]) -> Response:
    try:
        answer = await posted
    except idempotency.KeyReused:
        request.state.idempotency = None  # the key is another request's
        raise
    headers = {**answer.headers} | ({"Idempotent-Replayed": "true"} if answer.replayed else {})
    return Response(answer.body, answer.status, headers, "application/json")


async def _check_limit(request: Request, who: Principal, amount_fen: int) -> None:
    """Raises SecondPersonNeeded for more than one person may move by hand; what was answered before stays answered."""
    runtime = request.app.state.runtime
    if amount_fen > runtime.settings.transfer_limit_fen:
        async with transaction(runtime, who) as db:
            await idempotency.claim(db, request, who)
        raise SecondPersonNeeded(limit_fen=runtime.settings.transfer_limit_fen)


def _hex(found: bytes | None) -> str | None:
    return found.hex() if found else None


async def _journal(db: Db, journal_id: UUID) -> models.Journal:
    found = await books.journal(db, journal_id)
    if found is None:
        raise NotFound
    return found


async def _with_lines(db: Db, journals: Sequence[models.Journal]) -> list[dict[str, Any]]:
    lines = await books.lines(db, [journal.id for journal in journals])
    return [journal.model_dump() | {"lines": lines[journal.id]} for journal in journals]
