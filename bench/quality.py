"""
How long does each quality rule take over a county?

    python bench/quality.py [households]      (100,000, three members each; a server of its own, in a temporary folder)

Two households in five are registered as poor or out of poverty; a few in a hundred are spoilt for each kind of rule.
The rules run as a job does: the service's own login, under row-level security, findings written and audited. The second
run finds the same again and writes nothing.
"""

import asyncio
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from fupin.db import sessions
from fupin.migrate import bootstrap, upgrade
from fupin.postgres import Server
from services.registry.models import QualityRun
from services.registry.queries.quality import RULES, findings

DAY = date(2018, 5, 17)
COUNTY = "230882"

FILL = (
    "SET session_replication_role = replica",
    "SET search_path = registry",
    """
    INSERT INTO division (code, county_code, name, level, parent_code, state_on)
    SELECT '230882000000', '230882', '县', 'COUNTY', NULL, date '2014-01-01'
    UNION ALL SELECT '230882' || t || '000', '230882', '镇' || t, 'TOWN', '230882000000', '2014-01-01'
      FROM generate_series(101, 111) t
    UNION ALL SELECT '230882' || t || v, '230882', '村' || v, 'VILLAGE', '230882' || t || '000', '2014-01-01'
      FROM generate_series(101, 111) t, generate_series(201, 224) v
    """,
    """
    INSERT INTO household (id, county_code, division_code, household_no, residence, poverty_type, status, status_on,
        main_cause, identified_on, exited_on, bank_account_index, phone_index, farmland_mu, irrigated_mu, house_grade)
    SELECT uuidv7(), '230882', '230882' || 101 + n %% 11 || 201 + n / 11 %% 24, 'H' || n, 'RURAL', 'GENERAL',
        CASE WHEN n %% 10 < 3 THEN 'POOR' WHEN n %% 10 = 3 THEN 'EXITED' ELSE 'NOT_POOR' END, date '2017-12-20',
        CASE WHEN n %% 10 < 4 AND n %% 97 > 0 THEN lpad((1 + n %% 11)::text, 2, '0') END,
        CASE WHEN n %% 10 < 4 THEN date '2016-03-01' END, CASE WHEN n %% 10 = 3 THEN date '2017-12-20' END,
        CASE WHEN n %% 89 > 0 THEN decode(md5((n - (n %% 83 = 0)::int)::text), 'hex') END,
        CASE WHEN n %% 79 > 0 THEN decode(md5('p' || n), 'hex') END, n %% 60, n %% 60 / 4,
        (ARRAY['A', 'A', 'B', 'C', 'D'])[1 + n %% 5]
    FROM generate_series(1, %(households)s) n
    """,
    """
    INSERT INTO member (id, county_code, division_code, household_id, name, id_number_index, birth_date, sex,
        nationality, relation, school_stage, health, labour_ability, medical_insurance)
    SELECT uuidv7(), h.county_code, h.division_code, h.id, '王' || h.household_no || m,
        decode(md5(h.household_no || '/' || m), 'hex'),
        CASE m WHEN 3 THEN date '2003-01-01' ELSE date '1958-01-01' END + (substr(h.household_no, 2)::int %% 3000),
        CASE m WHEN 2 THEN '2' ELSE '1' END, '01', (ARRAY['02', '10', '20'])[m],
        CASE m WHEN 3 THEN 'JUNIOR' ELSE 'NOT_IN_SCHOOL' END,
        ARRAY[(ARRAY['HEALTHY', 'CHRONIC', 'DISABLED'])[1 + substr(h.household_no, 2)::int %% 3]],
        CASE m WHEN 3 THEN 'NONE' ELSE 'ABLE' END, substr(h.household_no, 2)::int %% 50 > 0
    FROM household h, generate_series(1, 3) m
    """,
    """
    INSERT INTO household_income (household_id, county_code, division_code, year, persons, wage_fen, transfer_fen)
    SELECT id, county_code, division_code, y, 3, 600000 + substr(household_no, 2)::int %% 600000, 1
    FROM household, generate_series(2016, 2017) y WHERE substr(household_no, 2)::int %% 71 > 0
    """,
    """
    INSERT INTO guarantee_check (id, household_id, county_code, division_code, year, item, result, checked_on)
    SELECT uuidv7(), h.id, county_code, division_code, y, item,
        CASE WHEN substr(household_no, 2)::int %% 61 = 0 THEN 'NOT_MET' ELSE 'MET' END, make_date(y, 4, 1)
    FROM household h, generate_series(2017, 2018) y,
         unnest(ARRAY['FOOD', 'CLOTHING', 'HOUSING', 'WATER', 'MEDICAL', 'EDUCATION']) item WHERE h.status <> 'NOT_POOR'
    """,
    """
    INSERT INTO household_pathway (id, household_id, county_code, division_code, pathway, from_on, expected_income_fen)
    SELECT uuidv7(), id, county_code, division_code, p, date '2017-01-01', 1
    FROM household, unnest(ARRAY['LIVESTOCK', 'COURTYARD']) p
    WHERE status <> 'NOT_POOR' AND substr(household_no, 2)::int %% 53 > 0
    """,
    """
    INSERT INTO helper (id, county_code, division_code, name, department)
    SELECT uuidv7(), '230882', '230882000000', '干部' || n, '局' FROM generate_series(0, %(households)s / 40) n
    """,
    """
    INSERT INTO helper_assignment (id, helper_id, household_id, county_code, division_code, level, responsible, from_on)
    SELECT uuidv7(), p.id, h.id, h.county_code, h.division_code, 'VILLAGE', true, date '2017-01-01'
    FROM household h JOIN helper p ON p.name = '干部' || substr(h.household_no, 2)::int %% (%(households)s / 40)
    WHERE h.status <> 'NOT_POOR' AND substr(household_no, 2)::int %% 47 > 0
    """,
    """
    INSERT INTO assistance (id, household_id, county_code, division_code, kind, given_on, given_by, recorded_by)
    SELECT uuidv7(), id, county_code, division_code,
        CASE WHEN substr(household_no, 2)::int %% 43 = 0 THEN 'MINIMUM_LIVING' ELSE 'GOODS' END, g, '民政局', 'bench'
    FROM household, generate_series(timestamp '2017-07-01', timestamp '2018-05-01', interval '2 months') g
    WHERE status <> 'NOT_POOR'
    """,
    """
    INSERT INTO poverty_line (year, per_head_fen, source) VALUES (2016, 295200, ''), (2017, 295200, '')
    ON CONFLICT DO NOTHING
    """,
)


async def main(households: int) -> None:
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
        for turn in ("first", "second"):
            await _run(engine, turn, households)
        await engine.dispose()


async def _run(engine: AsyncEngine, turn: str, households: int) -> None:
    run = uuid4()
    took: list[tuple[float, str]] = []
    started = time.perf_counter()
    found = 0
    async with sessions(engine)() as db:
        await db.execute(text("SELECT set_config('fupin.division', :county, true)"), {"county": COUNTY})
        db.add(QualityRun(id=run, division_code="230882000000", on_date=DAY, created_by="bench"))
        await db.flush()
        await findings.prepare(db, run)
        for rule in RULES:
            outcome = await findings.apply(db, run, rule, DAY)
            found += outcome.found
            took.append((float(outcome.seconds), f"{rule.code} {rule.title.en}: {outcome.found}"))
        await db.commit()
    print(f"{turn} run over {households:,} households: {time.perf_counter() - started:.2f} s, {found:,} findings")
    for seconds, words in sorted(took, reverse=True)[:10] if turn == "second" else took:
        print(f"  {seconds:7.3f} s  {words}")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
