"""
Routes found by their address, where FastAPI tries them one after another.

A service has up to two hundred, and FastAPI's bookkeeping makes trying the last one dearer than answering it. Here a
request is only held against the few routes of its method and of the same shape: as many parts, the same first two.
What is not found so (no such path, another method, what is mounted) the router answers as ever.
"""

from collections.abc import Sequence

from fastapi import APIRouter
from fastapi.routing import RouteContext, iter_route_contexts
from starlette._utils import get_route_path
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

_Shape = tuple[str, int, str | None]


class Index:
    """Stands before an application's router, which keeps all its routes."""

    def __init__(self, router: APIRouter) -> None:
        self._router = router
        self._routes: dict[_Shape, list[RouteContext]] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and "fastapi.telemetry" not in scope:
            for route in self.candidates(scope["method"], get_route_path(scope)):
                match, found = route.matches(scope)
                if match is Match.FULL:
                    scope["router"] = self._router
                    scope.update(found)
                    scope["route"] = route.original_route
                    await route.app(scope, receive, send)
                    return
        await self._router.app(scope, receive, send)

    def candidates(self, method: str, path: str) -> Sequence[RouteContext]:
        """The routes that may answer, in the order in which they were given to the application."""
        if self._routes is None:
            self._routes = _sorted(self._router)
        parts, head = _shape(path)
        return self._routes.get((method, parts, head)) or self._routes.get((method, parts, None)) or ()


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
