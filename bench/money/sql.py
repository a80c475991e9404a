"""The ledger in pgbench beside the least that PostgreSQL asks for a transaction, and beside pgledger."""

import re
import subprocess
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from fupin.migrate import bootstrap, upgrade
from fupin.postgres import Server

COUNTY, CLIENTS = "230882", 8
ACCOUNTS = """
    SELECT open_account('230882', '230882000000', 'a' || lpad(g::text, 4, '0'), 'a' || g, 'ASSET', false, NULL, NULL)
    FROM generate_series(0, 999) AS g
"""
SINGLE = r"""
\set d random(0, 499)
\set c random(500, 999)
\set key random(1, 9000000000000000000)
SELECT post('230882', :key::text, :first + :d, :first + :c, 1, DATE '2020-01-01', NULL, 'TRANSFER');
"""
BATCH = r"""
SELECT count(*) FROM (
  SELECT array_agg(g || '-' || random()) AS k, array_agg(DATE '2020-01-01') AS o, array_agg(NULL::text) AS m,
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


class Bench:
    def __init__(self, server: Server, home: Path, seconds: int) -> None:
        self.server, self.home, self.seconds = server, home, seconds
        for name in ("ledger", "yardstick"):
            with psycopg.connect(plain(server.url()), autocommit=True) as db:
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
        return psycopg.connect(plain(self.login), options=options, autocommit=True)

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

    def rate(self, database: str, *arguments: str, clients: int = CLIENTS) -> float:
        """Transactions a second."""
        told = self._pgbench(database, "-n", "-M", "prepared", f"-c{clients}", f"-T{self.seconds}", *arguments)
        found = re.search(r"tps = ([\d.]+)", told)
        assert found is not None
        return float(found.group(1))

    def script(self, name: str, text: str) -> str:
        file = self.home / f"{name}.sql"
        file.write_text(text.replace(":first", str(self.first)))
        return f"-f{file}"


def plain(url: str) -> str:
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
        with psycopg.connect(plain(bench.server.url("yardstick")), autocommit=True) as db:
            for file in pgledger:
                db.execute(file.read_text())
            db.execute(PGLEDGER_ACCOUNTS)
        kinds["pgledger"] = (1, "yardstick", bench.script("pgledger", PGLEDGER))
    found: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(rounds):
        for name, (transfers, database, script) in kinds.items():
            found[name].append(transfers * bench.rate(database, script))
    return found


def by_clients(bench: Bench, rounds: int) -> dict[int, dict[str, list[float]]]:
    """Single transfers a second beside the yardstick, by how many clients ask at once."""
    single = bench.script("single", SINGLE)
    found: dict[int, dict[str, list[float]]] = {
        clients: {f"pgbench -N, {clients} at once": [], f"post(), {clients} at once": []} for clients in (1, 2, 4, 16)
    }
    for _ in range(rounds):
        for clients, (yardstick, post) in ((clients, kinds.values()) for clients, kinds in found.items()):
            yardstick.append(bench.rate("yardstick", "-N", clients=clients))
            post.append(bench.rate("ledger", single, clients=clients))
    return found
