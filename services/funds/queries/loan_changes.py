"""New schedules, write-offs, guarantees, undone receipts; penalties and reminders."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, insert, text, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.funds.codes import LoanChangeKind, LoanChangeState, ReminderKind
from services.funds.models import Instalment, LoanChange, LoanGuarantee, ReceiptReversal, Reminder

SUPERSEDED = text("""
    SELECT EXISTS (SELECT FROM allocation a JOIN instalment i ON i.id = a.instalment_id JOIN loan l ON l.id = i.loan_id
                   WHERE a.receipt_id = :receipt AND i.schedule_version < l.schedule_version)
""")

# Open instalments of loans that run, with the payments on each: what penalties and reminders follow from.
OPEN = text("""
    SELECT i.id, i.county_code, i.division_code, i.loan_id, i.schedule_version, i.year_no, i.period_no, i.kind,
           i.due_on, i.amount_fen, i.amount_fen - coalesce(p.fen, 0)::bigint AS open_fen,
           coalesce(p.days, '{}') AS days, coalesce(p.parts, '{}') AS parts,
           coalesce((SELECT sum(x.amount_fen) FROM instalment x WHERE x.penalised_id = i.id), 0)::bigint AS accrued_fen,
           l.loan_no, l.enterprise_name, l.penalty_daily_ppm, l.penalty_cap_ppm
    FROM loan l JOIN instalment i ON i.loan_id = l.id AND i.schedule_version = l.schedule_version
    CROSS JOIN LATERAL (
      SELECT sum(q.amount_fen) FILTER (WHERE q.received_on <= :up_to) AS fen,
             array_agg(q.received_on ORDER BY q.received_on) AS days,
             array_agg(q.amount_fen ORDER BY q.received_on) AS parts
      FROM paid_part q WHERE q.instalment_id = i.id AND q.reversed_on IS NULL) AS p
    WHERE l.county_code = :county AND l.state IN ('DISBURSED', 'SETTLED') AND i.kind <> 'PENALTY'
      AND i.due_on <= :horizon
    ORDER BY l.loan_no, i.due_on, i.kind FOR UPDATE OF l
""")

REMIND = text("""
    INSERT INTO reminder (county_code, division_code, loan_id, instalment_id, kind, bucket, on_day, open_fen)
    VALUES (:county_code, :division_code, :loan_id, :instalment_id, :kind, :bucket, :on_day, :open_fen)
    ON CONFLICT (instalment_id, kind, bucket) DO NOTHING RETURNING id
""")


async def propose(db: AsyncSession, values: Mapping[str, Any]) -> LoanChange:
    found: LoanChange = (await db.execute(insert(LoanChange).values(**values).returning(LoanChange))).scalar_one()
    return found


async def change(db: AsyncSession, change_id: UUID, *, lock: bool = False) -> LoanChange | None:
    wanted = select(LoanChange).where(col(LoanChange.id) == change_id)
    return (await db.exec(wanted.with_for_update() if lock else wanted)).one_or_none()


async def decide(db: AsyncSession, change_id: UUID, **values: Any) -> LoanChange:
    statement = update(LoanChange).where(col(LoanChange.id) == change_id).values(**values).returning(LoanChange)
    found: LoanChange = (await db.execute(statement, execution_options={"populate_existing": True})).scalar_one()
    return found


def changes(loan_id: UUID | None, kind: LoanChangeKind | None, state: LoanChangeState | None) -> Select[Any]:
    found = select(LoanChange)
    if loan_id is not None:
        found = found.where(col(LoanChange.loan_id) == loan_id)
    if kind is not None:
        found = found.where(col(LoanChange.kind) == kind)
    if state is not None:
        found = found.where(col(LoanChange.state) == state)
    return found


async def guarantee(db: AsyncSession, values: Mapping[str, Any]) -> LoanGuarantee:
    statement = insert(LoanGuarantee).values(**values).returning(LoanGuarantee)
    found: LoanGuarantee = (await db.execute(statement)).scalar_one()
    return found


def guarantees(loan_id: UUID) -> Select[Any]:
    return select(LoanGuarantee).where(col(LoanGuarantee.loan_id) == loan_id)


async def superseded(db: AsyncSession, receipt_id: UUID) -> bool:
    """Whether a later schedule took over from one that this receipt paid."""
    return bool((await db.execute(SUPERSEDED, {"receipt": receipt_id})).scalar_one())


async def record_reversal(
    db: AsyncSession, receipt: Mapping[str, Any], journal_id: UUID, on: date, reason: str
) -> None:
    values = {
        "receipt_id": receipt["id"], "county_code": receipt["county_code"], "reversed_on": on, "reason": reason,
        "division_code": receipt["division_code"], "journal_id": journal_id,
    }  # fmt: skip
    await db.execute(insert(ReceiptReversal).values(**values))


async def open_instalments(db: AsyncSession, county: str, up_to: date, horizon: date) -> Sequence[RowMapping]:
    """What is open on a day of what falls due by the horizon; the loans are locked."""
    rows = await db.execute(OPEN, {"county": county, "up_to": up_to, "horizon": horizon})
    return rows.mappings().all()


async def penalise(db: AsyncSession, instalment: Mapping[str, Any], up_to: date, fen: int) -> UUID:
    """A penalty on an instalment, due on the day up to which it accrued."""
    kept = ("county_code", "division_code", "loan_id", "schedule_version", "year_no", "period_no")
    values = {name: instalment[name] for name in kept} | {
        "kind": "PENALTY", "due_on": up_to, "amount_fen": fen, "penalised_id": instalment["id"],
    }  # fmt: skip
    made: UUID = (await db.execute(insert(Instalment).values(**values).returning(col(Instalment.id)))).scalar_one()
    return made


async def remind(db: AsyncSession, values: Mapping[str, Any]) -> bool:
    """Whether this reminder is new."""
    return (await db.execute(REMIND, dict(values))).first() is not None


def reminders(loan_id: UUID | None, kind: ReminderKind | None, since: date | None) -> Select[Any]:
    found = select(Reminder)
    if loan_id is not None:
        found = found.where(col(Reminder.loan_id) == loan_id)
    if kind is not None:
        found = found.where(col(Reminder.kind) == kind)
    if since is not None:
        found = found.where(col(Reminder.on_day) >= since)
    return found
