"""
The outermost layer of every service: request id, body limit, log line, metrics, and a problem for what nobody foresaw.

A log line names the route's template, never the address: an id in a path is fine to log, a search term is not.
"""

import json
import logging
import re
import sys
import time
from datetime import UTC, datetime
from uuid import uuid4

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fupin import auth, context, problems, tracing
from fupin.problems import BodyTooLarge, Unexpected
from fupin.runtime import Runtime
from fupin.tracing import HEALTH

log = structlog.get_logger()

_REQUEST_ID = re.compile(r"[\w.:-]{8,128}", re.ASCII)
_TRACEPARENT = re.compile(r"[0-9a-f-]{55}")
_JSON = json.JSONEncoder(ensure_ascii=False, default=repr).encode


class Metrics:
    """Requests by route, method and status; seconds by route."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "fupin_requests", "Requests answered.", ["route", "method", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "fupin_request_seconds", "Time to the first byte.", ["route", "method"], registry=self.registry
        )

        self._of: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def of(self, route: str, method: str, status: int) -> tuple[Counter, Histogram]:
        """The count and the times of such requests; looked up once, as finding a child by its labels takes a while."""
        found = self._of.get((route, method, status))
        if found is None:
            found = self.requests.labels(route, method, status), self.seconds.labels(route, method)
            self._of[route, method, status] = found
        return found

    def text(self) -> bytes:
        return generate_latest(self.registry)


class Edge:
    def __init__(self, app: ASGIApp, metrics: Metrics, service: str) -> None:
        self.app = app
        self.seen = metrics
        self.service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"").decode("latin-1")
        request_id = given if _REQUEST_ID.fullmatch(given) else str(uuid4())
        context.request_id.set(request_id)
        traceparent = headers.get(b"traceparent", b"").decode("latin-1")
        context.traceparent.set(traceparent if _TRACEPARENT.fullmatch(traceparent) else None)
        auth.current.set(None)
        if "fastapi.telemetry" in scope:
            tracing.note_request(request_id)
        began = time.perf_counter()
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"x-request-id", request_id.encode()),
                    (b"x-content-type-options", b"nosniff"),
                ]
                self._count(scope, status, time.perf_counter() - began)
            await send(message)

        try:
            await self.app(scope, self._limited(scope, headers, receive), answer)
        except Exception as error:
            log.error("unexpected", error=type(error).__name__, frames=Runtime.frames(error), request_id=request_id)
            if status:
                raise  # the answer has begun: the connection must break, or a half answer would pass for a whole one
            await problems.answer(Request(scope), Unexpected())(scope, receive, answer)
        finally:
            if scope["path"] not in HEALTH:
                who = getattr(scope.get("state", {}), "principal", None) or scope.get("state", {}).get("principal")
                log.info(
                    "request", method=scope["method"], route=_route(scope), status=status, request_id=request_id,
                    ms=round((time.perf_counter() - began) * 1000, 1), client=who.client_id if who else None,
                )  # fmt: skip

    def _limited(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive) -> Receive:
        settings = scope["app"].state.runtime.settings if "app" in scope else None
        upload = headers.get(b"content-type", b"").startswith(b"multipart/")
        most = (settings.max_upload_bytes if upload else settings.max_body_bytes) if settings else 1 << 20
        read = 0

        async def limited() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                raise HTTPException(BodyTooLarge.status)
            return message

        return limited

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        requests, times = self.seen.of(route, scope["method"], status)
        requests.inc()
        times.observe(seconds)


def _route(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", "(none)")


def configure_logs(service: str, level: str) -> None:
    """JSON lines on standard output. What libraries log goes to standard error from WARNING up."""
    structlog.configure(
        processors=[
            lambda _logger, level, event: _JSON(
                {**event, "level": level, "timestamp": datetime.now(UTC).isoformat(), "service": service}
            )
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper(), logging.INFO)),
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING)
