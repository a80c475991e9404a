"""
How fast do lists leave as files, against psql's `\\copy (select ...)`, and does the service's memory stay flat?

    python bench/exports.py [--quick]      (1,000,000 households, or 50,000; a server of its own)

The service is one uvicorn process as `fupin up` starts it; its client throws away what it gets. psql runs the service's
own login under the same row-level security and writes to /dev/null, (a) the very COPY of the export, whose rows
PostgreSQL makes into JSON or words, and (b) the plain `select` of the same columns and rows as text. Rounds are
interleaved. Memory is the largest resident size of the service while it sends, and before it sent anything.
"""

import socket
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import NamedTuple

import httpx
import psutil
import reads

from fupin import issuer
from fupin.listing import Listing, lines
from fupin.migrate import bootstrap, upgrade
from fupin.postgres import Server
from fupin.settings import Settings
from services.registry.queries import exports
from services.registry.queries.households import Households
from services.registry.queries.members import Members
from services.registry.rules import sheets

ROUNDS = 5
ON = date.fromisoformat(reads.TODAY)


class Kind(NamedTuple):
    """One export: its address, the COPY that it is, and the plain select of the same."""

    name: str
    path: str
    copy: str
    plain: str


def kinds() -> list[Kind]:
    found = []
    for name, listing, sheet in (
        ("members", Members(ON).listing(), sheets.MEMBERS),
        ("households", Households(ON).listing(), sheets.HOUSEHOLDS),
    ):
        plain = _plain(listing)
        path = f"/v1/{name}/export?as_of={ON}&format="
        found.append(Kind(f"{name} NDJSON", path + "ndjson", lines(listing), plain))
        found.append(Kind(f"{name} CSV", path + "csv", exports.csv_statement(listing, sheet), plain))
    return found


def _plain(listing: Listing) -> str:
    return " ".join(["COPY (SELECT", listing.shown, listing.body, "ORDER BY", listing.order, ") TO STDOUT"])


def psql(login: str, statement: str) -> float:
    """Seconds that psql takes."""
    copy = statement.replace("%(as_of)s", f"'{ON}'::date").replace("%(known_at)s", "NULL::timestamptz")
    copy = copy.replace("%%", "%")
    if "%(" in copy:
        raise SystemExit(f"A parameter is left in the statement: {copy}")
    began = time.perf_counter()
    with Path("/dev/null").open("wb") as nowhere:
        command = ["psql", login, "-qX", "-c", "SET fupin.division = '230882'", "-c", copy]
        subprocess.run(command, stdout=nowhere, check=True)
    return time.perf_counter() - began


class Sent(NamedTuple):
    """Seconds, bytes, lines, the service's CPU seconds, and the most memory it held, in MB."""

    seconds: float
    size: int
    lines: int
    cpu: float
    memory: float


def export(http: httpx.Client, url: str, service: psutil.Process) -> Sent:
    began, size, rows, most, used = time.perf_counter(), 0, 0, 0.0, _cpu(service)
    with http.stream("GET", url) as response:
        response.raise_for_status()
        for number, block in enumerate(response.iter_raw()):
            size += len(block)
            rows += block.count(b"\n")
            if number % 100 == 0:
                most = max(most, _memory(service))
    return Sent(time.perf_counter() - began, size, rows, _cpu(service) - used, max(most, _memory(service)))


def _cpu(process: psutil.Process) -> float:
    taken = process.cpu_times()
    return float(taken.user + taken.system)


def _memory(process: psutil.Process) -> float:
    return process.memory_info().rss / (1 << 20)


def measure(settings: Settings, login: str, rows: int, port: int, service: psutil.Process) -> None:
    headers = {"Authorization": f"Bearer {issuer.mint(settings, 'county-admin')}"}
    print("| export | seconds | rows/s | psql, same COPY, s | psql, plain select, s | same COPY / export "
          "| plain select / export | service CPU s | MB sent | memory MB, before and most |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|---|")
    with httpx.Client(headers=headers, timeout=600, trust_env=False) as http:
        url = f"http://127.0.0.1:{port}"
        export(http, f"{url}/v1/members/export?division={reads.TOWN}", service)  # warm
        before = _memory(service)
        for kind in kinds():
            found = []
            for _ in range(ROUNDS):
                same, plain = psql(login, kind.copy), psql(login, kind.plain)
                sent = export(http, url + kind.path, service)
                if sent.lines < rows:
                    raise SystemExit(f"{kind.name}: {sent.lines} lines of {rows} rows")
                found.append((same, plain, sent))
            cells = [
                _range([sent.seconds for *_, sent in found]),
                _range([sent.lines / sent.seconds for *_, sent in found], 0),
                _range([same for same, *_ in found]),
                _range([plain for _, plain, _ in found]),
                _range([same / sent.seconds for same, _, sent in found], 2),
                _range([plain / sent.seconds for _, plain, sent in found], 2),
                _range([sent.cpu for *_, sent in found]),
                f"{found[0][2].size >> 20}",
                f"{before:.0f}, {max(sent.memory for *_, sent in found):.0f}",
            ]
            print(f"| {kind.name} | {' | '.join(cells)} |", flush=True)


def _range(values: list[float], digits: int = 1) -> str:
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main(rows: int) -> None:
    with tempfile.TemporaryDirectory() as name, Server(Path(name) / "postgres", fast=True) as server:
        folder = Path(name)
        bootstrap(server.url("bench"), "registry", "bench")
        upgrade(server.url("bench"), "registry")
        reads.fill(server.url("bench").replace("+psycopg", ""), rows)
        login = server.url("bench", "fupin_registry", "bench")
        port = _free()
        settings = Settings(
            home=folder / "home", port=_free(), registry_database_url=login,
            registry_url=f"http://127.0.0.1:{port}",
        )  # fmt: skip
        with (
            reads.served("reads:peer", settings, settings.port, folder / "peer.log"),
            reads.served("services.registry.app:main", settings, port, folder / "registry.log") as service,
        ):
            print(f"{rows:,} rows, {ROUNDS} rounds: median (smallest to largest)\n")
            measure(settings, login.replace("+psycopg", ""), rows, port, service)


if __name__ == "__main__":
    main(50_000 if "--quick" in sys.argv else 1_000_000)
