"""On paper: an account's statement, and the notice that is put up in a village. Both carry the ledger's seal."""

import base64
import hashlib
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import Select
from sqlmodel import col

from fupin.app import Router
from fupin.auth import division_prefix, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.exports import in_chinese
from fupin.problems import Invalid, NotFound, problems
from fupin.remote import PeerRefused, Unanswered
from services.funds import models
from services.funds.clients import Registry
from services.funds.codes import AccountKind, JournalSource
from services.funds.problems.ledger import FutureDate, SheetTooLong, WrongState
from services.funds.queries import books, distributions, ledger
from services.funds.routes.distributions import distribution_or_404
from services.funds.routes.shared import County, day
from services.funds.rules import sheets

router = Router(tags=["sheets"])

TEMPLATES = Path(__file__).parents[1] / "templates"
STYLE = (TEMPLATES / "sheet.css").read_text(encoding="utf-8")
HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{HASH}'; base-uri 'none'; form-action 'none'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
HTML: dict[int | str, dict[str, Any]] = {200: {"description": "A page to print.", "content": {"text/html": {}}}}
MOST_ROWS = 5_000
PREFIX = Query(pattern=r"^[0-9]{12}$", description="A village's or a town's code.", examples=["230882101201"])


@router.get(
    "/v1/accounts/{code}/statement-sheet",
    response_class=HTMLResponse,
    dependencies=[needs("funds:read")],
    responses=HTML | problems(NotFound, FutureDate, SheetTooLong, Unanswered, PeerRefused),
)
async def print_account_statement(
    code: str, db: Db, county: County, today: Today, registry: Registry, request: Request, since: date | None = None,
    until: date | None = None,
) -> HTMLResponse:  # fmt: skip
    """
    An account's statement to print (对账单), by the days on which its journals took effect.

    Memos and payers are left out, so that no person's name is on it.
    """
    account = await ledger.describe(db, county, code)
    if account is None:
        raise NotFound
    zh, last = in_chinese(request), day(until, today)
    place = await registry.division_name(f"{county}000000")
    ids = await ledger.known_ids(db, county, {code})
    statement = books.statement(ids[code].id, since, last)
    entries = await _rows(db, statement, statement.selected_columns.effective_on, statement.selected_columns.entry)
    before = await books.balance_on(db, county, code, since - timedelta(days=1)) if since else None
    opening = balance = int(before["balance_fen"]) if before else 0
    normal = "DEBIT" if account["kind"] in (AccountKind.ASSET, AccountKind.EXPENSE) else "CREDIT"
    called = {row.code: row.name for row in await db.execute(books.accounts(county, None))}
    rows = []
    for entry in entries:
        fen, source = entry["amount_fen"], JournalSource[entry["source"]]
        balance += fen if entry["side"] == normal else -fen
        rows.append(
            {
                "entry": entry["entry"], "on": entry["effective_on"], "source": source.zh if zh else source.en,
                "counter": called[entry["counter_account"]], "debit_fen": fen if entry["side"] == "DEBIT" else 0,
                "credit_fen": fen if entry["side"] == "CREDIT" else 0, "balance_fen": balance,
            }
        )  # fmt: skip
    kind = AccountKind[account["kind"]]
    shown = {
        "account": account, "kind": kind.zh if zh else kind.en, "place": place, "since": since, "until": last,
        "today": today, "opening": opening, "closing": balance, "rows": rows,
        "debit_fen": sum(row["debit_fen"] for row in rows), "credit_fen": sum(row["credit_fen"] for row in rows),
    }  # fmt: skip
    return await _page(db, "statement.html", county, zh, shown)


@router.get(
    "/v1/distributions/{distribution_id}/notice-sheet",
    response_class=HTMLResponse,
    dependencies=[needs("funds:read")],
    responses=HTML | problems(NotFound, WrongState, SheetTooLong, Unanswered, PeerRefused),
)
async def print_distribution_notice(
    distribution_id: UUID, division: Annotated[str, PREFIX], db: Db, registry: Registry, request: Request
) -> HTMLResponse:
    """
    The notice of a distribution for a village or a town to put up (公示表): number, masked head, persons, amount.

    Neither need nor its reasons are on it. The registry masks the names; funds never sees them otherwise.
    """
    distribution = await distribution_or_404(db, distribution_id)
    rule = await distributions.rule(db, distribution.rule_id)
    if distribution.batch_hash is None or rule is None:
        raise WrongState
    statement = distributions.lines(distribution_id, _prefix(division))
    lines = await _rows(db, statement, statement.selected_columns.line_no)
    heads = await registry.masked_heads([line["household_id"] for line in lines])
    shown = {
        "distribution": distribution, "rule": rule, "place": await registry.division_name(division),
        "rows": [line | {"head": heads.get(line["household_id"], "—")} for line in lines],
        "total_fen": sum(line["share_fen"] for line in lines),
    }  # fmt: skip
    zh = in_chinese(request)
    return await _page(db, "notice.html", distribution.county_code, zh, shown)


def _prefix(code: str) -> str:
    """The division's prefix. Raises Invalid for what is no division's code."""
    try:
        return division_prefix(code)
    except ValueError:
        raise Invalid("division", "is not a division's code", zh="不是行政区划代码", where="query") from None


async def _rows(db: Db, statement: Select[Any], *order: Any) -> list[dict[str, Any]]:
    found = [dict(row) for row in (await db.execute(statement.order_by(*order).limit(MOST_ROWS + 1))).mappings()]
    if len(found) > MOST_ROWS:
        raise SheetTooLong(most=MOST_ROWS)
    return found


async def _page(db: Db, name: str, county: str, zh: bool, shown: dict[str, Any]) -> HTMLResponse:
    last = books.seals(county).order_by(col(models.Seal.number).desc()).limit(1)
    seal = (await db.execute(last)).scalar_one_or_none()
    lang = "zh-CN" if zh else "en"
    more = {"w": sheets.words(zh), "lang": lang, "style": STYLE, "seal": seal}
    html = _environment().get_template(name).render(shown | more)
    return HTMLResponse(html, headers=HEADERS | {"Content-Language": lang})


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.filters["yuan"] = sheets.yuan
    return made
