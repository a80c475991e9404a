"""Starting and stopping: `up`, `down`, `migrate`."""

import os
import signal
import subprocess
import sys
import time
from typing import Annotated

import psutil
import typer

from fupin import issuer
from fupin.cli import screen, work
from fupin.cli.screen import err, out
from fupin.postgres import Server, turn_over
from fupin.settings import Settings
from fupin.supervisor import ROOT, Stop, Supervisor
from fupin.supervisor.record import Record
from fupin.trouble import Trouble

commands = typer.Typer()
EXAMPLE_DAY = "2018-05-17"  # the day that the example's briefing is about


@commands.command()
def up(
    detach: Annotated[bool, typer.Option("--detach", help="Return when everything is ready.")] = False,
    empty: Annotated[bool, typer.Option("--empty", help="Load no example data.")] = False,
    port: Annotated[int | None, typer.Option(help="The portal's port; the services take the next four.")] = None,
    behind: Annotated[bool, typer.Option(hidden=True)] = False,  # the background half of --detach
) -> None:
    """Start everything, load the example the first time, and keep it running until Ctrl-C."""
    config = screen.settings()
    if port is not None:
        config = Settings.model_validate(config.model_dump() | {"port": port})
    if detach:
        _detach(config, empty)
    else:
        _foreground(config, empty, behind)


def _foreground(config: Settings, empty: bool, behind: bool) -> None:
    supervisor = Supervisor(config, screen.tell)
    try:
        with supervisor.running():
            if not empty:
                supervisor.load()
            if not behind:
                _welcome(config)
            supervisor.watch()
    except Stop:
        return


def _welcome(config: Settings) -> None:
    """The briefing and the ways in. Holds a token, so it goes to the person's screen and into no log."""
    if (config.home / "example-loaded").exists():
        out.print(screen.briefing(config, EXAMPLE_DAY))
    out.print(f"\nportal     {config.service_url('portal')}", highlight=False)
    if config.issuer is None:
        out.print(f"sign in    {issuer.sign_in_link(config)}  (once, within ten minutes)", highlight=False)
        out.print(f"token      {screen.mint(config, 'county-admin')}", highlight=False)
    out.print("           another role: fupin token --role ROLE      stop: Ctrl-C or fupin down\n", highlight=False)


def _detach(config: Settings, empty: bool) -> None:
    """Runs `up` in the background and shows what it says until it is ready."""
    running = Record.read(config.home).running()
    if running:
        raise Trouble(f"fupin already runs on {config.home} (process {running.pid}).", "`fupin down` stops it.")
    log = config.home / "logs" / "up.log"
    turn_over(log)
    command = [sys.executable, "-P", "-m", "fupin.cli", "up", "--behind", "--port", str(config.port)]
    command += ["--empty"] if empty else []
    with log.open("ab") as to, log.open("rb") as saying:
        saying.seek(0, 2)
        background = subprocess.Popen(
            command, env=_environment(config), stdin=subprocess.DEVNULL, stdout=to, stderr=to, start_new_session=True
        )
        try:
            while background.poll() is None and not _ready(config, background.pid):
                _echo(saying.read())
                time.sleep(0.2)
        except KeyboardInterrupt:
            background.send_signal(signal.SIGTERM)
            background.wait()
            raise
        _echo(saying.read())
    if background.returncode is not None:
        raise typer.Exit(1)
    _welcome(config)


def _ready(config: Settings, pid: int) -> bool:
    record = Record.read(config.home)
    return record.ready and record.supervisor is not None and record.supervisor.pid == pid


def _environment(config: Settings) -> dict[str, str]:
    """For a process that stands elsewhere and whose output is followed as it comes."""
    return os.environ | {
        "FUPIN_HOME": str(config.home),
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }


def _echo(said: bytes) -> None:
    sys.stdout.write(said.decode(errors="replace"))
    sys.stdout.flush()


@commands.command()
def down() -> None:
    """Stop everything that `fupin up` started."""
    config = screen.settings()
    record = Record.read(config.home)
    running = record.running()
    if running:
        running.send_signal(signal.SIGTERM)
        try:
            running.wait(90)
        except psutil.TimeoutExpired:
            raise Trouble(f"Process {running.pid} does not stop.", f"Its log is {config.home / 'logs'}.") from None
        err.print("stopped")
        return
    left = list(record.end_leftovers())
    if (config.home / "logs" / "postgres.log").exists():
        server = Server(config.home)
        if server.pid is not None:
            server.stop()
            left.append("PostgreSQL")
    err.print(f"stopped what was left: {', '.join(left)}" if left else "nothing was running")


@commands.command(name="migrate")
def migrate_() -> None:
    """Bring the four schemas to their newest revision (roles and rights too)."""
    with work.databases_up(screen.settings()) as databases:
        databases.prepare(screen.tell)
