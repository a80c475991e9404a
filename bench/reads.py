"""
What does a read cost through the front door, over a county of a million households?

    python bench/reads.py [--quick]        (--quick: 50,000 households)

A PostgreSQL of its own in a temporary folder, filled by SQL; the registry as one uvicorn process with the options
`fupin up` gives it, log lines included; beside it, under the same options, an empty route of a plain FastAPI. This
process sends the requests, with a token, over eight connections kept open, to one kind of read after another, five
times round. CPU is the answering process's own (PostgreSQL's is not in it), the ratio is to the empty route of the same
round. Half load: as many requests a second as half of what the round before reached, sent at their times whether or
not the last one is answered, and waited for from the time they were due.
"""

import asyncio
import itertools
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import httpx
import psutil
import psycopg
from fastapi import FastAPI

from fupin import issuer
from fupin.migrate import bootstrap, upgrade
from fupin.paging import Cursors
from fupin.postgres import Server
from fupin.settings import Settings

CONNECTIONS = 8
ROUNDS, SECONDS = (3, 0.5) if "--quick" in sys.argv else (5, 1.5)
TODAY = "2018-05-17"  # as the service is told: what stands in the tables answers, not the histories
TOWN = "230882105"
PLAIN = "limit=50"
FILTERED = f"division={TOWN}&status=POOR"

FILL = (
    """
    INSERT INTO division (code, county_code, name, level, parent_code, valid_from, state_on)
    SELECT code, '230882', name, level, parent, '2010-01-01', '2014-01-01' FROM (
        SELECT '230882000000' AS code, '县' AS name, 'COUNTY' AS level, NULL AS parent
        UNION ALL SELECT '230882' || 100 + t || '000', '镇' || t, 'TOWN', '230882000000' FROM generate_series(1, 11) t
        UNION ALL SELECT '230882' || 100 + t || 200 + v, '村' || t || '-' || v, 'VILLAGE', '230882' || 100 + t || '000'
        FROM generate_series(1, 11) t, generate_series(1, 25) v) d""",
    """
    INSERT INTO household (id, county_code, division_code, household_no, residence, poverty_type, status, status_on,
        main_cause, identified_on, exited_on, house_grade, phone_mask, bank_account_mask, farmland_mu)
    SELECT uuidv7(), '230882', d, d || '-' || lpad(n::text, 7, '0'),
        CASE WHEN n % 10 = 0 THEN 'URBAN' ELSE 'RURAL' END,
        (ARRAY['GENERAL', 'MINIMUM_LIVING', 'DESTITUTE'])[1 + n % 3],
        (ARRAY['POOR', 'EXITED', 'NOT_POOR', 'NOT_POOR'])[1 + n % 4], '2016-03-01', lpad((1 + n % 9)::text, 2, '0'),
        '2016-03-01', '2016-03-01', (ARRAY['A', 'B', 'C', 'D'])[1 + n % 4], '138****8000', '****************123', 12.5
    FROM (SELECT n, '230882' || 101 + n % 11 || 201 + n / 11 % 25 AS d FROM generate_series(1, {rows}) n) s""",
    """
    INSERT INTO member (county_code, division_code, household_id, name, id_number_mask, sex, nationality, relation,
        education, labour_ability, medical_insurance)
    SELECT '230882', h.division_code, h.id,
        substr('{surnames}', 1 + (power(random(), 2) * 49)::int, 1) || substr('{given}', 1 + (random() * 57)::int, 1)
        || CASE WHEN random() < 0.8 THEN substr('{given}', 1 + (random() * 57)::int, 1) ELSE '' END,
        '990***************', '1', '01', relation, 'PRIMARY', 'ABLE', true
    FROM household h, (VALUES ('02'), ('10')) r (relation)""",
    """
    INSERT INTO household_pathway (county_code, division_code, household_id, pathway, from_on)
    SELECT h.county_code, h.division_code, h.id, 'LIVESTOCK', '2017-06-01'
    FROM household h WHERE hashtext(h.household_no) % 3 = 0""",
)
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
GIVEN = (
    "国华建文玉春桂秀明红金海丽志永军德小平凤兰英芳云光成荣忠福生子长庆宝林立东学新伟强兴万清淑艳龙家世俊晓洪亚佳梅昌"
)
SAMPLE = "SELECT id FROM registry.household ORDER BY md5(id::text) LIMIT 1000"
AT = "SELECT id FROM registry.household WHERE {where} ORDER BY id OFFSET %s LIMIT 1"
NAME = "SELECT name FROM registry.member WHERE length(name) = 3 LIMIT 1"
# What the statistics answer, as a person would write it.
COUNTS = {
    "town,status": "SELECT rpad(left(division_code, 9), 12, '0'), status, count(*) FROM household "
    "GROUP BY 1, 2 ORDER BY 1, 2",
    "main_cause,house_grade": "SELECT main_cause, house_grade, count(*) FROM household GROUP BY 1, 2 ORDER BY 1, 2",
}


