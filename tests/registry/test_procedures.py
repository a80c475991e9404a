"""识别: a household becomes poor in the register only by every step, in order, each by the right person."""

import asyncio
from typing import Any

import pytest

from services.registry.schemas.procedures import Procedure, ProcedureStepPage
from tests.conftest import Api
from tests.registry import world
from tests.registry.procedures import VOTES, cadre, clerk, code, on_day, opened, step, walked
from tests.registry.world import OTHER_VILLAGE, TOWN, VILLAGE

# The notice of 23 April would end on the 30th, in the holiday of 29 April to 1 May; 28 April, a Saturday, is worked.
TO_NOTICE: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("DEMOCRATIC_REVIEW", "2018-04-20", VOTES),
    ("FIRST_NOTICE", "2018-04-23", {}),
)
TO_APPROVAL: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("TOWN_REVIEW", "2018-05-03", {}),
    ("SECOND_NOTICE", "2018-05-04", {}),
)
NEVER_POOR: dict[str, Any] = {"status": "NOT_POOR", "identified_on": None, "poverty_type": None}


@pytest.fixture(autouse=True)
async def county(registry: Api) -> None:
    await world.divisions(registry)
    on_day(registry, "2018-06-30")


async def test_an_approved_household_is_identified_and_its_history_names_the_procedure(registry: Api) -> None:
    household = await world.household(registry, 1, **NEVER_POOR)
    procedure = await opened(cadre(registry), household["id"], "IDENTIFICATION", "2018-04-16")
    assert Procedure.model_validate(procedure).next_step == "DEMOCRATIC_REVIEW"
    waiting = await walked(registry, procedure, *TO_NOTICE, *TO_APPROVAL)
    assert (waiting["state"], waiting["next_step"], waiting["notice_until"]) == (
        "RUNNING", "COUNTY_APPROVAL", "2018-05-11",
    )  # fmt: skip
    before = (await registry.get(f"/v1/households/{household['id']}")).json()
    assert before["status"] == "NOT_POOR"
    aside = {"status": "IDENTIFIED", "on": "2018-05-12", "reason": "绕过程序"}
    past_it = await registry.post(f"/v1/households/{household['id']}:change-status", json=aside)
    assert (code(past_it), past_it.json()["kind"]) == ((409, "procedure-running"), "IDENTIFICATION")

    approved = await walked(registry, procedure, ("COUNTY_APPROVAL", "2018-05-14", {}))
    after = (await registry.get(f"/v1/households/{household['id']}")).json()
    history = (await registry.get(f"/v1/households/{household['id']}/statuses")).json()["items"]
    undecided = {"outcome": "REFUSED", "note": "不公告"}
    assert (await step(registry, procedure, "ANNOUNCEMENT", "2018-05-15", **undecided)).status_code == 422
    assert (approved["state"], approved["next_step"], approved["due_on"]) == ("APPROVED", "ANNOUNCEMENT", "2018-05-21")
    assert (after["status"], after["identified_on"]) == ("IDENTIFIED", "2018-05-14")
    assert history[-1]["on"] == "2018-05-14"
    assert procedure["id"] in history[-1]["reason"]

    announced = await walked(registry, procedure, ("ANNOUNCEMENT", "2018-05-15", {}))
    assert (announced["state"], announced["next_step"], announced["overdue"]) == ("ANNOUNCED", None, False)
    more = await step(registry, procedure, "WITHDRAWAL", "2018-05-16")
    assert code(more) == (409, "procedure-closed")
    page = await registry.get(f"/v1/procedures/{procedure['id']}/steps")
    steps = ProcedureStepPage.model_validate_json(page.content).items
    assert [s.step.value for s in steps] == [
        "APPLICATION", "DEMOCRATIC_REVIEW", "FIRST_NOTICE", "TOWN_REVIEW", "SECOND_NOTICE", "COUNTY_APPROVAL",
        "ANNOUNCEMENT",
    ]  # fmt: skip
    assert steps[3].actor == "town-clerk@230882101"


