"""
What the five OpenAPI documents promise holds for requests that schemathesis makes up from them, on a county with
something in it: its examples, its coverage of every boundary, its fuzzing, and its sequences along inferred links.

Two towns' tokens ask, the county's where a town is refused. In the suite each operation meets its examples and one
made-up request, and one operation of many all of its boundaries, always the same; with `FUZZ=30` before
`bin/fupin test tests/contracts` all meet their boundaries, and thirty requests.
"""

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import pytest
import schemathesis
import structlog
import uvicorn
from anyio import to_thread
from fastapi import FastAPI
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from fupin import wording
from fupin.auth import ACT_FOR, SCOPES
from fupin.issuer import Client, issue
from fupin.schemas import Body
from tests.conftest import Api
from tests.contracts.seeding import seed
from tests.contracts.test_matrix import TABLE

FUZZ = int(os.environ.get("FUZZ", "0"))
ONE_OF = 1 if FUZZ else 40  # operations whose boundaries are all tried
SERVICES = ("registry", "funds", "projects", "inspection", "portal")
TOWNS = {"a-town": "230882101", "another-town": "230882102"}

# What a check may also be answered with, beside schemathesis' own list, and why.
STATUSES: dict[str, tuple[list[int | str], str]] = {
    "negative_data_rejection": (
        ["4xx", 503], "a body with more items than allowed may first be too large (413), a made-up version stale (412)"
    ),
    "positive_data_acceptance": (
        ["2xx", "3xx", 401, 403, 404, 409, 412, 429],
        "which identifiers, states and versions exist is not the document's to say; scopes are tried in test_matrix.py",
    ),
    "missing_required_header": (
        [400, 401, 403, 404, 412, 422, 428], "Idempotency-Key is missed as 400, If-Match as 428 (RFC 6585)"
    ),
}  # fmt: skip

# Refusals that the document foretells: a request that keeps to it must not meet them.
DESCRIBED = {kind.replace("_", "-") for kind in wording._WORDS}
# Of these, what JSON Schema cannot say or the generator of made-up values passes over.
UNSAID = {
    "decimal-parsing": "a decimal's pattern begins with a look-ahead, which the generator does not know",
    "int-type": "to JSON Schema 2018.0 is a whole number; here no whole number is written with a point",
    "greater-than-equal": "days before 1949-10-01: JSON Schema has no limits for dates",
    "less-than-equal": "days after 2199-12-31: likewise",
    "uuid-parsing": "an identifier taken over from an earlier answer may be null there",
}


class Found(NamedTuple):
    """One failed check."""

    service: str
    check: str
    operation: Any
    case: Any
    status: int
    problem: Mapping[str, Any]
    message: str


class Excuse(NamedTuple):
    """A failure that is none, where and why."""

    check: str
    fits: Callable[[Found], bool]
    why: str


PLACES = ("cursor", "after")


def _query(found: Found) -> set[str]:
    return {parameter.name for parameter in found.operation.query}


def _foretold(error: Mapping[str, str]) -> bool:
    if error["code"] in ("greater-than-equal", "less-than-equal"):
        return not re.search(r"\d{4}-\d\d-\d\d", error["detail"])
    if error["code"] == "uuid-parsing":
        return error["in"] != "path"
    return error["code"] in DESCRIBED - UNSAID.keys()


def _shared(found: Found) -> bool:
    key = (found.service, found.case.method, found.operation.path)
    return key in TABLE and TABLE[key]["other_town"] == "shared"


EXCUSES = (
    Excuse(
        "object_level_authorization",
        _shared,
        "what every town of the county may know is marked in matrix.csv, each with its reason",
    ),
    Excuse(
        "positive_data_acceptance",
        lambda f: f.problem.get("code") in ("bad-cursor", "not-your-position") and not _query(f).isdisjoint(PLACES),
        "a place in a list or in the feed of changes is one that was given out; no document can describe a signature",
    ),
    Excuse(
        "positive_data_acceptance",
        lambda f: [e["code"] for e in f.problem.get("errors", ())] == ["nul"],
        "no text holds the NUL character, as PostgreSQL stores none; a document would have to say so at every field",
    ),
    Excuse(
        "positive_data_acceptance",
        lambda f: f.status == 422 and not any(map(_foretold, f.problem.get("errors", ()))),
        "a rule between fields, or with what is recorded, is the service's; a limit of one field the document's",
    ),
    Excuse(
        "positive_data_acceptance",
        lambda f: f.status == 422 and "\x85" in json.dumps(f.case.body, ensure_ascii=False, default=str) and not any(
            _foretold(error) and not error["detail"].endswith(r" \S") for error in f.problem.get("errors", ())
        ),
        "U+0085 begins a line to Python and Rust, and shows nothing; to a pattern of JavaScript alone it is no space",
    ),
    Excuse(
        "negative_data_rejection",
        lambda f: "/properties/file (was string, became null)" in f.message,
        "a file that holds the word null is a file; what is in it the operation says",
    ),
    Excuse(
        "positive_data_acceptance",
        lambda f: f.operation.path == "/oauth/token",
        "a token is given for a client's secret, which nobody makes up",
    ),
)  # fmt: skip

# hypothesis reads the source of schemathesis' own lambdas, not ours
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """A line for each of thousands of requests tells nothing."""
    kept = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.configure(**kept)


