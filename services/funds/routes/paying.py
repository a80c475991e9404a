"""
What paying a distribution writes: money on its way to the bank, and how it ended, line by line.

Whoever calls these holds the distribution, so that one payout of it is booked at a time.
"""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from fupin.db import Db
from services.funds import models
from services.funds.codes import DistributionState, JournalSource, LineStatus, PayoutOutcome
from services.funds.problems.payouts import NotPayable
from services.funds.queries import distributions, ledger
from services.funds.queries import payouts as queries
from services.funds.queries.ledger import Entry, Line
from services.funds.rules.chart import BANK, PAYABLE, SHARED, TRANSIT
from services.funds.schemas.payouts import Conservation

MOST_LINES = 100_000  # of one journal, and so of a batch
PAYABLE_LINES = (LineStatus.POSTED, LineStatus.RETURNED)
UNDONE = {LineStatus.OPEN, LineStatus.FROZEN, LineStatus.SENT, *PAYABLE_LINES}


class Ended(NamedTuple):
    """How the attempt to pay a line ended."""

    line_no: int
    fen: int
    outcome: PayoutOutcome
    reason: str | None


async def payable(db: Db, distribution_id: UUID, wanted: Collection[int] | None) -> list[dict[str, Any]]:
    """The lines asked for, or all that can be paid. Raises NotPayable when one of those asked for cannot."""
    lines = await distributions.lines_by_status(db, distribution_id, *PAYABLE_LINES)
    if wanted is None:
        return lines
    asked = set(wanted)
    if not {line["line_no"] for line in lines} >= asked:
        raise NotPayable
    return [line for line in lines if line["line_no"] in asked]


async def send(
    db: Db, distribution: models.Distribution, lines: Sequence[dict[str, Any]], template_id: UUID | None, on: date,
    actor: str,
) -> UUID:  # fmt: skip
    """A batch of lines, their money on its way to the bank (代发在途)."""
    county = distribution.county_code
    found = await ledger.account_ids(db, county, {PAYABLE, TRANSIT})
    number = await queries.next_number(db, distribution.id)
    moves = [Line(found[PAYABLE].id, found[TRANSIT].id, line["share_fen"]) for line in lines]
    entry = Entry(f"distribution:{distribution.id}:batch:{number}", on, None, moves)
    (posted,) = await ledger.post_batch(db, county, [entry], JournalSource.PAYOUT, distribution.id)
    values = {
        "county_code": county, "division_code": distribution.division_code, "distribution_id": distribution.id,
        "number": number, "template_id": template_id, "sent_on": on, "lines": len(lines),
        "total_fen": sum(move.amount_fen for move in moves), "journal_id": posted.journal_id, "made_by": actor,
    }  # fmt: skip
    return await queries.add_batch(db, values, [line["line_no"] for line in lines])


async def answered(
    db: Db, distribution: models.Distribution, batch_id: UUID, name: str, ended: Sequence[Ended], on: date,
    reference: str,
) -> None:  # fmt: skip
    """Paid lines leave the bank account; the money of returned ones is payable again. `name` tells answers apart."""
    county = distribution.county_code
    found = await ledger.account_ids(db, county, {PAYABLE, TRANSIT, BANK})
    for outcome, account in ((PayoutOutcome.PAID, BANK), (PayoutOutcome.RETURNED, PAYABLE)):
        lines = [line for line in ended if line.outcome is outcome]
        if not lines:
            continue
        moves = [Line(found[TRANSIT].id, found[account].id, line.fen) for line in lines]
        entry = Entry(f"payout-batch:{batch_id}:{name}:{outcome.value.lower()}", on, reference, moves)
        (posted,) = await ledger.post_batch(db, county, [entry], JournalSource.PAYOUT, distribution.id)
        await queries.add_outcomes(
            db, batch_id, [(line.line_no, line.reason) for line in lines], outcome, on, reference, posted.journal_id
        )  # fmt: skip


async def settled(db: Db, distribution: models.Distribution, on: date) -> models.Distribution:
    """The distribution, PAID once no line of it is left open."""
    if distribution.state != DistributionState.POSTED:
        return distribution
    if UNDONE & (await distributions.counts(db, distribution.id)).keys():
        return distribution
    return await distributions.change(db, distribution.id, state=DistributionState.PAID, paid_on=on)


async def give_back(db: Db, distribution: models.Distribution, line: dict[str, Any], reason: str, on: date) -> None:
    """A line that cannot be paid: its money returns to the shared account."""
    county = distribution.county_code
    found = await ledger.account_ids(db, county, {PAYABLE, SHARED})
    move = Line(found[PAYABLE].id, found[SHARED].id, line["share_fen"])
    key = f"distribution:{distribution.id}:release:{line['line_no']}"
    posted = await ledger.post(db, county, key, move, on, reason, JournalSource.DISTRIBUTION, distribution.id)
    await queries.release(db, distribution.id, line["line_no"], reason, posted.journal_id)


async def conservation(db: Db, distribution: models.Distribution) -> Conservation:
    """Whether all that was allocated was paid, given back or excluded, by the lines and by the books."""
    fen = await queries.ended(db, distribution.id)
    booked = await queries.booked(db, distribution.id)
    open_fen = fen["posted_fen"] - fen["paid_fen"] - fen["released_fen"]
    held = await ledger.held(db, distribution.hold_id) if distribution.hold_id else 0
    by_books = (booked.get(BANK, 0), booked.get(SHARED, 0), booked.get(PAYABLE, 0), booked.get(TRANSIT, 0))
    return Conservation(
        allocated_fen=fen["allocated_fen"],
        paid_fen=fen["paid_fen"],
        released_fen=fen["released_fen"],
        excluded_fen=fen["excluded_fen"],
        open_fen=open_fen,
        held_fen=held,
        booked=booked,
        conserved=fen["allocated_fen"] == distribution.pot_fen
        and (open_fen, held) == (0, 0)
        and by_books == (fen["paid_fen"], -fen["paid_fen"], 0, 0),
    )
