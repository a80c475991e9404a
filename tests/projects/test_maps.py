"""Maps and the board: the same projects by place, progress and money, as of any day."""

from typing import Any

import pytest

from tests.conftest import Api
from tests.projects.conftest import COUNTY, TOWN, VILLAGE, Declare, refusal, silence
from tests.projects.test_linkage import households, link

__all__ = ["households"]
OTHER = "230882102205"


async def features(projects: Api, what: str, **asked: str) -> dict[str, dict[str, Any]]:
    answer = await projects.get(f"/v1/maps/{what}", params=asked)
    assert answer.headers["content-type"] == "application/geo+json", answer.text
    found = answer.json()
    assert found["type"] == "FeatureCollection"
    assert all(feature["type"] == "Feature" and "geometry" in feature for feature in found["features"])
    return {feature["id"]: feature for feature in found["features"]}


@pytest.mark.usefixtures("places")
async def test_villages_and_projects_lie_where_the_registry_says(
    projects: Api, services: dict[str, Api], declare: Declare
) -> None:
    herd = await declare()
    water = await declare("IMPLEMENTING", category="WATER", division_code=COUNTY)
    body = {"purpose": "TAP_WATER", "division_codes": [VILLAGE, OTHER]}
    assert (await projects.post(f"/v1/projects/{water['id']}/villages", json=body)).status_code == 201

    villages = await features(projects, "villages")
    assert villages.keys() == {VILLAGE, OTHER, "230882103201"}
    assert villages[VILLAGE]["geometry"] == {"type": "Point", "coordinates": [132.04, 47.25]}
    assert villages[OTHER]["geometry"] is None
    assert villages[VILLAGE]["properties"] == {
        "code": VILLAGE, "name": "示范村", "poor_village": True, "projects": 2, "budget_fen": 100_000_000,
        "purposes": ["TAP_WATER"],
    }  # fmt: skip
    assert (await features(projects, "villages", with_projects="true", category="LIVESTOCK")).keys() == {VILLAGE}
    in_town = await features(projects, "villages", division=TOWN)
    assert {code: feature["properties"]["projects"] for code, feature in in_town.items()} == {VILLAGE: 2}
    assert (await features(projects, "villages", on="2018-02-28", with_projects="true")) == {}

    lie = await features(projects, "projects")
    assert lie[herd["id"]]["geometry"]["coordinates"] == [132.04, 47.25]
    assert (lie[water["id"]]["geometry"], lie[water["id"]]["properties"]["division_name"]) == (None, "富锦市")
    assert (await features(projects, "projects", state="IMPLEMENTING")).keys() == {water["id"]}
    await projects.post(f"/v1/projects/{herd['id']}:reject", json={"opinion": "不符合产业规划"})
    assert (await features(projects, "projects")).keys() == {water["id"]}

    # What was read is kept by its tag, and read again when it changes.
    moved = await services["registry"].patch(f"/v1/divisions/{OTHER}", version=1, json={"longitude": 1, "latitude": 2})
    assert moved.status_code == 200, moved.text
    assert (await features(projects, "villages"))[OTHER]["geometry"]["coordinates"] == [1, 2]
    assert (await features(projects.as_("town-clerk", TOWN), "villages")).keys() == {VILLAGE}
    silence(projects, "registry")
    assert refusal(await projects.get("/v1/maps/villages")) == (503, "unanswered")


async def test_the_board_counts_projects_with_their_money_works_and_households(
    projects: Api, declare: Declare, households: list[dict[str, Any]]
) -> None:
    herd, field = await declare("OPERATING"), await declare(division_code=OTHER, starts_on="2019-01-01",
                                                            ends_on="2019-12-31")  # fmt: skip
    at = f"/v1/projects/{herd['id']}"
    for kind, planned in (("CONTRACT", "2018-04-01"), ("ACCEPTANCE", "2018-05-01")):
        made = await projects.post(f"{at}/milestones", json={"kind": kind, "planned_on": planned})
    reached = {"on": "2018-05-20", "evidence": "验收单"}
    await projects.post(f"/v1/milestones/{made.json()['id']}:reach", json=reached)
    await projects.post(f"{at}/beneficiaries", json={"links": [link(households[0]), link(households[1])]})
    report = {"period_from": "2018-06-01", "period_to": "2018-06-15", "income_fen": 5_000, "shared_fen": 0,
              "received_on": "2018-06-20"}  # fmt: skip
    await projects.post(f"{at}/income-reports", json=report, key="june")

    async def board(**asked: str) -> list[dict[str, Any]]:
        answer = await projects.get("/v1/statistics/board", params=asked)
        assert answer.status_code == 200, answer.text
        groups: list[dict[str, Any]] = answer.json()["groups"]
        return [{name: value for name, value in group.items() if value is not None} for group in groups]

    counted = ("projects", "budget_fen", "milestones", "reached", "late", "links", "income_fen")
    assert await board() == [
        {"town": TOWN, "stage": "BUILT"} | dict(zip(counted, (1, 50_000_000, 2, 1, 1, 2, 5_000), strict=True)),
        {"town": "230882102000", "stage": "PLANNED"} | dict(zip(counted, (1, 50_000_000, 0, 0, 0, 0, 0), strict=True)),
    ]
    [in_may] = await board(on="2018-05-10", group_by="stage", division=TOWN)
    assert [in_may[name] for name in ("reached", "late", "links", "income_fen")] == [0, 2, 2, 0]
    assert [(group["year"], group["projects"]) for group in await board(group_by="year")] == [(2018, 1), (2019, 1)]
    assert await board(project_no=field["project_no"], group_by="year", state="OPERATING") == []
    assert refusal(await projects.get("/v1/statistics/board?group_by=budget")) == (422, "invalid")
