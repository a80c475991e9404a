"""The registry's pathways and the links here, held against each other; who gains from several projects."""

from typing import Any

import pytest

from tests.conftest import Api
from tests.projects.conftest import TODAY, TOWN, VILLAGE, Declare, refusal, silence
from tests.projects.test_linkage import households, link

__all__ = ["households"]


@pytest.fixture
def registry(services: dict[str, Api]) -> Api:
    return services["registry"]


async def joined(projects: Api, project: dict[str, Any], *links: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await projects.post(f"/v1/projects/{project['id']}/beneficiaries", json={"links": list(links)})
    assert answer.status_code == 201, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def on_pathway(registry: Api, household: dict[str, Any], project: dict[str, Any], **days: str) -> None:
    body = {"pathway": "LIVESTOCK", "project_id": project["id"], "from": "2018-05-01", "to": "2018-12-31"} | days
    answer = await registry.post(f"/v1/households/{household['id']}/pathways", json=body)
    assert answer.status_code == 201, answer.text


async def compared(projects: Api, on: str) -> dict[str, Any]:
    began = await projects.post("/v1/linkage-runs", json={"on": on})
    assert began.status_code == 202, began.text
    await projects.drain()
    ended: dict[str, Any] = (await projects.get(began.headers["Location"])).json()
    return ended


async def found(projects: Api, **asked: str) -> set[tuple[str, str, str | None, str | None]]:
    answer = await projects.get("/v1/linkage-check", params=asked, headers={"Prefer": "count=exact"})
    items = answer.json()["items"]
    assert answer.json()["total_count"] == len(items)
    return {(f["kind"], f["household_id"], f["library_says"], f["registry_says"]) for f in items}


async def test_where_pathways_and_links_disagree_is_found_and_compared_by_day(
    projects: Api, registry: Api, declare: Declare, households: list[dict[str, Any]]
) -> None:
    first, second, third = households
    cattle, pigs = await declare(), await declare()
    assert refusal(await projects.get("/v1/linkage-check")) == (409, "no-linkage-run")
    await joined(projects, cattle, link(first), link(second), link(second, kind="EMPLOYMENT"), link(third))
    await on_pathway(registry, first, cattle)
    await on_pathway(registry, second, cattle, to="2018-11-30")
    await on_pathway(registry, first, pigs, pathway="PHOTOVOLTAIC")

    ended = await compared(projects, "2018-06-01")
    assert ended["state"] == "SUCCEEDED", ended
    assert await found(projects) == {
        ("PERIOD_DIFFERS", second["id"], "2018-05-01/2018-12-31", "2018-05-01/2018-11-30"),
        ("LINK_WITHOUT_PATHWAY", third["id"], "2018-05-01/2018-12-31", None),
        ("PATHWAY_WITHOUT_LINK", first["id"], None, "2018-05-01/2018-12-31"),
    }
    [run] = (await projects.get("/v1/linkage-runs")).json()["items"]
    assert (run["on"], run["links"], run["pathways"], run["households"], run["findings"]) == ("2018-06-01", 4, 3, 3, 3)
    assert await found(projects, kind="PERIOD_DIFFERS", division=TOWN, project_id=cattle["id"], on="2018-06-30")
    assert await found(projects, household_id=third["id"], division=TOWN) == set()
    # The town reads the county's run, and of it what lies in the town.
    clerk = projects.as_("town-clerk", TOWN)
    assert {kind for kind, *_ in await found(clerk)} == {"PERIOD_DIFFERS", "PATHWAY_WITHOUT_LINK"}

    await on_pathway(registry, third, cattle)
    exited = await registry.post(
        f"/v1/households/{second['id']}:change-status", json={"status": "EXITED", "on": "2018-06-20", "reason": "脱贫"}
    )
    assert exited.status_code in (200, 201), exited.text
    await registry.admin_sql("DELETE FROM registry.household_pathway WHERE household_id = %s", first["id"])
    await compared(projects, "2018-06-29")
    changed = (await projects.get("/v1/linkage-check/changes?since=2018-06-01&until=2018-06-29")).json()
    assert (changed["since"], changed["until"]) == ("2018-06-01", "2018-06-29")
    assert {(f["change"], f["kind"], f["household_id"]) for f in changed["items"]} == {
        ("GONE", "LINK_WITHOUT_PATHWAY", third["id"]),
        ("GONE", "PATHWAY_WITHOUT_LINK", first["id"]),
        ("NEW", "HOUSEHOLD_EXITED", second["id"]),
        ("NEW", "LINK_WITHOUT_PATHWAY", first["id"]),
    }


async def test_a_comparison_with_a_silent_registry_keeps_nothing(
    projects: Api, declare: Declare, households: list[dict[str, Any]]
) -> None:
    await joined(projects, await declare(), link(households[0]))
    silence(projects, "registry")
    ended = await compared(projects, TODAY.isoformat())
    assert (ended["state"], ended["problem"]["code"]) == ("FAILED", "unanswered")
    assert refusal(await projects.get("/v1/linkage-check")) == (409, "no-linkage-run")
    assert refusal(await projects.post("/v1/linkage-runs", json={"on": "2018-06-30"})) == (422, "day-in-future")


async def test_households_in_several_projects_are_listed_with_their_projects(
    projects: Api, declare: Declare, households: list[dict[str, Any]]
) -> None:
    first, second, third = households
    cattle, pigs = await declare(), await declare()
    fields = await declare(category="PLANTING", division_code="230882102205")
    await joined(projects, cattle, link(first), link(second))
    await joined(projects, pigs, link(first), link(second, from_on="2018-07-01"))
    await joined(projects, fields, link(third), link(second))

    async def listed(api: Api, **asked: str) -> dict[str, dict[str, Any]]:
        answer = await api.get("/v1/household-linkages", params=asked, headers={"Prefer": "count=exact"})
        page = answer.json()
        assert page["total_count"] == len(page["items"]), answer.text
        return {found["household_id"]: found for found in page["items"]}

    two = await listed(projects, projects="2")
    assert two.keys() == {first["id"], second["id"]}
    assert [gain["project_no"] for gain in two[first["id"]]["gains"]] == [cattle["project_no"], pigs["project_no"]]
    # Two dividends from two herds are funded twice; one from a herd and one from a field are not.
    assert (two[first["id"]]["doubled"], two[second["id"]]["doubled"]) == (True, False)
    assert (await listed(projects, doubled="true")).keys() == {first["id"]}
    assert (await listed(projects, on="2018-07-01", projects="3")).keys() == {second["id"]}
    assert (await listed(projects, project_id=fields["id"])).keys() == {second["id"], third["id"]}
    # Of a project elsewhere the town knows that there is one.
    town = await listed(projects.as_("town-clerk", TOWN), projects="2")
    assert {gain["title"] for gain in town[second["id"]]["gains"]} == {cattle["title"], None}


async def test_income_is_held_against_what_was_expected_by_link_household_project_and_town(
    projects: Api, declare: Declare, households: list[dict[str, Any]]
) -> None:
    first, second, third = households
    cattle, pigs = await declare(), await declare()
    links = await joined(projects, cattle, link(first), link(second), link(third, expected_income_fen=50_000))
    links += await joined(projects, pigs, link(first, expected_income_fen=30_000))

    at = [f"/v1/beneficiaries/{found['id']}/incomes" for found in links]
    made = await projects.post(at[0], json={"year": 2018, "amount_fen": 100_000})
    assert made.status_code == 201, made.text
    assert refusal(await projects.post(at[0], json={"year": 2018, "amount_fen": 1})) == (409, "link-income-recorded")
    assert refusal(await projects.post(at[0], json={"year": 2019, "amount_fen": 1})) == (409, "year-outside")
    assert (await projects.post(at[3], json={"year": 2018, "amount_fen": 35_000})).status_code == 201

    async def by(group: str, **asked: str) -> dict[str, tuple[int, ...]]:
        page = (await projects.get("/v1/linkage-incomes", params={"year": "2018", "by": group} | asked)).json()
        return {
            found["household_no"] or found["project_no"] or found["key"]: (
                found["links"], found["recorded"], found["expected_fen"], found["compared_fen"], found["actual_fen"]
            )
            for found in page["items"]
        }  # fmt: skip

    assert (await by("household"))[first["household_no"]] == (2, 2, 150_000, 150_000, 135_000)
    assert await by("project") == {
        cattle["project_no"]: (3, 1, 290_000, 120_000, 100_000),
        pigs["project_no"]: (1, 1, 30_000, 30_000, 35_000),
    }
    assert (await by("town"))[TOWN] == (3, 2, 270_000, 150_000, 135_000)
    assert await by("link", short="true") == {first["household_no"]: (1, 1, 120_000, 120_000, 100_000)}
    assert await by("project", division=VILLAGE, project_id=pigs["id"], short="true") == {}

    mended = await projects.patch(f"/v1/link-incomes/{made.json()['id']}", version=1, json={"amount_fen": 120_000})
    assert (mended.json()["amount_fen"], mended.json()["version"]) == (120_000, 2)
    assert await by("link", short="true") == {}
    assert [found["amount_fen"] for found in (await projects.get(at[0])).json()["items"]] == [120_000]
