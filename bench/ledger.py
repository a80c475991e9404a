"""
What does moving money cost, beside the least that PostgreSQL asks for a transaction?

    python bench/ledger.py [--rounds 5] [--seconds 2] [--size 1000000] [--quick] [--pgledger FILE...]

Method: a durable embedded server of its own (fsync on) in a folder that is removed at the end. The yardstick is
`pgbench -N -M prepared` of the same wheel: one update, one select, one insert, one commit. The ledger runs in pgbench
too, a call of its function per transaction, with the service's own login and row-level security. All kinds take turns
in every round; what is printed is the median of the rounds' ratios, and their range. HTTP is measured against an empty
authenticated POST of the same application, over loopback, with keep-alive, one new idempotency key a request.

`--pgledger` names the SQL of pgledger (what it needs first, then itself), which then takes its turns beside `post()`.
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path
from random import Random
from typing import Any

import psycopg
from fastapi import FastAPI
from sqlalchemy import make_url

from fupin import issuer, runtime
from fupin.app import Router
from fupin.auth import needs
from fupin.jwks import StaticKeys
from fupin.migrate import bootstrap, upgrade
from fupin.postgres import Server
from fupin.settings import Settings
from services.funds.app import create_app
from services.funds.rules import shares

COUNTY, CLIENTS, CALLERS, PORT = "230882", 8, 64, 18_902
ACCOUNTS = """
    SELECT open_account('230882', '230882000000', 'a' || lpad(g::text, 4, '0'), 'a' || g, 'ASSET', false, NULL, NULL)
    FROM generate_series(0, 999) AS g
"""
SINGLE = r"""
\set d random(0, 499)
\set c random(500, 999)
SELECT post('230882', uuidv7()::text, :first + :d, :first + :c, 1, DATE '2020-01-01', NULL, 'TRANSFER');
"""
BATCH = r"""
SELECT count(*) FROM (
  SELECT array_agg(uuidv7()::text) AS k, array_agg(DATE '2020-01-01') AS o, array_agg(NULL::text) AS m,
         array_agg(g::int) AS n, array_agg(:first + %DEBIT%) AS d,
         array_agg(:first + 500 + (random() * 499)::int::bigint) AS c, array_agg(1::bigint) AS f
  FROM generate_series(1, 1000) AS g) AS x,
  LATERAL post_batch('230882', x.k, x.o, x.m, x.n, x.d, x.c, x.f, 'TRANSFER');
"""
PGLEDGER_ACCOUNTS = """
    CREATE TABLE pgledger_number AS
    SELECT n, (pgledger_create_account('a' || n, 'CNY')).id FROM generate_series(0, 999) AS n;
    ALTER TABLE pgledger_number ADD PRIMARY KEY (n)
"""
PGLEDGER = r"""
\set d random(0, 499)
\set c random(500, 999)
SELECT pgledger_create_transfer((SELECT id FROM pgledger_number WHERE n = :d),
                                (SELECT id FROM pgledger_number WHERE n = :c), 1::numeric);
"""
# What a distribution posts, and as many postings put straight into a table with the same columns, checks and indexes.
BARE = """
    INSERT INTO bare SELECT gen_random_uuid(), g, '230882', 1, 2, 1 + g %% 90000, g, g, g, g
    FROM generate_series(1, %(lines)s) AS g
"""
DISTRIBUTE = """
    SELECT count(*) FROM post_batch('230882', ARRAY['distribution:' || %(key)s], ARRAY[DATE '2020-01-01'],
      ARRAY[NULL::text], array_fill(1, ARRAY[cardinality(%(fen)s::bigint[])]),
      array_fill(%(first)s::bigint, ARRAY[cardinality(%(fen)s::bigint[])]),
      array_fill(%(first)s::bigint + 1, ARRAY[cardinality(%(fen)s::bigint[])]), %(fen)s::bigint[], 'DISTRIBUTION')
"""
# One account's entries over ten years, mostly in order, one in twenty back-dated.
HISTORY = """
    SELECT count(*) FROM (
      SELECT array_agg(uuidv7()::text) AS k,
             array_agg(DATE '2010-01-01' + greatest(0, %(at)s - CASE WHEN g %% 20 = 0 THEN 90 ELSE 0 END)) AS o,
             array_agg(NULL::text) AS m, array_agg(g::int) AS n, array_agg(%(first)s::bigint) AS d,
             array_agg(%(first)s + 500 + (random() * 499)::int::bigint) AS c, array_agg(1::bigint) AS f
      FROM generate_series(1, 1000) AS g) AS x,
      LATERAL post_batch('230882', x.k, x.o, x.m, x.n, x.d, x.c, x.f, 'TRANSFER')
