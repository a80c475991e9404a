"""A change is proposed by one person, reviewed by the town, and approved by somebody else for the county."""

import asyncio

import psycopg
import pytest

from tests.conftest import Api
from tests.registry import world
from tests.registry.changes import EVIDENCE, approved, cadre, clerk, code, members, officer, step, submitted


async def test_a_change_is_applied_when_a_second_person_approves_it(registry: Api) -> None:
    await world.divisions(registry)
    home = await world.household(registry, 1, phone="13800138000")
    request = await submitted(
        cadre(registry), "HOUSEHOLD", household_id=home["id"], version=1,
        change={"house_grade": "B", "phone": "13900139000", "other_causes": ["03"]},
    )  # fmt: skip
    assert request["state"] == "SUBMITTED"
    assert request["proposal"]["change"] == {"house_grade": "B", "phone": "139****9000", "other_causes": ["03"]}
    assert (await registry.get(f"/v1/households/{home['id']}")).json()["house_grade"] is None
    reviewed = await step(clerk(registry), request["id"], "review", note="入户核实")
    assert reviewed.json()["state"] == "TOWN_REVIEWED"
    done = (await step(officer(registry), request["id"], "approve")).json()

    now = (await registry.get(f"/v1/households/{home['id']}")).json()
    assert (now["house_grade"], now["phone"], now["other_causes"], now["version"]) == ("B", "139****9000", ["03"], 2)
    assert done["state"] == "APPROVED"
    assert [(s["to_state"], s["actor"], s["actor_division"], s["scope"], s["note"]) for s in done["steps"]] == [
        ("SUBMITTED", "cadre", "230882101", "registry:write", ""),
        ("TOWN_REVIEWED", "clerk-230882101000", "230882101", "registry:review", "入户核实"),
        ("APPROVED", "officer", "230882", "registry:approve", ""),
    ]


async def test_members_are_changed_added_and_removed_by_request(registry: Api) -> None:
    await world.divisions(registry)
    home = await world.household(registry, 1)
    person = (await members(registry, home["id"]))["王1"]
    new = world.member(
        2, relation="10", sex="2", birth_date="1961-02-03", disability_certificate="99000019600101002142"
    )
    request = await submitted(cadre(registry), "ADD_MEMBER", household_id=home["id"], version=1, member=new)
    assert request["proposal"]["member"]["id_number"] == "990***************"
    assert request["proposal"]["member"]["birth_date"] == "****-**-**"
    stored = str(await registry.admin_sql("SELECT shown, proposal_enc, a.change FROM registry.change_request,"
                                          " registry.audit a WHERE a.kind = 'change_request'"))  # fmt: skip
    for secret in (new["id_number"], "1961-02-03", "99000019600101002142"):
        assert secret not in stored
    why = {"purpose": "核对身份证件"}
    assert code(await step(cadre(registry), request["id"], "unmask", **why)) == (403, "insufficient-scope")
    seen = await step(clerk(registry), request["id"], "unmask", **why)
    assert seen.json()["proposal"]["member"]["id_number"] == new["id_number"]
    audited = "SELECT actor, purpose FROM registry.audit WHERE action = 'UNMASK' AND kind = 'change_request'"
    assert await registry.admin_sql(audited) == [("clerk-230882101000", "核对身份证件")]
    await step(clerk(registry), request["id"], "review")
    assert (await step(officer(registry), request["id"], "approve")).status_code == 200
    change = {"name": "王大", "medical_insurance": True}
    await approved(registry, cadre(registry), "MEMBER", member_id=person["id"], version=1, change=change)
    added = (await members(registry, home["id"]))["王2"]
    await approved(registry, cadre(registry), "REMOVE_MEMBER", member_id=added["id"], version=1, died_on="2018-03-01")
    assert [*await members(registry, home["id"])] == ["王大"]
    assert {*await members(registry, home["id"], as_of="2018-02-01")} >= {"王2"}
    assert (await registry.get(f"/v1/households/{home['id']}")).json()["version"] == 4


