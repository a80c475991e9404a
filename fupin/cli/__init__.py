"""The `fupin` command. What goes wrong outside the program is told in one sentence and what to do about it."""

import sys
from pathlib import Path

import typer
from pydantic import ValidationError

from fupin.cli import backup, develop, drawing, importing, keys, run, status, work
from fupin.settings import Settings
from fupin.trouble import Trouble, from_os

app = typer.Typer(
    name="fupin",
    help="A county's poverty alleviation work: registry, funds, projects, inspection. 扶贫",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for group in (run, status, work, importing, drawing, backup, keys, develop):
    app.registered_commands.extend(group.commands.registered_commands)


def main() -> None:
    """The entry point: runs a command; Trouble and refusals of the operating system end it with exit code 1."""
    try:
        app()
    except Trouble as trouble:
        _fail(trouble)
    except ValidationError as error:
        _fail(_setting(error))
    except OSError as error:
        _fail(from_os(error, Path.cwd()))
    except KeyboardInterrupt:
        sys.exit(130)


def _fail(trouble: Trouble) -> None:
    print(f"fupin: {trouble.sentence}\n       {trouble.remedy}", file=sys.stderr)  # noqa: T201  # to a person
    sys.exit(1)


def _setting(error: ValidationError) -> Trouble:
    """Settings are the only things that the command line validates itself."""
    if error.title != Settings.__name__:
        raise error
    first = error.errors()[0]
    name = f"FUPIN_{'_'.join(str(part) for part in first['loc']).upper()}"
    return Trouble(f"{name} is not usable: {first['msg']}.", "Correct it, or unset it to use the default.")
