"""Who counts as what is a rule two people decided on; every decision says which clause held, on which facts."""

from typing import Any

import pytest

from services.registry.rules.facts import CATALOGUE
from services.registry.schemas.eligibility import (
    EligibilityDecision,
    EligibilityFactList,
    EligibilityRule,
    EligibilityRulePage,
    EligibilityRun,
)
from tests.conftest import Api
from tests.registry import world
from tests.registry.procedures import code, on_day
from tests.registry.world import OTHER_VILLAGE, TOWN, VILLAGE

DAY = "2018-05-17"
RULE: dict[str, Any] = {
    "purpose": "WINTER_RELIEF", "zh": "冬季救助", "en": "Winter relief", "meets": "ALL",
    "effective_from": "2018-01-01", "effective_to": None, "source": "县民政局2018年方案",
    "clauses": [
        {"code": "SMALL", "expression": "size <= 2", "zh": "两人以下", "en": "Two persons at most"},
        {"code": "LOW", "expression": "income_per_head < poverty_line * 12 / 10", "zh": "收入低", "en": "Low income"},
    ],
}  # fmt: skip


@pytest.fixture(autouse=True)
async def county(registry: Api) -> None:
    await world.divisions(registry)
    on_day(registry, DAY)


async def decided(registry: Api, household: dict[str, Any], **body: Any) -> dict[str, Any]:
    found = await world.made(registry.post(f"/v1/households/{household['id']}:decide", json=body))
    EligibilityDecision.model_validate(found)
    return found


async def in_force(registry: Api, **more: Any) -> dict[str, Any]:
    """A rule drafted by one person and put in force by another."""
    drafter = registry.as_("county-admin", sub="drafter")
    rule = await world.made(drafter.post("/v1/eligibility-rules", json=RULE | more))
    answer = await registry.post(f"/v1/eligibility-rules/{rule['id']}:put-in-force")
    assert answer.status_code == 200, answer.text
    return EligibilityRule.model_validate(answer.json()).model_dump(mode="json")


async def run(registry: Api, **body: Any) -> dict[str, Any]:
    answer = await registry.post("/v1/eligibility-runs", json={"purpose": "FOUR_CATEGORIES"} | body)
    assert answer.status_code == 202, answer.text
    await registry.drain()
    found = (await registry.get(answer.headers["content-location"])).json()
    EligibilityRun.model_validate(found)
    return found


async def test_the_four_categories_are_decided_with_reasons_and_facts(registry: Api) -> None:
    disabled = await world.household(
        registry, 1, members=[world.member(1), world.member(11, relation="10", health=["DISABLED"])]
    )
    found = await decided(registry, disabled, purpose="FOUR_CATEGORIES")
    assert (found["outcome"], found["clause"], found["on"]) == ("ELIGIBLE", "POOR_DISABLED", DAY)
    assert [(clause["code"], clause["holds"]) for clause in found["clauses"]] == [
        ("DESTITUTE", False), ("MINIMUM_LIVING", False), ("POOR_DISABLED", True), ("REGISTERED_POOR", True),
    ]  # fmt: skip
    assert found["clauses"][2]["zh"] == "贫困户且有残疾成员"
    assert found["facts"] == {
        "destitute": False, "status": "POOR", "minimum_living": False, "poor": True, "disabled": 1, "registered": True,
    }  # fmt: skip

    untyped = await world.household(registry, 2, poverty_type=None)
    found = await decided(registry, untyped, purpose="FOUR_CATEGORIES")
    assert (found["outcome"], found["clause"]) == ("ELIGIBLE", "REGISTERED_POOR")
    assert [clause["holds"] for clause in found["clauses"]] == [None, None, False, True]
    never = await world.household(registry, 3, status="NOT_POOR", identified_on=None, poverty_type=None)
    assert (await decided(registry, never, purpose="FOUR_CATEGORIES"))["outcome"] == "NOT_ELIGIBLE"
    exit_ = await decided(registry, untyped, purpose="EXIT")
    assert (exit_["outcome"], exit_["facts"]["income_per_head"]) == ("NOT_ELIGIBLE", None)  # it has not confirmed

    listed = (await registry.get(f"/v1/households/{untyped['id']}/decisions", params={"limit": 1})).json()
    assert listed["items"][0]["purpose"] == "FOUR_CATEGORIES"
    assert listed["next_cursor"]
    other = registry.as_("village-cadre", OTHER_VILLAGE)
    assert (await other.get(f"/v1/households/{untyped['id']}/decisions")).status_code == 404
    assert (await other.get(f"/v1/eligibility-decisions/{exit_['id']}")).status_code == 404
    with pytest.raises(Exception, match="refused"):
        await registry.admin_sql("UPDATE registry.eligibility_decision SET outcome = 'ELIGIBLE'")


