"""A long account, a trial balance of a past day, a large seal, a large distribution."""

import re
import statistics
import threading
import time
from random import Random
from typing import Any

import psycopg
from sqlalchemy import TextClause

from bench.money.sql import COUNTY, Bench, plain
from services.funds.queries.books import BALANCE_ON, TRIAL_BALANCE
from services.funds.rules import shares

# As many postings as a distribution makes, in journals of as many lines, put straight into a table with the same
# columns, checks and indexes.
BARE = """
    WITH journals AS MATERIALIZED (SELECT j, uuidv7() AS id FROM generate_series(0, (%(lines)s - 1) / 100000) AS j)
    INSERT INTO bare SELECT id, 1 + g %% 100000, '230882', 1, 2, 1 + g %% 90000, g, g, g, g
    FROM journals, generate_series(j * 100000, least(j * 100000 + 99999, %(lines)s - 1)) AS g
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


def _pyformat(statement: TextClause) -> str:
    """As psycopg takes it."""
    return re.sub(r":(\w+)\b", r"%(\1)s", re.sub("::", "\0", statement.text)).replace("\0", "::")


def long_account(bench: Bench, journals: int, rounds: int) -> dict[str, list[float]]:
    """Microseconds by kind of read, a value a round: among a thousand accounts one that all journals went through."""
    past: dict[str, Any] = {"county": COUNTY, "code": "a0000", "first": bench.first}
    kinds = {
        "primary-key read": ("SELECT * FROM balance WHERE account_id = %(first)s + %(n)s", 400),
        "balance on a past day": (_pyformat(BALANCE_ON), 400),
        "trial balance of a past day": (_pyformat(TRIAL_BALANCE), 20),
    }
    with bench.connect() as db:
        batches = journals // 1_000
        for batch in range(batches):
            db.execute(HISTORY, {"first": bench.first, "at": batch * 3_650 // batches})
        db.execute("SELECT sum_days('230882')")
        found: dict[str, list[float]] = {name: [] for name in kinds}
        for _ in range(rounds):
            for name, (statement, times) in kinds.items():
                taken = []
                for n in range(times):
                    began = time.perf_counter()
                    db.execute(statement, past | {"n": n, "on": f"20{11 + n % 9}-0{1 + n % 9}-15"}).fetchall()
                    taken.append((time.perf_counter() - began) * 1e6)
                found[name].append(statistics.median(taken))
        return found


def distribution(bench: Bench, households: int, rounds: int) -> tuple[list[float], list[float], list[float]]:
    """Seconds for the bare postings, for the shares, and for posting them in journals of 100,000 lines."""
    chance = Random(7)
    needs = [chance.randrange(1, 40) * 1_000_000 for _ in range(households)]
    bare, shared, posted = [], [], []
    with psycopg.connect(plain(bench.server.url("ledger")), autocommit=True) as admin, bench.connect() as db:
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
