"""
Routes found by their address, where FastAPI tries them one after another.

A service has up to two hundred, and FastAPI's bookkeeping makes trying the last one dearer than answering it. Here a
request is only held against the few routes of its method and of the same shape: as many parts, the same first two.
What is not found so (no such path, another method, what is mounted) the router answers as ever.
"""

import re
from collections.abc import Sequence

from fastapi import APIRouter
from fastapi.routing import RouteContext, iter_route_contexts
from starlette._utils import get_route_path
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route, compile_path
from starlette.types import Receive, Scope, Send

_Shape = tuple[str, int, str | None]


class Index:
    """Stands before an application's router, which keeps all its routes."""

    def __init__(self, router: APIRouter) -> None:
        self._router = router
        self._routes: dict[_Shape, list[RouteContext]] | None = None
        self._ends: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = get_route_path(scope)
            for route in self.candidates(scope["method"], path):
                match, found = route.matches(scope)
                if match is Match.FULL:
                    if (
                        (route.path or "").endswith("}")
                        and self._ends_fixed(path)
                        and route.path not in _paths(self._router, path)
                    ):
                        raise HTTPException(405)
                    if "fastapi.telemetry" in scope:
                        break
                    scope["router"] = self._router
                    scope.update(found)
                    scope["route"] = route.original_route
                    await route.app(scope, receive, send)
                    return
        await self._router.app(scope, receive, send)

    def _ends_fixed(self, path: str) -> bool:
        """Whether it ends in words that routes end in, `/export` or `:verb`; a parameter would take them, too."""
        last = path.rpartition("/")[2]
        return last in self._ends or (":" in last and last.rpartition(":")[2] in self._ends)

    def candidates(self, method: str, path: str) -> Sequence[RouteContext]:
        """The routes that may answer, in the order in which they were given to the application."""
        if self._routes is None:
            self._routes = _sorted(self._router)
            lasts = {(route.path or "").rpartition("/")[2] for route in iter_route_contexts(self._router.routes)}
            self._ends = {last.rpartition(":")[2] for last in lasts if not last.endswith("}")}
        parts, head = _shape(path)
        return self._routes.get((method, parts, head)) or self._routes.get((method, parts, None)) or ()


def owners(router: APIRouter, path: str) -> list[RouteContext]:
    """
    The routes whose address it is, whatever their method: those that say most of it themselves.

    `/v1/teams/export` is not the team `export`, and `/v1/teams/1:close` not the team `1:close` (OpenAPI, paths).
    """
    routes = [each for each in iter_route_contexts(router.routes) if each.path]
    found = [(_said(each), each) for each in routes if compile_path(each.path or "")[0].match(path)]
    return [each for said, each in found if said == max(said for said, _ in found)]


def _paths(router: APIRouter, path: str) -> set[str | None]:
    return {route.path for route in owners(router, path)}


def _said(route: RouteContext) -> int:
    return len(re.sub(r"\{[^}]*\}", "", route.path or ""))


def _shape(path: str) -> tuple[int, str]:
    parts = path.split("/", 3)
    return path.count("/"), "/".join(parts[:3])


def _sorted(router: APIRouter) -> dict[_Shape, list[RouteContext]]:
    """The routes by shape; those that begin with a parameter stand, in their order, with every beginning."""
    found: list[tuple[_Shape, RouteContext]] = []
    for route in iter_route_contexts(router.routes):
        if not isinstance(route.original_route, Route) or "path}" in (route.path or ""):
            break  # it may take any address; it and what comes after it are the router's
        parts, head = _shape(route.path or "")
        found += [((method, parts, None if "{" in head else head), route) for method in route.methods or ()]
    return {
        shape: [route for its, route in found if its in (shape, (*shape[:2], None))]
        for shape in {shape for shape, _ in found}
    }