async def test_a_request_made_from_an_older_version_goes_back_and_changes_nothing(registry: Api) -> None:
    await world.divisions(registry)
    home = await world.household(registry, 1)
    request = await submitted(cadre(registry), "HOUSEHOLD", household_id=home["id"], version=1,
                              change={"house_grade": "B"})  # fmt: skip
    await step(clerk(registry), request["id"], "review")
    await registry.patch(f"/v1/households/{home['id']}", version=1, json={"house_grade": "D"})
    refused = await step(officer(registry), request["id"], "approve")
    assert code(refused) == (409, "change-request-outdated")
    assert (await registry.get(f"/v1/households/{home['id']}")).json()["house_grade"] == "D"
    back = (await registry.get(f"/v1/change-requests/{request['id']}")).json()
    assert (back["state"], back["decided_by"]) == ("RETURNED", None)

    assert code(await step(clerk(registry), request["id"], "resubmit", version=2)) == (403, "not-your-request")
    assert code(await step(cadre(registry), request["id"], "resubmit", version=1)) == (412, "stale")
    again = (await step(cadre(registry), request["id"], "resubmit", version=2)).json()
    assert (again["state"], again["reviewed_by"], again["base_version"]) == ("SUBMITTED", None, 2)
    await step(clerk(registry), request["id"], "review")
    assert (await step(officer(registry), request["id"], "approve")).json()["state"] == "APPROVED"
    assert (await registry.get(f"/v1/households/{home['id']}")).json()["house_grade"] == "B"


async def test_nobody_approves_what_they_submitted_or_reviewed(registry: Api) -> None:
    await world.divisions(registry)
    home = await world.household(registry, 1)
    one, two = officer(registry, "one"), officer(registry, "two")
    request = await submitted(one, "HOUSEHOLD", household_id=home["id"], version=1, change={"house_grade": "B"})
    assert code(await step(two, request["id"], "approve")) == (409, "change-not-in-order")
    assert code(await step(one, request["id"], "refuse", reason="误填")) == (409, "two-people-needed")
    assert (await step(two, request["id"], "review")).status_code == 200
    assert code(await step(two, request["id"], "review")) == (409, "change-not-in-order")
    for api in (one, two):
        assert code(await step(api, request["id"], "approve")) == (409, "two-people-needed")
    assert code(await step(two, request["id"], "withdraw")) == (403, "not-your-request")
    assert code(await step(clerk(registry), request["id"], "approve")) == (403, "insufficient-scope")
    assert code(await step(clerk(registry), request["id"], "refuse", reason="不实")) == (403, "insufficient-scope")
    refused = (await step(officer(registry, "three"), request["id"], "refuse", reason="证明材料不足")).json()
    assert (refused["state"], refused["note"], refused["decided_by"]) == ("REFUSED", "证明材料不足", "three")
    for verb, body in (("review", {}), ("approve", {}), ("refuse", {"reason": "x"}), ("resubmit", {"version": 1})):
        assert code(await step(officer(registry, "four"), request["id"], verb, **body)) == (409, "change-not-in-order")
    again = await submitted(one, "HOUSEHOLD", household_id=home["id"], version=1, change={"house_grade": "B"})
    assert (await step(one, again["id"], "withdraw", note="已另行办理")).json()["state"] == "WITHDRAWN"
    assert (await registry.get(f"/v1/households/{home['id']}")).json()["version"] == 1
    listed = await registry.get("/v1/change-requests", params={"state": ["REFUSED", "WITHDRAWN"]})
    assert len(listed.json()["items"]) == 2


