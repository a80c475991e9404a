"""Working with a running fupin: `token`, `briefing`, `psql`, `verify-audit`."""

from typing import Annotated

import psycopg
import typer
from sqlalchemy import make_url

from fupin.cli import screen
from fupin.cli.screen import out
from fupin.postgres import place
from fupin.settings import SERVICES
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
    databases = Databases(screen.settings())
    broken = []
    for service in SERVICES:
        with psycopg.connect(libpq(make_url(databases.login(service)))) as connection:
            row = connection.execute("SELECT audit_broken_seal(), (SELECT count(*) FROM audit_seal)").fetchone()
            seal, seals = row or (None, 0)
        out.print(f"{service}: {seals} seals, " + ("all hold" if seal is None else f"seal {seal} does not hold"))
        if seal is not None:
            broken.append(service)
    if broken:
        raise typer.Exit(1)
