"""Task forces, meetings, action items, tips, campaigns, and the figures they make."""

from typing import Any

from tests.conftest import Api
from tests.inspection.conftest import COUNTY, Drawn, Json, all_of, new_team, ok, village

AS_OF = "2018-05-17"


async def task_force(inspection: Api, theme: str = "WATER", **other: Any) -> Json:
    body = {"division_code": COUNTY, "theme": theme, "leader_unit": "水务局", "valid_from": "2018-03-01"}
    return await ok(inspection.post("/v1/task-forces", json=body | other))


async def meet(inspection: Api, kind: str = "JOINT", held_on: str = "2018-03-12", **other: Any) -> Json:
    body = {
        "division_code": COUNTY,
        "kind": kind,
        "subject": "会议",
        "held_on": held_on,
        "place": "会议室",
        "minutes": "纪要",
    }
    return await ok(inspection.post("/v1/meetings", json=body | other))


async def figures(inspection: Api, as_of: str = AS_OF) -> dict[str, Json]:
    found = await ok(inspection.get(f"/v1/figures?as_of={as_of}"), 200)
    assert found["as_of"] == as_of
    return {figure["id"]: figure for figure in found["items"]}


async def test_one_task_force_for_a_theme_at_a_time(inspection: Api) -> None:
    first = await task_force(inspection)
    body = {"division_code": COUNTY, "theme": "WATER", "leader_unit": "水利局", "valid_from": "2018-09-01"}

    refused = await inspection.post("/v1/task-forces", json=body)
    await ok(inspection.patch(f"/v1/task-forces/{first['id']}", version=1, json={"valid_to": "2018-09-01"}), 200)
    successor = await inspection.post("/v1/task-forces", json=body)

    assert (refused.status_code, refused.json()["code"]) == (409, "task-force-still-at-work")
    assert successor.status_code == 201
    assert [t["id"] for t in await all_of(inspection, "/v1/task-forces?on=2018-08-31")] == [first["id"]]
    assert [t["id"] for t in await all_of(inspection, "/v1/task-forces?on=2018-09-01")] == [successor.json()["id"]]


async def test_a_change_from_an_old_version_is_refused(inspection: Api) -> None:
    path = f"/v1/task-forces/{(await task_force(inspection))['id']}"

    assert (await inspection.patch(path, json={"leader_unit": "b"})).status_code == 428
    assert (await inspection.patch(path, version=1, json={"leader_unit": "b"})).status_code == 200
    assert (await inspection.patch(path, version=1, json={"leader_unit": "c"})).status_code == 412
    assert (await inspection.patch(path, version=2, json={"leader_unit": None})).status_code == 422
    assert (await inspection.patch(path, version=2, json={})).status_code == 422
    shown = await inspection.get(path)
    assert (shown.json()["leader_unit"], shown.headers["etag"]) == ("b", '"2"')
    assert (await inspection.get(path, headers={"If-None-Match": '"2"'})).status_code == 304


async def test_a_working_system_is_in_force_once(inspection: Api) -> None:
    body = {"division_code": COUNTY, "kind": "JOINT_MEETING", "established_on": "2018-02-28", "document": "3号"}
    made = await ok(inspection.post("/v1/working-systems", json=body))

    refused = await inspection.post("/v1/working-systems", json=body | {"established_on": "2018-05-01"})

    assert (refused.status_code, refused.json()["code"]) == (409, "system-already-in-force")
    changed = await inspection.patch(f"/v1/working-systems/{made['id']}", version=1, json={"document": "4号"})
    assert changed.json()["document"] == "4号"


async def test_a_meeting_names_what_its_kind_needs(inspection: Api) -> None:
    force = await task_force(inspection)
    body = {"division_code": COUNTY, "subject": "s", "held_on": "2018-03-12", "place": "p", "minutes": "m"}

    for wrong, code in (
        ({"kind": "TASK_FORCE"}, "task-force-meeting-needs-its-task-force"),
        ({"kind": "JOINT", "task_force_id": force["id"]}, "task-force-meeting-needs-its-task-force"),
        ({"kind": "NEGOTIATION"}, "negotiation-needs-its-matter"),
    ):
        refused = await inspection.post("/v1/meetings", json=body | wrong)
        assert (refused.status_code, refused.json()["code"]) == (422, code)
    made = await meet(inspection, "TASK_FORCE", task_force_id=force["id"])
    assert [m["id"] for m in await all_of(inspection, f"/v1/meetings?task_force_id={force['id']}")] == [made["id"]]
    corrected = await inspection.patch(f"/v1/meetings/{made['id']}", version=1, json={"minutes": "更正"})
    assert corrected.json()["minutes"] == "更正"


