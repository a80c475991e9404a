"""防返贫监测: a risk found is met with measures, reviewed, and cleared only when it is over; or it was a relapse."""

from typing import Any

import pytest

from tests.conftest import Api
from tests.registry import world
from tests.registry.procedures import cadre, code, on_day, opened, step, walked

EXITED: dict[str, Any] = {"status": "EXITED", "exited_on": "2018-11-05"}
ILL: dict[str, Any] = {"monitoring_kind": "UNSTABLE_EXITED", "risk": "ILLNESS", "risk_source": "CADRE"}
MEASURE: dict[str, Any] = {"person": "李建国", "until": "2020-06-30", "note": "落实医疗救助"}


@pytest.fixture(autouse=True)
async def county(registry: Api) -> None:
    await world.divisions(registry)
    on_day(registry, "2021-06-30")


async def found_at_risk(registry: Api, number: int, **more: Any) -> dict[str, Any]:
    household = await world.household(registry, number, **EXITED)
    return await opened(registry, household["id"], "MONITORING", "2020-04-01", **ILL | more)


async def test_a_risk_is_cleared_only_after_measures_and_the_months_of_watching(registry: Api) -> None:
    procedure = await found_at_risk(registry, 1)
    # ten working days after 1 April 2020; 4 to 6 April were off
    assert (procedure["next_step"], procedure["due_on"]) == ("MEASURE", "2020-04-16")
    assert code(await step(registry, procedure, "RISK_CLEARED", "2020-04-02")) == (409, "step-out-of-order")
    vague = await step(registry, procedure, "MEASURE", "2020-04-02", note="帮扶")
    assert vague.status_code == 422
    await walked(registry, procedure, ("MEASURE", "2020-04-02", MEASURE), ("RISK_REVIEW", "2020-06-01", {}))
    low = await step(registry.as_("town-clerk", "230882101"), procedure, "RISK_CLEARED", "2020-07-01")
    assert code(low) == (403, "step-not-yours")
    unwatched = await step(cadre(registry), procedure, "WITHDRAWAL", "2020-06-30")
    assert code(unwatched) == (403, "step-not-yours")
    under_way = await step(registry, procedure, "RISK_CLEARED", "2020-06-30")
    assert (*code(under_way), under_way.json()["until"]) == (409, "measures-open", "2020-06-30")
    early = await step(registry, procedure, "RISK_CLEARED", "2020-09-30")
    assert (*code(early), early.json()["earliest"]) == (409, "cleared-too-early", "2020-10-01")

    cleared = await walked(
        registry, procedure, ("RISK_REVIEW", "2020-09-30", {}), ("RISK_CLEARED", "2020-10-01", {"note": "收入稳定"})
    )
    assert (cleared["state"], cleared["next_step"]) == ("CLEARED", None)
    household = (await registry.get(f"/v1/households/{procedure['household_id']}")).json()
    assert household["status"] == "EXITED"
    await opened(registry, procedure["household_id"], "MONITORING", "2020-12-01", **ILL)


async def test_a_confirmed_relapse_makes_the_household_poor_again(registry: Api) -> None:
    procedure = await found_at_risk(registry, 1)
    await walked(registry, procedure, ("MEASURE", "2020-04-02", MEASURE))
    await world.made(step(registry, procedure, "RISK_REVIEW", "2020-06-01"))
    same = await step(registry, procedure, "RELAPSE", "2020-07-01", note="收入低于标准")
    assert code(same) == (409, "approver-reviewed")
    await walked(registry, procedure, ("RISK_REVIEW", "2020-06-10", {}))
    relapsed = await walked(registry, procedure, ("RELAPSE", "2020-07-01", {"note": "收入低于标准"}))
    assert relapsed["state"] == "RELAPSED"
    household = (await registry.get(f"/v1/households/{procedure['household_id']}")).json()
    assert (household["status"], household["status_on"]) == ("RELAPSED", "2020-07-01")
    history = (await registry.get(f"/v1/households/{procedure['household_id']}/statuses")).json()["items"]
    assert procedure["id"] in history[-1]["reason"]


async def test_each_kind_of_monitoring_is_for_its_households(registry: Api) -> None:
    never = await world.household(registry, 1, status="NOT_POOR", identified_on=None, poverty_type=None)
    poor = await world.household(registry, 2)
    for household, kind in ((never, "UNSTABLE_EXITED"), (poor, "NEAR_POOR"), (poor, "SUDDEN_HARDSHIP")):
        body = {"household_id": household["id"], "kind": "MONITORING", "on": "2020-04-01"} | ILL
        refused = await registry.post("/v1/procedures", json=body | {"monitoring_kind": kind})
        assert code(refused) == (409, "monitoring-kind-mismatch")
    bare = {"household_id": never["id"], "kind": "MONITORING", "on": "2020-04-01"}
    assert (await registry.post("/v1/procedures", json=bare)).status_code == 422

    near = await opened(registry, never["id"], "MONITORING", "2020-04-01", **ILL | {"monitoring_kind": "NEAR_POOR"})
    await walked(registry, near, ("MEASURE", "2020-04-02", MEASURE), ("RISK_REVIEW", "2020-06-01", {}))
    # never poor, it cannot fall back: it is identified by a procedure of its own
    refused = await step(registry, near, "RELAPSE", "2020-07-01", note="收入低于标准")
    assert (*code(refused), refused.json()["current"]) == (409, "status-not-reachable", "NOT_POOR")
    still = (await registry.get(f"/v1/procedures/{near['id']}")).json()
    assert (still["state"], still["last_step"]) == ("RUNNING", "RISK_REVIEW")
    found = await registry.get("/v1/procedures", params={"monitoring_kind": "NEAR_POOR"})
    assert [item["id"] for item in found.json()["items"]] == [near["id"]]
