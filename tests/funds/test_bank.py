"""The bank's side: statements imported whole or not at all, lines matched with a reason, nothing matched twice."""

import asyncio
import io
from datetime import date
from typing import Any
from uuid import UUID

import pytest
import xlsxwriter

from fujin.funds import TERMS
from fujin.projects import ENTERPRISES
from services.funds.codes import InstalmentKind
from services.funds.rules.matching import BankLine, Claim, candidates, sure
from tests.conftest import Api
from tests.funds.conftest import all_sound, appropriate, balance, move, refuses
from tests.registry.world import made

(USCC, NAME), (OTHER_USCC, OTHER_NAME) = ENTERPRISES
YEARLY = 72_000_000
COLUMNS = {
    "booked_on": "交易日期",
    "amount_in": "贷方",
    "amount_out": "借方",
    "payer": "对方户名",
    "reference": "流水号",
    "text": "摘要",
}
HEAD = "账户明细\n交易日期,借方,贷方,对方户名,流水号,摘要\n"
GOOD = HEAD + (
    f'20190603,,"720,000.00",{NAME},BK1,2018-01 上缴\n'
    f"20190604,,720000,{OTHER_NAME[:6]},BK2,上缴款\n"
    "20190604,12.34,,手续费,BK3,账户管理费\n"
    "20190605,,100.5,爱心人士,BK4,捐款\n"
)
MT940 = f""":20:STMT1
:25:ICBC/1
:28C:00001/001
:60F:C190601CNY1000,00
:61:1906030603C720000,00NTRFNONREF//BK1
:86:{NAME} 2018-01
:61:1906040604D12,34NTRFNONREF//BK3
:86:fee
:62F:C190604CNY720987,66
-
"""


@pytest.fixture
async def loans(maker: Api, checker: Api) -> list[dict[str, Any]]:
    """Both enterprises' contracts, paid out on 1 June 2018; a year later the statements come."""
    move(maker, "2018-06-01")
    await appropriate(maker, 2 * TERMS["principal_fen"])
    found = []
    for number, (uscc, name) in enumerate(ENTERPRISES, start=1):
        new = {"loan_no": f"2018-0{number}", "enterprise_name": name, "enterprise_uscc": uscc, **TERMS}
        loan = await made(maker.post("/v1/loans", json=new))
        await checker.post(f"/v1/loans/{loan['id']}:approve")
        await maker.post(f"/v1/loans/{loan['id']}:disburse", key=f"d{number}", json={})
        found.append(loan)
    move(maker, "2019-06-10")
    return found


@pytest.fixture
async def layout(maker: Api) -> str:
    new = {"name": "网银明细", "columns": COLUMNS, "date_format": "%Y%m%d"}
    found: str = (await made(maker.post("/v1/bank-layouts", json=new)))["id"]
    return found


async def send(maker: Api, content: str | bytes, layout: str | None, form: str = "CSV") -> Any:
    data = {"format": form} | ({"layout_id": layout} if layout else {})
    raw = content.encode() if isinstance(content, str) else content
    return await maker.post("/v1/bank-statements", data=data, files={"file": ("明细.csv", raw)})


async def worklist(maker: Api, state: str = "UNMATCHED") -> dict[str, dict[str, Any]]:
    items = (await maker.get(f"/v1/bank-lines?state={state}")).json()["items"]
    return {line["reference"]: line for line in items}


async def test_a_statement_with_a_bad_row_is_refused_whole_and_every_bad_row_named(maker: Api, layout: str) -> None:
    move(maker, "2019-06-10")
    bad = (
        GOOD
        + "2019-06-05,,5,x,BK5,\n20190605,,1.005,x,BK6,\n20190605,1,1,x,BK7,\n20190605,,,x,BK8,\n20190605,,5,x,BK1,\n"
    )

    refused = await send(maker, bad, layout)

    assert (refused.status_code, refused.json()["code"]) == (422, "bad-statement")
    assert [e["pointer"] for e in refused.json()["errors"]] == [
        "/rows/7/booked_on", "/rows/8/amount", "/rows/9/amount", "/rows/10/amount", "/rows/11/reference"
    ]  # fmt: skip
    assert (await maker.get("/v1/bank-lines")).json()["items"] == []


