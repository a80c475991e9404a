"""Reading the books: journals, statements, balances on a day, the trial balance, and whether it all agrees."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, bindparam, literal_column, text, union_all
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.funds.codes import AccountKind, JournalSource
from services.funds.models import Account, Balance, Journal, Posting, Seal
from services.funds.queries import columns

LINES = text("""
    SELECT p.journal_id, p.line, d.code AS debit, c.code AS credit, p.amount_fen
    FROM posting p JOIN account d ON d.id = p.debit JOIN account c ON c.id = p.credit
    WHERE p.journal_id = ANY(:journals) ORDER BY p.journal_id, p.line
""").bindparams(bindparam("journals", type_=ARRAY(Uuid)))

# The days summed already, and what was posted after them: both by index, however long the account. CASE, not COALESCE:
# under row-level security PostgreSQL searches an index only by what cannot leak, and takes COALESCE for what might.
BALANCE_ON = text("""
    SELECT coalesce(d.net_fen, 0) + (b.side * t.fen)::bigint AS balance_fen,
           coalesce(d.entries, 0) + t.entries AS entries
    FROM account a JOIN balance b ON b.account_id = a.id
    LEFT JOIN day_mark m ON m.account_id = a.id
    LEFT JOIN LATERAL (
      SELECT y.net_fen, y.entries FROM day_balance y WHERE y.account_id = a.id AND y.effective_on <= :on
      ORDER BY y.effective_on DESC LIMIT 1) AS d ON true
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(e.fen), 0) AS fen, count(*) AS entries FROM (
        SELECT p.amount_fen AS fen FROM posting p JOIN journal j ON j.id = p.journal_id
        WHERE p.debit = a.id AND p.debit_seq > CASE WHEN m.seq IS NULL THEN 0 ELSE m.seq END AND j.effective_on <= :on
        UNION ALL
        SELECT -p.amount_fen FROM posting p JOIN journal j ON j.id = p.journal_id
        WHERE p.credit = a.id AND p.credit_seq > CASE WHEN m.seq IS NULL THEN 0 ELSE m.seq END
          AND j.effective_on <= :on) AS e) AS t
    WHERE a.county_code = :county AND a.code = :code
""")

TRIAL_BALANCE = text("""
    SELECT a.code, a.name, a.kind, (x.debit_fen)::bigint AS debit_fen,
           (x.debit_fen - b.side * x.net_fen)::bigint AS credit_fen, x.net_fen::bigint AS balance_fen
    FROM account a JOIN balance b ON b.account_id = a.id
    LEFT JOIN day_mark m ON m.account_id = a.id
    LEFT JOIN LATERAL (
      SELECT y.net_fen, y.debit_fen FROM day_balance y WHERE y.account_id = a.id AND y.effective_on <= :on
      ORDER BY y.effective_on DESC LIMIT 1) AS d ON true
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(e.debit), 0) AS debit, coalesce(sum(e.credit), 0) AS credit FROM (
        SELECT p.amount_fen AS debit, 0::bigint AS credit FROM posting p JOIN journal j ON j.id = p.journal_id
        WHERE p.debit = a.id AND p.debit_seq > CASE WHEN m.seq IS NULL THEN 0 ELSE m.seq END AND j.effective_on <= :on
        UNION ALL
        SELECT 0, p.amount_fen FROM posting p JOIN journal j ON j.id = p.journal_id
        WHERE p.credit = a.id AND p.credit_seq > CASE WHEN m.seq IS NULL THEN 0 ELSE m.seq END
          AND j.effective_on <= :on) AS e) AS t
    CROSS JOIN LATERAL (
      SELECT coalesce(d.debit_fen, 0) + t.debit AS debit_fen,
             coalesce(d.net_fen, 0) + b.side * (t.debit - t.credit) AS net_fen) AS x
    WHERE a.county_code = :county ORDER BY a.code
