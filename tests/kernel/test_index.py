"""Every route is found by its address as FastAPI, trying one after another, finds it."""

import importlib
import re
from typing import Any

import pytest
from fastapi import HTTPException
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException as Refusal
from starlette.routing import Route
from starlette.types import ASGIApp, Scope

from fupin.index import Index, owners
from fupin.settings import SERVICES


@pytest.mark.parametrize("service", [*SERVICES, "portal"])
async def test_the_index_finds_what_trying_every_route_finds(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = importlib.import_module(f"services.{service}.app").create_app()
    index = Index(app.router)
    routes = [route for route in iter_route_contexts(app.routes) if isinstance(route.original_route, Route)]
    for route in routes:
        monkeypatch.setattr(route._effective_route, "app", _found)
    for route in routes:
        method = min(route.methods or ())
        for asked, word in ((method, "export"), (method, "小:x"), ("DELETE", "export")):
            path = re.sub(r"\{[^}]+\}", word, route.path or "")
            assert index.candidates(method, path), f"{method} {path} is not in the index"
            ours, theirs = await _taken(index, asked, path), await _taken(app.router.app, asked, path)
            own = {method for each in owners(app.router, path) for method in each.methods or ()}
            assert ours == (theirs if asked in own or theirs == 404 else 405), f"{asked} {path}"
    assert await _taken(index, "GET", "/v1/nowhere") == 404


async def _found(scope: Scope, *_: object) -> None:
    scope["found"] = scope["endpoint"], scope["path_params"]


async def _taken(app: ASGIApp, method: str, path: str) -> Any:
    """The endpoint and its parameters; or the status of the refusal."""
    scope: Scope = {"type": "http", "method": method, "path": path, "headers": [], "app": app}
    try:
        await app(scope, _nothing, _nothing)
    except (HTTPException, Refusal) as refusal:
        return refusal.status_code
    return scope["found"]


async def _nothing(*_: Any) -> Any:
    raise AssertionError
