"""The bank's side: statements as imported, their lines, and which receipt a line is."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from fupin.db import NEW_ID
from services.funds.codes import StatementFormat
from services.funds.models.base import NOW, TIMESTAMP, Table, by_actor, county, place


class BankLayout(Table, table=True):
    """Which headings of a bank's file stand for which fields."""

    __tablename__ = "bank_layout"
    __table_args__ = (UniqueConstraint("county_code", "name"),)

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    county_code: str = county()
    division_code: str = place()
    name: str = Field(max_length=100)
    columns: dict[str, str] = Field(sa_type=JSONB)
    date_format: str = Field(max_length=32)
    made_by: str = Field(sa_type=Text, sa_column_kwargs=by_actor())
    at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class BankStatement(Table, table=True):
    """A file of the bank, imported whole or not at all."""

    __tablename__ = "bank_statement"
    __table_args__ = (UniqueConstraint("county_code", "digest"),)

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    county_code: str = county()
    division_code: str = place()
    filename: str = Field(sa_type=Text)
    format: StatementFormat = Field(sa_type=StatementFormat.stored())
    digest: bytes
    lines: int
    known_lines: int
    made_by: str = Field(sa_type=Text, sa_column_kwargs=by_actor())
    at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class BankLine(Table, table=True):
    """One movement of the bank account; `amount_fen` is negative for money out."""

    __tablename__ = "bank_line"
    __table_args__ = (
        UniqueConstraint("county_code", "digest"),
        UniqueConstraint("county_code", "reference"),
    )

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    county_code: str = county()
    division_code: str = place()
    statement_id: UUID = Field(foreign_key="funds.bank_statement.id", index=True)
    row_no: int
    booked_on: date
    amount_fen: int = Field(sa_type=BigInteger)
    payer: str = Field(sa_type=Text)
    reference: str | None = Field(max_length=64)
    text: str = Field(sa_type=Text)
    digest: bytes


class BankMatch(Table, table=True):
    """A line is a receipt. Undone matches stay; a line or a receipt has one standing match at most."""

    __tablename__ = "bank_match"
    __table_args__ = (
        Index("uq_bank_match_line_id", "line_id", unique=True, postgresql_where=text("undone_on IS NULL")),
        Index("uq_bank_match_receipt_id", "receipt_id", unique=True, postgresql_where=text("undone_on IS NULL")),
    )

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    county_code: str = county()
    division_code: str = place()
    line_id: UUID = Field(foreign_key="funds.bank_line.id")
    receipt_id: UUID = Field(foreign_key="funds.receipt.id")
    automatic: bool
    explanation: dict[str, Any] = Field(sa_type=JSONB)
    made_by: str = Field(sa_type=Text, sa_column_kwargs=by_actor())
    at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)
    undone_on: date | None
    undone_by: str | None = Field(sa_type=Text)
