from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.projects.codes.projects import Programme, ProjectCategory
from services.projects.codes.works import MilestoneKind, SchemePurpose
from services.projects.schemas.fields import Reference, VillageCode, example
from services.projects.schemas.library import On

PlannedUntil = Annotated[
    date | None, Field(description="Last day, where the plan is several days: 2018-05-08 to 2018-05-10.")
]


class MilestonePlan(Body):
    model_config = example(planned_on="2018-05-08", planned_until="2018-05-10")

    planned_on: date
    planned_until: PlannedUntil = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.planned_until is not None and self.planned_until <= self.planned_on:
            raise ValueError("planned_until must be after planned_on｜planned_until 必须晚于 planned_on")
        return self


class NewMilestone(MilestonePlan):
    model_config = example(kind="BID_OPENING", planned_on="2018-05-08", planned_until="2018-05-10")

    kind: MilestoneKind


class MilestoneReaching(Body):
    model_config = example(on="2018-06-28", evidence="并网验收意见单")

    on: On = None
    evidence: Reference


class Milestone(Answer):
    id: UUID
    project_id: UUID
    project_no: str
    category: ProjectCategory
    programme: Programme
    division_code: str
    kind: MilestoneKind
    planned_on: date
    planned_until: date | None
    actual_on: date | None
    evidence: str | None
    late: Annotated[bool, Field(description="Due before the day that was asked for, and not reached by then.")]
    version: int
    recorded_at: Instant


class MilestonePage(Page[Milestone]): ...


class NewVillages(Body):
    model_config = example(purpose="TAP_WATER", division_codes=["230882101203", "230882101204"])

    purpose: SchemePurpose
    division_codes: Annotated[list[VillageCode], Field(min_length=1, max_length=500)]


class VillageScheme(Answer):
    """A village that a project covers."""

    id: UUID
    project_id: UUID
    division_code: str
    purpose: SchemePurpose
    recorded_at: Instant


class VillageSchemePage(Page[VillageScheme]): ...


class VillageSchemeList(Answer):
    items: list[VillageScheme]
