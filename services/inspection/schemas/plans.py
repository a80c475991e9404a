from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.inspection.codes import PlanState, PlanStratum
from services.inspection.schemas.fields import Change, Day, Distinct, DivisionCode, Name, Prose, TicketPart, VillageCode

Villages = Annotated[list[VillageCode], Distinct, Field(max_length=10_000)]
Strata = Annotated[list[PlanStratum], Distinct, Field(min_length=1)]
PerTown = Annotated[int, Field(ge=1, le=1000)]
PerVillage = Annotated[int, Field(ge=0, le=10_000)]
Reserves = Annotated[int, Field(ge=0, le=1000)]


class NewPlan(Body):
    division_code: DivisionCode
    plan_no: TicketPart = Field(description="Stands in every ticket; unique.", examples=["FJ-2018-1"])
    purpose: Prose
    period_from: Day = Field(examples=["2018-05-01"])
    period_to: Day = Field(description="Its last day.", examples=["2018-06-29"])
    strata: Strata = Field(default=[PlanStratum.KEY, PlanStratum.SAMPLE])
    central_villages: Villages = Field(default=[], description="The villages of the stratum CENTRAL.")
    villages_per_town: PerTown = 4
    poor_per_village: PerVillage = 5
    non_poor_per_village: PerVillage = 5
    reserves: Reserves = Field(default=3, description="Per village, poor and non-poor apart.")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.period_to < self.period_from:
            raise ValueError("period_to must not be earlier than period_from｜结束日期不得早于开始日期")
        if self.poor_per_village + self.non_poor_per_village == 0:
            raise ValueError("a plan visits at least one household per village｜每村至少核查一户")
        if (PlanStratum.CENTRAL in self.strata) != bool(self.central_villages):
            raise ValueError(
                "central villages go with the stratum CENTRAL, and only with it｜集中核查层须列出村，反之亦然"
            )
        return self


class PlanChange(Change):
    """What is sampled changes only while the frame is not frozen."""

    purpose: Prose | None = None
    period_from: Day | None = None
    period_to: Day | None = None
    villages_per_town: PerTown | None = None
    poor_per_village: PerVillage | None = None
    non_poor_per_village: PerVillage | None = None
    reserves: Reserves | None = None


class Plan(Answer):
    id: UUID
    division_code: str
    plan_no: str
    purpose: str
    period_from: date
    period_to: date
    strata: list[PlanStratum]
    central_villages: list[str]
    villages_per_town: int
    poor_per_village: int
    non_poor_per_village: int
    reserves: int
    state: PlanState
    version: int


class PlanPage(Page[Plan]): ...


class NewFrame(Body):
    frame_on: Day = Field(description="The day whose registry is frozen.")
    frozen_on: Day = Field(description="The day it is frozen; not earlier than `frame_on`.")

    @model_validator(mode="after")
    def _days(self) -> Self:
        if self.frozen_on < self.frame_on:
            raise ValueError("frozen_on must not be earlier than frame_on｜冻结日期不得早于抽样框日期")
        return self


class Publication(Body):
    published_on: Day
    published_in: Name = Field(description="Where anyone can read it.", examples=["市政府网站公告2018年第7号"])


class Frame(Answer):
    id: UUID
    plan_id: UUID
    division_code: str
    frame_on: date
    frozen_on: date
    digest: str = Field(description="SHA-256 over the frame's lines, as `sha256sum` prints it.")
    villages: int
    households: int
    left_out: int = Field(description="Households of the day that live in no village of the frame.")
    recorded_at: Instant
    published_on: date | None
    published_in: str | None


class FramePage(Page[Frame]): ...


class FrameVillage(Answer):
    frame_id: UUID
    village_code: str
    town_code: str
    name: str
    stratum: PlanStratum
    poor_households: int
    other_households: int
    longitude: float | None
    latitude: float | None


class FrameVillagePage(Page[FrameVillage]): ...


class SupervisedVillage(Answer):
    village_code: str
    town_code: str
    name: str
    plans: list[str] = Field(description="The numbers of the plans that supervise it.")


class SupervisedVillagePage(Page[SupervisedVillage]): ...
