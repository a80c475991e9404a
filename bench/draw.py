"""
What does a draw over five million households cost beside the bare SQL that hashes and ranks them once?

    python bench/draw.py [--quick]     (5,000,000 households in 100,000 villages, 5 rounds; quick: 100,000 in 2,000, 3)

A server of its own with one frozen frame of 4,000 towns (quick: 80) of 25 villages of 50 households, one village in
each town under key supervision. The bare SQL hashes every household of the frame and ranks it in its stratum, and
counts the drawn; it checks and keeps nothing. The draw checks the frame against its digest, draws four villages of each
town and the key ones, of each 5 + 5 households and 3 + 3 reserves, and keeps them with tickets and probabilities. Both
with the service's own login, in turns; the draw is rolled back. Beside it, once, the draw of every village: all
households hashed and ranked, and a third of them kept.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.db import driver, sessions
from fupin.migrate import bootstrap, upgrade
from fupin.postgres import Server
from services.inspection.queries import draws, frames

PASSWORD = "bench-only"  # noqa: S105  # of a database that lives as long as this run
VILLAGES, HOUSEHOLDS, KEY = 25, 50, 1
PLAN = """
    INSERT INTO plan (division_code, plan_no, purpose, period_from, period_to, strata, central_villages,
                      villages_per_town, poor_per_village, non_poor_per_village, reserves)
    VALUES ('230000000000', %s, 'bench', '2018-05-10', '2018-06-29', '{KEY,SAMPLE}', '{}', %s, 5, 5, 3) RETURNING id
"""
FRAME = """
    INSERT INTO frame (plan_id, division_code, frame_on, frozen_on, digest, villages, households, left_out)
    VALUES (%s, '230000000000', '2018-05-02', '2018-05-02', repeat('0', 64), %s, %s, 0) RETURNING id
"""
FRAME_VILLAGES = """
    INSERT INTO frame_village (frame_id, division_code, town_code, name, stratum, poor_households, other_households)
    SELECT %s, '23' || to_char(t, 'FM0000000') || to_char(v, 'FM000'), '23' || to_char(t, 'FM0000000') || '000', 'v',
           CASE WHEN v <= %s THEN 'KEY' ELSE 'SAMPLE' END, 25, 25
    FROM generate_series(1, %s) t, generate_series(1, %s) v
"""
FRAME_HOUSEHOLDS = """
    INSERT INTO frame_household (frame_id, household_no, household_id, division_code, county_code, poor)
    SELECT frame_id, division_code || '-' || to_char(n, 'FM0000'), uuidv7(), division_code, left(division_code, 6),
           n <= %s / 2
    FROM frame_village, generate_series(1, %s) n WHERE frame_id = %s
"""
PUBLISHED = """
    INSERT INTO frame_publication (frame_id, division_code, published_on, published_in)
    VALUES (%s, '230000000000', '2018-05-03', 'x')
"""
EVENT = """
    INSERT INTO seed_event (plan_id, division_code, wave, event, named_on, occurs_on)
    VALUES (%s, '230000000000', 1, 'e', '2018-05-03', '2018-05-06') RETURNING id
"""
BARE = """
    SELECT count(*) FROM (
        SELECT row_number() OVER (PARTITION BY division_code, poor ORDER BY hash) AS draw_order
        FROM (SELECT division_code, poor, sha256(convert_to(%s || '|household|' || household_no, 'UTF8')) AS hash
              FROM frame_household WHERE frame_id = %s) h
    ) r WHERE draw_order <= 8
