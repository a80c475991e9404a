"""
Comparison by sets: every statement is a few hash joins over whole rosters, whatever their size.

Two rows are one person by ID number; where one of them has none or the numbers differ, by a household number that is
unique in both rosters; else by a name that is unique in its division in both, unless a number of theirs contradicts it.
Each later key is tried only on rows that no earlier one has matched.
"""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.db import driver
from services.registry.codes.rosters import ComparisonState, Outcome, RosterKind
from services.registry.models import Comparison, ComparisonRow
from services.registry.queries.imports.staging import Connection
from services.registry.queries.listing import Listing

# Rosters come and go faster than autovacuum counts them: taken for a handful of rows, they would be joined by loops.
SETTINGS = """
    SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL work_mem = '128MB';
    SET LOCAL enable_nestloop = off
"""

# One full join finds whom both have; a NULL key joins nothing and stays on its own side. A second base row of an ID
# number has no key: it is a row of its own, told apart below. A second newer row is none: its person is there already.
PAIR = """
    CREATE TEMP TABLE pair ON COMMIT DROP AS
    SELECT b.row_no AS base_row_no, n.row_no AS newer_row_no,
           CASE WHEN b.row_no IS NOT NULL AND n.row_no IS NOT NULL THEN 'ID_NUMBER' END AS matched_by
    FROM (SELECT row_no, CASE WHEN id_number_rank = 1 THEN id_number_index END AS person
          FROM roster_row WHERE roster_id = %(base)s) AS b
    FULL JOIN (SELECT row_no, id_number_index AS person FROM roster_row
               WHERE roster_id = %(newer)s AND id_number_rank = 1) AS n ON n.person = b.person
"""

LATER_KEYS = {
    "HOUSEHOLD_NO": """
        n.household_no = b.household_no AND n.household_no_copies = 1 AND b.household_no_copies = 1
    """,
    "NAME_AND_DIVISION": """
        n.name = b.name AND n.division_code = b.division_code AND n.name_copies = 1 AND b.name_copies = 1
        AND coalesce(n.id_number_index = b.id_number_index, true) AND coalesce(n.household_no = b.household_no, true)
    """,
}

# Both sides are the rows left over.
LATER = """
    WITH found AS (
        SELECT pb.base_row_no, pn.newer_row_no
        FROM pair pb JOIN roster_row b ON b.roster_id = %(base)s AND b.row_no = pb.base_row_no AND b.id_number_rank = 1
        JOIN roster_row n ON n.roster_id = %(newer)s AND {key}
        JOIN pair pn ON pn.newer_row_no = n.row_no AND pn.base_row_no IS NULL
        WHERE pb.newer_row_no IS NULL
    ), gone AS (
        DELETE FROM pair USING found
        WHERE pair.newer_row_no = found.newer_row_no AND pair.base_row_no IS NULL
    )
    UPDATE pair SET newer_row_no = found.newer_row_no, matched_by = %(matched_by)s::text
    FROM found WHERE pair.base_row_no = found.base_row_no
"""

# Everything that is needed of both rows is brought together once; what follows reads this table and no roster again.
PERSON = """
    CREATE TEMP TABLE person ON COMMIT DROP AS
    SELECT p.row_no, p.base_row_no, p.newer_row_no, p.matched_by, n.removed_reason,
        coalesce(n.residence, b.residence) AS residence,
        coalesce(n.division_code, b.division_code) AS place, c.contradictions,
        CASE WHEN c.contradictions <> '{}' THEN 'CONFLICT'
             WHEN b.row_no IS NULL THEN CASE WHEN n.removed_reason IS NULL THEN 'ADDED' ELSE 'DROPPED' END
             WHEN n.row_no IS NULL OR n.removed_reason IS NOT NULL THEN 'REMOVED'
             ELSE 'KEPT' END AS outcome,
        n.id_number_index AS n_id, n.household_no AS n_no, n.household_no_copies = 1 AS n_no_alone,
        n.name AS n_name, n.division_code AS n_place, n.name_copies = 1 AS n_name_alone,
        b.id_number_index AS b_id, b.household_no AS b_no, b.household_no_copies = 1 AS b_no_alone,
        b.name AS b_name, b.division_code AS b_place, b.name_copies = 1 AS b_name_alone
    FROM (SELECT *, row_number() OVER (ORDER BY base_row_no, newer_row_no)::integer AS row_no FROM pair) AS p
    LEFT JOIN roster_row b ON b.roster_id = %(base)s AND b.row_no = p.base_row_no
    LEFT JOIN roster_row n ON n.roster_id = %(newer)s AND n.row_no = p.newer_row_no
    CROSS JOIN LATERAL (SELECT CASE
        WHEN (n.id_number_index <> b.id_number_index OR n.household_no <> b.household_no OR n.name <> b.name
              OR n.category <> b.category OR b.id_number_copies > 1 OR n.id_number_copies > 1) IS TRUE
        THEN array_remove(ARRAY[
            CASE WHEN n.id_number_index <> b.id_number_index THEN 'ID_NUMBER' END,
            CASE WHEN n.household_no <> b.household_no THEN 'HOUSEHOLD_NO' END,
            CASE WHEN n.name <> b.name THEN 'NAME' END,
            CASE WHEN n.category <> b.category AND n.removed_reason IS NULL THEN 'CATEGORY' END,
            CASE WHEN b.id_number_copies > 1 THEN 'TWICE_IN_BASE' END,
            CASE WHEN n.id_number_copies > 1 THEN 'TWICE_IN_NEWER' END], NULL)
        ELSE ARRAY[]::text[] END AS contradictions) AS c
"""

