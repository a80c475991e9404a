"""Files into the registry: all of a file or nothing of it, every bad cell told, the same file twice changes nothing."""

import io

import openpyxl
import pytest
import xlsxwriter

from fupin.operations import Progress
from tests.conftest import Api
from tests.registry.files import HOUSEHOLDS, bad_cells, csv_file, imported, person, run_again, send, xlsx_file
from tests.registry.world import COUNTY, OTHER_VILLAGE, TOWN, VILLAGE, divisions, id_number

TWO_HOUSEHOLDS = [person(1, 1), person(2, 1, "配偶"), person(3, 2)]


async def _count(registry: Api, path: str) -> int:
    answer = await registry.get(path, headers={"Prefer": "count=exact"})
    assert answer.status_code == 200, answer.text
    total: int = answer.json()["total_count"]
    return total


def _wrong_check_digit(seed: int) -> str:
    number = id_number(seed)
    return number[:-1] + ("1" if number[-1] == "0" else "0")


@pytest.mark.parametrize("kind", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "xlsx"])
async def test_households_come_from_workbooks_and_from_text_in_every_encoding_counties_send(
    registry: Api, kind: str
) -> None:
    await divisions(registry)
    file = (
        xlsx_file(HOUSEHOLDS, TWO_HOUSEHOLDS, title="富锦市建档立卡户")
        if kind == "xlsx"
        else csv_file(HOUSEHOLDS, TWO_HOUSEHOLDS, kind)
    )
    done = await imported(registry, "HOUSEHOLDS", file)
    assert (done["state"], done["rows_read"], done["rows_valid"], done["added"]) == ("DONE", 3, 3, 2)
    page = (await registry.get("/v1/households", params={"as_of": "2018-05-17"})).json()
    assert [h["household_no"] for h in page["items"]] == [f"{VILLAGE}-0001", f"{VILLAGE}-0002"]
    members = (await registry.get(f"/v1/households/{page['items'][0]['id']}/members")).json()["items"]
    assert [(m["name"], m["relation"]) for m in members] == [("张1", "02"), ("张2", "10")]
    assert "990000" not in str(page) + str(members)


async def test_money_is_exact_and_personal_numbers_are_sealed(registry: Api) -> None:
    await divisions(registry)
    await imported(registry, "HOUSEHOLDS", csv_file(HOUSEHOLDS, TWO_HOUSEHOLDS))
    [[wage, persons]] = await registry.sql(
        "SELECT wage_fen, persons FROM household_income i JOIN household h ON h.id = i.household_id"
        " WHERE household_no = %s", f"{VILLAGE}-0001",
    )  # fmt: skip
    assert (wage, persons) == (123456, 2)
    rows = await registry.sql("SELECT id_number_enc, id_number_index, id_number_mask FROM member ORDER BY name")
    vault = registry.runtime.vault
    opened = [vault.open(sealed, "registry.member.id_number") for sealed, _, _ in rows]
    assert opened == [id_number(n) for n in (1, 2, 3)]
    assert rows[0][1] == vault.index(id_number(1), "registry.member.id_number")
    assert all(mask.startswith("990*") for _, _, mask in rows)


async def test_every_bad_cell_is_reported_and_nothing_changes(registry: Api) -> None:
    await divisions(registry)
    rows = [
        person(1, 1, 证件号码="99000019600101001", 识别日期="2018年5月", 民族="火星族"),
        person(2, 2, 证件号码="9.90E+17", 收入年度="", 性别=""),
        person(3, 3, 证件号码=_wrong_check_digit(3), 行政区划代码="230882999999"),
        person(4, 4, "配偶", 居住类型="农村", 户状态="未脱贫", 识别日期=""),
        person(5, 5),
    ]
    ended = await send(registry, "/v1/imports", csv_file(HOUSEHOLDS, rows), kind="HOUSEHOLDS")
    assert ended["state"] == "FAILED"
    assert ended["problem"]["code"] == "rows-refused"
    assert ended["problem"]["title_zh"]
    assert set(await bad_cells(registry, f"/v1/imports/{ended['id']}")) == {
        (2, "id_number", "ID_LENGTH"),
        (2, "identified_on", "MONTH_ONLY"),
        (2, "nationality", "NOT_IN_LIST"),
        (3, "id_number", "SCIENTIFIC_NOTATION"),
        (3, "income_year", "REQUIRED"),
        (3, "sex", "REQUIRED"),
        (4, "id_number", "ID_CHECK_DIGIT"),
        (4, "division_code", "UNKNOWN_DIVISION"),
        (5, "identified_on", "REQUIRED"),
        (5, "relation", "NO_HEAD"),
    }
    assert await _count(registry, "/v1/households") == 0
    errors = (await registry.get(f"/v1/imports/{ended['id']}/errors")).json()["items"]
    assert errors[0]["zh"]
    assert errors[0]["heading"]