""")

# Every account's balance from its postings, and every posting's number and running balance from the one before.
UNSOUND_BALANCES = text("""
    WITH entry AS (
      SELECT p.debit AS account_id, p.debit_seq AS seq, p.debit_net_fen AS net, b.side * p.amount_fen AS delta
      FROM posting p JOIN balance b ON b.account_id = p.debit WHERE p.county_code = :county
      UNION ALL
      SELECT p.credit, p.credit_seq, p.credit_net_fen, -b.side * p.amount_fen
      FROM posting p JOIN balance b ON b.account_id = p.credit WHERE p.county_code = :county),
    checked AS (
      SELECT account_id, seq, net, seq <> row_number() OVER w OR net <> sum(delta) OVER w AS wrong
      FROM entry WINDOW w AS (PARTITION BY account_id ORDER BY seq)),
    last AS (SELECT account_id, max(seq) AS seq, bool_or(wrong) AS wrong FROM checked GROUP BY account_id)
    SELECT a.code FROM account a JOIN balance b ON b.account_id = a.id LEFT JOIN last l ON l.account_id = a.id
    LEFT JOIN checked c ON c.account_id = a.id AND c.seq = l.seq
    WHERE a.county_code = :county
      AND (coalesce(l.wrong, false) OR b.seq <> coalesce(l.seq, 0) OR b.net_fen <> coalesce(c.net, 0)
           OR b.pending_fen <> coalesce((SELECT sum(h.amount_fen) FROM hold h WHERE h.account_id = a.id), 0)
              - coalesce((SELECT sum(r.amount_fen) FROM hold_release r JOIN hold h ON h.id = r.hold_id
                          WHERE h.account_id = a.id), 0))
    ORDER BY a.code
""")

UNSOUND_JOURNALS = text("""
    SELECT coalesce(j.id, p.journal_id)
    FROM (SELECT id, n_lines FROM journal WHERE county_code = :county) AS j
    FULL JOIN (SELECT journal_id, count(*) AS lines, max(line) AS last FROM posting WHERE county_code = :county
               GROUP BY journal_id) AS p ON p.journal_id = j.id
    WHERE (j.n_lines, j.n_lines) IS DISTINCT FROM (p.lines, p.last)
    ORDER BY 1
""")

UNSOUND_SEALS = text("""
    WITH chain AS (
      SELECT number, journals, lines, root, previous, hash, upto, lag(upto, 1, '0'::xid8) OVER w AS since,
             lag(hash) OVER w AS before
      FROM seal WHERE county_code = :county WINDOW w AS (ORDER BY number))
    SELECT c.number FROM chain c CROSS JOIN LATERAL seal_root(:county, c.since, c.upto) AS r
    WHERE c.root IS NOT NULL AND (
      r.journals <> c.journals OR r.lines <> c.lines OR r.root <> c.root OR c.previous IS DISTINCT FROM c.before
      OR c.hash <> sha256(coalesce(c.previous, ''::bytea) || int8send(c.lines) || c.root))
    UNION ALL
    SELECT c.number FROM chain c CROSS JOIN LATERAL seal_hash(:county, c.since, c.upto, c.previous) AS h
    WHERE c.root IS NULL
      AND (h.hash <> c.hash OR h.journals <> c.journals OR c.previous IS DISTINCT FROM c.before)
    ORDER BY 1
""")

COUNTS = text("""
    SELECT (SELECT count(*) FROM journal WHERE county_code = :county) AS journals,
           (SELECT count(*) FROM posting WHERE county_code = :county) AS postings,
           (SELECT count(*) FROM account WHERE county_code = :county) AS accounts,
           (SELECT count(*) FROM seal WHERE county_code = :county) AS seals,
           (SELECT coalesce(sum(journals), 0) FROM seal WHERE county_code = :county)::bigint AS sealed_journals
