"""Income of the shared account and where it came from; transfers of two persons."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, extract, func, insert, text, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.funds.codes import Decision, ReceiptKind
from services.funds.models import Income, Receipt, ReceiptReversal, TransferRequest
from services.funds.queries import columns

# Donations are numbered without gaps: whoever takes the next number waits for whoever took the last.
LOCK_DONATIONS = text("SELECT pg_advisory_xact_lock(hashtextextended('funds.donation.' || :county, 0))")

# A statement of its own, so that it sees what was committed while it waited.
DONATION_NO = text(
    "SELECT 1 + coalesce(max(donation_no), 0) FROM income WHERE county_code = :county AND donation_year = :year"
)

# What reached the shared account, by the day it took effect; undone receipts are not among its inflows.
TOTALS = text("""
    SELECT extract(year FROM i.effective_on)::integer AS year, r.kind,
           CASE WHEN length(rtrim(c.division_code, '0')) > 6 THEN rpad(left(c.division_code, 9), 12, '0')
                ELSE rpad(i.county_code, 12, '0') END AS town,
           count(DISTINCT r.id) AS receipts, sum(i.amount_fen)::bigint AS amount_fen
    FROM shared_inflow i JOIN receipt r ON r.journal_id = i.journal_id LEFT JOIN income c ON c.receipt_id = r.id
    WHERE i.county_code = :county AND (CAST(:year AS integer) IS NULL OR extract(year FROM i.effective_on) = :year)
      AND (CAST(:kind AS text) IS NULL OR r.kind = :kind)
      AND (CAST(:until AS date) IS NULL OR i.effective_on <= :until)
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
""")


async def next_donation(db: AsyncSession, county: str, year: int) -> int:
    """The number of the next donation of a year; nobody else gets one of the county until this transaction ends."""
    await db.execute(LOCK_DONATIONS, {"county": county})
    return int((await db.execute(DONATION_NO, {"county": county, "year": year})).scalar_one())


async def record(db: AsyncSession, values: Mapping[str, Any]) -> None:
    await db.execute(insert(Income).values(**values))


def incomes(
    kind: ReceiptKind | None = None, year: int | None = None, division: str | None = None,
    project_id: UUID | None = None, receipt_id: UUID | None = None,
) -> Select[Any]:  # fmt: skip
    """Incomes with their receipts, and the day they were undone."""
    found = (
        columns(
            Receipt.kind, Receipt.amount_fen, Receipt.received_on, Receipt.payer, Receipt.bank_reference, Receipt.memo,
            Receipt.journal_id, *Income.__table__.c, ReceiptReversal.reversed_on,  # type: ignore[attr-defined]
        )
        .join(Income, col(Income.receipt_id) == col(Receipt.id))
        .join(ReceiptReversal, col(ReceiptReversal.receipt_id) == col(Receipt.id), isouter=True)
    )  # fmt: skip
    if kind is not None:
        found = found.where(col(Receipt.kind) == kind)
    if year is not None:
        found = found.where(extract("year", col(Receipt.received_on)) == year)
    if division is not None:
        found = found.where(func.starts_with(col(Income.division_code), division))
    if project_id is not None:
        found = found.where(col(Income.project_id) == project_id)
    if receipt_id is not None:
        found = found.where(col(Receipt.id) == receipt_id)
    return found


async def income(db: AsyncSession, receipt_id: UUID) -> dict[str, Any] | None:
    row = (await db.execute(incomes(receipt_id=receipt_id))).mappings().one_or_none()
    return dict(row) if row else None


async def totals(
    db: AsyncSession, county: str, year: int | None, kind: ReceiptKind | None, until: date | None
) -> list[dict[str, Any]]:
    asked = {"county": county, "year": year, "kind": kind.value if kind else None, "until": until}
    rows = await db.execute(TOTALS, asked)
    return [dict(row) for row in rows.mappings()]


async def request_transfer(db: AsyncSession, values: Mapping[str, Any]) -> TransferRequest:
    statement = insert(TransferRequest).values(**values).returning(TransferRequest)
    found: TransferRequest = (await db.execute(statement)).scalar_one()
    return found


async def transfer_request(db: AsyncSession, request_id: UUID) -> TransferRequest | None:
    """As it stands now; nobody else decides on it until this transaction ends."""
    wanted = select(TransferRequest).where(col(TransferRequest.id) == request_id).with_for_update()
    return (await db.exec(wanted.execution_options(populate_existing=True))).one_or_none()


async def decide_transfer(db: AsyncSession, request_id: UUID, **values: Any) -> TransferRequest:
    statement = (
        update(TransferRequest).where(col(TransferRequest.id) == request_id).values(**values).returning(TransferRequest)
    )
    found: TransferRequest = (await db.execute(statement, execution_options={"populate_existing": True})).scalar_one()
    return found


def transfer_requests(state: Decision | None) -> Select[Any]:
    found = select(TransferRequest)
    return found if state is None else found.where(col(TransferRequest.state) == state)
