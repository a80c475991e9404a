"""Declared by the sheet: every bad cell is told, nothing is half done, the same sheet twice changes nothing."""

from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from xlsxwriter import Workbook

from services.projects.rules.sheets import DECLARATIONS
from tests.conftest import Api
from tests.projects.conftest import TOWN, VILLAGE, Declare, project_body, refusal

HEADINGS = [column.zh for column in DECLARATIONS.columns]
ROW: dict[str, Any] = {
    "project_no": "2018-S-1",
    "title": "示范村木耳大棚",
    "category": "种植业",
    "division_code": VILLAGE,
    "declaring_unit": "示范村村民委员会",
    "implementing_unit": "示范合作社",
    "responsible_person": "示范负责人",
    "build_type": "新建",
    "content": "大棚二十栋",
    "starts_on": "2018-04-01",
    "ends_on": "2018/12/31",
    "linkage": "收益分红、就业务工",
    "expected_beneficiaries": 30,
    "declared_on": "2018年3月1日",
    "document_ref": "示范村〔2018〕1号",
    "budget_central": "516000.5",
    "budget_self_raised": 344000,
    "metric_1": "带动贫困户",
    "target_1": 30,
    "unit_1": "户",
}


def cells(*rows: dict[str, Any]) -> list[list[Any]]:
    return [[(ROW | row).get(column.field, "") for column in DECLARATIONS.columns] for row in rows]


def sheet(rows: list[list[Any]], headings: list[str] = HEADINGS) -> bytes:
    held = BytesIO()
    with Workbook(held) as book:
        page = book.add_worksheet("项目申报表")
        page.write(0, 0, "2018 年项目申报表")
        for at, row in enumerate([headings, *rows], start=1):
            page.write_row(at, 0, row)
    return held.getvalue()


async def send(projects: Api, content: bytes, name: str = "申报.xlsx", **asked: str) -> dict[str, Any]:
    """The import as it ended, with its operation."""
    answer = await projects.post("/v1/imports", files={"file": (name, content)}, data=asked)
    assert answer.status_code == 202, answer.text
    await projects.drain()
    operation = (await projects.get(answer.headers["Location"])).json()
    found: dict[str, Any] = (await projects.get(answer.headers["Content-Location"])).json()
    return found | {"operation": operation}


async def errors(projects: Api, sent: dict[str, Any]) -> list[tuple[int, str, str]]:
    items = (await projects.get(f"/v1/imports/{sent['id']}/errors")).json()["items"]
    return [(item["row"], item["column"], item["code"]) for item in items]


async def projects_(projects: Api) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await projects.get("/v1/projects")).json()["items"]
    return found


async def test_a_sheet_declares_what_the_form_declares_and_twice_changes_nothing(projects: Api) -> None:
    cadre = projects.as_("village-cadre", VILLAGE)
    content = sheet(cells({}, {"project_no": "2018-S-2", "title": "示范村粮食烘干塔", "linkage": ""}))
    sent = await send(cadre, content)
    assert (sent["state"], sent["rows_read"], sent["rows_valid"], sent["added"], sent["errors"]) == ("DONE", 2, 2, 2, 0)

    first, second = sorted(await projects_(projects), key=lambda project: str(project["project_no"]))
    assert first["budget"] == [
        {"source": "CENTRAL", "amount_fen": 51_600_050},
        {"source": "SELF_RAISED", "amount_fen": 34_400_000},
    ]
    assert first["targets"] == [{"metric": "带动贫困户", "target": "30", "unit": "户"}]
    assert (first["linkage"], second["linkage"]) == (["DIVIDEND", "EMPLOYMENT"], [])
    assert (first["state"], first["declared_on"], first["ends_on"]) == ("DECLARED", "2018-03-01", "2018-12-31")
    [step] = (await projects.get(f"/v1/projects/{first['id']}/steps")).json()["items"]
    assert (step["actor"], step["level"], step["document_ref"]) == (
        f"village-cadre@{VILLAGE}", "VILLAGE", "示范村〔2018〕1号",
    )  # fmt: skip
    [paper] = (await projects.get(f"/v1/projects/{first['id']}/documents")).json()["items"]
    assert paper["kind"] == "DECLARATION"

    again = await send(cadre, content)
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 2)
    assert [project["version"] for project in await projects_(projects)] == [1, 1]

    # One cell differs; an empty one leaves what is declared.
    empty = dict.fromkeys(("budget_central", "budget_self_raised", "metric_1", "target_1", "unit_1"), "")
    changed = sheet(cells({"title": "示范村木耳大棚二十栋"} | empty))
    assert (await send(cadre, changed))["changed"] == 1
    [renamed] = [project for project in await projects_(projects) if project["id"] == first["id"]]
    assert (renamed["title"], renamed["version"]) == ("示范村木耳大棚二十栋", 2)
    assert (renamed["budget"], renamed["targets"]) == (first["budget"], first["targets"])