async def test_a_rule_takes_two_people_and_never_changes(registry: Api) -> None:
    drafter = registry.as_("county-admin", sub="drafter")
    draft = await world.made(drafter.post("/v1/eligibility-rules", json=RULE))
    path = f"/v1/eligibility-rules/{draft['id']}"
    household = await world.household(registry, 1)
    body = {"rule_id": draft["id"]}
    refused = await registry.post(f"/v1/households/{household['id']}:decide", json=body)
    assert code(refused) == (409, "wrong-purpose")
    assert code(await drafter.post(f"{path}:put-in-force")) == (409, "drafter-approves")
    assert (await registry.as_("town-clerk", TOWN[:9]).post(f"{path}:put-in-force")).status_code == 403
    assert (await registry.post(f"{path}:put-in-force")).json()["state"] == "IN_FORCE"
    assert code(await registry.post(f"{path}:withdraw")) == (409, "rule-not-draft")
    for change in ("clauses = '[]'", "effective_to = '2017-01-01', zh = ''", "state = 'DRAFT'"):
        with pytest.raises(Exception, match="refused"):
            await registry.sql(f"UPDATE eligibility_rule SET {change} WHERE id = %s", draft["id"])

    newer = await in_force(registry, effective_from="2018-03-01")
    assert (newer["number"], (await registry.get(path)).json()["effective_to"]) == (2, "2018-02-28")
    early = await world.made(drafter.post("/v1/eligibility-rules", json=RULE | {"effective_from": "2017-01-01"}))
    overlapping = await registry.post(f"/v1/eligibility-rules/{early['id']}:put-in-force")
    assert code(overlapping) == (409, "rule-overlaps")
    assert (await registry.post(f"/v1/eligibility-rules/{early['id']}:withdraw")).json()["state"] == "WITHDRAWN"
    on = {"purpose": "WINTER_RELIEF", "on": "2018-02-10"}
    [held] = EligibilityRulePage.model_validate((await registry.get("/v1/eligibility-rules", params=on)).json()).items
    assert held.number == 1
    assert (await decided(registry, household, **on))["number"] == 1
    nothing = await registry.post(f"/v1/households/{household['id']}:decide", json=on | {"on": "2016-05-05"})
    assert code(nothing) == (409, "no-rule-in-force")


async def test_a_bad_rule_is_refused_with_its_place_before_it_is_kept(registry: Api) -> None:
    clauses = [RULE["clauses"][0], {**RULE["clauses"][1], "expression": "size <\n  ghosts"}]
    refused = await registry.post("/v1/eligibility-rules", json=RULE | {"clauses": clauses})
    assert code(refused) == (422, "expression-refused")
    [error] = refused.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/clauses/1/expression", "UNKNOWN_FACT")
    assert error["detail"] == "line 2, column 3: There is no such fact"
    assert "ghosts" not in refused.text
    twice = RULE | {"clauses": [RULE["clauses"][0]] * 2}
    assert code(await registry.post("/v1/eligibility-rules", json=twice)) == (422, "clauses-misfit")
    foreign = RULE | {"purpose": "EXIT"}
    assert code(await registry.post("/v1/eligibility-rules", json=foreign)) == (422, "clauses-misfit")


