"""Task forces, working systems, meetings, action items."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, literal, or_, select
from sqlmodel import col

from services.inspection.codes import MeetingKind, NegotiationMatter, SystemKind, Theme
from services.inspection.models import ActionItem, Meeting, TaskForce, TaskForceReport, WorkingSystem
from services.inspection.queries.common import in_force, only, rows


def task_forces(*, theme: Theme | None = None, on: date | None = None) -> Select[Any]:
    found = only(select(TaskForce), {col(TaskForce.theme): theme})
    return found.where(in_force(col(TaskForce.valid_from), col(TaskForce.valid_to), on)) if on else found


def working_systems(*, kind: SystemKind | None = None, on: date | None = None) -> Select[Any]:
    found = only(select(WorkingSystem), {col(WorkingSystem.kind): kind})
    return found.where(in_force(col(WorkingSystem.established_on), col(WorkingSystem.ended_on), on)) if on else found


def meetings(
    *,
    kind: MeetingKind | None = None,
    matter: NegotiationMatter | None = None,
    task_force_id: UUID | None = None,
    held_from: date | None = None,
    as_of: date | None = None,
) -> Select[Any]:
    found = only(
        select(Meeting),
        {col(Meeting.kind): kind, col(Meeting.matter): matter, col(Meeting.task_force_id): task_force_id},
    )
    if held_from:
        found = found.where(col(Meeting.held_on) >= held_from)
    return found.where(col(Meeting.held_on) <= as_of) if as_of else found


def action_items(
    *,
    meeting_id: UUID | None = None,
    owner: str | None = None,
    done: bool | None = None,
    overdue_on: date | None = None,
) -> Select[Any]:
    found = only(select(ActionItem), {col(ActionItem.meeting_id): meeting_id, col(ActionItem.owner): owner})
    if done is not None:
        found = found.where(col(ActionItem.done_on).is_not(None) if done else col(ActionItem.done_on).is_(None))
    if overdue_on:
        late = or_(col(ActionItem.done_on).is_(None), col(ActionItem.done_on) > overdue_on)
        found = found.where(col(ActionItem.due_on) < overdue_on, late)
    return found


def task_force_reports(
    *, task_force_id: UUID | None = None, theme: Theme | None = None, month: date | None = None
) -> Select[Any]:
    found = only(
        select(TaskForceReport), {col(TaskForceReport.task_force_id): task_force_id, col(TaskForceReport.month): month}
    )
    if theme is not None:
        found = found.where(
            col(TaskForceReport.task_force_id).in_(select(col(TaskForce.id)).where(col(TaskForce.theme) == theme))
        )
    return found


def late_reports(month: date, next_month: date, by: date) -> Select[Any]:
    """Task forces at work in a month that had not reported on it by a day."""
    report = and_(col(TaskForceReport.task_force_id) == col(TaskForce.id), col(TaskForceReport.month) == month)
    return (
        rows(
            col(TaskForce.id),
            col(TaskForce.division_code),
            col(TaskForce.theme),
            col(TaskForce.leader_unit),
            literal(month).label("month"),
            col(TaskForceReport.reported_on),
        )
        .join(TaskForceReport, report, isouter=True)
        .where(
            col(TaskForce.valid_from) < next_month,
            or_(col(TaskForce.valid_to).is_(None), col(TaskForce.valid_to) > month),
            or_(col(TaskForceReport.reported_on).is_(None), col(TaskForceReport.reported_on) > by),
        )
    )
