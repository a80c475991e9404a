"""Appropriations, uses, entries, expenditure progress and alarms."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Date, Integer, Select, Text, Uuid, column, func, insert, text, update
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.funds.codes import AlarmKind, AppropriationLevel, Decision, EntryKind, UseKind
from services.funds.models import AlarmRule, Appropriation, AppropriationEntry, AppropriationUse, Journal, Table
from services.funds.queries import columns

ENTRY = Table.metadata.tables["funds.appropriation_entry"].columns

PROGRESS = text("""
    SELECT a.id, a.document_no, a.level, a.year, a.issued_on, CAST(:on AS date) AS "on", a.amount_fen, p.received_fen,
           p.first_received_on, p.spent_fen, p.last_spent_on, p.transferred_fen, p.balance_fen,
           div(p.spent_fen::numeric * 1000000, a.amount_fen)::bigint AS progress_ppm
    FROM appropriation a JOIN appropriation_on(:on) AS p ON p.appropriation_id = a.id
""").columns(
    column("id", Uuid), column("document_no", Text), column("level", Text), column("year", Integer),
    column("issued_on", Date), column("on", Date), column("amount_fen", BigInteger),
    column("received_fen", BigInteger), column("first_received_on", Date), column("spent_fen", BigInteger),
    column("last_spent_on", Date), column("transferred_fen", BigInteger), column("balance_fen", BigInteger),
    column("progress_ppm", BigInteger),
)  # fmt: skip

MOVES = text("""
    SELECT m.appropriation_id, a.document_no, m.counted_as, m.amount_fen, m.moved_on,
           coalesce(l.household_no, e.counterparty) AS counterparty, m.journal_id, m.from_fen AS position,
           m.distribution_id, m.line_no
    FROM appropriation a JOIN appropriation_moves(:on) AS m ON m.appropriation_id = a.id
    JOIN appropriation_entry e ON e.journal_id = m.journal_id
    LEFT JOIN distribution_line l ON l.distribution_id = m.distribution_id AND l.line_no = m.line_no
""").columns(
    column("appropriation_id", Uuid), column("document_no", Text), column("counted_as", Text),
    column("amount_fen", BigInteger), column("moved_on", Date), column("counterparty", Text),
    column("journal_id", Uuid), column("position", BigInteger), column("distribution_id", Uuid),
    column("line_no", Integer),
)  # fmt: skip

TOTALS = text("""
    SELECT a.year, a.level, count(*) AS appropriations, sum(a.amount_fen)::bigint AS amount_fen,
           sum(p.received_fen)::bigint AS received_fen, sum(p.spent_fen)::bigint AS spent_fen,
           sum(p.transferred_fen)::bigint AS transferred_fen, sum(p.balance_fen)::bigint AS balance_fen,
           div(sum(p.spent_fen) * 1000000, sum(a.amount_fen))::bigint AS progress_ppm
    FROM appropriation a JOIN appropriation_on(:on) AS p ON p.appropriation_id = a.id
    GROUP BY a.year, a.level ORDER BY a.year, a.level
""")

# An alarm stands from the first day after its grace until what it waits for has happened.
ALARMS = text("""
    SELECT r.id AS rule_id, r.name AS rule, r.kind, a.id AS appropriation_id, a.document_no, a.level, a.year,
           a.amount_fen, p.received_fen, p.spent_fen, s.since, s.stalled_fen
    FROM alarm_rule r
    JOIN appropriation a ON a.county_code = r.county_code AND (r.level IS NULL OR r.level = a.level)
    JOIN appropriation_on(:on) AS p ON p.appropriation_id = a.id
    CROSS JOIN LATERAL (
      SELECT CASE r.kind
               WHEN 'NOT_RECEIVED' THEN a.issued_on + r.days + 1
               WHEN 'IDLE' THEN greatest(p.first_received_on, p.last_spent_on) + r.days + 1
               ELSE (make_date(a.year, r.month, 1) + interval '1 month')::date
             END AS since,
             CASE r.kind
               WHEN 'NOT_RECEIVED' THEN a.amount_fen - p.received_fen
               WHEN 'IDLE' THEN p.received_fen - p.spent_fen
               ELSE ceil(a.amount_fen::numeric * r.share_ppm / 1000000)::bigint - p.spent_fen
             END AS stalled_fen) AS s
    WHERE coalesce(r.retired_on > :on, true) AND s.since <= :on AND s.stalled_fen > 0
