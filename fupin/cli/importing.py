"""`fupin import FILE`: a file into the running registry, watched to its end, its bad cells shown."""

import time
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import httpx
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from fupin.cli import screen
from fupin.cli.screen import err, out
from fupin.trouble import Trouble

commands = typer.Typer()
SHOWN = 50  # bad cells on the screen; the marked workbook has all of them


@commands.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(help="XLSX or CSV.", exists=True, dir_okay=False)],
    kind: Annotated[
        str | None,
        typer.Option(help="DIVISIONS, HOUSEHOLDS, PATHWAYS, HELPERS or GUARANTEES; default: as the headings say."),
    ] = None,
    mapping: Annotated[
        str | None, typer.Option(help="A saved column mapping, by name or id (/v1/column-mappings).")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="YYYY-MM-DD", help="The day the file describes.")
    ] = None,
    strict_ids: Annotated[bool, typer.Option("--strict-ids", help="Refuse doubtful ID numbers, too.")] = False,
    valid_rows: Annotated[bool, typer.Option("--valid-rows", help="Take the good rows and report the others.")] = False,
    validate_only: Annotated[bool, typer.Option("--validate-only", help="Check, change nothing.")] = False,
    marked: Annotated[
        Path | None, typer.Option(metavar="OUT.xlsx", help="Write the file with its bad cells marked here.")
    ] = None,
) -> None:
    """
    Import a file into the registry, as its POST /v1/imports does.

    Ends with exit code 1 when nothing was taken, or when a check found bad cells.
    """
    form = {
        "mode": "valid_rows" if valid_rows else "all_or_nothing",
        "validate_only": str(validate_only).lower(),
        "strict_ids": str(strict_ids).lower(),
    }
    with screen.client(screen.settings(), "registry") as registry:
        try:
            if mapping:
                form["mapping_id"] = _mapping(registry, mapping)
            form |= {name: said for name, said in (("kind", kind), ("as_of", as_of)) if said}
            operation = _run(registry, file, form)
            done = screen.answer(registry.get(f"/v1/imports/{operation['id']}"))
            _tell(registry, operation, done)
            if marked and done["errors"]:
                _write_marked(registry, done["id"], marked)
        except httpx.TransportError:
            raise Trouble("The registry does not answer.", "Start it with `fupin up`.") from None
    if operation["state"] != "SUCCEEDED" or (validate_only and done["errors"]):
        raise typer.Exit(1)


def _mapping(registry: httpx.Client, wanted: str) -> str:
    """The id of the mapping of that id or name."""
    try:
        return str(UUID(wanted))
    except ValueError:
        pass
    address: str | None = "/v1/column-mappings?limit=200"
    while address:
        page = registry.get(address)
        for mapping in screen.answer(page)["items"]:
            if mapping["name"] == wanted:
                return str(mapping["id"])
        address = page.links.get("next", {}).get("url")
    raise Trouble(f"There is no column mapping {wanted}.", "GET /v1/column-mappings lists them.")


def _run(registry: httpx.Client, file: Path, form: dict[str, str]) -> Any:
    """Send the file and watch its operation; the operation as it ended. Ctrl-C cancels it."""
    with Progress(
        SpinnerColumn(), TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"), TimeElapsedColumn(), console=err, transient=True,
    ) as progress:  # fmt: skip
        bar = progress.add_task("sending", total=None, rate="")
        with file.open("rb") as content:
            started = registry.post("/v1/imports", data=form, files={"file": (file.name, content)})
        found = screen.answer(started)
        where = started.headers["Location"]
        try:
            while found["state"] in ("QUEUED", "RUNNING"):
                time.sleep(0.25)
                found = screen.answer(registry.get(where))
                rate = f"{found['rate']:,.0f} rows/s" if found["rate"] else ""
                progress.update(
                    bar,
                    description=found["phase"] or "waiting",
                    completed=found["done"],
                    total=found["total"],
                    rate=rate,
                )
        except KeyboardInterrupt:
            err.print(_cancel(registry, where), markup=False, highlight=False)
            raise
    return found


def _cancel(registry: httpx.Client, where: str) -> str:
    """Ask the operation to stop and wait until it has; what became of it, in words."""
    registry.post(f"{where}:cancel")
    while (ended := screen.answer(registry.get(where)))["state"] in ("QUEUED", "RUNNING"):
        time.sleep(0.25)
    if ended["state"] == "CANCELLED":
        return "cancelled; nothing of the file is kept"
    return f"too late to cancel: the import had {ended['state'].lower()}"


def _tell(registry: httpx.Client, operation: Any, done: Any) -> None:
    """What became of the rows, and the first bad cells."""
    problem = operation["problem"]
    if problem and not done["errors"]:
        out.print(f"[red]{problem['title']}[/] {problem['title_zh']}")
        for part in ("missing", "unknown", "duplicate"):
            if problem.get(part):
                out.print(f"{part}: {'、'.join(problem[part])}", markup=False, highlight=False)
        return
    counts = ("rows_read", "rows_valid", "errors", "added", "changed", "unchanged")
    out.print(f"{done['kind']} {done['state']}", highlight=False)
    out.print("  ".join(f"{name} {done[name]:,}" for name in counts), highlight=False)
    for code, number in done["doubts"].items():
        out.print(f"taken with doubt: {code} {number:,}", highlight=False)
    if not done["errors"]:
        return
    page = screen.answer(registry.get(f"/v1/imports/{done['id']}/errors", params={"limit": SHOWN}))
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("row 行", "column", "列", "code", "why 原因"):
        table.add_column(heading)
    for cell in page["items"]:
        table.add_row(str(cell["row"]), cell["column"], cell["heading"], cell["code"], f"{cell['zh']} {cell['en']}")
    out.print(table)
    if done["errors"] > SHOWN:
        out.print(f"and {done['errors'] - SHOWN:,} more: --marked OUT.xlsx shows them all", highlight=False)


def _write_marked(registry: httpx.Client, id: str, into: Path) -> None:
    with registry.stream("GET", f"/v1/imports/{id}/errors.xlsx") as answer:
        if not answer.is_success:
            answer.read()
            screen.answer(answer)
        with into.open("wb") as file:
            for block in answer.iter_bytes():
                file.write(block)
    err.print(f"bad cells marked in {into}", markup=False, highlight=False)
