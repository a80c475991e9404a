"""Schedules of a round: proposed as often as need be, one of them in force for a draw."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Numeric, literal_column, text
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint
from sqlmodel import Field

from services.inspection.codes import SeatSource
from services.inspection.models.base import NOW, TIMESTAMP, Table, is_place, place

_DURING: Any = literal_column("tsrange(planned_on + arrives_at, planned_on + leaves_at)")


class Schedule(Table, table=True):
    """
    Who goes where on which day, as HiGHS found it.

    It is made for one draw; `replaces_id` names the schedule that it changes as little as can be.
    """

    __table_args__ = (
        is_place(),
        CheckConstraint("villages >= 0 AND travel_minutes >= 0 AND moved >= 0 AND least_moved >= 0", name="sizes"),
        Index(None, "plan_id"),
        Index(None, "draw_id"),
    )

    id: UUID = Field(primary_key=True)  # of the operation that made it
    plan_id: UUID = Field(foreign_key="inspection.plan.id")
    draw_id: UUID = Field(foreign_key="inspection.draw.id")
    replaces_id: UUID | None = Field(foreign_key="inspection.schedule.id")
    division_code: str = place()
    asked: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))  # teams, days, working day
    starts_on: date
    villages: int
    team_days: int
    travel_minutes: int
    bound_minutes: Decimal = Field(sa_type=Numeric(12, 2))  # no schedule travels less
    optimal: bool
    moved: int  # villages that changed team or day
    least_moved: int  # no re-planning moves fewer
    made_at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)
    adopted_at: datetime | None = Field(sa_type=TIMESTAMP)
    replaced_at: datetime | None = Field(sa_type=TIMESTAMP)  # no longer in force since


class ScheduleCounty(Table, table=True):
    """What was proven of one county: counties are solved each for itself."""

    __tablename__ = "schedule_county"
    __table_args__ = (
        is_place(),
        CheckConstraint("bound_minutes <= travel_minutes + 0.5", name="bound"),
    )

    schedule_id: UUID = Field(primary_key=True, foreign_key="inspection.schedule.id")
    division_code: str = Field(primary_key=True, max_length=12)
    longitude: Decimal = Field(sa_type=Numeric(9, 6))  # where every day begins and ends
    latitude: Decimal = Field(sa_type=Numeric(8, 6))
    seat: SeatSource = Field(sa_type=SeatSource.stored())
    routes: int  # that a day holds, all looked at
    villages: int
    travel_minutes: int
    bound_minutes: Decimal = Field(sa_type=Numeric(12, 2))
    optimal: bool
    uneven_villages: int  # of the teams: most less fewest
    uneven_minutes: int


class ScheduleStop(Table, table=True):
    """A village on a team's day. Never where the team is at home, never two at once (trigger, exclusion)."""

    __tablename__ = "schedule_stop"
    __table_args__ = (
        is_place(),
        ForeignKeyConstraint(
            ["schedule_id", "county_code"],
            ["inspection.schedule_county.schedule_id", "inspection.schedule_county.division_code"],
        ),
        CheckConstraint("leaves_at >= arrives_at AND position > 0 AND travel_minutes >= 0", name="way"),
        ExcludeConstraint(
            ("team_id", "="), (_DURING, "&&"), using="gist", where=text("in_force"), name="ex_schedule_stop_team_id"
        ),
        ExcludeConstraint(
            ("schedule_id", "="), ("team_id", "="), (_DURING, "&&"), using="gist", name="ex_schedule_stop_team_id_2"
        ),
        Index(None, "schedule_id", "planned_on", "team_id", "position"),
        Index(None, "team_id", "planned_on"),
    )

    schedule_id: UUID = Field(primary_key=True)
    division_code: str = Field(primary_key=True, max_length=12)
    county_code: str = Field(max_length=12)
    name: str
    team_id: UUID = Field(foreign_key="inspection.team.id")
    planned_on: date
    position: int  # on the day's way, from 1
    travel_minutes: int  # to here; the last stop's way home is `home_minutes`
    home_minutes: int
    arrives_at: time
    leaves_at: time
    visits: int  # households
    in_force: bool = Field(sa_column_kwargs={"server_default": text("false")})
