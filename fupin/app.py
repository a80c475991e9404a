"""The FastAPI application every service starts from: strict input, problems, health, code lists, operations."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from fastapi.routing import APIRoute

from fupin import __version__, audit, catalogue, idempotency, operations, problems, tracing
from fupin.auth import InsufficientScope, Unauthenticated, needs, open_route, scopes_of
from fupin.codelists import CodeList
from fupin.cors import OwnOrigins
from fupin.docs import docs
from fupin.edge import Edge, Metrics, configure_logs
from fupin.etag import unchanged
from fupin.gauges import Gauges
from fupin.index import Index
from fupin.openapi import document
from fupin.problems import Invalid, Problem
from fupin.runtime import Runtime
from fupin.settings import Settings
from fupin.shortcut import shortened
from fupin.strict import filled_form, query_names, read_json, refuse_odd_query

_COMMON: tuple[type[Problem], ...] = (Unauthenticated, InsufficientScope, Invalid)


class Route(APIRoute):
    """
    A route as `api.md` has it: it says which scopes it needs, refuses what it does not know, replays what it has
    already done, and answers 304 to who holds the version.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        scopes = scopes_of(options.get("dependencies") or ())
        if scopes is None:
            raise ValueError(f"{path}: say needs(...) or open_route()")
        own = options.get("responses") or {}
        common = problems.problems(*(_COMMON if scopes else (Invalid,)))
        options["responses"] = _merged(common, own)
        options["dependencies"] = [*(options.get("dependencies") or ()), *filled_form(endpoint)]
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = shortened(self, super().get_route_handler())
        known = query_names(self.dependant)

        async def handler(request: Request) -> Response:
            refuse_odd_query(request, known)
            await read_json(request)
            try:
                response = await answer(request)
            except idempotency.Replay as replay:
                return replay.response
            await idempotency.keep(request, response)
            if unchanged(request, response):
                return Response(None, 304, {"ETag": response.headers["etag"]})
            return response

        return handler


def Router(**options: Any) -> APIRouter:  # noqa: N802  # stands where APIRouter would
    """An APIRouter whose routes are ours."""
    return APIRouter(route_class=Route, **options)


def service(
    name: str,
    *,
    title: str,
    description: str,
    routers: Sequence[APIRouter],
    code_lists: Sequence[type[CodeList]] = (),
    tags: Sequence[dict[str, str]] = (),
) -> FastAPI:
    """One service, without touching network or disk; `uvicorn` opens its runtime at start-up."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        settings = Settings()
        configure_logs(name, settings.log_level)
        spans = tracing.begin(name)
        async with Runtime(name, settings) as runtime:
            app.state.runtime = runtime
            _collect_seldom()
            worker = asyncio.create_task(runtime.work()) if runtime.has_database else None
            try:
                yield
            finally:
                runtime.draining = True
                if worker:
                    worker.cancel()
                    with suppress(asyncio.CancelledError):
                        await worker
        if spans:
            await asyncio.to_thread(spans.shutdown)

    app = FastAPI(
        title=title,
        description=description,
        version=__version__,
        lifespan=lifespan,
        openapi_tags=[*tags, *_KERNEL_TAGS],
        generate_unique_id_function=lambda route: route.name,
        separate_input_output_schemas=False,
        redirect_slashes=False,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        telemetry=tracing.REQUESTS,
    )
    for router in routers:
        app.include_router(router)
    app.include_router(_code_lists(code_lists))
    app.include_router(_catalogue())
    if name != "portal":
        app.include_router(_kernel(name))
    edge_metrics = Metrics()
    app.include_router(_health(edge_metrics, name, title))
    app.router.middleware_stack = Index(app.router)
    app.add_middleware(Edge, metrics=edge_metrics, service=name)
    app.add_middleware(OwnOrigins)
    problems.install(app)
    app.openapi = lambda: document(app)  # type: ignore[method-assign]  # FastAPI's own way to extend it
    return app


def _collect_seldom() -> None:
    """
    What the application is made of stays for good, and so do the requests under way until they are answered: looking
    through them for garbage after every 700 new objects, as Python does, takes half the time of a busy service.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


