"""For developers: `test`, `check`, `format`, `openapi`."""

import json
import os
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from fupin import breaking, collection
from fupin.cli.screen import become, err
from fupin.settings import PORTS
from fupin.supervisor import ROOT

commands = typer.Typer()

CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    ("lint-imports",),
    ("python", "-P", "-m", "fupin.cli", "openapi", "--check"),
    ("pytest", "-q", "tests/test_schema.py", "tests/test_migrations.py"),
)


# A file's tests stay together: what a module prepares once is not prepared twice.
TOGETHER = ("-n", "auto", "--dist", "loadfile")


@commands.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def test(context: typer.Context) -> None:
    """Run the whole test suite, a PostgreSQL of its own for each processor; arguments are pytest's."""
    os.chdir(ROOT)
    for name in [name for name in os.environ if name.startswith("FUPIN_")]:
        del os.environ[name]  # no test may reach a database or a home that is in use
    together = () if any(given.startswith(("-n", "--pdb")) for given in context.args) else TOGETHER
    become([sys.executable, "-m", "pytest", *together, *context.args], {})


@commands.command()
def check() -> None:
    """Run everything that must be clean before a change is taken: style, types, contracts, schemas, OpenAPI."""
    failed, programs = [], Path(sys.executable).parent
    for check_ in CHECKS:
        err.print(f"-- {' '.join(check_)}", style="bold", highlight=False)
        if subprocess.run([programs / check_[0], *check_[1:]], cwd=ROOT, check=False).returncode != 0:
            failed.append(" ".join(check_))
    if failed:
        err.print(f"not clean: {', '.join(failed)}", style="bold red")
        raise typer.Exit(1)
    err.print("all clean", style="bold green")


@commands.command(name="format")
def format_() -> None:
    """Bring the code into its one style."""
    become([str(Path(sys.executable).parent / "ruff"), "format", str(ROOT)], {})


@commands.command()
def openapi(
    check_only: Annotated[
        bool, typer.Option("--check", help="Write nothing: current, and nothing broken that is not declared?")
    ] = False,
    collection_folder: Annotated[
        Path | None, typer.Option("--collection", help="Write a Bruno collection of the five APIs here instead.")
    ] = None,
) -> None:
    """
    Write each service's OpenAPI document to docs/openapi.

    What breaks callers of the document before must stand in docs/openapi/breaking.md, or it ends with exit code 1.
    """
    documents = {name: import_module(f"services.{name}.app").create_app().openapi() for name in PORTS}
    if collection_folder is not None:
        count = collection.write(documents, collection_folder)
        err.print(f"{collection_folder}: {count} requests")
        return
    folder = ROOT / "docs" / "openapi"
    stale = []
    for name, document in documents.items():
        text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        path = folder / f"{name}.json"
        if not path.exists() or path.read_text() != text:
            stale.append(name)
            if not check_only:
                path.write_text(text)
    broken = _undeclared(documents, folder)
    for line in broken:
        err.print(f"- {line}", markup=False, highlight=False, soft_wrap=True)
    if broken:
        err.print("This breaks callers: declare it in docs/openapi/breaking.md, line by line and why, or take it back.")
    if check_only and stale:
        err.print(f"docs/openapi is behind for {', '.join(stale)}: run `fupin openapi`")
    if broken or (check_only and stale):
        raise typer.Exit(1)
    err.print(f"docs/openapi: {'all current' if not stale else 'written for ' + ', '.join(stale)}")


def _undeclared(documents: dict[str, Any], folder: Path) -> list[str]:
    """What breaks callers of the last commit's documents, or the one's before, and is not in breaking.md."""
    declared = set((folder / "breaking.md").read_text().splitlines())
    found = []
    for name, document in documents.items() if shutil.which("git") else ():
        for commit in ("HEAD", "HEAD~1"):
            shown = subprocess.run(
                ["git", "show", f"{commit}:docs/openapi/{name}.json"], cwd=ROOT, capture_output=True, check=False
            )
            if shown.returncode == 0:
                found += [f"{name}: {line}" for line in breaking.changes(json.loads(shown.stdout), document)]
    return [line for line in dict.fromkeys(found) if f"- {line}" not in declared]
