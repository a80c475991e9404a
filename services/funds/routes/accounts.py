from datetime import date
from typing import Any

from fastapi import Response

from fupin.app import Router
from fupin.auth import needs
from fupin.clock import Today
from fupin.db import Db
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from services.funds import models
from services.funds.codes import AccountKind
from services.funds.problems.ledger import AccountExists, AccountInUse
from services.funds.queries import books
from services.funds.queries import ledger as queries
from services.funds.routes.shared import AsOf, County
from services.funds.rules.chart import Standard
from services.funds.schemas.ledger import (
    Account,
    AccountBalance,
    AccountPage,
    NewAccount,
    StatementEntryPage,
    TrialBalance,
)

router = Router(tags=["accounts"])


@router.post(
    "/v1/accounts",
    status_code=201,
    response_model=Account,
    dependencies=[needs("funds:post")],
    responses=problems(AccountExists, NotFound),
)
async def open_account(new: NewAccount, db: Db, county: County, response: Response) -> dict[str, Any]:
    """Open an account in the county's chart; opening it again answers the same account."""
    account = Standard(new.code, new.name, new.kind, managed=False, min_fen=None if new.overdraft else 0)
    await queries.open_account(db, county, account)
    response.headers["Location"] = f"/v1/accounts/{new.code}"
    return await _account(db, county, new.code)


@router.get(
    "/v1/accounts", response_model=AccountPage, dependencies=[needs("funds:read")], responses=problems(BadCursor)
)
async def list_accounts(db: Db, page: Paged, county: County, kind: AccountKind | None = None) -> dict[str, Any]:
    """The chart of accounts with balances, by code."""
    return await page.of(db, books.accounts(county, kind), key=models.Account.code)


@router.get(
    "/v1/accounts/{code}", response_model=Account, dependencies=[needs("funds:read")], responses=problems(NotFound)
)
async def get_account(code: str, db: Db, county: County) -> dict[str, Any]:
    """One account and what it holds now."""
    return await _account(db, county, code)


@router.post(
    "/v1/accounts/{code}:close",
    response_model=Account,
    dependencies=[needs("funds:approve")],
    responses=problems(NotFound, AccountInUse),
)
async def close_account(code: str, db: Db, county: County) -> dict[str, Any]:
    """Close an empty account: nothing is posted to it any more; its statement stays."""
    found = await _account(db, county, code)
    if found["is_open"] and not await queries.close_account(db, county, code):
        raise AccountInUse
    return await _account(db, county, code)


@router.get("/v1/accounts/{code}/balance", dependencies=[needs("funds:read")], responses=problems(NotFound))
async def get_account_balance(code: str, db: Db, county: County, today: Today, on: AsOf = None) -> AccountBalance:
    """What an account held at the end of a day, by the days on which its journals took effect."""
    found = await books.balance_on(db, county, code, on or today)
    if found is None:
        raise NotFound
    return AccountBalance(code=code, on=on or today, **found)


@router.get(
    "/v1/accounts/{code}/statement",
    response_model=StatementEntryPage,
    dependencies=[needs("funds:read")],
    responses=problems(NotFound, BadCursor),
)
async def get_account_statement(
    code: str, db: Db, page: Paged, county: County, since: date | None = None, until: date | None = None
) -> dict[str, Any]:
    """An account's entries in the order of posting, each with the balance after it."""
    account_ids = await queries.known_ids(db, county, {code})
    if code not in account_ids:
        raise NotFound
    statement = books.statement(account_ids[code].id, since, until)
    return await page.of(db, statement, key=statement.selected_columns.entry)


@router.get("/v1/trial-balance", response_model=TrialBalance, dependencies=[needs("funds:read")])
async def get_trial_balance(db: Db, county: County, today: Today, as_of: AsOf = None) -> dict[str, Any]:
    """Turnover and balance of every account up to a day (试算平衡表): debits and credits are equal."""
    on = as_of or today
    items = await books.trial_balance(db, county, on)
    debit, credit = sum(row["debit_fen"] for row in items), sum(row["credit_fen"] for row in items)
    signed = sum(row["balance_fen"] * (1 if row["kind"] in ("ASSET", "EXPENSE") else -1) for row in items)
    balanced = debit == credit and signed == 0
    return {"as_of": on, "debit_fen": debit, "credit_fen": credit, "balanced": balanced, "items": items}


async def _account(db: Db, county: str, code: str) -> dict[str, Any]:
    found = await queries.describe(db, county, code)
    if found is None:
        raise NotFound
    return found