"""


def application() -> FastAPI:
    """The funds service with one more route, which does nothing."""
    runtime.__dict__["IssuerKeys"] = lambda _: StaticKeys(issuer.jwks(Settings()))  # no portal runs
    router = Router()

    @router.post("/v1/nothing", dependencies=[needs("funds:post")])
    async def nothing() -> dict[str, str]:
        """An empty authenticated POST."""
        return {}

    app = create_app()
    app.include_router(router)
    return app


class Bench:
    def __init__(self, server: Server, home: Path, seconds: int) -> None:
        self.server, self.home, self.seconds = server, home, seconds
        for name in ("ledger", "yardstick"):
            with psycopg.connect(_plain(server.url()), autocommit=True) as db:
                db.execute(f"CREATE DATABASE {name}")
        bootstrap(server.url("ledger"), "funds", "bench")
        upgrade(server.url("ledger"), "funds")
        self.login = server.url("ledger", "fupin_funds", "bench")
        with self.connect() as db:
            db.execute(ACCOUNTS)
            (self.first,) = db.execute("SELECT min(id) FROM account").fetchall()[0]
        self._pgbench("yardstick", "-i", "-q", "-s", "10")

    def connect(self) -> psycopg.Connection[Any]:
        options = f"-c fupin.division={COUNTY} -c fupin.actor=bench"
        return psycopg.connect(_plain(self.login), options=options, autocommit=True)

    def _pgbench(self, database: str, *arguments: str) -> str:
        mine = database == "ledger"
        url = make_url(self.login if mine else self.server.url("yardstick"))
        found = subprocess.run(
            [self.server.bin / "pgbench", "-h127.0.0.1", f"-p{url.port}", f"-U{url.username}", *arguments, database],
            capture_output=True, text=True, check=True,
            env={"PGPASSWORD": str(url.password), "PATH": "/usr/bin:/bin"}
            | ({"PGOPTIONS": f"-c fupin.division={COUNTY} -c fupin.actor=bench"} if mine else {}),
        )  # fmt: skip
        return found.stdout

    def rate(self, database: str, *arguments: str) -> float:
        """Transactions a second."""
        told = self._pgbench(database, "-n", "-M", "prepared", f"-c{CLIENTS}", f"-T{self.seconds}", *arguments)
        found = re.search(r"tps = ([\d.]+)", told)
        assert found is not None
        return float(found.group(1))

    def script(self, name: str, text: str) -> str:
        file = self.home / f"{name}.sql"
        file.write_text(text.replace(":first", str(self.first)))
        return f"-f{file}"


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def in_pgbench(bench: Bench, rounds: int, pgledger: list[Path]) -> dict[str, list[float]]:
    """Transfers a second by kind, a value a round."""
    spread = BATCH.replace("%DEBIT%", "(random() * 499)::int::bigint")
    kinds = {
        "pgbench -N": (1, "yardstick", "-N"),
        "post()": (1, "ledger", bench.script("single", SINGLE)),
        "batch of 1,000, spread": (1_000, "ledger", bench.script("spread", spread)),
        "batch of 1,000, one hot account": (1_000, "ledger", bench.script("hot", BATCH.replace("%DEBIT%", "0"))),
    }
    if pgledger:
        with psycopg.connect(_plain(bench.server.url("yardstick")), autocommit=True) as db:
            for file in pgledger:
                db.execute(file.read_text())
            db.execute(PGLEDGER_ACCOUNTS)
        kinds["pgledger"] = (1, "yardstick", bench.script("pgledger", PGLEDGER))
    found: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(rounds):
        for name, (transfers, database, script) in kinds.items():
            found[name].append(transfers * bench.rate(database, script))
    return found


# --- HTTP


async def _caller(head: str, bodies: Any, until: float) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    done = 0
    while time.monotonic() < until:
        body = next(bodies)
        head_now = f"{head}idempotency-key: {uuid.uuid4().hex}\r\ncontent-length: {len(body)}\r\n\r\n"
        writer.write(head_now.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer[9:12] in (b"200", b"201"), answer
        length = re.search(rb"content-length: (\d+)", answer)
        assert length is not None
        await reader.readexactly(int(length.group(1)))
        done += 1
    writer.close()
    return done


async def _callers(path: str, token: str, bodies: Any, callers: int, seconds: int) -> float:
    head = f"POST {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n"
    began = time.monotonic()
    done = await asyncio.gather(*(_caller(head, bodies, began + seconds) for _ in range(callers)))
    return sum(done) / (time.monotonic() - began)


def over_http(bench: Bench, rounds: int) -> dict[str, list[float]]:
    environment = os.environ | {"FUPIN_HOME": str(bench.home), "FUPIN_FUNDS_DATABASE_URL": bench.login}
    service = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "--factory", "bench.ledger:application", "--port", str(PORT),
         "--log-level", "critical", "--no-access-log"],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        token = issuer.mint(Settings(home=bench.home), "finance-maker")

        def one() -> dict[str, Any]:
            n = uuid.uuid4().int
            return {"debit": f"a{n % 500:04}", "credit": f"a{500 + n // 500 % 500:04}", "amount_fen": 1}

        singles = iter(lambda: json.dumps(one()).encode(), b"")
        batches = iter(lambda: json.dumps({"transfers": [one() for _ in range(1_000)]}).encode(), b"")
        empty = iter(lambda: b"{}", b"")
        for _ in range(600):
            try:
                asyncio.run(_callers("/v1/nothing", token, empty, 1, 0))
                asyncio.run(_callers("/v1/transfers", token, singles, 4, 1))
                break
            except OSError:
                time.sleep(0.2)
        found: dict[str, list[float]] = {
            "empty authenticated POST": [], "HTTP singles, coalesced": [], "HTTP batches of 1,000": []
        }  # fmt: skip
        for _ in range(rounds):
            seconds = bench.seconds
            found["empty authenticated POST"].append(
                asyncio.run(_callers("/v1/nothing", token, empty, CALLERS, seconds))
            )
            found["HTTP singles, coalesced"].append(
                asyncio.run(_callers("/v1/transfers", token, singles, CALLERS, seconds))
            )
            found["HTTP batches of 1,000"].append(
                1_000 * asyncio.run(_callers("/v1/transfers:batch", token, batches, 4, seconds))
            )
        return found
    finally:
        service.terminate()
        service.wait(20)


# --- a long account, a large seal


def long_account(bench: Bench, journals: int, rounds: int) -> dict[str, list[float]]:
    from services.funds.queries.books import BALANCE_ON

    statement = re.sub(r":(\w+)\b", r"%(\1)s", re.sub("::", "\0", BALANCE_ON.text)).replace("\0", "::")
    with bench.connect() as db:
        batches = journals // 1_000
        for batch in range(batches):
            db.execute(HISTORY, {"first": bench.first, "at": batch * 3_650 // batches})
        db.execute("SELECT sum_days('230882')")
        found: dict[str, list[float]] = {"primary-key read": [], "balance on a past day": []}

        def timed(sql: str, asked: Any) -> float:
            taken = []
            for number in range(400):
                began = time.perf_counter()
                db.execute(sql, asked(number)).fetchall()
                taken.append((time.perf_counter() - began) * 1e6)
            return statistics.median(taken)

        for _ in range(rounds):
            found["primary-key read"].append(
                timed("SELECT * FROM balance WHERE account_id = %s", lambda n: [bench.first + n])
            )
            found["balance on a past day"].append(
                timed(statement, lambda n: {"county": COUNTY, "code": "a0000", "on": f"20{11 + n % 9}-0{1 + n % 9}-15"})
            )
        return found


def distribution(bench: Bench, households: int, rounds: int) -> tuple[list[float], list[float], list[float]]:
    """Seconds for the bare postings, for the shares, and for posting them in journals of 100,000 lines."""
    chance = Random(7)
    needs = [chance.randrange(1, 40) * 1_000_000 for _ in range(households)]
    bare, shared, posted = [], [], []
    with psycopg.connect(_plain(bench.server.url("ledger")), autocommit=True) as admin, bench.connect() as db:
        admin.execute("CREATE TABLE bare (LIKE funds.posting INCLUDING ALL)")
        for turn in range(rounds):
            admin.execute("TRUNCATE bare; CHECKPOINT" if turn else "TRUNCATE bare")
            began = time.perf_counter()
            admin.execute(BARE, {"lines": households})
            bare.append(time.perf_counter() - began)
            began = time.perf_counter()
            found = shares.allocate(720_000_000 * households // 1_000, needs)
            shared.append(time.perf_counter() - began)
            began = time.perf_counter()
            with db.transaction():
                for start in range(0, households, 100_000):
                    fen = [share.fen for share in found.shares[start : start + 100_000]]
                    db.execute(DISTRIBUTE, {"key": f"{turn}:{start}", "first": bench.first, "fen": fen})
            posted.append(time.perf_counter() - began)
        admin.execute("DROP TABLE bare")
    return bare, shared, posted


def seal(bench: Bench) -> tuple[float, int, list[float], list[float]]:
    """Seconds, journals, and writers' milliseconds while nothing and while the seal runs."""
    during: list[float] = []
    over = threading.Event()

    def write(taken: list[float]) -> None:
        with bench.connect() as db:
            while not over.is_set():
                began = time.perf_counter()
                db.execute(
                    "SELECT post('230882', uuidv7()::text, %s, %s, 1, DATE '2020-01-01', NULL, 'TRANSFER')",
                    [bench.first + 1, bench.first + 501],
                )
                taken.append((time.perf_counter() - began) * 1000)
                time.sleep(0.002)

    def running(taken: list[float], work: Any) -> Any:
        over.clear()
        writers = [threading.Thread(target=write, args=(taken,))]
        for writer in writers:
            writer.start()
        found = work()
        over.set()
        for writer in writers:
            writer.join()
        return found

    def sealed() -> tuple[float, int]:
        with bench.connect() as db:
            began = time.perf_counter()
            row = db.execute("SELECT journals FROM seal_ledger('230882')").fetchone()
            return time.perf_counter() - began, row[0] if row else 0

    taken, journals = running(during, sealed)
    quiet: list[float] = []
    running(quiet, lambda: time.sleep(max(5, taken)))
    return taken, journals, sorted(quiet), sorted(during)


