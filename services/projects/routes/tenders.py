"""From the call for bids to the winner (招标、投标、定标)."""

from datetime import date
from typing import Any
from uuid import UUID

from fastapi import Response

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.etag import IfMatch, Stale, VersionRequired, etag
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from fupin.reads import Reads
from fupin.selected import selected
from fupin.written import listed
from services.projects import models
from services.projects.codes.tenders import ProcurementMethod, TenderState
from services.projects.problems.contracts import DaysBackwards
from services.projects.problems.library import DayInFuture
from services.projects.problems.tenders import (
    AboveCeiling,
    BidsOpened,
    BidTwice,
    LotAwarded,
    LotTwice,
    NoSuchBidder,
    NotABidder,
    NotAdmitted,
    OutsideOpening,
    TenderAwarded,
    TenderClosed,
    TenderDays,
    TenderNumberTaken,
)
from services.projects.queries import tenders as queries
from services.projects.routes.projects import held
from services.projects.rules import contracts as rules
from services.projects.schemas.fields import Division
from services.projects.schemas.tenders import (
    Award,
    Bid,
    BidPage,
    NewAward,
    NewBid,
    NewTender,
    Tender,
    TenderEnding,
    TenderOpening,
    TenderPage,
)

router = Router(tags=["procurement"])


@router.post(
    "/v1/projects/{project_id}/tenders",
    status_code=201,
    response_model=Tender,
    dependencies=[needs("projects:write")],
    responses=problems(NotFound, NotAdmitted, TenderNumberTaken, LotTwice, TenderDays, DayInFuture),
)
async def post_tender(project_id: UUID, new: NewTender, db: Db, today: Today, response: Response) -> dict[str, Any]:
    """Put work of an admitted project out to tender (挂标), in one lot or several."""
    project = await held(db, project_id)
    rules.check_procuring(project.state)
    days = {"posted_on": done_on(new.posted_on, today), "opens_until": new.opens_until or new.opens_on}
    tender_id = await queries.post(
        db, project, new.model_dump(exclude={"lots"}) | days, [lot.model_dump() for lot in new.lots]
    )
    response.headers["Location"] = f"/v1/tenders/{tender_id}"
    return await _shown(db, tender_id, response)


@router.get(
    "/v1/tenders", response_model=TenderPage, dependencies=[needs("projects:read")], responses=problems(BadCursor)
)
async def list_tenders(
    db: Reads,
    page: Paged,
    response: Response,
    project_id: UUID | None = None,
    division: Division | None = None,
    method: ProcurementMethod | None = None,
    state: TenderState | None = None,
) -> Response:
    """Tenders with their lots, and who won them."""
    asked = queries.TenderFilter(project_id, division, method, state)
    return await listed(db, page, response, selected(Tender, queries.tenders, asked))


@router.get(
    "/v1/tenders/{tender_id}",
    response_model=Tender,
    dependencies=[needs("projects:read")],
    responses=problems(NotFound),
)
async def get_tender(tender_id: UUID, db: Db, response: Response) -> dict[str, Any]:
    """One tender with its lots."""
    return await _shown(db, tender_id, response)


@router.patch(
    "/v1/tenders/{tender_id}",
    response_model=Tender,
    dependencies=[needs("projects:write")],
    responses=problems(NotFound, Stale, VersionRequired, BidsOpened, TenderClosed, TenderDays),
)
async def move_opening(
    tender_id: UUID, opening: TenderOpening, version: IfMatch, db: Db, response: Response
) -> dict[str, Any]:
    """Open the bids on other days, as long as none is opened."""
    tender = await queries.tender_to_change(db, tender_id)
    if tender is None:
        raise NotFound
    if tender.version != version:
        raise Stale
    tender.opens_on, tender.opens_until = opening.opens_on, opening.opens_until or opening.opens_on
    tender.version += 1
    await db.flush()
    return await _shown(db, tender_id, response)


@router.post(
    "/v1/tenders/{tender_id}:end",
    response_model=Tender,
    dependencies=[needs("projects:approve")],
    responses=problems(NotFound, TenderClosed, TenderAwarded, TenderDays, DayInFuture),
)
async def end_tender(tender_id: UUID, ending: TenderEnding, db: Db, today: Today, response: Response) -> dict[str, Any]:
    """End a tender without an award (流标、终止), with the reason; once, and only while no lot is awarded."""
    tender = await queries.tender_to_change(db, tender_id)
    if tender is None:
        raise NotFound
    tender.outcome, tender.ended_on, tender.reason = ending.outcome, done_on(ending.on, today), ending.reason
    tender.version += 1
    await db.flush()
    return await _shown(db, tender_id, response)


@router.post(
    "/v1/lots/{lot_id}/bids",
    status_code=201,
    response_model=Bid,
    dependencies=[needs("projects:write")],
    responses=problems(NotFound, NoSuchBidder, BidTwice, TenderClosed, OutsideOpening, AboveCeiling, DayInFuture),
)
async def open_bid(lot_id: UUID, new: NewBid, db: Db, today: Today) -> dict[str, Any]:
    """Record a bid as it was read out on an opening day (开标), of an enterprise whose credit code is on record."""
    lot = await _lot(db, lot_id)
    bid = models.Bid(
        lot_id=lot.id,
        project_id=lot.project_id,
        division_code=lot.division_code,
        enterprise_id=new.enterprise_id,
        amount_fen=new.amount_fen,
        opened_on=done_on(new.opened_on, today),
    )
    db.add(bid)
    await db.flush()
    return await queries.bid(db, bid.id)


@router.get("/v1/bids", response_model=BidPage, dependencies=[needs("projects:read")], responses=problems(BadCursor))
async def list_bids(
    db: Reads,
    page: Paged,
    response: Response,
    tender_id: UUID | None = None,
    lot_id: UUID | None = None,
    enterprise_id: UUID | None = None,
) -> Response:
    """Bids of a tender, a lot or an enterprise."""
    return await listed(db, page, response, selected(Bid, queries.bids, tender_id, lot_id, enterprise_id))


@router.post(
    "/v1/lots/{lot_id}/award",
    status_code=201,
    response_model=Award,
    dependencies=[needs("projects:approve")],
    responses=problems(NotFound, NotABidder, LotAwarded, TenderClosed, DaysBackwards, DayInFuture),
)
async def award_lot(lot_id: UUID, new: NewAward, db: Db, who: Who, today: Today) -> models.Award:
    """Award a lot to one of its bids, at the price it asked (定标)."""
    lot = await _lot(db, lot_id)
    award = models.Award(
        lot_id=lot.id,
        bid_id=new.bid_id,
        project_id=lot.project_id,
        division_code=lot.division_code,
        awarded_on=done_on(new.on, today),
        document_ref=new.document_ref,
        awarded_by=who.actor,
    )
    db.add(award)
    await db.flush()
    await db.refresh(award)
    return award


def done_on(day: date | None, today: date) -> date:
    """The day something was done; today when absent. Raises DayInFuture."""
    if day is not None and day > today:
        raise DayInFuture(today=today.isoformat())
    return day or today


async def _lot(db: Db, lot_id: UUID) -> models.TenderLot:
    lot = await queries.lot(db, lot_id)
    if lot is None:
        raise NotFound
    return lot


async def _shown(db: Db, tender_id: UUID, response: Response) -> dict[str, Any]:
    found = await queries.tender(db, tender_id)
    if found is None:
        raise NotFound
    etag(response, found["version"])
    return found
