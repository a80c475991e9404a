"""Lists as files: the same rows as the list, safe in a spreadsheet, on record."""

import csv
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import anyio
import openpyxl
import pytest
from starlette.types import Message

from fupin.downloads import Download
from tests.conftest import Api
from tests.registry.files import housed, roster
from tests.registry.world import DAY, OTHER_VILLAGE, divisions, helper, household, id_number, made, member, pathway
from tests.slow_readers import slow_readers

PHONE, ACCOUNT = "13800138000", "6217000010001234567"


async def _three(registry: Api) -> list[dict[str, Any]]:
    await divisions(registry)
    person = member(1, name="=cmd|' /C calc'!A0", health=["CHRONIC", "DISABLED"], medical_insurance=True)
    return [
        await household(registry, 1, members=[person], phone=PHONE, bank_account=ACCOUNT, other_causes=["08", "09"]),
        await household(registry, 2, members=[member(2, name="王,“小”\n兰")], farmland_mu="12.50"),
        await household(registry, 3, OTHER_VILLAGE, status="EXITED", exited_on="2017-12-01"),
    ]


def _read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


async def test_a_csv_has_the_headings_of_imports_words_for_codes_and_no_formula(registry: Api) -> None:
    await _three(registry)
    found = await registry.get("/v1/households/export", params={"as_of": DAY})
    assert found.status_code == 200, found.text
    assert found.headers["content-type"] == "text/csv; charset=utf-8"
    assert found.headers["content-disposition"] == 'attachment; filename="households.csv"'
    assert found.content.startswith("\ufeff户编号,行政区划代码,户主姓名".encode())
    first, second, third = _read(found.text)
    assert first["户主姓名"] == "'=cmd|' /C calc'!A0"
    assert (first["户状态"], first["主要致贫原因"], first["其他致贫原因"]) == ("未脱贫", "因病", "缺劳力、缺资金")
    assert (first["联系电话"], first["识别日期"]) == ("138****8000", "2016-03-01")
    assert second["户主姓名"] == "王,“小”\n兰"
    assert second["耕地面积(亩)"] == "12.50"
    assert third["户状态"] == "已脱贫"
    plain = await registry.get("/v1/households/export", params={"as_of": DAY, "bom": "false", "status": "EXITED"})
    assert plain.text.startswith("户编号")
    assert len(_read(plain.text)) == 1


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx", "正常"])
async def test_what_could_be_a_formula_is_neutral_in_csv(registry: Api, text: str) -> None:
    await divisions(registry)
    await registry.admin_sql("ALTER TABLE registry.member DISABLE TRIGGER USER")
    made_ = await household(registry, 1)
    await registry.admin_sql("UPDATE registry.member SET name = %s WHERE household_id = %s", text, made_["id"])
    [row] = _read((await registry.get("/v1/members/export")).text.replace("\r\n", "\n"))
    assert row["姓名"] == (text if text == "正常" else "'" + text)


async def test_a_workbook_holds_typed_cells_and_text_that_is_no_formula(registry: Api) -> None:
    await _three(registry)
    found = await registry.get("/v1/members/export", params={"as_of": DAY, "format": "xlsx"})
    assert found.status_code == 200, found.text
    sheet = openpyxl.load_workbook(io.BytesIO(found.content)).active
    headings, *rows = sheet.iter_rows()
    at = {cell.value: n for n, cell in enumerate(headings)}
    assert rows[0][at["姓名"]].value == "=cmd|' /C calc'!A0"
    assert rows[0][at["姓名"]].data_type == "s"
    assert rows[0][at["健康状况"]].value == "长期慢性病、残疾"
    assert rows[0][at["医疗保险"]].value == "是"
    assert rows[0][at["证件号码"]].value.startswith("990****")
    households = await registry.get("/v1/households/export", params={"as_of": DAY, "format": "xlsx"})
    sheet = openpyxl.load_workbook(io.BytesIO(households.content)).active
    at = {cell.value: n for n, cell in enumerate(next(sheet.iter_rows()))}
    area, day = (sheet[3][at[heading]] for heading in ("耕地面积(亩)", "识别日期"))
    assert (area.value, day.is_date) == (12.5, True)


async def test_json_lines_are_the_rows_of_the_list(registry: Api) -> None:
    await _three(registry)
    for path in ("households", "members"):
        lines = await registry.get(f"/v1/{path}/export", params={"as_of": DAY, "format": "ndjson"})
        listed = await registry.get(f"/v1/{path}", params={"as_of": DAY})
        assert [json.loads(line) for line in lines.text.splitlines()] == listed.json()["items"]


async def test_every_list_can_be_taken_along(registry: Api) -> None:
    first, *_ = await _three(registry)
    await helper(registry, first["id"])
    await pathway(registry, first["id"], "LIVESTOCK", expected_income_fen=123_456)
    check = {"year": 2018, "item": "WATER", "result": "NOT_MET", "checked_on": "2018-03-01", "evidence": "+无井"}
    await made(registry.post(f"/v1/households/{first['id']}/guarantees", json=check))
    expected = {
        "household-pathways": {"脱贫路径": "畜牧养殖", "预计年收入(元)": "1234.56"},
        "helper-assignments": {"帮扶干部": "李建国", "包保级别": "市直部门包户", "帮扶责任人": "是"},
        "guarantees": {"项目": "饮水安全", "结果": "未达标", "依据": "'+无井"},
    }
    for path, words in expected.items():
        [row] = _read((await registry.get(f"/v1/{path}/export")).text)
        assert row["户编号"] == first["household_no"]
        assert words.items() <= row.items()
        for kind in ("ndjson", "xlsx"):
            assert (await registry.get(f"/v1/{path}/export", params={"format": kind})).status_code == 200


