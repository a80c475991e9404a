"""Rules of eligibility, and decisions by them, one household at a time."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.db import driver
from fupin.listing import Listing
from fupin.problems import NotFound
from services.registry import models
from services.registry.codes.eligibility import Eligibility, RuleMeets, RuleState
from services.registry.problems.eligibility import NoRuleInForce, RuleNotDraft, WrongPurpose
from services.registry.queries.facts import Day
from services.registry.rules import eligibility as rules
from services.registry.rules.expressions import checked
from services.registry.rules.facts import Facts

RULE = """
    r.id, r.purpose, r.number, r.zh, r.en, r.meets, r.clauses, r.effective_from, r.effective_to, r.source, r.state,
    r.drafted_by, r.created_at, r.approved_by, r.approved_at
"""
# Not fewer with each change: a draft is decided on once, a rule in force is ended once.
RULE_VERSION = "CASE r.state WHEN 'DRAFT' THEN 1 ELSE 2 END + (r.effective_to IS NOT NULL)::integer"
BY_PURPOSE = (("r.purpose", str), ("r.number", int))
HOLDS_ON = "r.state = 'IN_FORCE' AND r.effective_from <= %(on)s AND coalesce(r.effective_to >= %(on)s, true)"

NUMBER = text("SELECT coalesce(max(number), 0) + 1 FROM eligibility_rule WHERE purpose = :purpose")
ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('registry.eligibility_rule'), hashtext(:purpose))")
# The rule before it holds until the day before.
END_BEFORE = text("""
    UPDATE eligibility_rule SET effective_to = CAST(:on AS date) - 1
    WHERE purpose = :purpose AND state = 'IN_FORCE' AND effective_from < :on
      AND coalesce(effective_to >= :on, true)
""")
DECIDE_DRAFT = text("""
    UPDATE eligibility_rule SET state = CAST(:state AS varchar), approved_by = CAST(:approver AS varchar),
        approved_at = CASE WHEN CAST(:approver AS varchar) IS NOT NULL THEN clock_timestamp() END
    WHERE id = :id AND state = 'DRAFT' RETURNING id
""")

DECISION = """
    d.id, d.household_id, h.household_no, d.division_code, d.rule_id, r.purpose, r.number, d.run_id, d.procedure_id,
    d.on_date AS "on", d.year, d.outcome, d.clause,
    (SELECT json_agg(json_build_object('code', c.clause ->> 'code', 'holds', d.results -> (c.clause ->> 'code'),
        'expression', c.clause ->> 'expression', 'zh', c.clause ->> 'zh', 'en', c.clause ->> 'en') ORDER BY c.at)
     FROM jsonb_array_elements(r.clauses) WITH ORDINALITY AS c (clause, at)) AS clauses,
    d.facts, d.actor, d.decided_at
"""
DECISIONS = """
    eligibility_decision d JOIN household h ON h.id = d.household_id JOIN eligibility_rule r ON r.id = d.rule_id
"""

KEEP = text("""
    INSERT INTO eligibility_decision (county_code, division_code, household_id, rule_id, procedure_id, on_date, year,
        outcome, clause, results, facts, actor)
    SELECT h.county_code, h.division_code, h.id, :rule_id, :procedure_id, :on, :year, :outcome, :clause,
        CAST(:results AS jsonb), CAST(:facts AS jsonb), :actor
    FROM household h WHERE h.id = :household_id RETURNING id
