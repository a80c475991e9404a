"""The steps of a distribution that a second person, the public and the bank decide."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.idempotency import KeyRequired, needs_key
from fupin.problems import NotFound, problems
from services.funds import models
from services.funds.codes import DistributionState, JournalSource, LineStatus, PayoutOutcome
from services.funds.problems import (
    FutureDate,
    NoticeRunning,
    NoticeTooEarly,
    NotPayable,
    OtherBatch,
    SameChecker,
    ShortOfFunds,
    StillOpen,
    WrongState,
)
from services.funds.queries import distributions as queries
from services.funds.queries import ledger
from services.funds.queries.ledger import Entry, Line
from services.funds.routes.distributions import distribution_or_404, shown
from services.funds.routes.shared import day
from services.funds.rules.chart import BANK, PAYABLE, SHARED
from services.funds.schemas.distributions import Approval, Distribution, Notice, Payout

router = Router(tags=["distributions"])

State = DistributionState
ORDER = [State.DRAFT, State.SNAPSHOT, State.APPROVED, State.NOTICED, State.POSTED, State.PAID, State.CLOSED]
PAYABLE_LINES = (LineStatus.POSTED, LineStatus.RETURNED)
UNDONE = {LineStatus.OPEN, LineStatus.FROZEN, *PAYABLE_LINES}
MOST_LINES = 100_000  # of one journal


@router.post(
    "/v1/distributions/{distribution_id}:approve",
    response_model=Distribution,
    dependencies=[needs("funds:approve")],
    responses=problems(NotFound, WrongState, SameChecker, OtherBatch, ShortOfFunds),
)
async def approve_distribution(distribution_id: UUID, approval: Approval, db: Db, who: Who) -> dict[str, Any]:
    """
    Approve the batch with this hash; the database refuses the person who drafted it.

    From now on the pot is promised: it stays in the shared account and nothing else can take it.
    """
    distribution, done = await _standing(db, distribution_id, State.SNAPSHOT)
    if distribution.batch_hash is None or distribution.batch_hash.hex() != approval.batch_hash:
        raise OtherBatch
    if done:
        return shown(distribution)
    county = distribution.county_code
    shared = (await ledger.account_ids(db, county, {SHARED}))[SHARED].id
    hold = await ledger.hold(
        db, county, f"distribution:{distribution_id}", shared, distribution.pot_fen, JournalSource.DISTRIBUTION,
        distribution_id,
    )  # fmt: skip
    return shown(
        await queries.change(
            db, distribution_id, state=State.APPROVED, approved_by=who.actor, hold_id=hold,
            approved_hash=bytes.fromhex(approval.batch_hash),
        )
    )  # fmt: skip


@router.post(
    "/v1/distributions/{distribution_id}:notice",
    response_model=Distribution,
    dependencies=[needs("funds:post")],
    responses=problems(NotFound, WrongState, FutureDate, NoticeTooEarly),
)
async def notice_distribution(distribution_id: UUID, notice: Notice, db: Db, today: Today) -> dict[str, Any]:
    """Put the lines on public notice (公示). The first day does not count; posting waits until the last has passed."""
    distribution, done = await _standing(db, distribution_id, State.APPROVED)
    if done:
        return shown(distribution)
    published = day(notice.published_on, today)
    return shown(
        await queries.change(
            db, distribution_id, state=State.NOTICED, published_on=published, notice_days=notice.notice_days,
            notice_ends_on=published + timedelta(days=notice.notice_days),
        )
    )  # fmt: skip


@router.post(
    "/v1/distributions/{distribution_id}:post",
    response_model=Distribution,
    dependencies=[needs("funds:post"), needs_key()],
    responses=problems(NotFound, WrongState, NoticeRunning, StillOpen, KeyRequired),
)
async def post_distribution(distribution_id: UUID, db: Db, today: Today) -> dict[str, Any]:
    """
    Book every open line from the shared account to what is payable to households, once the notice has run.

    Lines with an open objection wait; posting again after the ruling books those that were dismissed.
    """
    distribution, done = await _standing(db, distribution_id, State.NOTICED)
    if done and distribution.state != State.POSTED:
        return shown(distribution)
    if distribution.hold_id is None or distribution.notice_ends_on is None:
        raise WrongState
    if today <= distribution.notice_ends_on:
        raise NoticeRunning(notice_ends_on=distribution.notice_ends_on.isoformat())
    open_lines = await queries.lines_by_status(db, distribution_id, LineStatus.OPEN)
    if not open_lines and not done and (await queries.counts(db, distribution_id)).get(LineStatus.FROZEN):
        raise StillOpen
    await _post(db, distribution, distribution.hold_id, open_lines, today)
    if done:
        return shown(distribution)
    return shown(await queries.change(db, distribution_id, state=State.POSTED, posted_on=today))


@router.post(
    "/v1/distributions/{distribution_id}:pay",
    response_model=Distribution,
    dependencies=[needs("funds:post"), needs_key()],
    responses=problems(NotFound, WrongState, NotPayable, FutureDate, KeyRequired),
)
async def pay_distribution(distribution_id: UUID, payout: Payout, db: Db, today: Today) -> dict[str, Any]:
    """
    Record what the bank reported: paid lines leave the bank account, returned ones stay payable.

    When no line is left open, the distribution is PAID. No line is ever paid twice.
    """
    distribution, done = await _standing(db, distribution_id, State.POSTED)
    on = day(payout.reported_on, today)
    if done:
        return shown(distribution)
    if distribution.posted_on is None or on < distribution.posted_on:
        raise WrongState
    payable = {
        line["line_no"]: line["share_fen"]
        for line in await queries.lines_by_status(db, distribution_id, *PAYABLE_LINES)
    }
    results = dict.fromkeys(payable) if payout.results is None else {
        result.line_no: result.reason for result in payout.results if result.outcome is PayoutOutcome.PAID
    }  # fmt: skip
    returned = [(r.line_no, r.reason) for r in payout.results or () if r.outcome is PayoutOutcome.RETURNED]
    if not payable.keys() >= results.keys() | dict(returned).keys():
        raise NotPayable
    paid = [(line_no, payable[line_no], reason) for line_no, reason in sorted(results.items())]
    await _pay(db, distribution, paid, on, payout.bank_reference)
    if returned:
        await queries.add_payouts(
            db, distribution_id, returned, outcome=PayoutOutcome.RETURNED, on=on, reference=payout.bank_reference
        )  # fmt: skip
    if UNDONE & (await queries.counts(db, distribution_id)).keys():
        return shown(distribution)
    return shown(await queries.change(db, distribution_id, state=State.PAID, paid_on=on))


@router.post(
    "/v1/distributions/{distribution_id}:close",
    response_model=Distribution,
    dependencies=[needs("funds:approve")],
    responses=problems(NotFound, WrongState),
)
async def close_distribution(distribution_id: UUID, db: Db) -> dict[str, Any]:
    """Close a distribution that is paid; what was promised to excluded lines is free again."""
    distribution, done = await _standing(db, distribution_id, State.PAID)
    if done:
        return shown(distribution)
    await _free(db, distribution, "close")
    return shown(await queries.change(db, distribution_id, state=State.CLOSED))


@router.post(
    "/v1/distributions/{distribution_id}:cancel",
    response_model=Distribution,
    dependencies=[needs("funds:approve")],
    responses=problems(NotFound, WrongState),
)
async def cancel_distribution(distribution_id: UUID, db: Db) -> dict[str, Any]:
    """Give up a distribution from which nothing was posted; its money is free again, its number too."""
    distribution = await distribution_or_404(db, distribution_id, lock=True)
    if distribution.state == State.CANCELLED:
        return shown(distribution)
    if ORDER.index(distribution.state) >= ORDER.index(State.POSTED):
        raise WrongState
    await _free(db, distribution, "cancel")
    return shown(await queries.change(db, distribution_id, state=State.CANCELLED))


async def _standing(db: Db, distribution_id: UUID, needed: DistributionState) -> tuple[models.Distribution, bool]:
    """
    The distribution, locked, and whether the step that starts from `needed` was taken before.

    Raises WrongState when that step is not yet due, so every step may be repeated and none skipped.
    """
    distribution = await distribution_or_404(db, distribution_id, lock=True)
    if distribution.state == State.CANCELLED or ORDER.index(distribution.state) < ORDER.index(needed):
        raise WrongState
    return distribution, distribution.state != needed


async def _post(
    db: Db, distribution: models.Distribution, hold_id: UUID, lines: list[dict[str, Any]], on: date
) -> None:
    county, name = distribution.county_code, f"distribution:{distribution.id}:post"
    found = await ledger.account_ids(db, county, {SHARED, PAYABLE})
    for start in range(0, len(lines), MOST_LINES):
        chunk = lines[start : start + MOST_LINES]
        key = f"{name}:{chunk[0]['line_no']}"
        await ledger.release(db, hold_id, key, sum(line["share_fen"] for line in chunk))
        moves = [Line(found[SHARED].id, found[PAYABLE].id, line["share_fen"]) for line in chunk]
        (posted,) = await ledger.post_batch(
            db, county, [Entry(key, on, None, moves)], JournalSource.DISTRIBUTION, distribution.id
        )  # fmt: skip
        await queries.add_posted(db, distribution.id, posted.journal_id, [line["line_no"] for line in chunk])


async def _pay(
    db: Db, distribution: models.Distribution, paid: list[tuple[int, int, str | None]], on: date, reference: str
) -> None:
    county, name = distribution.county_code, f"distribution:{distribution.id}:pay"
    found = await ledger.account_ids(db, county, {PAYABLE, BANK})
    for start in range(0, len(paid), MOST_LINES):
        chunk = paid[start : start + MOST_LINES]
        moves = [Line(found[PAYABLE].id, found[BANK].id, fen) for _, fen, _ in chunk]
        entry = Entry(f"{name}:{chunk[0][0]}", on, reference, moves)
        (posted,) = await ledger.post_batch(db, county, [entry], JournalSource.PAYOUT, distribution.id)
        await queries.add_payouts(
            db, distribution.id, [(line_no, reason) for line_no, _, reason in chunk], outcome=PayoutOutcome.PAID, on=on,
            reference=reference, journal_id=posted.journal_id,
        )  # fmt: skip


async def _free(db: Db, distribution: models.Distribution, key: str) -> None:
    if distribution.hold_id is not None:
        await ledger.release(db, distribution.hold_id, key, await ledger.held(db, distribution.hold_id))
