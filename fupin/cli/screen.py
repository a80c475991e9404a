"""How the command line reaches the services and what it shows."""

import os
import signal
import sys
from typing import Any

import httpx
from rich.console import Console, Group
from rich.table import Table

from fupin import issuer
from fupin.settings import Settings
from fupin.supervisor.record import Record
from fupin.trouble import Trouble

# Not a terminal (a file, a pipe): wide enough that nothing is cut.
out = Console(soft_wrap=True, width=None if sys.stdout.isatty() else 160)
err = Console(stderr=True, soft_wrap=True)


def settings() -> Settings:
    """The settings; where no port is set, the one on which `fupin up` runs."""
    found = Settings()
    changes: dict[str, Any] = {"home": found.home.absolute()}
    if "port" not in found.model_fields_set:
        record = Record.read(found.home)
        portal = record.processes.get("portal")
        if portal and portal.port and record.running():
            changes["port"] = portal.port
    return found.model_copy(update=changes)


def tell(line: str) -> None:
    """A line of progress, apart from the answer proper."""
    err.print(line, style="dim", markup=False, highlight=False)


def mint(config: Settings, role: str, **wanted: Any) -> str:
    """A token from the local issuer; Trouble when the role or the division is not to be had."""
    try:
        return issuer.mint(config, role, **wanted)
    except issuer.UnknownClient:
        raise Trouble(f"There is no role {role}.", f"The roles are {', '.join(issuer.ROLES)}.") from None
    except issuer.TooWide as error:
        raise Trouble(
            f"The {error} asked for is outside this deployment ({config.division}).", "Ask for one inside it."
        ) from None


def client(config: Settings, service: str, role: str = "county-admin") -> httpx.Client:
    """An HTTP client of one of the running services, in a role."""
    return httpx.Client(
        base_url=config.service_url(service),
        headers={"Authorization": f"Bearer {mint(config, role)}", "Accept-Language": "en"},
        timeout=60,
        trust_env=False,  # a proxy has no business between us and 127.0.0.1
    )


def answer(response: httpx.Response) -> Any:
    """The JSON of an answer; a problem becomes Trouble in the service's own words."""
    if response.is_success:
        return response.json()
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    errors = [f"{error.get('pointer')}: {error.get('detail')}." for error in problem.get("errors") or []]
    said = " ".join([*(str(problem[part]) for part in ("title", "detail") if problem.get(part)), *errors])
    raise Trouble(said or f"The service answered {response.status_code}.", "Nothing was changed.")


def briefing(config: Settings, as_of: str | None) -> Group:
    """The county briefing as the portal answers it; a figure that cannot be had is marked, not left out."""
    try:
        with client(config, "portal") as portal:
            found = answer(portal.get("/v1/briefing", params={"as_of": as_of} if as_of else {}))
    except httpx.TransportError:
        raise Trouble("The portal does not answer.", "Start it with `fupin up`.") from None
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("指标", no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    wide = out.width >= 110
    if wide:
        table.add_column("figure", no_wrap=True, style="dim")
        table.add_column("service", no_wrap=True, style="dim")
    for row in found["figures"]:
        value = row.get("value")
        shown = "[red]unavailable[/]" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
        cells = [(row.get("label") or {}).get("zh", ""), shown, row.get("unit") or ""]
        table.add_row(*cells, *([row["id"], row["service"]] if wide else []))
    says = {True: "[green]holds[/]", False: "[red]does not hold[/]", None: "[red]unavailable[/]"}
    holds = [f"{says[row['holds']]}  {_words(row['rule'])}" for row in found["holds"]]
    return Group(f"[bold]{_words(found['county'])} {found['as_of']}[/]\n", table, "", *holds)


def _words(value: Any) -> str:
    """A text, or the English or Chinese one of a text in both languages."""
    if isinstance(value, dict):
        return str(value.get("name") or value.get("en") or value.get("zh") or "")
    return str(value)


def become(command: list[str], environment: dict[str, str]) -> None:
    """Hands the terminal over to another program."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execvpe(command[0], command, os.environ | environment)  # noqa: S606  # a program of ours, no shell
