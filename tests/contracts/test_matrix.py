"""
Every route x role x division: `matrix.csv` says who is let in and what another town's token learns; nothing is unsaid.

`other_town` is `hidden` (the town itself gets an answer that the other does not), `empty` (this address says nothing of
a single town's row here; why is said) or `shared` (every town of the county may know; why is said).

Of a write, `here` is what the first role let in is answered who asks in full: a success, or the state of the rows that
stands against it, which is looked at after role, division and form; of anything else `why` says what it would take.
`elsewhere` is what the strongest token of another town is answered to the same request; a success is about that town.
"""

import csv
import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import psycopg
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
from tests.contracts import filling, restoring, writes
from tests.contracts.asking import Operation, operations, written

FILE = Path(__file__).with_name("matrix.csv")
TABLE = {
    (row["service"], row["method"], row["path"]): row
    for row in csv.DictReader(FILE.read_text(encoding="utf-8").splitlines())
}

# Addresses that no OpenAPI document lists, all open: the documents and what shows them. They hold nobody's data.
PAGES = {"/openapi.json", "/docs", "/docs/{name}", "/redoc"}

HOME = {"town-clerk": filling.TOWN, "village-cadre": filling.VILLAGE}  # the other roles are the county's


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
        if each.method != "GET" and each.scopes:
            told = TABLE[key]["why"]
            assert re.match(r"2|409 ", TABLE[key]["here"]) or told, f"{each.name}: say why"
            assert re.match(r"[24]", TABLE[key]["elsewhere"]) or TABLE[key]["other_town"] == "shared" or told, each.name


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
        full = writes.asked(each)
        asked = {key: value for key, value in full.items() if key not in ("json", "files", "data")}
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
            expected = role in row["let_in"].split()  # else refused for the role alone: nothing lacks in the request
            answer = await http.request(**_bearing(asked if expected else full, token))
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
    asked = [
        (each, TABLE[each.service, each.method, each.path]["other_town"], writes.asked(each)) for each in _all(apps)
    ]
    for each, other_town, request in asked:
        if each.method == "GET" and each.scopes and other_town != "shared":
            http = doors[each.service]
            theirs_is = await http.request(**_bearing(request, theirs))
            assert theirs_is.status_code < 500, each.name
            assert not _names(theirs_is, request["url"]), f"{each.name}: {written(theirs_is)[:500]}"
            if other_town == "hidden":
                ours_is = await http.request(**_bearing(request, ours))
                assert _bare(ours_is) != _bare(theirs_is), f"{each.name}: seen by nobody, so nothing was tried"
    before, answers = filling.rows(dsn), {}
    for each, other_town, request in asked:
        if each.method != "GET" and each.scopes and other_town != "shared":
            http = doors[each.service]
            theirs_is = await http.request(**_bearing(request, theirs))
            answers[each.service, each.method, each.path] = _said(theirs_is)
            told = theirs_is.status_code >= 400 and filling.MARK in written(theirs_is).replace(request["url"], "")
            assert not told, f"{each.name}: a refusal tells of the row: {theirs_is.text}"
    assert filling.rows(dsn) == before, "another town's request changed a row"
    assert answers == {key: TABLE[key]["elsewhere"] for key in answers}
    for each, _, request in asked:
        if each.method == "PATCH":
            await doors[each.service].request(**_bearing(request, ours))
    assert filling.rows(dsn) != before, "the town's own requests changed nothing either: nothing was tried"


async def test_who_may_write_gets_through(services: dict[str, Api], apps: Mapping[str, FastAPI]) -> None:
    settings, dsn = services["registry"].settings, services["registry"].admin_dsn
    writes.prepare(dsn, services["registry"].runtime.vault)
    doors, answers = {name: api.anonymous().http for name, api in services.items()}, {}
    with psycopg.connect(dsn, autocommit=True) as db:
        db.execute("SET session_replication_role = replica")
        restoring.keep(db)
        for each in _all(apps):
            if each.method == "GET" or not each.scopes:
                continue
            key, arranged = (each.service, each.method, each.path), writes.NEEDS.get(each.name, {}).get("rows")
            if arranged:
                db.execute(arranged)
            answer = await doors[each.service].request(**_bearing(writes.asked(each), _first(settings, each)))
            answers[key] = _said(answer)
            if arranged or answer.is_success:
                restoring.put_back(db)
    assert answers == {key: TABLE[key]["here"] for key in answers}


def _first(settings: Settings, each: Operation) -> str:
    """A token of the first role that is let in, of the county if it is one of the county's; else of a service."""
    let_in = TABLE[each.service, each.method, each.path]["let_in"].split()
    for role in ROLES:
        if role in let_in:
            return issuer.mint(settings, role, division=HOME.get(role))
    return issuer.issue(settings, Client("a-service", each.scopes, settings.division))


def _said(answer: httpx.Response) -> str:
    return f"{answer.status_code} {answer.json()['code']}" if answer.is_error else str(answer.status_code)


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