async def test_the_good_rows_can_be_taken_household_by_household(registry: Api) -> None:
    await divisions(registry)
    rows = [person(1, 1), person(2, 1, "配偶", 性别="?"), person(3, 2)]
    done = await imported(registry, "HOUSEHOLDS", csv_file(HOUSEHOLDS, rows), mode="valid_rows")
    assert (done["state"], done["rows_valid"], done["errors"], done["added"]) == ("DONE", 1, 1, 1)
    [[number]] = await registry.sql("SELECT household_no FROM household")
    assert number == f"{VILLAGE}-0002"


async def test_the_same_file_again_changes_nothing(registry: Api) -> None:
    await divisions(registry)
    state = "SELECT (SELECT jsonb_agg(h ORDER BY id) FROM household h), (SELECT jsonb_agg(m ORDER BY id) FROM member m)"
    await imported(registry, "HOUSEHOLDS", csv_file(HOUSEHOLDS, TWO_HOUSEHOLDS))
    before = await registry.sql(state)
    again = await imported(registry, "HOUSEHOLDS", xlsx_file(HOUSEHOLDS, TWO_HOUSEHOLDS[::-1]))
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 2)
    assert await registry.sql(state) == before


async def test_a_corrected_file_changes_only_what_it_corrects(registry: Api) -> None:
    await divisions(registry)
    await imported(registry, "HOUSEHOLDS", csv_file(HOUSEHOLDS, TWO_HOUSEHOLDS))
    rows = [person(1, 1, 住房等级="D"), person(2, 1, "配偶", 健康状况="健康"), person(4, 1, "子"), person(3, 2)]
    done = await imported(registry, "HOUSEHOLDS", csv_file(HOUSEHOLDS, rows))
    assert (done["state"], done["added"], done["changed"], done["unchanged"]) == ("DONE", 0, 1, 1)
    assert await registry.sql("SELECT house_grade, version FROM household ORDER BY household_no") == [
        ("D", 2),
        ("C", 1),
    ]
    assert await registry.sql("SELECT name, health, version FROM member ORDER BY name") == [
        ("张1", ["CHRONIC", "DISABLED"], 1),
        ("张2", ["HEALTHY"], 2),
        ("张3", ["CHRONIC", "DISABLED"], 1),
        ("张4", ["CHRONIC", "DISABLED"], 1),
    ]


async def test_an_import_changes_no_status_and_moves_no_household(registry: Api) -> None:
    await divisions(registry)
    await imported(registry, "HOUSEHOLDS", csv_file(HOUSEHOLDS, TWO_HOUSEHOLDS))
    exited = person(1, 1, 户状态="已脱贫", 脱贫日期="2017-12-01")
    rows = [exited, person(2, 1, "配偶"), person(3, 2, 行政区划代码=OTHER_VILLAGE)]
    done = await imported(registry, "HOUSEHOLDS", csv_file(HOUSEHOLDS, rows))
    assert done["state"] == "REFUSED"
    assert set(await bad_cells(registry, f"/v1/imports/{done['id']}")) == {
        (2, "status", "STATUS_BY_PROCEDURE"),
        (4, "division_code", "MOVES_BY_PROCEDURE"),
    }


async def test_a_dry_run_tells_the_errors_and_takes_nothing(registry: Api) -> None:
    await divisions(registry)
    done = await imported(registry, "HOUSEHOLDS", csv_file(HOUSEHOLDS, TWO_HOUSEHOLDS), validate_only="true")
    assert (done["state"], done["rows_valid"], done["added"]) == ("CHECKED", 3, 0)
    assert await _count(registry, "/v1/households") == 0


async def test_one_id_number_in_two_households_is_left_to_a_person(registry: Api) -> None:
    await divisions(registry)
    await imported(registry, "HOUSEHOLDS", csv_file(HOUSEHOLDS, [person(1, 1)]))
    done = await imported(registry, "HOUSEHOLDS", csv_file(HOUSEHOLDS, [person(1, 7), person(8, 8)]), mode="valid_rows")
    assert (done["added"], done["errors"]) == (1, 1)
    [item] = (await registry.get("/v1/review-items", params={"closed": "false"})).json()["items"]
    assert item["kind"] == "SAME_ID_NUMBER"
    assert (item["household_no"], item["other_household_no"]) == (f"{VILLAGE}-0001", f"{VILLAGE}-0007")
    closed = await registry.post(
        f"/v1/review-items/{item['id']}:close", json={"decision": "ONE_PERSON", "reason": "同一人，以0001户为准"}
    )
    assert closed.status_code == 200, closed.text
    again = await registry.post(
        f"/v1/review-items/{item['id']}:close", json={"decision": "TWO_PERSONS", "reason": "再次"}
    )
    assert (again.status_code, again.json()["code"]) == (409, "review-closed")