async def test_an_export_stays_in_the_callers_division_and_takes_the_filters_of_the_list(registry: Api) -> None:
    await _three(registry)
    clerk = registry.as_("town-clerk", "230882102")
    assert len(_read((await clerk.get("/v1/households/export", params={"as_of": DAY})).text)) == 1
    assert (await registry.get("/v1/households/export", params={"colour": "red"})).status_code == 422
    assert (await registry.get("/v1/households/export", params={"format": "pdf"})).status_code == 422
    assert (await registry.anonymous().get("/v1/households/export")).status_code == 401


async def test_every_export_is_on_record_with_its_filters_and_rows(registry: Api) -> None:
    await _three(registry)
    await registry.get("/v1/households/export", params={"as_of": DAY, "name": "小”"})
    trail = await registry.admin_sql(
        "SELECT action, actor, object_id, change FROM registry.audit WHERE kind = 'households' ORDER BY id"
    )
    assert [row[0] for row in trail] == ["EXPORT", "EXPORTED"]
    assert trail[1][3] == {"format": "csv", "rows": 1, "complete": True}
    assert trail[0][1].startswith("county-admin")
    assert trail[0][2] == trail[1][2]
    assert "小" not in str(trail)


async def test_numbers_leave_in_the_clear_only_for_a_purpose_and_into_each_households_history(registry: Api) -> None:
    first, second, third = await _three(registry)
    body = {"purpose": "一卡通发放前核对账号"}
    admin = registry.as_("county-admin", sub="li.si")
    found = await admin.post("/v1/households:export?division=230882101", json=body, key="twice")
    assert found.status_code == 200, found.text
    assert [(row["联系电话"], row["银行账号"]) for row in _read(found.text)] == [(PHONE, ACCOUNT), ("", "")]
    for kind in ("ndjson", "xlsx"):
        found = await admin.post(f"/v1/members:export?household_id={first['id']}", json=body | {"format": kind})
        assert found.status_code == 200, found.text
        if kind == "ndjson":
            assert json.loads(found.text)["id_number"] == id_number(1)
        else:
            assert id_number(1) in [cell.value for cell in openpyxl.load_workbook(io.BytesIO(found.content)).active[2]]
    for one, times in ((first, 3), (second, 1), (third, 0)):
        seen = (await registry.get(f"/v1/households/{one['id']}/accesses")).json()["items"]
        assert [(row["kind"], row["actor"], row["purpose"]) for row in seen] == [
            ("EXPORT", "li.si", "一卡通发放前核对账号")
        ] * times
    for role in ("village-cadre", "auditor"):
        refused = await registry.as_(role, "230882").post("/v1/households:export", json=body)
        assert refused.status_code == 403
    assert (await registry.post("/v1/households:export", json={"purpose": "  "})).status_code == 422
    kept = await registry.admin_sql("SELECT count(*) FROM registry.idempotency")
    assert kept == [(0,)]


async def test_the_access_history_is_only_ever_added_to(registry: Api) -> None:
    await _three(registry)
    await registry.post("/v1/households:export", json={"purpose": "核对账号名单"})
    for statement in ("UPDATE household_access SET actor = 'x'", "DELETE FROM household_access"):
        with pytest.raises(Exception, match="refused"):
            await registry.sql(statement)


async def test_a_list_of_rosters_and_the_gaps_leave_with_the_lists_own_filters(registry: Api) -> None:
    await _three(registry)
    gaps = _read((await registry.get("/v1/helper-gaps/export", params={"on": DAY, "division": "230882101"})).text)
    listed = (await registry.get("/v1/helper-gaps", params={"on": DAY, "division": "230882101"})).json()["items"]
    assert [(row["类别"], row["户编号"]) for row in gaps] == [
        ("镇" if one["kind"] == "TOWN" else "户", one["household_no"]) for one in listed
    ]
    id = await roster(registry, [housed(1)], "=台账")
    for kind, params in (("csv", {}), ("ndjson", {}), ("xlsx", {}), ("csv", {"known_at": "2018-01-01T00:00:00Z"})):
        found = await registry.get("/v1/rosters/export", params={"format": kind, "kind": "HOUSING", **params})
        assert found.status_code == 200, found.text
        if kind == "csv":
            assert [row["名称"] for row in _read(found.text)] == ([] if params else ["'=台账"])
        elif kind == "ndjson":
            assert json.loads(found.text) == (await registry.get("/v1/rosters")).json()["items"][0]
    refused = await registry.get(f"/v1/rosters/{id}/rows/export", params={"known_at": "2018-01-01T00:00:00Z"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "known_at"), refused.text


async def test_slow_readers_take_no_turn_of_ordinary_requests(registry: Api) -> None:
    await _three(registry)
    most = (registry.settings.pool_size - 1) // 2
    async with slow_readers(registry, ["/v1/households/export"] * most):
        for path in ("/v1/members/export", "/v1/frame"):
            refused = await registry.get(path)
            assert (refused.status_code, refused.json()["code"]) == (503, "too-many-exports")
            assert refused.headers["retry-after"] == "30"
        assert (await registry.get("/v1/households")).status_code == 200
    assert (await registry.get("/v1/members/export")).status_code == 200


async def test_a_reader_who_stalls_is_cut_off_and_the_stream_ends_there_and_then() -> None:
    ended = []

    async def blocks() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x" * 10
        finally:
            ended.append(True)

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            await anyio.sleep_forever()

    async def receive() -> Message:
        await anyio.sleep_forever()
        raise AssertionError

    with anyio.fail_after(10):
        await Download(blocks(), stalled=0.05)(
            {"type": "http", "path": "/x", "asgi": {"version": "3.0", "spec_version": "2.4"}}, receive, send
        )
    assert ended == [True]
