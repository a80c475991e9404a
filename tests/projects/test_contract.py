"""What the OpenAPI document promises holds for input made up from it: no 5xx, no status that it does not name."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import schemathesis
from anyio import from_thread, to_thread
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.config import SchemathesisConfig

from fupin.schemas import Body
from services.projects.app import create_app
from tests.conftest import Api
from tests.projects.conftest import Declare

EXAMPLES = 3  # for each operation


def test_every_body_has_an_example_that_is_taken() -> None:
    document = create_app().openapi()
    bodies = {
        operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
        for path in document["paths"].values()
        for operation in path.values()
        if "application/json" in operation.get("requestBody", {}).get("content", ())
    }
    classes = {kind.__name__: kind for kind in _below(Body) if kind.__module__.startswith("services.projects")}
    for name in bodies & classes.keys():  # the kernel's own are not this service's
        for example in document["components"]["schemas"][name]["examples"]:
            classes[name].model_validate(example)


def _below(kind: type[Body]) -> Iterator[type[Body]]:
    for found in kind.__subclasses__():
        yield found
        yield from _below(found)


async def test_made_up_input_meets_no_server_error(projects: Api, declare: Declare) -> None:
    # Real things behind half of the addresses, so that not every answer is a 404.
    project = await declare("OPERATING")
    document = projects.app.openapi()
    schema = schemathesis.openapi.from_dict(document, config=SchemathesisConfig())

    async def send(case: schemathesis.Case, number: int) -> None:
        arguments: dict[str, Any] = case.as_transport_kwargs(base_url="http://test")
        url = str(arguments.pop("url"))
        given_id = str(case.path_parameters.get("project_id", ""))
        if given_id and number % 2:
            url = url.replace(given_id, project["id"])
        headers = dict(projects.http.headers) | {
            name: value for name, value in dict(arguments.pop("headers")).items() if name.lower() != "authorization"
        }
        sent = {name: arguments[name] for name in ("json", "data", "params", "cookies") if arguments.get(name)}
        request = projects.http.build_request(arguments["method"], url, headers=headers, **sent)
        answer = await projects.http.send(request)
        assert answer.status_code < 500, f"{request.method} {request.url}: {answer.text}"
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
        else:
            declared = document["paths"][case.operation.path][request.method.lower()]["responses"]
            assert str(answer.status_code) in declared

    def try_out(operation: Any) -> None:
        numbers = count()

        @given(case=operation.as_strategy())
        @settings(
            max_examples=EXAMPLES,
            phases=[Phase.generate],
            database=None,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        def attempt(case: schemathesis.Case) -> None:
            from_thread.run(send, case, next(numbers))

        attempt()

    def try_all() -> None:
        for found in schema.get_all_operations():
            try_out(found.ok())

    await to_thread.run_sync(try_all)
