from datetime import date
from uuid import UUID

from pydantic import Field

from fupin.paging import Page
from fupin.schemas import Answer, Body
from services.inspection.codes import FailureReason, VisitState
from services.inspection.schemas.fields import Change, Day, Prose


class VisitChange(Change):
    team_id: UUID | None = None
    planned_on: Day | None = None


class FailedVisit(Body):
    visited_on: Day = Field(description="The day on which it was found that it could not take place.")
    failure: FailureReason
    note: Prose | None = Field(default=None, examples=["三次上门均无人，邻居称外出务工"])


class Replacement(Body):
    planned_on: Day | None = Field(default=None, description="The failed visit's day when absent.")
    team_id: UUID | None = Field(default=None, description="The failed visit's team when absent.")


class Visit(Answer):
    id: UUID
    draw_id: UUID
    household_id: UUID
    household_no: str
    village_code: str
    team_id: UUID
    planned_on: date
    state: VisitState
    visited_on: date | None = Field(description="The day it took place, or was found not to.")
    failure: FailureReason | None
    note: str | None
    reported_by: str | None = Field(description="Who recorded what became of it.")
    replaces: UUID | None = Field(description="The failed visit in whose place a reserve is visited.")
    version: int


class VisitPage(Page[Visit]): ...
