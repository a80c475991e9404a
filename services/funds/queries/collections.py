"""Collection (催收): penalties up to a day and reminders of what falls due or is late, asked for or by itself."""

from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.funds.codes import JournalSource, ReminderKind
from services.funds.queries import ledger
from services.funds.queries import loan_changes as queries
from services.funds.rules import penalties
from services.funds.rules.chart import PENALTY, penalty_account

# Only the first to come does a day's run.
BEGIN_DAY = text("""
    INSERT INTO collection_day (county_code, on_day) VALUES (:county, :on)
    ON CONFLICT (county_code, on_day) DO NOTHING RETURNING on_day
""")


class Collected(NamedTuple):
    """What a run recorded."""

    penalties: int
    penalties_fen: int
    reminders: int


async def begin_day(db: AsyncSession, county: str, on: date) -> bool:
    """Whether the day's run is still to be done; it counts as done when this transaction commits."""
    return (await db.execute(BEGIN_DAY, {"county": county, "on": on})).first() is not None


async def collect(db: AsyncSession, county: str, up_to: date, due_within_days: int) -> Collected:
    """Accrue penalties and note reminders up to a day. Again for the same day it adds nothing."""
    count = fen = reminders = 0
    for row in await queries.open_instalments(db, county, up_to, up_to + timedelta(days=due_within_days)):
        accrued = _accrued(row, up_to) - row["accrued_fen"]
        if accrued > 0:
            await _penalise(db, row, up_to, accrued)
            count, fen = count + 1, fen + accrued
        if row["open_fen"] > 0:
            reminders += await _remind(db, row, up_to)
    return Collected(count, fen, reminders)


def _accrued(row: Any, up_to: date) -> int:
    paid = zip(row["days"], row["parts"], strict=True)
    return penalties.accrued_fen(
        row["amount_fen"], row["due_on"], paid, up_to, daily_ppm=row["penalty_daily_ppm"],
        cap_ppm=row["penalty_cap_ppm"],
    )  # fmt: skip


async def _penalise(db: AsyncSession, row: Any, up_to: date, fen: int) -> None:
    made = await queries.penalise(db, row, up_to, fen)
    county, account = row["county_code"], penalty_account(row["loan_no"], row["enterprise_name"])
    late = await ledger.open_account(db, county, account)
    income = (await ledger.account_ids(db, county, {PENALTY}))[PENALTY].id
    line = ledger.Line(late, income, fen)
    await ledger.post(db, county, f"penalty:{made}", line, up_to, None, JournalSource.PENALTY, made)


async def _remind(db: AsyncSession, row: Any, up_to: date) -> bool:
    bucket = penalties.bucket(row["due_on"], up_to)
    values = {
        "county_code": row["county_code"], "division_code": row["division_code"], "loan_id": row["loan_id"],
        "instalment_id": row["id"], "on_day": up_to, "open_fen": row["open_fen"], "bucket": bucket,
        "kind": ReminderKind.OVERDUE if bucket else ReminderKind.DUE_SOON,
    }  # fmt: skip
    return await queries.remind(db, values)