async def test_rows_outside_the_callers_division_are_refused(registry: Api) -> None:
    await divisions(registry)
    clerk = registry.as_("town-clerk", TOWN[:9])
    rows = [person(1, 1), person(2, 2, village=OTHER_VILLAGE)]
    done = await imported(clerk, "HOUSEHOLDS", csv_file(HOUSEHOLDS, rows))
    assert done["state"] == "REFUSED"
    assert await bad_cells(clerk, f"/v1/imports/{done['id']}") == [(3, "division_code", "OUTSIDE_DIVISION")]
    other = registry.as_("town-clerk", "230882102")
    assert (await other.get(f"/v1/imports/{done['id']}")).status_code == 404
    assert await _count(registry, "/v1/households") == 0


async def test_unknown_division_prefixes_are_counted_and_refused_only_when_asked(registry: Api) -> None:
    await divisions(registry)
    done = await imported(registry, "HOUSEHOLDS", csv_file(HOUSEHOLDS, TWO_HOUSEHOLDS), validate_only="true")
    assert done["doubts"] == {"ID_DIVISION": 3}
    strict = await imported(
        registry, "HOUSEHOLDS", csv_file(HOUSEHOLDS, TWO_HOUSEHOLDS), validate_only="true", strict_ids="true"
    )
    assert {code for _, _, code in await bad_cells(registry, f"/v1/imports/{strict['id']}")} == {"ID_DIVISION"}


async def test_the_errors_come_back_in_the_senders_own_workbook_without_formulas(registry: Api) -> None:
    await divisions(registry)
    rows = [person(1, 1, 姓名="=HYPERLINK(1)", 性别="?"), person(2, 2)]
    done = await imported(registry, "HOUSEHOLDS", csv_file(HOUSEHOLDS, rows))
    answer = await registry.get(f"/v1/imports/{done['id']}/errors.xlsx")
    assert answer.status_code == 200, answer.text
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    name, sex = (HOUSEHOLDS.index(heading) + 1 for heading in ("姓名", "性别"))
    assert (sheet.cell(2, name).data_type, sheet.cell(2, name).value) == ("s", "=HYPERLINK(1)")
    assert sheet.cell(2, sex).fill.fgColor.rgb == "FFFFC7CE"
    assert "性别" in sheet.cell(2, len(HOUSEHOLDS) + 1).value
    assert sheet.cell(3, len(HOUSEHOLDS) + 1).value is None
    other = registry.as_("county-admin", sub="somebody-else")
    assert (await other.get(f"/v1/imports/{done['id']}/errors.xlsx")).json()["code"] == "not-your-file"


async def test_the_upload_is_sealed_and_gone_when_its_work_is_done(registry: Api) -> None:
    await divisions(registry)
    file = csv_file(HOUSEHOLDS, TWO_HOUSEHOLDS)
    sent = await registry.post("/v1/imports", files={"file": ("a.csv", file)}, data={"kind": "HOUSEHOLDS"})
    [[sealed]] = await registry.sql("SELECT content_enc FROM upload_chunk")
    assert id_number(1).encode() not in sealed
    await registry.drain()
    assert (await registry.get(f"/v1/imports/{sent.json()['id']}")).json()["state"] == "DONE"
    assert await registry.sql("SELECT 1 FROM upload_chunk") == []


async def test_a_refused_files_upload_is_forgotten_after_its_week_also_when_nobody_imports(registry: Api) -> None:
    await divisions(registry)
    done = await imported(registry, "HOUSEHOLDS", csv_file(HOUSEHOLDS, [person(1, 1, 性别="?")]))
    await registry.runtime.keep_house()
    assert len(await registry.sql("SELECT 1 FROM upload_chunk")) == 1
    await registry.admin_sql("UPDATE registry.upload SET discard_at = now() - interval '1 minute'")
    await registry.runtime.keep_house()
    assert await registry.sql("SELECT 1 FROM upload_chunk") == []
    gone = await registry.get(f"/v1/imports/{done['id']}/errors.xlsx")
    assert gone.json()["code"] == "upload-discarded"
    assert len(await bad_cells(registry, f"/v1/imports/{done['id']}")) == 1


