"""Villages become one: households move, old codes stay readable."""

from typing import Any

from tests.conftest import Api
from tests.registry import world
from tests.registry.changes import cadre, clerk, code, step, submitted
from tests.registry.world import OTHER_TOWN, OTHER_VILLAGE, TOWN, VILLAGE

NEAR, NEW = "230882101202", "230882101203"
ON, BEFORE = "2018-05-10", "2018-05-09"


async def _county(registry: Api) -> list[dict[str, Any]]:
    await world.divisions(registry)
    for division, more in ((NEAR, {}), (NEW, {"valid_from": ON})):
        body = {"code": division, "name": f"村{division[-3:]}", "level": "VILLAGE", "parent_code": TOWN} | more
        await world.made(registry.post("/v1/divisions", json=body))
    return [await world.household(registry, n, village) for n, village in enumerate((VILLAGE, VILLAGE, NEAR), 1)]


def _merger(**more: Any) -> dict[str, Any]:
    return {"from_codes": [VILLAGE, NEAR], "into_code": NEW, "on": ON, "reason": "撤并行政村"} | more


async def _merged(registry: Api, **more: Any) -> Any:
    return await registry.post("/v1/divisions:merge", json=_merger(**more))


async def test_villages_merge_and_their_old_codes_stay_readable(registry: Api) -> None:
    homes = await _county(registry)
    await world.pathway(registry, homes[2]["id"], "LIVESTOCK")
    response = await _merged(registry)
    assert response.status_code == 201, response.text
    assert response.headers["Location"] == f"/v1/divisions/{NEW}"
    assert (
        response.json().items() >= {"into_code": NEW, "from_codes": [VILLAGE, NEAR], "households": 3, "on": ON}.items()
    )
    old = (await registry.get(f"/v1/divisions/{VILLAGE}")).json()
    assert (old["name"], old["valid_to"], old["succeeded_by"], old["poor_village"]) == ("永胜村", BEFORE, NEW, True)
    codes = {
        day: {d["code"] for d in (await registry.get("/v1/divisions", params={"level": "VILLAGE", "as_of": day}))
              .json()["items"]}
        for day in (BEFORE, ON)
    }  # fmt: skip
    assert codes == {BEFORE: {VILLAGE, NEAR, OTHER_VILLAGE}, ON: {NEW, OTHER_VILLAGE}}
    for division, day, found in ((NEW, ON, 3), (VILLAGE, ON, 0), (VILLAGE, BEFORE, 2), (NEAR, BEFORE, 1),
                                 (NEW, BEFORE, 0), (TOWN, BEFORE, 3), (TOWN, ON, 3)):  # fmt: skip
        for things in ("households", "members"):
            listed = await registry.get(f"/v1/{things}", params={"division": division, "as_of": day},
                                        headers={"Prefer": "count=exact"})  # fmt: skip
            assert listed.json()["total_count"] == len(listed.json()["items"]) == found, (things, division, day)
    for home in homes:
        now = (await registry.get(f"/v1/households/{home['id']}")).json()
        assert (now["division_code"], now["household_no"], now["version"]) == (NEW, home["household_no"], 2)
    places = await registry.sql("SELECT DISTINCT division_code FROM registry.household_pathway")
    assert places == [(NEW,)]
    listed = (await registry.get("/v1/division-mergers")).json()["items"]
    assert [item["id"] for item in listed] == [response.json()["id"]]
    assert code(await _merged(registry)) == (409, "division-ended")


async def test_an_open_transfer_holds_a_merger_up(registry: Api) -> None:
    homes = await _county(registry)
    away = await submitted(cadre(registry), "TRANSFER", household_id=homes[0]["id"], version=1,
                           to_division_code=OTHER_VILLAGE, on=ON)  # fmt: skip
    refused = await _merged(registry)
    assert code(refused) == (409, "open-transfers")
    assert refused.json()["open"] == 1
    assert (await registry.get(f"/v1/divisions/{VILLAGE}")).json()["valid_to"] is None
    assert (await step(cadre(registry), away["id"], "withdraw")).status_code == 200
    # what else is open goes back to its submitter when it comes to be decided
    other = await submitted(cadre(registry), "HOUSEHOLD", household_id=homes[0]["id"], version=1,
                            change={"house_grade": "B"})  # fmt: skip
    await step(clerk(registry), other["id"], "review")
    assert (await _merged(registry)).status_code == 201
    late = registry.as_("county-admin", sub="late")
    assert code(await step(late, other["id"], "approve")) == (409, "change-request-outdated")
    # nobody is registered in, or moves to, a village that is gone
    body = {"household_no": "1", "division_code": VILLAGE, "residence": "RURAL", "status": "NOT_POOR"}
    assert code(await registry.post("/v1/households", json=body)) == (409, "division-ended")
    back = await submitted(cadre(registry, OTHER_TOWN), "TRANSFER",
                           household_id=(await world.household(registry, 9, OTHER_VILLAGE))["id"], version=1,
                           to_division_code=VILLAGE, on=ON)  # fmt: skip
    await step(clerk(registry), back["id"], "review")
    assert code(await step(late, back["id"], "approve")) == (409, "division-ended")


async def test_a_merger_that_cannot_be_is_refused_by_name(registry: Api) -> None:
    await _county(registry)
    for more, problem in (
        ({"from_codes": [VILLAGE, NEW]}, "villages-only"), ({"from_codes": [VILLAGE, VILLAGE]}, "villages-only"),
        ({"from_codes": [TOWN]}, "villages-only"), ({"into_code": TOWN}, "villages-only"),
        ({"into_code": "230883101201"}, "another-county"), ({"from_codes": ["230882101299"]}, "not-found"),
        ({"on": "2999-01-01"}, "invalid"), ({"on": BEFORE}, "division-ended"),
    ):  # fmt: skip
        assert code(await _merged(registry, **more))[1] == problem, more
    assert code(await clerk(registry).post("/v1/divisions:merge", json=_merger())) == (403, "insufficient-scope")
    assert await registry.sql("SELECT count(*) FROM registry.division_merger") == [(0,)]
