"""`fupin backup` and `fupin restore`: the whole record in one file, and back again, proven."""

import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from fupin import backups, restores
from fupin.cli import screen, work
from fupin.cli.screen import err, out
from fupin.settings import SERVICES, Settings
from fupin.supervisor.databases import Databases
from fupin.trouble import Trouble

commands = typer.Typer()

Passphrase = Annotated[
    Path | None,
    typer.Option(help="A file whose first line is the passphrase; default FUPIN_BACKUP_PASSPHRASE, or asked for."),
]


@commands.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where to write it, e.g. /backup/fupin-2018-05-17.tar.")],
    passphrase_file: Passphrase = None,
    without_secrets: Annotated[
        bool, typer.Option("--without-secrets", help="Leave the keys out; keep home/secrets elsewhere.")
    ] = False,
) -> None:
    """
    Write the record of the four services into one file, while they run.

    Keys are sealed with a passphrase. The record itself is not: names and incomes stand in it, so keep the file as you
    keep the database.
    """
    if file.exists():
        raise Trouble(f"{file} exists already.", "Choose another name; a backup never replaces one.")
    passphrase = None if without_secrets else _passphrase(passphrase_file, twice=True)
    manifest = backups.make(screen.settings(), file, passphrase, screen.tell)
    numbers = {name: sum(was["rows"].values()) for name, was in manifest["services"].items()}
    out.print(f"{file}: {file.stat().st_size:,} bytes, {sum(numbers.values()):,} rows", markup=False, highlight=False)
    if without_secrets:
        err.print("Without the keys in home/secrets nobody can read personal data: keep them, apart from this file.")


@commands.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `fupin backup` wrote.", exists=True, dir_okay=False)],
    passphrase_file: Passphrase = None,
    rehearse: Annotated[
        bool, typer.Option("--rehearse", help="Into a new server that is removed again: does the backup hold?")
    ] = False,
) -> None:
    """
    Bring a backup back into a new FUPIN_HOME, or into empty databases, and prove it.

    Every table's rows are counted, every seal of the audit and the whole ledger reckoned anew.
    """
    with backups.opened(file) as (_, manifest):
        passphrase = _passphrase(passphrase_file) if manifest["secrets"] else None
    if not rehearse:
        _restore(screen.settings(), file, passphrase)
        out.print("The record is back. Start it with `fupin up`.")
        return
    with tempfile.TemporaryDirectory(prefix="fupin-rehearsal-") as folder:
        home = Path(folder)
        config = Settings.model_construct(
            **screen.settings().model_dump(exclude={"database_url", *(f"{s}_database_url" for s in SERVICES)})
            | {"home": home, "attachments_dir": home / "attachments"}
        )
        try:
            _restore(config, file, passphrase)
        finally:
            server = Databases(config).server
            if server is not None:
                server.remove()
    out.print("The backup holds.")


def _restore(config: Settings, file: Path, passphrase: str | None) -> None:
    restores.restore(config, file, passphrase, screen.tell)
    with work.databases_up(config) as databases:
        sound = work.audits_hold(databases)
        sound &= work.ledger_holds(config)
    if not sound:
        raise typer.Exit(1)


def _passphrase(file: Path | None, *, twice: bool = False) -> str:
    if file is not None:
        found = file.read_text().split("\n", 1)[0].strip()
    else:
        found = os.environ.get("FUPIN_BACKUP_PASSPHRASE") or typer.prompt(
            "Passphrase of the backup", hide_input=True, confirmation_prompt=twice, err=True
        )
    if len(found) < 12:
        raise Trouble("The passphrase is too short.", "Take 12 characters or more.")
    return found
