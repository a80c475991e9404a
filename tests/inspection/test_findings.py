"""Findings: numbered, due in working days, put right, checked again by another team, closed or reopened."""

import asyncio
from datetime import date
from typing import Any

import httpx
import psycopg
import pytest

from tests.conftest import Api
from tests.inspection.conftest import COUNTY, Drawn, Json, all_of, new_team, ok, settle, town, village

PDF = b"%PDF-1.7\n" + b"1 0 obj" * 20


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def find(inspection: Api, **other: Any) -> Json:
    body = {
        "division_code": village(0, 0), "subject": "VILLAGE", "kind": "06", "severity": "MAJOR",
        "description": "自来水未通。", "responsible_unit": "水务局", "found_on": "2018-05-17", "working_days": 10,
    }  # fmt: skip
    return await ok(inspection.post("/v1/findings", json={k: v for k, v in (body | other).items() if v is not None}))


async def take(api: Api, finding: Json, step: str, on: str, **other: Any) -> httpx.Response:
    return await api.post(f"/v1/findings/{finding['id']}:{step}", json={"on": on, "text": "见附件"} | other)


async def prove(api: Api, finding: Json) -> None:
    paper = {"file": ("通水照片.pdf", PDF)}
    await ok(api.post(f"/v1/findings/{finding['id']}/attachments", files=paper, data={"note": "整改佐证"}))


async def reported(inspection: Api, finding: Json) -> None:
    """By the responsible unit: measures, evidence, report."""
    unit = inspection.as_("town-clerk", "230882101")
    await ok(take(unit, finding, "agree-measures", "2018-05-21"), 200)
    await prove(unit, finding)
    await ok(take(unit, finding, "report", "2018-05-25"), 200)


async def test_a_finding_is_put_right_checked_again_by_another_team_and_struck_off(inspection: Api) -> None:
    one, two = await new_team(inspection, "一", home=town(1)), await new_team(inspection, "二", home=town(0))
    three = await new_team(inspection, "三", kind="ROVING")
    finding = await find(inspection, team_id=one["id"])
    unit = inspection.as_("town-clerk", "230882101")

    assert (finding["finding_no"], finding["state"], finding["due_on"]) == ("2018-0001", "OPEN", "2018-05-31")
    assert refusal(await take(unit, finding, "report", "2018-05-21")) == (409, "not-the-next-step")
    await ok(take(unit, finding, "agree-measures", "2018-05-21"), 200)
    assert refusal(await take(unit, finding, "report", "2018-05-25")) == (409, "evidence-missing")
    await prove(unit, finding)
    assert refusal(await take(unit, finding, "report", "2018-05-20")) == (409, "not-the-next-step")  # before measures
    await ok(take(unit, finding, "report", "2018-05-25"), 200)
    check = {"passed": True}
    assert refusal(await take(unit, finding, "recheck", "2018-05-28", team_id=three["id"], **check))[0] == 403
    for team, code in ((one, "found-by-this-team"), (two, "recheck-team-at-home")):
        assert refusal(await take(inspection, finding, "recheck", "2018-05-28", team_id=team["id"], **check)) == (
            409, code,
        )  # fmt: skip
    assert refusal(await take(inspection, finding, "close", "2018-05-28")) == (409, "not-the-next-step")
    await ok(take(inspection, finding, "recheck", "2018-05-28", team_id=three["id"], passed=False), 200)
    assert refusal(await take(inspection, finding, "close", "2018-05-28")) == (409, "not-the-next-step")
    again = await ok(take(inspection, finding, "reopen", "2018-05-29", due_on="2018-06-16"), 200)
    assert (again["round"], again["asked_due_on"], again["due_on"]) == (2, "2018-06-16", "2018-06-19")  # 端午
    await reported_again(inspection, finding)
    await ok(take(inspection, finding, "recheck", "2018-06-14", team_id=three["id"], passed=True), 200)
    closed = await ok(take(inspection, finding, "close", "2018-06-15"), 200)

    assert (closed["state"], closed["overdue"]) == ("CLOSED", False)
    path = f"/v1/findings/{finding['id']}"
    states = {
        on: (await inspection.get(f"{path}?on={on}")).json()["state"]
        for on in ("2018-05-17", "2018-05-24", "2018-05-27", "2018-05-28", "2018-05-31", "2018-06-15")
    }
    assert list(states.values()) == ["OPEN", "MEASURES_AGREED", "REPORTED", "RECHECKED", "REOPENED", "CLOSED"]
    assert (await inspection.get(f"{path}?on=2018-05-16")).status_code == 404  # nobody knew
    assert [s["seq"] for s in await all_of(inspection, f"{path}/steps")] == list(range(1, 10))
    assert await all_of(inspection, "/v1/findings?on=2018-05-31&state=OPEN") == []
    assert len(await all_of(inspection, "/v1/findings?on=2018-05-31&state=REOPENED&division=230882101000")) == 1
    assert await all_of(inspection, "/v1/findings?division=230882102000") == []


