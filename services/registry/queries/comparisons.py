"""
Comparisons: classified by the database's own functions (migration 0010), listed, decided, signed off.

Two rows are one person by ID number; where one of them has none or the numbers differ, by a household number that is
unique in both rosters; else by a name that is unique in its division in both, unless a number of theirs contradicts it.
Both rosters are read once, whatever their size; what follows looks only at who is left over: each later key is tried
only on rows that no earlier one has matched.
"""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.db import driver
from fupin.listing import Listing
from services.registry.codes.rosters import ComparisonState, Outcome, RosterKind
from services.registry.models import Comparison, ComparisonRow

# A comparison takes as long as its rosters are large; the limits are for requests.
PATIENCE = text("SET LOCAL statement_timeout = 0")

PAIR = text("SELECT pair_rosters(:id)")
MATCH = text("SELECT match_rosters(:id)")
KEEP = text("SELECT keep_comparison(:id)")

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


async def pair(db: AsyncSession, id: UUID) -> None:
    """Find, key after key, which rows of the two rosters are one person, and what became of each."""
    await db.execute(PATIENCE)
    await db.execute(PAIR, {"id": id})


async def match(db: AsyncSession, id: UUID) -> None:
    """Find the persons in the match rosters."""
    await db.execute(MATCH, {"id": id})


async def keep(db: AsyncSession, id: UUID) -> None:
    """Put the rows under the constraints, and where they are read."""
    await db.execute(KEEP, {"id": id})
    await db.execute(OPEN, {"id": id})


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
