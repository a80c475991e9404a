"""The briefing's figures: each is a count of rows, and its address lists exactly those rows."""

import pytest

from tests.conftest import Api
from tests.registry import world
from tests.registry.world import DAY, OTHER_VILLAGE, VILLAGE


@pytest.fixture(autouse=True)
async def county(registry: Api) -> None:
    await world.divisions(registry)


async def _small_world(registry: Api) -> list[str]:
    """Four poor households with 0, 1, 2 and 5 pathways, one of them new in 2018; one household that is not poor."""
    ids = []
    for number, codes in enumerate(
        (
            [],
            ["LIVESTOCK"],
            ["LIVESTOCK", "TOURISM"],
            ["LIVESTOCK", "TOURISM", "COURTYARD", "PUBLIC_POST", "PHOTOVOLTAIC"],
        )
    ):
        new = {"status": "IDENTIFIED", "identified_on": "2018-02-01"} if number == 1 else {}
        children = [world.member(number), world.member(100 + number, relation="20", school_stage="PRIMARY")]
        made = await world.household(registry, number, members=children, **new)
        for code in codes:
            await world.pathway(registry, made["id"], code)
        ids.append(made["id"])
    pupil = world.member(200, school_stage="SENIOR")
    await world.household(registry, 9, OTHER_VILLAGE, status="NOT_POOR", identified_on=None, members=[pupil])
    return ids


async def test_every_figure_equals_the_rows_its_address_lists(registry: Api) -> None:
    await _small_world(registry)
    for day in (DAY, "2018-01-31", "2017-03-01"):
        for found in (await world.figures(registry, day)).values():
            if not found["href"].startswith(
                ("/v1/households", "/v1/divisions", "/v1/members", "/v1/pathways", "/v1/med")
            ):
                continue
            listed = await registry.get(found["href"], headers={"Prefer": "count=exact"})
            assert listed.status_code == 200, listed.text
            assert listed.json()["total_count"] == found["rows"] == found["value"] == len(listed.json()["items"])


async def test_figures_count_what_the_rows_say(registry: Api) -> None:
    await _small_world(registry)
    found = {name: figure["value"] for name, figure in (await world.figures(registry)).items()}

    expected = {
        "newly_identified_households": 1, "newly_identified_with_helper": 0, "poor_villages": 1,
        "villages_without_tap_water": 1, "water_systems_not_running": 0, "students_in_school": 4, "poor_households": 4,
        "households_without_pathway": 1, "households_with_one_pathway": 1, "households_two_pathways": 1,
        "households_three_pathways": 0, "households_four_or_more_pathways": 1,
    }  # fmt: skip
    assert {name: found[name] for name in expected} == expected


async def test_figures_follow_a_removed_household_a_new_pathway_a_helper_and_the_day(registry: Api) -> None:
    ids = await _small_world(registry)
    before = await world.figures(registry)
    await world.helper(registry, ids[1], first="2018-03-01")
    await world.pathway(registry, ids[2], "COURTYARD", "2018-01-01")
    removed = await registry.post(
        f"/v1/households/{ids[0]}:change-status",
        json={"status": "REMOVED", "on": "2018-05-01", "reason": "动态管理清退"},
    )
    assert removed.status_code == 200
    after = await world.figures(registry)

    changed = {name: (before[name]["value"], after[name]["value"]) for name in before if before[name] != after[name]}
    assert changed == {
        "newly_identified_with_helper": (0, 1),
        "poor_households": (4, 3),
        "students_in_school": (4, 3),
        "households_without_pathway": (1, 0),
        "households_two_pathways": (1, 0),
        "households_three_pathways": (0, 1),
    }
    earlier = await world.figures(registry, "2018-02-15")
    assert (earlier["poor_households"]["value"], earlier["newly_identified_with_helper"]["value"]) == (4, 0)
    assert (await world.figures(registry, "2016-01-01"))["poverty_exit_pathways"]["value"] == 0


async def test_a_village_that_gets_water_was_without_it_before(registry: Api) -> None:
    path = f"/v1/divisions/{OTHER_VILLAGE}"
    change = {"has_tap_water": True, "water_system_running": True, "state_on": "2018-10-01"}
    assert (await registry.patch(path, version=1, json=change)).json()["has_tap_water"] is True

    assert (await world.figures(registry))["villages_without_tap_water"]["value"] == 1
    assert (await world.figures(registry, "2018-10-01"))["villages_without_tap_water"]["value"] == 0
    assert (await registry.get(path, params={"as_of": DAY})).json()["has_tap_water"] is False
    back = await registry.patch(path, version=2, json={"poor_village": True, "state_on": "2018-01-01"})
    assert back.json()["code"] == "state-backdated"


