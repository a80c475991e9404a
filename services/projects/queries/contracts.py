"""Contracts as they stand after their last amendment, the payments on them, and how far projects are."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Date, DateTime, Integer, Select, String, Uuid, column, func, text, update
from sqlalchemy import select as rows
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.projects.models import Award, Bid, Contract, ContractAmendment, ContractPayment
from services.projects.queries import projects

CONTRACTS = text("""
    SELECT c.id, c.award_id, l.tender_id, l.lot_no, c.project_id, c.division_code, c.contract_no,
           b.enterprise_id AS supplier_id, e.uscc, e.name AS supplier, b.amount_fen AS awarded_fen,
           coalesce(a.amount_fen, c.amount_fen) AS amount_fen,
           (SELECT coalesce(sum(p.amount_fen), 0)::bigint FROM contract_payment p
            WHERE p.contract_id = c.id AND p.reversed_on IS NULL) AS paid_fen,
           c.signed_on, c.starts_on, coalesce(a.ends_on, c.ends_on) AS ends_on, coalesce(a.seq, 0) AS amendments,
           c.recorded_at
    FROM contract c
    JOIN award w ON w.id = c.award_id
    JOIN bid b ON b.id = w.bid_id
    JOIN tender_lot l ON l.id = w.lot_id
    JOIN enterprise e ON e.id = b.enterprise_id
    LEFT JOIN LATERAL (SELECT a.seq, a.amount_fen, a.ends_on FROM contract_amendment a
                       WHERE a.contract_id = c.id ORDER BY a.seq DESC LIMIT 1) a ON true
""").columns(
    column("id", Uuid), column("award_id", Uuid), column("tender_id", Uuid), column("lot_no", Integer),
    column("project_id", Uuid), column("division_code", String), column("contract_no", String),
    column("supplier_id", Uuid), column("uscc", String), column("supplier", String),
    column("awarded_fen", BigInteger), column("amount_fen", BigInteger), column("paid_fen", BigInteger),
    column("signed_on", Date), column("starts_on", Date), column("ends_on", Date), column("amendments", Integer),
    column("recorded_at", DateTime(timezone=True)),
)  # fmt: skip

# What every project has planned and reached by a day, costs, and is contracted for by then.
STANDING = """
    SELECT p.id, m.milestones, m.reached, m.late, b.budget_fen, c.contracted_fen
    FROM project p
    CROSS JOIN LATERAL (
      SELECT count(*) AS milestones, count(*) FILTER (WHERE m.actual_on <= :on) AS reached,
             count(*) FILTER (WHERE coalesce(m.planned_until, m.planned_on) < :on
                              AND coalesce(m.actual_on > :on, true)) AS late
      FROM milestone m WHERE m.project_id = p.id) m
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(b.amount_fen), 0)::bigint AS budget_fen FROM project_budget b WHERE b.project_id = p.id) b
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(coalesce((SELECT a.amount_fen FROM contract_amendment a
                                    WHERE a.contract_id = c.id AND a.amended_on <= :on
                                    ORDER BY a.seq DESC LIMIT 1), c.amount_fen)), 0)::bigint AS contracted_fen
      FROM contract c WHERE c.project_id = p.id AND c.signed_on <= :on) c
"""
ONE_STANDING = text(f"{STANDING} WHERE p.id = :project_id")

_PAID = f"""
    SELECT s.*, coalesce(paid.fen, 0) AS paid_fen
    FROM ({STANDING}) s
    LEFT JOIN unnest(CAST(:paid_projects AS uuid[]), CAST(:paid_fen AS bigint[])) AS paid (id, fen) USING (id)
