"""From declaration to closing: who takes which step, in which order, and what is refused by which name."""

from datetime import date
from itertools import pairwise
from typing import Any

import psycopg
import pytest

from services.projects.codes.library import LibraryState
from services.projects.rules.library import MOVES
from tests.conftest import Api
from tests.projects.conftest import PATH, TOWN, VILLAGE, Declare, project_body, refusal


async def test_a_project_goes_through_the_library_step_by_step(projects: Api, declare: Declare) -> None:
    project = await declare("CLOSED")

    steps = (await projects.get(f"/v1/projects/{project['id']}/steps")).json()["items"]

    assert [step["to_state"] for step in steps] == list(LibraryState)[:11]
    assert steps[0]["from_state"] is None
    assert all(after["from_state"] == before["to_state"] for before, after in pairwise(steps))
    assert [step["on"] for step in steps[1:]] == [step["on"] for _, step in PATH]
    assert {step["actor"] for step in steps} == {"county-admin@230882"}
    assert steps[2]["opinion"] == "可行"


async def test_every_verb_is_refused_where_it_does_not_begin(projects: Api, declare: Declare) -> None:
    states: dict[str, str] = {"DECLARED": (await declare())["id"]}
    for state, _ in pairwise(list(LibraryState)[1:11]):
        states[state.value] = (await declare(state.value))["id"]

    for state, project_id in states.items():
        for move in MOVES:
            if state not in move.by:
                answer = await projects.post(
                    f"/v1/projects/{project_id}:{move.verb}", json={"opinion": "x", "document_ref": "x"}
                )
                assert refusal(answer) == (409, "wrong-order"), (state, move.verb)
        assert (await projects.get(f"/v1/projects/{project_id}")).json()["state"] == state


async def test_the_order_in_the_database_is_the_order_in_the_rules(projects: Api) -> None:
    [(check,)] = await projects.admin_sql(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ck_project_step_order'"
    )
    states = ", ".join(f"('{state}'::varchar)" for state in LibraryState)
    held = await projects.admin_sql(
        f"SELECT * FROM (VALUES {states}) a (from_state), (VALUES {states}) b (to_state)"
        f" WHERE {check.removeprefix('CHECK ')}"
    )
    assert set(held) == {(begin.value, move.to.value) for move in MOVES for begin in move.by}


async def test_a_step_without_its_scope_is_refused(projects: Api, declare: Declare) -> None:
    at = f"/v1/projects/{(await declare())['id']}"
    for verb, role, division in (
        ("review", "village-cadre", VILLAGE),
        ("argue", "town-clerk", TOWN),
        ("approve", "town-clerk", TOWN),
        ("publish-notice", "finance-checker", None),
        ("admit", "village-cadre", VILLAGE),
        ("accept", "town-clerk", TOWN),
        ("close", "auditor", None),
    ):
        answer = await projects.as_(role, division).post(f"{at}:{verb}", json={"opinion": "x"})
        assert refusal(answer) == (403, "insufficient-scope"), verb


async def test_a_step_by_the_wrong_role_or_level_is_refused_by_name(projects: Api, declare: Declare) -> None:
    declared = await declare()
    reviewed = await declare("TOWN_REVIEWED")
    admitted = await declare("ADMITTED")
    cadre, clerk = projects.as_("village-cadre", VILLAGE), projects.as_("town-clerk", TOWN)
    county_rights_in_a_town = projects.as_("county-admin", TOWN)
    review_rights_in_a_village = projects.as_("town-clerk", VILLAGE)

    async def take(api: Api, project: dict[str, Any], verb: str) -> tuple[int, str]:
        body = {"opinion": "理由", "document_ref": "备案 1 号"}
        return refusal(await api.post(f"/v1/projects/{project['id']}:{verb}", json=body))

    wrong = (403, "wrong-role")
    assert await take(cadre, declared, "return") == wrong
    assert await take(review_rights_in_a_village, declared, "review") == wrong
    assert await take(clerk, reviewed, "reject") == wrong
    assert await take(county_rights_in_a_town, reviewed, "argue") == wrong
    assert await take(clerk, admitted, "withdraw") == wrong


