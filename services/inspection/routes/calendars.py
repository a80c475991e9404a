"""Meetings and what they asked for, in whoever's calendar program."""

from collections.abc import Sequence
from datetime import date, timedelta

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.calendars import Entry, Kind, calendars
from services.inspection import models
from services.inspection.codes import MeetingKind
from services.inspection.queries import meetings

DAY = timedelta(days=1)


class MeetingFilters(BaseModel):
    """Which meetings: as in `GET /v1/meetings`."""

    model_config = ConfigDict(extra="forbid")

    kind: MeetingKind | None = None
    held_from: date | None = None


class ActionItemFilters(BaseModel):
    """Which action items: as in `GET /v1/action-items`."""

    model_config = ConfigDict(extra="forbid")

    owner: str | None = None
    done: bool | None = None


async def _meetings(db: AsyncSession, asked: MeetingFilters, _today: date) -> Sequence[Entry]:
    found: Select[tuple[models.Meeting]] = meetings.meetings(kind=asked.kind, held_from=asked.held_from)
    rows = await db.execute(found.order_by(col(models.Meeting.held_on), col(models.Meeting.id)))
    return [
        Entry(
            uid=f"{meeting.id}@meeting.fupin",
            summary=f"{meeting.kind.zh}：{meeting.subject}",
            starts=meeting.held_on,
            ends=meeting.held_on + DAY,
            location=meeting.place,
            sequence=meeting.version,
        )
        for meeting in rows.scalars()
    ]


async def _action_items(db: AsyncSession, asked: ActionItemFilters, today: date) -> Sequence[Entry]:
    found: Select[tuple[models.ActionItem]] = meetings.action_items(owner=asked.owner, done=asked.done)
    rows = await db.execute(found.order_by(col(models.ActionItem.due_on), col(models.ActionItem.id)))
    return [
        Entry(
            uid=f"{item.id}@action-item.fupin",
            summary=f"{_mark(item, today)}{item.task}",
            starts=item.due_on,
            ends=item.due_on + DAY,
            description=item.owner,
            sequence=item.version,
        )
        for item in rows.scalars()
    ]


def _mark(item: models.ActionItem, today: date) -> str:
    if item.done_on is not None:
        return "已完成："
    return "逾期：" if item.due_on < today else ""


router = calendars(
    "inspection",
    {"meetings": Kind(MeetingFilters, _meetings), "action-items": Kind(ActionItemFilters, _action_items)},
)
