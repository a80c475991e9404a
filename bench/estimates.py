"""
How long does it take to estimate 40 questions from 10,000 visits, for all, poor and other, every stratum and town?

    python bench/estimates.py [--quick]    (--quick: 1,000 visits)

A PostgreSQL of its own in a temporary folder, filled by SQL: 20 towns, half of each town's 100 villages drawn, five
poor and five other households of each visited; 40 questions of every kind, 102 figures, each for 24 parts of the
county; one answer in fifty was corrected. The inspection service is one uvicorn process with the options `fupin up`
gives it. Beside it, in the same round, the bare read of the same answers by the same login: fetched by psycopg as they
stand and thrown away. CPU is that of the service's process and of all of PostgreSQL's processes.
"""

import os
import random
import socket
import statistics
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import psycopg
import reads

from fupin import issuer
from fupin.migrate import bootstrap, upgrade
from fupin.postgres import Server
from fupin.settings import Settings

ROUNDS = 5
BAR_SECONDS = 2.0

FILL = (
    """
    INSERT INTO plan (id, division_code, plan_no, purpose, period_from, period_to, strata, central_villages,
                      villages_per_town, poor_per_village, non_poor_per_village, reserves)
    VALUES (uuidv7(), '230882000000', 'B', 'B', '2018-05-10', '2018-06-29', '{SAMPLE}', '{}', %(drawn)s, 5, 5, 0)""",
    """
    INSERT INTO frame (id, plan_id, division_code, frame_on, frozen_on, digest, villages, households, left_out)
    SELECT uuidv7(), id, division_code, '2018-05-02', '2018-05-02', repeat('0', 64), 1, 1, 0 FROM plan""",
    """
    INSERT INTO seed_event (plan_id, division_code, wave, event, named_on, occurs_on)
    SELECT id, division_code, 1, 'B', '2018-05-03', '2018-05-06' FROM plan""",
    """
    INSERT INTO draw (plan_id, frame_id, seed_event_id, division_code, seed, drawn_on, villages, households)
    SELECT p.id, f.id, e.id, p.division_code, '1', '2018-05-07', 1, 1 FROM plan p, frame f, seed_event e""",
    """
    INSERT INTO draw_village (draw_id, division_code, town_code, name, stratum, ticket, draw_order, pi_num, pi_den)
    SELECT d.id, '230882' || 100 + t || 100 + v, '230882' || 100 + t || '000', 'B', 'SAMPLE', repeat('0', 64), v,
           %(drawn)s, 2 * %(drawn)s
    FROM draw d, generate_series(1, 20) t, generate_series(1, %(drawn)s) v""",
    """
    INSERT INTO draw_household (draw_id, household_id, household_no, division_code, county_code, poor, ticket,
                                draw_order, role, stage_num, stage_den, pi_num, pi_den)
    SELECT draw_id, uuidv7(), division_code || '-' || n, division_code, '230882', n <= 5, repeat('0', 64), n, 'MAIN', 5,
           CASE WHEN n <= 5 THEN 30 ELSE 180 END, 5, CASE WHEN n <= 5 THEN 60 ELSE 360 END
    FROM draw_village, generate_series(1, 10) n""",
    """
    INSERT INTO team (id, division_code, kind, name, valid_from)
    VALUES (uuidv7(), '230882000000', 'INSPECTION', 'B', '2018-03-01')""",
    """
    INSERT INTO visit (draw_id, household_no, household_id, division_code, county_code, team_id, planned_on, state,
                       visited_on, reported_by)
    SELECT h.draw_id, h.household_no, h.household_id, h.division_code, h.county_code, t.id, '2018-05-16', 'DONE',
           '2018-05-16', 'B'
    FROM draw_household h, team t""",
    "INSERT INTO checklist (name, number, zh, en) VALUES ('bench', 1, 'B', 'B')",
    """
    INSERT INTO question (checklist_id, position, name, section_zh, section_en, kind, zh, en, required, choices,
                          relevant_values)
    SELECT c.id, n, 'q' || n, 'B', 'B', kind, 'B', 'B', true,
           coalesce((SELECT jsonb_agg(jsonb_build_object('code', 'C' || k, 'zh', 'B', 'en', 'B'))
                     FROM generate_series(1, size) k), '[]'), '{}'
    FROM checklist c, generate_series(1, 40) n CROSS JOIN LATERAL (
        SELECT CASE WHEN n <= 16 THEN 'YES_NO' WHEN n <= 24 THEN 'ONE_OF' WHEN n <= 30 THEN 'SEVERAL_OF'
                    WHEN n <= 35 THEN 'INTEGER' WHEN n <= 38 THEN 'DECIMAL' WHEN n <= 39 THEN 'DATE' ELSE 'TEXT' END,
               CASE WHEN n BETWEEN 17 AND 24 THEN 5 WHEN n BETWEEN 25 AND 30 THEN 6 ELSE 0 END) AS of (kind, size)
    WHERE c.name = 'bench'""",
    """
    INSERT INTO answer (visit_id, division_code, county_code, question_id, kind, value, actor)
    SELECT v.id, v.division_code, v.county_code, q.id, q.kind,
           CASE q.kind WHEN 'YES_NO' THEN to_jsonb(random() < 0.8)
                WHEN 'ONE_OF' THEN to_jsonb('C' || 1 + floor(random() * 5)::int)
                WHEN 'SEVERAL_OF' THEN jsonb_build_array('C' || 1 + floor(random() * 3)::int,
                                                         'C' || 4 + floor(random() * 3)::int)
                WHEN 'INTEGER' THEN to_jsonb(floor(random() * 60)::int)
                WHEN 'DECIMAL' THEN to_jsonb(round((random() * 8000)::numeric, 2))
                WHEN 'DATE' THEN to_jsonb(date '2018-01-01' + floor(random() * 100)::int)
                ELSE to_jsonb('没有意见'::text) END, 'B'
    FROM visit v, question q JOIN checklist c ON c.id = q.checklist_id WHERE c.name = 'bench'""",
    """
    INSERT INTO answer (visit_id, division_code, county_code, question_id, kind, value, corrects, reason, actor)
    SELECT visit_id, division_code, county_code, question_id, kind, value, id, 'B', 'B'
    FROM answer WHERE random() < 0.02""",
)
BARE = "SELECT visit_id, question_id, value FROM answer"