async def test_a_run_decides_as_one_by_one_and_is_compared_with_the_one_before(registry: Api) -> None:
    made = [
        await world.household(registry, 1),
        await world.household(registry, 2, poverty_type="MINIMUM_LIVING"),
        await world.household(registry, 3, status="NOT_POOR", identified_on=None, poverty_type=None),
        await world.household(registry, 4, village=OTHER_VILLAGE, poverty_type=None, residence="URBAN"),
    ]
    first = await run(registry)
    assert [first[name] for name in ("households", "eligible", "not_eligible", "unknown")] == [4, 3, 1, 0]
    items = (await registry.get("/v1/eligibility-decisions", params={"run_id": first["id"]})).json()["items"]
    for item in items:
        alone = await decided(registry, {"id": item["household_id"]}, purpose="FOUR_CATEGORIES")
        for name in ("outcome", "clause", "clauses", "facts", "on", "year", "rule_id"):
            assert alone[name] == item[name], name
    wanted = {"run_id": first["id"], "clause": "MINIMUM_LIVING", "outcome": "ELIGIBLE", "division": VILLAGE}
    [only] = (await registry.get("/v1/eligibility-decisions", params=wanted)).json()["items"]
    assert only["household_id"] == made[1]["id"]
    changes = f"/v1/eligibility-runs/{first['id']}/changes"
    assert code(await registry.get(changes)) == (409, "runs-not-alike")

    change = {"status": "EXITED", "on": DAY, "reason": "脱贫"}
    assert (await registry.post(f"/v1/households/{made[0]['id']}:change-status", json=change)).status_code == 200
    await registry.sql("UPDATE household SET poverty_type = 'DESTITUTE' WHERE id = %s", made[1]["id"])
    await world.household(registry, 5)
    second = await run(registry)
    changed = (await registry.get(f"/v1/eligibility-runs/{second['id']}/changes")).json()["items"]
    assert [(c["household_no"][-4:], c["outcome_before"], c["clause_before"], c["clause"]) for c in changed] == [
        ("0002", "ELIGIBLE", "MINIMUM_LIVING", "DESTITUTE"), ("0005", None, None, "REGISTERED_POOR"),
    ]  # fmt: skip
    audited = await registry.sql("SELECT action, change FROM audit WHERE object_id = %s AND kind = %s",
                                 second["id"], "eligibility_decision")  # fmt: skip
    assert audited == [("BULK_INSERT", {"rows": 5})]
    town = registry.as_("town-clerk", TOWN[:9])
    assert (await town.get(f"/v1/eligibility-runs/{second['id']}")).status_code == 404
    assert (await run(town))["households"] == 4


async def test_every_fact_is_documented_and_read_alike_for_one_and_for_all(registry: Api) -> None:
    facts = EligibilityFactList.model_validate((await registry.get("/v1/eligibility-facts")).json()).items
    assert [fact.name for fact in facts] == [fact.name for fact in CATALOGUE]
    assert {fact.name: len(fact.codes) for fact in facts if fact.codes}["status"] == 8
    members = [
        world.member(1, labour_ability="ABLE", medical_insurance=True),
        world.member(21, relation="10", labour_ability="LOST", health=["CHRONIC", "DISABLED"]),
        world.member(31, relation="20", labour_ability="NONE", school_stage="PRIMARY"),
    ]
    household = await world.household(registry, 1, members=members, house_grade="C")
    path = f"/v1/households/{household['id']}"
    await world.made(registry.post(f"{path}/incomes", json={"year": 2018, "persons": 3, "wage_fen": 900_000}))
    for item, result in (("FOOD", "MET"), ("WATER", "NOT_MET")):
        body = {"year": 2018, "item": item, "result": result, "checked_on": "2018-05-10"}
        await world.made(registry.post(f"{path}/guarantees", json=body))
    await world.pathway(registry, household["id"], "LIVESTOCK")
    await world.helper(registry, household["id"])
    values: dict[str, Any] = {
        "division": VILLAGE, "residence": "RURAL", "status": "POOR", "days_in_status": 807, "registered": True,
        "poor": True, "poverty_type": "GENERAL", "minimum_living": False, "destitute": False,
        "days_since_identified": 807, "days_since_exited": None, "house_grade": "C", "size": 3, "able_labour": 1,
        "ill": 1, "disabled": 1, "students": 1, "uninsured": 2, "year": 2018, "income_per_head": 300_000,
        "poverty_line": 299_500, "guarantee_food": "MET", "guarantee_clothing": None, "guarantee_housing": None,
        "guarantee_water": "NOT_MET", "guarantee_medical": None, "guarantee_education": None, "guarantees_not_met": 1,
        "guarantees_unchecked": 4, "exit_confirmed": False, "pathways": 1, "has_helper": True,
    }  # fmt: skip
    tests = [f"{fact.name} == {fact.name}" for fact in CATALOGUE]
    clauses = [
        {"code": f"C{at}", "expression": " || ".join(tests[at : at + 9]), "zh": "一", "en": "a"}
        for at in range(0, len(tests), 9)
    ]
    clauses.append({"code": "SUM", "expression": "size * 2 / 1 % 5 - 1 + -size == -3", "zh": "一", "en": "a"})
    rule = await in_force(registry, clauses=clauses)
    assert (await decided(registry, household, rule_id=rule["id"]))["facts"] == values
    of_run = await run(registry, purpose=None, rule_id=rule["id"])
    [item] = (await registry.get("/v1/eligibility-decisions", params={"run_id": of_run["id"]})).json()["items"]
    assert (item["facts"], item["clauses"][-1]["holds"]) == (values, True)
    on_day(registry, "2018-06-30")  # looked back at, the day is as it was
    then = await decided(registry, household, rule_id=rule["id"], on=DAY)
    assert then["facts"] == values
