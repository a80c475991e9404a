"""Appropriations (指标文号), what they are for, what moved of them, and when silence about them is an alarm."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Text, UniqueConstraint
from sqlmodel import Field

from fupin.db import NEW_ID
from services.funds.codes import AlarmKind, AppropriationLevel, Decision, EntryKind, UseKind
from services.funds.models.base import COUNTY, NOW, TIMESTAMP, Table, by_actor, county, place

PROPOSED = {"server_default": "PROPOSED"}


class Appropriation(Table, table=True):
    """Money that a level of government granted the county by a document, for a purpose."""

    __table_args__ = (UniqueConstraint("county_code", "document_no"),)

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    county_code: str = county()
    division_code: str = place()
    document_no: str = Field(max_length=100)
    level: AppropriationLevel = Field(sa_type=AppropriationLevel.stored())
    year: int
    amount_fen: int = Field(sa_type=BigInteger)
    purpose: str = Field(sa_type=Text)
    issued_on: date
    made_by: str = Field(sa_type=Text, sa_column_kwargs=by_actor())
    at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class AppropriationUse(Table, table=True):
    """A part of an appropriation planned for a loan, a project or households; approved by a second person."""

    __tablename__ = "appropriation_use"

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    county_code: str = county()
    division_code: str = place()
    appropriation_id: UUID = Field(foreign_key="funds.appropriation.id", index=True)
    kind: UseKind = Field(sa_type=UseKind.stored())
    loan_id: UUID | None = Field(foreign_key="funds.loan.id", index=True)
    project_id: UUID | None
    project_no: str | None = Field(max_length=40)
    title: str = Field(sa_type=Text)
    amount_fen: int = Field(sa_type=BigInteger)
    state: Decision = Field(sa_type=Decision.stored(), sa_column_kwargs=PROPOSED)
    approved_by: str | None = Field(sa_type=Text)
    made_by: str = Field(sa_type=Text, sa_column_kwargs=by_actor())
    at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class AppropriationEntry(Table, table=True):
    """Money of an appropriation that came, was spent, or was passed on to the shared account; each by its journal."""

    __tablename__ = "appropriation_entry"
    __table_args__ = (UniqueConstraint("journal_id"),)

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    county_code: str = county()
    division_code: str = place()
    appropriation_id: UUID = Field(foreign_key="funds.appropriation.id", index=True)
    use_id: UUID | None = Field(foreign_key="funds.appropriation_use.id", index=True)
    kind: EntryKind = Field(sa_type=EntryKind.stored())
    amount_fen: int = Field(sa_type=BigInteger)
    effective_on: date
    counterparty: str = Field(sa_type=Text)
    bank_reference: str | None = Field(max_length=64)
    journal_id: UUID = Field(foreign_key="funds.journal.id")
    made_by: str = Field(sa_type=Text, sa_column_kwargs=by_actor())
    at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class AlarmRule(Table, table=True):
    """
    When money counts as stalled: `days` without receipt or expenditure, or less than `share_ppm` of the amount spent
    at the end of `month` of the appropriation's year.
    """

    __tablename__ = "alarm_rule"
    __table_args__ = (UniqueConstraint("county_code", "name"),)

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    county_code: str = county()
    division_code: str = place()
    name: str = Field(max_length=100)
    kind: AlarmKind = Field(sa_type=AlarmKind.stored())
    level: AppropriationLevel | None = Field(sa_type=AppropriationLevel.stored())
    days: int | None
    share_ppm: int | None
    month: int | None
    retired_on: date | None
    made_by: str = Field(sa_type=Text, sa_column_kwargs=by_actor())
    at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class CollectionDay(Table, table=True):
    """A day on which penalties were accrued and reminders noted without anybody asking."""

    __tablename__ = "collection_day"

    county_code: str = Field(primary_key=True, sa_type=COUNTY)
    on_day: date = Field(primary_key=True)
    at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)
