"""Tenders with their lots, bids with their bidders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, String, case, func, literal
from sqlalchemy import select as rows
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.projects.codes.tenders import ProcurementMethod, TenderState
from services.projects.models import Award, Bid, Contract, Enterprise, Project, Tender, TenderLot

_UNAWARDED = (
    rows(literal(1))
    .select_from(TenderLot)
    .outerjoin(Award, col(Award.lot_id) == col(TenderLot.id))
    .where(col(TenderLot.tender_id) == col(Tender.id), col(Award.id).is_(None))
    .exists()
)
_STATE: ColumnElement[str] = case(
    (col(Tender.outcome).is_not(None), func.cast(col(Tender.outcome), String)),
    (_UNAWARDED, TenderState.ACTIVE.value),
    else_=TenderState.COMPLETE.value,
)
_OPENED = aliased(Bid)
_BIDS = rows(func.count()).select_from(_OPENED).where(col(_OPENED.lot_id) == col(TenderLot.id)).scalar_subquery()
_LOTS = (
    rows(
        func.jsonb_agg(
            aggregate_order_by(
                func.jsonb_build_object(
                    "lot_id", col(TenderLot.id), "lot_no", col(TenderLot.lot_no), "lot_title", col(TenderLot.title),
                    "ceiling_fen", col(TenderLot.ceiling_fen), "bids", _BIDS, "awarded_fen", col(Bid.amount_fen),
                    "supplier_id", col(Bid.enterprise_id), "contract_id", col(Contract.id),
                ),
                col(TenderLot.lot_no),
            ),
            type_=JSONB,
        )
    )
    .select_from(TenderLot)
    .outerjoin(Award, col(Award.lot_id) == col(TenderLot.id))
    .outerjoin(Bid, col(Bid.id) == col(Award.bid_id))
    .outerjoin(Contract, col(Contract.award_id) == col(Award.id))
    .where(col(TenderLot.tender_id) == col(Tender.id))
    .scalar_subquery()
)  # fmt: skip


@dataclass(frozen=True)
class TenderFilter:
    """Which tenders are asked for; None asks for all."""

    project_id: UUID | None = None
    division: str | None = None
    method: ProcurementMethod | None = None
    state: TenderState | None = None


def tenders(asked: TenderFilter) -> Select[Any]:
    """Tenders with their lots, and where each stands."""
    plain = [column for column in Tender.__table__.c if column.name not in ("county_code", "outcome")]  # type: ignore[attr-defined]  # SQLModel adds it
    found = rows(*plain, _STATE.label("state"), _LOTS.label("lots"))
    if asked.project_id is not None:
        found = found.where(col(Tender.project_id) == asked.project_id)
    if asked.division is not None:
        found = found.where(func.starts_with(col(Tender.division_code), asked.division))
    if asked.method is not None:
        found = found.where(col(Tender.method) == asked.method)
    if asked.state is not None:
        found = found.where(_STATE.in_([asked.state.value]))
    return found


async def tender(db: AsyncSession, tender_id: UUID) -> dict[str, Any] | None:
    """One tender with its lots."""
    found = tenders(TenderFilter()).where(col(Tender.id) == tender_id)
    row = (await db.execute(found)).mappings().one_or_none()
    return dict(row) if row else None


async def tender_to_change(db: AsyncSession, tender_id: UUID) -> Tender | None:
    """The tender, held until this transaction ends."""
    return (await db.exec(select(Tender).where(Tender.id == tender_id).with_for_update())).one_or_none()


async def post(
    db: AsyncSession, project: Project, tender: Mapping[str, Any], lots: Sequence[Mapping[str, Any]]
) -> UUID:
    """Add a tender with its lots; its id."""
    place: dict[str, Any] = {"project_id": project.id, "division_code": project.division_code}
    posted = Tender(**tender, **place, county_code=project.county_code)
    db.add(posted)
    await db.flush()
    db.add_all(TenderLot(**lot, **place, tender_id=posted.id) for lot in lots)
    await db.flush()
    return posted.id


async def lot(db: AsyncSession, lot_id: UUID) -> TenderLot | None:
    return (await db.exec(select(TenderLot).where(TenderLot.id == lot_id))).one_or_none()


def bids(
    tender_id: UUID | None = None, lot_id: UUID | None = None, enterprise_id: UUID | None = None,
    bid_id: UUID | None = None,
) -> Select[Any]:  # fmt: skip
    """Bids with who made them, and the day the lot was awarded to them."""
    plain = [column for column in Bid.__table__.c if column.name != "division_code"]  # type: ignore[attr-defined]  # SQLModel adds it
    found = (
        rows(*plain, col(Enterprise.uscc), col(Enterprise.name), col(Award.awarded_on))
        .join_from(Bid, Enterprise, col(Enterprise.id) == col(Bid.enterprise_id))
        .outerjoin(Award, col(Award.bid_id) == col(Bid.id))
    )
    if tender_id is not None:
        found = found.join(TenderLot, col(TenderLot.id) == col(Bid.lot_id)).where(col(TenderLot.tender_id) == tender_id)
    for wanted, given in ((Bid.lot_id, lot_id), (Bid.enterprise_id, enterprise_id), (Bid.id, bid_id)):
        if given is not None:
            found = found.where(col(wanted) == given)
    return found


async def bid(db: AsyncSession, bid_id: UUID) -> dict[str, Any]:
    """One bid that is there."""
    return dict((await db.execute(bids(bid_id=bid_id))).mappings().one())
