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
from services.funds.problems.distributions import (
    NotConserved,
    NoticeRunning,
    NoticeTooEarly,
    OtherBatch,
    SameChecker,
    StillOpen,
)
from services.funds.problems.ledger import AccountClosed, FutureDate, ShortOfFunds, WrongState
from services.funds.problems.payouts import NotPayable
from services.funds.queries import distributions as queries
from services.funds.queries import ledger
from services.funds.queries.ledger import Entry, Line
from services.funds.routes import paying
from services.funds.routes.distributions import distribution_or_404, shown
from services.funds.routes.paying import MOST_LINES
from services.funds.routes.shared import day
from services.funds.rules.chart import PAYABLE, SHARED
from services.funds.rules.steps import ORDER
from services.funds.schemas.distributions import Approval, Distribution, Notice, PayoutReport

router = Router(tags=["distributions"])

State = DistributionState


@router.post(
    "/v1/distributions/{distribution_id}:approve",
    response_model=Distribution,
    dependencies=[needs("funds:approve")],
    responses=problems(NotFound, WrongState, SameChecker, OtherBatch, AccountClosed, ShortOfFunds),
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
    responses=problems(NotFound, WrongState, NoticeRunning, StillOpen, AccountClosed, KeyRequired),
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
async def pay_distribution(
    distribution_id: UUID, report: PayoutReport, db: Db, who: Who, today: Today
) -> dict[str, Any]:
    """
    Record what a bank that takes no file was told and reported: paid lines leave the bank account, returned ones
    become payable again.

    When no line is left open, the distribution is PAID. No line is ever paid twice.
    """
    distribution, done = await _standing(db, distribution_id, State.POSTED)
    on = day(report.reported_on, today)
    if done:
        return shown(distribution)
    if distribution.posted_on is None or on < distribution.posted_on:
        raise WrongState
    lines = await paying.payable(db, distribution_id, [r.line_no for r in report.results] if report.results else None)
    said = {result.line_no: result for result in report.results or ()}
    for start in range(0, len(lines), MOST_LINES):
        chunk = lines[start : start + MOST_LINES]
        batch_id = await paying.send(db, distribution, chunk, None, on, who.actor)
        ended = [
            paying.Ended(line["line_no"], line["share_fen"], result.outcome, result.reason)
            if (result := said.get(line["line_no"]))
            else paying.Ended(line["line_no"], line["share_fen"], PayoutOutcome.PAID, None)
            for line in chunk
        ]
        await paying.answered(db, distribution, batch_id, "told", ended, on, report.bank_reference)
    return shown(await paying.settled(db, distribution, on))


@router.post(
    "/v1/distributions/{distribution_id}:close",
    response_model=Distribution,
    dependencies=[needs("funds:approve")],
    responses=problems(NotFound, WrongState, NotConserved),
)
async def close_distribution(distribution_id: UUID, db: Db) -> dict[str, Any]:
    """
    Close a distribution that is paid; what was promised to excluded lines is free again.

    Only when all that was allocated was paid, given back or excluded, by the lines and by the books.
    """
    distribution, done = await _standing(db, distribution_id, State.PAID)
    if done:
        return shown(distribution)
    await _free(db, distribution, "close")
    if not (await paying.conservation(db, distribution)).conserved:
        raise NotConserved
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


async def _free(db: Db, distribution: models.Distribution, key: str) -> None:
    if distribution.hold_id is not None:
        await ledger.release(db, distribution.hold_id, key, await ledger.held(db, distribution.hold_id))
