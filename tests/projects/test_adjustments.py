"""The library adjusted as a batch: one notice for all, an objection for one, and nothing half done."""

from datetime import date
from typing import Any

import psycopg
import pytest

from tests.conftest import Api
from tests.projects.conftest import TOWN, Declare, refusal

DRAFT = {"year": 2018, "title": "2018 年项目库动态调整", "on": "2018-05-14"}
STEPS: dict[str, dict[str, Any]] = {
    "review": {"on": "2018-05-15", "opinion": "同意调整"},
    "publish-notice": {"on": "2018-05-16", "document_ref": "公示〔2018〕11号"},
    "apply": {"on": "2018-05-31", "document_ref": "富扶领〔2018〕8号"},
}


async def drafted(projects: Api, *items: dict[str, Any]) -> str:
    made = await projects.post("/v1/adjustments", json=DRAFT)
    assert made.status_code == 201, made.text
    listed = await projects.post(f"{made.headers['Location']}/items", json={"items": items})
    assert listed.status_code == 201, listed.text
    assert listed.json()["items"] == len(items)
    return str(made.headers["Location"])


async def take(projects: Api, at: str, *verbs: str) -> dict[str, Any]:
    for verb in verbs:
        answer = await projects.post(f"{at}:{verb}", json=STEPS[verb])
        assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def listed(project: dict[str, Any], change: str, **more: Any) -> dict[str, Any]:
    return {"project_id": project["id"], "change": change, "reason": "按规划调整"} | more


async def test_projects_come_in_go_out_and_change_under_one_notice(projects: Api, declare: Declare) -> None:
    new, old, other = await declare("APPROVED"), await declare("ADMITTED"), await declare("IMPLEMENTING")
    changes = {"ends_on": "2019-06-30", "budget": [{"source": "COUNTY", "amount_fen": 900}]}
    at = await drafted(
        projects,
        listed(new, "ADMIT"),
        listed(old, "WITHDRAW", document_ref="富扶备〔2018〕21号"),
        listed(other, "CHANGE", changes=changes),
    )

    noticed = await take(projects, at, "review", "publish-notice")
    assert (noticed["state"], noticed["notice_until"]) == ("NOTICED", "2018-05-30")
    states = [(await projects.get(f"/v1/projects/{project['id']}")).json()["state"] for project in (new, old, other)]
    assert states == ["NOTICED", "ADMITTED", "IMPLEMENTING"]
    early = await projects.post(f"{at}:apply", json=STEPS["apply"] | {"on": "2018-05-30"})
    assert refusal(early) == (409, "notice-running")
    assert early.json()["notice_until"] == "2018-05-30"

    applied = await take(projects, at, "apply")
    assert [applied[name] for name in ("state", "state_since", "items", "applied", "held_back")] == [
        "APPLIED", "2018-05-31", 3, 3, 0,
    ]  # fmt: skip
    found = [(await projects.get(f"/v1/projects/{project['id']}")).json() for project in (new, old, other)]
    assert [project["state"] for project in found] == ["ADMITTED", "WITHDRAWN", "IMPLEMENTING"]
    assert (found[2]["ends_on"], found[2]["budget"]) == ("2019-06-30", changes["budget"])
    items = {item["change"]: item for item in (await projects.get(f"{at}/items")).json()["items"]}
    assert items["CHANGE"]["before"] == {"ends_on": "2018-12-31", "budget": other["budget"]}
    assert items["CHANGE"]["changes"] == changes

    steps = (await projects.get(f"/v1/projects/{old['id']}/steps")).json()["items"]
    assert (steps[-1]["document_ref"], steps[-1]["opinion"], steps[-1]["on"]) == (
        "富扶备〔2018〕21号", "按规划调整", "2018-05-31",
    )  # fmt: skip
    papers = (await projects.get(f"/v1/projects/{new['id']}/documents")).json()["items"]
    assert [paper["kind"] for paper in papers] == ["APPROVAL", "NOTICE", "ADMISSION_FILING"]
    history = (await projects.get(f"{at}/steps")).json()["items"]
    assert [step["to_state"] for step in history] == ["DRAFTED", "REVIEWED", "NOTICED", "APPLIED"]
    newest = (await projects.get("/v1/adjustments", params={"year": 2018, "state": "APPLIED"})).json()["items"]
    assert newest == [applied]


