"""Rosters compared: sums that PostgreSQL holds, conflicts that a person decides, a sign-off that freezes."""

import csv
import io
import json
from typing import Any

import openpyxl
import psycopg
import pytest

from tests.conftest import Api
from tests.registry.files import ROSTER, bad_cells, csv_file, housed, roster, run_again, send
from tests.registry.world import OTHER_VILLAGE, TOWN, VILLAGE, divisions, id_number

BASE = [housed(n) for n in range(1, 8)]
NEWER = [
    housed(1),
    housed(2, 清退原因="死亡"),
    housed(3, 证件号码=""),  # the same household, its number left out
    housed(4, 户主姓名="黎4"),  # the same number, another name
    housed(5, 户编号="", 证件号码="", 户主姓名="李5"),  # only name and village
    # 6 is not in the new data
    housed(7),
    housed(20, 居住类型="城镇"),
    housed(21, 居住类型="城镇"),
    housed(22, 清退原因="重复"),  # never in the base and not eligible either
]
APPRAISED = [housed(1, 鉴定日期="2017-08-01", 房屋等级="C级"), housed(2, 鉴定日期="2017-08-02", 房屋等级="D级")]


async def _compared(registry: Api) -> str:
    await divisions(registry)
    base = await roster(registry, BASE, "台账")
    newer = await roster(registry, NEWER, "最新数据", as_of="2018-04-30")
    appraised = await roster(registry, APPRAISED, "鉴定", kind="APPRAISAL", as_of="2017-12-01")
    return await _compare(registry, base, newer, [appraised])


async def _compare(registry: Api, base: str, newer: str, matches: list[str]) -> str:
    body = {"name": "比对", "base_roster_id": base, "newer_roster_id": newer, "match_roster_ids": matches}
    answer = await registry.post("/v1/comparisons", json=body | {"as_of": "2018-05-10"})
    assert answer.status_code == 202, answer.text
    await registry.drain()
    ended = (await registry.get(answer.headers["location"])).json()
    assert ended["state"] == "SUCCEEDED", ended
    return str(ended["id"])


async def _rows(registry: Api, id: str, **filters: str) -> list[dict[str, Any]]:
    answer = await registry.get(f"/v1/comparisons/{id}/rows", params=filters)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def _resolve(registry: Api, id: str, row: int, outcome: str) -> Any:
    return await registry.post(
        f"/v1/comparisons/{id}/rows/{row}:resolve", json={"outcome": outcome, "reason": "已与户口簿核对"}
    )


async def _signed_off(registry: Api) -> str:
    id = await _compared(registry)
    for row in await _rows(registry, id, outcome="CONFLICT"):
        assert (await _resolve(registry, id, row["row_no"], "KEPT")).status_code == 200
    answer = await registry.post(f"/v1/comparisons/{id}:sign-off")
    assert answer.status_code == 200, answer.text
    return id


async def test_every_row_is_classified_and_says_by_which_key(registry: Api) -> None:
    id = await _compared(registry)
    found = {row["name"]: row for row in await _rows(registry, id)}
    assert {name: (row["outcome"], row["matched_by"]) for name, row in found.items()} == {
        "李1": ("KEPT", "ID_NUMBER"),
        "李2": ("REMOVED", "ID_NUMBER"),
        "李3": ("KEPT", "HOUSEHOLD_NO"),
        "黎4": ("CONFLICT", "ID_NUMBER"),
        "李5": ("KEPT", "NAME_AND_DIVISION"),
        "李6": ("REMOVED", None),
        "李7": ("KEPT", "ID_NUMBER"),
        "李20": ("ADDED", None),
        "李21": ("ADDED", None),
        "李22": ("DROPPED", None),
    }
    assert (found["李2"]["reason"], found["李6"]["reason"]) == ("死亡", "NOT_IN_NEW_DATA")
    assert found["黎4"]["contradictions"] == ["NAME"]
    [match] = found["李1"]["matches"]
    assert (match["matched_by"], match["appraised_on"], match["house_grade"]) == ("ID_NUMBER", "2017-08-01", "C")
    assert "990000" not in str(found)


async def test_the_sums_are_served_and_agree(registry: Api) -> None:
    id = await _compared(registry)
    sums = (await registry.get(f"/v1/comparisons/{id}")).json()["sums"]
    assert sums == {
        "base_rows": 7, "kept": 4, "removed": 2, "added": 2, "conflicts": 1, "dropped": 1, "matched": 1, "unmatched": 3,
    }  # fmt: skip
    assert len(await _rows(registry, id, outcome="KEPT", matched="false")) == 3
    assert len(await _rows(registry, id, outcome="ADDED", residence="URBAN")) == 2
    assert len(await _rows(registry, id, reason="死亡")) == 1


