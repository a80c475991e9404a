from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.registry.codes import (
    DivisionLevel,
    ExitRequirement,
    HouseholdStatus,
    MonitoringKind,
    NoticeDays,
    ProcedureKind,
    ProcedureState,
    RiskKind,
    RiskSource,
    StepDuty,
    StepKind,
    StepOutcome,
)
from services.registry.schemas.common import Fen, Kept, Name, Year, example

Note = Annotated[str, StringConstraints(max_length=500)]
Source = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"\S")]
Count = Annotated[int, Field(strict=True, ge=0, le=100_000)]
Days = Annotated[int, Field(strict=True, ge=1, le=366)]

VOTES = ("voters", "attended", "votes_for", "votes_against")
# Which steps carry which fields; a field that says nothing about a step is not taken with it.
CARRIED = {
    **{name: {StepKind.DEMOCRATIC_REVIEW} for name in VOTES},
    "until": {StepKind.MEASURE},
    "answers": {StepKind.OBJECTION_ANSWER},
    "confirmed_on": {StepKind.VERIFICATION},
}
REFUSABLE = {
    StepKind.DEMOCRATIC_REVIEW,
    StepKind.VERIFICATION,
    StepKind.TOWN_REVIEW,
    StepKind.COUNTY_APPROVAL,
    StepKind.OBJECTION_ANSWER,
}
NEEDED = {
    StepKind.DEMOCRATIC_REVIEW: VOTES,
    StepKind.MEASURE: ("person", "until", "note"),
    StepKind.OBJECTION: ("person", "note"),
    StepKind.OBJECTION_ANSWER: ("answers", "note"),
}


class NewProcedure(Body):
    model_config = example(
        household_id="0199b0c2-6d7e-7a10-8e52-5f1f3f0e9a11", kind="IDENTIFICATION", on="2018-04-02", person="王建国"
    )

    household_id: UUID
    kind: ProcedureKind
    on: date = Field(description="The day of the application, the nomination, or on which the risk was found.")
    year: Year | None = Field(None, description="The year whose income and guarantees count; by default that of `on`.")
    person: Name | None = Field(None, description="Who applied or was nominated, on whom the risk was seen.")
    note: Note = ""
    monitoring_kind: MonitoringKind | None = None
    risk: RiskKind | None = None
    risk_source: RiskSource | None = None

    @model_validator(mode="after")
    def fits(self) -> Self:
        said = [self.monitoring_kind is not None, self.risk is not None, self.risk_source is not None]
        if self.kind is ProcedureKind.MONITORING and not all(said):
            raise ValueError("monitoring needs monitoring_kind, risk and risk_source")
        if self.kind is not ProcedureKind.MONITORING and any(said):
            raise ValueError("monitoring_kind, risk and risk_source belong to monitoring")
        if self.kind is ProcedureKind.IDENTIFICATION and self.person is None:
            raise ValueError("an application names the person who applied")
        return self


class NewProcedureStep(Body):
    model_config = example(
        step="DEMOCRATIC_REVIEW", on="2018-04-10", voters=45, attended=36, votes_for=33, votes_against=1
    )

    step: StepKind
    on: date
    outcome: StepOutcome = Field(
        StepOutcome.PASSED,
        description="REFUSED ends the procedure; of an objection's answer: the objection is upheld.",
    )
    voters: Count | None = Field(None, description="应到: how many have a vote in a democratic review.")
    attended: Count | None = Field(None, description="实到")
    votes_for: Count | None = None
    votes_against: Count | None = None
    person: Name | None = Field(
        None, description="Who confirmed (VERIFICATION), is responsible (MEASURE), objected (OBJECTION)."
    )
    confirmed_on: date | None = Field(None, description="The day on which the household signed its confirmation.")
    until: date | None = Field(None, description="The last day of a measure. A notice's follows from the rule.")
    answers: int | None = Field(None, ge=1, description="The number (seq) of the objection that is answered.")
    note: Note = Field("", description="What was found, decided, objected; needed for a refusal.")

    @model_validator(mode="after")
    def complete(self) -> Self:
        missing = [name for name in NEEDED.get(self.step, ()) if getattr(self, name) in (None, "")]
        if missing:
            raise ValueError(f"this step needs {', '.join(missing)}")
        foreign = [
            name for name, steps in CARRIED.items() if getattr(self, name) is not None and self.step not in steps
        ]
        if foreign:
            raise ValueError(f"this step carries no {', '.join(foreign)}")
        if self.outcome is StepOutcome.REFUSED:
            if self.step not in REFUSABLE:
                raise ValueError("this step decides nothing: it is taken or not")
            if not self.note.strip():
                raise ValueError("a refusal says why (note)")
        if self.voters is not None and self.attended is not None and self.attended > self.voters:
            raise ValueError("more attended than have a vote")
        if (self.votes_for or 0) + (self.votes_against or 0) > (self.attended or 0):
            raise ValueError("more votes than people")
        if self.until is not None and self.until < self.on:
            raise ValueError("`until` must not be before `on`")
        if self.confirmed_on is not None and self.confirmed_on > self.on:
            raise ValueError("the household signs before or on the day of the verification")
        return self


