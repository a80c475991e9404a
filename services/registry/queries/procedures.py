"""Procedures: where each stands on a day, its steps, its rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.db import driver
from fupin.listing import Listing
from fupin.problems import NotFound
from services.registry import models
from services.registry.codes import (
    GuaranteeItem,
    GuaranteeResult,
    HouseholdStatus,
    MonitoringKind,
    ProcedureKind,
    ProcedureState,
    StepKind,
)
from services.registry.problems.procedures import ProcedureRunning, StepOutOfOrder
from services.registry.rules import procedures as terms
from services.registry.schemas.procedures import NewProcedureStep

# Where a procedure stood on a day is what its last step till then left: objections leave it where it was.
SOURCE = """
    procedure p
    JOIN household h ON h.id = p.household_id
    JOIN LATERAL (
        SELECT s.* FROM procedure_step s
        WHERE s.procedure_id = p.id AND s.happened_on <= %(on)s
          AND NOT (s.step IN ('OBJECTION', 'OBJECTION_ANSWER') AND s.state = 'RUNNING')
        ORDER BY s.seq DESC LIMIT 1
    ) s ON true
"""
OPEN_OBJECTIONS = """
    (SELECT count(*) FROM procedure_step o
     WHERE o.procedure_id = p.id AND o.step = 'OBJECTION' AND o.happened_on <= %(on)s AND NOT EXISTS (
         SELECT FROM procedure_step a
         WHERE a.procedure_id = p.id AND a.answers = o.seq AND a.happened_on <= %(on)s))
"""
OVERDUE = "coalesce(s.next_due_on < %(on)s, false)"
# What stands now is kept on the procedure by its steps' trigger, and indexed: few are late, few have a notice up.
LATE_NOW = "p.due_on < %(on)s"
IN_NOTICE_NOW = "p.notice_until >= %(on)s"
IN_NOTICE = "s.step IN ('FIRST_NOTICE', 'SECOND_NOTICE') AND s.state = 'RUNNING' AND s.until_on >= %(on)s"

SHOWN = "".join(
    ["""
    p.id, p.household_id, h.household_no, p.division_code, p.kind, p.monitoring_kind, p.risk, p.risk_source, p.year,
    p.opened_on, s.state, s.step AS last_step, s.happened_on AS last_on,
    CASE WHEN s.step IN ('FIRST_NOTICE', 'SECOND_NOTICE') THEN s.until_on END AS notice_until,
    s.next_step, s.next_due_on AS due_on, """, OVERDUE, " AS overdue, ", OPEN_OBJECTIONS, """ AS open_objections,
    p.steps
"""]
)  # fmt: skip
BY_ID = (("p.id", UUID),)

STEP = """
    t.seq, t.step, t.happened_on AS "on", t.outcome, t.until_on AS until, t.voters, t.attended, t.votes_for,
    t.votes_against, t.person, t.confirmed_on, t.answers, t.per_head_fen, t.line_fen, t.note, t.state, t.next_step,
    t.next_due_on, t.actor, t.recorded_at
"""

RULE = """
    r.kind, r.step, r.position, r.level, r.duty, r.leads_to, r.household_status, r.deadline_days, r.notice_days,
    r.notice_counts, r.quorum_ppm, r.months, r.source,
    (SELECT coalesce(json_agg(x.from_step ORDER BY x.from_step), '[]') FROM procedure_transition x
     WHERE x.kind = r.kind AND x.to_step = r.step) AS follows,
    r.version
"""

OPEN = text("""
    INSERT INTO procedure (county_code, division_code, household_id, kind, monitoring_kind, risk, risk_source, year,
                           opened_on)
    VALUES (:county_code, :division_code, :household_id, :kind, :monitoring_kind, :risk, :risk_source, :year,
            :opened_on)
    RETURNING id
""")
RECORD = text("""
    INSERT INTO procedure_step (procedure_id, step, outcome, happened_on, until_on, voters, attended, votes_for,
                                votes_against, person, confirmed_on, answers, per_head_fen, line_fen, note, next_step,
                                next_due_on)
    VALUES (:procedure_id, :step, :outcome, :happened_on, :until_on, :voters, :attended, :votes_for,
            :votes_against, :person, :confirmed_on, :answers, :per_head_fen, :line_fen, :note, :next_step,
            :next_due_on)
    RETURNING seq
