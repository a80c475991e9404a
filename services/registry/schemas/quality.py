from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.registry.codes.quality import FindingState, Severity
from services.registry.schemas.common import example


class QualityRule(Answer):
    code: str = Field(examples=["Q01"])
    severity: Severity
    title_zh: str
    title_en: str
    looks_at: list[str] = Field(description="The fields it reads.")
    reason_zh: str = Field(description="What a finding says; %1$s and the like stand for its figures.")
    reason_en: str
    remedy_zh: str
    remedy_en: str
    across: bool = Field(description="Compares households with each other, so only a run over a county answers it.")


class QualityRuleList(Answer):
    items: list[QualityRule]


class NewQualityRun(Body):
    model_config = example(on="2018-05-17")

    on: date | None = Field(None, description="The day on which the register is looked at; by default today.")


class QualityRunRule(Answer):
    rule: str
    found: int = Field(description="Findings that stand.")
    opened: int
    closed: int
    seconds: float


class QualityRun(Answer):
    id: UUID
    division_code: str
    on: date
    households: int
    created_by: str
    created_at: Instant
    finished_at: Instant | None
    rules: list[QualityRunRule]


class QualityRunPage(Page[QualityRun]): ...


class QualityFinding(Answer):
    id: UUID
    rule: str
    household_id: UUID
    household_no: str
    division_code: str
    subject_id: UUID = Field(description="The member or the helper it is about, else the household.")
    zh: str = Field(description="Why, in words.")
    en: str
    state: FindingState
    run_id: UUID = Field(description="The run that found it first.")
    found_on: date
    closed_at: Instant | None
    excused_by: str | None
    excused_at: Instant | None
    excuse: str | None


class QualityFindingPage(Page[QualityFinding]): ...


class Excuse(Body):
    model_config = example(reason="入户核实：成员长期在外务工，不能照顾家庭")

    reason: Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"\S")]


class QualityScore(Answer):
    division_code: str
    name: str
    households: int
    errors: int = Field(description="Households whose worst open finding is an error.")
    warnings: int
    notices: int
    findings: int = Field(description="Open findings.")
    excused: int = Field(description="Findings excused by a person.")
    score: float = Field(description="100 when no household has an open finding.")


class QualityScorePage(Page[QualityScore]): ...
