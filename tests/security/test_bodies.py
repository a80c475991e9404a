"""What a request may say: no field that the document does not name, none that the service decides, no address."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from fastapi import FastAPI

from fupin.auth import ACT_FOR, SCOPES
from fupin.issuer import Client, issue
from tests.conftest import Api
from tests.contracts.asking import Operation, operations

# What a service decides itself: a caller who sends one is refused, not ignored.
DECIDED = ("id", "version", "created_at", "created_by", "approved_by", "actor", "county_code", "is_admin")
ADDRESS = ("url", "uri", "webhook", "callback", "endpoint", "href")


def _bodies(apps: Mapping[str, FastAPI]) -> Iterator[tuple[Operation, Mapping[str, Any]]]:
    for service, app in apps.items():
        for each in operations(service, app.openapi()):
            for content in each.node.get("requestBody", {}).get("content", {}).values():
                yield each, each._found(content["schema"])


def _schemas(each: Operation, schema: Mapping[str, Any], met: set[int]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every schema below one, with the name of its property."""
    yield from schema.get("properties", {}).items()
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", ()), *schema.get("oneOf", ()),
             *schema.get("allOf", ()), *filter(None, [schema.get("items")])]  # fmt: skip
    for found in map(each._found, inner):
        if id(found) not in met:
            met.add(id(found))
            yield from _schemas(each, found, met)


def test_no_request_names_an_address_that_a_service_would_call(apps: Mapping[str, FastAPI]) -> None:
    """No webhook, no link to fetch: what could be turned against the inside of the network (SSRF) does not exist."""
    tried = 0
    for each, schema in _bodies(apps):
        for name, found in _schemas(each, schema, set()):
            tried += 1
            assert found.get("format") not in ("uri", "uri-reference", "iri", "hostname", "ipv4"), f"{each.name} {name}"
            assert not any(part in ADDRESS for part in name.lower().split("_")), f"{each.name} {name}"
    assert tried > 500
    for service, app in apps.items():
        assert "webhooks" not in app.openapi()
        for each in operations(service, app.openapi()):
            assert "callbacks" not in each.node
            for parameter in each.node.get("parameters", ()):
                words = parameter["name"].lower().replace("-", "_").split("_")
                assert not any(part in ADDRESS for part in words), f"{each.name} {parameter['name']}"


def test_every_body_names_all_its_fields(apps: Mapping[str, FastAPI]) -> None:
    for each, schema in _bodies(apps):
        if "properties" in schema and each.path != "/oauth/token" and "multipart/form-data" not in str(each.node):
            assert schema.get("additionalProperties") is False, each.name


async def test_a_field_that_is_not_the_callers_to_say_is_refused(
    services: dict[str, Api], apps: Mapping[str, FastAPI], subtests: pytest.Subtests
) -> None:
    settings = services["registry"].settings
    token = issue(settings, Client("everything", frozenset(SCOPES) - {ACT_FOR}, settings.division))
    doors = {name: api.anonymous().http for name, api in services.items()}
    for each, schema in _bodies(apps):
        if "json" not in (request := each.request()) or schema.get("type") != "object":
            continue
        taken = {field: "x" for field in DECIDED if field not in schema["properties"]}
        body = copy.deepcopy(request["json"]) | taken
        headers = request["headers"] | {"Authorization": f"Bearer {token}"}
        with subtests.test(each.name):
            answer = await doors[each.service].request(**request | {"json": body, "headers": headers})
            assert answer.status_code == 422, answer.text
            refused = {error["pointer"] for error in answer.json()["errors"]}
            assert {f"/{field}" for field in taken} <= refused