""")


@dataclass(frozen=True)
class Ruling:
    """A rule with its clauses read."""

    id: UUID
    purpose: str
    meets: RuleMeets
    clauses: tuple[rules.Clause, ...]


def ruling(rule: models.EligibilityRule) -> Ruling:
    assert rule.id is not None  # noqa: S101  # read from the table
    clauses = tuple(rules.Clause(clause["code"], checked(clause["expression"])) for clause in rule.clauses)
    return Ruling(rule.id, rule.purpose, rule.meets, clauses)


async def one(db: AsyncSession, id: UUID) -> models.EligibilityRule:
    """Raises NotFound."""
    wanted = select(models.EligibilityRule).where(col(models.EligibilityRule.id) == id)
    found = (await db.exec(wanted)).one_or_none()
    if found is None:
        raise NotFound
    return found


async def in_force(db: AsyncSession, on: date, purpose: str | None, id: UUID | None = None) -> Ruling:
    """The rule by its id, else that of the purpose. Raises NotFound, NoRuleInForce, WrongPurpose."""
    if id is not None:
        rule = await one(db, id)
        if purpose not in (None, rule.purpose) or not _holds(rule, on):
            raise WrongPurpose(purpose=rule.purpose, state=rule.state.value)
        return ruling(rule)
    wanted = select(models.EligibilityRule).where(
        col(models.EligibilityRule.purpose) == purpose, col(models.EligibilityRule.state) == RuleState.IN_FORCE
    )
    found = next((rule for rule in (await db.exec(wanted)).all() if _holds(rule, on)), None)
    if found is None:
        raise NoRuleInForce(purpose=purpose, on=on.isoformat())
    return ruling(found)


def _holds(rule: models.EligibilityRule, on: date) -> bool:
    ends = rule.effective_to
    return rule.state is RuleState.IN_FORCE and rule.effective_from <= on and (ends is None or on <= ends)


async def put_in_force(db: AsyncSession, rule: models.EligibilityRule, actor: str) -> None:
    """The rule before it ends the day before. Raises RuleNotDraft; PostgreSQL refuses drafters and overlaps."""
    await db.execute(ONE_AT_A_TIME, {"purpose": rule.purpose})
    await db.execute(END_BEFORE, {"purpose": rule.purpose, "on": rule.effective_from})
    await _decide_draft(db, rule, RuleState.IN_FORCE, actor)


async def withdraw(db: AsyncSession, rule: models.EligibilityRule) -> None:
    """Raises RuleNotDraft."""
    await _decide_draft(db, rule, RuleState.WITHDRAWN, None)


async def _decide_draft(db: AsyncSession, rule: models.EligibilityRule, state: RuleState, actor: str | None) -> None:
    done = await db.execute(DECIDE_DRAFT, {"id": rule.id, "state": state.value, "approver": actor})
    if done.one_or_none() is None:
        raise RuleNotDraft


async def facts(db: AsyncSession, household_id: UUID, day: Day, names: Sequence[str]) -> Facts:
    """These facts of a household. Raises NotFound when it was not in the register on the day."""
    shown = ", ".join(f"f.{name}" for name in names)
    statement = f"SELECT {shown} FROM ({day.source} AND h.id = %(household_id)s) f"  # noqa: S608  # catalogue's names
    rows = await (await driver(db)).execute(statement, {**day.params, "household_id": household_id})
    row = await rows.fetchone()
    if row is None:
        raise NotFound
    return dict(zip(names, row, strict=True))


@dataclass(frozen=True)
class Held:
    """What a rule came to for a household, and the facts it looked at."""

    decided: rules.Decided
    facts: Facts


async def hold(db: AsyncSession, rule: Ruling, household_id: UUID, day: Day) -> Held:
    """Hold the rule against one household. Raises NotFound."""
    known = await facts(db, household_id, day, rules.facts_of(rule.clauses))
    return Held(rules.decide(rule.meets, rule.clauses, known), known)


async def keep(
    db: AsyncSession,
    rule: Ruling,
    household_id: UUID,
    day: Day,
    held: Held,
    actor: str,
    procedure_id: UUID | None = None,
) -> UUID:
    """Store the decision with its trace."""
    row = {
        "household_id": household_id, "rule_id": rule.id, "procedure_id": procedure_id, "on": day.on,
        "year": day.year, "outcome": held.decided.outcome.value, "clause": held.decided.clause,
        "results": json.dumps(held.decided.results), "facts": json.dumps(held.facts), "actor": actor,
    }  # fmt: skip
    return UUID(str((await db.execute(KEEP, row)).scalar_one()))


def ruled(purpose: str | None, state: RuleState | None, on: date | None) -> Listing:
    found = Listing(RULE, "eligibility_rule r", BY_PURPOSE)
    if purpose is not None:
        found = found.where("r.purpose = %(purpose)s", purpose=purpose)
    if state is not None:
        found = found.where("r.state = %(state)s", state=str(state))
    if on is not None:
        found = found.where(HOLDS_ON, on=on)
    return found


def rule_by_id(id: UUID) -> Listing:
    return ruled(None, None, None).where("r.id = %(id)s", id=id)


@dataclass(frozen=True)
class Decisions:
    """Which decisions."""

    household_id: UUID | None = None
    run_id: UUID | None = None
    rule_id: UUID | None = None
    division: str | None = None
    outcome: Eligibility | None = None
    clause: str | None = None

    def listing(self) -> Listing:
        found = Listing(DECISION, DECISIONS, (("d.id", UUID),))
        if self.division is not None:
            found = found.where("starts_with(d.division_code, %(division)s)", division=self.division)
        for name in ("household_id", "run_id", "rule_id", "outcome", "clause"):
            if (value := getattr(self, name)) is not None:
                found = found.where(
                    f"d.{name} = %({name})s", **{name: value if isinstance(value, UUID) else str(value)}
                )
        return found


def decision(id: UUID) -> Listing:
    return Decisions().listing().where("d.id = %(id)s", id=id)
