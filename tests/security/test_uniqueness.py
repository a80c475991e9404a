"""
A value that is unique in the county says, when a town gives it again, that it is taken: not by whom, where, or as what.

The refusal is to the letter the one that the town gets for a row of its own.
"""

from typing import Any

import pytest

from tests.conftest import Api
from tests.contracts.asking import operations
from tests.registry import world

WORDS = ("长安镇", "永胜村", "王", world.TOWN[:9], world.id_number(1))


@pytest.fixture
async def county(services: dict[str, Api]) -> dict[str, Api]:
    await world.divisions(services["registry"])
    return services


def _household(number: str, village: str, person: int) -> dict[str, Any]:
    return {
        "household_no": number, "division_code": village, "residence": "RURAL", "status": "NOT_POOR",
        "members": [world.member(person)],
    }  # fmt: skip


async def _refused(api: Api, path: str, body: dict[str, Any], key: str) -> dict[str, Any]:
    answer = await api.post(path, json=body, key=key)
    assert answer.status_code == 409, answer.text
    told: dict[str, Any] = answer.json()
    assert told.pop("request_id")
    return told


async def test_a_taken_number_is_refused_alike_whosever_it_is(county: dict[str, Api]) -> None:
    registry = county["registry"]
    ours, theirs = (
        registry.as_("town-clerk", "230882101", sub="li"),
        registry.as_("town-clerk", "230882102", sub="wang"),
    )
    here, there = world.VILLAGE, world.OTHER_VILLAGE
    await world.made(ours.post("/v1/households", json=_household("A-1", here, 1)))
    await world.made(theirs.post("/v1/households", json=_household("B-1", there, 2)))

    for what, another, own in (
        ("household number", _household("A-1", there, 3), _household("B-1", there, 3)),
        ("ID number", _household("B-2", there, 1), _household("B-2", there, 2)),
    ):
        told = await _refused(theirs, "/v1/households", another, f"another {what}")
        assert told == await _refused(theirs, "/v1/households", own, f"own {what}"), what
        assert not [word for word in WORDS if word in str(told)], what

    project = next(
        each for each in operations("projects", county["projects"].app.openapi())
        if (each.method, each.path) == ("POST", "/v1/projects")
    ).body()  # fmt: skip
    mine, others = (county["projects"].as_("town-clerk", town) for town in ("230882101", "230882102"))
    await world.made(mine.post("/v1/projects", json=project | {"division_code": here, "project_no": "P-1"}))
    await world.made(others.post("/v1/projects", json=project | {"division_code": there, "project_no": "P-2"}))
    told = await _refused(others, "/v1/projects", project | {"division_code": there, "project_no": "P-1"}, "another")
    assert told == await _refused(
        others, "/v1/projects", project | {"division_code": there, "project_no": "P-2"}, "own"
    )
    assert not [word for word in WORDS if word in str(told)]


async def test_an_idempotency_key_is_each_persons_own(county: dict[str, Api]) -> None:
    registry = county["registry"]
    ours, theirs = (
        registry.as_("town-clerk", "230882101", sub="li"),
        registry.as_("town-clerk", "230882102", sub="wang"),
    )
    first = await ours.post("/v1/households", json=_household("A-1", world.VILLAGE, 1), key="the same key")
    second = await theirs.post("/v1/households", json=_household("B-1", world.OTHER_VILLAGE, 2), key="the same key")
    third = await theirs.post("/v1/households", json=_household("A-1", world.VILLAGE, 1), key="the same key")
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json()["id"] != first.json()["id"]
    assert "idempotent-replayed" not in second.headers
    assert (third.status_code, third.json()["code"]) == (422, "key-reused")