async def test_merged_headings_are_read_and_a_formulas_value_counts(registry: Api) -> None:
    await divisions(registry)
    data = io.BytesIO()
    book = xlsxwriter.Workbook(data)
    sheet = book.add_worksheet()
    sheet.merge_range(0, 0, 0, 9, "富锦市建档立卡户")
    # Headings two rows high: the merged cell's text stands in its upper half.
    for at, heading in enumerate(HOUSEHOLDS):
        sheet.merge_range(1, at, 2, at, heading)
    for row, cells in ((3, person(1, 1)), (4, person(2, 2))):
        sheet.write_row(row, 0, cells)
    grade = HOUSEHOLDS.index("住房等级")
    sheet.write_formula(3, grade, '=IF(1=1,"D","")', None, "D")
    sheet.write_formula(4, grade, "=VLOOKUP(1,A:A,1)", None, "#N/A")
    book.close()
    done = await imported(registry, "HOUSEHOLDS", data.getvalue(), mode="valid_rows")
    assert (done["state"], done["added"], done["errors"]) == ("DONE", 1, 1)
    assert await bad_cells(registry, f"/v1/imports/{done['id']}") == [(5, "house_grade", "FORMULA_FAILED")]
    assert await registry.sql("SELECT house_grade FROM household") == [("D",)]