async def test_nothing_is_imported_twice(maker: Api, layout: str) -> None:
    move(maker, "2019-06-10")
    first = await send(maker, GOOD, layout)
    assert (first.json()["lines"], first.json()["known_lines"]) == (4, 0)

    assert (await send(maker, GOOD, layout)).json()["code"] == "statement-imported"
    longer = await send(maker, (GOOD + "20190606,,7,x,BK9,\n").encode("gb18030"), layout)
    assert (longer.json()["lines"], longer.json()["known_lines"]) == (5, 4)
    assert len((await maker.get("/v1/bank-lines")).json()["items"]) == 5
    other = await send(maker, HEAD + "20190603,,1,x,BK1,\n", layout)
    assert other.json()["code"] == "line-known"
    assert (await send(maker, HEAD + "20190611,,1,x,BK10,\n", layout)).json()["code"] == "future-date"
    for content, whose, code in (
        (b"", layout, "file-empty"), ("a,b\n1,2\n", layout, "statement-unreadable"),
        (GOOD + " ", None, "unknown-layout"),
    ):  # fmt: skip
        assert (await send(maker, content, whose)).json()["code"] == code


async def test_a_workbook_and_an_mt940_message_bring_the_same_lines(maker: Api, layout: str) -> None:
    move(maker, "2019-06-10")
    into = io.BytesIO()
    with xlsxwriter.Workbook(into) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, list(COLUMNS.values()))
        sheet.write_row(1, 0, ["20190603", 720000, "", NAME, "X1", "2018-01"])
        sheet.write_row(2, 0, [20190604, "", 12.34, "fee", 1234, ""])
    assert (await send(maker, into.getvalue(), layout, "XLSX")).status_code == 201
    assert (await send(maker, MT940, None, "MT940")).status_code == 201

    items = (await maker.get("/v1/bank-lines")).json()["items"]

    assert [(i["booked_on"], i["amount_fen"], i["reference"], i["state"]) for i in items] == [
        ("2019-06-03", YEARLY, "X1", "UNMATCHED"), ("2019-06-04", -1234, "1234", "OUTGOING"),
        ("2019-06-03", YEARLY, "BK1", "UNMATCHED"), ("2019-06-04", -1234, "BK3", "OUTGOING"),
    ]  # fmt: skip
    cut = MT940.replace(":61:1906040604D12,34NTRFNONREF//BK3\n", "").replace("BK1", "BK5")
    assert (await send(maker, cut, None, "MT940")).json()["code"] == "statement-unreadable"


@pytest.mark.usefixtures("loans")
async def test_what_fits_is_matched_and_posted_and_the_rest_is_left_to_a_person(maker: Api, layout: str) -> None:
    statement = (await send(maker, GOOD, layout)).json()
    path = f"/v1/bank-statements/{statement['id']}:match"

    first, again = [(await maker.post(path)).json() for _ in range(2)]

    assert (first, again) == ({"matched": 2, "left": 1}, {"matched": 0, "left": 1})
    matched = await worklist(maker, "MATCHED")
    assert matched["BK1"]["explanation"]["reasons"] == ["AMOUNT", "PAYER", "LOAN_NUMBER", "DAY"]
    assert matched["BK2"]["explanation"] == {
        "score": 75,
        "loan_no": "2018-02",
        "due_on": "2019-06-03",
        "reasons": ["AMOUNT", "PAYER_LIKE", "DAY"],
    }
    assert await balance(maker, "shared") == 2 * YEARLY
    assert list(await worklist(maker)) == ["BK4"]
    donation = (await worklist(maker))["BK4"]
    done = await maker.post(f"/v1/bank-lines/{donation['id']}:match", key="m", json={"kind": "DONATION"})
    assert (done.json()["state"], done.json()["automatic"]) == ("MATCHED", False)
    assert await balance(maker, "shared") == 2 * YEARLY + 10_050
    assert await all_sound(maker)


