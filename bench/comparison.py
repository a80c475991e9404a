"""
How long does comparing two rosters take, against one bare SQL FULL JOIN of the same rows?

    python bench/comparison.py [rows]      (1,000,000 in each roster; a server of its own, in a temporary folder)

The rosters: nine in ten persons stand in both, one in a hundred of them without an ID number in the newer one (found by
household number), one in a thousand contradicting; a tenth is new. The bare join is a FULL JOIN of the two rosters on
the blind index with its rows counted. Everything runs in one session under row-level security, as a job does.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from fupin.migrate import bootstrap, upgrade
from fupin.postgres import Server
from services.registry.queries import comparisons

BASE, NEWER, MATCH, COMPARISON = (UUID(int=n) for n in (1, 2, 3, 4))
COUNTY = "230882000000"

FILL = """
    INSERT INTO roster_row (roster_id, row_no, county_code, division_code, household_no, name, id_number_index,
                            id_number_mask, category, residence, removed_reason)
    SELECT %(roster)s, n, '230882', '230882101' || lpad((200 + n %% 700)::text, 3, '0'), 'H' || n,
           '张' || n, CASE WHEN n %% %(unnumbered)s <> 0 THEN decode(md5(n::text), 'hex') END, '990***',
           'MINIMUM_LIVING', 'RURAL', CASE WHEN n %% %(removed)s = 0 THEN '死亡' END
    FROM generate_series(%(first)s::int, %(last)s::int) n
"""
DOUBT = "UPDATE roster_row SET name = '汪' || row_no WHERE roster_id = %s AND row_no %% 1000 = 7"
BARE = """
    SELECT count(*), count(a.row_no), count(b.row_no)
    FROM (SELECT row_no, id_number_index FROM roster_row WHERE roster_id = %(base)s) a
    FULL JOIN (SELECT row_no, id_number_index FROM roster_row WHERE roster_id = %(newer)s) b USING (id_number_index)
"""
BARE_KEPT = "CREATE TEMP TABLE bare AS " + BARE.replace(
    "count(*), count(a.row_no), count(b.row_no)", "a.row_no AS base_row_no, b.row_no AS newer_row_no"
)


async def timed(what: str, work: Awaitable[Any]) -> float:
    started = time.perf_counter()
    await work
    took = time.perf_counter() - started
    print(f"{what:<48}{took:8.2f} s")
    return took


async def main(rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder) / "postgres", fast=True) as server:
        bootstrap(server.url("bench"), "registry", "bench")
        upgrade(server.url("bench"), "registry")
        _fill(server, rows)
        url = server.url("bench", "fupin_registry", "bench").replace("+psycopg", "")
        async with await psycopg.AsyncConnection.connect(url) as conn:
            await conn.execute("SET LOCAL fupin.division = '230882'")
            await conn.execute(comparisons.SETTINGS)
            both = {"base": BASE, "newer": NEWER}
            await conn.execute(BARE, both)  # warm
            bare = await timed("bare FULL JOIN, counted", conn.execute(BARE, both))
            kept = await timed("bare FULL JOIN, its rows kept in a table", conn.execute(BARE_KEPT, both))
            pair = await timed("paired by three keys", comparisons.pair(conn, BASE, NEWER))
            match = await timed("looked up in a match roster", comparisons.match(conn, COMPARISON, BASE, MATCH))
            classify = await timed("classified and written", comparisons.classify(conn, COMPARISON, BASE))
            found = await conn.execute("SELECT outcome, count(*) FROM comparison_row GROUP BY 1 ORDER BY 1")
            print(dict(await found.fetchall()))
            whole, alone = pair + match + classify, pair + classify
            print(f"with a match roster / bare join: {whole / bare:.1f}; / bare join kept: {whole / kept:.1f}")
            print(f"without it          / bare join: {alone / bare:.1f}; / bare join kept: {alone / kept:.1f}")


def _fill(server: Server, rows: int) -> None:
    with psycopg.connect(server.url("bench").replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute("SET search_path = registry, public")
        shift = rows // 10
        for roster, first, last, unnumbered, removed in (
            (BASE, 1, rows, 10**9, 10**9),
            (NEWER, 1 + shift, rows + shift, 100, 20),
            (MATCH, 1, rows // 3, 10**9, 10**9),
        ):
            admin.execute(
                "INSERT INTO roster (id, division_code, name, kind, as_of, created_by) VALUES (%s, %s, 'x', 'HOUSING',"
                " '2018-01-01', 'bench')",
                (roster, COUNTY),
            )
            shape = {"first": first, "last": last, "unnumbered": unnumbered, "removed": removed}
            admin.execute(FILL, {"roster": roster} | shape)
        admin.execute("ALTER TABLE roster_row DISABLE TRIGGER append_only")
        admin.execute(DOUBT, (NEWER,))
        admin.execute("UPDATE roster SET state = 'READY'")
        admin.execute(
            "INSERT INTO comparison (id, division_code, name, kind, as_of, base_roster_id, newer_roster_id, created_by)"
            " VALUES (%s, %s, 'x', 'HOUSING', '2018-05-10', %s, %s, 'bench')",
            (COMPARISON, COUNTY, BASE, NEWER),
        )
        admin.execute("VACUUM ANALYZE")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
