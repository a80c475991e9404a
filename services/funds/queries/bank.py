"""Bank statements, their lines, and what each line is."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, insert, literal, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.funds.codes import BankLineState, InstalmentKind
from services.funds.models import BankLayout, BankLine, BankMatch, BankStatement
from services.funds.queries import columns
from services.funds.rules.matching import Claim

CLAIMS = text("""
    SELECT l.id, l.loan_no, l.enterprise_name, i.kind, i.due_on, i.amount_fen - coalesce(sum(p.amount_fen), 0)::bigint
      AS open_fen
    FROM loan l JOIN instalment i ON i.loan_id = l.id AND i.schedule_version = l.schedule_version
    LEFT JOIN paid_part p ON p.instalment_id = i.id AND p.reversed_on IS NULL
    WHERE l.county_code = :county AND l.state = 'DISBURSED'
    GROUP BY l.id, i.id HAVING i.amount_fen > coalesce(sum(p.amount_fen), 0)
""")

# A receipt that was booked by hand before its statement came.
BOOKED = text("""
    SELECT r.id, r.amount_fen, r.received_on, r.bank_reference FROM receipt r
    WHERE r.county_code = :county AND r.bank_reference = :reference
      AND NOT EXISTS (SELECT FROM receipt_reversal v WHERE v.receipt_id = r.id)
      AND NOT EXISTS (SELECT FROM bank_match m WHERE m.receipt_id = r.id AND m.undone_on IS NULL)
""")

MATCHED = text("SELECT EXISTS (SELECT FROM bank_match WHERE receipt_id = :receipt AND undone_on IS NULL)")

LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('funds.bank.' || CAST(:county AS text), 0))")


async def layout(db: AsyncSession, values: Mapping[str, Any]) -> BankLayout:
    found: BankLayout = (await db.execute(insert(BankLayout).values(**values).returning(BankLayout))).scalar_one()
    return found


async def layout_by_id(db: AsyncSession, layout_id: UUID) -> BankLayout | None:
    return (await db.exec(select(BankLayout).where(col(BankLayout.id) == layout_id))).one_or_none()


def layouts() -> Select[Any]:
    return select(BankLayout)


def statements() -> Select[Any]:
    return select(BankStatement)


async def statement(db: AsyncSession, statement_id: UUID) -> BankStatement | None:
    return (await db.exec(select(BankStatement).where(col(BankStatement.id) == statement_id))).one_or_none()


async def known(db: AsyncSession, county: str, digests: Sequence[bytes]) -> set[bytes]:
    """Which of the lines were imported before."""
    wanted = select(BankLine.digest).where(col(BankLine.county_code) == county, col(BankLine.digest).in_(digests))
    return {bytes(digest) for digest in await db.exec(wanted)}


async def alone(db: AsyncSession, county: str) -> None:
    """One import or matching in a county at a time."""
    await db.execute(LOCK, {"county": county})


async def record(db: AsyncSession, values: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> BankStatement:
    """A statement and those of its lines that are new."""
    made: BankStatement = (
        await db.execute(insert(BankStatement).values(**values).returning(BankStatement))
    ).scalar_one()
    whose = {"county_code": made.county_code, "division_code": made.division_code, "statement_id": made.id}
    if lines:
        rows = [whose | dict(line) for line in lines]
        await db.execute(upsert(BankLine).on_conflict_do_nothing(constraint="uq_bank_line_county_code_digest"), rows)
    return made


def lines(
    statement_id: UUID | None = None, state: BankLineState | None = None, line_id: UUID | None = None
) -> Select[Any]:
    """Lines with the receipt that each one is."""
    stands = case(
        (col(BankMatch.id).is_not(None), literal(BankLineState.MATCHED.value)),
        (col(BankLine.amount_fen) < 0, literal(BankLineState.OUTGOING.value)),
        else_=literal(BankLineState.UNMATCHED.value),
    )
    found = columns(
        BankLine.id, BankLine.county_code, BankLine.statement_id, BankLine.row_no, BankLine.booked_on,
        BankLine.amount_fen, BankLine.payer, BankLine.reference, BankLine.text, stands.label("state"),
        BankMatch.receipt_id, BankMatch.automatic, BankMatch.explanation,
    ).join(
        BankMatch, (col(BankMatch.line_id) == col(BankLine.id)) & col(BankMatch.undone_on).is_(None), isouter=True
    )  # fmt: skip
    if statement_id is not None:
        found = found.where(col(BankLine.statement_id) == statement_id)
    if line_id is not None:
        found = found.where(col(BankLine.id) == line_id)
    if state is not None:
        found = found.where(stands == state.value)
    return found


async def line(db: AsyncSession, line_id: UUID) -> dict[str, Any] | None:
    row = (await db.execute(lines(line_id=line_id))).mappings().one_or_none()
    return dict(row) if row else None


async def unmatched(db: AsyncSession, statement_id: UUID) -> list[dict[str, Any]]:
    """A statement's money in that is no receipt yet, oldest first."""
    wanted = lines(statement_id, BankLineState.UNMATCHED).order_by(col(BankLine.booked_on), col(BankLine.row_no))
    return [dict(row) for row in (await db.execute(wanted)).mappings()]


async def claims(db: AsyncSession, county: str) -> list[Claim]:
    """What enterprises owe: the open part of each instalment."""
    rows = await db.execute(CLAIMS, {"county": county})
    return [
        Claim(row.id, row.loan_no, row.enterprise_name, InstalmentKind[row.kind], row.due_on, row.open_fen)
        for row in rows
    ]


async def booked(db: AsyncSession, county: str, reference: str | None) -> dict[str, Any] | None:
    """The receipt booked by hand under this bank reference."""
    if reference is None:
        return None
    row = (await db.execute(BOOKED, {"county": county, "reference": reference})).mappings().one_or_none()
    return dict(row) if row else None


async def match(db: AsyncSession, values: Mapping[str, Any]) -> None:
    await db.execute(insert(BankMatch).values(**values))


async def unmatch(db: AsyncSession, line_id: UUID, on: date, actor: str) -> None:
    standing = (col(BankMatch.line_id) == line_id) & col(BankMatch.undone_on).is_(None)
    await db.execute(update(BankMatch).where(standing).values(undone_on=on, undone_by=actor))


async def matched(db: AsyncSession, receipt_id: UUID) -> bool:
    """Whether a receipt is a bank line's."""
    return bool((await db.execute(MATCHED, {"receipt": receipt_id})).scalar_one())
