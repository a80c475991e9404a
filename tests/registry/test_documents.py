"""What OpenAPI says is true: every body's example is taken as it stands."""

from collections.abc import Iterator

import pytest

from fupin.schemas import Body
from services.registry import app
from services.registry.rules import idnumbers
from tests.conftest import Api


def _bodies(kind: type[Body] = Body) -> Iterator[type[Body]]:
    for found in kind.__subclasses__():
        if found.__module__.startswith("services.registry."):
            yield found
        yield from _bodies(found)


def test_every_body_of_a_request_has_an_example_that_its_model_takes(subtests: pytest.Subtests) -> None:
    document = app.create_app().openapi()
    named = {
        content["schema"]["$ref"].rsplit("/", 1)[1]
        for path in document["paths"].values()
        for operation in path.values()
        for kind, content in operation.get("requestBody", {}).get("content", {}).items()
        if kind == "application/json"
    }
    by_name = {found.__name__: found for found in _bodies()}
    assert named
    for name in sorted(named):
        with subtests.test(name):
            (given,) = document["components"]["schemas"][name]["examples"]
            taken = by_name[name].model_validate(given)
            numbers = [getattr(taken, "id_number", None), *(m.id_number for m in getattr(taken, "members", []))]
            assert all(idnumbers.valid(number) for number in numbers if number)


async def test_every_code_list_is_served_with_its_words(registry: Api) -> None:
    names = [item["name"] for item in (await registry.get("/v1/code-lists")).json()["items"]]
    assert {"household-status", "poverty-cause", "nationality", "relation", "guarantee-item"} <= set(names)
    nationalities = (await registry.get("/v1/code-lists/nationality")).json()["entries"]
    assert len([entry for entry in nationalities if entry["code"] <= "56"]) == 56
    assert {"code": "53", "zh": "赫哲族", "en": "Hezhen"}.items() <= nationalities[52].items()