async def test_an_objection_holds_back_its_project_and_the_rest_goes_on(projects: Api, declare: Declare) -> None:
    new, free, old, gone = [await declare(state) for state in ("APPROVED", "APPROVED", "ADMITTED", "ADMITTED")]
    at = await drafted(
        projects,
        listed(new, "ADMIT"),
        listed(free, "ADMIT"),
        listed(old, "WITHDRAW", document_ref="备 1 号"),
        listed(gone, "CHANGE", changes={"title": "示范村肉牛养殖二期"}),
    )
    await take(projects, at, "review", "publish-notice")
    items = {item["project_id"]: item["id"] for item in (await projects.get(f"{at}/items")).json()["items"]}
    against_new = await projects.post(
        f"{at}/items/{items[new['id']]}/objections", json={"on": "2018-05-20", "matter": "用地有争议"}
    )
    assert against_new.status_code == 201
    against_old = await projects.post(
        f"{at}/items/{items[old['id']]}/objections", json={"on": "2018-05-21", "matter": "仍有贫困户受益"}
    )
    upheld = {"on": "2018-05-25", "outcome": "UPHELD", "resolution": "属实"}
    assert (await projects.post(f"/v1/objections/{against_old.json()['id']}:resolve", json=upheld)).status_code == 200
    late = await projects.post(f"{at}/items/{items[old['id']]}/objections", json={"on": "2018-05-31", "matter": "过期"})
    assert refusal(late) == (409, "no-notice-running")
    # Meanwhile one of them moves on by itself.
    await projects.post(f"/v1/projects/{gone['id']}:withdraw", json={"document_ref": "备 2 号", "on": "2018-05-22"})

    applied = await take(projects, at, "apply")
    assert (applied["applied"], applied["held_back"]) == (1, 3)
    held = (await projects.get(f"{at}/items", params={"outcome": "HELD_BACK"})).json()["items"]
    assert {item["project_id"]: item["held_because"] for item in held} == {
        new["id"]: "objection-open",
        old["id"]: "objection-upheld",
        gone["id"]: "not-adjustable",
    }
    states = [(await projects.get(f"/v1/projects/{project['id']}")).json()["state"] for project in (new, free, old)]
    assert states == ["NOTICED", "ADMITTED", "ADMITTED"]

    # Once the objection is dismissed, the project comes in by itself: its notice has run.
    dismissed = {"on": "2018-06-01", "outcome": "DISMISSED", "resolution": "手续齐全"}
    await projects.post(f"/v1/objections/{against_new.json()['id']}:resolve", json=dismissed)
    assert (await projects.post(f"/v1/projects/{new['id']}:admit", json={})).json()["state"] == "ADMITTED"


async def test_a_project_is_listed_where_it_stands_for_it_and_once(projects: Api, declare: Declare) -> None:
    declared, approved, admitted = await declare(), await declare("APPROVED"), await declare("ADMITTED")
    at = await drafted(projects, listed(approved, "ADMIT"))

    async def add(*items: dict[str, Any]) -> tuple[int, str]:
        return refusal(await projects.post(f"{at}/items", json={"items": items}))

    assert await add(listed(declared, "ADMIT")) == (409, "not-adjustable")
    assert await add(listed(approved, "WITHDRAW", document_ref="备 1 号")) == (409, "not-adjustable")
    assert await add(listed(admitted, "WITHDRAW")) == (422, "invalid")
    assert await add(listed(admitted, "CHANGE")) == (422, "invalid")
    assert await add(listed(admitted, "ADMIT", changes={"title": "x"})) == (422, "invalid")
    again = await projects.post("/v1/adjustments", json=DRAFT)
    other = f"{again.headers['Location']}/items"
    twice = await projects.post(other, json={"items": [listed(approved, "ADMIT")]})
    assert refusal(twice) == (409, "adjusted-already")

    # Given up, it frees its projects.
    assert refusal(await projects.post(f"{at}:cancel", json={})) == (422, "opinion-missing")
    assert (await projects.post(f"{at}:cancel", json={"opinion": "政策有变"})).json()["state"] == "CANCELLED"
    assert (await projects.post(other, json={"items": [listed(approved, "ADMIT")]})).status_code == 201
    item = (await projects.get(other)).json()["items"][0]["id"]
    assert (await projects.http.delete(f"{other}/{item}")).status_code == 204
    assert refusal(await projects.http.delete(f"{other}/{item}")) == (404, "not-found")


