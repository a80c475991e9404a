"""Findings of a run: kept, opened, closed; and the scorecards that follow from them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from time import perf_counter
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.db import driver
from fupin.listing import Listing
from services.registry.codes.quality import FindingState
from services.registry.queries.quality.base import Rule
from services.registry.rules.quality import LINES

# A run lasts as long as the register is large, and leaves one audit entry a statement.
SETTINGS = """
    SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL work_mem = '64MB'
"""
BULK = text("SELECT set_config('fupin.bulk', :run, true)")
# One run at a time: two would open the same finding twice.
ALONE = text("SELECT pg_advisory_xact_lock(hashtext('registry.quality_run'))")
STAGE = """
    CREATE TEMP TABLE quality_found (
        household_id uuid, division_code varchar(12) COLLATE "C", subject_id uuid, a text, b text, c text
    ) ON COMMIT DROP
"""
# Whatever the planner makes of the findings' table, no rule's findings are ever searched row by row.
INDEX = "CREATE INDEX ON quality_found (household_id, subject_id)"
EMPTY = "TRUNCATE quality_found"
FILL = "INSERT INTO quality_found "
# The planner takes a temporary table for a small one until it is told.
ANALYZE = "ANALYZE quality_found"
COUNT = text("SELECT count(*) FROM household")

CLOSE = """
    UPDATE quality_finding f SET state = 'CLOSED', closed_at = clock_timestamp()
    WHERE f.rule = %(rule)s::varchar AND f.state <> 'CLOSED' AND NOT EXISTS (
        SELECT FROM quality_found n WHERE n.household_id = f.household_id AND n.subject_id = f.subject_id)
"""
# What still stands says its figures of today.
REFRESH = """
    UPDATE quality_finding f SET zh = format(%(zh)s::text, n.a, n.b, n.c), en = format(%(en)s::text, n.a, n.b, n.c)
    FROM quality_found n
    WHERE f.rule = %(rule)s::varchar AND f.state <> 'CLOSED' AND f.household_id = n.household_id
      AND f.subject_id = n.subject_id AND f.zh <> format(%(zh)s::text, n.a, n.b, n.c)
"""
OPEN = """
    INSERT INTO quality_finding (county_code, division_code, household_id, rule, subject_id, zh, en, run_id, found_on)
    SELECT left(n.division_code, 6), n.division_code, n.household_id, %(rule)s::varchar, n.subject_id,
           format(%(zh)s::text, n.a, n.b, n.c), format(%(en)s::text, n.a, n.b, n.c), %(run)s::uuid, %(today)s::date
    FROM quality_found n
    WHERE NOT EXISTS (SELECT FROM quality_finding f WHERE f.rule = %(rule)s::varchar AND f.state <> 'CLOSED'
                        AND f.household_id = n.household_id AND f.subject_id = n.subject_id)
"""
RECORD = text("""
    INSERT INTO quality_run_rule (run_id, rule, division_code, found, opened, closed, seconds)
    SELECT CAST(:run AS uuid), CAST(:rule AS varchar), r.division_code, CAST(:found AS bigint),
           CAST(:opened AS bigint), CAST(:closed AS bigint), CAST(:seconds AS numeric)
    FROM quality_run r WHERE r.id = CAST(:run AS uuid)
""")
FINISH = text("""
    UPDATE quality_run SET households = :households, finished_at = clock_timestamp() WHERE id = :run
""")
RUN = text("SELECT on_date, finished_at FROM quality_run WHERE id = :run")
# An excuse is given once and by a person; it ends with the finding.
EXCUSE = text("""
    UPDATE quality_finding
    SET state = 'EXCUSED', excused_by = :actor, excused_at = clock_timestamp(), excuse = :reason
    WHERE id = :id AND state = 'OPEN' RETURNING id
""")
KNOWN = text("SELECT state FROM quality_finding WHERE id = :id")

FINDING = """
    f.id, f.rule, f.household_id, h.household_no, f.division_code, f.subject_id, f.zh, f.en, f.state, f.run_id,
    f.found_on, f.closed_at, f.excused_by, f.excused_at, f.excuse
"""
FINDINGS = "quality_finding f JOIN household h ON h.id = f.household_id"
SHOWN_RUN = """
    r.id, r.division_code, r.on_date AS "on", r.households, r.created_by, r.created_at, r.finished_at,
    (SELECT coalesce(json_agg(json_build_object('rule', x.rule, 'found', x.found, 'opened', x.opened,
        'closed', x.closed, 'seconds', x.seconds) ORDER BY x.rule), '[]') FROM quality_run_rule x WHERE x.run_id = r.id)
        AS rules
