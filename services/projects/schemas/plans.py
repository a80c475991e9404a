from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.projects.codes.plans import PLAN_YEARS, PlanMetric, PlanState
from services.projects.schemas.fields import DivisionCode, Name, Prose, example

GOAL = {"metric": "PROJECTS_COMPLETED", "year": 2018, "target": 3}


class Goal(Body):
    model_config = example(**GOAL)

    metric: PlanMetric
    year: Annotated[int, Field(ge=1990, le=2200)]
    target: Annotated[int, Field(ge=0, le=10**15, description="In the metric's own unit: pieces, households or fen.")]


class PlanContent(Body):
    """Goals year by year, and the projects by which they are reached."""

    model_config = example(title="示范镇产业扶贫三年规划（2018—2020年）", goals=[GOAL], project_ids=[])

    title: Name
    goals: Annotated[list[Goal], Field(max_length=len(PlanMetric) * PLAN_YEARS)]
    project_ids: Annotated[list[UUID], Field(max_length=1000, default_factory=list)]


class NewPlan(PlanContent):
    model_config = example(
        division_code="230882101000",
        first_year=2018,
        title="示范镇产业扶贫三年规划（2018—2020年）",
        goals=[GOAL],
        project_ids=[],
    )

    division_code: DivisionCode
    first_year: Annotated[int, Field(ge=1990, le=2200)]

    @model_validator(mode="after")
    def _in_its_years(self) -> Self:
        if any(not self.first_year <= goal.year < self.first_year + PLAN_YEARS for goal in self.goals):
            raise ValueError("a goal is for one of the plan's three years｜目标年度须在规划的三年之内")
        return self


class Decision(Body):
    model_config = example(opinion="同意")

    opinion: Annotated[Prose | None, Field(description="Required to return a plan.")] = None


class Plan(Answer):
    id: UUID
    division_code: str
    title: str
    first_year: int
    last_year: int
    edition: int
    state: PlanState
    made_by: str
    submitted_by: str | None
    submitted_on: date | None
    decided_by: str | None
    decided_on: date | None
    opinion: str | None
    goals: list[Goal]
    projects: Annotated[int, Field(description="Projects by which it is carried out.")]
    version: int
    recorded_at: Instant


class PlanPage(Page[Plan]): ...


class GoalProgress(Answer):
    """A goal of one year and what was reached of it by a day."""

    metric: PlanMetric
    year: int
    target: int
    reached: int


class PlanProgress(Answer):
    plan_id: UUID
    on: date
    items: list[GoalProgress]


class GoalSum(Answer):
    """A goal of one year beside the sum of the same goal in the approved plans of the places below."""

    metric: PlanMetric
    year: int
    target: int
    below: int
    agrees: bool


class PlanSums(Answer):
    plan_id: UUID
    plans_below: Annotated[int, Field(description="Approved plans of the places directly below, for the same years.")]
    agrees: bool
    items: list[GoalSum]