async def test_lists_of_policy_are_rows_that_the_county_changes(registry: Api) -> None:
    before = await world.figures(registry)
    entry = {"code": "BEEKEEPING", "zh": "养蜂", "en": "Beekeeping", "position": 11, "valid_from": "2018-01-01"}
    await world.made(registry.post("/v1/pathways", json=entry))
    local = await registry.patch(
        "/v1/medical-lines/LOCAL", version=1, json={"zh": "大病专项救助", "valid_to": "2018-03-31"}
    )
    assert local.json()["zh"] == "大病专项救助"
    after = await world.figures(registry)

    assert after["poverty_exit_pathways"]["value"] == before["poverty_exit_pathways"]["value"] + 1
    assert after["medical_guarantee_lines"]["value"] == before["medical_guarantee_lines"]["value"] - 1
    assert (await registry.post("/v1/pathways", json=entry)).json()["code"] == "already-exists"


async def test_coverage_adds_up_to_the_poor_households(registry: Api) -> None:
    await _small_world(registry)
    found = (await registry.get("/v1/pathway-coverage", params={"on": DAY})).json()

    assert [bucket["households"] for bucket in found["buckets"]] == [1, 1, 1, 0, 1]
    assert found["households"] == sum(bucket["households"] for bucket in found["buckets"]) == 4
    for bucket in found["buckets"]:
        listed = await registry.get(bucket["href"], headers={"Prefer": "count=exact"})
        assert listed.json()["total_count"] == bucket["households"]


async def test_a_household_is_on_a_pathway_once_at_a_time(registry: Api) -> None:
    made = await world.household(registry, 1)
    first = await world.pathway(registry, made["id"], "LIVESTOCK", "2017-01-01")
    path = f"/v1/households/{made['id']}/pathways"

    clash = await registry.post(path, json={"pathway": "LIVESTOCK", "from": "2018-01-01"})
    assert (clash.status_code, clash.json()["code"]) == (409, "pathway-overlaps")
    ended = await registry.patch(f"/v1/household-pathways/{first['id']}", version=1, json={"to": "2017-12-31"})
    assert ended.json()["to"] == "2017-12-31"
    assert (await registry.post(path, json={"pathway": "LIVESTOCK", "from": "2018-01-01"})).status_code == 201
    unknown = await registry.post(path, json={"pathway": "WINDFALL", "from": "2018-01-01"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown-pathway")


async def test_a_guarantee_is_checked_once_a_year_and_found_where_it_is_not_met(registry: Api) -> None:
    made = await world.household(registry, 1)
    body = {"year": 2018, "item": "HOUSING", "result": "NOT_MET", "evidence": "C级危房", "checked_on": "2018-04-01"}
    check = await world.made(registry.post(f"/v1/households/{made['id']}/guarantees", json=body))
    again = await registry.post(f"/v1/households/{made['id']}/guarantees", json=body)
    assert again.json()["code"] == "guarantee-checked"

    wanted = {"guarantee_not_met": "HOUSING", "as_of": DAY}
    assert len((await registry.get("/v1/households", params=wanted)).json()["items"]) == 1
    mended = {"result": "MET", "evidence": "已改造", "checked_on": "2018-05-01"}
    assert (await registry.patch(f"/v1/guarantees/{check['id']}", version=1, json=mended)).status_code == 200
    assert (await registry.get("/v1/households", params=wanted)).json()["items"] == []


async def test_every_filter_of_the_lists_is_understood_by_the_database(registry: Api) -> None:
    await _small_world(registry)
    households = {
        "division": "230882101", "status": "POOR", "poor": "true", "registered": "true", "residence": "RURAL",
        "poverty_type": "GENERAL", "main_cause": "01", "identified_year": "2016", "has_helper": "false",
        "pathways": "4", "guarantee_not_met": "FOOD", "household_no": f"{VILLAGE}-0003", "as_of": DAY,
    }  # fmt: skip
    members = {"division": VILLAGE, "school_stage": "PRIMARY", "registered": "true", "as_of": DAY}
    for path, filters in (("/v1/households", households), ("/v1/members", members)):
        for prefer in ("count=exact", "count=estimated"):
            for name, value in filters.items():
                found = await registry.get(path, params={name: value}, headers={"Prefer": prefer})
                assert found.status_code == 200, found.text
            assert (await registry.get(path, params=filters, headers={"Prefer": prefer})).status_code == 200


async def test_the_last_day_of_the_calendar_is_a_day_like_any_other(registry: Api) -> None:
    made = await world.household(registry, 1)
    held = await world.pathway(registry, made["id"], "LIVESTOCK", "0001-01-01", to="9999-12-31")
    ended = await registry.patch(f"/v1/household-pathways/{held['id']}", version=1, json={"to": "9999-12-30"})

    assert ended.json()["to"] == "9999-12-30"
    for day in ("0001-01-01", "9999-12-31"):
        assert (await registry.get("/v1/households", params={"as_of": day, "pathways": 1})).status_code == 200
        assert (await registry.get("/v1/figures", params={"as_of": day})).status_code == 200