async def test_every_bad_cell_is_told_and_nothing_is_taken(projects: Api, declare: Declare) -> None:
    approved = await declare("APPROVED", project_no="2018-A")
    known = await declare(project_no="2018-B")
    as_declared = {"title": known["title"], "category": "畜牧养殖"}
    rows = cells(
        {"category": "种地", "starts_on": "2018-04", "budget_central": "五十万", "expected_beneficiaries": 1.5},
        {"project_no": "", "ends_on": "2018-03-31"},
        {"project_no": "2018-S-3", "title": "甲", "division_code": "230881101203"},
        {"project_no": "2018-S-4", "title": "乙", "declared_on": "2018-06-30", "uscc": "91990000MA0FUJ0010"},
        {"project_no": "2018-S-5", "title": "丙", "uscc": "91990000MA0FUJ0015"},
        {"project_no": "2018-S-6", "title": "丁", "unit_1": ""},
        {"project_no": "2018-S-7", "title": "戊", "metric_2": "带动贫困户", "target_2": 1, "unit_2": "户"},
        {"project_no": "2018-S-8", "title": "己"},
        {"project_no": "2018-S-8", "title": "庚"},
        {"project_no": "2018-S-9", "title": " 己"},
        {"project_no": approved["project_no"], "category": "畜牧养殖"},
        as_declared | {"project_no": known["project_no"], "category": "水产养殖", "declared_on": "2018-03-02"},
    )
    sent = await send(projects, sheet(rows))
    assert (sent["state"], sent["rows_read"], sent["added"]) == ("REFUSED", 12, 0)
    assert (sent["operation"]["state"], sent["operation"]["problem"]["code"]) == ("FAILED", "sheet-refused")
    assert await errors(projects, sent) == [
        (3, "category", "NOT_IN_LIST"),
        (3, "starts_on", "MONTH_ONLY"),
        (3, "expected_beneficiaries", "NOT_WHOLE"),
        (3, "budget_central", "NOT_A_NUMBER"),
        (4, "project_no", "REQUIRED"),
        (4, "ends_on", "ENDS_BEFORE_START"),
        (5, "division_code", "OUTSIDE_DIVISION"),
        (6, "uscc", "BAD_USCC"),
        (6, "declared_on", "DAY_IN_FUTURE"),
        (7, "uscc", "UNKNOWN_ENTERPRISE"),
        (8, "unit_1", "TARGET_INCOMPLETE"),
        (9, "metric_2", "METRIC_TWICE"),
        (11, "project_no", "DUPLICATE_ROW"),
        (12, "title", "DOUBLE_FUNDED"),
        (13, "project_no", "NOT_EDITABLE"),
        (14, "category", "STAYS"),
        (14, "declared_on", "STAYS"),
    ]
    first = (await projects.get(f"/v1/imports/{sent['id']}/errors?limit=1")).json()["items"][0]
    assert first == {
        "row": 3, "column": "category", "heading": "项目类别", "code": "NOT_IN_LIST",
        "zh": "不在代码表内", "en": "is not in the code list",
    }  # fmt: skip
    assert len(await projects_(projects)) == 2

    # The good rows alone, when asked for.
    some = await send(projects, sheet(rows), mode="valid_rows")
    assert (some["state"], some["added"], some["errors"]) == ("DONE", 1, sent["errors"])
    assert {project["project_no"] for project in await projects_(projects)} == {"2018-A", "2018-B", "2018-S-8"}