async def test_a_match_is_undone_by_reversal_and_can_be_made_again(
    maker: Api, layout: str, loans: list[dict[str, Any]]
) -> None:
    statement = (await send(maker, GOOD, layout)).json()
    await maker.post(f"/v1/bank-statements/{statement['id']}:match")
    line = (await worklist(maker, "MATCHED"))["BK1"]
    path = f"/v1/bank-lines/{line['id']}"
    direct = await maker.post(f"/v1/receipts/{line['receipt_id']}:reverse", key="r", json={"reason": "x"})
    assert direct.json()["code"] == "still-matched"

    undone = await maker.post(f"{path}:unmatch", key="u1", json={"reason": "对错企业"})
    again = await maker.post(f"{path}:unmatch", key="u2", json={"reason": "对错企业"})

    assert (undone.json()["state"], again.json()["code"]) == ("UNMATCHED", "not-matched")
    assert await balance(maker, "shared") == YEARLY
    seen = (await maker.get(f"{path}/candidates")).json()
    assert (seen["sure"], seen["items"][0]["loan_no"]) == (True, "2018-01")
    redone = await maker.post(f"{path}:match", key="m", json={"loan_id": loans[0]["id"]})
    assert (redone.json()["state"], await balance(maker, "shared")) == ("MATCHED", 2 * YEARLY)
    assert await all_sound(maker)


async def test_a_receipt_booked_by_hand_is_tied_to_its_line_and_not_posted_again(
    maker: Api, layout: str, loans: list[dict[str, Any]]
) -> None:
    new = {
        "kind": "LOAN_PAYMENT", "loan_id": loans[0]["id"], "amount_fen": YEARLY, "payer": NAME, "bank_reference": "BK1",
        "received_on": "2019-06-03",
    }  # fmt: skip
    receipt = await made(maker.post("/v1/receipts", key="hand", json=new))
    statement = (await send(maker, GOOD, layout)).json()

    await maker.post(f"/v1/bank-statements/{statement['id']}:match")

    line = (await worklist(maker, "MATCHED"))["BK1"]
    assert (line["receipt_id"], line["explanation"]["reasons"]) == (receipt["id"], ["REFERENCE"])
    assert await balance(maker, "shared") == 2 * YEARLY
    rest = (await worklist(maker))["BK4"]
    wrong = await maker.post(f"/v1/bank-lines/{rest['id']}:match", key="w", json={"receipt_id": receipt["id"]})
    assert wrong.json()["code"] == "does-not-fit"


async def test_nothing_is_matched_twice_however_many_try(maker: Api, layout: str, loans: list[dict[str, Any]]) -> None:
    await send(maker, GOOD, layout)
    line = (await worklist(maker))["BK1"]
    path, body = f"/v1/bank-lines/{line['id']}:match", {"loan_id": loans[0]["id"]}

    answers = await asyncio.gather(*(maker.post(path, key=f"k{n}", json=body) for n in range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert await balance(maker, "shared") == YEARLY
    columns = "county_code, division_code, line_id, receipt_id, automatic, explanation"
    assert await refuses(maker.sql(f"INSERT INTO bank_match ({columns}) SELECT {columns} FROM bank_match"))
    assert await refuses(maker.sql("UPDATE bank_line SET amount_fen = 1"))
    assert await refuses(maker.sql("UPDATE bank_match SET receipt_id = line_id"))


def test_two_contracts_that_fit_alike_are_left_to_a_person() -> None:
    one, two = (UUID(int=n) for n in (1, 2))
    due = date(2019, 6, 3)
    kind = InstalmentKind.CONTRIBUTION
    claims = [Claim(one, "A-1", "示例企业（甲）", kind, due, 500), Claim(two, "A-2", "示例企业（甲）", kind, due, 500)]

    unclear = candidates(BankLine(due, 500, "示例企业(甲)", "上缴"), claims)
    clear = candidates(BankLine(due, 500, "示例企业(甲)", "合同A-2上缴"), claims)

    assert ([c.score for c in unclear], sure(unclear)) == ([90, 90], None)
    assert [(c.loan_no, c.score) for c in clear] == [("A-2", 125), ("A-1", 90)]
    found = sure(clear)
    assert found is not None
    assert found.loan_id == two
    assert candidates(BankLine(due, 7, "别的单位", "x"), claims) == []
