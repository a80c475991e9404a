"""Checklists and their questions. A version is only ever added: what was asked stays as it was asked."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Numeric, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from fupin.db import NEW_ID
from services.inspection.codes import QuestionKind
from services.inspection.models.base import NOW, TIMESTAMP, Table


class Checklist(Table, table=True):
    """One version of a checklist (核查表). It belongs to no place: every county may ask the same."""

    __table_args__ = (
        UniqueConstraint("name", "number"),
        CheckConstraint("name ~ '^[a-z][a-z0-9_]*$'", name="name"),
        CheckConstraint("number > 0", name="number"),
    )

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    name: str
    number: int  # of the version
    zh: str
    en: str
    recorded_at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class Question(Table, table=True):
    """A typed question; none is added once its checklist has answers (constraint trigger)."""

    __table_args__ = (
        UniqueConstraint("checklist_id", "name"),
        UniqueConstraint("checklist_id", "position"),
        UniqueConstraint("id", "kind"),
        CheckConstraint("name ~ '^[a-z][a-z0-9_]*$'", name="name"),
        CheckConstraint("(kind IN ('ONE_OF', 'SEVERAL_OF')) = (jsonb_array_length(choices) > 0)", name="choices"),
        CheckConstraint("minimum <= maximum", name="bounds"),
        CheckConstraint("(relevant_to IS NULL) = (cardinality(relevant_values) = 0)", name="relevant"),
    )

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    checklist_id: UUID = Field(foreign_key="inspection.checklist.id")
    position: int
    name: str
    section_zh: str
    section_en: str
    kind: QuestionKind = Field(sa_type=QuestionKind.stored())
    zh: str
    en: str
    required: bool
    unit: str | None
    choices: list[dict[str, Any]] = Field(sa_type=JSONB)  # code, zh, en
    minimum: Decimal | None = Field(sa_type=Numeric)
    maximum: Decimal | None = Field(sa_type=Numeric)
    relevant_to: str | None  # asked only when that question has one of these answers
    relevant_values: list[str] = Field(sa_type=ARRAY(Text))
