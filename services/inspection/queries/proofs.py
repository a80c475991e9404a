"""The units of a proof: drawn ones as they are stored, with the tickets of those that were not drawn beside them."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from psycopg import sql
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.db import driver

BLOCK = 2_000  # units

VILLAGES = sql.SQL("""
    SELECT json_build_object(
        'village', f.division_code, 'town', f.town_code, 'stratum', f.stratum,
        'ticket', coalesce(v.ticket, encode(f.hash, 'hex')), 'order', coalesce(v.draw_order, f.draw_order),
        'role', CASE WHEN v.id IS NOT NULL THEN 'MAIN' END, 'probability', v.pi_num || '/' || v.pi_den)::text
    FROM (
        SELECT r.*, row_number() OVER (PARTITION BY town_code, stratum ORDER BY hash) AS draw_order
        FROM (SELECT division_code, town_code, stratum,
                     sha256(convert_to(%(prefix)s || '|village|' || division_code, 'UTF8')) AS hash
              FROM frame_village WHERE frame_id = %(frame_id)s) r
    ) f
    LEFT JOIN draw_village v ON v.draw_id = %(draw_id)s AND v.division_code = f.division_code
    ORDER BY f.town_code, f.stratum, f.draw_order
""")

HOUSEHOLDS = sql.SQL("""
    SELECT json_build_object(
        'household_no', f.household_no, 'village', f.division_code, 'poor', f.poor,
        'ticket', coalesce(h.ticket, encode(f.hash, 'hex')), 'order', coalesce(h.draw_order, f.draw_order),
        'role', h.role, 'probability', h.pi_num || '/' || h.pi_den)::text
    FROM (
        SELECT r.*, row_number() OVER (PARTITION BY division_code, poor ORDER BY hash) AS draw_order
        FROM (SELECT f.household_no, f.division_code, f.poor,
                     sha256(convert_to(%(prefix)s || '|household|' || f.household_no, 'UTF8')) AS hash
              FROM draw_village v
              JOIN frame_household f ON f.frame_id = %(frame_id)s AND f.division_code = v.division_code
              WHERE v.draw_id = %(draw_id)s) r
    ) f
    LEFT JOIN draw_household h ON h.draw_id = %(draw_id)s AND h.household_no = f.household_no
    ORDER BY f.division_code, f.poor DESC, f.draw_order
""")


async def written(
    db: AsyncSession, units: sql.SQL, *, draw_id: UUID, frame_id: UUID, seed: str, plan_no: str
) -> AsyncIterator[str]:
    """JSON objects with commas between all of them, in blocks."""
    connection = await driver(db)
    params: dict[str, Any] = {"draw_id": draw_id, "frame_id": frame_id, "prefix": f"{seed}|{plan_no}"}
    between = ""
    async with connection.cursor("units") as cursor:
        await cursor.execute(units, params)
        while rows := await cursor.fetchmany(BLOCK):
            yield between + ",".join(row for (row,) in rows)
            between = ","