def told(found: dict[str, list[float]], unit: str, bars: dict[str, str]) -> None:
    """Rows of the Markdown table; the first kind is what the others are measured by."""
    base, *_ = found.values()
    for name, values in found.items():
        ratios = sorted(value / by for value, by in zip(values, base, strict=True))
        shown = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        print(f"| {name} | {statistics.median(values):,.0f} {unit} | {shown} | {bars.get(name, '')} |", flush=True)


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--seconds", type=int, default=2)
    asked.add_argument("--size", type=int, default=1_000_000, help="postings, households, journals to seal")
    asked.add_argument("--quick", action="store_true")
    asked.add_argument("--only", choices=("sql", "http", "distribution", "long"))
    asked.add_argument("--pgledger", type=Path, nargs="*", default=[])
    options = asked.parse_args()
    rounds, size = options.rounds, options.size
    if options.quick:
        options.seconds, rounds, size = 1, 2, 20_000
    print("| what | median | ratio to the first of its group (range) | bar |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder)) as server:
        bench = Bench(server, Path(folder), options.seconds)
        if options.only in (None, "sql"):
            found = in_pgbench(bench, rounds, options.pgledger)
            told(found, "transfers/s", {"post()": ">= 0.9"} | dict.fromkeys([*found][2:4], ">= 4"))
        if options.only in (None, "http"):
            found = over_http(bench, rounds)
            told(found, "transfers/s", {[*found][1]: ">= 0.6", [*found][2]: ">= 10,000/s or 4 x pgbench -N"})
        if options.only in (None, "long"):
            told(long_account(bench, size, rounds), "us", {"balance on a past day": "<= 3"})
            taken, journals, quiet, during = seal(bench)
            print(f"| seal of {journals:,} journals | {taken:.1f} s | | < 15 s |")
            for name, times in (("without", quiet), ("during", during)):
                p99 = times[int(len(times) * 0.99)]
                print(f"| a writer {name} a seal | {statistics.median(times):.1f} ms, p99 {p99:.1f} ms | | no wait |")
        if options.only in (None, "distribution"):
            bare, shared, posted = distribution(bench, size, max(2, rounds))
            whole = [share + post for share, post in zip(shared, posted, strict=True)]
            kinds = {f"bare INSERT of {size:,} postings": bare, "shares and postings of as many households": whole}
            told(
                {name: [1_000 * value for value in times] for name, times in kinds.items()}, "ms", {[*kinds][1]: "<= 3"}
            )
        server.stop()
        server.remove()


if __name__ == "__main__":
    main()
