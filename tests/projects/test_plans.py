"""Three-year plans: two persons, one approved edition, progress counted from rows, sums of towns."""

from typing import Any

import pytest

from tests.conftest import Api
from tests.projects.conftest import COUNTY, TODAY, TOWN, VILLAGE, Declare, refusal
from tests.projects.test_linkage import households, link

__all__ = ["households"]
pytestmark = pytest.mark.usefixtures("places")
OTHER = "230882102000"


@pytest.fixture
def chief(projects: Api) -> Api:
    """Another person of the county who may approve."""
    return projects.as_("county-admin", sub="chief")


def goal(metric: str, target: int, year: int = 2018) -> dict[str, Any]:
    return {"metric": metric, "year": year, "target": target}


async def drawn_up(api: Api, place: str, *goals: dict[str, Any], projects: tuple[str, ...] = ()) -> dict[str, Any]:
    body = {
        "division_code": place, "first_year": 2018, "title": "产业扶贫三年规划", "goals": goals,
        "project_ids": projects,
    }  # fmt: skip
    answer = await api.post("/v1/plans", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def approved(api: Api, chief: Api, place: str, *goals: dict[str, Any]) -> dict[str, Any]:
    plan = await drawn_up(api, place, *goals)
    assert (await api.post(f"/v1/plans/{plan['id']}:submit")).status_code == 200
    answer = await chief.post(f"/v1/plans/{plan['id']}:approve", json={})
    assert answer.status_code == 200, answer.text
    decided: dict[str, Any] = answer.json()
    return decided


async def test_a_plan_is_decided_by_another_person_and_then_stands(projects: Api, chief: Api) -> None:
    started = goal("PROJECTS_STARTED", 3)
    plan = await drawn_up(projects, TOWN)
    at = f"/v1/plans/{plan['id']}"
    assert (plan["edition"], plan["state"], plan["last_year"]) == (1, "DRAFT", 2020)
    assert refusal(await projects.post(f"{at}:submit")) == (409, "plan-empty")
    again = {"division_code": TOWN, "first_year": 2018, "title": "又一版", "goals": []}
    assert refusal(await projects.post("/v1/plans", json=again)) == (409, "plan-open")
    nowhere = again | {"division_code": "230882199000"}
    assert refusal(await projects.post("/v1/plans", json=nowhere)) == (409, "unknown-divisions")

    async def put(version: int, **content: Any) -> Any:
        return await projects.http.put(at, json={"title": "规划"} | content, headers={"If-Match": f'"{version}"'})

    assert refusal(await put(1, goals=[started, started])) == (409, "goal-twice")
    assert refusal(await put(1, goals=[goal("PROJECTS_STARTED", 1, 2021)])) == (422, "invalid")
    assert refusal(await put(7, goals=[started])) == (412, "stale")
    assert (await put(1, goals=[started])).json()["goals"] == [started]
    assert refusal(await chief.post(f"{at}:approve", json={})) == (409, "plan-not-submitted")
    submitted = await projects.post(f"{at}:submit")
    assert submitted.json().get("state") == "SUBMITTED", submitted.text
    assert refusal(await projects.post(f"{at}:approve", json={})) == (403, "plan-own")
    assert refusal(await put(3, goals=[])) == (409, "plan-not-draft")
    assert refusal(await chief.post(f"{at}:return", json={})) == (422, "opinion-missing")
    answer = await chief.post(f"{at}:approve", json={"opinion": "同意"})
    assert answer.status_code == 200, answer.text
    first = answer.json()
    assert (first["state"], first["decided_by"], first["decided_on"]) == ("APPROVED", "chief", TODAY.isoformat())

    second = await approved(projects, chief, TOWN, goal("PROJECTS_STARTED", 4))
    assert second["edition"] == 2
    listed = (await projects.get(f"/v1/plans?division={TOWN}&year=2020")).json()["items"]
    assert [(found["edition"], found["state"]) for found in listed] == [(1, "SUPERSEDED"), (2, "APPROVED")]
    assert (await projects.get("/v1/plans?year=2021")).json()["items"] == []
    assert (await projects.as_("town-clerk", OTHER).get("/v1/plans")).json()["items"] == []


async def test_progress_is_counted_from_steps_links_and_incomes_up_to_a_day(
    projects: Api, declare: Declare, households: list[dict[str, Any]]
) -> None:
    cattle, pigs = await declare("OPERATING"), await declare("IMPLEMENTING")
    elsewhere = await declare(division_code="230882102205")
    for project in (cattle, pigs):
        body = {"purpose": "INDUSTRY", "division_codes": [VILLAGE]}
        assert (await projects.post(f"/v1/projects/{project['id']}/villages", json=body)).status_code == 201
        at = f"/v1/projects/{project['id']}/beneficiaries"
        made = await projects.post(at, json={"links": [link(households[0]), link(households[1])]})
    income = {"year": 2018, "amount_fen": 70_000}
    await projects.post(f"/v1/beneficiaries/{made.json()['items'][0]['id']}/incomes", json=income)
    report = {"period_from": "2018-06-01", "period_to": "2018-06-15", "income_fen": 5_000_000, "shared_fen": 0,
              "received_on": "2018-06-20"}  # fmt: skip
    await projects.post(f"/v1/projects/{cattle['id']}/income-reports", json=report, key="june")

    metrics = ("PROJECTS_STARTED", "PROJECTS_COMPLETED", "BUDGET_STARTED_FEN", "VILLAGES_COVERED", "HOUSEHOLDS_LINKED",
               "HOUSEHOLD_INCOME_FEN", "PROJECT_INCOME_FEN")  # fmt: skip
    goals = [goal(metric, 5) for metric in metrics] + [goal("HOUSEHOLDS_LINKED", 9, 2019)]
    outside = {"division_code": TOWN, "first_year": 2018, "title": "x", "goals": [], "project_ids": [elsewhere["id"]]}
    refused = await projects.post("/v1/plans", json=outside)
    assert refusal(refused) == (409, "projects-outside")
    assert refused.json()["outside"] == [elsewhere["id"]]
    plan = await drawn_up(projects, TOWN, *goals, projects=(cattle["id"], pigs["id"]))
    assert plan["projects"] == 2

    async def reached(on: str) -> dict[tuple[str, int], int]:
        answer = (await projects.get(f"/v1/plans/{plan['id']}/progress?on={on}")).json()
        assert all(found["target"] in (5, 9) for found in answer["items"])
        return {(found["metric"], found["year"]): found["reached"] for found in answer["items"]}

    in_april = {("PROJECTS_STARTED", 2018): 2, ("BUDGET_STARTED_FEN", 2018): 100_000_000, ("VILLAGES_COVERED", 2018): 1}
    assert {what: count for what, count in (await reached("2018-04-10")).items() if count} == in_april
    assert await reached("2018-06-19") | {("HOUSEHOLD_INCOME_FEN", 2018): 0} == in_april | {
        ("PROJECTS_COMPLETED", 2018): 1, ("HOUSEHOLDS_LINKED", 2018): 2, ("HOUSEHOLDS_LINKED", 2019): 0,
        ("PROJECT_INCOME_FEN", 2018): 0, ("HOUSEHOLD_INCOME_FEN", 2018): 0,
    }  # fmt: skip
    assert (await reached("2018-06-20"))[("PROJECT_INCOME_FEN", 2018)] == 5_000_000
    # An income counts from the day on which it was recorded.
    assert (await reached("2200-01-01"))[("HOUSEHOLD_INCOME_FEN", 2018)] == 70_000
    assert (await projects.get(f"/v1/plans?project_id={pigs['id']}")).json()["items"][0]["id"] == plan["id"]


async def test_the_citys_plan_is_the_sum_of_its_towns_plans(projects: Api, chief: Api) -> None:
    await approved(projects, chief, TOWN, goal("PROJECTS_STARTED", 3), goal("HOUSEHOLDS_LINKED", 40))
    await approved(projects, chief, OTHER, goal("PROJECTS_STARTED", 4))
    await drawn_up(projects, "230882103000", goal("PROJECTS_STARTED", 100))  # not approved: it does not count
    await approved(projects, chief, VILLAGE, goal("PROJECTS_STARTED", 1))  # not directly below the city

    city = await drawn_up(projects, COUNTY, goal("PROJECTS_STARTED", 8))
    at = f"/v1/plans/{city['id']}"
    await projects.post(f"{at}:submit")
    refused = await chief.post(f"{at}:approve", json={})
    assert refusal(refused) == (409, "plan-sums-differ")
    sums = (await projects.get(f"{at}/sums")).json()
    assert (sums["plans_below"], sums["agrees"], sums["items"]) == (2, False, refused.json()["sums"])
    assert [(line["metric"], line["target"], line["below"]) for line in sums["items"]] == [
        ("HOUSEHOLDS_LINKED", 0, 40),
        ("PROJECTS_STARTED", 8, 7),
    ]
    assert (await chief.post(f"{at}:return", json={"opinion": "与各镇规划不一致"})).json()["state"] == "RETURNED"
    mended = await approved(projects, chief, COUNTY, goal("PROJECTS_STARTED", 7), goal("HOUSEHOLDS_LINKED", 40))
    assert (mended["edition"], mended["state"]) == (2, "APPROVED")
    assert (await projects.get(f"/v1/plans/{mended['id']}/sums")).json()["agrees"]