async def test_the_database_itself_refuses_a_maker_who_approves(registry: Api) -> None:
    await world.divisions(registry)
    home = await world.household(registry, 1)
    made = await submitted(officer(registry, "tester"), "HOUSEHOLD", household_id=home["id"], version=1,
                           change={"house_grade": "B"})  # fmt: skip
    approve = "UPDATE registry.change_request SET state = 'APPROVED', decided_by = %s, decided_at = now() WHERE id = %s"
    for name, constraint in (("tester", "ck_change_request_order"), ("other", "ck_change_request_order")):
        with pytest.raises(psycopg.errors.CheckViolation) as refused:
            await registry.sql(approve, name, made["id"])
        assert refused.value.diag.constraint_name == constraint
    await step(clerk(registry), made["id"], "review")
    for name, constraint in (("tester", "ck_change_request_two_people"), ("other", "ck_change_request_actor")):
        with pytest.raises(psycopg.errors.CheckViolation) as refused:
            await registry.sql(approve, name, made["id"])
        assert refused.value.diag.constraint_name == constraint
    for forbidden in (
        "UPDATE registry.change_request SET submitted_by = 'other'",
        "UPDATE registry.change_request SET proposal_enc = ''",
        "DELETE FROM registry.change_request",
        "INSERT INTO registry.change_request_step (change_request_id, seq) SELECT id, 9 FROM registry.change_request",
        "DELETE FROM registry.change_request_step",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await registry.sql(forbidden)
    for forbidden in ("UPDATE registry.change_request_step SET actor = 'x'",
                      "TRUNCATE registry.change_request_step"):  # fmt: skip
        with pytest.raises(psycopg.errors.RestrictViolation):
            await registry.admin_sql(forbidden)


async def test_of_two_approvers_at_once_one_applies_the_change(registry: Api) -> None:
    await world.divisions(registry)
    home = await world.household(registry, 1)
    request = await submitted(cadre(registry), "ADD_MEMBER", household_id=home["id"], version=1,
                              member=world.member(2, relation="10"))  # fmt: skip
    await step(clerk(registry), request["id"], "review")
    both = await asyncio.gather(
        *(step(officer(registry, name), request["id"], "approve") for name in ("one", "two", "three"))
    )
    assert sorted(answer.status_code for answer in both) == [200, 409, 409]
    assert {answer.json()["code"] for answer in both if answer.status_code == 409} == {"change-not-in-order"}
    assert len(await members(registry, home["id"])) == 2


async def test_two_requests_from_one_version_are_not_both_applied(registry: Api) -> None:
    await world.divisions(registry)
    home = await world.household(registry, 1)
    ids = []
    for grade in ("B", "C"):
        request = await submitted(cadre(registry), "HOUSEHOLD", household_id=home["id"], version=1,
                                  change={"house_grade": grade})  # fmt: skip
        await step(clerk(registry), request["id"], "review")
        ids.append(request["id"])
    both = await asyncio.gather(*(step(officer(registry), id, "approve") for id in ids))
    assert sorted(code(answer) if answer.is_error else (200, "") for answer in both) == [
        (200, ""), (409, "change-request-outdated"),
    ]  # fmt: skip


async def test_outside_its_division_a_request_does_not_exist(registry: Api) -> None:
    await world.divisions(registry)
    home = await world.household(registry, 1)
    request = await submitted(cadre(registry), "HOUSEHOLD", household_id=home["id"], version=1,
                              change={"house_grade": "B"})  # fmt: skip
    elsewhere = clerk(registry, world.OTHER_TOWN)
    assert (await elsewhere.get(f"/v1/change-requests/{request['id']}")).status_code == 404
    assert (await elsewhere.get("/v1/change-requests")).json()["items"] == []
    for verb, body in (("review", {}), ("refuse", {"reason": "x"}), ("withdraw", {}), ("resubmit", {"version": 1})):
        assert (await step(elsewhere, request["id"], verb, **body)).status_code == 404
    body = {"proposal": {"kind": "HOUSEHOLD", "household_id": home["id"], "version": 1, "change": {}}} | EVIDENCE
    assert (await elsewhere.post("/v1/change-requests", json=body)).status_code == 404


async def test_what_cannot_be_applied_is_refused_whole_and_stays_open(registry: Api) -> None:
    await world.divisions(registry)
    home = await world.household(registry, 1)
    wrong = world.member(2, id_number="990000196001010012", relation="10")
    body = {"proposal": {"kind": "ADD_MEMBER", "household_id": home["id"], "version": 1, "member": wrong}} | EVIDENCE
    refused = await registry.post("/v1/change-requests", json=body)
    assert refused.json()["errors"][0]["pointer"] == "/proposal/member/id_number"
    request = await submitted(cadre(registry), "ADD_MEMBER", household_id=home["id"], version=1,
                              member=world.member(5, relation="10"))  # fmt: skip
    await step(clerk(registry), request["id"], "review")
    await world.household(registry, 5)  # registers the same person elsewhere
    assert code(await step(officer(registry), request["id"], "approve")) == (409, "person-registered")
    assert (await registry.get(f"/v1/change-requests/{request['id']}")).json()["state"] == "TOWN_REVIEWED"
    assert (await registry.get(f"/v1/households/{home['id']}")).json()["version"] == 1