"""  # noqa: S608  # both texts stand here
STANDINGS = text(_PAID).columns(
    column("id", Uuid), column("milestones", BigInteger), column("reached", BigInteger), column("late", BigInteger),
    column("budget_fen", BigInteger), column("contracted_fen", BigInteger), column("paid_fen", BigInteger),
)  # fmt: skip


SUMMED = ("milestones", "reached", "late", "budget_fen", "contracted_fen", "paid_fen")


def contracts(
    project_id: UUID | None = None, division: str | None = None, enterprise_id: UUID | None = None,
    tender_id: UUID | None = None, contract_id: UUID | None = None,
) -> Select[Any]:  # fmt: skip
    """Contracts with their suppliers."""
    each = CONTRACTS.subquery("contracts")
    found = rows(each)
    if division is not None:
        found = found.where(func.starts_with(each.c.division_code, division))
    for wanted, given in (
        (each.c.project_id, project_id), (each.c.supplier_id, enterprise_id), (each.c.tender_id, tender_id),
        (each.c.id, contract_id),
    ):  # fmt: skip
        if given is not None:
            found = found.where(wanted == given)
    return found


async def contract(db: AsyncSession, contract_id: UUID) -> dict[str, Any] | None:
    """One contract as it stands."""
    found = (await db.execute(contracts(contract_id=contract_id))).mappings().one_or_none()
    return dict(found) if found else None


async def signed(db: AsyncSession, contract_id: UUID) -> Contract | None:
    """The contract as it was signed."""
    return (await db.exec(select(Contract).where(Contract.id == contract_id))).one_or_none()


async def award(db: AsyncSession, award_id: UUID) -> tuple[Award, int] | None:
    """An award and the price it was given at."""
    statement = select(Award, Bid.amount_fen).join(Bid, col(Bid.id) == col(Award.bid_id)).where(Award.id == award_id)
    return (await db.exec(statement)).one_or_none()


def amendments(contract_id: UUID) -> Select[Any]:
    """What was changed in a contract."""
    return select(ContractAmendment).where(ContractAmendment.contract_id == contract_id)


async def amend(db: AsyncSession, contract: Contract, change: Mapping[str, Any]) -> ContractAmendment:
    """Add the next amendment of a contract whose project is locked."""
    last = select(func.coalesce(func.max(col(ContractAmendment.seq)), 0)).where(
        ContractAmendment.contract_id == contract.id
    )
    amendment = ContractAmendment(
        **change,
        contract_id=contract.id,
        project_id=contract.project_id,
        division_code=contract.division_code,
        seq=(await db.exec(last)).one() + 1,
    )
    db.add(amendment)
    await db.flush()
    await db.refresh(amendment)
    return amendment


def payments(contract_id: UUID) -> Select[Any]:
    """What was paid on a contract."""
    return select(ContractPayment).where(ContractPayment.contract_id == contract_id)


async def payments_of_project(db: AsyncSession, project_id: UUID) -> dict[UUID, UUID]:
    """On which contract each entry of the county's books was recorded."""
    statement = select(ContractPayment.entry_id, ContractPayment.contract_id).where(
        ContractPayment.project_id == project_id
    )
    return dict((await db.exec(statement)).all())


async def undo(db: AsyncSession, project_id: UUID, undone: Mapping[UUID, date]) -> None:
    """Note which recorded payments the county's books have since undone."""
    for entry_id, on in undone.items():
        await db.execute(
            update(ContractPayment)
            .where(col(ContractPayment.project_id) == project_id, col(ContractPayment.entry_id) == entry_id)
            .where(col(ContractPayment.reversed_on).is_(None))
            .values(reversed_on=on)
        )


async def pay(db: AsyncSession, payments: Sequence[ContractPayment]) -> None:
    """Record payments; all of them or none."""
    db.add_all(payments)
    await db.flush()
    for payment in payments:
        await db.refresh(payment)


async def standing(db: AsyncSession, project_id: UUID, on: date) -> dict[str, Any]:
    """Milestones, budget and contracts of a project on a day."""
    return dict((await db.execute(ONE_STANDING, {"project_id": project_id, "on": on})).mappings().one())


async def grouped(
    db: AsyncSession, by: Sequence[str], asked: projects.Filter, on: date, paid: Mapping[UUID, int]
) -> list[dict[str, Any]]:
    """Milestones and money of projects by town, category, programme, state on that day."""
    each = projects.projects(asked, on).subquery("each").c
    standing = STANDINGS.bindparams(on=on, paid_projects=list(paid), paid_fen=list(paid.values())).subquery().c
    keys = {"town": func.rpad(func.left(each.division_code, 9), 12, "0")}
    groups = [(keys[name] if name in keys else each[name]).label(name) for name in by]
    sums = [func.sum(standing[name]).cast(BigInteger).label(name) for name in SUMMED]
    statement = (
        rows(*groups, func.count().label("projects"), *sums)
        .join_from(each.id.table, standing.id.table, standing.id == each.id)
        .group_by(*groups)
        .order_by(*groups)
    )
    return [dict(row) for row in (await db.execute(statement)).mappings()]
