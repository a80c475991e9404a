from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity, Index, text
from sqlalchemy import CheckConstraint as Check
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from fupin.db import Xid8
from services.registry.models.base import AT, CODE, NOW, Table


class Versioned(SQLModel):
    """
    What held from a day on, as recorded at a moment; written by trigger, never changed.

    Of a row's versions with `valid_from` up to the day and `recorded_at` up to the moment, the one with the highest
    `seq` held. `image` is the row as it stood in its table, sealed columns sealed; where the row has left, or was
    deleted, it is null and `gone` is true. A row without versions never changed: it stands in its table alone.
    """

    id: UUID = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    division_code: str = Field(sa_type=CODE)
    valid_from: date
    recorded_at: datetime = Field(sa_type=AT)
    actor: str
    gone: bool


class HouseholdVersion(Versioned, Table, table=True):
    __table_args__ = (Check("gone = (image IS NULL)", name="gone"),)

    image: dict[str, Any] | None = Field(sa_column=Column(JSONB))


class MemberVersion(Versioned, Table, table=True):
    __table_args__ = (Check("gone = (image IS NULL)", name="gone"), Index(None, "household_id", "id", "seq"))

    household_id: UUID
    image: dict[str, Any] | None = Field(sa_column=Column(JSONB))


class RecordedChange(Table, table=True):
    """One line of the change feed, without a word on what changed. Written by trigger, never changed."""

    xid: str = Field(
        sa_column=Column(Xid8, primary_key=True, nullable=False, server_default=text("pg_current_xact_id()"))
    )
    seq: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True, nullable=False))
    kind: str = Field(max_length=32)
    object_id: str = Field(max_length=64)
    action: str = Field(max_length=32)
    version: int
    division_code: str = Field(sa_type=CODE)
    at: datetime | None = Field(default=None, sa_type=AT, nullable=False, sa_column_kwargs=NOW)
