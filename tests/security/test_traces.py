"""
Spans as a collector gets them: from two services as processes of their own, with OTEL_EXPORTER_OTLP_ENDPOINT set.

One trace leads from the request at one service through the call to the other to its statements, and to the job that was
deferred; and nothing in any of it tells of the person who was asked about.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from fupin import issuer, tracing
from fupin.postgres import Server
from fupin.reads import TracedReaders
from fupin.settings import Settings
from tests.conftest import PASSWORD, Api, _plain
from tests.faults.processes import PATIENCE, Process, free_ports
from tests.security.test_canary import CANARY, touched

COMING = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Collector:
    """What the services sent, as bytes and as spans."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        kept = self.bodies

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                kept.append(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def spans(self) -> list[dict[str, Any]]:
        found = []
        for body in list(self.bodies):
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                service = next(a.value.string_value for a in resource.resource.attributes if a.key == "service.name")
                found += [
                    {"service": service, "name": span.name, "trace": span.trace_id.hex(), "id": span.span_id.hex(),
                     "parent": span.parent_span_id.hex(),
                     "error": span.status.code == 2,
                     **{a.key: a.value.string_value or a.value.int_value for a in span.attributes}}
                    for scope in resource.scope_spans for span in scope.spans
                ]  # fmt: skip
        return found

    async def until(self, service: str, name: str, trace: str) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            while True:
                for span in self.spans():
                    if (span["service"], span["name"], span["trace"]) == (service, name, trace):
                        return span
                await asyncio.sleep(0.1)


class Abroad(Api):
    """A service in another process."""

    def __init__(self, url: str, settings: Settings, admin_dsn: str) -> None:
        self.settings, self.admin_dsn = settings, admin_dsn
        token = issuer.mint(settings, "county-admin")
        headers = {"Authorization": f"Bearer {token}"}
        self.http = httpx.AsyncClient(base_url=url, headers=headers, timeout=30)

    async def drain(self) -> None:
        """Its own worker does it."""
        async with asyncio.timeout(PATIENCE):
            while True:
                [(waiting,)] = await self.admin_sql("SELECT count(*) FROM registry.operation WHERE finished_at IS NULL")
                if not waiting:
                    return
                await asyncio.sleep(0.1)


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
async def doors(
    collector: Collector, server: Server, database: str, base_settings: Settings
) -> AsyncIterator[dict[str, Abroad]]:
    ports = dict(zip(("portal", "registry"), free_ports(2), strict=True))
    environment = {
        "FUPIN_HOME": str(base_settings.home),
        "FUPIN_PORT": str(ports["portal"]),
        "FUPIN_REGISTRY_URL": f"http://127.0.0.1:{ports['registry']}",
        "FUPIN_REGISTRY_DATABASE_URL": server.url(database, "fupin_registry", PASSWORD),
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    settings = base_settings.model_copy(update={"port": ports["portal"]})
    made = {name: Process(name, port, environment) for name, port in ports.items()}
    try:
        for process in made.values():
            process.start()
        async with httpx.AsyncClient() as http:
            for process in made.values():
                await process.ready(http)
        found = {name: Abroad(each.url, settings, _plain(server.url(database))) for name, each in made.items()}
        yield found
        for door in found.values():
            await door.http.aclose()
    finally:
        for process in made.values():
            process.kill()


async def test_a_trace_crosses_services_and_tells_of_nobody(collector: Collector, doors: dict[str, Abroad]) -> None:
    portal, registry = doors["portal"], doors["registry"]
    registry.http.headers["traceparent"] = COMING
    await touched(registry)
    trace = COMING.split("-")[1]

    job = await collector.until("fupin-registry", "job operation", trace)
    assert next(each for each in collector.spans() if each["id"] == job["parent"])["name"] == "POST /v1/rosters"

    await portal.get("/v1/briefing", headers={"traceparent": COMING.replace("0af7", "1bf8")})
    await collector.until("fupin-portal", "GET /v1/briefing", trace.replace("0af7", "1bf8"))
    answered = await collector.until("fupin-registry", "GET /v1/figures", trace.replace("0af7", "1bf8"))
    by_id = {each["id"]: each for each in collector.spans()}
    asked = by_id[answered["parent"]]
    assert (asked["service"], asked["name"]) == ("fupin-portal", "GET registry")
    assert by_id[asked["parent"]]["name"] == "GET /v1/briefing"
    assert answered["fupin.request_id"] == by_id[asked["parent"]]["fupin.request_id"]
    statements = [each for each in by_id.values() if each["parent"] == answered["id"]]
    assert any("BEGIN" in each["db.query.text"] for each in statements)
    assert any("SELECT" in each["db.query.text"] for each in statements)

    searched = [each for each in by_id.values() if each["name"] == "POST /v1/households:search"]
    assert any(each.get("url.query") == "REDACTED" for each in searched)
    refused = [each["db.query.text"] for each in by_id.values() if each.get("db.response.status_code") == "23505"]
    assert refused, "a person registered twice is refused by the database"
    told = b"".join(collector.bodies).decode("utf-8", "replace")
    assert [what for what, word in CANARY.items() if word in told or word.encode().hex() in told] == []
    assert not any(each["name"].endswith(("/readyz", "/livez")) for each in by_id.values())


async def test_without_a_collector_nothing_is_traced(registry: Api) -> None:
    assert not tracing.wanted()
    assert tracing.connecting() == {}
    assert tracing.for_jobs() == {}
    assert not isinstance(registry.runtime.readers, TracedReaders)
    assert not registry.app._native_telemetry.enabled()
