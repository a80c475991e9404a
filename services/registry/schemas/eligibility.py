from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from fupin.codelists import Entry
from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.registry.codes.eligibility import Eligibility, FactType, FactUnit, RuleMeets, RuleState
from services.registry.schemas.common import Code, Year, example

Words = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"\S")]
Purpose = Annotated[Code, Field(examples=["FOUR_CATEGORIES"])]


class EligibilityFact(Answer):
    name: str = Field(description="As an expression calls it.", examples=["income_per_head"])
    kind: FactType
    unit: FactUnit
    zh: str
    en: str
    codes: list[Entry] = Field(description="All the texts it can be; empty where it is no code.")
    code_list: str | None = Field(description="The code list they are of.")
    missing_zh: str | None = Field(description="When it is missing; null where it never is.")
    missing_en: str | None


class EligibilityFactList(Answer):
    items: list[EligibilityFact]


class EligibilityClause(Body):
    code: Code = Field(examples=["INCOME"])
    expression: Annotated[str, Field(min_length=1, max_length=4_000, examples=["income_per_head > poverty_line"])]
    zh: Words = Field(description="The reason in words, for who reads a decision.", examples=["人均纯收入超过贫困标准"])
    en: Words = Field(examples=["Net income per head above the poverty line"])


class NewEligibilityRule(Body):
    model_config = example(
        purpose="FOUR_CATEGORIES", zh="危房改造四类重点对象", en="Four categories entitled to housing renovation",
        meets="ANY", effective_from="2019-01-01", effective_to=None, source="县住建局2019年工作方案",
        clauses=[{"code": "MINIMUM_LIVING", "expression": "minimum_living && residence == 'RURAL'",
                  "zh": "农村低保户", "en": "Rural, on minimum living allowance"}],
    )  # fmt: skip

    purpose: Purpose = Field(description="FOUR_CATEGORIES and EXIT are used by the registry; others are your own.")
    zh: Words
    en: Words
    meets: RuleMeets
    clauses: list[EligibilityClause] = Field(min_length=1, max_length=20)
    effective_from: date
    effective_to: date | None = None
    source: Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"\S")] = Field(
        description="The document it follows."
    )

    @model_validator(mode="after")
    def in_order(self) -> Self:
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise ValueError("`effective_to` must not be before `effective_from`")
        return self


class EligibilityRule(Answer):
    id: UUID
    purpose: str
    number: int = Field(description="1 is the first rule of its purpose.")
    zh: str
    en: str
    meets: RuleMeets
    clauses: list[EligibilityClause]
    effective_from: date
    effective_to: date | None
    source: str
    state: RuleState
    drafted_by: str
    created_at: Instant
    approved_by: str | None
    approved_at: Instant | None


class EligibilityRulePage(Page[EligibilityRule]): ...


class NewDecision(Body):
    model_config = example(purpose="FOUR_CATEGORIES", on="2018-05-17")

    purpose: Purpose | None = Field(None, description="By the rule of this purpose that is in force on the day.")
    rule_id: UUID | None = Field(None, description="By this rule, which must be in force on the day.")
    on: date | None = Field(None, description="The day; by default today.")
    year: Year | None = Field(None, description="The year whose income and guarantees count; by default the day's.")

    @model_validator(mode="after")
    def one_rule(self) -> Self:
        if (self.purpose is None) == (self.rule_id is None):
            raise ValueError("say purpose or rule_id")
        return self


class NewEligibilityRun(NewDecision):
    model_config = example(purpose="FOUR_CATEGORIES", on="2018-05-17", year=2018)


class ClauseResult(Answer):
    code: str
    holds: bool | None = Field(description="null: unknown, a fact that matters is missing.")
    expression: str
    zh: str
    en: str


class EligibilityDecision(Answer):
    id: UUID
    household_id: UUID
    household_no: str
    division_code: str
    rule_id: UUID
    purpose: str
    number: int
    run_id: UUID | None
    procedure_id: UUID | None = Field(description="The exit procedure whose step asked for it.")
    on: date
    year: int
    outcome: Eligibility
    clause: str | None = Field(description="The first clause that holds, where one is enough.")
    clauses: list[ClauseResult]
    facts: dict[str, bool | int | str | None] = Field(description="What the clauses looked at; null was missing.")
    actor: str
    decided_at: Instant


class EligibilityDecisionPage(Page[EligibilityDecision]): ...


class EligibilityRun(Answer):
    id: UUID = Field(description="The same as its operation's.")
    division_code: str
    rule_id: UUID
    purpose: str
    number: int
    on: date
    year: int
    households: int
    eligible: int
    not_eligible: int
    unknown: int
    created_by: str
    created_at: Instant
    finished_at: Instant | None


class EligibilityRunPage(Page[EligibilityRun]): ...


class EligibilityChange(Answer):
    household_id: UUID
    household_no: str
    division_code: str
    outcome_before: Eligibility | None = Field(description="null: not in the run before.")
    clause_before: str | None
    outcome: Eligibility | None = Field(description="null: not in this run.")
    clause: str | None


class EligibilityChangePage(Page[EligibilityChange]): ...
