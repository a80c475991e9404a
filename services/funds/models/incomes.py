"""Where income of the shared account came from; transfers by hand that two persons make."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Text, UniqueConstraint
from sqlmodel import Field

from fupin.db import NEW_ID
from services.funds.codes import Decision
from services.funds.models.base import NOW, TIMESTAMP, Table, by_actor, county, place


class Income(Table, table=True):
    """The village and the project that a receipt came from; the number of a donation among its county's and year's."""

    __table_args__ = (UniqueConstraint("county_code", "donation_year", "donation_no"),)

    receipt_id: UUID = Field(primary_key=True, foreign_key="funds.receipt.id")
    county_code: str = county()
    division_code: str = place()
    project_id: UUID | None
    project_no: str | None = Field(max_length=40)
    period_from: date | None
    period_to: date | None
    donation_year: int | None
    donation_no: int | None
    made_by: str = Field(sa_type=Text, sa_column_kwargs=by_actor())
    at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class TransferRequest(Table, table=True):
    """A hand-made transfer proposed by one person; its journal is posted when another approves it."""

    __tablename__ = "transfer_request"

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    county_code: str = county()
    division_code: str = place()
    debit: str = Field(max_length=63)
    credit: str = Field(max_length=63)
    amount_fen: int = Field(sa_type=BigInteger)
    effective_on: date
    memo: str | None = Field(sa_type=Text)
    state: Decision = Field(sa_type=Decision.stored(), sa_column_kwargs={"server_default": "PROPOSED"})
    approved_by: str | None = Field(sa_type=Text)
    journal_id: UUID | None = Field(foreign_key="funds.journal.id")
    made_by: str = Field(sa_type=Text, sa_column_kwargs=by_actor())
    at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)
