"""
Every route x role x division: `matrix.csv` says who is let in and what another town's token learns; nothing is unsaid.

`other_town` is `hidden` (the town itself gets an answer that the other does not), `empty` (this address says nothing of
a single town's row here; why is said) or `shared` (every town of the county may know; why is said).
"""

import csv
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Route

from fupin import issuer
from fupin.auth import ACT_FOR, SCOPES
from fupin.issuer import ROLES, Client
from fupin.settings import Settings
from tests.conftest import Api
from tests.contracts import filling
from tests.contracts.asking import Operation, operations, written

FILE = Path(__file__).with_name("matrix.csv")
TABLE = {
    (row["service"], row["method"], row["path"]): row
    for row in csv.DictReader(FILE.read_text(encoding="utf-8").splitlines())
}

# Addresses that no OpenAPI document lists, all open: the documents and what shows them. They hold nobody's data.
PAGES = {"/openapi.json", "/docs", "/docs/{name}", "/redoc"}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of requests, and some that fail on rows without sense: their log lines tell nothing."""
    kept = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**kept)


def _all(apps: Mapping[str, FastAPI]) -> Iterator[Operation]:
    for service, app in apps.items():
        yield from operations(service, app.openapi())


def test_the_table_lists_every_route_and_no_other(apps: Mapping[str, FastAPI]) -> None:
    found = {(each.service, each.method, each.path): each for each in _all(apps)}
    assert found.keys() - TABLE.keys() == set(), "new routes: say in matrix.csv who may use them"
    assert TABLE.keys() - found.keys() == set(), "routes that are gone"
    for key, each in found.items():
        assert TABLE[key]["scopes"] == " ".join(sorted(each.scopes)), each.name
        assert TABLE[key]["other_town"] == "hidden" or TABLE[key]["why"], f"{each.name}: say why"


def test_a_route_outside_the_documents_is_a_page(apps: Mapping[str, FastAPI]) -> None:
    for service, app in apps.items():
        for context in iter_route_contexts(app.routes):
            if isinstance(context.original_route, Route) and service != "portal":
                for method in (context.methods or set()) - {"HEAD"}:
                    assert (service, method, context.path) in TABLE or context.path in PAGES, context.path


async def test_a_role_is_let_in_where_the_table_says_so_and_nowhere_else(
    services: dict[str, Api], apps: Mapping[str, FastAPI]
) -> None:
    settings = services["registry"].settings
    tokens = {role: issuer.mint(settings, role, division=filling.TOWN) for role in ROLES}
    doors = {name: api.anonymous().http for name, api in services.items()}
    tried: dict[tuple[str, frozenset[str]], set[str]] = {}
    for each in _all(apps):
        row = TABLE[each.service, each.method, each.path]
        asked = {key: value for key, value in each.request().items() if key not in ("json", "files", "data")}
        http = doors[each.service]
        answer = await http.request(**asked)
        assert (answer.status_code == 401) == (row["let_in"] != "anyone"), each.name
        if not each.scopes:
            continue
        let_in, met = set(), tried.setdefault((each.service, each.scopes), set())
        for role, token in tokens.items():
            if (
                role in met and let_in
            ):  # these scopes let the role in elsewhere, and this route somebody: no need to ask
                let_in.add(role)
                continue
            answer = await http.request(**_bearing(asked, token))
            if answer.status_code != 403 or answer.json()["code"] != "insufficient-scope":
                assert answer.status_code != 401, each.name
                let_in.add(role)
                met.add(role)
        assert " ".join(sorted(let_in)) == row["let_in"], each.name


async def test_what_is_one_towns_is_closed_to_another(services: dict[str, Api], apps: Mapping[str, FastAPI]) -> None:
    settings, dsn = services["registry"].settings, services["registry"].admin_dsn
    filling.fill(dsn)
    ours, theirs = (_everything(settings, town) for town in (filling.TOWN, filling.ELSEWHERE))
    doors = {name: api.anonymous().http for name, api in services.items()}
    asked = [(each, TABLE[each.service, each.method, each.path]["other_town"], each.request()) for each in _all(apps)]
    for each, other_town, request in asked:
        if each.method == "GET" and each.scopes and other_town != "shared":
            http = doors[each.service]
            theirs_is = await http.request(**_bearing(request, theirs))
            assert theirs_is.status_code < 500, each.name
            assert not _names(theirs_is, request["url"]), f"{each.name}: {written(theirs_is)[:500]}"
            if other_town == "hidden":
                ours_is = await http.request(**_bearing(request, ours))
                assert _bare(ours_is) != _bare(theirs_is), f"{each.name}: seen by nobody, so nothing was tried"
    before = filling.rows(dsn)
    for each, other_town, request in asked:
        if each.method != "GET" and each.scopes and other_town != "shared":
            http = doors[each.service]
            theirs_is = await http.request(**_bearing(request, theirs))
            # 502: a service refused what was asked of it on the stranger's behalf
            assert theirs_is.status_code < 500 or theirs_is.status_code == 502, f"{each.name}: {theirs_is.text}"
            told = theirs_is.status_code >= 400 and filling.MARK in written(theirs_is).replace(request["url"], "")
            assert not told, f"{each.name}: a refusal tells of the row: {theirs_is.text}"
    assert filling.rows(dsn) == before, "another town's request changed a row"
    for each, _, request in asked:
        if each.method == "PATCH":
            await doors[each.service].request(**_bearing(request, ours))
    assert filling.rows(dsn) != before, "the town's own requests changed nothing either: nothing was tried"


def _everything(settings: Settings, town: str) -> str:
    """The strongest token that a town could hold."""
    return issuer.issue(settings, Client("stranger", frozenset(SCOPES) - {ACT_FOR}, settings.division), town)


def _bearing(asked: dict[str, Any], token: str) -> dict[str, Any]:
    return asked | {"headers": asked["headers"] | {"Authorization": f"Bearer {token}"}}


def _names(answer: httpx.Response, url: str) -> bool:
    """Whether an answer tells of the row: not by repeating what it was asked."""
    said = written(answer).replace(url, "")
    return filling.MARK in said or filling.ID in said


def _bare(answer: httpx.Response) -> tuple[int, str]:
    """Status and words of an answer; a refusal without the request's own number."""
    if answer.status_code >= 400:
        return answer.status_code, answer.json()["code"]
    return answer.status_code, written(answer)
