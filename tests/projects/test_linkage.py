"""Who gains from a project: over the real registry."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from tests.conftest import Api
from tests.projects.conftest import TODAY, TOWN, VILLAGE, Declare, refusal, silence

NOBODY = "0199b0c2-6d7e-7a10-8e52-5f1f3f0e9a11"


@pytest.fixture
async def households(
    services: dict[str, Api],
    places: None,  # noqa: ARG001  # they lie there
) -> list[dict[str, Any]]:
    """Two poor households in the village, one in another town."""
    registry = services["registry"]
    made = []
    for number, village in enumerate((VILLAGE, VILLAGE, "230882102205"), start=1):
        body = {
            "household_no": f"{village}-{number:04}",
            "division_code": village,
            "residence": "RURAL",
            "status": "POOR",
            "identified_on": "2016-01-01",
        }
        answer = await registry.post("/v1/households", json=body)
        assert answer.status_code == 201, answer.text
        made.append(answer.json())
    return made


def link(household: Mapping[str, Any] | str, **changed: Any) -> dict[str, Any]:
    return {
        "household_id": household if isinstance(household, str) else household["id"],
        "kind": "DIVIDEND",
        "from_on": "2018-05-01",
        "to_on": "2018-12-31",
        "expected_income_fen": 120_000,
    } | changed


async def test_households_are_linked_with_what_the_registry_said_of_them(
    projects: Api, declare: Declare, households: list[dict[str, Any]]
) -> None:
    at = f"/v1/projects/{(await declare('OPERATING'))['id']}/beneficiaries"

    made = await projects.post(at, json={"links": [link(found) for found in households]})

    assert made.status_code == 201, made.text
    for shown, household in zip(made.json()["items"], households, strict=True):
        assert (shown["household_id"], shown["household_no"]) == (household["id"], household["household_no"])
        assert (shown["division_code"], shown["household_status"]) == (household["division_code"], "POOR")
        assert shown["verified_on"] == TODAY.isoformat()
    first = made.json()["items"][0]

    async def listed(api: Api, **asked: str) -> list[str]:
        items = (await api.get("/v1/beneficiaries", params=asked)).json()["items"]
        return [found["household_no"] for found in items]

    assert len(await listed(projects, on="2018-05-01")) == 3
    assert await listed(projects, on="2018-04-30") == []
    assert await listed(projects, household_id=households[2]["id"]) == [households[2]["household_no"]]
    # A link stands in the household's place: its town sees it, the other does not.
    assert len(await listed(projects.as_("town-clerk", TOWN))) == 2

    change = f"/v1/beneficiaries/{first['id']}"
    earned = await projects.patch(change, version=1, json={"expected_income_fen": 130_000})
    assert (earned.json()["expected_income_fen"], earned.json()["version"]) == (130_000, 2)
    assert refusal(await projects.patch(change, version=1, json={"expected_income_fen": 1})) == (412, "stale")
    backwards = await projects.patch(change, version=2, json={"to_on": "2018-04-01"})
    assert refusal(backwards) == (422, "invalid")


async def test_a_beneficiary_who_does_not_exist_is_refused_with_all_the_others(
    projects: Api, declare: Declare, households: list[dict[str, Any]]
) -> None:
    at = f"/v1/projects/{(await declare())['id']}/beneficiaries"
    answer = await projects.post(at, json={"links": [link(households[0]), link(NOBODY)]})
    assert refusal(answer) == (409, "unknown-households")
    assert answer.json()["unknown"] == [NOBODY]
    # Nor does a household of another town exist for this town's clerk.
    elsewhere = await projects.as_("town-clerk", TOWN).post(at, json={"links": [link(households[2])]})
    assert refusal(elsewhere) == (409, "unknown-households")
    assert (await projects.get("/v1/beneficiaries")).json()["items"] == []


async def test_a_household_is_linked_once_at_a_time_in_the_same_way(
    projects: Api, declare: Declare, households: list[dict[str, Any]]
) -> None:
    at = f"/v1/projects/{(await declare())['id']}/beneficiaries"
    assert (await projects.post(at, json={"links": [link(households[0])]})).status_code == 201
    again = await projects.post(at, json={"links": [link(households[1]), link(households[0], from_on="2018-12-31")]})
    assert refusal(again) == (409, "linked-already")
    other = [link(households[0], kind="EMPLOYMENT"), link(households[0], from_on="2019-01-01", to_on=None)]
    assert (await projects.post(at, json={"links": other})).status_code == 201
    assert len((await projects.get("/v1/beneficiaries")).json()["items"]) == 3


async def test_a_batch_is_at_most_a_thousand(projects: Api, declare: Declare) -> None:
    at = f"/v1/projects/{(await declare())['id']}/beneficiaries"
    for links in ([], [link(str(UUID(int=number))) for number in range(1001)]):
        assert refusal(await projects.post(at, json={"links": links})) == (422, "invalid")


async def test_nothing_is_linked_while_the_registry_is_silent(projects: Api, declare: Declare) -> None:
    at = f"/v1/projects/{(await declare())['id']}/beneficiaries"
    silence(projects, "registry")
    answer = await projects.post(at, json={"links": [link(NOBODY)]})
    assert refusal(answer) == (503, "unanswered")
    assert answer.json()["peer"] == "registry"
    assert (await projects.get("/v1/beneficiaries")).json()["items"] == []
