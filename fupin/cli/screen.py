"""How the command line reaches the services and what it shows."""

import os
import signal
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from fupin import issuer
from fupin.settings import Settings
from fupin.trouble import Trouble

out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)


def settings() -> Settings:
    found = Settings()
    return found.model_copy(update={"home": found.home.absolute()})


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
    said = " ".join(str(problem[part]) for part in ("title", "detail") if problem.get(part))
    raise Trouble(said or f"The service answered {response.status_code}.", "Nothing was changed.")


def briefing(config: Settings, as_of: str | None) -> Table:
    """The county briefing as the portal answers it; a figure that cannot be had is marked, not left out."""
    try:
        with client(config, "portal") as portal:
            found = answer(portal.get("/v1/briefing", params={"as_of": as_of} if as_of else {}))
    except httpx.TransportError:
        raise Trouble("The portal does not answer.", "Start it with `fupin up`.") from None
    table = Table(title=f"{_words(found['county'])} {found['as_of']}", title_justify="left", header_style="bold")
    for heading, side in (("figure", "left"), ("value", "right"), ("unit", "left"), ("指标", "left"), ("", "left")):
        table.add_column(heading, justify=side)  # type: ignore[arg-type]  # rich's own words for the sides
    for row in found["figures"]:
        value = row.get("value")
        shown = "unavailable" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
        label = row.get("label") or {}
        table.add_row(row["id"], shown, row.get("unit") or "", label.get("zh", ""), row["service"])
    for row in found["holds"]:
        says = {True: "[green]holds[/]", False: "[red]does not hold[/]", None: "unavailable"}[row["holds"]]
        table.add_row(_words(row["rule"]), says)
    return table


def _words(value: Any) -> str:
    """A text, or the English or Chinese one of a text in both languages."""
    if isinstance(value, dict):
        return str(value.get("name") or value.get("en") or value.get("zh") or "")
    return str(value)


def become(command: list[str], environment: dict[str, str]) -> None:
    """Hands the terminal over to another program."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execvpe(command[0], command, os.environ | environment)  # noqa: S606  # a program of ours, no shell
