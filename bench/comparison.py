"""
How long does comparing two rosters take, against one bare SQL FULL JOIN of the same rows?

    python bench/comparison.py [--quick]      (1,000,000 rows in each roster, or 100,000; a server of its own)

The rosters: nine in ten persons stand in both, one in a hundred of them without an ID number in the newer one (found by
household number), one in a thousand contradicting; a tenth is new. Against them, in the same session under row-level
security, as a job has it:

- bare: FULL JOIN of the two rosters on the blind index (`id_number_index`), its rows counted, PostgreSQL's own plan;
- kept: the same FULL JOIN, the two row numbers of each row kept in a temporary table.

A comparison is all that the job does: pairing by three keys, contradictions, outcomes, rows written, constraints,
primary key, index, triggers, partition attached. It is rolled back after each round. Rounds are interleaved; each shows
the wall clock and the CPU of the server, parallel workers included: the latter says more on a machine that others load.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import psutil
import psycopg

from fupin.migrate import bootstrap, upgrade
from fupin.postgres import Server

ROUNDS = 5
BASE, NEWER, MATCH, ALONE, MATCHED = (UUID(int=n) for n in (1, 2, 3, 4, 5))
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


class Took(NamedTuple):
    """Seconds by the clock, and seconds of CPU that the server used."""

    wall: float
    cpu: float


def _cpu(backend: psutil.Process) -> float:
    """Of the session's own process, and of the parallel workers that have ended."""
    own, workers = backend.cpu_times(), psutil.Process(backend.ppid()).cpu_times()
    return own.user + own.system + workers.children_user + workers.children_system


async def timed(backend: psutil.Process, work: Callable[[], Awaitable[Any]]) -> Took:
    began, used = time.perf_counter(), _cpu(backend)
    await work()
    wall = time.perf_counter() - began
    await asyncio.sleep(0.1)  # the last worker is reaped
    return Took(wall, _cpu(backend) - used)


async def measure(conn: psycopg.AsyncConnection[Any]) -> dict[str, Took]:
    """One round: the two bare joins, then a comparison without and one with a match roster, step by step."""
    backend, both = psutil.Process(conn.info.backend_pid), {"base": BASE, "newer": NEWER}
    round_: dict[str, Took] = {}

    async def step(what: str, statement: str, params: Any) -> None:
        round_[what] = await timed(backend, lambda: conn.execute(statement, params))

    await conn.execute("SET LOCAL fupin.division = '230882'; SET LOCAL work_mem = '256MB'; SET LOCAL jit = off")
    await step("bare", BARE, both)
    await step("kept", BARE_KEPT, both)
    for id, said in ((ALONE, "alone"), (MATCHED, "matched")):
        for function in ("pair_rosters", "match_rosters", "keep_comparison"):
            await step(f"{said}: {function}", f"SELECT {function}(%s)", (id,))
        steps = [took for what, took in round_.items() if what.startswith(f"{said}: ")]
        round_[said] = Took(sum(took.wall for took in steps), sum(took.cpu for took in steps))
    await conn.rollback()
    return round_


async def main(rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder) / "postgres", fast=True) as server:
        bootstrap(server.url("bench"), "registry", "bench")
        upgrade(server.url("bench"), "registry")
        _fill(server, rows)
        url = server.url("bench", "fupin_registry", "bench").replace("+psycopg", "")
        async with await psycopg.AsyncConnection.connect(url) as conn:
            await measure(conn)  # warm
            rounds = [await measure(conn) for _ in range(ROUNDS)]
    print(f"{rows:,} rows in each roster, {ROUNDS} rounds: median (smallest to largest)\n")
    print("| step | seconds | CPU seconds | x bare | CPU x bare | x kept | CPU x kept |")
    print("|---|---|---|---|---|---|---|")
    for what in rounds[0]:
        cells = [_range([r[what].wall for r in rounds]), _range([r[what].cpu for r in rounds])]
        for bare in ("bare", "kept"):
            cells.append(_range([r[what].wall / r[bare].wall for r in rounds]))
            cells.append(_range([r[what].cpu / r[bare].cpu for r in rounds]))
        print(f"| {what} | {' | '.join(cells)} |")


def _range(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


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
        for id, sources in ((ALONE, []), (MATCHED, [MATCH])):
            admin.execute(
                "INSERT INTO comparison (id, division_code, name, kind, as_of, base_roster_id, newer_roster_id,"
                " match_roster_ids, created_by) VALUES (%s, %s, 'x', 'HOUSING', '2018-05-10', %s, %s, %s, 'bench')",
                (id, COUNTY, BASE, NEWER, sources),
            )
        admin.execute("VACUUM ANALYZE")


if __name__ == "__main__":
    asyncio.run(main(100_000 if "--quick" in sys.argv else 1_000_000))