""")


def accounts(county: str, kind: AccountKind | None) -> Select[Any]:
    """The chart with what each account holds now."""
    found = (
        columns(
            Account.code, Account.name, Account.kind, Account.currency, Account.division_code, Account.managed,
            Account.opened_at, Balance.is_open, col(Balance.net_fen).label("balance_fen"), Balance.pending_fen,
            (col(Balance.net_fen) - col(Balance.pending_fen)).label("available_fen"), col(Balance.seq).label("entries"),
        )
        .join(Balance, col(Balance.account_id) == col(Account.id))
        .where(col(Account.county_code) == county)
    )  # fmt: skip
    if kind is not None:
        found = found.where(col(Account.kind) == kind)
    return found


def journals(
    county: str, source: JournalSource | None, source_id: UUID | None, since: date | None, until: date | None
) -> Select[Any]:
    """Journals of the county, narrowed by document or by the days they took effect on."""
    found = select(Journal).where(col(Journal.county_code) == county)
    if source is not None:
        found = found.where(col(Journal.source) == source)
    if source_id is not None:
        found = found.where(col(Journal.source_id) == source_id)
    if since is not None:
        found = found.where(col(Journal.effective_on) >= since)
    if until is not None:
        found = found.where(col(Journal.effective_on) <= until)
    return found


async def journal(db: AsyncSession, journal_id: UUID) -> Journal | None:
    return (await db.exec(select(Journal).where(col(Journal.id) == journal_id))).one_or_none()


async def lines(db: AsyncSession, journal_ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """The lines of journals, with account codes."""
    found: dict[UUID, list[dict[str, Any]]] = {journal_id: [] for journal_id in journal_ids}
    for row in (await db.execute(LINES, {"journals": list(journal_ids)})).mappings():
        found[row["journal_id"]].append(dict(row))
    return found


def statement(account_id: int, since: date | None, until: date | None) -> Select[Any]:
    """An account's entries in the order they were posted, each with the balance after it."""
    other = aliased(Account)
    sides = []
    for side, own, counter, seq, net in (
        ("DEBIT", Posting.debit, Posting.credit, Posting.debit_seq, Posting.debit_net_fen),
        ("CREDIT", Posting.credit, Posting.debit, Posting.credit_seq, Posting.credit_net_fen),
    ):
        sides.append(
            columns(
                col(seq).label("entry"), Posting.journal_id, Posting.line, col(Posting.amount_fen).label("amount_fen"),
                literal_column(f"'{side}'").label("side"), col(net).label("balance_fen"), col(counter).label("counter"),
            ).where(col(own) == account_id)
        )  # fmt: skip
    entry = union_all(*sides).subquery("entry")
    found = (
        columns(
            entry.c.entry, entry.c.journal_id, entry.c.line, entry.c.side, entry.c.amount_fen, entry.c.balance_fen,
            col(other.code).label("counter_account"), Journal.effective_on, Journal.posted_at, Journal.memo,
            Journal.source,
        )
        .join(Journal, col(Journal.id) == entry.c.journal_id)
        .join(other, col(other.id) == entry.c.counter)
    )  # fmt: skip
    if since is not None:
        found = found.where(col(Journal.effective_on) >= since)
    if until is not None:
        found = found.where(col(Journal.effective_on) <= until)
    return found


async def balance_on(db: AsyncSession, county: str, code: str, on: date) -> Any:
    """What an account held at the end of a day, by the days its journals took effect on; None for no such account."""
    return (await db.execute(BALANCE_ON, {"county": county, "code": code, "on": on})).mappings().one_or_none()


async def trial_balance(db: AsyncSession, county: str, on: date) -> list[dict[str, Any]]:
    rows = await db.execute(TRIAL_BALANCE, {"county": county, "on": on})
    return [dict(row) for row in rows.mappings()]


def seals(county: str) -> Select[Any]:
    return select(Seal).where(col(Seal.county_code) == county)


async def verification(db: AsyncSession, county: str) -> dict[str, Any]:
    """What does not agree: journals without all their lines, accounts that do not add up, seals that no longer fit."""
    asked = {"county": county}
    counts = (await db.execute(COUNTS, asked)).mappings().one()
    return {
        **counts,
        "unsound_journals": list((await db.execute(UNSOUND_JOURNALS, asked)).scalars()),
        "unsound_accounts": list((await db.execute(UNSOUND_BALANCES, asked)).scalars()),
        "unsound_seals": list((await db.execute(UNSOUND_SEALS, asked)).scalars()),
    }
