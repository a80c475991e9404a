"""Rosters: filled from a file or from a comparison, listed, downloaded."""

from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.db import driver
from fupin.listing import Listing
from services.registry.codes.rosters import RosterKind, RosterState
from services.registry.models import Roster
from services.registry.queries.imports.staging import Connection

# Rosters come and go faster than autovacuum counts them: taken for a handful of rows, they would be joined by loops.
SETTINGS = """
    SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL work_mem = '256MB';
    SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off; SET LOCAL jit = off
"""

# Counted once here, so that every comparison finds its unique keys without looking for them.
_RANKS = """
        CASE WHEN s.id_number_index IS NULL THEN 1
             ELSE row_number() OVER (PARTITION BY s.id_number_index ORDER BY s.row_no) END,
        CASE WHEN s.id_number_index IS NULL THEN 1 ELSE count(*) OVER (PARTITION BY s.id_number_index) END,
        CASE WHEN s.household_no IS NULL THEN 1 ELSE count(*) OVER (PARTITION BY s.household_no) END,
        count(*) OVER (PARTITION BY s.name, s.division_code)
"""

FILL = f"""
    INSERT INTO roster_row (roster_id, row_no, county_code, division_code, household_no, name, id_number_enc,
        id_number_index, id_number_mask, category, residence, removed_reason, appraised_on, house_grade, attributes,
        id_number_rank, id_number_copies, household_no_copies, name_copies)
    SELECT %(id)s, s.row_no, left(s.division_code, 6), s.division_code, s.household_no, s.name, s.id_number_enc,
        s.id_number_index, s.id_number_mask, s.category, s.residence, s.removed_reason, s.appraised_on, s.house_grade,
        coalesce(s.attributes, '{{}}'), {_RANKS}
    FROM stage s ORDER BY s.row_no
"""  # noqa: S608  # made of constants

FINISH = text("UPDATE roster SET state = :state, row_count = :rows WHERE id = :id AND state = 'LOADING'")

# The next roster: who was kept and is in no match roster, and who was added. In the order of the comparison. Its ID
# numbers stay sealed as they are.
NEXT = f"""
    INSERT INTO roster_row (roster_id, row_no, county_code, division_code, household_no, name, id_number_enc,
        id_number_index, id_number_mask, category, residence, house_grade, attributes, outcome,
        id_number_rank, id_number_copies, household_no_copies, name_copies)
    SELECT %(id)s, s.row_no, s.county_code, s.division_code, s.household_no, s.name, s.id_number_enc,
        s.id_number_index, s.id_number_mask, s.category, s.residence, s.house_grade, s.attributes, s.outcome, {_RANKS}
    FROM (
        SELECT row_number() OVER (ORDER BY r.row_no) AS row_no, r.county_code, r.division_code, r.outcome,
            coalesce(n.household_no, b.household_no) AS household_no, coalesce(n.name, b.name) AS name,
            CASE WHEN n.id_number_index IS NULL THEN b.id_number_enc ELSE n.id_number_enc END AS id_number_enc,
            coalesce(n.id_number_index, b.id_number_index) AS id_number_index,
            coalesce(n.id_number_mask, b.id_number_mask) AS id_number_mask,
            coalesce(n.category, b.category) AS category, coalesce(n.residence, b.residence) AS residence,
            coalesce(n.house_grade, b.house_grade) AS house_grade,
            coalesce(b.attributes, '{{}}') || coalesce(n.attributes, '{{}}') AS attributes
        FROM comparison c JOIN comparison_row r ON r.comparison_id = c.id
        LEFT JOIN roster_row b ON b.roster_id = c.base_roster_id AND b.row_no = r.base_row_no
        LEFT JOIN roster_row n ON n.roster_id = c.newer_roster_id AND n.row_no = r.newer_row_no
        WHERE c.id = %(comparison_id)s AND (r.outcome = 'ADDED' OR (r.outcome = 'KEPT' AND NOT r.matched))
    ) AS s
"""  # noqa: S608  # made of constants

EXPORT = """
    SELECT row_no, household_no, name, id_number_mask, division_code, category, residence, removed_reason,
           appraised_on, house_grade, outcome
    FROM roster_row WHERE roster_id = %s ORDER BY row_no
"""


SHOWN = """
    t.id, t.name, t.kind, t.as_of, t.state, t.row_count, t.filename, t.comparison_id, t.rule, t.criteria,
    t.division_code, t.created_by, t.created_at
"""


def rosters(
    kind: RosterKind | None,
    state: RosterState | None,
    comparison_id: UUID | None,
    as_of: date | None,
    known_at: datetime | None = None,
) -> Listing:
    wanted = Listing(SHOWN, "roster t", (("t.id", UUID),))
    if kind is not None:
        wanted = wanted.where("t.kind = %(kind)s", kind=str(kind))
    if state is not None:
        wanted = wanted.where("t.state = %(state)s", state=str(state))
    if comparison_id is not None:
        wanted = wanted.where("t.comparison_id = %(comparison_id)s", comparison_id=comparison_id)
    if as_of is not None:
        wanted = wanted.where("t.as_of <= %(as_of)s", as_of=as_of)
    if known_at is not None:
        wanted = wanted.where("t.created_at <= %(known_at)s", known_at=known_at)
    return wanted


async def found(db: AsyncSession, id: UUID) -> Roster | None:
    return (await db.exec(select(Roster).where(col(Roster.id) == id))).one_or_none()


SHOWN_ROWS = """
    row_no, household_no, name, id_number_mask AS id_number, division_code, category, residence, removed_reason,
    appraised_on, house_grade, outcome, attributes
"""


def rows(id: UUID, division: str | None = None, **filters: Any) -> Listing:
    """The rows of a roster; filters are its columns, `None` for any."""
    wanted = Listing(SHOWN_ROWS, "roster_row", (("row_no", int),)).where("roster_id = %(id)s", id=id)
    if division is not None:
        wanted = wanted.where("starts_with(division_code, %(division)s)", division=division)
    for name, value in filters.items():
        if value is not None:
            wanted = wanted.where(f"{name} = %({name})s", **{name: str(value)})
    return wanted


async def fill(conn: Connection, id: UUID) -> int:
    return (await conn.execute(FILL, {"id": id})).rowcount


async def fill_next(conn: Connection, id: UUID, comparison_id: UUID) -> int:
    return (await conn.execute(NEXT, {"id": id, "comparison_id": comparison_id})).rowcount


async def finish(db: AsyncSession, id: UUID, state: RosterState, count: int) -> None:
    await db.execute(FINISH, {"id": id, "state": state.value, "rows": count})


async def exported(db: AsyncSession, id: UUID) -> AsyncIterator[tuple[Any, ...]]:
    """Every row for a workbook, ID numbers masked."""
    conn = await driver(db)
    async with conn.cursor() as cursor:
        async for row in cursor.stream(EXPORT, (id,)):
            yield row
