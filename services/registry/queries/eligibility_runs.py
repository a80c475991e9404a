"""A rule held against every household of a division in one statement, and two such runs against each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import Row
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.db import driver
from fupin.listing import Listing
from services.registry import models
from services.registry.codes.eligibility import RuleMeets
from services.registry.queries.eligibility import Ruling
from services.registry.queries.expressions import Writer
from services.registry.queries.facts import Day
from services.registry.rules import eligibility as rules

RUN = """
    x.id, x.division_code, x.rule_id, r.purpose, r.number, x.on_date AS "on", x.year, x.households, x.eligible,
    x.not_eligible, x.unknown, x.created_by, x.created_at, x.finished_at
"""
RUNS = "eligibility_run x JOIN eligibility_rule r ON r.id = x.rule_id"
RUN_VERSION = "1 + (x.finished_at IS NOT NULL)::integer"
CHANGES = """(
    SELECT coalesce(b.household_id, a.household_id) AS household_id, a.outcome AS outcome_before,
           a.clause AS clause_before, b.outcome, b.clause
    FROM (SELECT * FROM eligibility_decision WHERE run_id = %(before)s) a
    FULL JOIN (SELECT * FROM eligibility_decision WHERE run_id = %(run)s) b ON b.household_id = a.household_id
    WHERE (a.outcome, a.clause) IS DISTINCT FROM (b.outcome, b.clause)
) c JOIN household h ON h.id = c.household_id"""
CHANGE = """
    c.household_id, h.household_no, h.division_code, c.outcome_before, c.clause_before, c.outcome, c.clause
"""
# The last one of the same purpose and division that had ended when the run was asked for.
BEFORE = text("""
    SELECT y.id FROM eligibility_run x JOIN eligibility_rule r ON r.id = x.rule_id
    JOIN eligibility_run y ON y.division_code = x.division_code AND y.finished_at < x.created_at
    JOIN eligibility_rule q ON q.id = y.rule_id AND q.purpose = r.purpose
    WHERE x.id = :id ORDER BY y.finished_at DESC LIMIT 1
""")

ALIKE = text("""
    SELECT count(DISTINCT r.purpose) = 1 AND bool_and(x.finished_at IS NOT NULL) AND count(*) = 2 AS alike
    FROM eligibility_run x JOIN eligibility_rule r ON r.id = x.rule_id WHERE x.id IN (:id, :before)
""")

INSERT = """
    INSERT INTO eligibility_decision (county_code, division_code, household_id, rule_id, run_id, on_date, year, outcome,
        clause, results, facts, actor)
    SELECT d.county_code, d.division_code, d.household_id, %(rule_id)s, %(run_id)s, %(as_of)s, %(year)s, d.outcome,
        d.clause, d.results, d.facts, %(actor)s
    FROM
"""

# A run lasts as long as the register is large, and leaves one audit entry.
SETTINGS = "SET LOCAL statement_timeout = '30min'; SET LOCAL work_mem = '64MB'"
BULK = text("SELECT set_config('fupin.bulk', :run, true)")
FINISH = text("""
    UPDATE eligibility_run SET finished_at = clock_timestamp(), households = c.households, eligible = c.eligible,
        not_eligible = c.not_eligible, unknown = c.unknown
    FROM (SELECT count(*) AS households, count(*) FILTER (WHERE outcome = 'ELIGIBLE') AS eligible,
                 count(*) FILTER (WHERE outcome = 'NOT_ELIGIBLE') AS not_eligible,
                 count(*) FILTER (WHERE outcome = 'UNKNOWN') AS unknown
          FROM eligibility_decision WHERE run_id = :run) c
    WHERE id = :run RETURNING c.households, c.eligible, c.not_eligible, c.unknown
""")


@dataclass(frozen=True)
class Compiled:
    """A rule as one statement: a row for each household with outcome, clause, results and facts."""

    sql: str
    params: Mapping[str, Any]


def compiled(rule: Ruling, day: Day) -> Compiled:
    """The rule over all households in the register on the day, that the transaction sees."""
    writer = Writer()
    tests = [writer.sql(clause.expression) for clause in rule.clauses]
    codes = [writer.bind(clause.code) for clause in rule.clauses]
    names = [f"c.holds_{at}" for at in range(len(tests))]
    held = (" OR " if rule.meets is RuleMeets.ANY else " AND ").join(names)
    first = " ".join(f"WHEN {name} THEN {code}" for name, code in zip(names, codes, strict=True))
    clause = f"CASE {first} END" if rule.meets is RuleMeets.ANY else "NULL"
    results = ", ".join(f"{code}, {name}" for name, code in zip(names, codes, strict=True))
    facts = ", ".join(f"'{name}', f.{name}" for name in rules.facts_of(rule.clauses))
    clauses = ", ".join(f"{test} AS holds_{at}" for at, test in enumerate(tests))
    sql = f"""(
        SELECT f.county_code, f.division_code, f.household_id,
            CASE WHEN {held} THEN 'ELIGIBLE' WHEN NOT ({held}) THEN 'NOT_ELIGIBLE' ELSE 'UNKNOWN' END AS outcome,
            {clause} AS clause, jsonb_build_object({results}) AS results, jsonb_build_object({facts}) AS facts
        FROM ({day.source}) f CROSS JOIN LATERAL (SELECT {clauses}) c
    )"""  # noqa: S608  # names of the catalogue and words of the writer; literals are parameters
    return Compiled(sql, {**day.params, **writer.params})


async def run(db: AsyncSession, run: models.EligibilityRun, rule: Ruling, day: Day) -> Row[Any]:
    """Decide on every household; how many, and how many came to what."""
    connection = await driver(db)
    await connection.execute(SETTINGS)
    await db.execute(BULK, {"run": str(run.id)})
    decided = compiled(rule, day)
    params = {**decided.params, "rule_id": rule.id, "run_id": run.id, "actor": run.created_by}
    await connection.execute(" ".join([INSERT, decided.sql, "d"]), params)
    return (await db.execute(FINISH, {"run": run.id})).one()


def runs() -> Listing:
    return Listing(RUN, RUNS, (("x.id", UUID),))


def by_id(id: UUID) -> Listing:
    return runs().where("x.id = %(id)s", id=id)


def changes(id: UUID, before: UUID) -> Listing:
    """Households whose outcome or named clause is another one than in the run before; one may be in either only."""
    return Listing(CHANGE, CHANGES, (("c.household_id", UUID),), params={"run": id, "before": before})


async def before(db: AsyncSession, id: UUID) -> UUID | None:
    """The run before of the same purpose and division."""
    found = (await db.execute(BEFORE, {"id": id})).scalar_one_or_none()
    return None if found is None else UUID(str(found))


async def alike(db: AsyncSession, id: UUID, before: UUID) -> bool:
    """Whether both are runs of one purpose that have ended."""
    found = (await db.execute(ALIKE, {"id": id, "before": before})).one()
    return bool(found.alike)
