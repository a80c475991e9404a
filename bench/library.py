"""
What does a library of 32,000 projects cost: a page, a search, a count, an export?

    python bench/library.py [--quick]        (--quick: 4,000 projects)

A PostgreSQL of its own in a temporary folder, filled by SQL; the project library as one uvicorn process with the
options `fupin up` gives it; beside it, under the same options, an empty route of a plain FastAPI. This process sends
the requests, with a token, over eight connections kept open, to one kind after another, five times round. CPU is the
answering process's own (PostgreSQL's is not in it); the ratio is to the empty route of the same round. Exports are
thrown away as they come; memory is the largest resident size of the service while it sends, and before.
"""

import asyncio
import os
import socket
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import httpx
import psutil
import psycopg
import reads

from fupin import issuer
from fupin.migrate import bootstrap, upgrade
from fupin.paging import Cursors
from fupin.postgres import Server
from fupin.settings import Settings

ROUNDS = 5
TOWN = "230882105"
TITLE = "肉牛养殖"
FILTERED = f"division={TOWN}&state=ADMITTED&category=LIVESTOCK"

FILL = (
    """
    INSERT INTO enterprise (uscc, name, kind, division_code)
    SELECT '9' || lpad(n::text, 17, '0'), '企业' || n, 'COMPANY', '230882000000' FROM generate_series(1, 200) n""",
    """
    INSERT INTO project (id, county_code, project_no, title, category, division_code, declaring_unit,
        implementing_unit, enterprise_id, responsible_person, build_type, content, starts_on, ends_on, linkage,
        expected_beneficiaries, declared_on, state, steps)
    SELECT uuidv7(), '230882', '2018-' || n,
        '村' || n || (ARRAY['肉牛养殖', '水稻种植', '光伏电站', '饮水工程'])[1 + n % 4],
        (ARRAY['LIVESTOCK', 'PLANTING', 'PV', 'WATER'])[1 + n % 4],
        '230882' || 101 + n % 11 || 201 + n / 11 % 25, '村民委员会' || n, '合作社' || n % 500, NULL, '负责人', 'NEW',
        '建设规模与内容', '2018-04-01', '2018-12-31', ARRAY['DIVIDEND'], n % 50, '2018-03-01', 'ADMITTED', 6
    FROM generate_series(1, {rows}) n""",
    """
    INSERT INTO project_step (project_id, division_code, seq, from_state, to_state, happened_on, actor, scope, level,
        opinion, notice_until)
    SELECT p.id, p.division_code, s.seq, s.before, s.after, '2018-03-01'::date + s.seq * 5, 'bench', 'projects:write',
        'COUNTY', CASE WHEN s.seq = 3 THEN '可行' END, CASE WHEN s.seq = 5 THEN '2018-03-30'::date END
    FROM project p, (VALUES (1, NULL, 'DECLARED'), (2, 'DECLARED', 'TOWN_REVIEWED'), (3, 'TOWN_REVIEWED', 'ARGUED'),
        (4, 'ARGUED', 'APPROVED'), (5, 'APPROVED', 'NOTICED'), (6, 'NOTICED', 'ADMITTED')) s (seq, before, after)""",
    """
    INSERT INTO project_budget (project_id, division_code, source, amount_fen)
    SELECT p.id, p.division_code, s.source, s.fen FROM project p,
        (VALUES ('CENTRAL', 50000000::bigint), ('SELF_RAISED', 20000000)) s (source, fen)""",
    """
    INSERT INTO performance_target (project_id, division_code, metric, target, unit)
    SELECT id, division_code, '带动贫困户', expected_beneficiaries, '户' FROM project""",
    """
    INSERT INTO milestone (project_id, division_code, kind, planned_on, actual_on)
    SELECT p.id, p.division_code, s.kind, s.planned::date, s.actual::date FROM project p,
        (VALUES ('PLAN_APPROVAL', '2018-03-20', '2018-03-20'), ('CONSTRUCTION_START', '2018-05-15', NULL),
                ('ACCEPTANCE', '2018-10-31', NULL)) s (kind, planned, actual)""",
    """
    INSERT INTO tender (project_id, county_code, division_code, tender_no, title, category, method, posted_on, opens_on,
        opens_until)
    SELECT id, county_code, division_code, project_no, title, 'WORKS', 'OPEN', '2018-04-16', '2018-05-08', '2018-05-10'
    FROM project WHERE category = 'WATER'""",
    """
    INSERT INTO tender_lot (tender_id, project_id, division_code, lot_no, title, ceiling_fen)
    SELECT id, project_id, division_code, 1, title, 60000000 FROM tender""",
    """
    INSERT INTO bid (lot_id, project_id, division_code, enterprise_id, amount_fen, opened_on)
    SELECT l.id, l.project_id, l.division_code, e.id, 55000000, '2018-05-08' FROM tender_lot l,
        LATERAL (SELECT id FROM enterprise ORDER BY md5(l.id::text || id) LIMIT 2) e""",
    """
    INSERT INTO award (lot_id, bid_id, project_id, division_code, awarded_on, awarded_by)
    SELECT DISTINCT ON (lot_id) lot_id, id, project_id, division_code, '2018-05-11'::date, 'bench'
    FROM bid ORDER BY lot_id, id""",
    """
    INSERT INTO contract (award_id, project_id, county_code, division_code, contract_no, amount_fen, signed_on,
        starts_on, ends_on, signed_by)
    SELECT w.id, w.project_id, '230882', w.division_code, p.project_no, 55000000, '2018-05-14', '2018-05-15',
        '2018-10-31', 'bench' FROM award w JOIN project p ON p.id = w.project_id""",
)


