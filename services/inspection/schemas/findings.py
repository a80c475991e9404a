from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.inspection.codes import (
    FindingKind,
    FindingState,
    FindingStepKind,
    FindingSubject,
    LinkedService,
    LinkState,
    Severity,
)
from services.inspection.schemas.fields import Day, DivisionCode, Name, Prose

WorkingDays = Annotated[int, Field(ge=1, le=250, examples=[15])]
DUE = "The day itself, or the first working day after it when it is a holiday."


class Dated(Body):
    """A deadline: so many working days from now, or a day."""

    working_days: WorkingDays | None = Field(
        None, description="From the day it is set; that day does not count.", examples=[15]
    )
    due_on: Day | None = Field(None, description="Moves to the next working day when it is a holiday.")

    @model_validator(mode="after")
    def _one_deadline(self) -> Self:
        if (self.working_days is None) == (self.due_on is None):
            raise ValueError("give either working_days or due_on｜请给出工作日数或到期日之一")
        return self


class NewFinding(Dated):
    visit_id: UUID | None = Field(None, description="Found on this visit; household, place and team follow.")
    cross_inspection_id: UUID | None = Field(None, description="Found on this cross-inspection.")
    division_code: DivisionCode | None = Field(
        None, description="Where it lies, when found otherwise.", examples=["230882101201"]
    )
    team_id: UUID | None = Field(None, description="Who found it, when found otherwise.")
    subject: FindingSubject
    subject_id: UUID | None = Field(None, description="Of the household, the project or the thing of the fund account.")
    kind: FindingKind = Field(examples=["05"])
    severity: Severity = Field(examples=["MAJOR"])
    description: Prose = Field(examples=["住房未进行安全鉴定。"])
    responsible_unit: Name = Field(examples=["住建局"])
    found_on: Day

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        given = [name for name in ("visit_id", "cross_inspection_id", "division_code") if getattr(self, name)]
        if len(given) != 1:
            raise ValueError(
                "give one of visit_id, cross_inspection_id, division_code"
                "｜请给出 visit_id、cross_inspection_id、division_code 之一"
            )
        if self.team_id is not None and self.division_code is None:
            raise ValueError("the team is that of the visit｜工作队即入户或互检的工作队")
        return self


class Finding(Answer):
    """A finding as it stood on a day."""

    id: UUID
    finding_no: str = Field(examples=["2018-0001"])
    division_code: str
    subject: FindingSubject
    subject_id: UUID | None
    visit_id: UUID | None
    cross_inspection_id: UUID | None
    team_id: UUID | None
    kind: FindingKind
    severity: Severity
    description: str
    responsible_unit: str
    found_on: date
    on: date
    state: FindingState
    state_on: date
    round: int = Field(description="1, and one more each time it was reopened.")
    asked_due_on: date = Field(description="The deadline as it was set.")
    due_on: date = Field(description=DUE)
    overdue: bool = Field(description="Past its deadline and still with the responsible unit.")
    extension_asked_to: date | None = Field(description="An extension is asked for, and not decided on.")
    escalation_level: int | None = Field(description="The highest level told of this delay.")


class FindingPage(Page[Finding]): ...


class FindingStep(Answer):
    seq: int
    kind: FindingStepKind
    state: FindingState
    round: int
    asked_due_on: date
    due_on: date
    proposed_due_on: date | None
    team_id: UUID | None
    text: str
    on_day: date
    actor: str
    recorded_at: Instant


class FindingStepPage(Page[FindingStep]): ...


class Step(Body):
    on: Day
    text: Prose


class Recheck(Step):
    team_id: UUID = Field(description="Another team than the one that found it.")
    passed: bool = Field(description="Whether it is put right.")


class Reopening(Step, Dated): ...


class ExtensionRequest(Step):
    due_on: Day


class ExtensionDecision(Step):
    granted: bool


class NewEscalationRule(Body):
    division_code: DivisionCode = Field(description="The county.")
    level: int = Field(ge=1, le=9)
    after_working_days: WorkingDays
    told: Name = Field(description="An office, no person.", examples=["县扶贫开发领导小组"])
    valid_from: Day


class EscalationRule(Answer):
    id: UUID
    division_code: str
    level: int
    after_working_days: int
    told: str
    valid_from: date


class EscalationRulePage(Page[EscalationRule]): ...


class Escalation(Answer):
    id: UUID
    finding_id: UUID
    division_code: str
    round: int
    due_on: date
    level: int
    told: str
    on_day: date


class EscalationPage(Page[Escalation]): ...


Code = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z_]{0,31}$")]


class HouseholdCorrection(Body):
    """What the registry should say of the household; codes as in its code lists."""

    version: int = Field(strict=True, ge=1, description="Of the household, as you read it in the registry.")
    residence: Code | None = None
    poverty_type: Code | None = None
    main_cause: Code | None = None
    house_grade: Code | None = Field(None, examples=["C"])

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.model_fields_set == {"version"}:
            raise ValueError("name at least one field to correct｜请至少给出一个要更正的字段")
        return self


class FindingLink(Answer):
    """What another service was sent about a finding, and how it answered."""

    id: UUID
    finding_id: UUID
    division_code: str
    service: LinkedService
    state: LinkState
    answer_id: UUID | None = Field(description="Of the change request, or of the note, that it became.")
    refusal: str | None = Field(description="The problem's name.", examples=["stale"])
    body: dict[str, Any]
    actor: str
    sent_at: Instant
    ended_at: Instant | None


class FindingLinkPage(Page[FindingLink]): ...