async def test_the_rows_leave_as_files_with_the_lists_own_filters(registry: Api) -> None:
    id = await _compared(registry)
    address = f"/v1/comparisons/{id}/rows"
    lines = (await registry.get(f"{address}/export", params={"format": "ndjson", "outcome": "KEPT"})).text.splitlines()
    assert [json.loads(line) for line in lines] == await _rows(registry, id, outcome="KEPT")
    table = (await registry.get(f"{address}/export")).text.removeprefix("\ufeff")
    found = {row["户主姓名"]: row for row in csv.DictReader(io.StringIO(table))}
    assert (found["黎4"]["比对结果"], found["黎4"]["矛盾之处"], found["黎4"]["匹配依据"]) == (
        "待核",
        "姓名不同",
        "证件号码",
    )
    assert (found["李1"]["已鉴定"], found["李2"]["清退原因"]) == ("是", "死亡")
    assert (await registry.get(f"{address}/export", params={"format": "xlsx"})).status_code == 200
    assert (await registry.get(f"{address}/export", params={"known_at": "2018-01-01T00:00:00Z"})).status_code == 422


async def test_nobody_reaches_the_rows_but_through_their_table(registry: Api) -> None:
    id = await _compared(registry)
    for table in ("comparison_row", "comparison_match"):
        part = f"registry.{table}_{id.replace('-', '')}"
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await registry.sql(f"SELECT * FROM {part}")
        with pytest.raises(psycopg.errors.RestrictViolation):
            await registry.admin_sql(f"DELETE FROM {part}")
        assert await registry.sql(f"SELECT count(*) FROM {table}", division="230882102") == [(0,)]
    for function in ("pair_rosters", "match_rosters", "keep_comparison"):
        with pytest.raises(psycopg.errors.NoDataFound):
            await registry.sql(f"SELECT {function}(%s)", id)


async def test_a_person_decides_a_conflict_before_sign_off_and_nothing_changes_after(registry: Api) -> None:
    id = await _compared(registry)
    early = await registry.post(f"/v1/comparisons/{id}:sign-off")
    assert (early.status_code, early.json()["code"]) == (409, "conflicts-open")
    [row] = await _rows(registry, id, outcome="CONFLICT")
    assert (await _resolve(registry, id, row["row_no"], "DROPPED")).json()["code"] == "outcome-impossible"
    decided = await _resolve(registry, id, row["row_no"], "KEPT")
    assert decided.json()["sums"]["kept"] == 5
    again = await _resolve(registry, id, row["row_no"], "REMOVED")
    assert (again.status_code, again.json()["code"]) == (409, "not-in-conflict")
    [resolved] = [r for r in await _rows(registry, id, outcome="KEPT") if r["resolution"]]
    assert resolved["resolution"]["reason"] == "已与户口簿核对"

    signed = (await registry.post(f"/v1/comparisons/{id}:sign-off")).json()
    assert (signed["state"], signed["sums"]["conflicts"]) == ("SIGNED_OFF", 0)
    assert signed["signed_off_by"]
    for answer in (await registry.post(f"/v1/comparisons/{id}:sign-off"), await _resolve(registry, id, 1, "KEPT")):
        assert (answer.status_code, answer.json()["code"]) == (409, "comparison-frozen")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE comparison_row SET outcome = 'REMOVED', reason = 'x' WHERE comparison_id = %s AND outcome = 'KEPT'",
        """INSERT INTO comparison_row (comparison_id, row_no, county_code, division_code, newer_row_no, outcome)
           VALUES (%s, 99, '230882', '230882101201', 99, 'ADDED')""",
        "UPDATE comparison SET state = 'OPEN' WHERE id = %s",
        "UPDATE comparison SET kept = kept + 1, base_rows = base_rows + 1, matched = matched + 1 WHERE id = %s",
        "DELETE FROM comparison WHERE id = %s",
        "DELETE FROM comparison_row WHERE comparison_id = %s",
        "UPDATE roster_row SET name = 'x' WHERE roster_id IN (SELECT base_roster_id FROM comparison WHERE id = %s)",
        "UPDATE roster SET row_count = 1 WHERE id IN (SELECT base_roster_id FROM comparison WHERE id = %s)",
    ],
)
async def test_a_signed_off_comparison_is_frozen_for_sql_too(registry: Api, statement: str) -> None:
    id = await _signed_off(registry)
    with pytest.raises((psycopg.errors.RestrictViolation, psycopg.errors.InsufficientPrivilege)):
        await registry.sql(statement, id)