def fill(admin: str, rows: int) -> None:
    with psycopg.connect(admin, autocommit=True) as db:
        db.execute("SET search_path = projects, public")
        db.execute("SET session_replication_role = replica")  # the rows only: no triggers, no audit
        for statement in FILL:
            db.execute(statement.replace("{rows}", str(rows)))
        db.execute("VACUUM ANALYZE")


def kinds(settings: Settings, admin: str, rows: int, port: int) -> list[reads.Kind]:
    """The requests compared; the first is the empty route."""
    token = issuer.mint(settings, "county-admin")
    cursors = Cursors(settings.secret("cursor"))

    def asked(*addresses: str, more: str = "") -> list[bytes]:
        head = f"Host: bench\r\nAuthorization: Bearer {token}\r\nAccept: */*\r\n{more}\r\n"
        return [f"GET {address} HTTP/1.1\r\n{head}".encode() for address in addresses]

    with psycopg.connect(admin) as db:

        def late(path: str, where: str) -> str:
            """The page of the last 50."""
            statement = f"SELECT id FROM projects.project WHERE {where} ORDER BY id DESC OFFSET 50 LIMIT 1"
            [found] = db.execute(statement).fetchone() or [None]
            return f"{path}&cursor={cursors.seal(cursors.filters(path), [str(found)])}"

        ids = [f"/v1/projects/{id}" for (id,) in db.execute("SELECT id FROM projects.project LIMIT 500")]
        last = late("/v1/projects?limit=50", "true")
        in_town = f"starts_with(division_code, '{TOWN}') AND category = 'LIVESTOCK'"
        last_filtered = late(f"/v1/projects?{FILTERED}", in_town)
    counted = "Prefer: count=exact\r\n"
    titled = [f"/v1/projects?title={quote(f'村{n}')}" for n in range(rows - 500, rows)]
    return [
        reads.Kind("empty FastAPI route", settings.port, asked("/empty")),
        reads.Kind("project by id", port, asked(*ids)),
        reads.Kind("page of 50, first", port, asked("/v1/projects?limit=50")),
        reads.Kind("page of 50, last", port, asked(last)),
        reads.Kind("page of 50 by town, state and category, first", port, asked(f"/v1/projects?{FILTERED}")),
        reads.Kind("page of 50 by town, state and category, last", port, asked(last_filtered)),
        reads.Kind("page of 50 by part of the title", port, asked(f"/v1/projects?title={quote(TITLE)}")),
        reads.Kind("one project found by its title", port, asked(*titled)),
        reads.Kind("page of 50 and the exact count", port, asked("/v1/projects?limit=50", more=counted)),
        reads.Kind("milestones late, page of 50", port, asked("/v1/milestones?late=true&limit=50")),
        reads.Kind("statistics by town and state", port, asked("/v1/statistics/projects?group_by=town,state")),
    ]  # fmt: skip