async def test_every_step_out_of_turn_is_refused_by_name(registry: Api) -> None:
    household = await world.household(registry, 1, **NEVER_POOR)
    procedure = await opened(registry, household["id"], "IDENTIFICATION", "2018-04-16")
    again = {"household_id": household["id"], "kind": "IDENTIFICATION", "on": "2018-04-17", "person": "王1"}
    assert code(await registry.post("/v1/procedures", json=again)) == (409, "procedure-running")

    early = await step(registry, procedure, "COUNTY_APPROVAL", "2018-04-17")
    assert code(early) == (409, "step-out-of-order")
    assert early.json()["possible"] == ["DEMOCRATIC_REVIEW", "WITHDRAWAL"]
    assert code(await step(registry, procedure, "RELAPSE", "2018-04-17")) == (409, "step-out-of-order")
    backdated = await step(registry, procedure, "DEMOCRATIC_REVIEW", "2018-04-15", **VOTES)
    assert code(backdated) == (409, "step-backdated")
    future = await step(registry, procedure, "DEMOCRATIC_REVIEW", "2018-07-01", **VOTES)
    assert code(future) == (422, "invalid")
    few = await step(
        registry, procedure, "DEMOCRATIC_REVIEW", "2018-04-20", **VOTES | {"attended": 29, "votes_for": 27}
    )
    assert (*code(few), few.json()["needed"]) == (409, "quorum-missed", 30)
    lost = await step(registry, procedure, "DEMOCRATIC_REVIEW", "2018-04-20", **VOTES | {"votes_for": 15})
    assert (*code(lost), lost.json()["needed"]) == (422, "vote-disagrees", 16)
    unsaid = await step(registry, procedure, "DEMOCRATIC_REVIEW", "2018-04-20")
    assert unsaid.status_code == 422

    await walked(registry, procedure, *TO_NOTICE)
    up = await step(clerk(registry), procedure, "TOWN_REVIEW", "2018-05-02")
    assert (*code(up), up.json()["notice_until"]) == (409, "notice-not-over", "2018-05-02")
    low = await step(cadre(registry), procedure, "TOWN_REVIEW", "2018-05-03")
    assert (*code(low), low.json()["scope"], low.json()["level"]) == (403, "step-not-yours", "registry:review", "TOWN")
    here_only = registry.as_("town-clerk", VILLAGE)
    assert code(await step(here_only, procedure, "TOWN_REVIEW", "2018-05-03")) == (403, "step-not-yours")
    await walked(registry, procedure, *TO_APPROVAL)
    assert code(await step(clerk(registry), procedure, "COUNTY_APPROVAL", "2018-05-14")) == (403, "step-not-yours")


async def test_a_refusal_says_why_and_ends_the_procedure(registry: Api) -> None:
    household = await world.household(registry, 1, **NEVER_POOR)
    procedure = await opened(registry, household["id"], "IDENTIFICATION", "2018-04-16")
    lost = VOTES | {"votes_for": 10, "outcome": "REFUSED"}
    assert (await step(registry, procedure, "DEMOCRATIC_REVIEW", "2018-04-20", **lost)).status_code == 422
    refused = await walked(registry, procedure, ("DEMOCRATIC_REVIEW", "2018-04-20", lost | {"note": "票数未过半"}))
    assert (refused["state"], refused["next_step"]) == ("REFUSED", None)
    assert (await registry.get(f"/v1/households/{household['id']}")).json()["status"] == "NOT_POOR"
    await opened(registry, household["id"], "IDENTIFICATION", "2018-05-16")


async def test_whoever_reviewed_does_not_approve_not_even_in_sql(registry: Api) -> None:
    household = await world.household(registry, 1, **NEVER_POOR)
    procedure = await opened(registry, household["id"], "IDENTIFICATION", "2018-04-16")
    await walked(registry, procedure, *TO_NOTICE)
    await world.made(step(registry, procedure, "TOWN_REVIEW", "2018-05-03"))
    await walked(registry, procedure, TO_APPROVAL[1])
    refused = await step(registry, procedure, "COUNTY_APPROVAL", "2018-05-14")
    assert code(refused) == (409, "approver-reviewed")
    assert (await registry.get(f"/v1/households/{household['id']}")).json()["status"] == "NOT_POOR"

    write = (
        "INSERT INTO procedure_step (procedure_id, step, outcome, happened_on, actor) VALUES (%s, %s, 'PASSED', %s, %s)"
    )
    other = await world.household(registry, 2, **NEVER_POOR)
    second = await opened(registry, other["id"], "IDENTIFICATION", "2018-04-16")
    with pytest.raises(Exception, match="fk_procedure_step_after_step"):
        await registry.sql(write, second["id"], "COUNTY_APPROVAL", "2018-05-14", "x")
    await walked(registry, second, *TO_NOTICE)
    with pytest.raises(Exception, match="still up"):
        await registry.sql(write, second["id"], "TOWN_REVIEW", "2018-05-02", "x")
    await registry.sql(write, second["id"], "TOWN_REVIEW", "2018-05-03", "somebody else")
    await walked(registry, second, TO_APPROVAL[1])
    with pytest.raises(Exception, match="ck_procedure_two_people"):
        await registry.sql(write, second["id"], "COUNTY_APPROVAL", "2018-05-14", "another")
    for statement in (
        "UPDATE procedure SET state = 'APPROVED'",
        "DELETE FROM procedure_step",
        "UPDATE procedure_step SET note = 'x'",
        "INSERT INTO procedure_transition VALUES ('EXIT', 'NOMINATION', 'COUNTY_APPROVAL', false)",
    ):
        with pytest.raises(Exception, match="permission denied"):
            await registry.sql(statement)
    with pytest.raises(Exception, match="refused"):
        await registry.admin_sql("UPDATE registry.procedure_step SET note = 'x'")