async def test_steps_of_an_adjustment_are_refused_by_name(projects: Api, declare: Declare) -> None:
    project = await declare("APPROVED")
    made = await projects.post("/v1/adjustments", json=DRAFT)
    at = made.headers["Location"]

    assert refusal(await projects.post(f"{at}:review", json=STEPS["review"])) == (409, "nothing-to-adjust")
    await projects.post(f"{at}/items", json={"items": [listed(project, "ADMIT")]})
    assert refusal(await projects.post(f"{at}:apply", json=STEPS["apply"])) == (409, "wrong-order")
    assert refusal(await projects.post(f"{at}:review", json={})) == (422, "opinion-missing")
    before = await projects.post(f"{at}:review", json=STEPS["review"] | {"on": "2018-05-13"})
    assert refusal(before) == (409, "step-before-last")
    in_a_town = projects.as_("county-admin", TOWN)
    assert refusal(await in_a_town.post(f"{at}:review", json=STEPS["review"])) == (404, "not-found")
    assert refusal(await projects.as_("auditor").post(f"{at}:review", json={})) == (403, "insufficient-scope")
    await take(projects, at, "review")
    later = await projects.post(f"{at}/items", json={"items": [listed(await declare("APPROVED"), "ADMIT")]})
    assert refusal(later) == (409, "not-drafted")
    item = (await projects.get(f"{at}/items")).json()["items"][0]["id"]
    assert refusal(await projects.http.delete(f"{at}/items/{item}")) == (409, "not-drafted")
    unnumbered = await projects.post(f"{at}:publish-notice", json={"on": "2018-05-16"})
    assert (refusal(unnumbered), unnumbered.json()["needs"]) == ((422, "document-missing"), "NOTICE")

    # A town's own draft is reviewed there and goes no further without the county.
    of_town = await in_a_town.post("/v1/adjustments", json=DRAFT)
    town_at = of_town.headers["Location"]
    await in_a_town.post(f"{town_at}/items", json={"items": [listed(await declare("APPROVED"), "ADMIT")]})
    await take(in_a_town, town_at, "review")
    assert refusal(await in_a_town.post(f"{town_at}:publish-notice", json=STEPS["publish-notice"])) == (
        403, "wrong-role",
    )  # fmt: skip


async def test_a_notice_without_targets_publishes_nothing(projects: Api, declare: Declare) -> None:
    bare, whole = await declare("APPROVED", targets=[]), await declare("APPROVED")
    at = await drafted(projects, listed(whole, "ADMIT"), listed(bare, "ADMIT"))
    await take(projects, at, "review")

    refused = await projects.post(f"{at}:publish-notice", json=STEPS["publish-notice"])
    assert (refusal(refused), refused.json()["project_id"]) == ((409, "target-missing"), bare["id"])
    assert (await projects.get(at)).json()["state"] == "REVIEWED"
    assert (await projects.get(f"/v1/projects/{whole['id']}")).json()["state"] == "APPROVED"


async def test_an_adjustment_is_not_jumped_by_editing(projects: Api, declare: Declare) -> None:
    at = await drafted(projects, listed(await declare("APPROVED"), "ADMIT"))
    for by in (projects.sql, projects.admin_sql):
        for jump in (
            "UPDATE projects.adjustment SET state = 'APPLIED'",
            "UPDATE projects.adjustment_step SET to_state = 'APPLIED'",
        ):
            with pytest.raises((psycopg.errors.RestrictViolation, psycopg.errors.InsufficientPrivilege)):
                await by(jump)
    for change in ("reason = 'x'", "outcome = 'APPLIED'"):
        with pytest.raises(psycopg.errors.CheckViolation) as refused:
            await projects.sql(f"UPDATE adjustment_item SET {change}")
        assert refused.value.diag.constraint_name == "adjustment_item_drafted"

    await take(projects, at, "review", "publish-notice")
    with pytest.raises(psycopg.errors.CheckViolation) as early:
        await projects.sql(
            """INSERT INTO adjustment_step
                 (adjustment_id, division_code, seq, from_state, to_state, happened_on, actor, scope, level,
                  document_ref)
               SELECT id, division_code, steps + 1, state, 'APPLIED', %s, 'x', 'x', 'COUNTY', 'x' FROM adjustment""",
            date(2018, 5, 30),
        )
    assert early.value.diag.constraint_name == "project_step_after_notice"
