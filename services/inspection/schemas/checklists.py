from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.inspection.codes import QuestionKind
from services.inspection.schemas.fields import Name

Identifier = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$"),
    Field(description="Lower case: the column's name in packets and tables.", examples=["water_safe"]),
]
ChoiceCode = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,39}$"), Field(examples=["VERY"])]
Words = Annotated[str, StringConstraints(min_length=1, max_length=500)]
NUMBERS = (QuestionKind.INTEGER, QuestionKind.DECIMAL)
Bound = Annotated[Decimal, Field(max_digits=15, decimal_places=6)]


class Choice(Body):
    code: ChoiceCode
    zh: Words = Field(examples=["满意"])
    en: Words = Field(examples=["Satisfied"])


class NewQuestion(Body):
    name: Identifier
    section_zh: Words = Field(examples=["两不愁三保障"])
    section_en: Words = Field(examples=["Two assurances and three guarantees"])
    kind: QuestionKind
    zh: Words = Field(examples=["饮水是否安全？"])
    en: Words = Field(examples=["Is the drinking water safe?"])
    required: bool = True
    unit: Name | None = Field(default=None, description="Of a number; a decimal number has one.")
    choices: list[Choice] = Field(default=[], max_length=100)
    minimum: Bound | None = None
    maximum: Bound | None = None
    relevant_to: Identifier | None = Field(default=None, description="An earlier question that this one hangs on.")
    relevant_values: list[Name] = Field(
        default=[],
        max_length=100,
        description="Asked only when it has one of these answers: true, false, code, number.",
    )

    @model_validator(mode="after")
    def _unit(self) -> Self:
        if (self.kind is QuestionKind.DECIMAL and not self.unit) or (self.kind not in NUMBERS and self.unit):
            raise ValueError(
                "a decimal number has a unit, and only numbers have one｜小数题须有单位，非数字题不得有单位"
            )
        return self


class NewChecklist(Body):
    name: Identifier = Field(examples=["household"])
    number: int = Field(ge=1, le=10_000, description="The version: one more than the last.", examples=[2])
    zh: Words = Field(examples=["入户核查表"])
    en: Words = Field(examples=["Household checklist"])
    questions: list[NewQuestion] = Field(min_length=1, max_length=300)


class Question(Answer):
    id: UUID
    checklist_id: UUID
    position: int
    name: str
    section_zh: str
    section_en: str
    kind: QuestionKind
    zh: str
    en: str
    required: bool
    unit: str | None
    choices: list[Choice]
    minimum: Decimal | None
    maximum: Decimal | None
    relevant_to: str | None
    relevant_values: list[str]


class QuestionPage(Page[Question]): ...


class Checklist(Answer):
    id: UUID
    name: str
    number: int
    zh: str
    en: str
    recorded_at: Instant


class ChecklistPage(Page[Checklist]): ...
