"""
Comparison by sets: both rosters are read once, whatever their size; what follows looks only at who is left over.

Two rows are one person by ID number; where one of them has none or the numbers differ, by a household number that is
unique in both rosters; else by a name that is unique in its division in both, unless a number of theirs contradicts it.
Each later key is tried only on rows that no earlier one has matched.
"""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import UUID

from psycopg import sql
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
    SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL work_mem = '256MB';
    SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off; SET LOCAL jit = off
"""

_CONTRADICTIONS = """
    CASE WHEN (n.{id} <> b.{id} OR n.{no} <> b.{no} OR n.{name} <> b.{name} OR n.category <> b.category
               OR b.twice OR n.twice) IS TRUE
        THEN array_remove(ARRAY[
            CASE WHEN n.{id} <> b.{id} THEN 'ID_NUMBER' END,
            CASE WHEN n.{no} <> b.{no} THEN 'HOUSEHOLD_NO' END,
            CASE WHEN n.{name} <> b.{name} THEN 'NAME' END,
            CASE WHEN n.category <> b.category AND n.removed_reason IS NULL THEN 'CATEGORY' END,
            CASE WHEN b.twice THEN 'TWICE_IN_BASE' END, CASE WHEN n.twice THEN 'TWICE_IN_NEWER' END], NULL)
        ELSE ARRAY[]::text[] END
"""

_LEFT_CONTRADICTIONS = (
    _CONTRADICTIONS.replace("n.{", "n.n_{").replace("b.{", "b.b_{").format(id="id", no="no", name="name")
)

_SIDE = """
    SELECT row_no, CASE WHEN id_number_rank = 1 THEN id_number_index END AS person, id_number_rank = 1 AS first,
           id_number_index AS id, id_number_copies > 1 AS twice, household_no AS no,
           household_no_copies = 1 AS no_alone,
           name, name_copies = 1 AS name_alone, division_code AS place, category, residence, removed_reason
    FROM roster_row WHERE roster_id =
"""

# One full join finds whom both have; a NULL key joins nothing and stays on its own side. A second base row of an ID
# number has no key: it is a row of its own, told apart by `contradictions`. A second newer row is none: its person is
# there already. The numbers and names of both sides stay beside each other, for the keys that are tried later.
PERSON = f"""
    CREATE TEMP TABLE person ON COMMIT DROP AS
    SELECT b.row_no AS base_row_no, n.row_no AS newer_row_no,
        CASE WHEN b.row_no IS NOT NULL AND n.row_no IS NOT NULL THEN 'ID_NUMBER' END AS matched_by,
        b.first, coalesce(n.twice, b.twice) AS twice, n.removed_reason, coalesce(n.category, b.category) AS category,
        coalesce(n.residence, b.residence) AS residence, coalesce(n.place, b.place) AS place,
        {_CONTRADICTIONS.format(id="id", no="no", name="name")} AS contradictions,
        n.id AS n_id, n.no AS n_no, n.no_alone AS n_no_alone, n.name AS n_name, n.place AS n_place,
        n.name_alone AS n_name_alone, b.id AS b_id, b.no AS b_no, b.no_alone AS b_no_alone, b.name AS b_name,
        b.place AS b_place, b.name_alone AS b_name_alone
    FROM ({_SIDE} %(base)s) AS b FULL JOIN ({_SIDE} %(newer)s AND id_number_rank = 1) AS n ON n.person = b.person
"""  # noqa: S608  # made of constants

LATER_KEYS = {
    "HOUSEHOLD_NO": "n.n_no = b.b_no AND n.n_no_alone AND b.b_no_alone",
    "NAME_AND_DIVISION": """
        n.n_name = b.b_name AND n.n_place = b.b_place AND n.n_name_alone AND b.b_name_alone
        AND coalesce(n.n_id = b.b_id, true) AND coalesce(n.n_no = b.b_no, true)
    """,
}

LEFT_OVER = """
    CREATE TEMP TABLE left_base ON COMMIT DROP AS SELECT * FROM person WHERE newer_row_no IS NULL AND first;
    CREATE TEMP TABLE left_newer ON COMMIT DROP AS SELECT * FROM person WHERE base_row_no IS NULL;
    ANALYZE left_base; ANALYZE left_newer;
    CREATE TEMP TABLE later (base_row_no integer, newer_row_no integer, matched_by text) ON COMMIT DROP