def fill(admin: str, visits: int) -> tuple[str, str]:
    """The draw and the checklist."""
    with psycopg.connect(admin, autocommit=True) as db:
        db.execute("SET search_path = inspection, public")
        db.execute("SET session_replication_role = replica")  # the rows only: no history, no audit
        db.execute("SELECT setseed(0.5)")
        for statement in FILL:
            db.execute(statement.replace("%(drawn)s", str(visits // 200)))  # 20 towns, ten households a village
        db.execute("VACUUM ANALYZE")
        [found] = db.execute("SELECT d.id, c.id FROM draw d, checklist c WHERE c.name = 'bench'")
        return str(found[0]), str(found[1])


def main(visits: int) -> None:
    random.seed(7)
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder) / "postgres", fast=True) as server:
        bootstrap(server.url("bench"), "inspection", "bench")
        upgrade(server.url("bench"), "inspection")
        draw, checklist = fill(server.url("bench").replace("+psycopg", ""), visits)
        login = server.url("bench", "fupin_inspection", "bench")
        settings = Settings(home=Path(folder) / "home", port=_free(), inspection_database_url=login)
        os.environ["FUPIN_INSPECTION_DATABASE_URL"] = login
        token = issuer.mint(settings, "county-admin")
        port = _free()
        with (
            reads.served("reads:peer", settings, settings.port, Path(folder) / "issuer.log"),
            reads.served("services.inspection.app:main", settings, port, Path(folder) / "inspection.log") as process,
            psycopg.connect(login.replace("+psycopg", ""), autocommit=True) as db,
            httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False) as http,
        ):
            db.execute("SET fupin.division = '230882'")
            url = f"http://127.0.0.1:{port}/v1/draws/{draw}/estimates?checklist_id={checklist}"
            found = http.get(url).raise_for_status().json()
            assert found["visits"] == visits
            wall, cpu, stored, bare = [], [], [], []
            [backend] = db.execute("SELECT pg_backend_pid()").fetchone() or [0]
            postgres = psutil.Process(backend).parent()
            for _ in range(ROUNDS):
                began = time.perf_counter()
                answers = len(db.execute(BARE).fetchall())
                bare.append(time.perf_counter() - began)
                mine, theirs, began = _cpu(process), _cpu(postgres), time.perf_counter()
                http.get(url).raise_for_status()
                wall.append(time.perf_counter() - began)
                cpu.append(_cpu(process) - mine)
                stored.append(_cpu(postgres) - theirs)
            ratios = [mine / plain for mine, plain in zip(wall, bare, strict=True)]
            print(
                f"{visits:,} visits, {answers:,} answers, {len(found['items']):,} estimates; bar {BAR_SECONDS} s; "
                f"load average {os.getloadavg()[0]:.1f}\n"
            )
            print("| request, s | CPU in the service, s | CPU in PostgreSQL, s | bare read, s | request / bare read |")
            print("|---|---|---|---|---|")
            print("| " + " | ".join(_range(values) for values in (wall, cpu, stored, bare, ratios)) + " |")


def _cpu(process: psutil.Process | None) -> float:
    """Seconds of a process, of what it started, and of what ended under it."""
    assert process is not None
    spent = 0.0
    for one in (process, *process.children()):
        with suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            spent += times.user + times.system
    ended = process.cpu_times()
    return float(spent + ended.children_user + ended.children_system)


def _range(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main(1_000 if "--quick" in sys.argv else 10_000)
