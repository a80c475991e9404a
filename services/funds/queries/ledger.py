"""Accounts, postings, holds: the functions of the ledger, called by name."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Date, Integer, Text, bindparam, text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.funds.codes import JournalSource
from services.funds.problems.ledger import AccountExists, NoSuchAccount
from services.funds.rules.chart import CHART, Standard

OPEN_ACCOUNT = text("""
    SELECT account_id, opened
    FROM open_account(:county, :division, :code, :name, :kind, :managed, CAST(:min_fen AS bigint), NULL)
""")

ACCOUNT_IDS = text(
    "SELECT code, id, managed FROM account WHERE county_code = :county AND code = ANY(:codes)"
).bindparams(bindparam("codes", type_=ARRAY(Text)))

ACCOUNT = text("""
    SELECT a.code, a.name, a.kind, a.currency, a.division_code, a.managed, a.opened_at, b.is_open,
           b.net_fen AS balance_fen, b.pending_fen, b.net_fen - b.pending_fen AS available_fen, b.seq AS entries
    FROM account a JOIN balance b ON b.account_id = a.id WHERE a.county_code = :county AND a.code = :code
""")

CLOSE_ACCOUNT = text("""
    SELECT close_account(a.id) AS closed FROM account a WHERE a.county_code = :county AND a.code = :code
""")

POST = text("""
    SELECT journal_id, replayed FROM post(:county, :key, CAST(:debit AS bigint), CAST(:credit AS bigint),
      CAST(:amount_fen AS bigint), :on, CAST(:memo AS text), :source, CAST(:source_id AS uuid))
""")

POST_BATCH = text("""
    SELECT ord, journal_id, replayed FROM post_batch(:county, :keys, :on, :memos, :line_journals, :line_debits,
      :line_credits, :line_amounts, :source, CAST(:source_id AS uuid)) ORDER BY ord
""").bindparams(
    bindparam("keys", type_=ARRAY(Text)),
    bindparam("on", type_=ARRAY(Date)),
    bindparam("memos", type_=ARRAY(Text)),
    bindparam("line_journals", type_=ARRAY(Integer)),
    bindparam("line_debits", type_=ARRAY(BigInteger)),
    bindparam("line_credits", type_=ARRAY(BigInteger)),
    bindparam("line_amounts", type_=ARRAY(BigInteger)),
)

REVERSE = text("SELECT journal_id, replayed FROM reverse_journal(:journal, :key, :on, CAST(:memo AS text))")

HOLD = text(
    "SELECT hold_funds(:county, :key, CAST(:account AS bigint), CAST(:amount_fen AS bigint), :source, :source_id)"
)

RELEASE = text("SELECT release_funds(:hold, :key, CAST(:amount_fen AS bigint))")

HELD = text("""
    SELECT h.amount_fen - coalesce((SELECT sum(r.amount_fen) FROM hold_release r WHERE r.hold_id = h.id), 0)::bigint
    FROM hold h WHERE h.id = :hold
""")

AVAILABLE = text("""
    SELECT b.net_fen - b.pending_fen FROM balance b JOIN account a ON a.id = b.account_id
    WHERE a.county_code = :county AND a.code = :code
""")

SEAL = text("SELECT number, journals FROM seal_ledger(:county)")

COUNTIES = text("SELECT DISTINCT county_code FROM account ORDER BY county_code")

SUM_DAYS = text("SELECT sum_days(:county)")


class AccountId(NamedTuple):
    id: int
    managed: bool


class Posted(NamedTuple):
    journal_id: UUID
    replayed: bool


class Line(NamedTuple):
    debit: int
    credit: int
    amount_fen: int


class Entry(NamedTuple):
    """One journal of a batch."""

    key: str
    on: date
    memo: str | None
    lines: Sequence[Line]


async def open_account(db: AsyncSession, county: str, account: Standard, division_code: str | None = None) -> int:
    """The account's id; it is opened unless it was. Raises AccountExists when the code means something else."""
    asked = {
        "county": county, "division": division_code or f"{county}000000", "code": account.code, "name": account.name,
        "kind": account.kind.value, "managed": account.managed, "min_fen": account.min_fen,
    }  # fmt: skip
    opened = (await db.execute(OPEN_ACCOUNT, asked)).one()
    if not opened.opened:
        found = await describe(db, county, account.code)
        if found is None or (found["name"], found["kind"]) != (account.name, account.kind.value):
            raise AccountExists
    return int(opened.account_id)


