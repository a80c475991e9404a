"""
What the OpenAPI documents promise holds for requests made up from them by schemathesis, with two towns' tokens in turn:
no server error, no status, type, header or body that the document does not name.

In the suite one seeded request for each operation; `FUZZ=50 bin/fupin test tests/contracts` asks fifty.
"""

import os
from collections.abc import Iterator
from itertools import count
from typing import Any

import httpx
import pytest
import schemathesis
import structlog
from anyio import from_thread, to_thread
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import CHECKS
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup

from fupin.auth import ACT_FOR, SCOPES
from fupin.issuer import Client, issue
from tests.conftest import Api

FUZZ = int(os.environ.get("FUZZ", "1"))
SERVICES = ("registry", "funds", "projects", "inspection", "portal")

# Checks that do not fit, each with the reason.
LEFT_OUT: dict[str, str] = {
    "positive_data_acceptance": "a document cannot say which identifiers exist: 404 and 409 are right for made-up ones",
    "negative_data_rejection": "a body that breaks the schema may meet 401, 404 or 428 first, which are refusals too",
    "missing_required_header": "Idempotency-Key and If-Match are refused as 400 and 428 with their own names",
    "unsupported_method": "TRACE and the like are answered by the server before the application, not in process",
    "ignored_auth": "every route without a token and with each role's is tried in test_matrix.py",
}


# hypothesis reads the source of schemathesis' own lambdas, not ours
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """A line for each of thousands of requests tells nothing."""
    kept = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.configure(**kept)


@pytest.mark.parametrize("service", SERVICES)
async def test_made_up_requests_get_what_the_document_says(service: str, services: dict[str, Api]) -> None:
    api = services[service]
    given_rights = Client("everything", frozenset(SCOPES) - {ACT_FOR}, api.settings.division)
    ours, theirs = (issue(api.settings, given_rights, town) for town in ("230882101", "230882102"))
    schema = schemathesis.openapi.from_dict(api.app.openapi(), config=SchemathesisConfig())
    checks = [CHECKS.get_one(name) for name in CHECKS.get_all_names() if name not in LEFT_OUT]
    failures: dict[str, str] = {}
    numbers = count()

    async def send(case: schemathesis.Case) -> httpx.Response:
        number = next(numbers)
        arguments: dict[str, Any] = case.as_transport_kwargs(base_url="http://test")
        headers = {name: value for name, value in dict(arguments.pop("headers")).items() if name != "Authorization"}
        headers["Authorization"] = f"Bearer {theirs if number % 2 else ours}"
        sent = {name: arguments[name] for name in ("json", "data", "files", "params", "cookies") if arguments.get(name)}
        request = api.http.build_request(arguments["method"], str(arguments["url"]), headers=headers, **sent)
        await request.aread()
        return await api.http.send(request)

    def attempt(case: schemathesis.Case) -> None:
        answer = from_thread.run(send, case)
        try:
            case.validate_response(answer, checks=checks)
        except FailureGroup as wrong:
            failures.setdefault(case.operation.label, str(wrong)[:1500])

    def try_all() -> None:
        for found in schema.get_all_operations():
            operation = found.ok()

            @seed(2018)
            @settings(
                max_examples=FUZZ, phases=[Phase.generate], database=None, deadline=None,
                suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            @given(case=operation.as_strategy())
            def one(case: schemathesis.Case) -> None:
                attempt(case)

            one()

    await to_thread.run_sync(try_all)
    assert failures == {}, "\n\n".join(f"{name}: {wrong}" for name, wrong in failures.items())
