"""
What do histories and the change feed cost?

    python bench/histories.py [--quick]      (5 rounds of 50,000 households; quick: 2 of 5,000; a server of its own)

Households with one member and one income each are inserted, then all households are changed, set-based with
`fupin.bulk` as an import does it, with and without the triggers that keep versions and write the feed; each in a
database of its own, checkpointed before its turn, with and without in turns. Then pages, counts and statistics are read
as they stand, as of a past day when nothing had changed since, and as of a past day when every household has changed
since. Of the first round, the whole feed is read.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from fupin.listing import Listing
from fupin.migrate import bootstrap, upgrade
from fupin.postgres import Server
from services.registry.queries import changes_feed, histories, households, snapshots

PASSWORD = "bench-only"  # noqa: S105  # of a database that lives as long as this run
DAY = date(2018, 5, 17)
DIVISIONS = """
    INSERT INTO division (code, county_code, name, level, parent_code, state_on)
    SELECT c, '230882', c, l, p, '2014-01-01' FROM (
        SELECT '230882000000' AS c, 'COUNTY' AS l, NULL AS p
        UNION ALL SELECT '230882' || t || '000', 'TOWN', '230882000000' FROM generate_series(101, 111) t
        UNION ALL SELECT '230882' || t || v, 'VILLAGE', '230882' || t || '000'
        FROM generate_series(101, 111) t, generate_series(201, 225) v) x
"""
HOUSEHOLDS = """
    INSERT INTO household (county_code, division_code, household_no, residence, poverty_type, status, status_on,
        main_cause, identified_on, phone_enc, phone_index, phone_mask, farmland_mu, house_grade, source_hash)
    SELECT '230882', '230882' || 101 + n %% 11 || 201 + n %% 25, 'h-' || n, 'RURAL', 'GENERAL', 'POOR', '2016-03-01',
        '01', '2016-03-01', sha256(n::text::bytea), substr(sha256(n::text::bytea), 1, 16), '138****8000', 10, 'D',
        sha256(n::text::bytea)
    FROM generate_series(1, %s) n
"""
MEMBERS = """
    INSERT INTO member (household_id, county_code, division_code, name, sex, nationality, relation, id_number_enc,
        id_number_index, id_number_mask)
    SELECT id, county_code, division_code, '王' || household_no, '1', '01', '02', sha256(household_no::bytea),
        substr(sha256(household_no::bytea), 1, 16), '230***' FROM household
"""
INCOMES = """
    INSERT INTO household_income (household_id, county_code, division_code, year, persons, wage_fen)
    SELECT id, county_code, division_code, 2017, 1, 300000 FROM household
"""
CHANGE = "UPDATE household SET house_grade = 'B', farmland_mu = 12, version = version + 1"
TRIGGERS = """
    SELECT format('ALTER TABLE %s DISABLE TRIGGER %I', tgrelid::regclass, tgname) FROM pg_trigger
    WHERE tgname ~ '^(note|keep)_' AND NOT tgisinternal