def test_every_body_takes_its_own_examples(apps: Mapping[str, FastAPI]) -> None:
    """Those rules too that a schema cannot say."""
    kinds = {kind.__name__: kind for kind in _below(Body)}
    for service, app in apps.items():
        for name, schema in app.openapi()["components"]["schemas"].items():
            kind = kinds.get(name)
            if kind and kind.__module__.startswith(f"services.{service}"):
                for example in schema.get("examples", ()):
                    kind.model_validate(example)


def _below(kind: type[Body]) -> Iterator[type[Body]]:
    for found in kind.__subclasses__():
        yield found
        yield from _below(found)


@pytest.mark.parametrize("service", SERVICES)
async def test_the_document_is_kept(service: str, services: dict[str, Api], tmp_path: Path) -> None:
    await seed(services)
    api = services[service]
    async with _served(api) as address:
        config = SchemathesisConfig.from_dict(_config(api, address, _people(api, tmp_path)))
        schema = schemathesis.openapi.from_dict(api.app.openapi(), config=config)

        tried: set[str] = set()
        failures = await to_thread.run_sync(lambda: _failures(service, schema, tried))
    assert failures == {}, "\n\n".join(f"{name}: {said}" for name, said in failures.items())
    assert tried == {operation.ok().label for operation in schema.get_all_operations()}, "an operation was left out"


def _config(api: Api, address: str, people: Path) -> dict[str, Any]:
    checks = {name: {"expected-statuses": statuses} for name, (statuses, _) in STATUSES.items()}
    labels = [f"{method.upper()} {path}" for path, found in api.app.openapi()["paths"].items() for method in found]
    spared = [label for label in labels if crc32(label.encode()) % ONE_OF]
    sparing = [{"include-name": spared, "phases": {"coverage": {"enabled": False}}}] if spared else []
    return {
        "base-url": address, "continue-on-failure": True, "seed": 2018, "cache": {"enabled": False},
        "generation": {
            "max-examples": FUZZ or 1, "deterministic": True, "database": "none", "no-shrink": True, "allow-x00": True,
        },
        "phases": {name: {"enabled": True} for name in ("examples", "coverage", "fuzzing", "stateful")},
        "checks": {"enabled": True, **checks},
        "operations": sparing,
        "auth": {"wfc": {"path": str(people), "peers": list(TOWNS)}},
    }  # fmt: skip


def _people(api: Api, folder: Path) -> Path:
    """The towns' tokens first; the county's takes over where a town's is refused."""
    rights = Client("everything", frozenset(SCOPES) - {ACT_FOR}, api.settings.division)
    tokens = {name: issue(api.settings, rights, place) for name, place in (TOWNS | {"county": "230882"}).items()}
    header = "Authorization"
    named = [
        {"name": name, "fixedHeaders": [{"name": header, "value": f"Bearer {token}"}]} for name, token in tokens.items()
    ]
    file = folder / "people.json"
    file.write_text(json.dumps({"auth": named}))
    return file


@asynccontextmanager
async def _served(api: Api) -> AsyncIterator[str]:
    """The application on a port, with the runtime that the test gave it."""
    config = uvicorn.Config(api.app, port=0, log_level="critical", access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await running


def _failures(service: str, schema: Any, tried: set[str]) -> dict[str, str]:
    """What went wrong, by operation and check, excuses aside."""
    found: dict[str, str] = {}
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            found[f"{getattr(event, 'label', 'engine')}"] = str(getattr(event, "info", event))[:1500]
        if not isinstance(event, events.ScenarioFinished):
            continue
        seen = event.recorder
        for id, node in seen.cases.items():
            case = node.value
            response = seen.interactions[id].response if id in seen.interactions else None
            if response is None:
                continue
            tried.add(case.operation.label)
            problem = _problem(response)
            if told := _of_another_town(service, case, response):
                found.setdefault(f"{case.operation.label} tells of another town", told)
            for check in seen.checks.get(id, ()):
                if check.failure_info is None:
                    continue
                failure = check.failure_info.failure
                what = Found(service, check.name, case.operation, case, response.status_code, problem, failure.message)
                if not any(excuse.check == check.name and excuse.fits(what) for excuse in EXCUSES):
                    asked = f"{event.phase} {check.failure_info.code_sample[:700]}"
                    said = f"{failure.title}\n{failure.message[:700]}\n{asked}"
                    found.setdefault(
                        f"{case.operation.label} {check.name} {response.status_code}",
                        f"{said}\n{response.content[:600]!r}",
                    )
    return found


def _problem(response: Any) -> Mapping[str, Any]:
    try:
        found = json.loads(response.content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _of_another_town(service: str, case: Any, response: Any) -> str | None:
    """A row of one town in what was answered to another."""
    row = TABLE.get((service, case.method, case.operation.path))
    if case.auth_identity not in TOWNS or response.status_code >= 300 or not row or row["other_town"] == "shared":
        return None
    others = [place for name, place in TOWNS.items() if name != case.auth_identity]
    told = [place for place in _places(_problem(response)) if place.startswith(tuple(others))]
    return f"{case.auth_identity} is told of {told}" if told else None


def _places(there: Any) -> Iterator[str]:
    if isinstance(there, dict):
        if isinstance(there.get("division_code"), str):
            yield there["division_code"]
        there = list(there.values())
    if isinstance(there, list):
        for inner in there:
            yield from _places(inner)
