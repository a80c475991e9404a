"""Loan contracts, their instalments and the receipts on them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Date,
    Select,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    column,
    func,
    insert,
    literal,
    text,
    update,
)
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.funds.codes import InstalmentKind, InstalmentStatus, LoanState, ReceiptKind
from services.funds.models import Allocation, Instalment, Loan, Receipt, ReceiptReversal
from services.funds.queries import columns
from services.funds.rules.schedules import Due, Owed

AGREED = (LoanState.APPROVED, LoanState.DISBURSED, LoanState.SETTLED, LoanState.WRITTEN_OFF)

PAID = text("""
    SELECT i.id, i.period_no, i.kind, i.due_on, i.amount_fen - coalesce(sum(p.amount_fen), 0)::bigint AS open_fen
    FROM loan l JOIN instalment i ON i.loan_id = l.id AND i.schedule_version = l.schedule_version
    LEFT JOIN paid_part p ON p.instalment_id = i.id AND p.reversed_on IS NULL
    WHERE l.id = :loan GROUP BY i.id
""")

WRITTEN_OFF = text("""
    SELECT coalesce(sum(amount_fen), 0)::bigint FROM loan_change
    WHERE loan_id = :loan AND kind = 'WRITE_OFF' AND state = 'APPROVED' AND effective_on <= :on
""")

ALLOCATIONS = text("""
    SELECT a.instalment_id, i.year_no, i.period_no, i.kind, i.due_on, a.amount_fen
    FROM allocation a JOIN instalment i ON i.id = a.instalment_id WHERE a.receipt_id = :receipt
    ORDER BY i.due_on, i.kind
""")

RECONCILIATION = text("""
    SELECT l.id AS loan_id, l.loan_no, l.enterprise_name, i.due_fen, i.overdue_fen, r.received_fen,
           i.contributions_paid_fen, i.principal_paid_fen, i.penalties_paid_fen, r.unmatched_fen,
           CASE WHEN l.disbursed_on <= :on THEN l.principal_fen ELSE 0 END - i.principal_paid_fen - w.fen
             AS outstanding_principal_fen,
           coalesce(b.principal_fen, 0)::bigint AS ledger_principal_fen,
           coalesce(b.credit_fen, 0)::bigint AS ledger_credit_fen
    FROM loan l
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(s.amount_fen) FILTER (WHERE s.due_on <= :on AND s.kind <> 'PENALTY'), 0)::bigint AS due_fen,
             coalesce(sum(s.amount_fen - s.paid_fen) FILTER (WHERE s.due_on < :on AND s.kind <> 'PENALTY'), 0)::bigint
               AS overdue_fen,
             coalesce(sum(s.paid_fen) FILTER (WHERE s.kind IN ('CONTRIBUTION', 'INTEREST')), 0)::bigint
               AS contributions_paid_fen,
             coalesce(sum(s.paid_fen) FILTER (WHERE s.kind = 'PRINCIPAL'), 0)::bigint AS principal_paid_fen,
             coalesce(sum(s.paid_fen) FILTER (WHERE s.kind = 'PENALTY'), 0)::bigint AS penalties_paid_fen
      FROM instalment_on(:on) AS s WHERE s.loan_id = l.id) AS i
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(r.amount_fen), 0)::bigint AS received_fen,
             coalesce(sum(r.credit_fen), 0)::bigint AS unmatched_fen
      FROM receipt r LEFT JOIN receipt_reversal v ON v.receipt_id = r.id
      WHERE r.loan_id = l.id AND r.received_on <= :on AND coalesce(v.reversed_on > :on, true)) AS r
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(c.amount_fen), 0)::bigint AS fen FROM loan_change c
      WHERE c.loan_id = l.id AND c.kind = 'WRITE_OFF' AND c.state = 'APPROVED' AND c.effective_on <= :on) AS w
    CROSS JOIN LATERAL (
      SELECT sum(e.fen) FILTER (WHERE e.kind = 'ASSET') AS principal_fen,
             -sum(e.fen) FILTER (WHERE e.kind <> 'ASSET') AS credit_fen
      FROM (SELECT a.kind, CASE WHEN p.debit = a.id THEN p.amount_fen ELSE -p.amount_fen END AS fen
            FROM account a JOIN posting p ON p.debit = a.id OR p.credit = a.id JOIN journal j ON j.id = p.journal_id
            WHERE a.county_code = l.county_code
              AND a.code IN ('loan.' || lower(l.loan_no), 'credit.' || lower(l.loan_no))
              AND j.effective_on <= :on) AS e) AS b
    WHERE l.disbursed_on IS NOT NULL