"""
LATER = """
    INSERT INTO later SELECT b.base_row_no, n.newer_row_no, '{matched_by}' FROM left_base b JOIN left_newer n ON {key}
    WHERE NOT EXISTS (SELECT FROM later l WHERE l.base_row_no = b.base_row_no)
      AND NOT EXISTS (SELECT FROM later l WHERE l.newer_row_no = n.newer_row_no)
"""
JOIN_LATER = (
    """
    DELETE FROM person p USING later l WHERE p.base_row_no IS NULL AND p.newer_row_no = l.newer_row_no
    """,
    f"""
    UPDATE person p SET newer_row_no = n.newer_row_no, matched_by = l.matched_by, removed_reason = n.removed_reason,
        category = coalesce(n.category, b.category), residence = coalesce(n.residence, b.residence), place = n.place,
        contradictions = {_LEFT_CONTRADICTIONS},
        n_id = n.n_id, n_no = n.n_no, n_no_alone = n.n_no_alone, n_name = n.n_name, n_place = n.n_place,
        n_name_alone = n.n_name_alone
    FROM later l JOIN left_base b ON b.base_row_no = l.base_row_no JOIN left_newer n ON n.newer_row_no = l.newer_row_no
    WHERE p.base_row_no = l.base_row_no
    """,  # noqa: S608  # made of constants
)

# A row of the base keeps its number; the newer roster's own rows are numbered after them.
SHIFT = "SELECT coalesce(max(row_no), 0) FROM roster_row WHERE roster_id = %s"
_ROW_NO = "coalesce(p.base_row_no, %(shift)s::integer + p.newer_row_no)"

# A person has the newer roster's numbers (n) and the base's (b): either finds them in a match roster. A person keeps
# the match of the earliest key, and a row of the match roster stands for one person.
HITS = """
    CREATE TEMP TABLE hit (row_no integer, roster_id uuid, roster_row_no integer, place text COLLATE "C",
                           matched_by text) ON COMMIT DROP
"""
BY_ID = f"""
    INSERT INTO hit SELECT {_ROW_NO}, %(roster)s, m.row_no, p.place, 'ID_NUMBER'
    FROM person p JOIN (SELECT row_no, id_number_index FROM roster_row
                        WHERE roster_id = %(roster)s AND id_number_rank = 1) AS m ON m.id_number_index = p.n_id
"""  # noqa: S608  # made of constants
SOUGHT = """
    DROP TABLE IF EXISTS sought;
    CREATE TEMP TABLE sought ON COMMIT DROP AS
    SELECT m.row_no, m.id_number_index AS id, m.id_number_rank = 1 AS first, m.household_no AS no,
           m.household_no_copies = 1 AS no_alone, m.name, m.name_copies = 1 AS name_alone, m.division_code AS place
    FROM roster_row m WHERE m.roster_id = {roster}
      AND NOT EXISTS (SELECT FROM hit h WHERE h.roster_id = {roster} AND h.roster_row_no = m.row_no);
    ANALYZE sought
"""
ANY_SOUGHT = """
    SELECT EXISTS (SELECT FROM sought m WHERE NOT EXISTS (
        SELECT FROM hit h WHERE h.roster_id = %(roster)s AND h.roster_row_no = m.row_no))
"""
BY_LATER_KEY = """
    INSERT INTO hit SELECT DISTINCT ON (m.row_no) {row_no}, %(roster)s, m.row_no, p.place, '{matched_by}'
    FROM person p JOIN sought m ON {key}
    WHERE NOT EXISTS (SELECT FROM hit h WHERE h.roster_id = %(roster)s AND h.roster_row_no = m.row_no)
      AND NOT EXISTS (SELECT FROM hit h WHERE h.roster_id = %(roster)s AND h.row_no = {row_no})
    ORDER BY m.row_no, {row_no}