""").columns(
    column("rule_id", Uuid), column("rule", Text), column("kind", Text), column("appropriation_id", Uuid),
    column("document_no", Text), column("level", Text), column("year", Integer), column("amount_fen", BigInteger),
    column("received_fen", BigInteger), column("spent_fen", BigInteger), column("since", Date),
    column("stalled_fen", BigInteger),
)  # fmt: skip

PROJECT_SPENDING = text("""
    SELECT u.project_id, min(u.project_no) AS project_no, sum(u.amount_fen)::bigint AS granted_fen,
           coalesce(sum(e.spent_fen), 0)::bigint AS spent_fen, max(e.last_spent_on) AS last_spent_on
    FROM appropriation_use u
    LEFT JOIN LATERAL (
      SELECT sum(e.amount_fen) AS spent_fen, max(e.effective_on) AS last_spent_on
      FROM appropriation_entry e
      WHERE e.use_id = u.id AND e.kind = 'SPENT' AND e.effective_on <= :on
        AND NOT EXISTS (SELECT FROM journal j WHERE j.reverses = e.journal_id AND j.effective_on <= :on)) AS e ON true
    WHERE u.project_id IS NOT NULL AND u.state = 'APPROVED'
    GROUP BY u.project_id
""").columns(
    column("project_id", Uuid), column("project_no", Text), column("granted_fen", BigInteger),
    column("spent_fen", BigInteger), column("last_spent_on", Date),
)  # fmt: skip

NEW_ENTRY_ID = text("SELECT uuidv7()")


async def grant(db: AsyncSession, values: Mapping[str, Any]) -> Appropriation:
    statement = insert(Appropriation).values(**values).returning(Appropriation)
    found: Appropriation = (await db.execute(statement)).scalar_one()
    return found


async def appropriation(db: AsyncSession, appropriation_id: UUID) -> Appropriation | None:
    return (await db.exec(select(Appropriation).where(col(Appropriation.id) == appropriation_id))).one_or_none()


def appropriations(level: AppropriationLevel | None, year: int | None) -> Select[Any]:
    found = select(Appropriation)
    if level is not None:
        found = found.where(col(Appropriation.level) == level)
    if year is not None:
        found = found.where(col(Appropriation.year) == year)
    return found


async def plan(db: AsyncSession, values: Mapping[str, Any]) -> AppropriationUse:
    """A proposed use. Raises MoreThanGranted, MoreThanPrincipal by their triggers."""
    statement = insert(AppropriationUse).values(**values).returning(AppropriationUse)
    found: AppropriationUse = (await db.execute(statement)).scalar_one()
    return found


async def use(db: AsyncSession, use_id: UUID, *, lock: bool = False) -> AppropriationUse | None:
    wanted = select(AppropriationUse).where(col(AppropriationUse.id) == use_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return (await db.exec(wanted)).one_or_none()


async def decide(db: AsyncSession, use_id: UUID, **values: Any) -> AppropriationUse:
    statement = (
        update(AppropriationUse).where(col(AppropriationUse.id) == use_id).values(**values).returning(AppropriationUse)
    )
    found: AppropriationUse = (await db.execute(statement, execution_options={"populate_existing": True})).scalar_one()
    return found


def uses(
    appropriation_id: UUID | None = None, kind: UseKind | None = None, state: Decision | None = None,
    loan_id: UUID | None = None, project_id: UUID | None = None,
) -> Select[Any]:  # fmt: skip
    found = select(AppropriationUse)
    for wanted, given in (
        (AppropriationUse.appropriation_id, appropriation_id), (AppropriationUse.kind, kind),
        (AppropriationUse.state, state), (AppropriationUse.loan_id, loan_id),
        (AppropriationUse.project_id, project_id),
    ):  # fmt: skip
        if given is not None:
            found = found.where(col(wanted) == given)
    return found


async def uses_of_loan(db: AsyncSession, loan_id: UUID) -> list[AppropriationUse]:
    """The approved uses that a loan's principal comes from, in the order of proposal."""
    wanted = uses(state=Decision.APPROVED, loan_id=loan_id).order_by(col(AppropriationUse.id))
    return list((await db.execute(wanted)).scalars())


async def new_entry_id(db: AsyncSession) -> UUID:
    found: UUID = (await db.execute(NEW_ENTRY_ID)).scalar_one()
    return found


async def enter(db: AsyncSession, values: Mapping[str, Any]) -> None:
    """Record what a journal moved. Raises MoreThanGranted, UseNotApproved by their triggers."""
    await db.execute(insert(AppropriationEntry).values(**values))