_KERNEL_TAGS = (
    {"name": "operations", "description": "Long work: watch it, cancel it. 长时间操作的进度与取消。"},
    {"name": "audit", "description": "Who did what, when and why. 审计记录。"},
    {"name": "code-lists", "description": "Every enumerated field with its words. 代码表。"},
    {"name": "problems", "description": "Every way a request can be refused. 问题目录。"},
    {"name": "health", "description": "For the operator. 运行状态。"},
)


def _kernel(name: str) -> APIRouter:
    router = Router()
    read = needs(f"{name}:read")
    router.get("/v1/operations/{operation_id}", tags=["operations"], dependencies=[read],
               responses=problems.problems(problems.NotFound))(operations.get_operation)  # fmt: skip
    over = problems.problems(problems.NotFound, operations.OperationOver)
    router.post("/v1/operations/{operation_id}:cancel", tags=["operations"], dependencies=[read],
                responses=over)(operations.cancel_operation)  # fmt: skip
    router.get("/v1/audit", tags=["audit"], dependencies=[needs("audit:read")],
               response_model=audit.AuditEntryPage)(audit.list_audit_entries)  # fmt: skip
    return router


def _catalogue() -> APIRouter:
    router = Router(tags=["problems"])
    router.get("/v1/problems", dependencies=[open_route()])(catalogue.list_problems)
    return router


def _code_lists(lists: Sequence[type[CodeList]]) -> APIRouter:
    router = Router(tags=["code-lists"])
    by_name = {found.list_name(): found for found in lists}

    def shown(found: type[CodeList]) -> dict[str, Any]:
        zh, en = found.list_title()
        return {
            "name": found.list_name(), "zh": zh, "en": en,
            "entries": [e._asdict() | {"valid_from": None, "valid_to": None} for e in found.entries()],
        }  # fmt: skip

    @router.get("/v1/code-lists", dependencies=[open_route()], response_model=catalogue.CodeListNames)
    async def list_code_lists() -> dict[str, Any]:
        """The names and titles of all code lists."""
        return {"items": [{k: v for k, v in shown(found).items() if k != "entries"} for found in lists]}

    @router.get("/v1/code-lists/{name}", dependencies=[open_route()], response_model=catalogue.CodeListWords,
                responses=problems.problems(problems.NotFound))  # fmt: skip
    async def get_code_list(name: str, response: Response) -> dict[str, Any]:
        """One code list: code, Chinese and English words, validity."""
        if name not in by_name:
            raise problems.NotFound
        response.headers["ETag"] = f'"{__version__}"'
        return shown(by_name[name])

    return router


def _health(metrics: Metrics, name: str, title: str) -> APIRouter:
    router = Router(tags=["health"])
    docs(router, name, title)
    gauges = Gauges(metrics.registry)

    @router.get("/livez", dependencies=[open_route()], response_class=PlainTextResponse)
    async def live() -> str:
        """The process answers."""
        return "ok"

    @router.get("/readyz", dependencies=[open_route()])
    async def ready(request: Request) -> Response:
        """Requests can be answered: pool, migrations at their head, not shutting down."""
        missing = await request.app.state.runtime.ready()
        return JSONResponse({"ready": missing is None, "missing": missing}, 503 if missing else 200)

    @router.get("/metrics", dependencies=[open_route()], response_class=PlainTextResponse)
    async def prometheus(request: Request) -> Response:
        """Prometheus metrics."""
        await gauges.read(request.app.state.runtime)
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return router


def _merged(first: dict[int | str, Any], second: dict[int | str, Any]) -> dict[int | str, Any]:
    """Both sets of refusals, also where they share a status."""
    found = dict(first)
    for status, entry in second.items():
        if status not in found or problems.MEDIA_TYPE not in entry.get("content", {}):
            found[status] = entry
            continue
        mine, theirs = found[status], entry
        examples = mine["content"][problems.MEDIA_TYPE]["examples"] | theirs["content"][problems.MEDIA_TYPE]["examples"]
        content = mine["content"][problems.MEDIA_TYPE] | {"examples": examples}
        found[status] = {
            "description": f"{mine['description']} {theirs['description']}",
            "content": {problems.MEDIA_TYPE: content},
        }
    return found
