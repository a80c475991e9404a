from datetime import date
from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from fupin.paging import Page
from fupin.schemas import Answer, Body
from services.inspection.codes import MeetingKind, NegotiationMatter, SystemKind, Theme
from services.inspection.schemas.fields import Change, Day, DivisionCode, Name, Names, Prose, in_order


class NewTaskForce(Body):
    division_code: DivisionCode
    theme: Theme
    leader_unit: Name = Field(examples=["卫生健康局"])
    members: Names = Field(default=[], description="The units that belong to it.")
    document: Name | None = Field(default=None, description="The paper that set it up.")
    valid_from: Day = Field(examples=["2018-02-26"])
    valid_to: Day | None = Field(default=None, description="The first day it is no longer at work.")

    @model_validator(mode="after")
    def _days(self) -> Self:
        in_order(self.valid_from, self.valid_to, "valid_to must be later than valid_from", "结束日期须晚于开始日期")
        return self


class TaskForceChange(Change):
    may_be_empty: ClassVar[frozenset[str]] = frozenset({"document", "valid_to"})

    leader_unit: Name | None = None
    members: Names | None = None
    document: Name | None = None
    valid_to: Day | None = None


class TaskForce(Answer):
    id: UUID
    division_code: str
    theme: Theme
    leader_unit: str
    members: list[str]
    document: str | None
    valid_from: date
    valid_to: date | None
    version: int


class TaskForcePage(Page[TaskForce]): ...


class NewWorkingSystem(Body):
    division_code: DivisionCode
    kind: SystemKind
    established_on: Day = Field(examples=["2018-02-28"])
    ended_on: Day | None = Field(default=None, description="The first day it is no longer in force.")
    document: Name = Field(examples=["富脱贫办〔2018〕3号"])

    @model_validator(mode="after")
    def _days(self) -> Self:
        in_order(self.established_on, self.ended_on, "ended_on must be later than established_on", "废止须晚于建立")
        return self


class WorkingSystemChange(Change):
    may_be_empty: ClassVar[frozenset[str]] = frozenset({"ended_on"})

    document: Name | None = None
    ended_on: Day | None = None


class WorkingSystem(Answer):
    id: UUID
    division_code: str
    kind: SystemKind
    established_on: date
    ended_on: date | None
    document: str
    version: int


class WorkingSystemPage(Page[WorkingSystem]): ...


class NewMeeting(Body):
    division_code: DivisionCode
    kind: MeetingKind
    task_force_id: UUID | None = Field(default=None, description="For the meeting of a task force, and only then.")
    matter: NegotiationMatter | None = Field(default=None, description="For a negotiation, and only then.")
    subject: Name = Field(examples=["脱贫攻坚第一次联席会议"])
    held_on: Day = Field(examples=["2018-03-12"])
    place: Name
    attendees: Names = Field(default=[], description="Units, or offices held.")
    minutes: Prose


class MeetingChange(Change):
    subject: Name | None = None
    place: Name | None = None
    attendees: Names | None = None
    minutes: Prose | None = None


class Meeting(Answer):
    id: UUID
    division_code: str
    kind: MeetingKind
    task_force_id: UUID | None
    matter: NegotiationMatter | None
    subject: str
    held_on: date
    place: str
    attendees: list[str]
    minutes: str
    version: int


class MeetingPage(Page[Meeting]): ...


class NewActionItem(Body):
    task: Name
    owner: Name = Field(description="The unit or office that is to do it.", examples=["水务局"])
    due_on: Day
    done_on: Day | None = None


class ActionItemChange(Change):
    may_be_empty: ClassVar[frozenset[str]] = frozenset({"done_on"})

    owner: Name | None = None
    due_on: Day | None = None
    done_on: Day | None = None


class ActionItem(Answer):
    id: UUID
    meeting_id: UUID
    division_code: str
    task: str
    owner: str
    due_on: date
    done_on: date | None
    version: int


class ActionItemPage(Page[ActionItem]): ...


Month = Annotated[str, StringConstraints(pattern=r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])$"), Field(examples=["2018-05"])]


class NewTaskForceReport(Body):
    month: Month
    progress: Prose
    difficulties: Prose | None = None
    next_steps: Prose
    reported_on: Day


class TaskForceReport(Answer):
    id: UUID
    task_force_id: UUID
    division_code: str
    month: date = Field(description="Its first day.")
    progress: str
    difficulties: str | None
    next_steps: str
    reported_on: date
    actor: str


class TaskForceReportPage(Page[TaskForceReport]): ...


class LateReport(Answer):
    """A task force that had not reported on a month by a day."""

    id: UUID = Field(description="Of the task force.")
    division_code: str
    theme: Theme
    leader_unit: str
    month: date
    reported_on: date | None = Field(description="When it reported after all.")


class LateReportPage(Page[LateReport]): ...