# A person has the newer roster's numbers (n) and the base's (b): either finds them in a match roster. A person keeps
# the match of the earliest key, and a row of the match roster stands for one person.
MATCH_KEYS = (
    ("ID_NUMBER", "m.id_number_index = p.{0}_id AND m.id_number_rank = 1"),
    ("HOUSEHOLD_NO", "m.household_no = p.{0}_no AND m.household_no_copies = 1 AND p.{0}_no_alone"),
    (
        "NAME_AND_DIVISION",
        """
        m.name = p.{0}_name AND m.division_code = p.{0}_place AND m.name_copies = 1 AND p.{0}_name_alone
        AND coalesce(m.id_number_index = p.{0}_id, true) AND coalesce(m.household_no = p.{0}_no, true)
        """,
    ),
)

MATCH = """
    INSERT INTO comparison_match (comparison_id, row_no, roster_id, county_code, division_code, roster_row_no,
                                  matched_by)
    SELECT %(id)s, p.row_no, %(roster)s, left(p.place, 6), p.place, m.row_no, %(matched_by)s::text
    FROM person p JOIN roster_row m ON m.roster_id = %(roster)s AND {key}
    WHERE NOT EXISTS (SELECT FROM comparison_match o WHERE o.comparison_id = %(id)s AND o.row_no = p.row_no
                      AND o.roster_id = %(roster)s)
    ORDER BY p.row_no
    ON CONFLICT DO NOTHING
"""

CLASSIFY = """
    INSERT INTO comparison_row (comparison_id, row_no, county_code, division_code, base_row_no, newer_row_no,
        matched_by, outcome, reason, contradictions, matched, residence)
    SELECT %(id)s, p.row_no, left(p.place, 6), p.place, p.base_row_no, p.newer_row_no, p.matched_by, p.outcome,
        CASE WHEN p.outcome = 'REMOVED' THEN coalesce(p.removed_reason, 'NOT_IN_NEW_DATA') END, p.contradictions,
        m.row_no IS NOT NULL, p.residence
    FROM person p
    LEFT JOIN (SELECT DISTINCT row_no FROM comparison_match WHERE comparison_id = %(id)s) AS m ON m.row_no = p.row_no
"""

OPEN = text("UPDATE comparison SET state = 'OPEN' WHERE id = :id AND state = 'RUNNING'")
FAIL = text("UPDATE comparison SET state = 'FAILED' WHERE id = :id AND state = 'RUNNING'")

# Holds the comparison still against a sign-off that would not count what is being decided.
HOLD = text("SELECT state FROM comparison WHERE id = :id FOR SHARE")

DECIDE = text("""
    UPDATE comparison_row SET outcome = CAST(:outcome AS varchar),
        reason = CASE WHEN CAST(:outcome AS varchar) = 'REMOVED' THEN CAST(:reason AS varchar) END
    WHERE comparison_id = :id AND row_no = :row_no AND outcome = 'CONFLICT' RETURNING row_no
""")