async def test_a_comparison_that_lost_a_row_cannot_be_signed_off(registry: Api) -> None:
    id = await _compared(registry)
    [row] = await _rows(registry, id, outcome="CONFLICT")
    await _resolve(registry, id, row["row_no"], "KEPT")
    await registry.admin_sql("ALTER TABLE registry.comparison_row DISABLE TRIGGER append_only")
    await registry.admin_sql("DELETE FROM registry.comparison_row WHERE comparison_id = %s AND row_no = 2", id)
    answer = await registry.post(f"/v1/comparisons/{id}:sign-off")
    assert (answer.status_code, answer.json()["code"]) == (409, "sums-disagree")


async def test_two_people_under_one_number_are_set_apart(registry: Api) -> None:
    await divisions(registry)
    base = await roster(registry, [housed(1), housed(2)], "台账")
    newer = await roster(registry, [housed(3, 1), housed(2)], "新", as_of="2018-04-30")
    id = await _compare(registry, base, newer, [])
    [row] = await _rows(registry, id, outcome="CONFLICT")
    assert (row["matched_by"], row["contradictions"]) == ("HOUSEHOLD_NO", ["ID_NUMBER", "NAME"])
    sums = (await _resolve(registry, id, row["row_no"], "ADDED")).json()["sums"]
    assert (sums["base_rows"], sums["kept"], sums["removed"], sums["added"]) == (2, 1, 1, 1)
    assert (await registry.post(f"/v1/comparisons/{id}:sign-off")).status_code == 200


async def test_an_id_number_standing_twice_is_a_conflict_and_no_row_is_counted_twice(registry: Api) -> None:
    await divisions(registry)
    base = await roster(registry, [housed(1), housed(1, 9), housed(2)], "台账")
    newer = await roster(registry, [housed(1), housed(2), housed(3), housed(3, 8)], "新", as_of="2018-04-30")
    id = await _compare(registry, base, newer, [])
    found = await _rows(registry, id, outcome="CONFLICT")
    assert sorted(row["contradictions"][-1] for row in found) == ["TWICE_IN_BASE", "TWICE_IN_BASE", "TWICE_IN_NEWER"]
    sums = (await registry.get(f"/v1/comparisons/{id}")).json()["sums"]
    assert (sums["base_rows"], sums["kept"], sums["conflicts"], sums["added"]) == (3, 1, 3, 0)


