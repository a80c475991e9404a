"""
What does moving money cost, beside the least that PostgreSQL asks for a transaction?

    python bench/ledger.py [--rounds 5] [--seconds 2] [--size 1000000] [--quick] [--pgledger FILE...] [--hordak PYTHON]

Method: a durable embedded server of its own (fsync on) in a folder that is removed at the end. The yardstick is
`pgbench -N -M prepared` of the same wheel: one update, one select, one insert, one commit. The ledger runs in pgbench
too, a call of its function per transaction, with the service's own login and row-level security, for eight clients
unless another number is named. All kinds take turns in every round; what is printed is the median of the rounds'
ratios, and their range. HTTP is measured against an empty authenticated POST of the same application, over loopback,
with keep-alive, one new idempotency key a request.

`--pgledger` names the SQL of pgledger (what it needs first, then itself), which then takes its turns beside `post()`;
`--hordak` the Python of an environment with django-hordak, which then takes its turns beside the singles over HTTP.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

from bench.money.sql import Bench, by_clients, in_pgbench
from bench.money.volume import distribution, long_account, seal
from bench.money.web import over_http
from fupin.postgres import Server


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
    asked.add_argument("--hordak", type=Path)
    options = asked.parse_args()
    rounds, size = options.rounds, options.size
    if options.quick:
        options.seconds, rounds, size = 1, 2, 20_000
    print("| what | median | ratio to the first of its group (range) | bar |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder)) as server:
        bench = Bench(server, Path(folder), options.seconds)
        if options.only in (None, "sql"):
            for kinds in by_clients(bench, rounds).values():
                told(kinds, "transfers/s", {[*kinds][1]: ">= 0.9"})
            found = in_pgbench(bench, rounds, options.pgledger)
            told(found, "transfers/s", {"post()": ">= 0.9"} | dict.fromkeys([*found][2:4], ">= 4"))
        if options.only in (None, "http"):
            found = over_http(bench, rounds, options.hordak)
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
            found = {
                f"bare INSERT of {size:,} postings": [1_000 * seconds for seconds in bare],
                "shares and postings of as many households": [1_000 * seconds for seconds in whole],
            }
            told(found, "ms", {[*found][1]: "<= 3"})
        server.stop()
        server.remove()


if __name__ == "__main__":
    main()