async def test_an_action_item_is_overdue_until_it_is_done(inspection: Api) -> None:
    meeting = await meet(inspection, held_on="2018-03-12")
    path = f"/v1/meetings/{meeting['id']}/action-items"
    task = {"task": "完成改造计划", "owner": "水务局", "due_on": "2018-03-30"}
    item = await ok(inspection.post(path, json=task))

    early = await inspection.post(path, json=task | {"due_on": "2018-03-11"})
    assert (early.status_code, early.json()["code"]) == (422, "done-before-the-meeting")
    assert await all_of(inspection, "/v1/action-items?overdue_on=2018-03-30") == []
    assert [i["id"] for i in await all_of(inspection, "/v1/action-items?overdue_on=2018-03-31")] == [item["id"]]

    await ok(inspection.patch(f"/v1/action-items/{item['id']}", version=1, json={"done_on": "2018-04-02"}), 200)

    assert len(await all_of(inspection, "/v1/action-items?overdue_on=2018-04-01")) == 1  # it was late that day
    assert await all_of(inspection, "/v1/action-items?overdue_on=2018-04-02") == []
    assert len(await all_of(inspection, "/v1/action-items?done=true&owner=水务局")) == 1


async def test_a_work_tip_has_its_number_once_and_stands_as_issued(inspection: Api) -> None:
    tip = {"division_code": COUNTY, "issue_no": 1, "issued_on": "2018-03-05", "title": "提示", "content": "内容"}
    made = await ok(inspection.post("/v1/work-tips", json=tip))

    again = await inspection.post("/v1/work-tips", json=tip)
    next_year = await inspection.post("/v1/work-tips", json=tip | {"issued_on": "2019-03-05"})

    assert (again.status_code, again.json()["code"]) == (409, "tip-number-taken")
    assert next_year.status_code == 201
    assert (await inspection.get(f"/v1/work-tips/{made['id']}")).json() == made


async def test_a_campaign_has_each_of_its_ones_once(inspection: Api) -> None:
    campaign = await ok(
        inspection.post(
            "/v1/campaigns",
            json={"division_code": COUNTY, "theme": "自强、感恩、文明", "notice": "通知", "launched_on": "2018-03-20"},
        )
    )
    activity = {"kind": "TROUPE", "started_on": "2018-04-01", "description": "建立一支文艺队伍"}
    path = f"/v1/campaigns/{campaign['id']}/activities"
    await ok(inspection.post(path, json=activity))

    again = await inspection.post(path, json=activity)

    assert (again.status_code, again.json()["code"]) == (409, "activity-already-in-campaign")
    early = await inspection.patch(f"/v1/campaigns/{campaign['id']}", version=1, json={"ended_on": "2018-03-20"})
    assert (early.status_code, early.json()["code"]) == (422, "campaign-ends-before-it-begins")
    await ok(inspection.patch(f"/v1/campaigns/{campaign['id']}", version=1, json={"ended_on": "2018-12-31"}), 200)
    assert await all_of(inspection, "/v1/campaigns?on=2018-12-31") == []


async def test_every_figure_counts_the_rows_that_its_address_lists(inspection: Api, drawn: Drawn) -> None:
    force = await task_force(inspection)
    await meet(inspection, "TASK_FORCE", task_force_id=force["id"])
    await meet(inspection, "NEGOTIATION", matter="MEDICAL")
    await meet(inspection, "NEGOTIATION", matter="FINANCE")
    await new_team(inspection, "一")
    await new_team(inspection, "驻村", kind="VILLAGE_WORK", home=village(0, 0))
    await drawn()

    found = await figures(inspection)

    assert {id: figure["value"] for id, figure in found.items() if figure["value"]} == {
        "task_forces": 1, "task_force_meetings": 1, "medical_negotiations": 1, "inspection_teams": 1,
        "village_work_teams": 1, "poor_villages_supervised": 2, "villages_sampled_per_town": 4,
        "households_sampled_per_village": 10,
    }  # fmt: skip
    for figure in found.values():
        listed = await inspection.get(figure["href"], headers={"Prefer": "count=exact"})
        assert (listed.status_code, listed.json()["total_count"]) == (200, figure["rows"]), figure
    first = await ok(inspection.get(f"/v1/supervised-villages?on={AS_OF}&limit=1"), 200)
    second = await ok(inspection.get(f"/v1/supervised-villages?on={AS_OF}&limit=1&cursor={first['next_cursor']}"), 200)
    assert [v["village_code"] for v in first["items"] + second["items"]] == [village(0, 0), village(1, 0)]
    assert (first["items"][0]["plans"], second["next_cursor"]) == (["FJ-2018-1"], None)
    assert (found["villages_sampled_per_town"]["rows"], found["households_sampled_per_village"]["rows"]) == (8, 100)