async def test_a_dry_run_says_what_would_be_and_changes_nothing(projects: Api) -> None:
    sent = await send(
        projects, sheet(cells({}, {"project_no": "2018-S-2", "title": "", "content": ""})), validate_only="true"
    )
    assert (sent["state"], sent["rows_valid"], sent["added"], sent["errors"]) == ("CHECKED", 1, 0, 2)
    good = await send(projects, sheet(cells({})), validate_only="true")
    assert (good["state"], good["added"]) == ("CHECKED", 1)
    assert await projects_(projects) == []


async def test_the_senders_own_sheet_comes_back_marked(projects: Api) -> None:
    clerk = projects.as_("town-clerk", TOWN)
    sent = await send(clerk, sheet(cells({}, {"project_no": "2018-S-2", "ends_on": "=1+1"})))
    back = await clerk.get(f"/v1/imports/{sent['id']}/errors.xlsx")
    assert back.status_code == 200
    page = load_workbook(BytesIO(back.content)).active
    assert page is not None
    at = HEADINGS.index("结束日期") + 1
    assert [page.cell(row, at).fill.fgColor.rgb for row in (3, 4)] == ["00000000", "FFFFC7CE"]
    assert "结束日期 不是日期" in str(page.cell(4, page.max_column).value)
    assert (page["A1"].value, page["B3"].value) == ("2018 年项目申报表", ROW["title"])

    assert refusal(await projects.get(f"/v1/imports/{sent['id']}/errors.xlsx")) == (403, "sheet-of-other")
    await projects.admin_sql("UPDATE projects.declaration_file SET discard_at = now() - interval '1 day'")
    await send(clerk, sheet(cells({})))
    assert refusal(await clerk.get(f"/v1/imports/{sent['id']}/errors.xlsx")) == (410, "sheet-discarded")


async def test_shifted_columns_are_named_as_such(projects: Api) -> None:
    rows = cells(*({"project_no": f"2018-S-{at}", "title": f"项目{at}"} for at in range(5)))
    at = HEADINGS.index("项目类别")
    pushed = [[*row[:at], "", *row[at:]] for row in rows]
    pulled = [[*row[:at], *row[at + 1 :]] for row in rows]
    for moved, by in ((pushed, 1), (pulled, -1)):
        sent = await send(projects, sheet(moved))
        problem = sent["operation"]["problem"]
        assert (sent["state"], problem["code"], problem["by"]) == ("REFUSED", "columns-shifted", by)
        assert problem["column"] == ("项目类别" if by == 1 else "行政区划代码")
    # Cells that are merely bad are told one by one.
    for row in rows:
        row[at] = row[at + 1] = row[at + 6] = "？"
    assert (await send(projects, sheet(rows)))["operation"]["problem"]["code"] == "sheet-refused"
    assert await projects_(projects) == []


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (sheet(cells({}), [*HEADINGS[1:], "备注"]), "a.xlsx", "headings-unknown"),
        (sheet([]), "a.xlsx", "file-empty"),
        (f"{','.join(HEADINGS)}\n".encode("gb18030"), "a.csv", "file-empty"),
    ],
)
async def test_a_sheet_that_is_none_is_refused_by_name(projects: Api, content: bytes, name: str, code: str) -> None:
    sent = await send(projects, content, name)
    assert (sent["state"], sent["operation"]["problem"]["code"]) == ("REFUSED", code)


async def test_no_sheet_at_all_is_refused_at_the_door_and_csv_is_read(projects: Api) -> None:
    for content, code in (
        (b"\xd0\xcf\x11\xe0 old", "old-workbook"),
        (b"", "file-empty"),
        (b"PK\x03\x04", "file-unreadable"),
    ):
        answer = await projects.post("/v1/imports", files={"file": ("a.xlsx", content)})
        assert refusal(answer) == (422, code)
    assert refusal(await projects.as_("auditor").post("/v1/imports", files={"file": ("a", b"x")})) == (
        403, "insufficient-scope",
    )  # fmt: skip
    lines = [HEADINGS, *cells({})]
    text = "\r\n".join(",".join(str(cell) for cell in line) for line in lines)
    assert (await send(projects, text.encode("gb18030"), "申报.csv"))["added"] == 1


async def test_a_number_that_the_sender_does_not_see_is_taken_all_the_same(projects: Api, declare: Declare) -> None:
    await declare(project_no="2018-X", division_code="230882102205")
    sent = await send(projects.as_("village-cadre", VILLAGE), sheet(cells({"project_no": "2018-X"})))
    assert await errors(projects, sent) == [(3, "project_no", "NUMBER_TAKEN")]


