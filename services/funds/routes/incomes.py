"""Income of the shared account from others: photovoltaic villages, dividends, donations and their receipts."""

import base64
import hashlib
from datetime import date
from html import escape
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from fastapi.responses import HTMLResponse

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.idempotency import KeyRequired, needs_key
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from services.funds import models
from services.funds.codes import ReceiptKind
from services.funds.problems.appropriations import NoDonation
from services.funds.problems.ledger import FutureDate
from services.funds.problems.loans import ReceiptExists
from services.funds.queries import incomes as queries
from services.funds.routes import booking
from services.funds.routes.shared import County, day
from services.funds.rules.capitals import capitals
from services.funds.rules.plaintext import yuan
from services.funds.schemas.incomes import Income, IncomePage, IncomeTotals, NewIncome
from services.funds.schemas.loans import NewReceipt

router = Router(tags=["incomes"])

BOOKED = {"kind", "amount_fen", "received_on", "payer", "bank_reference", "memo"}
HTML: dict[int | str, dict[str, Any]] = {200: {"description": "A page to print.", "content": {"text/html": {}}}}
Division = Annotated[str | None, Query(pattern=r"^\d{6,12}$", description="A place's code or its first digits.")]
Year = Annotated[int | None, Query(ge=1990, le=2200)]


@router.post(
    "/v1/incomes",
    status_code=201,
    response_model=Income,
    dependencies=[needs("funds:post"), needs_key()],
    responses=problems(NotFound, ReceiptExists, FutureDate, KeyRequired),
)
async def create_income(
    new: NewIncome, db: Db, who: Who, county: County, today: Today, response: Response
) -> dict[str, Any]:
    """
    Book income of the shared account with the village and the project it comes from; a donation gets its number.

    The project service posts here, by a key of its own, what operating projects earned for the shared account.
    """
    on = day(new.received_on, today)
    receipt_id = await booking.book(db, county, NewReceipt(**new.model_dump(include=BOOKED)), on, who.actor)
    values = new.model_dump(exclude=BOOKED) | {
        "receipt_id": receipt_id, "county_code": county, "division_code": new.division_code or f"{county}000000",
        "made_by": who.actor,
    }  # fmt: skip
    if new.kind == ReceiptKind.DONATION:
        number = await queries.next_donation(db, county, on.year)
        values |= {"donation_year": on.year, "donation_no": number}
    await queries.record(db, values)
    response.headers["Location"] = f"/v1/incomes/{receipt_id}"
    return await _income(db, receipt_id)


@router.get("/v1/incomes", response_model=IncomePage, dependencies=[needs("funds:read")], responses=problems(BadCursor))
async def list_incomes(
    db: Db, page: Paged, kind: ReceiptKind | None = None, year: Year = None, division: Division = None,
    project_id: UUID | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Incomes with where they came from, oldest first; those undone say so."""
    return await page.of(db, queries.incomes(kind, year, division, project_id), key=models.Receipt.id)


@router.get("/v1/incomes/totals", response_model=IncomeTotals, dependencies=[needs("funds:read")])
async def total_incomes(
    db: Db, county: County, year: Year = None, kind: ReceiptKind | None = None,
    until: Annotated[date | None, Query(description="What came by this day.")] = None,
) -> dict[str, Any]:  # fmt: skip
    """What reached the shared account, by year, kind and town; loans by their contributions, interest and penalties."""
    items = await queries.totals(db, county, year, kind, until)
    return {"amount_fen": sum(item["amount_fen"] for item in items), "items": items}


@router.get(
    "/v1/incomes/{receipt_id}", response_model=Income, dependencies=[needs("funds:read")], responses=problems(NotFound)
)
async def get_income(receipt_id: UUID, db: Db) -> dict[str, Any]:
    """One income."""
    return await _income(db, receipt_id)


@router.get(
    "/v1/incomes/{receipt_id}/donation-receipt",
    response_class=HTMLResponse,
    dependencies=[needs("funds:read")],
    responses=HTML | problems(NotFound, NoDonation),
)
async def print_donation_receipt(receipt_id: UUID, db: Db) -> HTMLResponse:
    """The donor's receipt (捐赠票据), to print and sign."""
    found = await _income(db, receipt_id)
    if found["donation_no"] is None or found["reversed_on"] is not None:
        raise NoDonation
    return HTMLResponse(SHEET.format(style=STYLE, **_printed(found)), headers=HEADERS)


async def _income(db: Db, receipt_id: UUID) -> dict[str, Any]:
    found = await queries.income(db, receipt_id)
    if found is None:
        raise NotFound
    return found


def _printed(found: dict[str, Any]) -> dict[str, str]:
    on = found["received_on"]
    shown = {
        "number": f"{found['donation_year']}-{found['donation_no']:06}", "payer": found["payer"],
        "on": f"{on.year} 年 {on.month} 月 {on.day} 日", "amount": f"¥ {yuan(found['amount_fen'])}",
        "capitals": capitals(found["amount_fen"]), "memo": found["memo"] or "", "journal": str(found["journal_id"]),
        "reference": found["bank_reference"] or "",
    }  # fmt: skip
    return {name: escape(value) for name, value in shown.items()}


STYLE = """
body { font-family: "Songti SC", "SimSun", "Noto Serif CJK SC", serif; color: #000; background: #fff;
       max-width: 42rem; margin: 2rem auto; padding: 0 1rem; line-height: 1.8; }
h1 { text-align: center; font-size: 1.6rem; letter-spacing: .3em; }
table { width: 100%; border-collapse: collapse; margin: 1rem 0; }
th, td { border: 1px solid #000; padding: .4rem .6rem; text-align: left; overflow-wrap: anywhere; }
th { width: 9rem; font-weight: normal; }
.number, footer { text-align: right; }
@page { size: A5 landscape; margin: 12mm; }
@media print { body { margin: 0; max-width: none; } }
"""
HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{HASH}'; base-uri 'none'; form-action 'none'",
    "Content-Language": "zh-CN",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
SHEET = """<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>捐赠收据 {number}</title>
<style>{style}</style>
</head>
<body>
<h1>捐赠收据</h1>
<p class="number">编号：{number}</p>
<table>
<tr><th scope="row">捐赠人</th><td>{payer}</td></tr>
<tr><th scope="row">收款日期</th><td>{on}</td></tr>
<tr><th scope="row">金额（大写）</th><td>人民币{capitals}</td></tr>
<tr><th scope="row">金额（小写）</th><td>{amount}</td></tr>
<tr><th scope="row">用途说明</th><td>{memo}</td></tr>
<tr><th scope="row">银行流水号</th><td>{reference}</td></tr>
<tr><th scope="row">记账凭证</th><td>{journal}</td></tr>
</table>
<p>款项已存入市扶贫项目共享资金账户，专用于扶贫。</p>
<footer>收款单位（盖章）：　　　　　　　　经手人：　　　　　　</footer>
</body>
</html>
"""
