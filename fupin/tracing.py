"""
Spans for OpenTelemetry: requests, calls to other services, SQL statements, jobs.

They go where `OTEL_EXPORTER_OTLP_ENDPOINT` says; without it no span is made, and requests, statements and hot reads
take the ways they would take if this module were not here. Requests are FastAPI's own spans. A span names routes,
statements and tasks, never a value: no address, no parameter, no words of an error.
"""

import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import psycopg
import structlog
from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import NoOpTracer, Span, SpanKind, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from fupin import __version__, context

if TYPE_CHECKING:  # an optional extra, and not needed while tracing is off
    from opentelemetry.sdk.trace import TracerProvider

log = structlog.get_logger()

HEALTH = ("/livez", "/readyz", "/metrics")

# What FastAPI itself does: spans of requests, once there is somewhere to send them. Its logs would carry what errors
# say; its metrics are ours already.
REQUESTS: TelemetryConfig = {
    "metrics": False, "logs": False, "operation_spans": False, "auto_configure": False,
    "exclude": lambda scope: scope["path"] in HEALTH,
}  # fmt: skip

_LITERAL = re.compile(r"'(?:[^']|'')*'|\b\d{5,}\b")
_W3C = TraceContextTextMapPropagator()
_tracer: Tracer = NoOpTracer()


def wanted() -> bool:
    """Whether the operator said where spans go."""
    named = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    return any(os.environ.get(name) for name in named) and os.environ.get("OTEL_SDK_DISABLED", "").lower() != "true"


def begin(service: str) -> "TracerProvider | None":
    """Send this process's spans to the operator's collector. Once in a process; None where nobody asked for spans."""
    if not wanted():
        return None
    if find_spec("opentelemetry.sdk") is None or find_spec("opentelemetry.exporter.otlp") is None:
        log.error("tracing is off", missing="fupin[tracing]")
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    class Discreet(SpanProcessor):
        """Takes what the caller wrote out of a request's span: search terms stand in an address."""

        def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002
            for name in ("url.path", "url.query"):
                if name in (getattr(span, "attributes", None) or {}):
                    span.set_attribute(name, "REDACTED")

    own = {"service.version": __version__}
    if not os.environ.get("OTEL_SERVICE_NAME"):
        own["service.name"] = f"fupin-{service}"
    provider = TracerProvider(resource=Resource.create(own), shutdown_on_exit=False)
    provider.add_span_processor(Discreet())
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    globals()["_tracer"] = provider.get_tracer("fupin", __version__)
    return provider


@contextmanager
def span(name: str, kind: SpanKind, attributes: Mapping[str, str], parent: Context | None = None) -> Iterator[Span]:
    """A span around a block, which calls made inside belong to; an error shows as its type alone."""
    with _tracer.start_as_current_span(
        name, parent, kind, attributes, record_exception=False, set_status_on_exception=False
    ) as made, _failing(made):  # fmt: skip
        yield made


def carried() -> str | None:
    """The `traceparent` that a call of ours carries: the current span's, or with tracing off the one that came in."""
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return carrier.get("traceparent") or context.traceparent.get()


def for_jobs() -> dict[str, str]:
    """What a job is given beside its arguments, so that its span belongs to the request that deferred it."""
    current = None if isinstance(_tracer, NoOpTracer) else carried()
    return {"traceparent": current} if current else {}


async def job(call_next: Callable[[], Awaitable[Any]], running: Any, _worker: Any) -> Any:
    """Worker middleware: a span for each job."""
    came = running.job.task_kwargs.get("traceparent")
    parent = _W3C.extract({"traceparent": came}) if came else None
    name = running.job.task_name
    with span(f"job {name}", SpanKind.CONSUMER, {"messaging.system": "procrastinate", "fupin.task": name}, parent):
        return await call_next()


def note_request(request_id: str) -> None:
    """Name the request in its span as in the log."""
    trace.get_current_span().set_attribute("fupin.request_id", request_id)


@contextmanager
def sql(query: Any) -> Iterator[None]:
    """A span for one SQL statement: its text with every literal taken out, never its parameters."""
    text = query.decode() if isinstance(query, bytes) else query if isinstance(query, str) else query.as_string(None)
    text = _LITERAL.sub("?", text).strip()
    word = text.split(None, 1)[0].strip(";").upper() if text else ""
    said = {"db.system.name": "postgresql", "db.operation.name": word, "db.query.text": text[:4000]}
    made = _tracer.start_span(word, kind=SpanKind.CLIENT, attributes=said)
    try:
        with _failing(made):
            yield
    finally:
        made.end()


class Cursor(psycopg.AsyncCursor[Any]):
    """A cursor whose statements have spans; the connections of a service use it while tracing is on."""

    async def execute(self, query: Any, *args: Any, **options: Any) -> "Cursor":
        with sql(query):
            return await super().execute(query, *args, **options)

    async def executemany(self, query: Any, *args: Any, **options: Any) -> None:
        with sql(query):
            await super().executemany(query, *args, **options)

    @asynccontextmanager
    async def copy(self, statement: Any, params: Any = None, *, writer: Any = None) -> AsyncIterator[psycopg.AsyncCopy]:
        with sql(statement):
            async with super().copy(statement, params, writer=writer) as copy:
                yield copy


def connecting() -> dict[str, Any]:
    """What psycopg is told when it connects."""
    return {"cursor_factory": Cursor} if wanted() else {}


@contextmanager
def _failing(made: Span) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        kind = type(error)
        made.set_attribute("error.type", f"{kind.__module__}.{kind.__qualname__}")
        if isinstance(error, psycopg.Error) and error.sqlstate:
            made.set_attribute("db.response.status_code", error.sqlstate)
        made.set_status(StatusCode.ERROR)
        raise