@pytest.mark.parametrize("phase", ["reading", "checking", "writing", "closing"])
async def test_an_import_cancelled_in_any_phase_keeps_nothing(
    registry: Api, phase: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await divisions(registry)
    step = Progress.step

    async def cancelled_in(progress: Progress, now: str, done: int = 0, total: int | None = None) -> None:
        if now == phase:
            await registry.admin_sql("UPDATE registry.operation SET cancel_requested = now()")
        await step(progress, now, done, total)

    monkeypatch.setattr(Progress, "step", cancelled_in)
    ended = await send(registry, "/v1/imports", csv_file(HOUSEHOLDS, TWO_HOUSEHOLDS), kind="HOUSEHOLDS")
    assert (ended["state"], ended["phase"]) == ("CANCELLED", phase)
    assert await registry.sql("SELECT 1 FROM household") == await registry.sql("SELECT 1 FROM member") == []


async def test_an_operation_that_runs_again_after_a_crash_doubles_nothing(registry: Api) -> None:
    await divisions(registry)
    file = csv_file(HOUSEHOLDS, TWO_HOUSEHOLDS)
    sent = await registry.post("/v1/imports", files={"file": ("a.csv", file)}, data={"kind": "HOUSEHOLDS"})
    id = sent.json()["id"]
    # As a worker leaves it that dies in the middle: the operation runs, its transaction is gone.
    await registry.admin_sql("UPDATE registry.operation SET state = 'RUNNING', started_at = now()")
    await registry.drain()
    assert (await registry.get(f"/v1/operations/{id}")).json()["result"]["added"] == 2
    # And one that dies after its work, before it could say so.
    await registry.admin_sql("UPDATE registry.operation SET state = 'RUNNING', result = NULL")
    await run_again(registry, id)
    again = (await registry.get(f"/v1/operations/{id}")).json()
    assert (again["state"], again["result"]["added"]) == ("SUCCEEDED", 2)
    assert await registry.sql("SELECT count(*) FROM household") == [(2,)]
    assert await registry.sql("SELECT count(*) FROM member") == [(3,)]


async def test_a_cancelled_import_keeps_nothing(registry: Api) -> None:
    await divisions(registry)
    file = csv_file(HOUSEHOLDS, TWO_HOUSEHOLDS)
    sent = await registry.post("/v1/imports", files={"file": ("a.csv", file)}, data={"kind": "HOUSEHOLDS"})
    id = sent.json()["id"]
    await registry.admin_sql("UPDATE registry.operation SET state = 'RUNNING', cancel_requested = now()")
    await registry.drain()
    assert (await registry.get(f"/v1/operations/{id}")).json()["state"] == "CANCELLED"
    assert (await registry.get(f"/v1/imports/{id}")).json()["state"] == "REFUSED"
    assert await _count(registry, "/v1/households") == 0


async def test_a_file_sent_twice_with_one_key_is_one_import(registry: Api) -> None:
    await divisions(registry)
    form = {"files": {"file": ("a.csv", csv_file(HOUSEHOLDS, TWO_HOUSEHOLDS))}, "data": {"kind": "HOUSEHOLDS"}}
    first, second = [await registry.post("/v1/imports", key="town-7", **form) for _ in range(2)]
    assert first.json()["id"] == second.json()["id"]
    assert second.headers["idempotent-replayed"] == "true"
    assert await registry.sql("SELECT count(*) FROM file_import") == [(1,)]


async def test_a_bulk_import_leaves_one_audit_entry_a_statement(registry: Api) -> None:
    await divisions(registry)
    done = await imported(registry, "HOUSEHOLDS", csv_file(HOUSEHOLDS, TWO_HOUSEHOLDS))
    rows = await registry.admin_sql("SELECT kind, object_id, change FROM registry.audit WHERE action = 'BULK_INSERT'")
    assert ("household", done["id"], {"rows": 2}) in rows
    assert ("member", done["id"], {"rows": 3}) in rows


async def test_measures_and_divisions_come_from_files_and_come_again_without_change(registry: Api) -> None:
    codes = ("行政区划代码", "名称", "级别", "贫困村", "通自来水", "供水运行", "村集体收入（元）")
    rows = [
        [VILLAGE, "永胜村", "村", "是", "是", "否", "12000.5"],
        [TOWN, "长安镇", "镇", "", "", "", ""],
        [COUNTY, "富锦市", "县", "", "", "", ""],
    ]
    done = await imported(registry, "DIVISIONS", csv_file(codes, rows))
    assert (done["state"], done["added"]) == ("DONE", 3)
    again = await imported(registry, "DIVISIONS", csv_file(codes, rows))
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 3)
    idle = "/v1/divisions?level=VILLAGE&has_tap_water=true&water_system_running=false&as_of=2018-05-17"
    assert await _count(registry, idle) == 1
    rows[0][5] = "是"
    changed = await imported(registry, "DIVISIONS", csv_file(codes, rows), as_of="2018-05-01")
    assert (changed["added"], changed["changed"]) == (0, 1)
    assert await _count(registry, idle) == 0
    assert await _count(registry, idle.replace("05-17", "04-17")) == 1

    await imported(registry, "HOUSEHOLDS", csv_file(HOUSEHOLDS, TWO_HOUSEHOLDS))
    one, two = (f"{VILLAGE}-000{n}" for n in (1, 2))
    files = {
        "PATHWAYS": (
            ("户编号", "脱贫路径", "开始日期", "结束日期", "预计年收入(元)"),
            [[one, "畜牧养殖", "2017-06-01", "", 3000], [one, "互联网+农业", "2017-06-01", "", ""],
             [two, "光伏发电", "2017-06-01", "2017-12-31", ""]],
        ),
        "HELPERS": (
            ("户编号", "帮扶干部", "单位", "职务", "包保级别", "开始日期", "结束日期"),
            [[one, "赵刚", "市农业局", "科员", "市直部门包户", "2017-01-01", "2017-12-31"],
             [one, "钱亮", "市农业局", "科长", "市直部门包户", "2018-01-01", ""],
             [one, "孙平", "长安镇政府", "科员", "镇干部包户", "2018-01-01", ""]],
        ),
        "GUARANTEES": (
            ("户编号", "年度", "项目", "结果", "核查日期"),
            [[one, 2018, "住房安全", "达标", "2018-04-02"], [one, 2018, "饮水安全", "未达标", "2018-04-02"]],
        ),
    }  # fmt: skip
    for kind, (headings, lines) in files.items():
        first = await imported(registry, kind, xlsx_file(headings, lines))
        assert (first["state"], first["added"]) == ("DONE", len(lines)), kind
        second = await imported(registry, kind, xlsx_file(headings, lines))
        assert (second["added"], second["changed"], second["unchanged"]) == (0, 0, len(lines)), kind
    assert await registry.sql(
        "SELECT h.name, a.responsible FROM helper_assignment a JOIN helper h ON h.id = a.helper_id ORDER BY h.name"
    ) == [("孙平", False), ("赵刚", True), ("钱亮", True)]

    headings, lines = files["PATHWAYS"]
    wrong = [*lines, ["230882101201-9999", "畜牧养殖", "2018-01-01", "", ""], [two, "挖矿", "2018-01-01", "", ""],
             [one, "畜牧养殖", "2018-01-01", "2017-01-01", ""], [one, "畜牧养殖", "2018-02-01", "", ""]]  # fmt: skip
    refused = await imported(registry, "PATHWAYS", csv_file(headings, wrong))
    assert refused["state"] == "REFUSED"
    assert set(await bad_cells(registry, f"/v1/imports/{refused['id']}")) == {
        (5, "household_no", "UNKNOWN_HOUSEHOLD"),
        (6, "pathway", "NOT_IN_LIST"),
        (7, "to", "ENDS_BEFORE_START"),
        (8, "from", "OVERLAPS"),
    }
