"""Freezing a frame, and reading it again as the lines that its digest is over; in bounded memory at any size."""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Collection, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.db import driver
from services.inspection.problems.draws import NothingToSample, NumberNotDrawable
from services.inspection.rules.draw import Village, drawable, lines

BLOCK = 20_000  # lines

FRAME_VILLAGES = text("SELECT division_code, town_code, stratum FROM frame_village WHERE frame_id = :frame_id")

ADD_VILLAGES = text("""
    INSERT INTO frame_village (frame_id, division_code, town_code, name, stratum, poor_households, other_households,
                               longitude, latitude)
    SELECT CAST(:frame_id AS uuid), code, town, name, stratum, poor, other, longitude, latitude
    FROM unnest(CAST(:code AS text[]), CAST(:town AS text[]), CAST(:name AS text[]), CAST(:stratum AS text[]),
                CAST(:poor AS int[]), CAST(:other AS int[]), CAST(:longitude AS numeric[]),
                CAST(:latitude AS numeric[])) AS v (code, town, name, stratum, poor, other, longitude, latitude)
""")

PATIENCE = "SET LOCAL statement_timeout = '2h'"
STAGE = """
    CREATE TEMPORARY TABLE frame_staged (
        household_no text COLLATE "C", household_id uuid, division_code text, poor boolean
    ) ON COMMIT DROP"""
COPY = "COPY frame_staged (household_no, household_id, division_code, poor) FROM STDIN"
TELL_APART = "CREATE UNIQUE INDEX ON frame_staged (household_no)"
COUNTED = (
    "SELECT division_code, count(*) FILTER (WHERE poor), count(*) FILTER (WHERE NOT poor) FROM frame_staged GROUP BY 1"
)
KEEP = """
    INSERT INTO frame_household (frame_id, household_no, household_id, division_code, county_code, poor)
    SELECT %s, household_no, household_id, division_code, left(division_code, 6), poor FROM frame_staged"""

# A block of households' lines in byte order, and where it ends; by index, so that no size sorts on disk.
LINES = sql.SQL("""
    SELECT string_agg({shown}, {between} ORDER BY household_no), max(household_no), count(*) FROM (
        SELECT household_no, 'H|' || household_no || '|' || division_code || '|'
               || CASE WHEN poor THEN 'POOR' ELSE 'OTHER' END AS line
        FROM {table} WHERE {frame} AND household_no > %s ORDER BY household_no LIMIT {block}) AS taken
""")


class Staged(NamedTuple):
    """Households that came from the registry, waiting for their frame."""

    counts: Mapping[str, tuple[int, int]]  # village: poor, other
    households: int
    left_out: int  # live in no village of the frame


async def stage(db: AsyncSession, places: Collection[str], households: AsyncIterable[Any]) -> Staged:
    """
    Take in the registry's households of these villages as they come; nothing is locked meanwhile.

    Raises NumberNotDrawable, NothingToSample.
    """
    connection = await driver(db)
    await connection.execute(PATIENCE)
    await connection.execute(STAGE)
    left_out = 0
    async with connection.cursor().copy(COPY) as copy:
        async for household in households:
            if household.division_code not in places:
                left_out += 1
            elif drawable(household.household_no):
                await copy.write_row(
                    (household.household_no, household.household_id, household.division_code, household.poor)
                )
            else:
                raise NumberNotDrawable
    try:
        await connection.execute(TELL_APART)
    except psycopg.errors.UniqueViolation:
        raise NumberNotDrawable from None
    await connection.execute("ANALYZE frame_staged")
    counts = {code: (poor, other) for code, poor, other in await (await connection.execute(COUNTED)).fetchall()}
    if not counts:
        raise NothingToSample
    return Staged(counts, sum(poor + other for poor, other in counts.values()), left_out)


async def staged_digest(db: AsyncSession, villages: Sequence[Village]) -> str:
    """SHA-256 over the lines of villages and staged households: what `sha256sum` prints for the file."""
    return await _digest(await driver(db), villages, None)


async def keep(db: AsyncSession, frame_id: UUID, villages: Sequence[Sequence[Any]]) -> None:
    """Freeze villages, as (code, town, name, stratum, poor, other, longitude, latitude), and staged households."""
    names = ("code", "town", "name", "stratum", "poor", "other", "longitude", "latitude")
    columns = dict(zip(names, map(list, zip(*villages, strict=True)), strict=True))
    await db.execute(ADD_VILLAGES, {"frame_id": frame_id, **columns})
    await (await driver(db)).execute(KEEP, (frame_id,))


async def villages(db: AsyncSession, frame_id: UUID) -> list[Village]:
    return [Village(*row) for row in await db.execute(FRAME_VILLAGES, {"frame_id": frame_id})]


async def digest(db: AsyncSession, frame_id: UUID) -> str:
    """SHA-256 over the frame's lines as its rows are now."""
    connection = await driver(db)
    await connection.execute(PATIENCE)
    return await _digest(connection, await villages(db, frame_id), frame_id)


async def written(db: AsyncSession, frame_id: UUID, *, as_json: bool = False) -> AsyncIterator[str]:
    """The frame's lines in blocks: each ended by LF, or as JSON strings with commas between all of them."""
    connection = await driver(db)
    await connection.execute(PATIENCE)
    async for block in _written(connection, await villages(db, frame_id), frame_id, as_json=as_json):
        yield block


async def _digest(connection: psycopg.AsyncConnection[Any], found: Sequence[Village], frame_id: UUID | None) -> str:
    hashed = hashlib.sha256()
    async for block in _written(connection, found, frame_id, as_json=False):
        hashed.update(block.encode())
    return hashed.hexdigest()


async def _written(
    connection: psycopg.AsyncConnection[Any], found: Sequence[Village], frame_id: UUID | None, *, as_json: bool
) -> AsyncIterator[str]:
    own = lines(found, ())
    yield ",".join(f'"{line}"' for line in own) if as_json else "".join(f"{line}\n" for line in own)
    statement = LINES.format(
        shown=sql.SQL("to_json(line)::text" if as_json else "line || E'\\n'"),
        between=sql.Literal("," if as_json else ""),
        table=sql.Identifier("frame_household" if frame_id else "frame_staged"),
        frame=sql.SQL("frame_id = {}").format(frame_id) if frame_id else sql.SQL("true"),
        block=sql.Literal(BLOCK),
    )
    after, more = "", True
    while more:
        row = await (await connection.execute(statement, (after,))).fetchone()
        if row is None or not row[2]:
            return
        block, after, count = row
        yield f",{block}" if as_json else block
        more = count == BLOCK