"""


def fill(url: str, towns: int) -> dict[str, Any]:
    """A frame drawn from four villages a town, and the same with all of them; what is asked of each draw."""
    with psycopg.connect(url) as db:
        db.execute("SET fupin.division = '23'; SET fupin.actor = 'bench'; SET statement_timeout = 0")

        def one(statement: str, *values: Any) -> Any:
            return (db.execute(statement, values).fetchone() or (None,))[0]

        villages = towns * VILLAGES
        plan = one(PLAN, "bench", 4)
        frame = one(FRAME, plan, villages, villages * HOUSEHOLDS)
        db.execute(FRAME_VILLAGES, (frame, KEY, towns, VILLAGES))
        db.execute(FRAME_HOUSEHOLDS, (HOUSEHOLDS, HOUSEHOLDS, frame))
        db.execute(PUBLISHED, (frame,))
        asked = {"plan_id": plan, "frame_id": frame, "seed_event_id": one(EVENT, plan), "drawn_on": "2018-05-07"}
        db.commit()
        return asked


async def drawn(db: AsyncSession, asked: dict[str, Any], seed: str) -> tuple[float, float]:
    """Seconds to check the digest and to draw, as `POST /v1/plans/{id}/draws` does."""
    began = time.perf_counter()
    await frames.digest(db, asked["frame_id"])
    checked = time.perf_counter()
    await draws.draw(db, asked | {"seed": seed, "drawn_on": date(2018, 5, 7)})
    return checked - began, time.perf_counter() - checked


async def bare(db: AsyncSession, asked: dict[str, Any], seed: str) -> float:
    """Seconds to hash and rank every household once."""
    await db.execute(draws.PATIENCE)
    began = time.perf_counter()
    await (await (await driver(db)).execute(BARE, (f"{seed}|bench", asked["frame_id"]))).fetchone()
    return time.perf_counter() - began


async def measured(url: str, asked: dict[str, Any], rounds: int) -> list[tuple[float, float, float]]:
    """Of each round: bare, digest, draw."""
    engine = create_async_engine(url, connect_args={"options": "-c fupin.division=23 -c fupin.actor=bench"})
    found = []
    try:
        for number in range(rounds):
            async with sessions(engine)() as db:
                alone = await bare(db, asked, f"seed {number}")
                await db.rollback()
                found.append((alone, *await drawn(db, asked, f"seed {number}")))
                await db.rollback()
            print("  bare {:.2f} s, digest {:.2f} s, draw {:.2f} s".format(*found[-1]), file=sys.stderr, flush=True)
    finally:
        await engine.dispose()
    return found


def main() -> None:
    quick = "--quick" in sys.argv
    towns, rounds = (80, 3) if quick else (4000, 5)
    rows = []
    with tempfile.TemporaryDirectory() as place, Server(Path(place) / "postgres") as server:
        with psycopg.connect(_plain(server.url()), autocommit=True) as db:
            db.execute("CREATE DATABASE bench")
        bootstrap(server.url("bench"), "inspection", PASSWORD)
        upgrade(server.url("bench"), "inspection")
        login = server.url("bench", "fupin_inspection", PASSWORD)
        asked = fill(_plain(login), towns)
        with psycopg.connect(_plain(server.url("bench")), autocommit=True) as admin:
            admin.execute("VACUUM ANALYZE inspection.frame_household, inspection.frame_village")
            admin.execute("CHECKPOINT")
            rows.append(("4 villages of each town and 1 key", asyncio.run(measured(login, asked, rounds))))
            admin.execute("SET session_replication_role = replica")  # what a frozen plan samples never changes
            admin.execute("UPDATE inspection.plan SET villages_per_town = %s", (VILLAGES,))
            rows.append(("every village", asyncio.run(measured(login, asked, 1))))
    print(f"{towns * VILLAGES * HOUSEHOLDS:,} households in {towns * VILLAGES:,} villages, {rounds} rounds")
    print("| drawn from | bare, s | digest, s | draw, s | draw / bare | with digest / bare |")
    print("|---|---|---|---|---|---|")
    for name, found in rows:
        parts = [*zip(*found, strict=True)]
        ratios = [[d / b for b, _, d in found], [(c + d) / b for b, c, d in found]]
        print(f"| {name} | " + " | ".join(_range(values) for values in (*parts, *ratios)) + " |")


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _range(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


if __name__ == "__main__":
    main()