# Two different people after all: the base row is removed, the newer row becomes a row of its own.
LET_GO = text("""
    UPDATE comparison_row SET outcome = 'REMOVED', reason = :reason, newer_row_no = NULL, matched_by = NULL
    WHERE comparison_id = :id AND row_no = :row_no AND outcome = 'CONFLICT' RETURNING row_no
""")
SET_APART = text("""
    INSERT INTO comparison_row (comparison_id, row_no, county_code, division_code, newer_row_no, outcome,
                                contradictions, matched, residence)
    SELECT r.comparison_id, (SELECT max(row_no) + 1 FROM comparison_row WHERE comparison_id = :id),
           left(n.division_code, 6), n.division_code, n.row_no, 'ADDED', r.contradictions, r.matched, n.residence
    FROM comparison_row r JOIN comparison c ON c.id = r.comparison_id
    JOIN roster_row n ON n.roster_id = c.newer_roster_id AND n.row_no = :newer_row_no
    WHERE r.comparison_id = :id AND r.row_no = :row_no
""")

SIGN_OFF = text("""
    UPDATE comparison SET state = 'SIGNED_OFF', signed_off_by = :actor, signed_off_at = clock_timestamp()
    WHERE id = :id AND state = 'OPEN' RETURNING id
""")

SUMS = text("""
    SELECT (SELECT count(*) FROM roster_row WHERE roster_id = c.base_roster_id) AS base_rows,
           count(r.row_no) FILTER (WHERE outcome = 'KEPT') AS kept,
           count(r.row_no) FILTER (WHERE outcome = 'REMOVED') AS removed,
           count(r.row_no) FILTER (WHERE outcome = 'ADDED') AS added,
           count(r.row_no) FILTER (WHERE outcome = 'CONFLICT') AS conflicts,
           count(r.row_no) FILTER (WHERE outcome = 'DROPPED') AS dropped,
           count(r.row_no) FILTER (WHERE outcome = 'KEPT' AND r.matched) AS matched,
           count(r.row_no) FILTER (WHERE outcome = 'KEPT' AND NOT r.matched) AS unmatched
    FROM comparison c LEFT JOIN comparison_row r ON r.comparison_id = c.id
    WHERE c.id = :id GROUP BY c.id
""")

EXPORT = """
    SELECT r.row_no, r.outcome, r.reason, r.matched_by, r.matched, array_to_string(r.contradictions, '、'),
           coalesce(n.household_no, b.household_no), coalesce(n.name, b.name),
           coalesce(n.id_number_mask, b.id_number_mask), r.division_code, coalesce(n.category, b.category), r.residence
    FROM comparison c JOIN comparison_row r ON r.comparison_id = c.id
    LEFT JOIN roster_row b ON b.roster_id = c.base_roster_id AND b.row_no = r.base_row_no
    LEFT JOIN roster_row n ON n.roster_id = c.newer_roster_id AND n.row_no = r.newer_row_no
    WHERE c.id = %s ORDER BY r.row_no
"""


async def pair(conn: Connection, base: UUID, newer: UUID) -> None:
    """Find, key after key, which rows of the two rosters are one person, and what became of each."""
    sides = {"base": base, "newer": newer}
    await conn.execute(SETTINGS)
    await conn.execute(PAIR, sides)
    await conn.execute("ANALYZE pair")
    for matched_by, key in LATER_KEYS.items():
        await conn.execute(LATER.format(key=key), sides | {"matched_by": matched_by})
    await conn.execute(PERSON, sides)
    await conn.execute("ANALYZE person")


async def match(conn: Connection, id: UUID, roster: UUID) -> None:
    """Find the persons in a match roster."""
    for matched_by, key in MATCH_KEYS:
        for side in ("n", "b"):
            statement = MATCH.format(key=key.format(side))
            await conn.execute(statement, {"id": id, "roster": roster, "matched_by": matched_by})


async def classify(conn: Connection, id: UUID) -> int:
    """Write what became of each person; how many there are."""
    return (await conn.execute(CLASSIFY, {"id": id})).rowcount


async def found(db: AsyncSession, id: UUID) -> Comparison | None:
    return (await db.exec(select(Comparison).where(col(Comparison.id) == id))).one_or_none()


async def sums(db: AsyncSession, id: UUID) -> dict[str, int]:
    """Counted from the rows as they stand."""
    return dict((await db.execute(SUMS, {"id": id})).mappings().one())