"""
RUN_VERSION = "1 + (r.finished_at IS NOT NULL)::integer"
FINDING_VERSION = "hashtext(f.state || f.en) & 2147483647"
# A household weighs by its worst open finding.
SCORES = """(
    SELECT d.code AS division_code, d.name, coalesce(h.households, 0) AS households,
           coalesce(w.errors, 0) AS errors, coalesce(w.warnings, 0) AS warnings, coalesce(w.notices, 0) AS notices,
           coalesce(w.findings, 0) AS findings, coalesce(w.excused, 0) AS excused,
           round((100 * (1 - (coalesce(w.errors, 0) * %(error)s + coalesce(w.warnings, 0) * %(warning)s
               + coalesce(w.notices, 0) * %(notice)s) / greatest(h.households, 1)))::numeric, 1)::float8 AS score
    FROM division d
    LEFT JOIN (SELECT division_code, count(*) AS households FROM household
               WHERE status <> 'CANCELLED' AND starts_with(division_code, %(division)s) GROUP BY 1) h
      ON h.division_code = d.code
    LEFT JOIN (SELECT x.division_code, count(*) FILTER (WHERE x.worst = 3) AS errors,
                      count(*) FILTER (WHERE x.worst = 2) AS warnings, count(*) FILTER (WHERE x.worst = 1) AS notices,
                      sum(x.findings) AS findings, sum(x.excused) AS excused
               FROM (SELECT f.division_code, f.household_id,
                            max(CASE WHEN f.rule = ANY (%(errors)s) THEN 3 WHEN f.rule = ANY (%(warnings)s) THEN 2
                                     ELSE 1 END) FILTER (WHERE f.state = 'OPEN') AS worst,
                            count(*) FILTER (WHERE f.state = 'OPEN') AS findings,
                            count(*) FILTER (WHERE f.state = 'EXCUSED') AS excused
                     FROM quality_finding f
                     WHERE f.state <> 'CLOSED' AND starts_with(f.division_code, %(division)s) GROUP BY 1, 2) x
               GROUP BY 1) w ON w.division_code = d.code
    WHERE d.level = 'VILLAGE' AND starts_with(d.code, %(division)s)
) s"""


@dataclass(frozen=True)
class Outcome:
    found: int
    opened: int
    closed: int
    seconds: Decimal


async def prepare(db: AsyncSession, run: UUID) -> None:
    """Make room for what the rules find, with nobody else finding at the same time."""
    connection = await driver(db)
    await connection.execute(SETTINGS)
    await db.execute(BULK, {"run": str(run)})
    await db.execute(ALONE)
    await connection.execute(STAGE)
    await connection.execute(INDEX)


async def apply(db: AsyncSession, run: UUID, rule: Rule, today: date) -> Outcome:
    """Look with one rule: what it finds is opened or kept, what it no longer finds is closed."""
    began = perf_counter()
    connection = await driver(db)
    await connection.execute(EMPTY)
    await db.execute(text(FILL + rule.sql.text), _bound(rule, today))
    await connection.execute(ANALYZE)
    values = {"rule": rule.code, "zh": rule.reason.zh, "en": rule.reason.en, "run": run, "today": today}
    closed = (await connection.execute(CLOSE, values)).rowcount
    await connection.execute(REFRESH, values)
    opened = (await connection.execute(OPEN, values)).rowcount
    found = await (await connection.execute("SELECT count(*) FROM quality_found")).fetchone()
    outcome = Outcome(found[0] if found else 0, opened, closed, Decimal(f"{perf_counter() - began:.3f}"))
    await db.execute(RECORD, {"run": run, "rule": rule.code, **vars(outcome)})
    return outcome


def _bound(rule: Rule, today: date) -> dict[str, Any]:
    """The parameters that the rule's statement names."""
    return {name: value for name, value in ({"today": today} | LINES).items() if f":{name}" in rule.sql.text}


def findings(division: str | None, rule: str | None, household_id: UUID | None, state: FindingState | None) -> Listing:
    wanted = Listing(FINDING, FINDINGS, (("f.id", UUID),))
    if division is not None:
        wanted = wanted.where("starts_with(f.division_code, %(division)s)", division=division)
    if rule is not None:
        wanted = wanted.where("f.rule = %(rule)s", rule=rule)
    if household_id is not None:
        wanted = wanted.where("f.household_id = %(household_id)s", household_id=household_id)
    if state is not None:
        wanted = wanted.where("f.state = %(state)s", state=str(state))
    return wanted


def finding(id: UUID) -> Listing:
    return findings(None, None, None, None).where("f.id = %(id)s", id=id)


def runs() -> Listing:
    return Listing(SHOWN_RUN, "quality_run r", (("r.id", UUID),))


def scores(division: str, **weights: Any) -> Listing:
    """Villages of the division, each with its households by their worst open finding."""
    return Listing("s.*", SCORES, (("s.division_code", str),), params={"division": division, **weights})