async def test_projects_that_look_alike_are_shown_at_declaration_and_listed(projects: Api, declare: Declare) -> None:
    first = await declare(title="示范村肉牛养殖小区")
    other_unit = {"declaring_unit": "别处", "division_code": "230882101204"}
    await declare(title="示范村肉牛养殖小区", **other_unit)  # neither the place nor the unit
    await declare(title="示范村肉牛养殖小区", category="PLANTING")
    await declare(title="木耳大棚")
    far = await declare(title="肉牛养殖小区", division_code="230882102205", budget=[])

    body = project_body(project_no="2018-D", title="示范村 肉牛养殖小区（二期）")
    made = (await projects.post("/v1/projects", json=body)).json()
    assert [(hint["id"], hint["because"]) for hint in made["duplicates"]] == [
        (first["id"], ["SAME_VILLAGE", "SAME_UNIT", "SAME_SOURCE"]),
        (far["id"], ["SAME_UNIT"]),
    ]
    assert made["duplicates"][0]["sources"] == ["CENTRAL"]
    assert made["duplicates"][0]["alike"] > made["duplicates"][1]["alike"] >= 50
    page = (await projects.get(f"/v1/projects/{made['id']}/duplicates?limit=1")).json()
    rest = (
        await projects.get(f"/v1/projects/{made['id']}/duplicates", params={"limit": 1, "cursor": page["next_cursor"]})
    ).json()
    assert [*page["items"], *rest["items"]] == made["duplicates"]
    # Who sees a village only, is shown its projects only.
    cadre = projects.as_("village-cadre", VILLAGE)
    seen = (await cadre.get(f"/v1/projects/{made['id']}/duplicates")).json()["items"]
    assert [hint["id"] for hint in seen] == [first["id"]]

    await projects.admin_sql(
        "INSERT INTO projects.project_village (project_id, division_code, purpose) VALUES (%s, %s, 'INDUSTRY')",
        far["id"], VILLAGE,
    )  # fmt: skip
    hints = (await projects.get(f"/v1/projects/{made['id']}/duplicates")).json()["items"]
    assert hints[1]["because"] == ["VILLAGE_COVERED", "SAME_UNIT"]
    titled = (await projects.get("/v1/projects", params={"title": "肉牛养殖小区二"})).json()["items"]
    assert [project["id"] for project in titled] == [made["id"]]
    assert (await cadre.get("/v1/projects", params={"title": "木耳"})).json()["items"][0]["title"] == "木耳大棚"


async def test_public_money_pays_a_project_once(projects: Api, declare: Declare) -> None:
    first = await declare(title="示范村肉牛养殖小区")
    twin = {"project_no": "2018-T", "title": " 示范村肉牛养殖小区。"}

    refused = await projects.post("/v1/projects", json=project_body(**twin))
    assert (refusal(refused), refused.json()["project_no"], refused.json()["source"]) == (
        (409, "double-funded"), first["project_no"], "CENTRAL",
    )  # fmt: skip
    # Another time, another public source, or private money is another matter.
    later = {"starts_on": "2019-01-01", "ends_on": "2019-12-31"}
    assert (await projects.post("/v1/projects", json=project_body(**(twin | later)))).status_code == 201
    private = twin | {"project_no": "2018-P", "budget": [{"source": "BANK_LOAN", "amount_fen": 5}]}
    made = (await projects.post("/v1/projects", json=project_body(**private))).json()
    at = f"/v1/projects/{made['id']}"
    public = {"budget": [{"source": "CENTRAL", "amount_fen": 5}]}
    assert refusal(await projects.patch(at, version=1, json=public)) == (409, "double-funded")
    assert (await projects.get(at)).json()["budget"] == private["budget"]

    # Once the other has left the library, it may be declared again, and the other not.
    await projects.post(f"/v1/projects/{first['id']}:return", json={"opinion": "补充材料", "on": "2018-03-02"})
    assert refusal(await projects.patch(at, version=1, json=public)) == (409, "double-funded")
    await projects.post(f"/v1/projects/{first['id']}:withdraw", json={"document_ref": "备 1 号"})
    assert (await projects.patch(at, version=1, json=public)).status_code == 200
