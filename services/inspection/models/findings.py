"""Findings, what was done about each step by step, who was told when it was late, and what other services were sent."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from fupin.db import NEW_ID
from services.inspection.codes import (
    FindingKind,
    FindingState,
    FindingStepKind,
    FindingSubject,
    LinkedService,
    LinkState,
    Severity,
)
from services.inspection.models.base import COUNTY, NOW, TIMESTAMP, Table, place, placed_under, with_place


class FindingCounter(Table, table=True):
    """The last number given in a county and year: numbers have no gaps, whoever sees which findings."""

    __tablename__ = "finding_counter"

    county_code: str = Field(sa_type=COUNTY, primary_key=True)
    year: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    last: int


class Finding(Table, table=True):
    """
    Something found wanting (问题), on a visit, on a cross-inspection or otherwise. It stands as found: what became of
    it are its steps.
    """

    __table_args__ = (
        with_place(),
        UniqueConstraint("county_code", "year", "number"),
        Index(None, "division_code"),
        Index(None, "visit_id"),
        Index(None, "subject_id"),
    )

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    division_code: str = place()
    county_code: str = Field(sa_type=COUNTY)
    year: int
    number: int
    subject: FindingSubject = Field(sa_type=FindingSubject.stored())
    subject_id: UUID | None  # of the household, project or thing of the fund account
    visit_id: UUID | None = Field(foreign_key="inspection.visit.id")
    cross_inspection_id: UUID | None = Field(foreign_key="inspection.cross_inspection.id")
    team_id: UUID | None = Field(foreign_key="inspection.team.id")  # who found it
    kind: FindingKind = Field(sa_type=FindingKind.stored())
    severity: Severity = Field(sa_type=Severity.stored())
    description: str
    responsible_unit: str
    found_on: date
    actor: str
    recorded_at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class FindingStep(Table, table=True):
    """
    One step of a rectification. Each says in full how the finding stands after it, so that the state on any day is the
    last step of that day; which step may follow which, and who may take it, a trigger decides.
    """

    __tablename__ = "finding_step"
    __table_args__ = (
        placed_under("finding_id", "finding"),
        UniqueConstraint("finding_id", "seq"),
    )

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    finding_id: UUID
    division_code: str = place()
    seq: int
    kind: FindingStepKind = Field(sa_type=FindingStepKind.stored())
    state: FindingState = Field(sa_type=FindingState.stored())
    round: int
    asked_due_on: date  # the deadline as it was set
    due_on: date  # the same day, or the first working day after it
    proposed_due_on: date | None  # of an extension asked for
    team_id: UUID | None = Field(foreign_key="inspection.team.id")  # who checked again
    text: str
    on_day: date
    actor: str
    recorded_at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class EscalationRule(Table, table=True):
    """Who is told after how many working days of delay; of a level the latest in force counts."""

    __tablename__ = "escalation_rule"
    __table_args__ = (UniqueConstraint("division_code", "level", "valid_from"),)

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    division_code: str = place()
    level: int
    after_working_days: int
    told: str  # an office, no person
    valid_from: date
    recorded_at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class EscalationDay(Table, table=True):
    """A day on which overdue findings were looked at."""

    __tablename__ = "escalation_day"

    division_code: str = Field(primary_key=True, max_length=12)
    on_day: date = Field(primary_key=True)


class Escalation(Table, table=True):
    """Somebody was told that a finding is overdue: once for each deadline and level."""

    __table_args__ = (
        ForeignKeyConstraint(
            ["finding_id", "division_code"], ["inspection.finding.id", "inspection.finding.division_code"]
        ),
        UniqueConstraint("finding_id", "round", "due_on", "level"),
        Index(None, "on_day"),
    )

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    finding_id: UUID
    division_code: str = place()
    round: int
    due_on: date
    level: int
    told: str
    on_day: date
    recorded_at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class FindingLink(Table, table=True):
    """What another service was sent about a finding, and how it answered. No prose: ids, codes and dates only."""

    __tablename__ = "finding_link"
    __table_args__ = (
        placed_under("finding_id", "finding"),
        Index(
            "ux_finding_link_live", "finding_id", "service", unique=True, postgresql_where=text("state <> 'REFUSED'")
        ),
    )

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    finding_id: UUID
    division_code: str = place()
    service: LinkedService = Field(sa_type=LinkedService.stored())
    body: dict[str, Any] = Field(sa_type=JSONB)
    state: LinkState = Field(sa_type=LinkState.stored(), sa_column_kwargs={"server_default": "SENT"})
    answer_id: UUID | None  # of the change request or note that it became
    refusal: str | None  # the problem's name
    actor: str
    sent_at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)
    ended_at: datetime | None = Field(sa_type=TIMESTAMP)
