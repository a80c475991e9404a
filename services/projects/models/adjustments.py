"""Adjustments of the library (动态调整): which projects come in, go out or change together, under one notice."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from fupin.db import NEW_ID
from services.projects.codes.adjustments import AdjustmentChange, AdjustmentOutcome, AdjustmentState
from services.projects.codes.library import Level
from services.projects.models.base import AT, CODE, NOW, ONE, Table, of_project


class Adjustment(Table, table=True):
    """A batch of projects under one notice. `state` and `steps` say what its last step says, as with a project."""

    __table_args__ = (
        UniqueConstraint("id", "division_code"),
        ForeignKeyConstraint(
            ["id", "steps", "state"],
            [
                "projects.adjustment_step.adjustment_id",
                "projects.adjustment_step.seq",
                "projects.adjustment_step.to_state",
            ],
            name="fk_adjustment_standing",
            deferrable=True,
            initially="DEFERRED",
            use_alter=True,
        ),
        Index(None, "division_code", "id"),
    )

    id: UUID = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    division_code: str = Field(sa_type=CODE)
    year: int = Field(sa_type=SmallInteger)
    title: str = Field(max_length=200)
    state: AdjustmentState = Field(
        default=AdjustmentState.DRAFTED,
        sa_type=AdjustmentState.stored(),
        sa_column_kwargs={"server_default": "DRAFTED"},
    )
    steps: int = Field(default=1, sa_column_kwargs=ONE)
    recorded_at: datetime = Field(default=None, sa_type=AT, sa_column_kwargs=NOW)


class AdjustmentStep(Table, table=True):
    """One step of an adjustment. Rows are only added; a check and a trigger hold the order."""

    __table_args__ = (
        ForeignKeyConstraint(
            ["adjustment_id", "division_code"], ["projects.adjustment.id", "projects.adjustment.division_code"]
        ),
        UniqueConstraint("adjustment_id", "seq"),
        UniqueConstraint("adjustment_id", "seq", "to_state"),
        CheckConstraint("(to_state = 'NOTICED') = (notice_until IS NOT NULL)", name="notice"),
        CheckConstraint("to_state NOT IN ('NOTICED', 'APPLIED') OR document_ref IS NOT NULL", name="document"),
        CheckConstraint("to_state NOT IN ('REVIEWED', 'CANCELLED') OR opinion IS NOT NULL", name="opinion"),
    )

    id: UUID = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    adjustment_id: UUID
    division_code: str = Field(sa_type=CODE)
    seq: int
    from_state: AdjustmentState | None = Field(default=None, sa_type=AdjustmentState.stored(), nullable=True)
    to_state: AdjustmentState = Field(sa_type=AdjustmentState.stored())
    happened_on: date
    actor: str = Field(max_length=255)
    scope: str = Field(max_length=40)
    level: Level = Field(sa_type=Level.stored())
    document_ref: str | None = Field(default=None, max_length=100)
    opinion: str | None = Field(default=None, max_length=2000)
    notice_until: date | None = None
    recorded_at: datetime = Field(default=None, sa_type=AT, sa_column_kwargs=NOW)


class AdjustmentItem(Table, table=True):
    """What an adjustment does to one project, why, and what became of it. The row stands in the project's place."""

    __table_args__ = (
        of_project(),
        ForeignKeyConstraint(["adjustment_id"], ["projects.adjustment.id"]),
        UniqueConstraint("adjustment_id", "project_id"),
        CheckConstraint("(change = 'CHANGE') = (changes IS NOT NULL)", name="changes"),
        CheckConstraint("change <> 'WITHDRAW' OR document_ref IS NOT NULL", name="filing"),
        CheckConstraint("(outcome = 'HELD_BACK') IS TRUE = (held_because IS NOT NULL)", name="held"),
        Index("uq_adjustment_item_open", "project_id", unique=True, postgresql_where=text("outcome IS NULL")),
        Index(None, "project_id"),
    )

    id: UUID = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    adjustment_id: UUID
    project_id: UUID
    division_code: str = Field(sa_type=CODE)
    change: AdjustmentChange = Field(sa_type=AdjustmentChange.stored())
    reason: str = Field(max_length=2000)
    document_ref: str | None = Field(default=None, max_length=100)
    changes: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    before: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    notice_seq: int | None = None
    outcome: AdjustmentOutcome | None = Field(default=None, sa_type=AdjustmentOutcome.stored(), nullable=True)
    held_because: str | None = Field(default=None, max_length=60)
    recorded_at: datetime = Field(default=None, sa_type=AT, sa_column_kwargs=NOW)