async def test_a_figure_changes_when_a_meeting_is_held(inspection: Api) -> None:
    before = (await figures(inspection))["joint_meetings"]["value"]
    await meet(inspection, held_on=AS_OF)
    await meet(inspection, held_on="2018-05-18")

    assert before == 0
    assert (await figures(inspection))["joint_meetings"]["value"] == 1
    assert (await figures(inspection, "2018-05-18"))["joint_meetings"]["value"] == 2


async def test_towns_that_give_different_numbers_are_shown_as_an_interval(inspection: Api, drawn: Drawn) -> None:
    await drawn(villages=4)  # three villages besides the poor one
    found = await figures(inspection)
    assert found["villages_sampled_per_town"]["value"] == 3

    assert (await figures(inspection, "2018-05-09"))["villages_sampled_per_town"]["value"] is None  # before the period


async def test_a_filter_that_is_not_known_is_refused(inspection: Api) -> None:
    for path in ("/v1/meetings?kind=PARTY", "/v1/meetings?held_by=2018-05-17", "/v1/teams?on=today"):
        assert (await inspection.get(path)).status_code == 422


async def test_what_happened_is_in_the_audit(inspection: Api) -> None:
    await task_force(inspection)

    entries = await all_of(inspection.as_("auditor"), "/v1/audit?kind=task_force")

    assert [(entry["action"], entry["actor"]) for entry in entries] == [("INSERT", "county-admin@230882")]


async def test_a_task_force_reports_each_month_once_and_who_is_late_is_known(inspection: Api) -> None:
    water, housing = await task_force(inspection), await task_force(inspection, "HOUSING")
    await task_force(inspection, "HEALTH", valid_from="2018-06-01")
    report = {"month": "2018-05", "progress": "完成12村", "next_steps": "管网改造", "reported_on": "2018-06-04"}
    path = f"/v1/task-forces/{water['id']}/reports"

    made = await ok(inspection.post(path, json=report))
    for wrong, refused in (
        ({}, (409, "month-reported")),
        ({"month": "2018-02"}, (409, "task-force-not-at-work")),
        ({"month": "2018-07"}, (422, "reported-before-its-month")),
        ({"month": "2018-13"}, (422, "invalid")),
    ):
        answer = await inspection.post(path, json=report | wrong)
        assert (answer.status_code, answer.json()["code"]) == refused, wrong

    async def late(by: str) -> list[tuple[str, str | None]]:
        return [
            (f["id"], f["reported_on"])
            for f in await all_of(inspection, f"/v1/late-task-force-reports?month=2018-05&by={by}")
        ]

    assert made["month"] == "2018-05-01"
    assert await late("2018-06-03") == [(water["id"], "2018-06-04"), (housing["id"], None)]
    assert await late("2018-06-04") == [(housing["id"], None)]
    assert len(await all_of(inspection, "/v1/task-force-reports?theme=WATER&month=2018-05")) == 1
    assert await all_of(inspection, "/v1/task-force-reports?theme=HOUSING") == []


async def test_minutes_and_evidence_are_attached_and_calendars_show_meetings_and_what_is_due(inspection: Api) -> None:
    meeting = await meet(inspection, held_on="2018-03-12")
    task = {"task": "完成改造计划", "owner": "水务局", "due_on": "2018-03-30"}
    item = await ok(inspection.post(f"/v1/meetings/{meeting['id']}/action-items", json=task))
    paper = {"file": ("纪要.pdf", b"%PDF-1.7\n" + b"1 0 obj" * 20)}
    for path in (f"/v1/meetings/{meeting['id']}", f"/v1/action-items/{item['id']}"):
        await ok(inspection.post(f"{path}/attachments", files=paper))
        assert len(await all_of(inspection, f"{path}/attachments")) == 1

    async def calendar(of: str, **filters: Any) -> str:
        asked = {"kind": of, "name": "联席会议", "filters": filters}
        url = (await ok(inspection.post("/v1/calendars", json=asked)))["url"]
        answer = await inspection.anonymous().get(url[url.index("/v1/") :])
        assert answer.status_code == 200
        return answer.text

    meetings, due = await calendar("meetings", kind="JOINT"), await calendar("action-items", owner="水务局")
    await ok(inspection.patch(f"/v1/action-items/{item['id']}", version=1, json={"done_on": "2018-04-02"}), 200)
    done = await calendar("action-items")

    assert ("SUMMARY:联席会议：会议" in meetings, "DTSTART;VALUE=DATE:20180312" in meetings) == (True, True)
    assert ("SUMMARY:逾期：完成改造计划" in due, "SUMMARY:已完成：完成改造计划" in done) == (True, True)
    assert "BEGIN:VEVENT" not in await calendar("meetings", kind="LEADING_GROUP")