async def test_the_town_reviews_what_its_village_declared(projects: Api) -> None:
    declared = await projects.as_("village-cadre", VILLAGE).post("/v1/projects", json=project_body())
    assert declared.status_code == 201
    reviewed = await projects.as_("town-clerk", TOWN).post(
        f"/v1/projects/{declared.json()['id']}:review", json={"on": "2018-03-02", "document_ref": "镇政发〔2018〕1号"}
    )

    assert (reviewed.json()["state"], reviewed.json()["state_since"]) == ("TOWN_REVIEWED", "2018-03-02")
    steps = (await projects.get(f"/v1/projects/{declared.json()['id']}/steps")).json()["items"]
    assert [(step["level"], step["scope"], step["actor"]) for step in steps] == [
        ("VILLAGE", "projects:write", f"village-cadre@{VILLAGE}"),
        ("TOWN", "projects:review", "town-clerk@230882101"),
    ]


async def test_the_notice_runs_ten_working_days_of_the_official_calendar(projects: Api, declare: Declare) -> None:
    project = await declare("APPROVED")
    # From Friday 2018-04-20: 28 April is a worked Saturday, 29 April to 1 May are off.
    noticed = await projects.post(
        f"/v1/projects/{project['id']}:publish-notice", json={"on": "2018-04-20", "document_ref": "公示 1 号"}
    )
    assert noticed.status_code == 200

    last = (await projects.get(f"/v1/projects/{project['id']}/steps")).json()["items"][-1]
    assert last["notice_until"] == "2018-05-07"
    early = await projects.post(f"/v1/projects/{project['id']}:admit", json={"on": last["notice_until"]})
    assert refusal(early) == (409, "notice-running")
    assert early.json()["notice_until"] == last["notice_until"]
    after = await projects.post(f"/v1/projects/{project['id']}:admit", json={"on": "2018-05-08"})
    assert after.json()["state"] == "ADMITTED"


async def test_a_shorter_notice_than_ten_days_cannot_be_ordered(projects: Api, declare: Declare) -> None:
    project = await declare("APPROVED")
    answer = await projects.post(f"/v1/projects/{project['id']}:publish-notice", json={"days": 9})
    assert refusal(answer) == (422, "invalid")
    assert answer.json()["errors"][0]["pointer"] == "/days"


async def test_no_target_no_admission(projects: Api, declare: Declare) -> None:
    project = await declare("NOTICED", targets=[])
    assert refusal(await projects.post(f"/v1/projects/{project['id']}:admit", json={})) == (409, "target-missing")


async def test_an_open_objection_blocks_and_an_upheld_one_sends_back(projects: Api, declare: Declare) -> None:
    project = await declare("NOTICED")
    at = f"/v1/projects/{project['id']}"
    objection = (await projects.post(f"{at}/objections", json={"on": "2018-03-22", "matter": "用地有争议"})).json()

    assert refusal(await projects.post(f"{at}:admit", json={})) == (409, "objection-open")
    resolved = await projects.post(
        f"/v1/objections/{objection['id']}:resolve",
        json={"on": "2018-04-02", "outcome": "UPHELD", "resolution": "用地手续不全"},
    )
    assert (resolved.status_code, resolved.json()["resolved_by"]) == (200, "county-admin@230882")
    assert refusal(await projects.post(f"{at}:admit", json={})) == (409, "objection-upheld")
    returned = await projects.post(f"{at}:return", json={"on": "2018-04-03", "opinion": "补办用地手续"})
    assert returned.json()["state"] == "RETURNED"

    # Declared again, it runs through a notice of its own, which the old objection does not touch.
    again = {
        "redeclare": "2018-04-08",
        "review": "2018-04-09",
        "argue": "2018-04-10",
        "approve": "2018-04-11",
        "publish-notice": "2018-04-12",
        "admit": "2018-05-15",
    }
    for verb, day in again.items():
        answer = await projects.post(f"{at}:{verb}", json={"on": day, "opinion": "同意", "document_ref": "1 号"})
        assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == "ADMITTED"


async def test_a_dismissed_objection_does_not_block(projects: Api, declare: Declare) -> None:
    project = await declare("NOTICED")
    objection = await projects.post(
        f"/v1/projects/{project['id']}/objections", json={"on": "2018-03-20", "matter": "受益户名单"}
    )
    resolution = {"outcome": "DISMISSED", "resolution": "名单无误"}
    resolve = f"/v1/objections/{objection.json()['id']}:resolve"
    assert (await projects.post(resolve, json=resolution)).status_code == 200
    assert refusal(await projects.post(resolve, json=resolution)) == (409, "objection-resolved")
    assert (await projects.post(f"/v1/projects/{project['id']}:admit", json={})).json()["state"] == "ADMITTED"


