"""Reports: what a round covered, what it found, how much of that was put right on any day, on paper and as a file."""

import re
from typing import Any

import pytest

from tests.conftest import Api
from tests.inspection.conftest import Drawn, Json, all_of, new_team, ok, town, village
from tests.inspection.test_findings import find, reported, take


async def closed(inspection: Api, finding: Json, team: Json, on: str) -> None:
    await reported(inspection, finding)
    await ok(take(inspection, finding, "recheck", on, team_id=team["id"], passed=True), 200)
    await ok(take(inspection, finding, "close", on), 200)


async def test_coverage_counts_what_was_visited_replaced_and_failed_of_what_was_drawn(
    inspection: Api, drawn: Drawn
) -> None:
    plan, drawing = await drawn()
    team = await new_team(inspection, "一")
    path = f"/v1/plans/{plan['id']}/coverage"
    none = await ok(inspection.get(path), 200)
    await ok(inspection.post(f"/v1/draws/{drawing['id']}/visits", json={"team_ids": [team["id"]]}))
    main = await all_of(inspection, f"/v1/visits?village={village(0, 0)}")
    await inspection.sql(
        "UPDATE visit SET state = 'DONE', visited_on = '2018-05-11', reported_by = 't' WHERE id = %s", main[0]["id"]
    )
    await inspection.sql(
        "UPDATE visit SET state = 'FAILED', failure = 'AWAY', visited_on = '2018-05-12', reported_by = 't'"
        " WHERE id = %s",
        main[1]["id"],
    )
    await ok(inspection.post(f"/v1/visits/{main[1]['id']}:replace", json={"planned_on": "2018-05-14"}))

    found = await ok(inspection.get(f"{path}?on=2018-05-12"), 200)
    day_before = await ok(inspection.get(f"{path}?on=2018-05-11"), 200)

    assert (none["villages_drawn"], none["households_drawn"], none["rate_ppm"]) == (10, 100, 0)
    assert [(row["stratum"], row["town_code"], row["villages_in_frame"], row["villages_drawn"]) for row in
            found["items"]] == [("KEY", town(0), 1, 1), ("KEY", town(1), 1, 1), ("SAMPLE", town(0), 5, 4),
                                ("SAMPLE", town(1), 5, 4)]  # fmt: skip
    first = found["items"][0]
    assert {k: v for k, v in first.items() if k.startswith("households")} == {
        "households_drawn": 10, "households_visited": 1, "households_replaced": 1, "households_failed": 1,
    }  # fmt: skip
    assert (first["villages_visited"], found["villages_visited"], found["rate_ppm"]) == (1, 1, 10_000)
    assert day_before["items"][0]["households_failed"] == 0
    # What coverage counts, the list of visits lists.
    of_town = f"/v1/visits?draw_id={drawing['id']}&town={town(0)}&visited_by="
    for day, state, rows in (
        ("2018-05-12", "DONE", 1), ("2018-05-10", "DONE", 0), ("2018-05-12", "FAILED", 1), ("2018-05-11", "FAILED", 0),
    ):  # fmt: skip
        assert len(await all_of(inspection, f"{of_town}{day}&state={state}")) == rows, (day, state)
    assert [visit["replaces"] for visit in await all_of(inspection, "/v1/visits?replacement=true")] == [main[1]["id"]]
    assert len(await all_of(inspection, "/v1/visits?replacement=false")) == 100
    assert await all_of(inspection, f"/v1/visits?replacement=true&town={town(1)}") == []
    of_plan = f"plan_id={plan['id']}"
    for path_of, rows in (
        (f"visits?{of_plan}", 101), ("visits?plan_id=" + team["id"], 0), (f"drawn-villages?{of_plan}", 10),
        (f"drawn-villages?{of_plan}&visited_by=2018-05-11", 1), (f"drawn-villages?{of_plan}&visited_by=2018-05-10", 0),
        (f"drawn-households?{of_plan}&role=MAIN", 100), (f"drawn-households?{of_plan}&role=MAIN&town={town(0)}", 50),
    ):  # fmt: skip
        assert len(await all_of(inspection, f"/v1/{path_of}")) == rows, path_of
    sheet = (await inspection.get(f"{path}/export?on=2018-05-12&format=csv")).text.splitlines()
    assert sheet[0].split(",")[1:4] == ["督查层", "镇代码", "框内村"]
    assert len(sheet) == 5