def comparisons(kind: RosterKind | None, state: ComparisonState | None, as_of: date | None) -> Select[Any]:
    wanted: Select[Any] = select(Comparison)
    if kind is not None:
        wanted = wanted.where(col(Comparison.kind) == kind)
    if state is not None:
        wanted = wanted.where(col(Comparison.state) == state)
    if as_of is not None:
        wanted = wanted.where(col(Comparison.as_of) <= as_of)
    return wanted


SHOWN = """
    r.row_no, r.outcome, r.reason, r.matched_by, r.matched, r.contradictions,
    coalesce(n.household_no, b.household_no) AS household_no, coalesce(n.name, b.name) AS name,
    coalesce(n.id_number_mask, b.id_number_mask) AS id_number, coalesce(n.category, b.category) AS category,
    r.residence, r.division_code, r.base_row_no, r.newer_row_no,
    coalesce((SELECT json_agg(json_build_object('roster_id', m.roster_id, 'row_no', m.roster_row_no,
        'matched_by', m.matched_by, 'appraised_on', o.appraised_on, 'house_grade', o.house_grade) ORDER BY m.roster_id)
     FROM comparison_match m JOIN roster_row o ON o.roster_id = m.roster_id AND o.row_no = m.roster_row_no
     WHERE m.comparison_id = r.comparison_id AND m.row_no = r.row_no), '[]') AS matches,
    (SELECT json_build_object('outcome', d.outcome, 'reason', d.reason, 'resolved_by', d.resolved_by,
        'resolved_at', d.resolved_at) FROM comparison_resolution d
     WHERE d.comparison_id = r.comparison_id AND d.row_no = r.row_no) AS resolution
"""
SOURCE = """
    comparison_row r
    LEFT JOIN roster_row b ON b.roster_id = %(base)s AND b.row_no = r.base_row_no
    LEFT JOIN roster_row n ON n.roster_id = %(newer)s AND n.row_no = r.newer_row_no
"""


def rows(comparison: Comparison, division: str | None = None, **filters: Any) -> Listing:
    """The rows with what both rosters say of them; filters are columns of the row, `None` for any."""
    sides = {"id": comparison.id, "base": comparison.base_roster_id, "newer": comparison.newer_roster_id}
    wanted = Listing(SHOWN, SOURCE, (("r.row_no", int),)).where("r.comparison_id = %(id)s", **sides)
    if division is not None:
        wanted = wanted.where("starts_with(r.division_code, %(division)s)", division=division)
    for name, value in filters.items():
        if value is not None:
            wanted = wanted.where(f"r.{name} = %({name})s", **{name: value if isinstance(value, bool) else str(value)})
    return wanted


async def row(db: AsyncSession, id: UUID, row_no: int) -> ComparisonRow | None:
    wanted = select(ComparisonRow).where(col(ComparisonRow.comparison_id) == id, col(ComparisonRow.row_no) == row_no)
    return (await db.exec(wanted)).one_or_none()


async def decide(db: AsyncSession, decided: ComparisonRow, outcome: Outcome, reason: str) -> bool:
    """Write a person's decision; False when someone decided before."""
    params = {"id": decided.comparison_id, "row_no": decided.row_no, "outcome": outcome.value, "reason": reason}
    apart = outcome is Outcome.ADDED and decided.base_row_no is not None
    if (await db.execute(LET_GO if apart else DECIDE, params)).one_or_none() is None:
        return False
    if apart:
        await db.execute(SET_APART, params | {"newer_row_no": decided.newer_row_no})
    return True


async def exported(db: AsyncSession, id: UUID) -> AsyncIterator[tuple[Any, ...]]:
    """Every row for a workbook, ID numbers masked."""
    conn = await driver(db)
    async with conn.cursor() as cursor:
        async for found_row in cursor.stream(EXPORT, (id,)):
            yield found_row


async def hold(db: AsyncSession, id: UUID) -> str | None:
    """The comparison's state, held still until this transaction ends."""
    found: str | None = (await db.execute(HOLD, {"id": id})).scalar_one_or_none()
    return found


async def sign_off(db: AsyncSession, id: UUID, actor: str) -> bool:
    """False when it is not open; PostgreSQL refuses open conflicts and sums that do not agree."""
    return (await db.execute(SIGN_OFF, {"id": id, "actor": actor})).one_or_none() is not None