""")
FOLLOWERS = text("""
    SELECT to_step FROM procedure_transition WHERE kind = :kind AND from_step = :step ORDER BY to_step
""")
USUAL = text("""
    SELECT x.to_step, r.deadline_days
    FROM procedure_transition x JOIN procedure_rule r ON r.kind = x.kind AND r.step = x.to_step
    WHERE x.kind = :kind AND x.from_step = :step AND x.usual
""")
FACTS = text("""
    SELECT (SELECT i.per_head_fen FROM household_income i WHERE i.household_id = :household_id AND i.year = :year)
               AS per_head_fen,
           (SELECT l.per_head_fen FROM poverty_line l WHERE l.year = :year) AS line_fen
""")
CHECKS = text("SELECT item, result FROM guarantee_check WHERE household_id = :household_id AND year = :year")
CONFIRMATION = text("""
    SELECT person, confirmed_on FROM procedure_step
    WHERE procedure_id = :id AND step = 'VERIFICATION' ORDER BY seq DESC LIMIT 1
""")
MEASURES = text("""
    SELECT count(*) AS measures, max(until_on) AS until FROM procedure_step
    WHERE procedure_id = :id AND step = 'MEASURE'
""")
RUNNING_TOWARDS = text("""
    SELECT p.kind FROM procedure p
    WHERE p.household_id = :household_id AND p.state = 'RUNNING' AND EXISTS (
        SELECT FROM procedure_rule r WHERE r.kind = p.kind AND r.household_status = :status)
""")
STATISTICS = "".join(
    ["""
    SELECT x.kind, x.town, (SELECT d.name FROM division d WHERE d.code = x.town) AS town_name, x.state,
           count(*) AS procedures, count(*) FILTER (WHERE x.overdue) AS overdue
    FROM (
        SELECT p.kind, left(p.division_code, 9) || '000' AS town, s.state, """, OVERDUE, """ AS overdue
        FROM """, SOURCE, """
        WHERE (%(division)s::text IS NULL OR starts_with(p.division_code, %(division)s))
          AND (%(kind)s::text IS NULL OR p.kind = %(kind)s)
    ) x
    GROUP BY x.kind, x.town, x.state ORDER BY x.kind, x.town, x.state