async def test_a_step_is_taken_once_however_many_send_it(registry: Api) -> None:
    household = await world.household(registry, 1, **NEVER_POOR)
    procedure = await opened(registry, household["id"], "IDENTIFICATION", "2018-04-16")
    answers = await asyncio.gather(
        *(step(registry, procedure, "DEMOCRATIC_REVIEW", "2018-04-20", **VOTES) for _ in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    assert (await registry.get(f"/v1/procedures/{procedure['id']}")).json()["steps"] == 2


async def test_a_procedure_moves_with_its_household(registry: Api) -> None:
    household = await world.household(registry, 1, **NEVER_POOR)
    procedure = await opened(registry, household["id"], "IDENTIFICATION", "2018-04-16")
    await registry.sql("UPDATE household SET division_code = %s WHERE id = %s", OTHER_VILLAGE, household["id"])
    there = registry.as_("town-clerk", OTHER_VILLAGE[:9])
    steps = await there.get(f"/v1/procedures/{procedure['id']}/steps")
    assert [taken["step"] for taken in steps.json()["items"]] == ["APPLICATION"]
    assert (await clerk(registry).get(f"/v1/procedures/{procedure['id']}")).status_code == 404


async def test_an_objection_holds_the_procedure_until_it_is_answered(registry: Api) -> None:
    household = await world.household(registry, 1, **NEVER_POOR)
    procedure = await opened(registry, household["id"], "IDENTIFICATION", "2018-04-16")
    await walked(registry, procedure, *TO_NOTICE)
    raised = await walked(registry, procedure, ("OBJECTION", "2018-04-25", {"person": "赵梅", "note": "该户有商品房"}))
    assert (raised["open_objections"], raised["last_step"], raised["steps"]) == (1, "FIRST_NOTICE", 4)
    held = await step(clerk(registry), procedure, "TOWN_REVIEW", "2018-05-03")
    assert code(held) == (409, "objection-unanswered")
    wrong = await step(registry, procedure, "OBJECTION_ANSWER", "2018-04-27", answers=3, note="不属实")
    assert code(wrong) == (409, "no-such-objection")
    answered = await walked(registry, procedure, ("OBJECTION_ANSWER", "2018-04-27", {"answers": 4, "note": "不属实"}))
    assert (answered["open_objections"], answered["state"]) == (0, "RUNNING")
    then = await registry.get(f"/v1/procedures/{procedure['id']}", params={"on": "2018-04-26"})
    assert then.json()["open_objections"] == 1
    await walked(registry, procedure, TO_APPROVAL[0])

    await walked(registry, procedure, ("OBJECTION", "2018-05-03", {"person": "赵梅", "note": "有车"}))
    upheld = {"answers": 7, "note": "属实", "outcome": "REFUSED"}
    ended = await walked(registry, procedure, ("OBJECTION_ANSWER", "2018-05-04", upheld))
    assert (ended["state"], ended["next_step"]) == ("REFUSED", None)


async def test_a_late_step_is_found_by_working_days_across_the_holiday(registry: Api) -> None:
    household = await world.household(registry, 1, **NEVER_POOR)
    procedure = await opened(registry, household["id"], "IDENTIFICATION", "2018-04-16")
    reviewed = await walked(registry, procedure, ("DEMOCRATIC_REVIEW", "2018-04-26", VOTES))
    # three working days after Thursday 26 April: Friday, Saturday the 28th (worked), Wednesday 2 May
    assert (reviewed["next_step"], reviewed["due_on"]) == ("FIRST_NOTICE", "2018-05-02")
    for on, late in (("2018-05-02", 0), ("2018-05-03", 1), ("2018-04-26", 0)):
        found = (await registry.get("/v1/procedures", params={"overdue": "true", "on": on})).json()["items"]
        assert len(found) == late
    counted = (await registry.get("/v1/statistics/procedures", params={"on": "2018-05-03"})).json()
    assert (counted["procedures"], counted["overdue"]) == (1, 1)
    assert counted["items"] == [
        {"kind": "IDENTIFICATION", "town_code": TOWN, "town_name": "长安镇", "state": "RUNNING", "procedures": 1,
         "overdue": 1}
    ]  # fmt: skip
    assert (await registry.get("/v1/statistics/procedures?on=2018-04-15")).json()["items"] == []

    rule = (await registry.get("/v1/procedure-rules/IDENTIFICATION/FIRST_NOTICE")).json()
    assert (rule["notice_days"], rule["notice_counts"], rule["follows"]) == (7, "CALENDAR", ["DEMOCRATIC_REVIEW"])
    path, change = "/v1/procedure-rules/IDENTIFICATION/FIRST_NOTICE", {"notice_days": 5, "notice_counts": "WORKING"}
    assert (await clerk(registry).patch(path, version=1, json=change)).status_code == 403
    assert (await registry.patch(path, version=1, json=change)).json()["version"] == 2
    assert (await registry.patch(path, version=1, json=change)).status_code == 412
    assert (await registry.patch(path, version=2, json={"months": 3})).status_code == 422
    posted = await walked(registry, procedure, ("FIRST_NOTICE", "2018-04-27", {}))
    # 28 April, 2, 3, 4 and 7 May
    assert (posted["notice_until"], posted["due_on"]) == ("2018-05-07", "2018-05-21")


async def test_another_towns_procedures_do_not_exist(registry: Api) -> None:
    household = await world.household(registry, 1, OTHER_VILLAGE, **NEVER_POOR)
    procedure = await opened(registry, household["id"], "IDENTIFICATION", "2018-04-16")
    here = clerk(registry)
    path = f"/v1/procedures/{procedure['id']}"
    for address in (path, f"{path}/steps", f"{path}/notice-sheet", f"/v1/divisions/{OTHER_VILLAGE}/notice-sheet"):
        assert (await here.get(address)).status_code == 404
    assert (await step(here, procedure, "DEMOCRATIC_REVIEW", "2018-04-20", **VOTES)).status_code == 404
    body = {"household_id": household["id"], "kind": "IDENTIFICATION", "on": "2018-04-16", "person": "王1"}
    assert (await here.post("/v1/procedures", json=body)).status_code == 404
    assert (await here.get("/v1/procedures")).json()["items"] == []
    assert (await here.get("/v1/statistics/procedures")).json()["procedures"] == 0
    for table in ("procedure", "procedure_step"):
        assert await registry.sql(f"SELECT count(*) FROM {table}", division="230882101") == [(0,)]


async def test_the_notice_sheet_masks_names_and_shows_no_numbers(registry: Api) -> None:
    member = world.member(1, name="欧阳<b>某")
    household = await world.household(registry, 1, **NEVER_POOR, members=[member], phone="13800138000")
    procedure = await opened(registry, household["id"], "IDENTIFICATION", "2018-04-16")
    path = f"/v1/procedures/{procedure['id']}/notice-sheet"
    assert code(await registry.get(path)) == (409, "no-notice")
    await walked(registry, procedure, *TO_NOTICE)

    sheet = await registry.get(path)
    assert sheet.headers["content-type"] == "text/html; charset=utf-8"
    assert "'unsafe-inline'" not in sheet.headers["content-security-policy"]
    assert "@media print" in sheet.text
    assert "拟识别贫困户名单" in sheet.text
    assert "欧*****" in sheet.text
    assert "2018年4月23日至2018年5月2日" in sheet.text
    assert "应到45人，实到30人，同意28票" in sheet.text
    for secret in ("欧阳", "王建国", "<b>某", "990", "138"):
        assert secret not in sheet.text

    for on, there in (("2018-04-22", False), ("2018-04-23", True), ("2018-05-02", True), ("2018-05-03", False)):
        page = await registry.get(f"/v1/divisions/{VILLAGE}/notice-sheet", params={"on": on})
        assert (household["household_no"] in page.text) == there
        listed = await registry.get("/v1/procedures", params={"in_notice": "true", "division": VILLAGE, "on": on})
        assert len(listed.json()["items"]) == there