"""
MATCH_KEYS = (
    ("ID_NUMBER", "b", "m.id = p.{0}_id AND m.first"),
    *(("HOUSEHOLD_NO", side, "m.no = p.{0}_no AND m.no_alone AND p.{0}_no_alone") for side in ("n", "b")),
    *(
        (
            "NAME_AND_DIVISION",
            side,
            """
            m.name = p.{0}_name AND m.place = p.{0}_place AND m.name_alone AND p.{0}_name_alone
            AND coalesce(m.id = p.{0}_id, true) AND coalesce(m.no = p.{0}_no, true)
            """,
        )
        for side in ("n", "b")
    ),
)
KEEP_HITS = """
    INSERT INTO comparison_match (comparison_id, row_no, roster_id, county_code, division_code, roster_row_no,
                                  matched_by)
    SELECT DISTINCT ON (row_no) %(id)s, row_no, roster_id, left(place, 6), place, roster_row_no, matched_by
    FROM hit WHERE roster_id = %(roster)s ORDER BY row_no, roster_row_no
"""

CLASSIFY = f"""
    INSERT INTO comparison_row (comparison_id, row_no, county_code, division_code, base_row_no, newer_row_no,
        matched_by, outcome, reason, contradictions, matched, residence)
    SELECT %(id)s, o.row_no, left(o.place, 6), o.place, o.base_row_no, o.newer_row_no, o.matched_by, o.outcome,
        CASE WHEN o.outcome = 'REMOVED' THEN coalesce(o.removed_reason, 'NOT_IN_NEW_DATA') END, o.contradictions,
        m.row_no IS NOT NULL, o.residence
    FROM (
        SELECT p.*, {_ROW_NO} AS row_no,
            CASE WHEN p.contradictions <> '{{}}' THEN 'CONFLICT'
                 WHEN p.base_row_no IS NULL THEN CASE WHEN p.removed_reason IS NULL THEN 'ADDED' ELSE 'DROPPED' END
                 WHEN p.newer_row_no IS NULL OR p.removed_reason IS NOT NULL THEN 'REMOVED'
                 ELSE 'KEPT' END AS outcome
        FROM person p
    ) AS o
    LEFT JOIN (SELECT DISTINCT row_no FROM hit) AS m ON m.row_no = o.row_no
    ORDER BY o.row_no
"""  # noqa: S608  # made of constants

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
    """Find, key after key, which rows of the two rosters are one person, and what contradicts in them."""
    await conn.execute(SETTINGS)
    await conn.execute(PERSON, {"base": base, "newer": newer})
    await conn.execute(LEFT_OVER)
    for matched_by, key in LATER_KEYS.items():
        await conn.execute(LATER.format(matched_by=matched_by, key=key))
    for statement in JOIN_LATER:
        await conn.execute(statement)
    await conn.execute("ANALYZE person (n_id, b_id)")
    await conn.execute(HITS)


async def match(conn: Connection, id: UUID, base: UUID, roster: UUID) -> None:
    """Find the persons in a match roster."""
    shift = await _shift(conn, base)
    sides = {"id": id, "roster": roster, "shift": shift}
    await conn.execute(BY_ID, sides)
    await conn.execute("ANALYZE hit")
    await conn.execute(sql.SQL(SOUGHT).format(roster=sql.Literal(roster)))
    for matched_by, side, key in MATCH_KEYS:
        row = await (await conn.execute(ANY_SOUGHT, sides)).fetchone()
        if row is None or not row[0]:
            break
        statement = BY_LATER_KEY.format(row_no=_ROW_NO, matched_by=matched_by, key=key.format(side))
        await conn.execute(statement, sides)
    await conn.execute(KEEP_HITS, sides)


async def classify(conn: Connection, id: UUID, base: UUID) -> int:
    """Write what became of each person; how many there are."""
    return (await conn.execute(CLASSIFY, {"id": id, "shift": await _shift(conn, base)})).rowcount


async def _shift(conn: Connection, base: UUID) -> int:
    row = await (await conn.execute(SHIFT, (base,))).fetchone()
    return int(row[0]) if row else 0


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
