"""Frozen households for funds, frames for inspection."""

import hashlib
import json

import pytest

from services.registry.schemas.snapshots import FrameLine, Snapshot, SnapshotLine
from tests.conftest import Api
from tests.registry import world
from tests.registry.world import COUNTY, DAY, OTHER_VILLAGE, VILLAGE


@pytest.fixture(autouse=True)
async def county(registry: Api) -> None:
    await world.divisions(registry)


async def test_a_snapshot_holds_the_poor_households_and_never_changes(registry: Api) -> None:
    people = [
        world.member(1, labour_ability="ABLE", health=["CHRONIC"]),
        world.member(2, relation="20", school_stage="JUNIOR", health=["DISABLED", "SERIOUS"]),
    ]
    made = await world.household(registry, 1, members=people)
    await world.household(registry, 2, OTHER_VILLAGE, status="NOT_POOR", identified_on=None, members=[])
    await world.made(
        registry.post(f"/v1/households/{made['id']}/incomes", json={"year": 2017, "persons": 2, "wage_fen": 500_001})
    )
    body = {"division_code": COUNTY, "on": DAY, "purpose": "2018年度分配"}
    snapshot = await world.made(registry.post("/v1/snapshots", key="freeze-2018", json=body))
    assert Snapshot.model_validate(snapshot).households == 1
    replayed = await registry.post("/v1/snapshots", key="freeze-2018", json=body)
    assert (replayed.json()["id"], replayed.headers["idempotent-replayed"]) == (snapshot["id"], "true")

    path = f"/v1/snapshots/{snapshot['id']}/rows"
    lines = (await registry.get(path)).content
    assert hashlib.sha256(lines).hexdigest() == snapshot["digest"]
    assert SnapshotLine.model_validate_json(lines.splitlines()[0]).model_dump(mode="json") == {
        "household_id": made["id"], "household_no": made["household_no"], "division_code": VILLAGE, "size": 2,
        "able_labour": 1, "ill": 2, "disabled": 1, "students": 1, "income_per_head_fen": 250_000,
    }  # fmt: skip
    await registry.post(f"/v1/households/{made['id']}/members", json=world.member(3, relation="30"))
    assert (await registry.get(path)).content == lines
    for statement in ("UPDATE snapshot_row SET size = 9", "DELETE FROM snapshot"):
        with pytest.raises(Exception, match="permission denied"):
            await registry.sql(statement)


async def test_a_snapshot_of_elsewhere_is_not_there(registry: Api) -> None:
    body = {"division_code": COUNTY, "on": DAY, "purpose": "x"}
    snapshot = await world.made(registry.post("/v1/snapshots", json=body))
    inspector = registry.as_("inspector", "230882101")

    assert (await inspector.get(f"/v1/snapshots/{snapshot['id']}/rows")).status_code == 404
    assert (await inspector.post("/v1/snapshots", json=body)).status_code == 404
    assert (await registry.as_("village-cadre", VILLAGE).post("/v1/snapshots", json=body)).status_code == 403


async def test_the_frame_lists_every_household_of_the_day_in_order(registry: Api) -> None:
    gone = await world.household(registry, 3)
    await world.household(registry, 2, status="NOT_POOR", identified_on=None)
    await world.household(registry, 1)
    await world.household(registry, 1, OTHER_VILLAGE, members=[])
    leaving = {"status": "CANCELLED", "on": "2018-05-01", "reason": "整户迁出"}
    assert (await registry.post(f"/v1/households/{gone['id']}:change-status", json=leaving)).status_code == 200

    async def frame(**params: str) -> list[tuple[str, bool]]:
        lines = (await registry.get("/v1/frame", params=params)).content.splitlines()
        assert all(FrameLine.model_validate_json(line) for line in lines)
        return [(row["household_no"], row["poor"]) for row in map(json.loads, lines)]

    assert await frame(on=DAY) == [
        (f"{VILLAGE}-0001", True), (f"{VILLAGE}-0002", False), (f"{OTHER_VILLAGE}-0001", True),
    ]  # fmt: skip
    assert len(await frame(on="2018-04-30")) == 4
    assert await frame(on=DAY, division="230882102") == [(f"{OTHER_VILLAGE}-0001", True)]
    assert await frame(on="2013-12-31") == []
