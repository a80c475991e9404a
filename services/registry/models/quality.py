from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, Numeric, text
from sqlmodel import Field

from fupin.db import NEW_ID
from services.registry.codes.quality import FindingState
from services.registry.models.base import (
    AT,
    CODE,
    NOW,
    ZERO,
    OfHousehold,
    Table,
    in_county,
    of_household,
)

SECONDS: Any = Numeric(9, 3)


class QualityRun(Table, table=True):
    """One look of all quality rules at a division's register."""

    id: UUID = Field(primary_key=True)  # of the operation that runs it
    division_code: str = Field(sa_type=CODE)
    on_date: date
    households: int = Field(default=0, sa_column_kwargs=ZERO)
    created_by: str
    created_at: datetime | None = Field(default=None, sa_type=AT, nullable=False, sa_column_kwargs=NOW)
    finished_at: datetime | None = Field(default=None, sa_type=AT)


class QualityRunRule(Table, table=True):
    """What one rule found in a run: rows standing, opened and closed, and how long it took."""

    __table_args__ = (ForeignKeyConstraint(["run_id"], ["registry.quality_run.id"]),)

    run_id: UUID = Field(primary_key=True)
    rule: str = Field(primary_key=True, max_length=8)
    division_code: str = Field(sa_type=CODE)
    found: int = Field(sa_type=BigInteger)
    opened: int = Field(sa_type=BigInteger)
    closed: int = Field(sa_type=BigInteger)
    seconds: Decimal = Field(sa_type=SECONDS)


class QualityFinding(OfHousehold, Table, table=True):
    """疑点: what a rule found of a household, in words with its figures and without personal data."""

    __table_args__ = (
        of_household(),
        in_county(),
        CheckConstraint("(state = 'CLOSED') = (closed_at IS NOT NULL)", name="closed"),
        CheckConstraint(
            "num_nulls(excused_by, excused_at, excuse) IN (0, 3) AND (state <> 'EXCUSED' OR excuse IS NOT NULL)",
            name="excused",
        ),
        Index(
            "uq_quality_finding_standing", "rule", "household_id", "subject_id", unique=True,
            postgresql_where=text("state <> 'CLOSED'"),
        ),
        Index(None, "division_code", "state"),
        Index(None, "household_id"),
    )  # fmt: skip

    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    rule: str = Field(max_length=8)
    subject_id: UUID  # the member or the helper it is about, else the household itself
    zh: str = Field(max_length=500)
    en: str = Field(max_length=500)
    state: FindingState = Field(sa_type=FindingState.stored(), sa_column_kwargs={"server_default": "OPEN"})
    run_id: UUID  # that found it first
    found_on: date
    closed_at: datetime | None = Field(default=None, sa_type=AT)
    excused_by: str | None = None
    excused_at: datetime | None = Field(default=None, sa_type=AT)
    excuse: str | None = Field(default=None, max_length=500)
