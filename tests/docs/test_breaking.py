"""Undeclared breaking changes are found; harmless ones are not."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from fupin.breaking import changes
from tests.e2e.conftest import ROOT

REGISTRY = json.loads((ROOT / "docs" / "openapi" / "registry.json").read_text())
HOUSEHOLDS = REGISTRY["paths"]["/v1/households"]


def _new(document: dict[str, Any]) -> Any:
    return document["components"]["schemas"]["NewHousehold"]


def _shown(document: dict[str, Any]) -> Any:
    return document["components"]["schemas"]["Household"]


BREAKING: dict[str, Callable[[dict[str, Any]], Any]] = {
    "DELETE": lambda d: d["paths"].pop("/v1/households"),
    "GET /v1/households: query parameter poor removed": lambda d: d["paths"]["/v1/households"]["get"][
        "parameters"
    ].remove(next(p for p in d["paths"]["/v1/households"]["get"]["parameters"] if p["name"] == "poor")),
    "division_code: removed": lambda d: _new(d)["properties"].pop("division_code"),
    "phone: is now required": lambda d: _new(d)["required"].append("phone"),
    "household_no: maxLength is now 3": lambda d: _new(d)["properties"]["household_no"].update(maxLength=3),
    "division_code: may now be absent": lambda d: _shown(d)["required"].remove("division_code"),
    "division_code: may now be null": lambda d: _shown(d)["properties"]["division_code"].update(
        type=["string", "null"]
    ),
    "no longer takes URBAN": lambda d: d["components"]["schemas"]["Residence"]["enum"].remove("URBAN"),
    "may now be SUBURBAN": lambda d: d["components"]["schemas"]["Residence"]["enum"].append("SUBURBAN"),
    "needs registry:approve": lambda d: [
        scopes.append("registry:approve")
        for need in d["paths"]["/v1/households"]["get"]["security"]
        for scopes in need.values()
    ],
}


@pytest.mark.parametrize("said", BREAKING)
def test_what_breaks_a_caller_is_found(said: str) -> None:
    new = copy.deepcopy(REGISTRY)
    BREAKING[said](new)
    found = changes(REGISTRY, new)
    assert found
    assert said == "DELETE" or any(said in line for line in found), found


def test_what_breaks_nobody_is_not_found() -> None:
    new = copy.deepcopy(REGISTRY)
    new["paths"]["/v1/new-things"] = copy.deepcopy(HOUSEHOLDS)
    new["paths"]["/v1/households"]["get"]["parameters"].append(
        {"in": "query", "name": "x", "schema": {"type": "string"}}
    )
    new["paths"]["/v1/households"]["get"]["description"] = "Said otherwise."
    _new(new)["properties"]["nickname"] = {"type": "string"}
    _new(new)["properties"]["household_no"].pop("maxLength", None)
    _shown(new)["properties"]["nickname"] = {"type": "string"}
    _shown(new)["required"].append("nickname")
    assert changes(REGISTRY, new) == []
    assert changes(REGISTRY, REGISTRY) == []