"""]
)  # fmt: skip


@dataclass(frozen=True)
class Procedures:
    """Which procedures, as they stood on a day."""

    on: date
    division: str | None = None
    kind: ProcedureKind | None = None
    monitoring_kind: MonitoringKind | None = None
    state: ProcedureState | None = None
    last_step: StepKind | None = None
    next_step: StepKind | None = None
    household_id: UUID | None = None
    overdue: bool | None = None
    in_notice: bool | None = None
    today: date | None = None  # a day from today on needs no looking back

    def listing(self) -> Listing:
        found = Listing(SHOWN, SOURCE, BY_ID, params={"on": self.on})
        if self.division is not None:
            found = found.where("starts_with(p.division_code, %(division)s)", division=self.division)
        columns = {
            "kind": "p.kind", "monitoring_kind": "p.monitoring_kind", "state": "s.state", "last_step": "s.step",
            "next_step": "s.next_step",
        }  # fmt: skip
        for name, column in columns.items():
            if (value := getattr(self, name)) is not None:
                found = found.where(f"{column} = %({name})s", **{name: str(value)})
        if self.household_id is not None:
            found = found.where("p.household_id = %(household_id)s", household_id=self.household_id)
        tests = (("overdue", OVERDUE, LATE_NOW), ("in_notice", f"({IN_NOTICE})", IN_NOTICE_NOW))
        for name, test, now in tests:
            if (wanted := getattr(self, name)) is not None:
                found = found.where(f"{test} = %({name})s", **{name: wanted})
                if wanted and self.today is not None and self.on >= self.today:
                    found = found.where(now)
        return found


def by_id(id: UUID, on: date) -> Listing:
    return Procedures(on).listing().where("p.id = %(id)s", id=id)


def steps(id: UUID) -> Listing:
    """Every step of a procedure, first one first."""
    return Listing(STEP, "procedure_step t", (("t.seq", int),)).where("t.procedure_id = %(id)s", id=id)


def rules(kind: ProcedureKind | None, step: StepKind | None = None) -> Listing:
    found = Listing(RULE, "procedure_rule r", (("r.kind", str), ("r.position", int)))
    if kind is not None:
        found = found.where("r.kind = %(kind)s", kind=str(kind))
    if step is not None:
        found = found.where("r.step = %(step)s", step=str(step))
    return found


def lines() -> Listing:
    """Poverty lines, by year."""
    return Listing("l.year, l.per_head_fen, l.source, l.version", "poverty_line l", (("l.year", int),))


async def followers(db: AsyncSession, kind: ProcedureKind, step: StepKind) -> list[str]:
    """Which steps may follow a step."""
    return [row.to_step for row in await db.execute(FOLLOWERS, {"kind": kind.value, "step": step.value})]


async def usual(db: AsyncSession, kind: ProcedureKind, step: StepKind) -> tuple[str | None, int | None]:
    """The step that usually follows, and the working days it is given."""
    row = (await db.execute(USUAL, {"kind": kind.value, "step": step.value})).one_or_none()
    return (row.to_step, row.deadline_days) if row else (None, None)


async def none_towards(db: AsyncSession, household_id: UUID, status: HouseholdStatus) -> None:
    """Raises ProcedureRunning where a procedure that may end in the status is still running for the household."""
    running = {"household_id": household_id, "status": status.value}
    if (kind := (await db.execute(RUNNING_TOWARDS, running)).scalar_one_or_none()) is not None:
        raise ProcedureRunning(kind=kind)


async def guarantees(db: AsyncSession, household_id: UUID, year: int) -> dict[GuaranteeItem, GuaranteeResult]:
    """What the checks of the year found."""
    found = await db.execute(CHECKS, {"household_id": household_id, "year": year})
    return {GuaranteeItem[row.item]: GuaranteeResult[row.result] for row in found}


async def statistics(
    db: AsyncSession, on: date, division: str | None, kind: ProcedureKind | None
) -> Sequence[tuple[Any, ...]]:
    """Procedures by kind, town and the state they had on the day."""
    params = {"on": on, "division": division, "kind": None if kind is None else str(kind)}
    return await (await (await driver(db)).execute(STATISTICS, params)).fetchall()


async def proofs(
    db: AsyncSession, now: models.Procedure, confirmed_by: str | None, confirmed_on: date | None
) -> tuple[list[terms.Proof], dict[str, int | None]]:
    """What the register says of everything an exit takes, and the income and line that it was held against."""
    of = {"household_id": now.household_id, "year": now.year}
    facts = (await db.execute(FACTS, of)).one()
    checks = await guarantees(db, now.household_id, now.year)
    found = terms.proofs(now.year, facts.per_head_fen, facts.line_fen, checks, confirmed_by, confirmed_on)
    return found, {"per_head_fen": facts.per_head_fen, "line_fen": facts.line_fen}


async def record(
    db: AsyncSession,
    id: UUID,
    kind: ProcedureKind,
    new: NewProcedureStep,
    base: date,
    *,
    until_on: date | None = None,
    per_head_fen: int | None = None,
    line_fen: int | None = None,
) -> None:
    """Write the step; the next one's term runs from `base`."""
    following, days = await usual(db, kind, new.step)
    row = {
        **new.model_dump(exclude={"on", "until"}),
        "step": new.step.value,
        "outcome": new.outcome.value,
        "procedure_id": id,
        "happened_on": new.on,
        "until_on": until_on,
        "per_head_fen": per_head_fen,
        "line_fen": line_fen,
        "next_step": following,
        "next_due_on": terms.due(base, days),
    }
    await db.execute(RECORD, row)


async def one(db: AsyncSession, id: UUID) -> models.Procedure:
    """The procedure as it is now. Raises NotFound."""
    row = await db.get(models.Procedure, id, populate_existing=True)
    if row is None:
        raise NotFound
    return row


async def rule(db: AsyncSession, kind: ProcedureKind, step: StepKind) -> models.ProcedureRule:
    """What the step takes. Raises StepOutOfOrder for a step that is none of this kind of procedure."""
    row = await db.get(models.ProcedureRule, (kind, step))
    if row is None:
        raise StepOutOfOrder(last_step=None, possible=[])
    return row