async def test_the_rate_of_rectification_is_known_for_any_day(inspection: Api) -> None:
    team = await new_team(inspection, "一")
    first = await find(inspection)
    await find(inspection, found_on="2018-05-28", severity="MINOR", kind="05", working_days=2)
    await find(inspection, division_code=village(1, 0), found_on="2018-06-11", kind="05", working_days=5)
    await closed(inspection, first, team, "2018-05-30")
    await ok(take(inspection, first, "reopen", "2018-06-06", working_days=5), 200)

    rates = await ok(inspection.get("/v1/rectification-rates?since=2018-05-16&until=2018-06-20"), 200)
    by_day = {row["on"]: (row["found"], row["closed"], row["overdue"], row["rate_ppm"]) for row in rates["items"]}

    assert len(by_day) == 36
    for day, expected in {
        "2018-05-16": (0, 0, 0, None),
        "2018-05-17": (1, 0, 0, 0),
        "2018-05-29": (2, 0, 0, 0),
        "2018-05-30": (2, 1, 0, 500_000),
        "2018-05-31": (2, 1, 1, 500_000),  # the second was due on the 30th
        "2018-06-06": (2, 0, 1, 0),  # the first was reopened
        "2018-06-11": (3, 0, 1, 0),
        "2018-06-20": (3, 0, 3, 0),
    }.items():
        assert by_day[day] == expected, day
        # the same day by day: what the list of findings says
        on = f"/v1/findings?on={day}"
        listed = await all_of(inspection, on)
        assert (len(listed), sum(f["state"] == "CLOSED" for f in listed), sum(f["overdue"] for f in listed)) == (
            expected[:3]
        ), day
    one_town = await ok(inspection.get(f"/v1/rectification-rates?until=2018-06-20&division={town(1)}"), 200)
    assert [(row["found"], row["overdue"]) for row in one_town["items"]] == [(1, 1)]
    assert (await inspection.get("/v1/rectification-rates?since=2018-06-02&until=2018-06-01")).status_code == 422
    counts = await ok(inspection.get("/v1/finding-counts?on=2018-05-31"), 200)
    assert [(c["kind"], c["severity"], c["town_code"], c["found"], c["closed"], c["overdue"]) for c in
            counts["items"]] == [("05", "MINOR", town(0), 1, 0, 1), ("06", "MAJOR", town(0), 1, 1, 0)]  # fmt: skip


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_a_rounds_report_is_printed_without_anybodys_name(inspection: Api, drawn: Drawn, language: str) -> None:
    plan, drawing = await drawn()
    team = await new_team(inspection, "一")
    await ok(inspection.post(f"/v1/draws/{drawing['id']}/visits", json={"team_ids": [team["id"]]}))
    visit = (await all_of(inspection, f"/v1/visits?village={village(0, 0)}"))[0]
    told: dict[str, Any] = {"division_code": None, "visit_id": visit["id"], "subject": "HOUSEHOLD", "kind": "05"}
    await find(inspection, **told, description="赵某家住房未鉴定", responsible_unit="<b>住建局</b>", working_days=1)
    await find(inspection)  # of no visit of this plan

    mine = await all_of(inspection, f"/v1/findings?plan_id={plan['id']}")
    assert [finding["finding_no"] for finding in mine] == ["2018-0001"]
    assert await all_of(inspection, f"/v1/findings?plan_id={team['id']}") == []

    answer = await inspection.get(
        f"/v1/plans/{plan['id']}/report-sheet?on=2018-05-31", headers={"Accept-Language": language}
    )
    page = answer.text

    assert (answer.status_code, answer.headers["content-language"]) == (200, language)
    assert "script-src" not in answer.headers["content-security-policy"]
    assert ("赵某" not in page, "&lt;b&gt;住建局" in page, visit["household_no"] not in page) == (True, True, True)
    assert [word in page for word in (plan["plan_no"], drawing["seed"], "0-0村", "2018-0001", "2018-0002")] == [
        True, True, True, True, False,
    ]  # fmt: skip
    assert len(re.findall(r"<h2>", page)) == 3
    assert ("住房安全" if language == "zh-CN" else "Safe housing") in page


async def test_findings_leave_as_a_workbook_or_a_file_with_chinese_headings(inspection: Api) -> None:
    await find(inspection, responsible_unit="=1+1")

    sheet = await inspection.get("/v1/findings/export?format=csv&on=2018-05-20")
    book = await inspection.get("/v1/findings/export?format=xlsx&on=2018-05-20")

    head, row = sheet.text.lstrip("\ufeff").splitlines()[:2]
    assert head.startswith("编号,问题编号,行政区划代码,对象")
    assert ("饮水安全" in row, "待整改" in row, "'=1+1" in row) == (True, True, True)
    assert (book.status_code, book.content[:2]) == (200, b"PK")