async def reported_again(inspection: Api, finding: Json) -> None:
    unit = inspection.as_("town-clerk", "230882101")
    await ok(take(unit, finding, "agree-measures", "2018-06-01"), 200)
    await ok(take(unit, finding, "report", "2018-06-12"), 200)


async def test_the_database_refuses_what_the_interface_refuses(inspection: Api) -> None:
    one, other = await new_team(inspection, "一"), await new_team(inspection, "二")
    finding = await find(inspection, team_id=one["id"])
    await reported(inspection, finding)
    step = """
        INSERT INTO finding_step (finding_id, division_code, seq, kind, state, round, asked_due_on, due_on, team_id,
                                  text, on_day, actor)
        SELECT finding_id, division_code, seq + %s, %s, %s, round, asked_due_on, due_on, %s, '', on_day, %s
        FROM finding_step ORDER BY seq DESC LIMIT 1"""
    clerk = "town-clerk@230882101"
    for skipped, kind, state, team, actor, said in (
        (1, "RECHECK_PASSED", "RECHECKED", one["id"], "tester", "whoever found it"),
        (1, "RECHECK_PASSED", "RECHECKED", other["id"], clerk, "checks their own"),
        (1, "CLOSED", "CLOSED", None, "tester", "step that comes now"),
        (2, "RECHECK_PASSED", "RECHECKED", other["id"], "tester", "step that comes now"),
    ):
        with pytest.raises(psycopg.errors.CheckViolation, match=said):
            await inspection.sql(step, skipped, kind, state, team, actor)
    for statement in ("UPDATE finding_step SET text = ''", "DELETE FROM finding", "UPDATE finding SET severity = ''"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await inspection.sql(statement)
    reporter = (await all_of(inspection, f"/v1/findings/{finding['id']}/steps"))[-1]["actor"]
    assert reporter == clerk


async def test_of_two_who_take_a_step_at_once_one_is_told(inspection: Api) -> None:
    finding = await find(inspection)

    answers = await asyncio.gather(*(take(inspection, finding, "agree-measures", "2018-05-21") for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    refused = {refusal(answer)[1] for answer in answers if answer.status_code == 409}
    assert refused <= {"somebody-was-faster", "not-the-next-step"}
    assert len(await all_of(inspection, f"/v1/findings/{finding['id']}/steps")) == 2


async def test_findings_of_a_visit_take_its_household_and_team_and_have_no_gap_in_their_numbers(
    inspection: Api, drawn: Drawn
) -> None:
    drawing = (await drawn())[1]
    team = await new_team(inspection, "一")
    await ok(inspection.post(f"/v1/draws/{drawing['id']}/visits", json={"team_ids": [team["id"]]}))
    visit = (await all_of(inspection, "/v1/visits"))[0]
    of_visit = {"division_code": None, "visit_id": visit["id"], "subject": "HOUSEHOLD", "kind": "05"}

    finding = await find(inspection, **of_visit)
    lost = await inspection.post("/v1/findings", json={"subject": "HOUSEHOLD", "division_code": village(0, 0),
        "kind": "05", "severity": "MINOR", "description": "x", "responsible_unit": "x", "found_on": "2018-05-17",
        "working_days": 5})  # fmt: skip
    clerk = inspection.as_("town-clerk", "230882102")
    elsewhere = await find(clerk, division_code=village(1, 0))

    assert (finding["team_id"], finding["subject_id"]) == (team["id"], visit["household_id"])
    assert refusal(lost) == (422, "subject-missing")
    assert [f["finding_no"] for f in (finding, elsewhere)] == ["2018-0001", "2018-0002"]
    assert [f["id"] for f in await all_of(clerk, "/v1/findings")] == [elsewhere["id"]]  # the other town's is not there
    assert len(await all_of(inspection, f"/v1/findings?visit_id={visit['id']}&kind=05")) == 1


async def test_a_deadline_is_in_working_days_and_moves_off_a_holiday(inspection: Api) -> None:
    counted = await find(inspection, found_on="2018-04-27", working_days=2)
    on_a_holiday = await find(inspection, found_on="2018-04-27", working_days=None, due_on="2018-05-01")

    assert (counted["asked_due_on"], counted["due_on"]) == ("2018-05-02", "2018-05-02")  # Saturday 28 April was worked
    assert (on_a_holiday["asked_due_on"], on_a_holiday["due_on"]) == ("2018-05-01", "2018-05-02")
    for wrong, status in (({"due_on": "2018-05-20"}, 422), ({"working_days": None}, 422), ({"found_on": "2099-01-01"},
                          422), ({"working_days": None, "due_on": "2018-05-01"}, 422)):  # fmt: skip
        body = {"division_code": village(0, 0), "subject": "VILLAGE", "kind": "06", "severity": "MAJOR",
                "description": "x", "responsible_unit": "x", "found_on": "2018-05-17", "working_days": 10}  # fmt: skip
        answer = await inspection.post("/v1/findings", json={k: v for k, v in (body | wrong).items() if v is not None})
        assert answer.status_code == status, wrong


async def test_a_second_person_grants_an_extension(inspection: Api) -> None:
    finding = await find(inspection)  # due on 31 May
    unit = inspection.as_("town-clerk", "230882101")
    ask, decide = "request-extension", "decide-extension"

    assert refusal(await take(inspection, finding, decide, "2018-05-28", granted=True)) == (
        409,
        "extension-out-of-order",
    )
    assert refusal(await take(unit, finding, ask, "2018-05-28", due_on="2018-05-30")) == (409, "extension-out-of-order")
    asked = await ok(take(inspection, finding, ask, "2018-05-28", due_on="2018-06-17"), 200)
    assert (asked["due_on"], asked["extension_asked_to"], asked["state"]) == ("2018-05-31", "2018-06-17", "OPEN")
    assert refusal(await take(inspection, finding, decide, "2018-05-29", granted=True)) == (409, "not-on-ones-own")
    second = inspection.as_("inspector")
    granted = await ok(take(second, finding, decide, "2018-05-29", granted=True), 200)
    assert (granted["asked_due_on"], granted["due_on"], granted["extension_asked_to"]) == (
        "2018-06-17", "2018-06-19", None,
    )  # fmt: skip
    await ok(take(unit, finding, ask, "2018-05-30", due_on="2018-07-02"), 200)
    refused = await ok(take(second, finding, decide, "2018-05-30", granted=False), 200)
    assert refused["due_on"] == "2018-06-19"
    assert [f["overdue"] for f in await all_of(inspection, "/v1/findings?on=2018-06-19")] == [False]
    assert len(await all_of(inspection, "/v1/findings?on=2018-06-20&overdue=true")) == 1
    assert (await inspection.get(f"/v1/findings/{finding['id']}?on=2018-05-28")).json()["due_on"] == "2018-05-31"


async def test_delays_are_told_level_by_level_each_day_by_themselves(inspection: Api) -> None:
    for level, days, told in ((1, 1, "责任单位"), (2, 5, "分管领导"), (3, 10, "领导小组")):
        rule = {"division_code": COUNTY, "level": level, "after_working_days": days, "told": told,
                "valid_from": "2018-03-01"}  # fmt: skip
        await ok(inspection.post("/v1/escalation-rules", json=rule))
    again = {"division_code": COUNTY, "level": 3, "after_working_days": 9, "told": "x", "valid_from": "2018-03-01"}
    assert refusal(await inspection.post("/v1/escalation-rules", json=again)) == (409, "escalation-rule-there")
    late = await find(inspection, found_on="2018-06-01", working_days=None, due_on="2018-06-14")
    done = await find(inspection, found_on="2018-05-17", working_days=None, due_on="2018-06-14")
    await reported(inspection, done)

    async def on(day: str) -> list[tuple[str, int, str]]:
        inspection.runtime.clock.move(date.fromisoformat(day))
        for _ in range(2):
            await inspection.runtime.keep_house()
        return [(e["finding_id"], e["level"], e["told"]) for e in await all_of(inspection, f"/v1/escalations?on={day}")]

    assert await on("2018-06-14") == []  # due today
    assert await on("2018-06-15") == [(late["id"], 1, "责任单位")]
    assert await on("2018-06-18") == []  # 端午: no working day has passed
    assert await on("2018-06-22") == [(late["id"], 2, "分管领导")]
    assert await on("2018-06-29") == [(late["id"], 3, "领导小组")]
    shown = (await inspection.get(f"/v1/findings/{late['id']}?on=2018-06-25")).json()
    assert (shown["escalation_level"], shown["overdue"]) == (2, True)
    assert len(await all_of(inspection, "/v1/escalations?told=领导小组")) == 1


async def test_other_services_are_told_and_their_answers_come_back(inspection: Api, registry: Api, funds: Api) -> None:
    await settle(registry, 1, 1, poor_villages=1, poor=1, other=0)
    household = (await registry.get("/v1/households")).json()["items"][0]
    finding = await find(inspection, subject="HOUSEHOLD", subject_id=household["id"], kind="05")
    money = await find(inspection, subject="FUND", kind="11")
    path = f"/v1/findings/{finding['id']}:propose-correction"

    stale = {"version": household["version"] + 1, "house_grade": "C"}
    await ok(inspection.post(path, json=stale), 202)
    twice = await inspection.post(path, json=stale)
    await inspection.drain()
    await ok(inspection.post(path, json=stale | {"version": household["version"]}), 202)
    await inspection.drain()

    assert refusal(twice) == (409, "sent-already")
    refused, delivered = await all_of(inspection, f"/v1/findings/{finding['id']}/links")
    assert (refused["state"], refused["refusal"], refused["answer_id"]) == ("REFUSED", "/problems/stale", None)
    request = (await registry.get(f"/v1/change-requests/{delivered['answer_id']}")).json()
    assert (delivered["state"], request["household_id"]) == ("DELIVERED", household["id"])
    assert (request["proposal"]["change"], request["document_ref"]) == ({"house_grade": "C"}, finding["finding_no"])
    assert request["submitted_by"] == "county-admin@230882"  # whoever proposed it: somebody else approves
    (link,) = await all_of(inspection, f"/v1/findings/{money['id']}/links")
    note = (await funds.get(f"/v1/notes/{link['answer_id']}")).json()
    assert (note["source_no"], note["kind"], note["due_on"]) == (money["finding_no"], "11", money["due_on"])
    assert "自来水" not in str(await inspection.admin_sql("SELECT body FROM inspection.finding_link"))  # no prose
    nothing = await inspection.post(f"/v1/findings/{money['id']}:propose-correction", json=stale)
    assert refusal(nothing) == (409, "not-about-a-household")
    assert (await funds.post("/v1/notes", json={})).status_code == 403  # services only
