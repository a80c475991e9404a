"""`fupin rotate-keys`: a new key for personal data, and every value sealed with it, while the services run."""

from contextlib import ExitStack
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import make_url

from fupin import rotation
from fupin.cli import screen
from fupin.cli.screen import err, out
from fupin.crypto import Vault, with_current_key_only, with_new_key, write_ring
from fupin.processes import Busy, locked
from fupin.settings import SERVICES, Settings, secret_file
from fupin.supervisor.databases import Databases
from fupin.trouble import Trouble
from fupin.urls import libpq

commands = typer.Typer()


@commands.command(name="rotate-keys")
def rotate_keys() -> None:
    """
    Make a new key for personal data, seal every value with it, then retire the old key.

    The services go on working. A rotation that was interrupted goes on when this is run again.
    """
    config = screen.settings()
    ring = config.home / "secrets" / "pii-keys"
    if not ring.exists():
        raise Trouble(f"There is no key ring at {ring}.", "Start fupin once, or set FUPIN_HOME to its home.")
    try:
        with locked(config.home / "rotate-keys.lock"):
            rotate(config, ring)
    except Busy:
        raise Trouble("Another `fupin rotate-keys` is at work.", "Wait until it has ended.") from None


def rotate(config: Settings, ring: Path) -> None:
    """New key, passes over every column until nothing is left for the old ones, old keys out of the ring."""
    with ExitStack() as stack:
        found = [
            (connection, column)
            for service in SERVICES
            for connection in [stack.enter_context(_administering(config, service))]
            for column in _columns(connection, service)
        ]
        text = ring.read_text()
        if len(Vault.from_text(text).versions) == 1:
            text = with_new_key(text)
            write_ring(ring, text)
            screen.tell("a new key seals; the services take it within seconds")
        vault = Vault.from_text(text)
        replaced = _pass(found, vault, config.division)
        while True:
            rotation.settle(list(dict.fromkeys(connection for connection, _ in found)))
            late = _pass(found, vault, config.division)
            replaced += late
            if not late:
                break
    retired = ring.with_name(f"pii-keys.before-{vault.current}")
    secret_file(retired, text.encode)
    write_ring(ring, with_current_key_only(text))
    out.print(f"{replaced:,} values are sealed with key {vault.current}; nothing needs the older ones any more.")
    err.print(
        f"The older keys are kept in {retired}: delete it when no backup older than this needs them.",
        markup=False, highlight=False,
    )  # fmt: skip


def _pass(found: list[tuple[psycopg.Connection[Any], rotation.Column]], vault: Vault, division: str) -> int:
    """Every column once; the number of values replaced."""
    work = [(connection, column, rotation.left(connection, column, vault.current)) for connection, column in found]
    work = [(connection, column, number) for connection, column, number in work if number]
    replaced = 0
    if not work:
        return replaced
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=err, transient=True,
    ) as progress:  # fmt: skip
        bar = progress.add_task("", total=sum(number for _, _, number in work))
        for connection, column, _ in work:
            progress.update(bar, description=f"{column.service}.{column.table}")
            for done in rotation.seal_anew(connection, column, vault, division):
                progress.advance(bar, done)
                replaced += done
    return replaced


def _columns(connection: psycopg.Connection[Any], service: str) -> list[rotation.Column]:
    name = f"services.{service}.models.sealed"
    sealed = import_module(name).SEALED if find_spec(name) else {}
    return rotation.columns(connection, service, sealed)


def _administering(config: Settings, service: str) -> psycopg.Connection[Any]:
    url = make_url(Databases(config).administering(service))
    try:
        return psycopg.connect(libpq(url), autocommit=True, application_name="fupin-rotate-keys")
    except psycopg.OperationalError:
        raise Trouble(f"The database of {service} does not answer.", "Start fupin, or that server.") from None