def peer() -> FastAPI:
    """An empty route of a plain FastAPI; and the public keys by which the registry believes our token."""
    app = FastAPI()
    keys = issuer.jwks(Settings())

    @app.get("/empty")
    async def empty() -> dict[str, str]:
        return {}

    @app.get("/.well-known/jwks.json")
    async def jwks() -> object:
        return keys

    return app


class Load(asyncio.Protocol):
    """One connection kept open, one request at a time."""

    def __init__(self) -> None:
        self.held = b""
        self.answer: asyncio.Future[None] | None = None
        self.transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport = transport

    async def ask(self, request: bytes) -> None:
        self.answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        await self.answer

    def data_received(self, data: bytes) -> None:
        self.held += data
        assert self.answer is not None
        head, found, body = self.held.partition(b"\r\n\r\n")
        if found and len(body) >= int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]):
            self.held = b""
            if head[9:12] == b"200":
                self.answer.set_result(None)
            else:
                self.answer.set_exception(RuntimeError(f"{head!r} {body!r}"))

    def connection_lost(self, error: Exception | None) -> None:
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(error or ConnectionError("the server hung up"))


class Kind(NamedTuple):
    """One kind of read: its name, where it is asked for, the requests to send in turn."""

    name: str
    port: int
    requests: list[bytes]


async def closed(kind: Kind, seconds: float) -> int:
    """As fast as eight connections go; how many requests that was."""
    turns = itertools.cycle(kind.requests)
    until = time.perf_counter() + seconds
    asked = 0

    async def work(connection: Load) -> None:
        nonlocal asked
        while time.perf_counter() < until:
            await connection.ask(next(turns))
            asked += 1

    connections = await _connected(kind.port)
    await asyncio.gather(*map(work, connections))
    for connection in connections:
        connection.transport.close()
    return asked


async def paced(kind: Kind, rate: float, seconds: float) -> list[float]:
    """At a rate; the milliseconds of each request since it was due."""
    taken: list[float] = []
    connections = await _connected(kind.port)
    free: asyncio.Queue[Load] = asyncio.Queue()
    for connection in connections:
        free.put_nowait(connection)
    began = time.perf_counter()

    async def work(at: int, connection: Load) -> None:
        await connection.ask(kind.requests[at % len(kind.requests)])
        taken.append((time.perf_counter() - began - at / rate) * 1000)
        free.put_nowait(connection)

    async with asyncio.TaskGroup() as group:
        for at in range(int(rate * seconds)):
            if (early := began + at / rate - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            group.create_task(work(at, await free.get()))
    for connection in connections:
        connection.transport.close()
    return taken


async def _connected(port: int) -> list[Load]:
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(Load, "127.0.0.1", port))[1] for _ in range(CONNECTIONS)]


@contextmanager
def served(factory: str, settings: Settings, port: int, log: Path) -> Iterator[psutil.Process]:
    """One uvicorn process with one worker, until the block ends."""
    root = Path(__file__).parents[1]
    environment = os.environ | {
        "FUPIN_HOME": str(settings.home),
        "FUPIN_PORT": str(settings.port),
        "FUPIN_TODAY": TODAY,
        "FUPIN_REGISTRY_DATABASE_URL": str(settings.registry_database_url),
        "PYTHONPATH": os.pathsep.join((str(root), str(root / "bench"))),
    }
    command = [sys.executable, "-P", "-m", "uvicorn", "--factory", factory, "--port", str(port), "--no-access-log",
               "--log-level", "warning", "--no-server-header"]  # fmt: skip
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
        try:
            for _ in range(300):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(20)


def fill(admin: str, rows: int) -> None:
    with psycopg.connect(admin, autocommit=True) as db:
        db.execute("SET search_path = registry, public")
        db.execute("SET session_replication_role = replica")  # the rows only: no history, no audit
        for statement in FILL:
            db.execute(statement.replace("{rows}", str(rows)).format(surnames=SURNAMES, given=GIVEN))
        db.execute("VACUUM ANALYZE")


