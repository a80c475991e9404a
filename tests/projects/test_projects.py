"""What is declared: numbers, budgets, targets, enterprises; who sees it, and until when it is changed."""

from typing import Any

from tests.conftest import Api
from tests.projects.conftest import COUNTY, TOWN, VILLAGE, Declare, project_body, refusal

OTHER_TOWN = "230882102000"


def valid(first: str) -> str:
    """A code with the right check digit (GB 32100-2015)."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    weights = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
    total = sum(alphabet.index(sign) * weight for sign, weight in zip(first, weights, strict=True))
    return first + alphabet[-total % 31]


def enterprise_body(**changed: Any) -> dict[str, Any]:
    return {
        "uscc": valid("93990000MA19DEMP1"),
        "name": "示范合作社",
        "kind": "COOPERATIVE",
        "division_code": COUNTY,
    } | changed


async def test_a_declared_project_is_answered_whole(projects: Api) -> None:
    made = await projects.post("/v1/projects", json=project_body())

    project = made.json()
    assert made.status_code == 201
    assert made.headers["Location"] == f"/v1/projects/{project['id']}"
    assert (await projects.get(made.headers["Location"])).json() | {"duplicates": []} == project
    assert project["budget"] == [{"source": "CENTRAL", "amount_fen": 50_000_000}]
    assert (project["budget_fen"], project["programme"], project["state"]) == (50_000_000, "INDUSTRY", "DECLARED")
    assert project["targets"] == [{"metric": "带动贫困户", "target": "30", "unit": "户"}]
    assert project["state_since"] == "2018-03-01"


async def test_a_bad_declaration_is_refused_and_leaves_nothing(projects: Api) -> None:
    bad: list[tuple[dict[str, Any], tuple[int, str]]] = [
        ({"budget": [{"source": "CENTRAL", "amount_fen": 1}] * 2}, (409, "funded-twice")),
        ({"targets": [{"metric": "产值", "target": "1", "unit": "万元"}] * 2}, (409, "metric-twice")),
        ({"enterprise_id": "0199b0c2-6d7e-7a10-8e52-5f1f3f0e9a11"}, (409, "no-such-enterprise")),
        ({"declared_on": "2018-06-30"}, (422, "day-in-future")),
        ({"ends_on": "2018-03-31"}, (422, "invalid")),
        ({"division_code": "230881101203"}, (404, "not-found")),
        ({"budget": [{"source": "CENTRAL", "amount_fen": 0.5}]}, (422, "invalid")),
        ({"title": "   "}, (422, "invalid")),
        ({"state": "ADMITTED"}, (422, "invalid")),
    ]
    for changed, expected in bad:
        assert refusal(await projects.post("/v1/projects", json=project_body(**changed))) == expected, changed
    assert await projects.admin_sql("SELECT count(*) FROM projects.project") == [(0,)]


async def test_a_county_gives_a_project_number_once(projects: Api, declare: Declare) -> None:
    await declare(project_no="2018-CY-1")
    again = await projects.post("/v1/projects", json=project_body(project_no="2018-CY-1"))
    assert refusal(again) == (409, "project-number-taken")


async def test_a_project_is_completed_until_the_county_approves_it(projects: Api, declare: Declare) -> None:
    project = await declare("ARGUED")
    at = f"/v1/projects/{project['id']}"
    change = {
        "title": "示范村肉牛养殖扩建",
        "budget": [{"source": "COUNTY", "amount_fen": 7}, {"source": "BANK_LOAN", "amount_fen": 5}],
        "targets": [],
    }
    assert refusal(await projects.patch(at, json=change)) == (428, "version-required")
    assert refusal(await projects.patch(at, version=1, json=change)) == (412, "stale")
    changed = (await projects.patch(at, version=project["version"], json=change)).json()
    assert (changed["title"], changed["budget_fen"], changed["targets"]) == ("示范村肉牛养殖扩建", 12, [])
    assert changed["version"] == project["version"] + 1
    assert refusal(await projects.patch(at, version=changed["version"], json={"title": None})) == (422, "invalid")
    early_end = await projects.patch(at, version=changed["version"], json={"ends_on": "2018-01-01"})
    assert refusal(early_end) == (422, "invalid")

    approved = (await projects.post(f"{at}:approve", json={"document_ref": "富政发〔2018〕9号"})).json()
    late = await projects.patch(at, version=approved["version"], json={"title": "x"})
    assert refusal(late) == (409, "not-editable")


async def test_who_holds_the_version_gets_no_body(projects: Api, declare: Declare) -> None:
    project = await declare()
    at = f"/v1/projects/{project['id']}"
    tag = (await projects.get(at)).headers["ETag"]
    assert (await projects.get(at, headers={"If-None-Match": tag})).status_code == 304
    await projects.post(f"{at}:review", json={})
    assert (await projects.get(at, headers={"If-None-Match": tag})).status_code == 200


async def test_a_division_sees_and_changes_its_own_projects_only(projects: Api, declare: Declare) -> None:
    here, there = await declare(), await declare(division_code="230882102205")
    clerk = projects.as_("town-clerk", TOWN)

    assert [found["id"] for found in (await clerk.get("/v1/projects")).json()["items"]] == [here["id"]]
    at = f"/v1/projects/{there['id']}"
    for answer in (
        await clerk.get(at),
        await clerk.patch(at, version=1, json={"title": "x"}),
        await clerk.post(f"{at}:review", json={}),
        await clerk.get(f"{at}/steps"),
        await clerk.get(f"{at}/objections"),
        await clerk.get(f"{at}/income-reports"),
        await clerk.post(f"{at}/milestones", json={"kind": "CONTRACT", "planned_on": "2018-07-01"}),
    ):
        assert refusal(answer) == (404, "not-found")
    assert (await clerk.get("/v1/statistics/projects")).json()["projects"] == 1
    assert await projects.sql("SELECT count(*) FROM project", division="230882102") == [(1,)]


async def test_the_library_as_it_stood_on_a_day(projects: Api, declare: Declare) -> None:
    project = await declare("ADMITTED")

    async def states(day: str) -> list[tuple[str, str]]:
        items = (await projects.get("/v1/projects", params={"as_of": day})).json()["items"]
        assert all(item["id"] == project["id"] for item in items)
        return [(item["state"], item["state_since"]) for item in items]

    assert await states("2018-02-28") == []
    assert await states("2018-03-01") == [("DECLARED", "2018-03-01")]
    assert await states("2018-03-15") == [("ARGUED", "2018-03-12")]
    assert await states("2018-06-01") == [("ADMITTED", "2018-04-03")]


async def test_filters_pages_and_counts_agree(projects: Api, declare: Declare) -> None:
    for category in ("LIVESTOCK", "PV", "WATER", "PLANTING", "PLANTING"):
        await declare(category=category)
    await declare("TOWN_REVIEWED", category="PLANTING")

    async def found(**asked: Any) -> int:
        answer = await projects.get("/v1/projects", params=asked | {"limit": 2}, headers={"Prefer": "count=exact"})
        page = answer.json()
        total: int = page["total_count"]
        seen = len(page["items"])
        while page["next_cursor"]:
            page = (
                await projects.get("/v1/projects", params=asked | {"limit": 2, "cursor": page["next_cursor"]})
            ).json()
            seen += len(page["items"])
        assert seen == total
        return total

    assert await found() == 6
    assert await found(programme="INDUSTRY") == 4
    assert await found(category="PLANTING", state=["TOWN_REVIEWED", "ARGUED"]) == 1
    assert await found(division=TOWN) == 6
    assert await found(division=OTHER_TOWN) == 0
    assert await found(project_no="2018-002") == 1
    assert refusal(await projects.get("/v1/projects", params={"division": "23088210"})) == (422, "invalid")
    assert refusal(await projects.get("/v1/projects", params={"stat": "DECLARED"})) == (422, "invalid")


async def test_statistics_add_up(projects: Api, declare: Declare) -> None:
    await declare()
    await declare("TOWN_REVIEWED", category="PV")
    await declare(division_code="230882102205", budget=[{"source": "COUNTY", "amount_fen": 3}])

    found = (await projects.get("/v1/statistics/projects?group_by=town,programme")).json()

    assert [(g["town"], g["programme"], g["projects"], g["budget_fen"], g["state"]) for g in found["groups"]] == [
        (TOWN, "INDUSTRY", 1, 50_000_000, None),
        (TOWN, "PV", 1, 50_000_000, None),
        (OTHER_TOWN, "INDUSTRY", 1, 3, None),
    ]
    assert (found["projects"], found["budget_fen"]) == (3, 100_000_003)
    by_state = (await projects.get("/v1/statistics/projects?group_by=state&as_of=2018-03-01")).json()
    assert [(g["state"], g["projects"]) for g in by_state["groups"]] == [("DECLARED", 3)]
    assert refusal(await projects.get("/v1/statistics/projects?group_by=title")) == (422, "invalid")


async def test_an_enterprise_stands_once_under_a_code_with_a_right_check_digit(projects: Api) -> None:
    made = await projects.post("/v1/enterprises", json=enterprise_body())
    assert made.status_code == 201, made.text
    enterprise = made.json()
    assert refusal(await projects.post("/v1/enterprises", json=enterprise_body(name="另一家"))) == (
        409,
        "enterprise-known",
    )
    right = enterprise["uscc"]
    wrong = right[:-1] + ("1" if right[-1] != "1" else "2")
    refused = await projects.post("/v1/enterprises", json=enterprise_body(uscc=wrong))
    assert refusal(refused) == (422, "invalid")
    assert wrong not in refused.text

    listed = (await projects.get("/v1/enterprises", params={"uscc": right})).json()["items"]
    assert listed == [enterprise]


async def test_an_enterprise_is_read_by_all_and_changed_by_its_own_division(projects: Api) -> None:
    enterprise = (await projects.post("/v1/enterprises", json=enterprise_body())).json()
    at = f"/v1/enterprises/{enterprise['id']}"
    clerk = projects.as_("town-clerk", TOWN)

    assert (await clerk.get(at)).json() == enterprise
    assert refusal(await clerk.patch(at, version=1, json={"name": "改名"})) == (404, "not-found")
    changed = await projects.patch(at, version=1, json={"name": "改名合作社"})
    assert (changed.json()["name"], changed.headers["ETag"]) == ("改名合作社", '"2"')
    assert refusal(await projects.patch(at, version=1, json={"name": "x"})) == (412, "stale")
    outside = await clerk.post("/v1/enterprises", json=enterprise_body(uscc=valid("93990000MA19DEMP2")))
    assert refusal(outside) == (404, "not-found")


async def test_an_implementing_enterprise_is_one_that_is_recorded(projects: Api, declare: Declare) -> None:
    enterprise = (await projects.post("/v1/enterprises", json=enterprise_body())).json()
    project = await declare(enterprise_id=enterprise["id"])
    listed = (await projects.get("/v1/projects", params={"enterprise_id": enterprise["id"]})).json()["items"]
    assert [found["id"] for found in listed] == [project["id"]]


async def test_without_a_token_nothing_is_read(projects: Api) -> None:
    assert refusal(await projects.anonymous().get("/v1/projects")) == (401, "unauthenticated")


async def test_reading_rights_do_not_declare(projects: Api) -> None:
    answer = await projects.as_("auditor").post("/v1/projects", json=project_body())
    assert refusal(answer) == (403, "insufficient-scope")


async def test_a_repeated_declaration_is_made_once(projects: Api) -> None:
    first = await projects.post("/v1/projects", json=project_body(), key="declare-1")
    again = await projects.post("/v1/projects", json=project_body(), key="declare-1")
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (201, "true")
    assert again.json() == first.json()
    assert first.json()["division_code"] == VILLAGE
    assert await projects.admin_sql("SELECT count(*) FROM projects.project") == [(1,)]
