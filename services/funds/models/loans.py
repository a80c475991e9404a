"""Loan contracts, their schedules, and the money received on them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, CHAR, BigInteger, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from fupin.db import NEW_ID
from services.funds.codes import DayCount, Guarantee, InstalmentKind, LoanKind, LoanState, ReceiptKind
from services.funds.models.base import NOW, TIMESTAMP, Table, by_actor, county, place


class Loan(Table, table=True):
    """A contract with an enterprise. Its terms are not edited; only its state moves."""

    __table_args__ = (UniqueConstraint("county_code", "loan_no"),)

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    county_code: str = county()
    division_code: str = place()
    loan_no: str = Field(max_length=32)
    kind: LoanKind = Field(sa_type=LoanKind.stored())
    enterprise_id: UUID | None
    enterprise_name: str = Field(sa_type=Text)
    enterprise_uscc: str = Field(sa_type=CHAR(18))
    principal_fen: int = Field(sa_type=BigInteger)
    yearly_contribution_fen: int = Field(sa_type=BigInteger)
    term_years: int
    signed_on: date
    start_on: date
    guarantee: Guarantee = Field(sa_type=Guarantee.stored())
    guarantee_note: str = Field(sa_type=Text)
    schedule_version: int = Field(sa_column_kwargs={"server_default": text("1")})
    rate_ppm: int = Field(sa_column_kwargs={"server_default": text("0")})
    day_count: DayCount = Field(sa_type=DayCount.stored(), sa_column_kwargs={"server_default": "ACT_365"})
    periods_per_year: int = Field(sa_column_kwargs={"server_default": text("1")})
    allocation_order: list[str] = Field(sa_type=ARRAY(Text))
    penalty_daily_ppm: int = Field(sa_column_kwargs={"server_default": text("0")})
    penalty_cap_ppm: int = Field(sa_column_kwargs={"server_default": text("1000000")})
    state: LoanState = Field(sa_type=LoanState.stored(), sa_column_kwargs={"server_default": "PROPOSED"})
    made_by: str = Field(sa_type=Text, sa_column_kwargs=by_actor())
    approved_by: str | None = Field(sa_type=Text)
    disbursed_on: date | None
    version: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": text("1")})


class Instalment(Table, table=True):
    """
    What is due on a day. A new schedule adds rows of the next version and removes none.

    `penalised_id`: the instalment that a penalty is for; `due_on` is then the day up to which it accrued.
    """

    __table_args__ = (
        Index(
            "uq_instalment_period",
            "loan_id",
            "schedule_version",
            "period_no",
            "kind",
            unique=True,
            postgresql_where=text("penalised_id IS NULL"),
        ),
        UniqueConstraint("penalised_id", "due_on"),
    )

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    county_code: str = county()
    division_code: str = place()
    loan_id: UUID = Field(foreign_key="funds.loan.id")
    schedule_version: int
    year_no: int
    kind: InstalmentKind = Field(sa_type=InstalmentKind.stored())
    due_on: date
    amount_fen: int = Field(sa_type=BigInteger)
    period_no: int
    penalised_id: UUID | None = Field(foreign_key="funds.instalment.id")


class Receipt(Table, table=True):
    """Money that came in. `credit_fen`: what it left as (or, negative, took from) the enterprise's credit balance."""

    __table_args__ = (Index(None, "county_code", "bank_reference"), UniqueConstraint("journal_id"))

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    county_code: str = county()
    division_code: str = place()
    kind: ReceiptKind = Field(sa_type=ReceiptKind.stored())
    loan_id: UUID | None = Field(foreign_key="funds.loan.id", index=True)
    received_on: date
    amount_fen: int = Field(sa_type=BigInteger)
    credit_fen: int = Field(sa_type=BigInteger)
    payer: str = Field(sa_type=Text)
    bank_reference: str | None = Field(max_length=64)
    memo: str | None = Field(sa_type=Text)
    journal_id: UUID = Field(foreign_key="funds.journal.id")
    made_by: str = Field(sa_type=Text, sa_column_kwargs=by_actor())
    at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class Allocation(Table, table=True):
    """The part of a receipt that paid an instalment."""

    receipt_id: UUID = Field(primary_key=True, foreign_key="funds.receipt.id")
    instalment_id: UUID = Field(primary_key=True, foreign_key="funds.instalment.id", index=True)
    county_code: str = county()
    division_code: str = place()
    amount_fen: int = Field(sa_type=BigInteger)
