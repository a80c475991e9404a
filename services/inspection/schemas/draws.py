from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.inspection.codes import DrawRole, PlanStratum
from services.inspection.schemas.fields import Day, Distinct, Prose, TicketPart

Weight = Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)?$")]


class NewSeedEvent(Body):
    event: Prose = Field(
        description="A public event, and how its value is written.", examples=["双色球第2018055期开奖号码"]
    )
    named_on: Day = Field(description="Not earlier than the digest's publication.")
    occurs_on: Day = Field(examples=["2018-05-18"], description="Later than `named_on`.")
    reason: Prose | None = Field(default=None, description="Published with every event after the plan's first.")

    @model_validator(mode="after")
    def _in_advance(self) -> Self:
        if self.occurs_on <= self.named_on:
            raise ValueError("the event must take place later than it is named｜事件须在指定日之后发生")
        return self


class SeedEvent(Answer):
    id: UUID
    plan_id: UUID
    wave: int
    event: str
    named_on: date
    occurs_on: date
    reason: str | None
    recorded_at: Instant


class SeedEventPage(Page[SeedEvent]): ...


class NewDraw(Body):
    seed: TicketPart = Field(description="The event's value, as announced.", examples=["04 11 12 19 25 33 02"])
    drawn_on: Day


class Draw(Answer):
    id: UUID
    plan_id: UUID
    frame_id: UUID
    seed_event_id: UUID
    wave: int
    seed: str
    drawn_on: date
    villages: int
    households: int = Field(description="Main units, without reserves.")
    recorded_at: Instant


class DrawPage(Page[Draw]): ...


class DrawnVillage(Answer):
    id: UUID
    draw_id: UUID
    village_code: str
    town_code: str
    name: str
    stratum: PlanStratum
    ticket: str
    order: int
    probability: str = Field(description="Inclusion probability, an exact fraction.", examples=["4/24"])
    weight: str = Field(description="Its reciprocal, to twelve decimals.", examples=["6.000000000000"])
    certain: bool = Field(description="Taken without chance: poor, named, or of a town with no more than asked.")


class DrawnVillagePage(Page[DrawnVillage]): ...


class DrawnHousehold(Answer):
    id: UUID
    draw_id: UUID
    household_id: UUID = Field(description="In the registry.")
    household_no: str
    village_code: str
    poor: bool
    ticket: str
    order: int
    role: DrawRole
    stage_probability: str = Field(description="Within its drawn village.", examples=["5/11"])
    probability: str = Field(description="Over both stages, an exact fraction.", examples=["20/264"])
    weight: str


class DrawnHouseholdPage(Page[DrawnHousehold]): ...


class Proof(Answer):
    """Everything to repeat the draw; checked by `verify` from this alone."""

    format: str
    plan: dict[str, Any]
    frame: dict[str, Any]
    seed_event: dict[str, Any]
    seed: str
    drawn_on: date
    villages: list[dict[str, Any]]
    households: list[dict[str, Any]]


class NewVisits(Body):
    team_ids: Annotated[list[UUID], Distinct] = Field(min_length=1, max_length=200)
    villages_per_day: int = Field(default=2, ge=1, le=20, description="Villages a team goes to on one day, at most.")
    starts_on: Day | None = Field(default=None, description="The plan's first day when absent.")


class TeamVisits(Answer):
    team_id: UUID
    villages: int
    visits: int
    first_on: date
    last_on: date


class PlannedVisits(Answer):
    draw_id: UUID
    visits: int
    teams: list[TeamVisits]