async def test_objections_are_heard_while_the_notice_runs_only(projects: Api, declare: Declare) -> None:
    approved, noticed = await declare("APPROVED"), await declare("NOTICED")
    for project, day in ((approved, "2018-03-20"), (noticed, "2018-03-18"), (noticed, "2018-04-03")):
        answer = await projects.post(f"/v1/projects/{project['id']}/objections", json={"on": day, "matter": "x"})
        assert refusal(answer) == (409, "no-notice-running"), day


async def test_steps_are_dated_in_order_and_never_in_the_future(projects: Api, declare: Declare) -> None:
    at = f"/v1/projects/{(await declare('TOWN_REVIEWED'))['id']}:argue"
    before = await projects.post(at, json={"on": "2018-03-04", "opinion": "可行"})
    assert refusal(before) == (409, "step-before-last")
    after = await projects.post(at, json={"on": "2018-06-30", "opinion": "可行"})
    assert refusal(after) == (422, "day-in-future")


async def test_opinions_and_filings_are_asked_for(projects: Api, declare: Declare) -> None:
    reviewed, admitted = await declare("TOWN_REVIEWED"), await declare("ADMITTED")
    for verb in ("argue", "return", "reject"):
        answer = await projects.post(f"/v1/projects/{reviewed['id']}:{verb}", json={})
        assert refusal(answer) == (422, "opinion-missing")
    withdraw = f"/v1/projects/{admitted['id']}:withdraw"
    assert refusal(await projects.post(withdraw, json={})) == (422, "filing-missing")
    withdrawn = await projects.post(withdraw, json={"document_ref": "富扶备〔2018〕3号"})
    assert withdrawn.json()["state"] == "WITHDRAWN"


async def test_steps_rest_on_documents_of_their_kind(projects: Api, declare: Declare) -> None:
    for state, verb, needs in (
        ("ARGUED", "approve", "APPROVAL"),
        ("APPROVED", "publish-notice", "NOTICE"),
        ("COMPLETED", "accept", "ACCEPTANCE_REPORT"),
    ):
        at = f"/v1/projects/{(await declare(state))['id']}"
        other = {"documents": [{"kind": "OTHER", "document_ref": "富农发〔2018〕7号"}]}
        for body in ({}, other):
            refused = await projects.post(f"{at}:{verb}", json=body)
            assert (refusal(refused), refused.json()["needs"]) == ((422, "document-missing"), needs)

    # By its number, or as the paper itself.
    paper = await projects.post(f"{at}/attachments", files={"file": ("验收.pdf", b"%PDF-1.7 ...")})
    documents = [
        {"kind": "ACCEPTANCE_REPORT", "attachment_id": paper.json()["id"]},
        {"kind": "OTHER", "document_ref": "富农发〔2018〕7号"},
    ]
    accepted = await projects.post(f"{at}:accept", json={"documents": documents})
    assert accepted.json()["state"] == "ACCEPTED"
    found = (await projects.get(f"{at}/documents")).json()["items"]
    assert [(paper["step_seq"], paper["kind"]) for paper in found] == [
        (4, "APPROVAL"),
        (5, "NOTICE"),
        (9, "ACCEPTANCE_REPORT"),
        (9, "OTHER"),
    ]
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.RestrictViolation)):
        await projects.sql("UPDATE project_document SET kind = 'OTHER'")


async def test_a_document_without_a_type_or_without_its_paper_is_refused_by_name(
    projects: Api, declare: Declare
) -> None:
    project, other = await declare("ARGUED"), await declare()
    at = f"/v1/projects/{project['id']}"

    async def approve(**document: Any) -> tuple[int, str]:
        return refusal(await projects.post(f"{at}:approve", json={"document_ref": "1 号", "documents": [document]}))

    assert await approve(document_ref="2 号") == (422, "document-untyped")
    assert await approve(kind="LETTER", document_ref="2 号") == (422, "invalid")
    assert await approve(kind="OTHER") == (422, "invalid")
    elsewhere = await projects.post(
        f"/v1/projects/{other['id']}/attachments", files={"file": ("a.pdf", b"%PDF-1.7 ...")}
    )
    assert await approve(kind="OTHER", attachment_id=elsewhere.json()["id"]) == (409, "no-such-attachment")
    erased = await projects.post(f"{at}/attachments", files={"file": ("a.pdf", b"%PDF-1.7 ...")})
    await projects.http.delete(f"/v1/attachments/{erased.json()['id']}")
    assert await approve(kind="OTHER", attachment_id=erased.json()["id"]) == (409, "no-such-attachment")
    assert (await projects.get(at)).json()["state"] == "ARGUED"


