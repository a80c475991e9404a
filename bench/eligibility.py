"""
What does deciding on every household of a county cost, beside the bare SELECT of the facts it needs?

    python bench/eligibility.py [--quick] [--households N] [--rounds N]     (prints the table of eligibility.md)

A server of its own in a temporary folder; the county of quality.py. As a job does it: the service's own login, under
row-level security, decisions stored with their trace and audited. The rounds interleave; each commits and is kept.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import psycopg
from quality import COUNTY, DAY, FILL
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.db import driver, sessions
from fupin.migrate import bootstrap, upgrade
from fupin.postgres import Server
from services.registry.models import EligibilityRun
from services.registry.queries import eligibility, eligibility_runs
from services.registry.queries.facts import Day
from services.registry.rules import eligibility as rules

TODAY = Day(DAY, 2017, DAY)
SETTINGS = "SET LOCAL work_mem = '64MB'"
STEPS = ("facts", "decided", "stored", "one by one")


async def facts(db: AsyncSession, rule: eligibility.Ruling) -> None:
    names = ", ".join(f"f.{name}" for name in rules.facts_of(rule.clauses))
    await _made(db, f"SELECT f.household_id, {names} FROM ({TODAY.source}) f", dict(TODAY.params))


async def decided(db: AsyncSession, rule: eligibility.Ruling) -> None:
    found = eligibility_runs.compiled(rule, TODAY)
    await _made(db, f"SELECT * FROM {found.sql} d", dict(found.params))


async def stored(db: AsyncSession, rule: eligibility.Ruling) -> None:
    run = EligibilityRun(
        id=uuid4(), division_code="230882000000", rule_id=rule.id, on_date=DAY, year=2017, created_by="bench"
    )
    db.add(run)
    await db.flush()
    await eligibility_runs.run(db, run, rule, TODAY)


async def one_by_one(db: AsyncSession, rule: eligibility.Ruling) -> None:
    """The library's evaluator over the same facts, nothing stored: what a run would cost without SQL."""
    names = rules.facts_of(rule.clauses)
    columns = ", ".join(f"f.{name}" for name in names)
    connection = await driver(db)
    found = await connection.execute(f"SELECT {columns} FROM ({TODAY.source}) f", TODAY.params)
    for row in await found.fetchall():
        rules.decide(rule.meets, rule.clauses, dict(zip(names, row, strict=True)))


async def _made(db: AsyncSession, select: str, params: dict[str, object]) -> None:
    """A temporary table takes the rows, so that every column is really computed."""
    connection = await driver(db)
    await connection.execute("DROP TABLE IF EXISTS made")
    async with psycopg.AsyncClientCursor(connection) as cursor:  # CREATE TABLE AS takes no parameters
        await cursor.execute(f"CREATE TEMP TABLE made ON COMMIT DROP AS {select}", params)


async def timed(
    engine: AsyncEngine, purpose: str, step: Callable[[AsyncSession, eligibility.Ruling], Awaitable[None]]
) -> float:
    async with sessions(engine)() as db:
        await db.execute(text("SELECT set_config('fupin.division', :county, true)"), {"county": COUNTY})
        await (await driver(db)).execute(SETTINGS)
        rule = await eligibility.in_force(db, DAY, purpose)
        began = time.perf_counter()
        await step(db, rule)
        await db.commit()
        return time.perf_counter() - began


def shown(took: list[float]) -> str:
    return f"{statistics.median(took):.2f} ({min(took):.2f}-{max(took):.2f})"


async def main(households: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder) / "postgres", fast=True) as server:
        bootstrap(server.url("bench"), "registry", "bench")
        upgrade(server.url("bench"), "registry")
        plain = server.url("bench").replace("postgresql+psycopg://", "postgresql://", 1)
        with psycopg.connect(plain) as admin:
            for statement in FILL:
                admin.execute(statement, {"households": households})
        with psycopg.connect(plain, autocommit=True) as admin:
            admin.execute("VACUUM ANALYZE")
        engine = create_async_engine(server.url("bench", "fupin_registry", "bench"))
        steps = dict(zip(STEPS, (facts, decided, stored, one_by_one), strict=True))
        print(f"{households:,} households, {rounds} rounds; seconds: median (range); one by one is timed once\n")
        print("| rule | " + " | ".join(STEPS) + " | decided / facts | stored / facts |")
        print("|---" * (len(STEPS) + 3) + "|")
        for purpose in (rules.FOUR_CATEGORIES, rules.EXIT):
            took: dict[str, list[float]] = {name: [] for name in STEPS}
            for turn in range(rounds):
                for name, step in steps.items():
                    if turn and step is one_by_one:
                        continue
                    took[name].append(await timed(engine, purpose, step))
            bare = statistics.median(took["facts"])
            ratios = [f"{statistics.median(took[name]) / bare:.2f}" for name in ("decided", "stored")]
            print(f"| {purpose} | " + " | ".join([*(shown(took[name]) for name in STEPS), *ratios]) + " |")
        await engine.dispose()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="5,000 households, 2 rounds")
    parser.add_argument("--households", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    asyncio.run(main(5_000, 2) if asked.quick else main(asked.households, asked.rounds))
