"""What OpenAPI says is true: every body's example is taken as it stands."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fupin.schemas import Body
from services.registry import app
from services.registry.rules import idnumbers
from tests.conftest import Api
from tests.registry import world


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


SAMPLES = {
    "rule": "Q01", "since": world.DAY, "until": world.DAY,
    "as_of": world.DAY, "on": world.DAY, "division": "230882101", "parent": world.TOWN, "year": "2018",
    "identified_year": "2018", "pathways": "2", "group_by": "village,house_grade",
}  # fmt: skip


def _sample(parameter: dict[str, Any], schemas: dict[str, Any]) -> str | None:
    """A value the parameter takes: by name, or the first that its schema allows."""
    if parameter["name"] in SAMPLES:
        return SAMPLES[parameter["name"]]
    schema = parameter["schema"]
    if schema.get("examples"):
        return str(schema["examples"][0])
    while "anyOf" in schema or "$ref" in schema or schema.get("type") == "array":
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
        else:
            schema = schema["anyOf"][0] if "anyOf" in schema else schema["items"]
    if "enum" in schema:
        return str(schema["enum"][0])
    if schema.get("format") == "uuid":
        return "0199b0c2-6d7e-7a10-8e52-5f1f3f0e9a11"
    return {"boolean": "true", "string": "x"}.get(schema["type"])


async def test_every_filter_of_every_list_is_understood_by_the_database(
    registry: Api, subtests: pytest.Subtests
) -> None:
    await world.divisions(registry)
    await world.household(registry, 1)
    document = app.create_app().openapi()
    for path, operations in document["paths"].items():
        if "get" not in operations or "{" in path or not path.startswith("/v1/"):
            continue
        known = [found for found in operations["get"].get("parameters", []) if found["in"] == "query"]
        samples = {found["name"]: _sample(found, document["components"]["schemas"]) for found in known}
        for name, value in samples.items():
            if name not in ("limit", "cursor", "after") and value is not None:  # positions are signed
                with subtests.test(f"{path}?{name}={value}"):
                    found = await registry.get(path, params={name: value}, headers={"Prefer": "count=exact"})
                    assert found.status_code == 200, found.text


def test_the_guide_names_addresses_that_exist() -> None:
    paths = list(app.create_app().openapi()["paths"])
    guide = (Path(__file__).parents[2] / "docs" / "registry.md").read_text(encoding="utf-8")
    named = re.findall(r"`(?:POST )?(/v1/[^`?{]*)", guide)
    assert len(named) > 30
    assert [name for name in named if not any(path.startswith(name) for path in paths)] == []
