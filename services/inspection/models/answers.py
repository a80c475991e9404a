"""Answers, what came back in packets, and answers that contradict each other. Answers are only ever added."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from fupin.db import NEW_ID
from services.inspection.codes import ConflictState, QuestionKind
from services.inspection.models.base import COUNTY, FIRST, HEX, NOW, TIMESTAMP, Table, in_county, place, placed_under


class Answer(Table, table=True):
    """
    What a household answered, of the question's type. A correction is a further answer that names the one it corrects;
    JSON null as a correction takes an answer back.
    """

    __table_args__ = (
        in_county(),
        placed_under("visit_id", "visit"),
        ForeignKeyConstraint(["question_id", "kind"], ["inspection.question.id", "inspection.question.kind"]),
        UniqueConstraint("id", "visit_id", "question_id"),
        ForeignKeyConstraint(
            ["corrects", "visit_id", "question_id"],
            ["inspection.answer.id", "inspection.answer.visit_id", "inspection.answer.question_id"],
        ),
        UniqueConstraint("corrects"),
        CheckConstraint(
            "CASE WHEN jsonb_typeof(value) = 'null' THEN corrects IS NOT NULL"
            " ELSE jsonb_typeof(value) = CASE WHEN kind = 'YES_NO' THEN 'boolean' WHEN kind = 'SEVERAL_OF' THEN 'array'"
            " WHEN kind IN ('INTEGER', 'DECIMAL') THEN 'number' ELSE 'string' END END",
            name="value",
        ),
        CheckConstraint("(corrects IS NULL) = (reason IS NULL)", name="reason"),
        Index(
            "uq_answer_first", "visit_id", "question_id", unique=True, postgresql_where=text("corrects IS NULL")
        ),
        Index(None, "question_id"),
    )  # fmt: skip

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    visit_id: UUID
    division_code: str = place()
    county_code: str = Field(sa_type=COUNTY)
    question_id: UUID
    kind: QuestionKind = Field(sa_type=QuestionKind.stored())
    value: Any = Field(sa_type=JSONB(none_as_null=False), nullable=False)
    corrects: UUID | None
    reason: str | None
    actor: str
    recorded_at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class PacketReturn(Table, table=True):
    """Filled-in forms that came back, as a file or as submissions, and what became of them."""

    __tablename__ = "packet_return"
    __table_args__ = (CheckConstraint("division_code ~ '^[0-9]{12}$'", name="division_code"), Index(None, "draw_id"))

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    draw_id: UUID = Field(foreign_key="inspection.draw.id")
    checklist_id: UUID = Field(foreign_key="inspection.checklist.id")
    division_code: str = place()
    filename: str | None
    sha256: str = Field(sa_type=HEX)
    rows: int
    recorded: int  # visits that it completed
    unchanged: int  # visits that had all of this already
    conflicts: int  # answers that contradict those on record
    refused: int  # rows that could not be taken
    errors: list[dict[str, Any]] = Field(sa_type=JSONB)
    ignored: list[str] = Field(sa_type=JSONB)
    actor: str
    recorded_at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class AnswerConflict(Table, table=True):
    """A visit came back with another answer than the one on record: a person decides, once."""

    __tablename__ = "answer_conflict"
    __table_args__ = (
        in_county(),
        placed_under("visit_id", "visit"),
        ForeignKeyConstraint(
            ["answer_id", "visit_id", "question_id"],
            ["inspection.answer.id", "inspection.answer.visit_id", "inspection.answer.question_id"],
        ),
        UniqueConstraint("visit_id", "question_id", "value"),
        CheckConstraint(
            "(state = 'OPEN') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)", name="decided"
        ),
        Index(None, "packet_return_id"),
    )

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    packet_return_id: UUID = Field(foreign_key="inspection.packet_return.id")
    visit_id: UUID
    division_code: str = place()
    county_code: str = Field(sa_type=COUNTY)
    question_id: UUID
    answer_id: UUID  # the one on record when it came
    value: Any = Field(sa_type=JSONB(none_as_null=False), nullable=False)
    state: ConflictState = Field(sa_type=ConflictState.stored(), sa_column_kwargs={"server_default": "OPEN"})
    decided_by: str | None
    decided_at: datetime | None = Field(sa_type=TIMESTAMP)
    reason: str | None
    version: int = Field(sa_column_kwargs=FIRST)
