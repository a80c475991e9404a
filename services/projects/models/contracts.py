"""Contracts, what was changed in them, and the payments of the county's books that were made on them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint
from sqlmodel import Field

from fupin.db import NEW_ID
from services.projects.models.base import AT, CODE, COUNTY, NOW, Table, of_project


class Contract(Table, table=True):
    """
    A contract (合同) with the winner of a lot, at the awarded price.

    `contract_amendment` says what changed since; the row itself never does.
    """

    __table_args__ = (
        of_project(),
        UniqueConstraint("award_id"),
        UniqueConstraint("county_code", "contract_no"),
        CheckConstraint("county_code = left(division_code, 6)", name="county"),
        CheckConstraint("amount_fen > 0", name="positive"),
        CheckConstraint("ends_on >= starts_on", name="period"),
    )

    id: UUID = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    award_id: UUID = Field(foreign_key="projects.award.id")
    project_id: UUID = Field(index=True)
    county_code: str = Field(sa_type=COUNTY)
    division_code: str = Field(sa_type=CODE)
    contract_no: str = Field(max_length=40)
    amount_fen: int = Field(sa_type=BigInteger)
    signed_on: date
    starts_on: date
    ends_on: date
    signed_by: str = Field(max_length=255)
    recorded_at: datetime = Field(default=None, sa_type=AT, sa_column_kwargs=NOW)


class ContractAmendment(Table, table=True):
    """
    A change of a contract (变更协议): its new price and last day.

    `budget_approval` names the document by which the county let the project's contracts exceed its budget.
    """

    __table_args__ = (
        of_project(),
        UniqueConstraint("contract_id", "seq"),
        CheckConstraint("amount_fen > 0", name="positive"),
        CheckConstraint("seq > 0", name="seq"),
    )

    id: UUID = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    contract_id: UUID = Field(foreign_key="projects.contract.id")
    project_id: UUID = Field(index=True)
    division_code: str = Field(sa_type=CODE)
    seq: int
    amount_fen: int = Field(sa_type=BigInteger)
    ends_on: date
    amended_on: date
    reason: str = Field(max_length=2000)
    document_ref: str = Field(max_length=100)
    budget_approval: str | None = Field(default=None, max_length=100)
    amended_by: str = Field(max_length=255)
    recorded_at: datetime = Field(default=None, sa_type=AT, sa_column_kwargs=NOW)


class ContractPayment(Table, table=True):
    """An expenditure in the county's books (`funds`) that was made on a contract, as read from there."""

    __table_args__ = (
        of_project(),
        UniqueConstraint("entry_id"),
        CheckConstraint("amount_fen > 0", name="positive"),
    )

    id: UUID = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    contract_id: UUID = Field(foreign_key="projects.contract.id", index=True)
    project_id: UUID = Field(index=True)
    division_code: str = Field(sa_type=CODE)
    entry_id: UUID
    amount_fen: int = Field(sa_type=BigInteger)
    paid_on: date
    payee: str = Field(max_length=200)
    document_no: str = Field(max_length=100)
    reversed_on: date | None = None
    recorded_by: str = Field(max_length=255)
    recorded_at: datetime = Field(default=None, sa_type=AT, sa_column_kwargs=NOW)
