"""`fupin status`: what runs, at which version, what waits, and how much room is left."""

import json
import shutil
import sys
from typing import Annotated, Any

import psycopg
import typer
from psycopg.rows import dict_row
from rich.filesize import decimal
from rich.table import Table
from sqlalchemy import make_url

from fupin import __version__, lag, migrate
from fupin.cli import screen
from fupin.cli.screen import out
from fupin.postgres import Server
from fupin.settings import PORTS, SERVICES, Settings
from fupin.supervisor import missing
from fupin.supervisor.databases import Databases
from fupin.supervisor.record import Record
from fupin.urls import libpq

commands = typer.Typer()

_HEAD = "SELECT string_agg(version_num, ' ') AS head FROM alembic_version"
_SIZE = """
    SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint AS bytes FROM pg_class c
    WHERE c.relnamespace = %s::regnamespace AND c.relkind = 'r'"""
_SEALED = "SELECT extract(epoch FROM now() - max(at))::float AS seconds FROM audit_seal"


@commands.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="For programs: all of it.")] = False,
) -> None:
    """
    Say what runs, what waits and how much room is left.

    Exit code 1 when something that should be ready is not, or a schema is not at the newest revision.
    """
    config = screen.settings()
    found = _status(config)
    if as_json:
        out.print_json(json.dumps(found))
    else:
        _show(found)
    if not found["ready"]:
        raise typer.Exit(1)


def _status(config: Settings) -> dict[str, Any]:
    record = Record.read(config.home)
    rows: dict[str, dict[str, Any]] = {}
    embedded = config.database_url is None and (config.home / "logs" / "postgres.log").exists()
    answering = not embedded
    if embedded:
        server = Server(config.home)
        answering = server.running()
        rows["postgres"] = {
            "port": server.port if answering else None,
            "pid": server.pid,
            "health": "ready" if answering else "stopped",
        }
    for name in PORTS:
        known = record.processes.get(name)
        process = known.process() if known else None
        lacks = missing(config, name) if process else None
        rows[name] = {
            "port": known.port if known and process else None,
            "pid": process.pid if process else None,
            "health": "stopped" if process is None else "ready" if lacks is None else f"not ready: {lacks}",
        }
    known_to_us = embedded or any(getattr(config, f"{name}_database_url") or config.database_url for name in SERVICES)
    records = {name: _record(config, name) for name in SERVICES} if known_to_us and answering else {}
    disk = shutil.disk_usage(next(path for path in (config.home, *config.home.parents) if path.exists()))
    return {
        "version": __version__,
        "python": sys.version.split()[0],
        "home": str(config.home),
        "supervisor": running.pid if (running := record.running()) else None,
        "example_loaded": (config.home / "example-loaded").exists(),
        "ready": all(row["health"] == "ready" for row in rows.values())
        and all(row["head"] == row["newest"] for row in records.values()),
        "disk": {"free_bytes": disk.free, "total_bytes": disk.total},
        "processes": rows,
        "records": records,
    }


def _record(config: Settings, service: str) -> dict[str, Any]:
    """What the service's schema says, read with its own login; `head` None: no answer."""
    newest = migrate.head(service)
    try:
        url = make_url(Databases(config).login(service))
        with psycopg.connect(libpq(url), connect_timeout=5, row_factory=dict_row) as connection:
            connection.execute("SELECT set_config('fupin.division', %s, true)", (config.division,))

            def one(statement: str, *given: str) -> dict[str, Any]:
                return connection.execute(statement, given or None).fetchone() or {}

            return {
                "head": one(_HEAD)["head"],
                "newest": newest,
                "bytes": one(_SIZE, service)["bytes"],
                "jobs": lag.jobs(connection.execute(lag.JOBS).fetchall()),
                "operations": {
                    row["state"].lower(): row["number"] for row in connection.execute(lag.OPERATIONS).fetchall()
                },
                "audit": {"sealed_seconds_ago": one(_SEALED)["seconds"], "unsealed": one(lag.UNSEALED)},
            }
    except psycopg.Error as error:
        return {"head": None, "newest": newest, "trouble": type(error).__name__}


def _show(found: dict[str, Any]) -> None:
    table = Table(header_style="bold")
    for heading in ("", "port", "pid", "health"):
        table.add_column(heading)
    for name, row in found["processes"].items():
        table.add_row(name, str(row["port"] or ""), str(row["pid"] or ""), row["health"])
    out.print(f"fupin {found['version']} on {found['home']}", highlight=False)
    out.print(table)
    records = Table(header_style="bold")
    for heading in ("record", "revision", "size", "jobs and outbox", "operations", "audit without a seal"):
        records.add_column(heading)
    for name, row in found["records"].items():
        if row["head"] is None:
            records.add_row(name, f"no answer: {row['trouble']}", "", "", "", "")
            continue
        head = row["head"] if row["head"] == row["newest"] else f"[red]{row['head']}, newest {row['newest']}[/]"
        unsealed = row["audit"]["unsealed"]
        records.add_row(
            name, head, decimal(row["bytes"]), _jobs(row["jobs"]),
            ", ".join(f"{number} {state}" for state, number in row["operations"].items()) or "none",
            f"{unsealed['entries']}, oldest {unsealed['oldest_seconds']:.0f} s" if unsealed["entries"] else "none",
        )  # fmt: skip
    if found["records"]:
        out.print(records)
    disk = found["disk"]
    out.print(f"disk: {decimal(disk['free_bytes'])} of {decimal(disk['total_bytes'])} free", highlight=False)


def _jobs(jobs: list[dict[str, Any]]) -> str:
    told = [
        f"{job['number']} {job['task']} {job['state']}"
        + (f", oldest {job['oldest_seconds']:.0f} s" if job["state"] == "waiting" else "")
        for job in jobs
    ]
    return "; ".join(told) or "none"
