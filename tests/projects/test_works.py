"""Milestones and their lateness, village schemes, and the figures that are counted from them."""

from typing import Any

import pytest

from tests.conftest import Api
from tests.projects.conftest import COUNTY, TOWN, VILLAGE, Declare, refusal, silence

pytestmark = pytest.mark.usefixtures("places")


async def plan(projects: Api, project: dict[str, Any], kind: str, on: str, until: str | None = None) -> dict[str, Any]:
    body = {"kind": kind, "planned_on": on} | ({"planned_until": until} if until else {})
    answer = await projects.post(f"/v1/projects/{project['id']}/milestones", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def reach(projects: Api, milestone: dict[str, Any], on: str) -> None:
    body = {"on": on, "evidence": "现场照片"}
    answer = await projects.post(f"/v1/milestones/{milestone['id']}:reach", json=body)
    assert answer.status_code == 200, answer.text


async def cover(projects: Api, project: dict[str, Any], purpose: str, *villages: str) -> None:
    body = {"purpose": purpose, "division_codes": villages}
    answer = await projects.post(f"/v1/projects/{project['id']}/villages", json=body)
    assert answer.status_code == 201, answer.text


async def figures(projects: Api, day: str = "2018-05-17") -> dict[str, dict[str, Any]]:
    """The figures of a day, each with as many rows behind its address as it says."""
    answer = (await projects.get("/v1/figures", params={"as_of": day})).json()
    assert answer["as_of"] == day
    for figure in answer["items"]:
        rows = (await projects.get(figure["href"], headers={"Prefer": "count=exact"})).json()
        assert rows["total_count"] == figure["rows"] == len(rows["items"]), figure["id"]
    return {figure["id"]: figure for figure in answer["items"]}


async def test_a_category_has_its_own_milestones_each_once(projects: Api, declare: Declare) -> None:
    pv = await declare(category="PV")
    await plan(projects, pv, "GRID_CONNECTION", "2018-06-30")
    at = f"/v1/projects/{pv['id']}/milestones"
    again = await projects.post(at, json={"kind": "GRID_CONNECTION", "planned_on": "2018-07-30"})
    assert refusal(again) == (409, "milestone-planned")
    running = await projects.post(at, json={"kind": "RUNNING", "planned_on": "2018-07-30"})
    assert refusal(running) == (409, "wrong-milestone")
    backwards = {"kind": "CONTRACT", "planned_on": "2018-05-10", "planned_until": "2018-05-08"}
    assert refusal(await projects.post(at, json=backwards)) == (422, "invalid")


async def test_a_milestone_is_late_from_the_day_after_its_last_planned_day(projects: Api, declare: Declare) -> None:
    project = await declare(category="WATER")
    opening = await plan(projects, project, "BID_OPENING", "2018-05-08", "2018-05-10")
    start = await plan(projects, project, "CONSTRUCTION_START", "2018-05-15")
    await reach(projects, start, "2018-05-20")

    async def late(day: str) -> set[str]:
        answer = await projects.get("/v1/milestones", params={"late": "true", "on": day})
        return {found["kind"] for found in answer.json()["items"]}

    assert await late("2018-05-10") == set()
    assert await late("2018-05-11") == {"BID_OPENING"}
    assert await late("2018-05-16") == {"BID_OPENING", "CONSTRUCTION_START"}
    assert await late("2018-05-20") == {"BID_OPENING"}
    in_time = (await projects.get("/v1/milestones?late=false&on=2018-05-20")).json()["items"]
    assert [found["kind"] for found in in_time] == ["CONSTRUCTION_START"]
    town, county = f"{project['division_code'][:9]}000", "230882000000"
    for filters, rows in (
        (f"state={project['state']}&on=2018-05-20", 2), ("state=CLOSED", 0), (f"town={town}", 2), (f"town={county}", 0),
        ("reached=true&on=2018-05-20", 1), ("reached=true&on=2018-05-19", 0), ("reached=false&on=2018-05-20", 1),
    ):  # fmt: skip
        assert len((await projects.get(f"/v1/milestones?{filters}")).json()["items"]) == rows, filters
    assert [len((await projects.get(f"/v1/projects?town={at}")).json()["items"]) for at in (town, county)] == [1, 0]
    due = (await projects.get("/v1/milestones?due_before=2018-05-11")).json()["items"]
    assert [found["id"] for found in due] == [opening["id"]]


async def test_a_reached_milestone_is_neither_reached_nor_planned_again(projects: Api, declare: Declare) -> None:
    milestone = await plan(projects, await declare(category="PV"), "GRID_CONNECTION", "2018-06-30")
    at = f"/v1/milestones/{milestone['id']}"
    moved = await projects.patch(at, version=1, json={"planned_on": "2018-06-20"})
    assert (moved.json()["planned_on"], moved.json()["version"]) == ("2018-06-20", 2)
    assert refusal(await projects.patch(at, version=1, json={"planned_on": "2018-07-20"})) == (412, "stale")
    future = await projects.post(f"{at}:reach", json={"on": "2018-06-30", "evidence": "x"})
    assert refusal(future) == (422, "day-in-future")
    await reach(projects, milestone, "2018-06-25")
    again = await projects.post(f"{at}:reach", json={"on": "2018-06-26", "evidence": "x"})
    assert refusal(again) == (409, "milestone-reached")
    assert refusal(await projects.patch(at, version=3, json={"planned_on": "2018-07-20"})) == (409, "milestone-reached")


async def test_a_project_covers_a_village_once_for_a_purpose(projects: Api, declare: Declare) -> None:
    project = await declare(category="WATER", division_code=COUNTY)
    await cover(projects, project, "TAP_WATER", VILLAGE, "230882102205")
    at = f"/v1/projects/{project['id']}/villages"
    again = await projects.post(at, json={"purpose": "TAP_WATER", "division_codes": ["230882103201", VILLAGE]})
    assert refusal(again) == (409, "village-covered")
    town = await projects.post(at, json={"purpose": "TAP_WATER", "division_codes": [TOWN]})
    assert refusal(town) == (422, "invalid")
    nowhere = await projects.post(at, json={"purpose": "TAP_WATER", "division_codes": ["230882103201", "230882103299"]})
    assert refusal(nowhere) == (409, "unknown-divisions")
    assert nowhere.json()["unknown"] == ["230882103299"]
    silence(projects, "registry")
    unasked = await projects.post(at, json={"purpose": "TAP_WATER", "division_codes": ["230882103201"]})
    assert refusal(unasked) == (503, "unanswered")

    assert len((await projects.get("/v1/village-schemes?purpose=TAP_WATER")).json()["items"]) == 2
    of_the_town = projects.as_("town-clerk", TOWN)
    listed = (await of_the_town.get("/v1/village-schemes?purpose=TAP_WATER")).json()["items"]
    assert [found["division_code"] for found in listed] == [VILLAGE]


async def test_a_village_is_taken_out_of_a_project_that_goes_on(projects: Api, declare: Declare) -> None:
    project = await declare(category="WATER")
    await cover(projects, project, "TAP_WATER", VILLAGE)
    (covered,) = (await projects.get("/v1/village-schemes")).json()["items"]
    at = f"/v1/village-schemes/{covered['id']}"
    assert refusal(await projects.as_("town-clerk", "230882102000").delete(at)) == (404, "not-found")
    assert (await projects.delete(at)).status_code == 204
    assert refusal(await projects.delete(at)) == (404, "not-found")
    history = await projects.sql("SELECT action FROM audit WHERE kind = 'project_village' ORDER BY id")
    assert history == [("INSERT",), ("DELETE",)]

    await cover(projects, project, "TAP_WATER", VILLAGE)
    (covered,) = (await projects.get("/v1/village-schemes")).json()["items"]
    await projects.post(f"/v1/projects/{project['id']}:reject", json={"opinion": "不符合产业规划"})
    assert refusal(await projects.delete(f"/v1/village-schemes/{covered['id']}")) == (409, "project-ended")


async def test_nothing_is_added_to_a_project_that_has_ended(projects: Api, declare: Declare) -> None:
    project = await declare()
    at = f"/v1/projects/{project['id']}"
    await projects.post(f"{at}:reject", json={"opinion": "不符合产业规划"})
    milestone = await projects.post(f"{at}/milestones", json={"kind": "CONTRACT", "planned_on": "2018-07-01"})
    assert refusal(milestone) == (409, "project-ended")
    villages = await projects.post(f"{at}/villages", json={"purpose": "INDUSTRY", "division_codes": [VILLAGE]})
    assert refusal(villages) == (409, "project-ended")


async def test_the_works_of_a_returned_project_are_planned_but_not_reported(projects: Api, declare: Declare) -> None:
    project = await declare(category="PV")
    await projects.post(f"/v1/projects/{project['id']}:return", json={"on": "2018-05-10", "opinion": "补充选址材料"})
    milestone = await plan(projects, project, "CONSTRUCTION_START", "2018-05-01")
    await reach(projects, milestone, "2018-05-02")
    assert (await projects.get("/v1/milestones?on=2018-05-17")).json()["items"] == []
    assert len((await projects.get("/v1/milestones?on=2018-05-09")).json()["items"]) == 1


async def test_industry_projects_are_counted_between_declaration_and_decision(projects: Api, declare: Declare) -> None:
    await declare()
    await declare("TOWN_REVIEWED", category="PLANTING")
    argued = await declare("ARGUED", category="E_COMMERCE")
    await declare("IMPLEMENTING")
    await declare(category="PV")
    await declare(category="WATER")
    await declare(declared_on="2018-05-18")

    assert (await figures(projects))["industry_projects_reported"]["value"] == 3
    assert (await figures(projects, "2018-03-13"))["industry_projects_reported"]["value"] == 4
    assert (await figures(projects, "2018-02-28"))["industry_projects_reported"]["value"] == 0
    await projects.post(
        f"/v1/projects/{argued['id']}:approve", json={"on": "2018-05-17", "document_ref": "富政发〔2018〕9号"}
    )
    assert (await figures(projects))["industry_projects_reported"]["value"] == 2
    assert (await figures(projects, "2018-05-18"))["industry_projects_reported"]["value"] == 3


async def test_photovoltaic_villages_are_counted_while_under_construction(projects: Api, declare: Declare) -> None:
    connections = []
    for village in (VILLAGE, "230882102205"):
        project = await declare("IMPLEMENTING", category="PV", division_code=village)
        await cover(projects, project, "PV_STATION", village)
        await reach(projects, await plan(projects, project, "CONSTRUCTION_START", "2018-04-20"), "2018-04-20")
        connections.append(await plan(projects, project, "GRID_CONNECTION", "2018-06-30"))

    assert (await figures(projects))["pv_villages"]["value"] == 2
    assert (await figures(projects, "2018-04-19"))["pv_villages"]["value"] == 0
    await reach(projects, connections[0], "2018-05-16")
    assert (await figures(projects))["pv_villages"]["value"] == 1
    assert (await figures(projects, "2018-05-15"))["pv_villages"]["value"] == 2


async def test_water_dates_are_read_from_milestones(projects: Api, declare: Declare) -> None:
    before = await figures(projects)
    assert [before[name]["value"] for name in before if name.startswith("water_")] == [None, None, None]

    works = await declare("ADMITTED", category="WATER", division_code=COUNTY)
    await cover(projects, works, "TAP_WATER", VILLAGE)
    tender = await plan(projects, works, "TENDER_POSTED", "2018-04-18")
    await plan(projects, works, "BID_OPENING", "2018-05-08", "2018-05-10")
    start = await plan(projects, works, "CONSTRUCTION_START", "2018-05-15")
    renovation = await declare("ARGUED", category="WATER", division_code=COUNTY)
    await cover(projects, renovation, "WATER_RENOVATION", "230882102205")
    await plan(projects, renovation, "TENDER_POSTED", "2018-09-01")
    await reach(projects, tender, "2018-04-16")

    found = await figures(projects)
    shown = {name: (found[name]["value"], found[name]["unit"]) for name in found if name.startswith("water_")}
    assert shown == {
        "water_tender_posted": ("2018-04-16", "date"),
        "water_bid_opening": ("2018-05-08/2018-05-10", "date interval"),
        "water_construction_start": ("2018-05-15", "date"),
    }
    await reach(projects, start, "2018-05-16")
    assert (await figures(projects))["water_construction_start"]["value"] == "2018-05-16"
    assert (await figures(projects, "2018-05-15"))["water_construction_start"]["value"] == "2018-05-15"


async def test_figures_are_those_of_the_callers_division(projects: Api, declare: Declare) -> None:
    await declare()
    await declare(division_code="230882102205")
    town = projects.as_("town-clerk", TOWN)
    assert (await figures(town))["industry_projects_reported"]["value"] == 1