""").columns(
    column("loan_id", Uuid),
    column("loan_no", Text),
    column("enterprise_name", Text),
    *(column(name, BigInteger) for name in (
        "due_fen", "overdue_fen", "received_fen", "contributions_paid_fen", "principal_paid_fen",
        "penalties_paid_fen", "unmatched_fen",
        "outstanding_principal_fen", "ledger_principal_fen", "ledger_credit_fen")),
)  # fmt: skip

NEW_RECEIPT_ID = text("SELECT uuidv7()")


async def propose(db: AsyncSession, values: Mapping[str, Any], schedule: Sequence[Due]) -> Loan:
    """A contract with the first version of its schedule."""
    loan: Loan = (await db.execute(insert(Loan).values(**values).returning(Loan))).scalar_one()
    await schedule_of(db, loan, 1, schedule)
    return loan


async def schedule_of(db: AsyncSession, loan: Loan, version: int, schedule: Sequence[Due]) -> None:
    """Record a version of a contract's schedule."""
    whose = {"loan_id": loan.id, "county_code": loan.county_code, "division_code": loan.division_code}
    await db.execute(insert(Instalment), [whose | {"schedule_version": version} | due._asdict() for due in schedule])


async def loan(db: AsyncSession, loan_id: UUID, *, lock: bool = False) -> Loan | None:
    found = select(Loan).where(col(Loan.id) == loan_id)
    return (await db.exec(found.with_for_update() if lock else found)).one_or_none()


async def change(db: AsyncSession, loan_id: UUID, **values: Any) -> Loan:
    """The contract with its next version."""
    statement = update(Loan).where(col(Loan.id) == loan_id).values(version=Loan.version + 1, **values).returning(Loan)
    found: Loan = (await db.execute(statement, execution_options={"populate_existing": True})).scalar_one()
    return found


def loans(state: LoanState | None, uscc: str | None, signed_by: date | None) -> Select[Any]:
    """Contracts; `signed_by`: those agreed (approved by a second person) and signed on or before that day."""
    found = select(Loan)
    if state is not None:
        found = found.where(col(Loan.state) == state)
    if uscc is not None:
        found = found.where(col(Loan.enterprise_uscc) == uscc)
    if signed_by is not None:
        found = found.where(agreed(signed_by))
    return found


def agreed(signed_by: date) -> ColumnElement[bool]:
    return and_(col(Loan.state).in_(AGREED), col(Loan.signed_on) <= signed_by)


def instalments(
    on: date,
    *,
    loan_id: UUID | None = None,
    kind: InstalmentKind | None = None,
    status: InstalmentStatus | None = None,
    signed_by: date | None = None,
    year: int | None = None,
    due_by: date | None = None,
    paid: bool | None = None,
    principal: bool | None = None,
) -> Select[Any]:
    """Instalments of the schedules in force on a day, with what was received on them by then."""
    then = func.instalment_on(bindparam("on", on, type_=Date)).table_valued(
        column("id", Uuid), column("amount_fen", BigInteger), column("paid_fen", BigInteger), name="then"
    )
    stands = case(
        (then.c.paid_fen >= then.c.amount_fen, literal(InstalmentStatus.PAID.value)),
        (col(Instalment.due_on) < on, literal(InstalmentStatus.OVERDUE.value)),
        (col(Instalment.due_on) == on, literal(InstalmentStatus.DUE.value)),
        else_=literal(InstalmentStatus.UPCOMING.value),
    )
    found = (
        columns(
            Instalment.id, Instalment.loan_id, Loan.loan_no, Loan.enterprise_name, Instalment.schedule_version,
            Instalment.year_no, Instalment.period_no, Instalment.kind, Instalment.due_on, then.c.amount_fen,
            then.c.paid_fen, stands.label("status"),
        )
        .join(Loan, col(Loan.id) == col(Instalment.loan_id))
        .join(then, then.c.id == col(Instalment.id))
    )  # fmt: skip
    if loan_id is not None:
        found = found.where(col(Instalment.loan_id) == loan_id)
    if kind is not None:
        found = found.where(col(Instalment.kind) == kind)
    if status is not None:
        found = found.where(stands == status.value)
    if signed_by is not None:
        found = found.where(agreed(signed_by))
    if year is not None:
        found = found.where(col(Instalment.due_on).between(date(year, 1, 1), date(year, 12, 31)))
    if due_by is not None:
        found = found.where(col(Instalment.due_on) <= due_by)
    if paid is not None:
        found = found.where((then.c.paid_fen > 0) == paid)
    if principal is not None:
        found = found.where((col(Instalment.kind) == InstalmentKind.PRINCIPAL) == principal)
    return found