async def account_ids(db: AsyncSession, county: str, codes: set[str]) -> dict[str, AccountId]:
    """
    The ids behind account codes. The standard chart is opened when a county first asks for one of it.

    Raises NoSuchAccount.
    """
    found = await known_ids(db, county, codes)
    if missing := codes - found.keys():
        standard = {account.code: account for account in CHART}
        if not missing <= standard.keys():
            raise NoSuchAccount
        for account in CHART:
            await open_account(db, county, account)
        found = await known_ids(db, county, codes)
    return found


async def known_ids(db: AsyncSession, county: str, codes: set[str]) -> dict[str, AccountId]:
    """Those of the codes that the county has."""
    rows = await db.execute(ACCOUNT_IDS, {"county": county, "codes": sorted(codes)})
    return {row.code: AccountId(row.id, row.managed) for row in rows}


async def describe(db: AsyncSession, county: str, code: str) -> dict[str, Any] | None:
    """An account and what it holds now."""
    row = (await db.execute(ACCOUNT, {"county": county, "code": code})).mappings().one_or_none()
    return dict(row) if row else None


async def close_account(db: AsyncSession, county: str, code: str) -> bool:
    """Whether it was open and empty, and is closed now."""
    return bool((await db.execute(CLOSE_ACCOUNT, {"county": county, "code": code})).scalar_one())


async def available(db: AsyncSession, county: str, code: str) -> int:
    """What may be taken from an account: its balance less what is promised."""
    return int((await db.execute(AVAILABLE, {"county": county, "code": code})).scalar_one_or_none() or 0)


async def post(
    db: AsyncSession, county: str, key: str, line: Line, on: date, memo: str | None, source: JournalSource,
    source_id: UUID | None = None,
) -> Posted:  # fmt: skip
    """One journal of one line. A repeated key answers with the first journal."""
    asked = {
        "county": county, "key": key, **line._asdict(), "on": on, "memo": memo, "source": source.value,
        "source_id": source_id,
    }  # fmt: skip
    row = (await db.execute(POST, asked)).one()
    return Posted(row.journal_id, row.replayed)


async def post_batch(
    db: AsyncSession, county: str, entries: Sequence[Entry], source: JournalSource, source_id: UUID | None = None
) -> list[Posted]:
    """Journals of any number of lines, all or none, in the order given."""
    lines = [(number, line) for number, entry in enumerate(entries, start=1) for line in entry.lines]
    asked = {
        "county": county,
        "keys": [entry.key for entry in entries],
        "on": [entry.on for entry in entries],
        "memos": [entry.memo for entry in entries],
        "line_journals": [number for number, _ in lines],
        "line_debits": [line.debit for _, line in lines],
        "line_credits": [line.credit for _, line in lines],
        "line_amounts": [line.amount_fen for _, line in lines],
        "source": source.value,
        "source_id": source_id,
    }
    return [Posted(row.journal_id, row.replayed) for row in await db.execute(POST_BATCH, asked)]


async def reverse(db: AsyncSession, journal: UUID, key: str, on: date, memo: str | None) -> Posted:
    """A journal that undoes another, line by line. Raises AlreadyReversed by its constraint."""
    row = (await db.execute(REVERSE, {"journal": journal, "key": key, "on": on, "memo": memo})).one()
    return Posted(row.journal_id, row.replayed)


async def hold(
    db: AsyncSession, county: str, key: str, account_id: int, amount_fen: int, source: JournalSource, source_id: UUID
) -> UUID:
    """Promise an amount; raises ShortOfFunds by its constraint."""
    asked = {"county": county, "key": key, "account": account_id, "amount_fen": amount_fen}
    found = await db.execute(HOLD, asked | {"source": source.value, "source_id": source_id})
    held: UUID = found.scalar_one()
    return held


async def release(db: AsyncSession, hold_id: UUID, key: str, amount_fen: int) -> None:
    """Give a part of a promise back, once for each key."""
    if amount_fen:
        await db.execute(RELEASE, {"hold": hold_id, "key": key, "amount_fen": amount_fen})


async def held(db: AsyncSession, hold_id: UUID) -> int:
    """What is left of a promise."""
    return int((await db.execute(HELD, {"hold": hold_id})).scalar_one())


async def seal(db: AsyncSession, county: str) -> tuple[int, int]:
    """The last seal's number, and how many journals it took in now (0: nothing new to seal)."""
    row = (await db.execute(SEAL, {"county": county})).one()
    return row.number, row.journals