"""


def timed(label: str, work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    took = time.perf_counter() - began
    print(f"{label:58s} {took:8.3f} s", flush=True)
    return took


def filled(server: Server, name: str, count: int, kept: bool) -> tuple[float, float]:
    """Seconds to insert and to change `count` households, with or without what migration 0004 keeps."""
    with psycopg.connect(_plain(server.url()), autocommit=True) as db:
        db.execute(f"CREATE DATABASE {name}")
    bootstrap(server.url(name), "registry", PASSWORD)
    upgrade(server.url(name), "registry")
    if not kept:
        with psycopg.connect(_plain(server.url(name)), autocommit=True) as db:
            for (statement,) in db.execute(TRIGGERS).fetchall():
                db.execute(statement)
    word = "kept" if kept else "not kept"
    with psycopg.connect(_plain(server.url(name, "fupin_registry", PASSWORD))) as db:

        def run(*statements: tuple[Any, ...]) -> None:
            db.execute("SET LOCAL fupin.division = '230882'; SET LOCAL fupin.bulk = 'bench'")
            for statement in statements:
                db.execute(*statement)
            db.commit()

        run((DIVISIONS,))
        with psycopg.connect(_plain(server.url(name)), autocommit=True) as admin:
            admin.execute("CHECKPOINT")
            inserted = timed(f"insert, {word}", lambda: run((HOUSEHOLDS, (count,)), (MEMBERS,), (INCOMES,)))
            admin.execute("VACUUM ANALYZE")
            if kept:
                reads(server, name, "nothing changed since")
            admin.execute("CHECKPOINT")
            changed = timed(f"change every household, {word}", lambda: run((CHANGE,)))
            admin.execute("VACUUM ANALYZE")
        if kept:
            reads(server, name, "every household changed since")
    return inserted, changed


def reads(server: Server, name: str, state: str) -> None:
    now = households.Households(datetime.now(UTC).date())
    then = households.Households(DAY, known_at=histories.EVER)
    with psycopg.connect(_plain(server.url(name, "fupin_registry", PASSWORD)), autocommit=True) as db:
        db.execute("SET fupin.division = '230882'")
        middle = db.execute("SELECT id FROM household ORDER BY id OFFSET (SELECT count(*) / 2 FROM household) LIMIT 1")
        (id,) = middle.fetchone() or (None,)
        for label, wanted in (("today", now), (f"past day, {state}", then)):
            listing = wanted.listing()
            page = listing.where("(h.id) > (%(after)s)", after=id)
            one = households.by_id(id, wanted.as_of, wanted.known_at)
            timed(f"household, {label}", partial(_all, db, one))
            timed(f"page of 50 from the middle, {label}", partial(_all, db, page, "ORDER BY h.id LIMIT 50"))
            timed(f"count, {label}", partial(_count, db, listing))
            timed(f"statistics by town and status, {label}", partial(_statistics, db, listing))


def feed(server: Server, name: str) -> None:
    with psycopg.connect(_plain(server.url(name, "fupin_registry", PASSWORD)), autocommit=True) as db:
        db.execute("SET fupin.division = '230882'")
        (upto,) = db.execute(changes_feed.NOW).fetchone() or ("",)
        seq, lines, pages, began = 0, 0, 0, time.perf_counter()
        while True:
            wanted = {"since": changes_feed.NOTHING, "upto": upto, "seq": seq, "kinds": None, "limit": 10_000}
            found = db.execute(changes_feed.LINES, wanted).fetchall()
            if not found:
                break
            seq, lines, pages = found[-1][1], lines + len(found), pages + 1
        took = time.perf_counter() - began
        print(f"feed: {lines} lines in {pages} answers, {took:.2f} s, {lines / took:,.0f} lines/s")


def _all(db: psycopg.Connection[Any], listing: Listing, end: str = "") -> None:
    db.execute(f"{listing.rows} {end}", listing.params).fetchall()


def _count(db: psycopg.Connection[Any], listing: Listing) -> None:
    db.execute(f"SELECT count(*) {listing.body}", listing.params).fetchall()


def _statistics(db: psycopg.Connection[Any], listing: Listing) -> None:
    groups = f"{snapshots.GROUPS['town']}, {snapshots.GROUPS['status']}"
    body = listing.body.replace(histories.HOUSEHOLDS, histories.HOUSEHOLD, 1)  # as the service counts groups
    db.execute(f"SELECT {groups}, count(*) {body} GROUP BY 1, 2", listing.params).fetchall()


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def main() -> None:
    rounds, count = (2, 5_000) if "--quick" in sys.argv else (5, 50_000)
    plain: list[tuple[float, float]] = []
    kept: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as place, Server(Path(place) / "postgres") as server:
        for turn in range(rounds):
            plain.append(filled(server, f"plain_{turn}", count, kept=False))
            kept.append(filled(server, f"kept_{turn}", count, kept=True))
            if turn == 0:
                feed(server, "kept_0")
            for name in (f"plain_{turn}", f"kept_{turn}"):
                with psycopg.connect(_plain(server.url()), autocommit=True) as db:
                    db.execute(f"DROP DATABASE {name} WITH (FORCE)")
    print(f"\n| {count:,} households, {rounds} rounds | without, s | with, s | ratio |\n|---|---|---|---|")
    for at, what in enumerate(("insert with a member and an income each", "change every one")):
        without, with_ = [row[at] for row in plain], [row[at] for row in kept]
        ratios = [b / a for a, b in zip(without, with_, strict=True)]
        print(f"| {what} | {_range(without)} | {_range(with_)} | {_range(ratios)} |")


def _range(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


if __name__ == "__main__":
    main()