async def instalments_of(db: AsyncSession, loan_id: UUID, on: date) -> list[dict[str, Any]]:
    """A loan's instalments in the order they fall due."""
    statement = instalments(on, loan_id=loan_id).order_by(col(Instalment.due_on), col(Instalment.kind))
    return [dict(row) for row in (await db.execute(statement)).mappings()]


async def owed(db: AsyncSession, loan_id: UUID) -> list[Owed[UUID]]:
    """What is still to pay of each instalment of a loan, on all receipts so far."""
    rows = await db.execute(PAID, {"loan": loan_id})
    return [Owed(row.id, row.period_no, InstalmentKind[row.kind], row.due_on, row.open_fen) for row in rows]


def supported_enterprises(signed_by: date) -> Select[Any]:
    """Enterprises with a contract agreed and signed on or before a day, each once."""
    return (
        columns(
            col(Loan.enterprise_uscc).label("uscc"),
            func.min(Loan.enterprise_name).label("name"),
            func.count().label("loans"),
            func.sum(Loan.principal_fen).label("principal_fen"),
        )
        .where(agreed(signed_by))
        .group_by(col(Loan.enterprise_uscc))
    )


async def new_receipt_id(db: AsyncSession) -> UUID:
    found: UUID = (await db.execute(NEW_RECEIPT_ID)).scalar_one()
    return found


async def record_receipt(db: AsyncSession, values: Mapping[str, Any], allocations: Mapping[UUID, int]) -> Receipt:
    """A receipt and what it paid."""
    receipt: Receipt = (await db.execute(insert(Receipt).values(**values).returning(Receipt))).scalar_one()
    if allocations:
        rows = [
            {
                "receipt_id": receipt.id, "instalment_id": instalment, "amount_fen": amount,
                "county_code": receipt.county_code, "division_code": receipt.division_code,
            }
            for instalment, amount in allocations.items()
        ]  # fmt: skip
        await db.execute(insert(Allocation), rows)
    return receipt


async def written_off(db: AsyncSession, loan_id: UUID, on: date) -> int:
    """The principal given up by a day."""
    return int((await db.execute(WRITTEN_OFF, {"loan": loan_id, "on": on})).scalar_one())


async def receipt(db: AsyncSession, receipt_id: UUID) -> dict[str, Any] | None:
    """A receipt with the day it was undone."""
    found = await db.execute(receipts().where(col(Receipt.id) == receipt_id))
    row = found.mappings().one_or_none()
    return dict(row) if row else None


async def allocations(db: AsyncSession, receipt_id: UUID) -> list[dict[str, Any]]:
    return [dict(row) for row in (await db.execute(ALLOCATIONS, {"receipt": receipt_id})).mappings()]


def receipts(
    kind: ReceiptKind | None = None, loan_id: UUID | None = None, since: date | None = None,
    until: date | None = None, unmatched: bool = False,
) -> Select[Any]:  # fmt: skip
    """Money received; `unmatched`: receipts of which a part found no instalment."""
    found = columns(*Receipt.__table__.c, ReceiptReversal.reversed_on).join(  # type: ignore[attr-defined]
        ReceiptReversal, col(ReceiptReversal.receipt_id) == col(Receipt.id), isouter=True
    )
    if kind is not None:
        found = found.where(col(Receipt.kind) == kind)
    if loan_id is not None:
        found = found.where(col(Receipt.loan_id) == loan_id)
    if since is not None:
        found = found.where(col(Receipt.received_on) >= since)
    if until is not None:
        found = found.where(col(Receipt.received_on) <= until)
    if unmatched:
        found = found.where(col(Receipt.credit_fen) > 0)
    return found


def reconciliation(on: date) -> tuple[Select[Any], Any]:
    """A row for each loan that was paid out: due, received, matched, and what the ledger says; and the rows' key."""
    rows = RECONCILIATION.bindparams(on=on).subquery("reconciliation")
    return select(rows), rows.c.loan_id