async def compare(found: list[reads.Kind], processes: dict[int, psutil.Process], seconds: float) -> None:
    """Prints the table of the requests."""
    cpu: dict[str, list[float]] = {kind.name: [] for kind in found}
    for kind in found:  # caches, pools, prepared statements
        await reads.closed(kind, seconds / 4)
    for _ in range(ROUNDS):
        for kind in found:
            used = _cpu(processes[kind.port])
            answered = await reads.closed(kind, seconds)
            cpu[kind.name].append((_cpu(processes[kind.port]) - used) / answered * 1e6)
    empty = cpu[found[0].name]
    print("| request | server CPU µs | x empty route (range) |\n|---|---|---|")
    for kind in found:
        ratios = [mine / bare for mine, bare in zip(cpu[kind.name], empty, strict=True)]
        print(f"| {kind.name} | {statistics.median(cpu[kind.name]):.0f} | {_range(ratios)} |", flush=True)


class Sent(NamedTuple):
    seconds: float
    cpu: float
    size: int
    memory: float


def exported(http: httpx.Client, url: str, service: psutil.Process) -> tuple[Sent, bytes]:
    """What an export took, and its last bytes."""
    began, used, size, most, end = time.perf_counter(), _cpu(service), 0, 0.0, b""
    with http.stream("GET", url) as response:
        response.raise_for_status()
        for block in response.iter_raw():
            size += len(block)
            end = (end + block)[-64:]
            most = max(most, _memory(service))
    return Sent(time.perf_counter() - began, _cpu(service) - used, size, most), end


def exports(settings: Settings, rows: int, port: int, service: psutil.Process) -> None:
    """Prints the table of the exports."""
    headers = {"Authorization": f"Bearer {issuer.mint(settings, 'county-admin')}"}
    print("\n| export | seconds | projects/s | service CPU s | MB sent | memory MB, before and most |")
    print("|---|---|---|---|---|---|")
    with httpx.Client(headers=headers, timeout=600, trust_env=False) as http:
        url = f"http://127.0.0.1:{port}"
        package = http.get(f"{url}/v1/oc4ids/projects?division={TOWN}").raise_for_status().json()
        assert len(package["projects"]) >= rows // 11
        for name, path in (
            ("OC4IDS package", "/v1/oc4ids/projects"),
            ("OCDS package (a quarter of the projects)", "/v1/ocds/releases"),
            ("CSV", "/v1/projects/export?format=csv"),
            ("NDJSON", "/v1/projects/export?format=ndjson"),
            ("library sheet, XLSX", "/v1/library.xlsx"),
        ):
            before, found = _memory(service), []
            for _ in range(ROUNDS):
                sent, end = exported(http, url + path, service)
                found.append(sent)
                if path.startswith(("/v1/oc4ids", "/v1/ocds")) and not end.endswith(b"]}\n"):
                    raise SystemExit(f"{name}: cut off")
            seconds = [sent.seconds for sent in found]
            print(
                f"| {name} | {_range(seconds)} | {_range([rows / s for s in seconds], 0)} "
                f"| {_range([sent.cpu for sent in found])} | {found[0].size / (1 << 20):.1f} "
                f"| {before:.0f}, {max(sent.memory for sent in found):.0f} |",
                flush=True,
            )


def _cpu(process: psutil.Process) -> float:
    taken = process.cpu_times()
    return float(taken.user + taken.system)


def _memory(process: psutil.Process) -> float:
    return process.memory_info().rss / (1 << 20)


def _range(values: list[float], digits: int = 1) -> str:
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f}-{max(values):,.{digits}f})"


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main(rows: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory() as name, Server(Path(name) / "postgres", fast=True) as server:
        folder = Path(name)
        bootstrap(server.url("bench"), "projects", "bench")
        upgrade(server.url("bench"), "projects")
        admin = server.url("bench").replace("+psycopg", "")
        fill(admin, rows)
        os.environ["FUPIN_PROJECTS_DATABASE_URL"] = server.url("bench", "fupin_projects", "bench")
        settings = Settings(home=folder / "home", port=_free())
        port = _free()
        asked = kinds(settings, admin, rows, port)
        with (
            reads.served("reads:peer", settings, settings.port, folder / "peer.log") as bare,
            reads.served("services.projects.app:main", settings, port, folder / "projects.log") as service,
        ):
            print(f"{rows:,} projects; load average {os.getloadavg()[0]:.1f}\n")
            asyncio.run(compare(asked, {settings.port: bare, port: service}, seconds))
            exports(settings, rows, port, service)


if __name__ == "__main__":
    if "--quick" in sys.argv:
        main(4_000, 0.5)
    else:
        main(32_000, 2.0)
