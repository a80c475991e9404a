"""The five OpenAPI documents as they are served: complete, unambiguous, every example true."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from pydantic import TypeAdapter, ValidationError

from fupin.settings import SERVICES

ALL = (*SERVICES, "portal")
FORMATS = {"time": lambda said: re.fullmatch(r"\d\d:\d\d:\d\d", said) is not None}  # of the clock on the wall


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def media(operation: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every JSON body and JSON answer, refusals too: where it stands, its kind, what is said of it."""
    for kind, said in operation.get("requestBody", {}).get("content", {}).items():
        yield "body", kind, said
    for status, answer in operation["responses"].items():
        for kind, said in answer.get("content", {}).items():
            if kind.endswith("json") and status != "default":
                yield status, kind, said


def said_examples(found: dict[str, Any]) -> list[Any]:
    if "example" in found:
        return [found["example"]]
    examples = found.get("examples", {})
    values = [entry["value"] for entry in examples.values()]
    return values or found.get("schema", {}).get("examples", [])


@pytest.mark.parametrize("service", ALL)
def test_every_body_and_every_answer_has_examples_that_are_true(service: str, apps: Mapping[str, FastAPI]) -> None:
    document = apps[service].openapi()
    wrong = []
    for where, operation in operations(document):
        for place, kind, found in media(operation):
            examples = said_examples(found)
            if not examples and kind != "multipart/form-data":
                wrong.append((where, place, "no example"))
            schema = {"components": document["components"], **found.get("schema", {})}
            validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True, formats=FORMATS)
            for example in examples:
                wrong += [(where, place, str(error)[:300]) for error in validator.iter_errors(example)]
    assert wrong == []


@pytest.mark.parametrize("service", ALL)
def test_every_example_of_a_body_is_one_that_its_model_takes(service: str, apps: Mapping[str, FastAPI]) -> None:
    document = apps[service].openapi()
    said = dict(operations(document))
    wrong = []
    for route in iter_route_contexts(apps[service].routes):
        field = getattr(route.original_route, "body_field", None)
        for method in route.methods or ():
            content = said.get(f"{method} {route.path}", {}).get("requestBody", {}).get("content", {})
            if field is None or "application/json" not in content:
                continue
            model: TypeAdapter[Any] = TypeAdapter(field.field_info.annotation)
            for example in said_examples(content["application/json"]):
                try:
                    model.validate_json(json.dumps(example))
                except ValidationError as error:
                    wrong.append((route.path, str(error)[:300]))
    assert wrong == []


@pytest.mark.parametrize("service", ALL)
def test_operations_and_schemas_are_named_after_what_they_are(service: str, apps: Mapping[str, FastAPI]) -> None:
    document = apps[service].openapi()
    names_of = {
        (method, route.path): route.original_route.name
        for route in iter_route_contexts(apps[service].routes)
        if hasattr(route.original_route, "name")
        for method in route.methods or ()
    }
    found = list(operations(document))
    assert document["openapi"].startswith("3.1")
    names = [operation["operationId"] for _, operation in found]
    assert len(names) == len(set(names))
    for where, operation in found:
        method, path = where.split(" ", 1)
        assert operation["operationId"] == names_of[method, path]
    twins = [name for name in document["components"]["schemas"] if name.endswith(("-Input", "-Output")) or "__" in name]
    assert twins == []


@pytest.mark.parametrize("service", ALL)
def test_every_operation_says_what_it_does_what_it_needs_and_how_it_refuses(
    service: str, apps: Mapping[str, FastAPI]
) -> None:
    document = apps[service].openapi()
    tags = {tag["name"]: tag.get("description") for tag in document["tags"]}
    for where, operation in operations(document):
        assert operation.get("description"), where
        assert operation["tags"], where
        assert all(tags.get(tag) for tag in operation["tags"]), where
        refusals = [
            example["value"]["code"]
            for answer in operation["responses"].values()
            for example in answer.get("content", {}).get("application/problem+json", {}).get("examples", {}).values()
        ]
        assert "invalid" in refusals, where
        assert ("security" in operation) == ("unauthenticated" in refusals), where
    assert set(tags) == {tag for _, operation in operations(document) for tag in operation["tags"]}