def kinds(settings: Settings, admin: str, rows: int, registry: int) -> list[Kind]:
    """The reads compared; the first is the empty route."""
    token = issuer.mint(settings, "county-admin")
    cursors = Cursors(settings.secret("cursor"))

    def asked(*addresses: str) -> list[bytes]:
        head = f"Host: bench\r\nAuthorization: Bearer {token}\r\nAccept: */*\r\n\r\n"
        return [f"GET {address} HTTP/1.1\r\n{head}".encode() for address in addresses]

    with psycopg.connect(admin) as db:

        def late(filters: str, where: str, after: int) -> str:
            [found] = db.execute(AT.replace("{where}", where), (after - 1,)).fetchone() or [None]
            path = f"/v1/households?{filters}"
            return f"{path}&cursor={cursors.seal(cursors.filters(path), [str(found)])}"

        ids = [f"/v1/households/{id}" for (id,) in db.execute(SAMPLE)]
        [name] = db.execute(NAME).fetchone() or [""]
        deep = late(PLAIN, "true", rows // 2)
        in_town = f"starts_with(division_code, '{TOWN}') AND status = 'POOR'"
        deep_filtered = late(FILTERED, in_town, rows // 44 - 100)
    return [
        Kind("empty FastAPI route", settings.port, asked("/empty")),
        Kind("household by id", registry, asked(*ids)),
        Kind("members of a household", registry, asked(*(f"{id}/members" for id in ids))),
        Kind("page of 50, first", registry, asked(f"/v1/households?{PLAIN}")),
        Kind(f"page of 50, after {rows // 2:,}", registry, asked(deep)),
        Kind("page of 50 by town and status, first", registry, asked(f"/v1/households?{FILTERED}")),
        Kind(f"page of 50 by town and status, after {rows // 44 - 100:,}", registry, asked(deep_filtered)),
        Kind("page of 50 by cause and grade", registry, asked("/v1/households?main_cause=03&house_grade=C")),
        Kind("households by a member's name", registry, asked(f"/v1/households?name={quote(name)}")),
        Kind("the same in a town", registry, asked(f"/v1/households?division={TOWN}&name={quote(name[:2])}")),
    ]  # fmt: skip


async def compare(found: list[Kind], processes: dict[int, psutil.Process]) -> None:
    """Prints the table of the reads."""
    cpu: dict[str, list[float]] = {kind.name: [] for kind in found}
    taken: dict[str, list[float]] = {kind.name: [] for kind in found}
    rates: dict[str, list[float]] = {kind.name: [] for kind in found}
    for kind in found:  # caches, pools, prepared statements
        await closed(kind, SECONDS / 2)
    for _ in range(ROUNDS):
        for kind in found:
            process = processes[kind.port]
            before, began = process.cpu_times(), time.perf_counter()
            asked = await closed(kind, SECONDS)
            rates[kind.name].append(asked / (time.perf_counter() - began))
            after = process.cpu_times()
            cpu[kind.name].append((after.user + after.system - before.user - before.system) / asked * 1e6)
            taken[kind.name] += await paced(kind, rates[kind.name][-1] / 2, SECONDS)
    empty = cpu[found[0].name]
    print("| read | server CPU µs | x empty route (range) | requests/s | p50 ms at half load | p99 ms | p99/p50 |")
    print("|---|---|---|---|---|---|---|")
    for kind in found:
        ratios = [mine / bare for mine, bare in zip(cpu[kind.name], empty, strict=True)]
        times = sorted(taken[kind.name])
        p50, p99 = statistics.median(times), times[int(len(times) * 0.99)]
        print(
            f"| {kind.name} | {statistics.median(cpu[kind.name]):.0f} | {statistics.median(ratios):.1f} "
            f"({min(ratios):.1f}-{max(ratios):.1f}) | {statistics.median(rates[kind.name]):.0f} | {p50:.2f} "
            f"| {p99:.2f} | {p99 / p50:.1f} |"
        )


def count(settings: Settings, login: str, port: int) -> None:
    """Prints the table of the statistics, against bare SQL with the same login and division."""
    token = issuer.mint(settings, "county-admin")
    print("\n| statistics by | over HTTP, ms | bare SQL, ms | ratio (range) |\n|---|---|---|---|")
    with (
        psycopg.connect(login, autocommit=True) as db,
        httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=600, trust_env=False) as http,
    ):
        db.execute("SET fupin.division = '230882'")
        for by, statement in COUNTS.items():
            url = f"http://127.0.0.1:{port}/v1/statistics/households?group_by={by}"
            ours, bare = [], []
            for _ in range(ROUNDS + 1):
                began = time.perf_counter()
                db.execute(statement).fetchall()
                bare.append((time.perf_counter() - began) * 1000)
                began = time.perf_counter()
                http.get(url).raise_for_status()
                ours.append((time.perf_counter() - began) * 1000)
            ratios = [mine / plain for mine, plain in zip(ours[1:], bare[1:], strict=True)]
            print(
                f"| {by} | {statistics.median(ours[1:]):.0f} | {statistics.median(bare[1:]):.0f} "
                f"| {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f}) |"
            )


def main(rows: int) -> None:
    random.seed(7)
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder) / "postgres", fast=True) as server:
        bootstrap(server.url("bench"), "registry", "bench")
        upgrade(server.url("bench"), "registry")
        admin = server.url("bench").replace("+psycopg", "")
        fill(admin, rows)
        login = server.url("bench", "fupin_registry", "bench")
        settings = Settings(home=Path(folder) / "home", port=_free(), registry_database_url=login)
        run(settings, admin, login.replace("+psycopg", ""), rows, Path(folder))


def run(settings: Settings, admin: str, login: str, rows: int, folder: Path) -> None:
    port = _free()
    asked = kinds(settings, admin, rows, port)
    with (
        served("reads:peer", settings, settings.port, folder / "peer.log") as bare,
        served("services.registry.app:main", settings, port, folder / "registry.log") as registry,
    ):
        print(f"{rows:,} households; load average {os.getloadavg()[0]:.1f}\n")
        asyncio.run(compare(asked, {settings.port: bare, port: registry}))
        count(settings, login, port)


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers end with it
    main(50_000 if "--quick" in sys.argv else 1_000_000)
