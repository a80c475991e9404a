from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.projects.codes.tenders import ProcurementCategory, ProcurementMethod, TenderOutcome, TenderState
from services.projects.schemas.fields import Fen, Name, Prose, Reference, example
from services.projects.schemas.library import On

Price = Annotated[Fen, Field(gt=0)]
Number = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,40}$", examples=["2018-YS-01"])]
OpensUntil = Annotated[date | None, Field(description="Last day of the opening; the first when absent.")]
Ceiling = Annotated[Price, Field(description="The most a bid may ask (最高限价).")]


class NewLot(Body):
    """A part of a tender that is awarded on its own (标段)."""

    lot_no: Annotated[int, Field(ge=1, le=999)] = 1
    title: Name
    ceiling_fen: Ceiling


class NewTender(Body):
    model_config = example(
        tender_no="2018-YS-01",
        title="农村饮水安全工程",
        category="WORKS",
        method="OPEN",
        posted_on="2018-04-16",
        opens_on="2018-05-08",
        opens_until="2018-05-10",
        lots=[{"lot_no": 1, "title": "管网及净化设施", "ceiling_fen": 500_000_000}],
    )

    tender_no: Number
    title: Name
    category: ProcurementCategory
    method: ProcurementMethod
    posted_on: On = None
    opens_on: date
    opens_until: OpensUntil = None
    lots: Annotated[list[NewLot], Field(min_length=1, max_length=99)]


class TenderOpening(Body):
    """Other days for the opening, before it has begun."""

    model_config = example(opens_on="2018-05-09", opens_until="2018-05-11")

    opens_on: date
    opens_until: OpensUntil = None


class TenderEnding(Body):
    model_config = example(outcome="UNSUCCESSFUL", on="2018-05-11", reason="有效投标人不足三家")

    outcome: TenderOutcome
    on: On = None
    reason: Prose


class Lot(Answer):
    lot_id: UUID
    lot_no: int
    lot_title: str
    ceiling_fen: int
    bids: int
    awarded_fen: int | None
    supplier_id: UUID | None
    contract_id: UUID | None


class Tender(Answer):
    id: UUID
    project_id: UUID
    division_code: str
    tender_no: str
    title: str
    category: ProcurementCategory
    method: ProcurementMethod
    posted_on: date
    opens_on: date
    opens_until: date
    state: TenderState
    ended_on: date | None
    reason: str | None
    version: int
    recorded_at: Instant
    lots: list[Lot]


class TenderPage(Page[Tender]): ...


class NewBid(Body):
    model_config = example(
        enterprise_id="0198c6a0-0000-7000-8000-000000000001", amount_fen=486_000_000, opened_on="2018-05-08"
    )

    enterprise_id: UUID
    amount_fen: Price
    opened_on: On = None


class Bid(Answer):
    id: UUID
    lot_id: UUID
    project_id: UUID
    enterprise_id: UUID
    uscc: str
    name: str
    amount_fen: int
    opened_on: date
    awarded_on: date | None
    recorded_at: Instant


class BidPage(Page[Bid]): ...


class NewAward(Body):
    model_config = example(
        bid_id="0198c6a0-0000-7000-8000-000000000002", on="2018-05-11", document_ref="中标通知书2018-01"
    )

    bid_id: UUID
    on: On = None
    document_ref: Reference | None = None


class Award(Answer):
    id: UUID
    lot_id: UUID
    bid_id: UUID
    project_id: UUID
    division_code: str
    awarded_on: date
    document_ref: str | None
    awarded_by: str
    recorded_at: Instant
