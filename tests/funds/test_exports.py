"""Everything as a file: what the list says, in words, with nothing that a spreadsheet would run."""

import csv
import inspect
import io
import json
import re
from datetime import date

from python_calamine import CalamineWorkbook

from fupin.exports import Sheet
from fupin.paging import Page
from services.funds.routes import LISTS
from services.funds.rules.headings import HEADINGS
from tests.conftest import Api
from tests.funds.conftest import donate

EVIL = "=HYPERLINK(0)"


async def rows(api: Api, path: str, **headers: str) -> list[list[str]]:
    found = await api.get(path, headers=headers)
    assert found.status_code == 200, found.text
    return [*csv.reader(io.StringIO(found.content.decode("utf-8-sig"), newline=""))]


async def test_journals_are_exported_as_listed_money_in_yuan_and_fen_formulas_disarmed(maker: Api, funds: Api) -> None:
    await donate(maker, 72_000_005)
    for number in range(3):
        new = {"debit": "bank", "credit": "appropriation", "amount_fen": 100 + number, "memo": EVIL}
        assert (await maker.post("/v1/transfers", key=f"t{number}", json=new)).status_code == 201

    zh = await rows(maker, "/v1/journals/export?source=TRANSFER")
    en = await rows(maker, "/v1/journals/export?source=TRANSFER&bom=false", **{"Accept-Language": "en"})

    assert zh[0] == [
        "编号", "记账日期", "入账时间", "操作人", "摘要", "来源", "来源单据", "冲销凭证", "行号", "借方科目",
        "贷方科目", "金额（元）", "金额（分）",
    ]  # fmt: skip
    assert en[0][-2:] == ["Amount (yuan)", "Amount (fen)"]
    assert [row[-2:] for row in zh[1:]] == [["1.00", "100"], ["1.01", "101"], ["1.02", "102"]]
    assert {(row[4], row[5]) for row in zh[1:]} == {("'" + EVIL, "手工转账")}
    assert {row[5] for row in en[1:]} == {"Transfer by hand"}
    items = (await maker.get("/v1/journals?source=TRANSFER")).json()["items"]
    lines = (await maker.get("/v1/journals/export?source=TRANSFER&format=ndjson")).text.splitlines()
    assert [json.loads(line) for line in lines] == items

    workbook = (await maker.get("/v1/journals/export?source=TRANSFER&format=xlsx")).content
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(workbook)).get_sheet_by_index(0).to_python()
    assert sheet[0] == zh[0]
    assert [(row[4], row[-2], row[-1]) for row in sheet[1:]] == [(EVIL, n / 100, n) for n in (100, 101, 102)]
    assert isinstance(sheet[1][1], date)
    again = await rows(maker, "/v1/accounts/shared/statement/export")
    assert again[1][again[0].index("余额（元）")] == "720000.05"

    asked = await funds.sql("SELECT object_id, change ->> 'format' FROM audit WHERE action = 'EXPORT'")
    assert len(asked) == 5
    assert all(re.fullmatch("[0-9a-f]{64}", filters) for filters, _ in asked)


async def test_an_export_goes_past_the_first_page_and_refuses_as_its_list_does(maker: Api, funds: Api) -> None:
    transfers = [{"debit": "bank", "credit": "appropriation", "amount_fen": 1}] * 1000
    for number in range(2):
        await maker.post("/v1/transfers:batch", key=f"b{number}", json={"transfers": transfers})

    found = await rows(maker, "/v1/journals/export?source=TRANSFER")

    assert len(found) == 1 + 2000
    assert len({row[0] for row in found}) == len(found)
    assert (await maker.get("/v1/accounts/nowhere/statement/export")).status_code == 404
    assert (await maker.get("/v1/journals/export?nonsense=1")).status_code == 422
    assert (await maker.get("/v1/journals/export?format=pdf")).status_code == 422
    assert (await funds.anonymous().get("/v1/journals/export")).status_code == 401


async def test_every_list_has_its_file_and_every_field_its_heading(maker: Api) -> None:
    await donate(maker, 5)
    paths = (await maker.get("/openapi.json")).json()["paths"]
    for router in LISTS:
        for route in router.routes:
            model, path = getattr(route, "response_model", None), getattr(route, "path", "")
            if inspect.isclass(model) and issubclass(model, Page):
                assert f"{path}/export" in paths
                (item,) = model.model_fields["items"].annotation.__args__  # type: ignore[union-attr]
                assert {column.name for column in Sheet(item, {}).columns} - HEADINGS.keys() == set(), path
    for path in ("accounts", "trial-balance", "loan-book", "loans", "instalments", "receipts", "bank-lines",
                 "distributions", "payouts", "payout-batches", "seals", "objections", "reconciliation"):  # fmt: skip
        for kind in ("csv", "xlsx", "ndjson"):
            found = await maker.get(f"/v1/{path}/export?format={kind}")
            assert found.status_code == 200, (path, kind, found.text)
            assert found.headers["content-disposition"].endswith(f'.{kind}"')
