"""包保: one responsible cadre a household a day, and nobody forgotten."""

import pytest

from services.registry.schemas.helpers import HelperAssignment, HelperGap
from tests.conftest import Api
from tests.registry import world
from tests.registry.world import COUNTY, DAY, OTHER_TOWN, TOWN, VILLAGE


@pytest.fixture(autouse=True)
async def county(registry: Api) -> None:
    await world.divisions(registry)


async def test_a_household_has_one_responsible_cadre_on_any_day(registry: Api) -> None:
    household = await world.household(registry, 1)
    first = await world.helper(registry, household["id"], "李建国", "2018-01-01")
    assert set(HelperAssignment.model_validate(first).model_dump(by_alias=True)) == set(first)
    cadre = await world.made(
        registry.post("/v1/helpers", json={"name": "赵梅", "department": "水务局", "division_code": COUNTY})
    )
    body = {"helper_id": cadre["id"], "household_id": household["id"], "level": "TOWN", "from": "2018-03-01"}

    clash = await registry.post("/v1/helper-assignments", json=body)
    assert (clash.status_code, clash.json()["code"]) == (409, "two-responsible-helpers")
    assisting = await registry.post("/v1/helper-assignments", json=body | {"responsible": False})
    assert assisting.status_code == 201
    ended = await registry.patch(f"/v1/helper-assignments/{first['id']}", version=1, json={"to": "2018-03-31"})
    assert ended.status_code == 200
    still = await registry.post("/v1/helper-assignments", json=body | {"from": "2018-03-31"})
    assert still.status_code == 409
    after = await registry.post("/v1/helper-assignments", json=body | {"from": "2018-04-01"})
    assert after.status_code == 201
    on = await registry.get("/v1/helper-assignments", params={"on": "2018-04-01", "responsible": True})
    assert [item["helper_name"] for item in on.json()["items"]] == ["赵梅"]


async def test_the_overlap_is_refused_below_the_code_too(registry: Api) -> None:
    household = await world.household(registry, 1)
    await world.helper(registry, household["id"])
    with pytest.raises(Exception, match="ex_helper_assignment_responsible"):
        await registry.sql("""
            INSERT INTO helper_assignment
                (county_code, division_code, helper_id, household_id, level, responsible, from_on)
            SELECT county_code, division_code, helper_id, household_id, 'VILLAGE', true, '2018-02-01'
            FROM helper_assignment""")


async def test_gaps_list_poor_households_and_towns_with_nobody(registry: Api) -> None:
    helped = await world.household(registry, 1)
    alone = await world.household(registry, 2)
    await world.household(registry, 3, status="NOT_POOR", identified_on=None)
    await world.helper(registry, helped["id"], first="2018-01-01")
    leader = await world.made(
        registry.post("/v1/helpers", json={"name": "周强", "department": "市政府", "division_code": COUNTY})
    )
    lead = {"helper_id": leader["id"], "division_code": TOWN, "level": "LEADER", "from": "2018-01-01"}
    await world.made(registry.post("/v1/helper-assignments", json=lead))
    astray = await registry.post("/v1/helper-assignments", json=lead | {"division_code": VILLAGE})
    assert astray.status_code == 422

    found = (await registry.get("/v1/helper-gaps", params={"on": DAY})).json()["items"]
    assert [(gap["kind"], gap["division_code"], gap["household_id"]) for gap in found] == [
        ("HOUSEHOLD", VILLAGE, alone["id"]),
        ("TOWN", OTHER_TOWN, None),
    ]
    assert all(HelperGap.model_validate(gap) for gap in found)
    before = (await registry.get("/v1/helper-gaps?on=2017-12-31", headers={"Prefer": "count=exact"})).json()
    assert before["total_count"] == 4


async def test_a_cadre_of_the_county_is_seen_in_every_town_but_a_towns_assignments_only_there(registry: Api) -> None:
    household = await world.household(registry, 1)
    await world.helper(registry, household["id"])
    here, there = (registry.as_("town-clerk", division) for division in ("230882101", "230882102"))

    for clerk in (here, there):
        assert [item["name"] for item in (await clerk.get("/v1/helpers")).json()["items"]] == ["李建国"]
    assert len((await here.get("/v1/helper-assignments")).json()["items"]) == 1
    assert (await there.get("/v1/helper-assignments")).json()["items"] == []


async def test_letters_of_responsibility_form_a_chain(registry: Api) -> None:
    letter = {"year": 2018, "issued_by": "市委", "accepted_by": "镇党委", "signed_on": "2018-02-01"}
    town = await world.made(
        registry.post("/v1/responsibility-letters", json=letter | {"level": "COUNTY_TOWN", "division_code": TOWN})
    )
    village = letter | {"level": "TOWN_VILLAGE", "division_code": VILLAGE, "parent_id": town["id"]}
    await world.made(registry.post("/v1/responsibility-letters", json=village))

    again = await registry.post("/v1/responsibility-letters", json=village)
    assert again.json()["code"] == "letter-signed"
    wrong = village | {"division_code": world.OTHER_VILLAGE}
    assert (await registry.post("/v1/responsibility-letters", json=wrong)).json()["code"] == "broken-chain"
    astray = letter | {"level": "COUNTY_TOWN", "division_code": VILLAGE}
    assert (await registry.post("/v1/responsibility-letters", json=astray)).status_code == 422
    alone = letter | {"level": "TOWN_VILLAGE", "division_code": VILLAGE}
    assert (await registry.post("/v1/responsibility-letters", json=alone)).status_code == 422


async def test_a_town_records_no_cadre_in_another_town(registry: Api) -> None:
    clerk = registry.as_("town-clerk", TOWN)

    async def recorded(division: str) -> int:
        body = {"name": f"干部{division}", "department": "农业局", "division_code": division}
        return (await clerk.post("/v1/helpers", json=body)).status_code

    assert [await recorded(code) for code in (TOWN, VILLAGE, COUNTY)] == [201, 201, 201]
    assert [await recorded(code) for code in (OTHER_TOWN, world.OTHER_VILLAGE)] == [404, 404]
