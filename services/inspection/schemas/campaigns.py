from datetime import date
from typing import ClassVar, Self
from uuid import UUID

from pydantic import Field, model_validator

from fupin.paging import Page
from fupin.schemas import Answer, Body
from services.inspection.codes import FiveOnes
from services.inspection.schemas.fields import Change, Day, DivisionCode, Name, Prose, in_order


class NewWorkTip(Body):
    division_code: DivisionCode
    issue_no: int = Field(ge=1, le=999, description="Its number in the year of issue.")
    issued_on: Day
    title: Name
    content: Prose


class WorkTip(Answer):
    id: UUID
    division_code: str
    year: int
    issue_no: int
    issued_on: date
    title: str
    content: str


class WorkTipPage(Page[WorkTip]): ...


class NewCampaign(Body):
    division_code: DivisionCode
    theme: Name = Field(examples=["自强、感恩、文明"])
    notice: Name = Field(description="The notice that set it off.")
    launched_on: Day
    ended_on: Day | None = None

    @model_validator(mode="after")
    def _days(self) -> Self:
        in_order(self.launched_on, self.ended_on, "ended_on must be later than launched_on", "结束须晚于开始")
        return self


class CampaignChange(Change):
    may_be_empty: ClassVar[frozenset[str]] = frozenset({"ended_on"})

    notice: Name | None = None
    ended_on: Day | None = None


class Campaign(Answer):
    id: UUID
    division_code: str
    theme: str
    notice: str
    launched_on: date
    ended_on: date | None
    version: int


class CampaignPage(Page[Campaign]): ...


class NewCampaignActivity(Body):
    kind: FiveOnes
    started_on: Day
    description: Prose


class CampaignActivity(Answer):
    id: UUID
    campaign_id: UUID
    division_code: str
    kind: FiveOnes
    started_on: date
    description: str


class CampaignActivityPage(Page[CampaignActivity]): ...
