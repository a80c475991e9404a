"""Working with a running fupin: `token`, `briefing`, `psql`, `verify-audit`, `verify-ledger`."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer
from sqlalchemy import create_engine, make_url, text

from fupin.cli import screen
from fupin.cli.screen import out
from fupin.postgres import place
from fupin.settings import SERVICES, Settings
from fupin.supervisor.databases import Databases
from fupin.trouble import Trouble
from fupin.urls import libpq

commands = typer.Typer()


@commands.command()
def token(
    role: Annotated[str, typer.Option(help="Whose: county-admin, town-clerk, village-cadre, finance-maker ...")],
    division: Annotated[str | None, typer.Option(help="The division it is limited to; default the county.")] = None,
    sub: Annotated[str | None, typer.Option(help="The person; default ROLE@DIVISION.")] = None,
) -> None:
    """Print an access token from the local issuer, valid for an hour."""
    typer.echo(screen.mint(screen.settings(), role, division=division, sub=sub))


@commands.command()
def briefing(
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="YYYY-MM-DD", help="Default: today.")] = None,
) -> None:
    """Print the county briefing: every figure counted from rows."""
    out.print(screen.briefing(screen.settings(), as_of))


@commands.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def psql(context: typer.Context, service: Annotated[str, typer.Argument(help="registry, funds, ...")]) -> None:
    """
    Open psql with a service's own login; what follows the service is passed on to psql.

    The session sees the deployment's division, as that service's requests do.
    """
    if service not in SERVICES:
        raise Trouble(f"{service} has no database.", f"The services are {', '.join(SERVICES)}.")
    config = screen.settings()
    url = make_url(Databases(config).login(service))
    environment = {
        "PGPASSWORD": str(url.password or ""),
        "PGOPTIONS": f"-c fupin.division={config.division} -c fupin.actor=psql",
    }
    host = f"-h{url.host}" if url.host else "-hlocalhost"
    command = [
        str(place.binaries(None) / "psql"),
        host,
        f"-p{url.port or 5432}",
        f"-U{url.username}",
        f"-d{url.database}",
    ]
    screen.become([*command, *context.args], environment)


@commands.command(name="verify-audit")
def verify_audit() -> None:
    """Recompute the hash chain over every audit entry of the four services."""
    if not audits_hold(Databases(screen.settings())):
        raise typer.Exit(1)


def audits_hold(databases: Databases) -> bool:
    """Whether every seal of every service follows from its entries; says so of each."""
    sound = True
    for service in SERVICES:
        with psycopg.connect(libpq(make_url(databases.login(service)))) as connection:
            row = connection.execute("SELECT audit_broken_seal(), (SELECT count(*) FROM audit_seal)").fetchone()
            seal, seals = row or (None, 0)
        out.print(f"{service}: {seals} seals, " + ("all hold" if seal is None else f"seal {seal} does not hold"))
        sound &= seal is None
    return sound


@commands.command(name="verify-ledger")
def verify_ledger(
    export: Annotated[
        Path | None, typer.Argument(help="An export of the ledger; default the live database.", exists=True)
    ] = None,
) -> None:
    """
    Reckon the whole ledger anew: balances, running balances, seals, schedules, allocations.

    With a file (GET /v1/ledger/export) nothing else is needed: no server, no database, no network.
    """
    if not ledger_holds(screen.settings(), export):
        raise typer.Exit(1)


def ledger_holds(config: Settings, export: Path | None = None) -> bool:
    """Whether the ledger of the export, or the live one, holds; says what was reckoned and what is wrong."""
    evidence: Any = import_module("services.funds.rules.evidence")  # the kernel knows no service, only its name
    with ExitStack() as stack:
        lines: Any = stack.enter_context(export.open("rb")) if export else _ledger(config)
        report = evidence.verify(lines)
    for name in ("accounts", "journals", "lines", "seals", "sealed_journals", "loans", "distributions"):
        out.print(f"{name.replace('_', ' ')}: {getattr(report, name):,}")
    for wrong in report.wrong:
        out.print(f"wrong: {wrong}", style="red", markup=False)
    out.print("The ledger holds." if report.sound else "The ledger does not hold.")
    return bool(report.sound)


@contextmanager
def databases_up(config: Settings) -> Iterator[Databases]:
    """The databases, answering; an embedded server that had to be started for this is stopped again."""
    databases = Databases(config)
    server = databases.server
    idle = server is not None and not server.running()
    if server is not None:
        server.start(screen.tell)
    try:
        yield databases
    finally:
        if server is not None and idle:
            server.stop()


def _ledger(config: Settings) -> Iterator[str]:
    """The export of the live ledger, read with the service's own login."""
    queries: Any = import_module("services.funds.queries.evidence")
    engine = create_engine(Databases(config).login("funds"))
    try:
        with engine.connect() as connection:
            connection.execute(queries.ONE_SNAPSHOT)
            connection.execute(text("SELECT set_config('fupin.division', :d, true)"), {"d": config.division})
            counted = {}
            yield queries.begins(config.division[:6])
            for kind, statement in queries.PARTS:
                counted[kind] = 0
                rows = connection.execution_options(yield_per=1000).execute(statement, {"county": config.division[:6]})
                for row in rows.scalars():
                    counted[kind] += 1
                    yield row
            yield queries.ends(counted)
    finally:
        engine.dispose()
