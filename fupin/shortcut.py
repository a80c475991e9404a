"""
A shorter way to the endpoint of a route that makes its whole answer itself.

FastAPI walks the tree of dependencies for every request, the same branch again wherever it hangs, and looks for every
parameter by itself. For a route that reads, or takes one JSON body, and whose dependencies neither yield nor run in
threads, the same can be laid out once: what to call, in FastAPI's order, and where each argument comes from. Values are
validated by FastAPI's own fields. A request with a value that is missing or wrong goes FastAPI's way, which says what
is wrong with it, and in which order: who asks comes before what is asked.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Self

from fastapi import Request, Response, params
from fastapi._compat import field_annotation_is_sequence
from fastapi.dependencies.models import Dependant, _get_cache_key, _get_oauth_scopes, _is_coroutine_callable
from fastapi.dependencies.utils import _get_param_aliases, _get_param_model
from fastapi.routing import APIRoute, _effective_route_context_var
from fastapi.security import SecurityScopes
from pydantic_core import PydanticUndefined

_JSON = "application/json"
_FIXED = (type(None), bool, int, str)  # defaults that nobody can change
Handler = Callable[[Request], Awaitable[Response]]


class _Elsewise(Exception):  # no error: it is FastAPI's to answer
    """This route, or this request, goes FastAPI's way."""


@dataclass(slots=True)
class _Value:
    """One parameter: where it stands, and what it is without."""

    argument: str
    alias: str
    several: bool
    validate: Callable[..., Any]
    default: Any

    @classmethod
    def of(cls, given: Any) -> Self:
        [(_, alias), *others] = _get_param_aliases(given)
        if others or _get_param_model(given) is not None or given.field_info.validate_default:
            raise _Elsewise
        several = field_annotation_is_sequence(given.field_info.annotation)
        return cls(given.name, alias, several, given.validate, given.default)

    def read(self, source: Any) -> Any:
        if self.alias not in source:
            if self.default is PydanticUndefined:
                raise _Elsewise
            return self.default if isinstance(self.default, _FIXED) else deepcopy(self.default)
        read, errors = self.validate(source.getlist(self.alias) if self.several else source[self.alias])
        if errors:
            raise _Elsewise
        return read


@dataclass(slots=True)
class _Body:
    """The one JSON body, as `fupin.strict` has parsed it."""

    argument: str
    validate: Callable[..., Any]

    @classmethod
    def of(cls, given: Any) -> Self:
        info = given.field_info
        if type(info) is not params.Body or info.embed or info.validate_default or info.media_type != _JSON:
            raise _Elsewise
        return cls(given.name, given.validate)

    def read(self, request: Request) -> Any:
        kind = request.headers.get("content-type", "")
        parsed = getattr(request, "_json", None)
        if parsed is None or (kind != _JSON and not kind.startswith(f"{_JSON};")):
            raise _Elsewise
        read, errors = self.validate(parsed, {}, loc=("body",))
        if errors:
            raise _Elsewise
        return read


@dataclass(slots=True)
class _Step:
    """One call: of a dependency, or of the endpoint."""

    call: Callable[..., Awaitable[Any]]
    values: dict[str, list[_Value]]
    constants: dict[str, Any] = field(default_factory=dict)
    results: dict[str, int] = field(default_factory=dict)  # of earlier steps
    body: _Body | None = None
    request: str | None = None
    response: str | None = None


class Shortcut:
    def __init__(self, dependant: Dependant, otherwise: Handler) -> None:
        self._otherwise = otherwise
        self._steps: list[_Step] = []
        self._whole = dependant
        self._add(dependant, {})
        self._answers = any(step.response for step in self._steps)

    async def __call__(self, request: Request) -> Response:
        if "fastapi.telemetry" in request.scope or request.app.dependency_overrides:
            return await self._otherwise(request)
        sources = {"path": request.path_params, "query": request.query_params, "header": request.headers}
        try:
            arguments = [_read(step, sources, request) for step in self._steps]
        except _Elsewise:
            return await self._otherwise(request)
        response = _begun() if self._answers else None
        results: list[Any] = []
        for step, given in zip(self._steps, arguments, strict=True):
            for name, at in step.results.items():
                given[name] = results[at]
            if step.request:
                given[step.request] = request
            if step.response:
                given[step.response] = response
            results.append(await step.call(**given))
        answer: Response = results[-1]
        return answer

    def _add(self, one: Dependant, known: dict[Any, int]) -> int:
        """Lay out a call after those that it needs; each is made once. Returns its place."""
        key = _get_cache_key(dependant=one)
        if one.use_cache and key in known:
            return known[key]
        if (
            len(one.body_params) > (one is self._whole)
            or one.cookie_params
            or one.background_tasks_param_name
            or one.websocket_param_name
            or one.concurrency
            or one.call is None
            or not _is_coroutine_callable(one.call)
        ):
            raise _Elsewise
        places = [(found.name, self._add(found, known)) for found in one.dependencies]
        sources = {"path": one.path_params, "query": one.query_params, "header": one.header_params}
        step = _Step(
            one.call,
            {source: [_Value.of(value) for value in values] for source, values in sources.items() if values},
            results={name: at for name, at in places if name is not None},
            body=_Body.of(one.body_params[0]) if one.body_params else None,
            request=one.request_param_name or one.http_connection_param_name,
            response=one.response_param_name,
        )
        if one.security_scopes_param_name:
            step.constants[one.security_scopes_param_name] = SecurityScopes(_get_oauth_scopes(dependant=one))
        self._steps.append(step)
        known[key] = len(self._steps) - 1
        return known[key]


def shortened(route: APIRoute, otherwise: Handler) -> Handler:
    """The shorter way where there is one: the endpoint makes the whole answer itself, from parameters and JSON."""
    if route.methods not in ({"GET"}, {"POST"}) or inspect.signature(route.endpoint).return_annotation is not Response:
        return otherwise
    included = _effective_route_context_var.get()  # may add dependencies to the route's own
    dependant = included.dependant if included and included.original_route is route else route.dependant
    try:
        return Shortcut(dependant, otherwise)
    except _Elsewise:
        return otherwise


def _read(step: _Step, sources: Mapping[str, Any], request: Request) -> dict[str, Any]:
    found = dict(step.constants)
    if step.body:
        found[step.body.argument] = step.body.read(request)
    for source, values in step.values.items():
        given = sources[source]
        for value in values:
            found[value.argument] = value.read(given)
    return found


def _begun() -> Response:
    """The response on which dependencies and the endpoint set headers, as FastAPI begins it."""
    response = Response()
    del response.headers["content-length"]
    return response
