"""Meetings, what they asked for, and the teams' days, in whoever's calendar program."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.calendars import Entry, Kind, calendars
from fupin.clock import COUNTY_ZONE
from services.inspection import models
from services.inspection.codes import MeetingKind
from services.inspection.queries import meetings, schedules

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


class TeamDayFilters(BaseModel):
    """Whose days: those of one team, or of all."""

    model_config = ConfigDict(extra="forbid")

    team_id: UUID | None = None


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


async def _team_days(db: AsyncSession, asked: TeamDayFilters, _today: date) -> Sequence[Entry]:
    """The villages of the schedules in force; an event stays the same when its village changes team or day."""
    rows = await db.execute(schedules.stops(team_id=asked.team_id, in_force=True).order_by(*schedules.STOP_KEY))
    return [
        Entry(
            uid=f"{stop['draw_id']}-{stop['village_code']}@stop.fupin",
            summary=f"{stop['team']}：{stop['name']}（{stop['visits']}户）",
            starts=datetime.combine(stop["planned_on"], stop["arrives_at"], COUNTY_ZONE),
            ends=datetime.combine(stop["planned_on"], stop["leaves_at"], COUNTY_ZONE),
            description=f"路程约{stop['travel_minutes']}分钟",
            location=stop["name"],
            changed=stop["adopted_at"],
            sequence=int(stop["adopted_at"].timestamp()),
        )
        for stop in rows.mappings()
    ]


def _mark(item: models.ActionItem, today: date) -> str:
    if item.done_on is not None:
        return "已完成："
    return "逾期：" if item.due_on < today else ""


router = calendars(
    "inspection",
    {
        "meetings": Kind(MeetingFilters, _meetings),
        "action-items": Kind(ActionItemFilters, _action_items),
        "team-days": Kind(TeamDayFilters, _team_days),
    },
)