async def test_history_cannot_be_rewritten_with_the_services_own_login(projects: Api, declare: Declare) -> None:
    project = await declare("ARGUED")
    for statement in (
        "UPDATE project_step SET opinion = 'x'",
        "DELETE FROM project_step",
        "TRUNCATE project_step",
    ):
        with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.RestrictViolation)):
            await projects.sql(statement)
    with pytest.raises(psycopg.errors.RestrictViolation):
        await projects.admin_sql("UPDATE projects.project_step SET opinion = 'x'")
    steps = (await projects.get(f"/v1/projects/{project['id']}/steps")).json()["items"]
    assert [step["opinion"] for step in steps] == [None, None, "可行"]


async def test_a_state_cannot_be_jumped_by_editing(projects: Api, declare: Declare) -> None:
    project = await declare()
    for jump in ({"state": "ADMITTED"}, {"steps": 6}):
        edited = await projects.patch(f"/v1/projects/{project['id']}", version=1, json=jump)
        assert (refusal(edited), edited.json()["errors"][0]["pointer"]) == ((422, "invalid"), f"/{next(iter(jump))}")
    for by in (projects.sql, projects.admin_sql):
        with pytest.raises(psycopg.errors.RestrictViolation):
            await by("UPDATE projects.project SET state = 'ADMITTED'")
        with pytest.raises(psycopg.errors.RestrictViolation):
            await by("UPDATE projects.project SET steps = 5")
    # Nor by a step that PostgreSQL alone judges.
    step = """
        INSERT INTO project_step
               (project_id, division_code, seq, from_state, to_state, happened_on, actor, scope, level, opinion)
        SELECT id, division_code, steps + 1, %s, %s, '2018-05-01', 'x', 'x', 'COUNTY', 'x' FROM project"""
    for begin, end in (("DECLARED", "ADMITTED"), ("NOTICED", "ADMITTED"), ("TOWN_REVIEWED", "ARGUED")):
        with pytest.raises(psycopg.errors.CheckViolation) as refused:
            await projects.sql(step, begin, end)
        assert refused.value.diag.constraint_name == "ck_project_step_order"


async def test_postgresql_judges_admission_for_itself(projects: Api, declare: Declare) -> None:
    async def admit(day: date) -> str | None:
        with pytest.raises(psycopg.errors.CheckViolation) as refused:
            await projects.sql(
                """INSERT INTO project_step
                     (project_id, division_code, seq, from_state, to_state, happened_on, actor, scope, level)
                   SELECT id, division_code, steps + 1, state, 'ADMITTED', %s, 'x', 'x', 'COUNTY' FROM project""",
                day,
            )
        return refused.value.diag.constraint_name

    project = await declare("NOTICED", targets=[])
    assert await admit(date(2018, 3, 18)) == "project_step_dates_ascend"
    assert await admit(date(2018, 3, 30)) == "project_step_after_notice"
    assert await admit(date(2018, 4, 3)) == "project_step_with_target"
    await projects.sql(
        "INSERT INTO performance_target (project_id, division_code, metric, target, unit)"
        " SELECT id, division_code, 'x', 1, 'x' FROM project"
    )
    await projects.post(f"/v1/projects/{project['id']}/objections", json={"on": "2018-03-20", "matter": "x"})
    assert await admit(date(2018, 4, 3)) == "project_step_objection_open"


async def test_a_project_does_not_stand_without_its_declaration(projects: Api, declare: Declare) -> None:
    await declare()
    with pytest.raises(psycopg.errors.ForeignKeyViolation) as refused:
        await projects.sql("""
            INSERT INTO project (county_code, project_no, title, category, division_code, declaring_unit,
              implementing_unit, responsible_person, build_type, content, starts_on, ends_on, expected_beneficiaries,
              declared_on)
            SELECT county_code, 'other', title, category, division_code, declaring_unit, implementing_unit,
              responsible_person, build_type, content, starts_on, ends_on, 0, declared_on FROM project;
            SET CONSTRAINTS ALL IMMEDIATE""")
    assert refused.value.diag.constraint_name == "fk_project_standing"


async def test_every_step_is_audited(projects: Api, declare: Declare) -> None:
    project = await declare("TOWN_REVIEWED")
    rows = await projects.admin_sql(
        "SELECT actor, action, change FROM projects.audit WHERE kind = 'project' AND object_id = %s ORDER BY id",
        project["id"],
    )
    assert [(actor, action) for actor, action, _ in rows] == [
        ("county-admin@230882", "INSERT"),
        ("county-admin@230882", "UPDATE"),
    ]
    assert rows[1][2]["state"] == ["DECLARED", "TOWN_REVIEWED"]