class Procedure(Answer):
    id: UUID
    household_id: UUID
    household_no: str
    division_code: str
    kind: ProcedureKind
    monitoring_kind: MonitoringKind | None
    risk: RiskKind | None
    risk_source: RiskSource | None
    year: int
    opened_on: date
    state: ProcedureState
    last_step: StepKind
    last_on: date
    notice_until: date | None = Field(description="The last day of the notice that is the last step.")
    next_step: StepKind | None = Field(description="The step that usually follows.")
    due_on: date | None = Field(description="The last working day for it.")
    overdue: bool
    open_objections: int
    steps: int = Field(description="How many steps have been recorded; also the ETag.")


class ProcedurePage(Page[Procedure]): ...


class ProcedureStep(Answer):
    seq: int
    step: StepKind
    on: date
    outcome: StepOutcome
    until: date | None
    voters: int | None
    attended: int | None
    votes_for: int | None
    votes_against: int | None
    person: str | None
    confirmed_on: date | None
    answers: int | None
    per_head_fen: int | None = Field(description="Net income per head that a verification or approval found.")
    line_fen: int | None = Field(description="The poverty line it was held against.")
    note: str
    state: ProcedureState
    next_step: StepKind | None
    next_due_on: date | None
    actor: str
    recorded_at: Instant


class ProcedureStepPage(Page[ProcedureStep]): ...


class Requirement(Answer):
    item: ExitRequirement
    met: bool
    en: str
    zh: str


class Requirements(Answer):
    procedure_id: UUID
    year: int
    met: bool
    items: list[Requirement]


class ProcedureRule(Answer):
    kind: ProcedureKind
    step: StepKind
    position: int
    level: DivisionLevel = Field(description="The level that takes the step; a level above may, one below may not.")
    duty: StepDuty
    leads_to: ProcedureState
    household_status: HouseholdStatus | None = Field(description="What the household becomes when the step passes.")
    deadline_days: int | None = Field(description="Working days for the step, from the end of the one before.")
    notice_days: int | None
    notice_counts: NoticeDays | None
    quorum_ppm: int | None = Field(description="Share of those with a vote who must attend, in millionths.")
    months: int | None = Field(description="Months of observation before the step.")
    source: str
    follows: list[StepKind]
    version: int


class ProcedureRulePage(Page[ProcedureRule]): ...


class ProcedureRuleChange(Body):
    model_config = example(notice_days=5, notice_counts="WORKING")

    deadline_days: Days | None = None
    notice_days: Annotated[Days | None, Kept] = None
    notice_counts: Annotated[NoticeDays | None, Kept] = None
    quorum_ppm: Annotated[int | None, Field(strict=True, ge=1, le=1_000_000)] = None
    months: Annotated[int | None, Field(strict=True, ge=1, le=120)] = None
    source: Annotated[Source | None, Kept] = None


class PovertyLine(Answer):
    year: int
    per_head_fen: int = Field(description="Net income per head and year, in fen.")
    source: str
    version: int


class PovertyLinePage(Page[PovertyLine]): ...


class NewPovertyLine(Body):
    model_config = example(year=2021, per_head_fen=420_000, source="省扶贫办通知")

    year: Year
    per_head_fen: Fen
    source: Source


class PovertyLineChange(Body):
    model_config = example(per_head_fen=299_500)

    per_head_fen: Annotated[Fen | None, Kept] = None
    source: Annotated[Source | None, Kept] = None


class ProcedureCount(Answer):
    kind: ProcedureKind
    town_code: str
    town_name: str | None
    state: ProcedureState
    procedures: int
    overdue: int


class ProcedureStatistics(Answer):
    on: date
    procedures: int
    overdue: int
    items: list[ProcedureCount]
