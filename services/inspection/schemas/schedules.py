from datetime import date, time
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, model_validator

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.inspection.codes import SeatSource
from services.inspection.schemas.fields import Day, DivisionCode

Days = Annotated[list[Day], Field(max_length=400)]


class Crew(Body):
    """A team of the round."""

    team_id: UUID
    county_code: DivisionCode | None = Field(
        default=None, description="Where it works; its own county when absent.", examples=["230882000000"]
    )
    absent_on: Days = Field(default=[], description="Days on which it cannot go: illness, training.")


class Seat(Body):
    """Where the days of a county begin and end."""

    county_code: DivisionCode
    longitude: float = Field(ge=73, le=136, examples=[131.86])
    latitude: float = Field(ge=3, le=54, examples=[47.23])


class NewSchedule(Body):
    teams: list[Crew] = Field(min_length=1, max_length=2000)
    replaces_id: UUID | None = Field(
        default=None, description="A schedule to change as little as can be; its days before `starts_on` stand."
    )
    starts_on: Day | None = Field(default=None, description="The plan's first day when absent.")
    most_days: int | None = Field(
        default=None,
        ge=1,
        le=400,
        description="Working days to use; all of the plan's period when absent.",
        examples=[6],
    )
    days_off: Days = Field(default=[], description="Working days on which nobody goes: snow, a meeting.")
    seats: list[Seat] = Field(
        default=[], max_length=3000, description="Where days begin, in place of the registry's county coordinates."
    )
    starts_at: time = Field(default=time(8), examples=["08:00:00"])
    working_minutes: int = Field(default=540, ge=60, le=960, description="Of a day, travel included.")
    minutes_per_visit: int = Field(default=15, ge=1, le=480)
    minutes_per_village: int = Field(default=0, ge=0, le=480, description="Beside the visits.")
    villages_per_day: int = Field(default=3, ge=1, le=4)
    road_factor: float = Field(
        default=1.3, ge=1, le=5, description="Road kilometres for one kilometre as the crow flies: an estimate."
    )
    kmh: float = Field(default=40, ge=5, le=120)
    uneven_minutes: int = Field(
        default=45, ge=0, le=600,
        description="By so much the team that travels most may travel longer than it must, over the round.",
    )  # fmt: skip

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if len({crew.team_id for crew in self.teams}) < len(self.teams):
            raise ValueError("a team stands twice in the list｜列表中有重复的工作队")
        if self.starts_at.tzinfo is not None:
            raise ValueError("starts_at is the county's own time, without an offset｜出发时间为当地时间，不带时区")
        if self.starts_at.hour * 60 + self.starts_at.minute + self.working_minutes >= 24 * 60:
            raise ValueError("the working day must end before midnight｜工作日须在午夜前结束")
        return self


class Schedule(Answer):
    id: UUID
    plan_id: UUID
    draw_id: UUID
    replaces_id: UUID | None
    starts_on: date
    villages: int = Field(description="From `starts_on` on, as all that follows.")
    team_days: int = Field(description="Days on which a team goes out.")
    travel_minutes: int = Field(description="Estimated: straight lines times a road factor at one speed, see `asked`.")
    bound_minutes: float = Field(description="Proven: no schedule travels less (re-planned: with as few moved).")
    gap: float = Field(description="How much less travel there could be at most, as a part; 0 when proven optimal.")
    optimal: bool
    moved: int = Field(description="Villages that changed team or day.")
    least_moved: int = Field(description="Proven: no re-planning moves fewer.")
    asked: dict[str, Any]
    made_at: Instant
    adopted_at: Instant | None
    replaced_at: Instant | None


class SchedulePage(Page[Schedule]): ...


class ScheduleCounty(Answer):
    schedule_id: UUID
    division_code: str
    longitude: float
    latitude: float
    seat: SeatSource
    routes: int = Field(description="Day-routes that a working day holds; all were looked at.")
    villages: int
    travel_minutes: int
    bound_minutes: float
    gap: float
    optimal: bool
    uneven_villages: int = Field(description="The teams' village counts: most less fewest.")
    uneven_minutes: int = Field(description="The teams' travel: most less fewest.")


class ScheduleCountyPage(Page[ScheduleCounty]): ...


class ScheduleStop(Answer):
    schedule_id: UUID
    planned_on: date
    team_id: UUID
    team: str
    position: int
    county_code: str
    village_code: str
    name: str
    travel_minutes: int = Field(description="From the stop before, or the seat.")
    home_minutes: int = Field(description="Back to the seat, after the day's last stop; else 0.")
    arrives_at: time
    leaves_at: time
    visits: int = Field(description="Households to visit.")
    in_force: bool


class ScheduleStopPage(Page[ScheduleStop]): ...
