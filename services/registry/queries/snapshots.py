"""Frozen households, the sampling frame, and counts by code lists."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.db import driver
from fupin.listing import Listing, Source, rows, stream, words
from services.registry.queries import histories, households
from services.registry.rules.coverage import MOST
from services.registry.rules.statuses import POOR

SNAPSHOT = 'p.id, p.division_code, p.on_date AS "on", p.purpose, p.households, p.digest, p.actor, p.taken_at'
LINE = """
    r.household_id, r.household_no, r.division_code, r.size, r.able_labour, r.ill, r.disabled, r.students,
    r.income_per_head_fen
"""
FRAME = "".join(
    ["h.id AS household_id, h.household_no, h.division_code, ", households.STATUS, " = ANY (%(poor_statuses)s) AS poor"]
)

# What a need is reckoned from, as it stood on the day; the income is that of the last year then known.
FREEZE = "".join(
    ["""
    INSERT INTO snapshot_row (snapshot_id, county_code, division_code, household_id, household_no, size, able_labour,
                              ill, disabled, students, income_per_head_fen)
    SELECT %(snapshot_id)s, h.county_code, h.division_code, h.id, h.household_no, coalesce(c.size, 0),
           coalesce(c.able, 0), coalesce(c.ill, 0), coalesce(c.disabled, 0), coalesce(c.students, 0),
           (SELECT i.per_head_fen FROM household_income i WHERE i.household_id = h.id
              AND i.year <= extract(year FROM %(as_of)s::date) ORDER BY i.year DESC LIMIT 1)
    FROM """, households.SOURCE, """
    LEFT JOIN (
        SELECT m.household_id, count(*) AS size,
               count(*) FILTER (WHERE m.labour_ability IN ('ABLE', 'SKILLED')) AS able,
               count(*) FILTER (WHERE m.health && '{CHRONIC,SERIOUS}') AS ill,
               count(*) FILTER (WHERE 'DISABLED' = ANY (m.health)) AS disabled,
               count(*) FILTER (WHERE m.school_stage IN ('PRIMARY', 'JUNIOR', 'SENIOR', 'VOCATIONAL', 'COLLEGE'))
                   AS students
        FROM member m WHERE starts_with(m.division_code, %(division)s) AND """, households.LIVING, """
        GROUP BY m.household_id
    ) c ON c.household_id = h.id
    WHERE starts_with(h.division_code, %(division)s) AND """, households.STATUS, " = ANY (%(poor_statuses)s)"]
)  # fmt: skip
# The same of a past day, from what held on it.
FREEZE_THEN = (
    FREEZE.replace(households.SOURCE, households.THEN_ALL)
    .replace("FROM member m", f"FROM {histories.MEMBERS} m")
    .replace("FROM household_income i", f"FROM {histories.INCOMES} i")
)
NEW_ID = text("SELECT uuidv7()")
ADD = text("""
    INSERT INTO snapshot (id, county_code, division_code, on_date, purpose, households, digest, actor)
    VALUES (:id, :county_code, :division_code, :on, :purpose, :households, :digest, :actor)
""")

GROUPS = {
    "town": "rpad(left(h.division_code, 9), 12, '0')",
    "village": "h.division_code",
    "status": "h.status",
    "poverty_type": "h.poverty_type",
    "main_cause": "h.main_cause",
    "residence": "h.residence",
    "house_grade": "h.house_grade",
    "identified_year": "extract(year FROM h.identified_on)::int::text",
    "has_helper": "(helped.household_id IS NOT NULL)::text",
    "pathways": f"least(coalesce(ways.pathways, 0), {MOST})::text",
}
# By plain columns, of which PostgreSQL knows how many values they have, so that it counts in parallel. The few whose
# present status began after the day follow with the one they had.
COUNTS = "".join(
    ["""
    WITH found ({names}, households, late) AS (
        SELECT {groups}, count(*) FILTER (WHERE """, households.SETTLED, """),
               array_agg(h.id) FILTER (WHERE NOT """, households.SETTLED, """)
        {body} GROUP BY {numbers}
    )
    SELECT {names}, sum(households)::bigint FROM (
        SELECT {names}, households FROM found WHERE households > 0
        UNION ALL SELECT {former}, 1 FROM found, unnest(late) AS id
    ) counted GROUP BY {numbers} ORDER BY {numbers}
"""]
)  # fmt: skip
FORMER_STATUS = f"({households.FORMER.format(id='id')}).to_status"
# Counted once for all households: a look-up for each of a million would take many times as long.
JOINED = {
    "has_helper": "".join(
        [" LEFT JOIN (SELECT DISTINCT x.household_id FROM helper_assignment x WHERE x.responsible AND ",
         households.HELD, ") helped ON helped.household_id = h.id"]
    ),
    "pathways": "".join(
        [" LEFT JOIN (SELECT x.household_id, count(*) AS pathways FROM household_pathway x WHERE ", households.HELD,
         " GROUP BY 1) ways ON ways.household_id = h.id"]
    ),
}  # fmt: skip


def all_snapshots() -> Listing:
    return Listing(SNAPSHOT, "snapshot p", (("p.id", UUID),))


def lines(snapshot_id: UUID) -> Listing:
    return Listing(LINE, "snapshot_row r", (("r.household_id", UUID),)).where(
        "r.snapshot_id = %(snapshot_id)s", snapshot_id=snapshot_id
    )


def frame(division: str | None, on: date, known_at: datetime | None) -> Listing:
    """Every household that lives in the division on the day, poor or not: what samples are drawn from."""
    found = (
        households.Households(on, division=division, known_at=known_at).listing().showing(FRAME, households.BY_PLACE)
    )
    return found.where(households.STATUS + " NOT IN ('REMOVED', 'CANCELLED')", poor_statuses=words(sorted(POOR)))


async def freeze(db: AsyncSession, division: str, on: date, known_at: datetime | None) -> tuple[UUID, int, str]:
    """Freeze the poor households of a division: the snapshot's id, how many, and the digest over their lines."""
    id: UUID = (await db.execute(NEW_ID)).scalar_one()
    connection = await driver(db)
    params = {"snapshot_id": id, "as_of": on, "division": division, "poor_statuses": words(sorted(POOR))}
    statement = FREEZE if known_at is None else FREEZE_THEN
    households_ = (await connection.execute(statement, params | {"known_at": known_at or histories.EVER})).rowcount
    digest = hashlib.sha256()
    async for block in stream(connection, lines(id)):
        digest.update(block)
    return id, households_, digest.hexdigest()


async def statistics(db: Source, by: Sequence[str], wanted: households.Households) -> list[tuple[Any, ...]]:
    """Households counted by up to two groups; the groups' values come first."""
    listing = wanted.listing()
    joined = "".join(JOINED.get(name, "") for name in by)
    source = listing.source
    if wanted.known_at is not None:
        source = households.THEN_ALL
        joined = joined.replace("helper_assignment x", f"{histories.ASSIGNMENTS} x")
        joined = joined.replace("household_pathway x", f"{histories.PATHWAYS} x")
    listing = replace(listing, source=source + joined)
    statement = COUNTS.format(
        names=", ".join(by),
        groups=", ".join(GROUPS[name] for name in by),
        body=listing.body,
        numbers=", ".join(str(n + 1) for n in range(len(by))),
        former=", ".join(FORMER_STATUS if name == "status" else name for name in by),
    )
    return await rows(db, statement, listing.params)