async def test_the_next_roster_is_who_was_kept_unmatched_and_who_was_added(registry: Api) -> None:
    id = await _compared(registry)
    body = {"name": "申请名单", "as_of": "2018-05-17", "rule": "UNMATCHED_AND_ADDED"}
    early = await registry.post(f"/v1/comparisons/{id}/roster", json=body)
    assert (early.status_code, early.json()["code"]) == (409, "comparison-not-signed-off")
    [row] = await _rows(registry, id, outcome="CONFLICT")
    await _resolve(registry, id, row["row_no"], "KEPT")
    await registry.post(f"/v1/comparisons/{id}:sign-off")
    answer = await registry.post(f"/v1/comparisons/{id}/roster", json=body)
    await registry.drain()
    next_id = answer.json()["id"]
    made = (await registry.get(f"/v1/rosters/{next_id}")).json()
    assert (made["state"], made["row_count"], made["kind"]) == ("READY", 6, "APPLICATION")
    names = [r["name"] for r in (await registry.get(f"/v1/rosters/{next_id}/rows")).json()["items"]]
    assert names == ["李3", "黎4", "李5", "李7", "李20", "李21"]
    added = (await registry.get(f"/v1/rosters/{next_id}/rows?outcome=ADDED")).json()["items"]
    assert {row["residence"] for row in added} == {"URBAN"}

    workbook = await registry.get(f"/v1/rosters/{next_id}.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(workbook.content)).active
    assert sheet.max_row == 7
    assert sheet.cell(2, 3).value == "李3"
    assert id_number(3).encode() not in workbook.content
    assert str(sheet.cell(2, 4).value).startswith("990*")
    assert (await registry.get(f"/v1/comparisons/{id}.xlsx")).status_code == 200


async def test_the_housing_figures_count_the_rows_that_their_addresses_list(registry: Api) -> None:
    before = (await registry.get("/v1/figures?as_of=2018-05-17")).json()["items"]
    assert [f["value"] for f in before if f["id"].startswith("housing_")] == [0] * 7
    id = await _signed_off(registry)
    body = {"name": "申请名单", "as_of": "2018-05-17"}
    await registry.post(f"/v1/comparisons/{id}/roster", json=body)
    await registry.drain()
    items = (await registry.get("/v1/figures?as_of=2018-05-17")).json()["items"]
    figures = {f["id"]: f for f in items if f["id"].startswith("housing_")}
    assert {name: f["value"] for name, f in figures.items()} == {
        "housing_roster": 7, "housing_removed": 2, "housing_eligible": 5, "housing_appraised": 1,
        "housing_not_appraised": 4, "housing_applied": 6, "housing_applied_urban": 2,
    }  # fmt: skip
    for one in figures.values():
        listed = await registry.get(one["href"], headers={"Prefer": "count=exact"})
        assert (listed.status_code, listed.json()["total_count"]) == (200, one["rows"]), one["href"]
    earlier = (await registry.get("/v1/figures?as_of=2018-05-01")).json()["items"]
    assert {f["value"] for f in earlier if f["id"].startswith("housing_")} == {0}


async def test_a_comparison_that_runs_again_after_a_crash_doubles_nothing(registry: Api) -> None:
    id = await _compared(registry)
    before = await registry.sql("SELECT count(*) FROM comparison_row")
    await registry.admin_sql("UPDATE registry.operation SET state = 'RUNNING', result = NULL WHERE kind = 'comparison'")
    await run_again(registry, id)
    assert (await registry.get(f"/v1/operations/{id}")).json()["state"] == "SUCCEEDED"
    assert await registry.sql("SELECT count(*) FROM comparison_row") == before


async def test_a_roster_with_a_bad_cell_is_refused_whole(registry: Api) -> None:
    await divisions(registry)
    file = csv_file(ROSTER, [housed(1), housed(2, 四类人员类别="贵族", 鉴定日期="2018-02-30"), housed(3)])
    ended = await send(registry, "/v1/rosters", file, name="台账", kind="HOUSING", as_of="2017-12-31")
    assert (ended["state"], ended["problem"]["code"]) == ("FAILED", "rows-refused")
    address = f"/v1/rosters/{ended['id']}"
    assert set(await bad_cells(registry, address)) == {
        (3, "category", "NOT_IN_LIST"),
        (3, "appraised_on", "NOT_A_DATE"),
    }
    assert (await registry.get(address)).json()["state"] == "REFUSED"
    assert (await registry.get(f"{address}/rows")).json()["items"] == []
    assert (await registry.get(f"{address}/errors.xlsx")).status_code == 200


async def test_a_town_sees_and_loads_only_its_own(registry: Api) -> None:
    await divisions(registry)
    clerk = registry.as_("town-clerk", TOWN[:9])
    theirs = housed(2, 行政区划代码=OTHER_VILLAGE)
    ended = await send(clerk, "/v1/rosters", csv_file(ROSTER, [housed(1), theirs]), name="台账", kind="OTHER",
                       as_of="2017-12-31")  # fmt: skip
    assert await bad_cells(clerk, f"/v1/rosters/{ended['id']}") == [(3, "division_code", "OUTSIDE_DIVISION")]
    county = await roster(registry, [housed(1), theirs], "全县")
    assert (await clerk.get(f"/v1/rosters/{county}")).status_code == 404
    own = await roster(clerk, [housed(1)], "本镇", kind="OTHER")
    listed = (await clerk.get("/v1/rosters?state=READY")).json()["items"]
    assert [r["id"] for r in listed] == [own]
    assert (await registry.get(f"/v1/rosters/{own}")).status_code == 200


async def test_other_columns_are_kept_only_when_asked(registry: Api) -> None:
    await divisions(registry)
    file = csv_file((*ROSTER, "备注"), [[*housed(1), "独居"]])
    form = {"name": "台账", "kind": "OTHER", "as_of": "2017-12-31"}
    refused = await send(registry, "/v1/rosters", file, **form)
    assert refused["problem"]["unknown"] == ["备注"]
    kept = await send(registry, "/v1/rosters", file, **form, keep_other_columns="true")
    [row] = (await registry.get(f"/v1/rosters/{kept['id']}/rows", params={"division": VILLAGE})).json()["items"]
    assert row["attributes"] == {"备注": "独居"}
