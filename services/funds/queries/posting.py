"""
Hand-made transfers posted by one message to PostgreSQL: the key claimed, the accounts found, the money moved and the
answer recorded by one function. Accounts are locked for as long as PostgreSQL works, and never wait for us.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from psycopg.errors import CheckViolation
from sqlalchemy.exc import ProgrammingError

from fupin.auth import Principal
from fupin.db import transaction
from fupin.idempotency import Claim
from fupin.problems import Invalid, NotFound, Problem, every, from_database
from services.funds.codes import JournalSource
from services.funds.problems.ledger import DailyLimitReached, NoSuchAccount
from services.funds.queries import ledger
from services.funds.rules.chart import CHART

POST_WAITING = """
    SELECT journal_id, refusal, status, headers, body
    FROM post_waiting_within(%(county)s, %(source)s, CAST(%(wanted)s AS json), %(day)s, %(limit_fen)s)
"""

POST_LISTED = """
    SELECT refusal, status, headers, body
    FROM post_listed_within(%(county)s, %(source)s, %(principal)s, %(key)s, %(fingerprint)s, %(journal_key)s,
                            %(actor)s, CAST(%(wanted)s AS json), %(day)s, %(limit_fen)s)
"""

STANDARD = frozenset(account.code for account in CHART)


class Answer(NamedTuple):
    """What the caller gets, and its idempotency record keeps."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    replayed: bool


class Move(NamedTuple):
    """One transfer of a list."""

    debit: str
    credit: str
    amount: int
    on: date
    memo: str | None


async def post_listed(
    runtime: Any, who: Principal, county: str, journal_key: str, claim: Claim, moves: Sequence[Move]
) -> Answer:
    """All of them in their order, or none. Raises what refuses it by name; KeyReused, KeyInProgress."""
    row = claim.row
    asked = {
        "county": county, "source": JournalSource.TRANSFER.value, "principal": row["principal"], "key": row["key"],
        "fingerprint": row["fingerprint"].hex(), "journal_key": journal_key, "actor": who.actor,
        "wanted": json.dumps([move._asdict() for move in moves], ensure_ascii=False, default=date.isoformat),
    }  # fmt: skip
    for again in (False, True):
        ((refusal, status, headers, body),) = await ask(runtime, who.division, POST_LISTED, asked)
        if status is not None and refusal in (None, "answered"):
            return Answer(status, headers, body, refusal is not None)
        named = {code for move in moves for code in (move.debit, move.credit)}
        if again or refusal != NoSuchAccount.code() or not STANDARD & named:
            break
        await open_chart(runtime, who, county)
    raise by_name(refusal or "")


async def ask(runtime: Any, division: str, statement: str, asked: Mapping[str, Any]) -> list[Any]:
    """What the function answers. Raises DailyLimitReached when somebody would move too much today: nothing moved."""
    limit = {"day": runtime.clock.today(), "limit_fen": runtime.settings.transfer_daily_limit_fen}
    try:
        rows: list[Any] = await runtime.writers.ask(division, statement, {**asked, **limit}, often=True)
    except CheckViolation as error:
        if error.diag.constraint_name == DailyLimitReached.constraint:
            raise DailyLimitReached(limit_fen=limit["limit_fen"]) from None
        raise
    return rows


async def open_chart(runtime: Any, who: Principal, county: str) -> None:
    """The standard chart is opened when a county first asks for one of it. Raises NotFound outside the division."""
    try:
        async with transaction(runtime, who) as db:
            await ledger.account_ids(db, county, set(STANDARD))
    except ProgrammingError as error:
        raise from_database(error) or error from None


def by_name(refusal: str) -> Problem:
    """The problem of that code, or the one that a constraint's name or an SQLSTATE stands for."""
    for kind in every():
        if refusal in (kind.code(), kind.constraint):
            return kind()
    if refusal == "42501":
        return NotFound()
    return Invalid("", "a value is outside what is allowed", zh="有值超出允许范围", code="out-of-range")