def entries(
    appropriation_id: UUID | None = None, kind: EntryKind | None = None, use_id: UUID | None = None,
    entry_id: UUID | None = None, projects: Sequence[UUID] | None = None, until: date | None = None,
) -> Select[Any]:  # fmt: skip
    """Entries with their document, the project they are for, and the day they were undone."""
    undoing = aliased(Journal)
    found = (
        columns(
            *ENTRY, col(undoing.effective_on).label("reversed_on"), col(Appropriation.document_no),
            col(AppropriationUse.project_id),
        )
        .select_from(AppropriationEntry)
        .join(Appropriation, col(Appropriation.id) == col(AppropriationEntry.appropriation_id))
        .join(AppropriationUse, col(AppropriationUse.id) == col(AppropriationEntry.use_id), isouter=True)
        .join(undoing, col(undoing.reverses) == col(AppropriationEntry.journal_id), isouter=True)
    )  # fmt: skip
    if projects is not None:
        found = found.where(col(AppropriationUse.project_id).in_(projects))
    if until is not None:
        found = found.where(col(AppropriationEntry.effective_on) <= until)
    for wanted, given in (
        (AppropriationEntry.appropriation_id, appropriation_id), (AppropriationEntry.kind, kind),
        (AppropriationEntry.use_id, use_id), (AppropriationEntry.id, entry_id),
    ):  # fmt: skip
        if given is not None:
            found = found.where(col(wanted) == given)
    return found


async def entry(db: AsyncSession, entry_id: UUID) -> dict[str, Any] | None:
    row = (await db.execute(entries(entry_id=entry_id))).mappings().one_or_none()
    return dict(row) if row else None


def project_spending(on: date, projects: Sequence[UUID] | None = None) -> tuple[Select[Any], Any]:
    """What each project was granted, and what was spent on it by a day, and the rows' key."""
    rows = PROJECT_SPENDING.bindparams(on=on).subquery("spending")
    found = columns(rows)
    if projects is not None:
        found = found.where(rows.c.project_id.in_(projects))
    return found, rows.c.project_id


def progress(
    on: date, appropriation_id: UUID | None = None, level: AppropriationLevel | None = None, year: int | None = None
) -> tuple[Select[Any], Any]:
    """Every appropriation issued by a day as it stood then, and the rows' key."""
    rows = PROGRESS.bindparams(on=on).subquery("progress")
    found = columns(rows)
    for wanted, given in ((rows.c.id, appropriation_id), (rows.c.level, level), (rows.c.year, year)):
        if given is not None:
            found = found.where(wanted == given)
    return found, rows.c.id


def moves(
    on: date, appropriation_id: UUID | None = None, counted_as: EntryKind | None = None
) -> tuple[Select[Any], Any]:
    """What progress on a day is counted from, and the rows' key."""
    rows = MOVES.bindparams(on=on).subquery("move")
    found = columns(rows)
    for wanted, given in ((rows.c.appropriation_id, appropriation_id), (rows.c.counted_as, counted_as)):
        if given is not None:
            found = found.where(wanted == given)
    return found, (rows.c.moved_on, rows.c.journal_id, rows.c.position)


async def totals(db: AsyncSession, on: date) -> list[dict[str, Any]]:
    return [dict(row) for row in (await db.execute(TOTALS, {"on": on})).mappings()]


async def add_alarm_rule(db: AsyncSession, values: Mapping[str, Any]) -> AlarmRule:
    found: AlarmRule = (await db.execute(insert(AlarmRule).values(**values).returning(AlarmRule))).scalar_one()
    return found


async def retire_alarm_rule(db: AsyncSession, rule_id: UUID, on: date) -> AlarmRule | None:
    """The rule, of no effect from a day on; a rule retired before stays as it is."""
    statement = (
        update(AlarmRule).where(col(AlarmRule.id) == rule_id)
        .values(retired_on=func.coalesce(col(AlarmRule.retired_on), on)).returning(AlarmRule)
    )  # fmt: skip
    return (await db.execute(statement, execution_options={"populate_existing": True})).scalar_one_or_none()


def alarm_rules() -> Select[Any]:
    return select(AlarmRule)


def alarms(
    on: date, kind: AlarmKind | None, level: AppropriationLevel | None, year: int | None
) -> tuple[Select[Any], Any]:
    """Stalled money on a day, by rule, and the rows' key."""
    rows = ALARMS.bindparams(on=on).subquery("alarm")
    found = columns(rows)
    for wanted, given in ((rows.c.kind, kind), (rows.c.level, level), (rows.c.year, year)):
        if given is not None:
            found = found.where(wanted == given)
    return found, (rows.c.appropriation_id, rows.c.rule_id)
