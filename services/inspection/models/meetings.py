"""Task forces, working systems, and the meetings and action items that come of them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import Field

from fupin.db import NEW_ID
from services.inspection.codes import MeetingKind, NegotiationMatter, SystemKind, Theme
from services.inspection.models.base import FIRST, NOW, TIMESTAMP, Table, is_place, place, placed_under, with_place


class TaskForce(Table, table=True):
    """A group that pushes one theme on (专项推进小组): one at a time for a theme in a place."""

    __tablename__ = "task_force"
    __table_args__ = (
        is_place(),
        with_place(),
        CheckConstraint("valid_to > valid_from", name="days"),
        ExcludeConstraint(
            ("division_code", "="),
            ("theme", "="),
            (func.daterange(text("valid_from"), text("valid_to")), "&&"),
            name="ex_task_force_theme",
        ),
    )

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    division_code: str = place()
    theme: Theme = Field(sa_type=Theme.stored())
    leader_unit: str
    members: list[str] = Field(sa_type=ARRAY(Text))  # the units that belong to it
    document: str | None  # the paper that set it up
    valid_from: date
    valid_to: date | None  # the first day it is no longer at work
    version: int = Field(sa_column_kwargs=FIRST)


class WorkingSystem(Table, table=True):
    """A rule of how the county works (工作制度): one of a kind in force at a time in a place."""

    __tablename__ = "working_system"
    __table_args__ = (
        is_place(),
        CheckConstraint("ended_on > established_on", name="days"),
        ExcludeConstraint(
            ("division_code", "="),
            ("kind", "="),
            (func.daterange(text("established_on"), text("ended_on")), "&&"),
            name="ex_working_system_kind",
        ),
    )

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    division_code: str = place()
    kind: SystemKind = Field(sa_type=SystemKind.stored())
    established_on: date
    ended_on: date | None
    document: str
    version: int = Field(sa_column_kwargs=FIRST)


class Meeting(Table, table=True):
    """A meeting that was held (会议), with its minutes."""

    __table_args__ = (
        is_place(),
        with_place(),
        CheckConstraint("(kind = 'TASK_FORCE') = (task_force_id IS NOT NULL)", name="task_force"),
        CheckConstraint("(kind = 'NEGOTIATION') = (matter IS NOT NULL)", name="matter"),
        placed_under("task_force_id", "task_force"),
        Index(None, "kind", "held_on"),
        Index(None, "task_force_id"),
    )

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    division_code: str = place()
    kind: MeetingKind = Field(sa_type=MeetingKind.stored())
    task_force_id: UUID | None
    matter: NegotiationMatter | None = Field(sa_type=NegotiationMatter.stored())
    subject: str
    held_on: date
    place: str
    attendees: list[str] = Field(sa_type=ARRAY(Text))  # units, or offices held
    minutes: str
    version: int = Field(sa_column_kwargs=FIRST)


class ActionItem(Table, table=True):
    """What a meeting asked somebody to do by a day; neither due nor done before the meeting (constraint trigger)."""

    __tablename__ = "action_item"
    __table_args__ = (
        placed_under("meeting_id", "meeting"),
        Index(None, "meeting_id"),
        Index(None, "due_on", postgresql_where=text("done_on IS NULL")),
    )

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    meeting_id: UUID
    division_code: str = place()
    task: str
    owner: str
    due_on: date
    done_on: date | None
    version: int = Field(sa_column_kwargs=FIRST)


class TaskForceReport(Table, table=True):
    """What a task force got done in a month (专项推进月报), only while it is at work (constraint trigger)."""

    __tablename__ = "task_force_report"
    __table_args__ = (placed_under("task_force_id", "task_force"), UniqueConstraint("task_force_id", "month"))

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    task_force_id: UUID
    division_code: str = place()
    month: date  # its first day
    progress: str
    difficulties: str | None
    next_steps: str
    reported_on: date
    actor: str
    recorded_at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)
