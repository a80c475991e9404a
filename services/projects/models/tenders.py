"""How works, goods and services are procured (招标采购): tender, lots, bids, awards. Rows are only added."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, UniqueConstraint
from sqlmodel import Field

from fupin.db import NEW_ID
from services.projects.codes.tenders import ProcurementCategory, ProcurementMethod, TenderOutcome
from services.projects.models.base import AT, CODE, COUNTY, NOW, ONE, Table, of_project


class Tender(Table, table=True):
    """
    A call for bids (招标公告), in lots.

    It stands open until it ends without an award (`outcome`) or every lot is awarded.
    """

    __table_args__ = (
        of_project(),
        UniqueConstraint("county_code", "tender_no"),
        CheckConstraint("county_code = left(division_code, 6)", name="county"),
        CheckConstraint("opens_on >= posted_on AND opens_until >= opens_on AND ended_on >= posted_on", name="days"),
        CheckConstraint(
            "(outcome IS NULL) = (ended_on IS NULL) AND (outcome IS NULL) = (reason IS NULL)", name="ended"
        ),
    )

    id: UUID = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    project_id: UUID = Field(index=True)
    county_code: str = Field(sa_type=COUNTY)
    division_code: str = Field(sa_type=CODE)
    tender_no: str = Field(max_length=40)
    title: str = Field(max_length=200)
    category: ProcurementCategory = Field(sa_type=ProcurementCategory.stored())
    method: ProcurementMethod = Field(sa_type=ProcurementMethod.stored())
    posted_on: date
    opens_on: date
    opens_until: date
    outcome: TenderOutcome | None = Field(default=None, sa_type=TenderOutcome.stored(), nullable=True)
    ended_on: date | None = None
    reason: str | None = Field(default=None, max_length=2000)
    version: int = Field(default=1, sa_column_kwargs=ONE)
    recorded_at: datetime = Field(default=None, sa_type=AT, sa_column_kwargs=NOW)


class TenderLot(Table, table=True):
    """A part of a tender that is awarded on its own (标段); a small tender is one lot."""

    __table_args__ = (
        of_project(),
        UniqueConstraint("tender_id", "lot_no"),
        CheckConstraint("ceiling_fen > 0", name="positive"),
    )

    id: UUID = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    tender_id: UUID = Field(foreign_key="projects.tender.id")
    project_id: UUID = Field(index=True)
    division_code: str = Field(sa_type=CODE)
    lot_no: int
    title: str = Field(max_length=200)
    ceiling_fen: int = Field(sa_type=BigInteger)


class Bid(Table, table=True):
    """What an enterprise asks for a lot, as read out when the bids were opened (开标)."""

    __table_args__ = (
        of_project(),
        UniqueConstraint("lot_id", "enterprise_id"),
        UniqueConstraint("id", "lot_id"),
        CheckConstraint("amount_fen > 0", name="positive"),
    )

    id: UUID = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    lot_id: UUID = Field(foreign_key="projects.tender_lot.id")
    project_id: UUID = Field(index=True)
    division_code: str = Field(sa_type=CODE)
    enterprise_id: UUID = Field(foreign_key="projects.enterprise.id", index=True)
    amount_fen: int = Field(sa_type=BigInteger)
    opened_on: date
    recorded_at: datetime = Field(default=None, sa_type=AT, sa_column_kwargs=NOW)


class Award(Table, table=True):
    """The bid that won a lot (中标), at the price it asked; one for each lot."""

    __table_args__ = (
        of_project(),
        UniqueConstraint("lot_id"),
        ForeignKeyConstraint(["bid_id", "lot_id"], ["projects.bid.id", "projects.bid.lot_id"], name="fk_award_bid"),
    )

    id: UUID = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    lot_id: UUID
    bid_id: UUID
    project_id: UUID = Field(index=True)
    division_code: str = Field(sa_type=CODE)
    awarded_on: date
    document_ref: str | None = Field(default=None, max_length=100)
    awarded_by: str = Field(max_length=255)
    recorded_at: datetime = Field(default=None, sa_type=AT, sa_column_kwargs=NOW)
