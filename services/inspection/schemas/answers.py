from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictBool, StrictFloat, StrictInt, StrictStr, StringConstraints

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.inspection.codes import QuestionKind
from services.inspection.schemas.checklists import Identifier
from services.inspection.schemas.fields import Day, Prose

# What JSON says; whether it is what the question asks for is a rule's business, refused question by question.
Given = StrictBool | StrictInt | StrictFloat | StrictStr | Annotated[list[StrictStr], Field(max_length=100)] | None
Spoken = bool | int | float | str | list[str] | None
Answered = Annotated[
    dict[Annotated[str, StringConstraints(max_length=40)], Given],
    Field(
        min_length=1,
        max_length=300,
        description="By the question's name: true or false, a code, a list of codes, a number, YYYY-MM-DD, text.",
        examples=[{"water_safe": True, "water_minutes": 10, "measures": ["HEALTH"], "satisfied": "VERY"}],
    ),
]


class NewAnswers(Body):
    checklist_id: UUID
    visited_on: Day
    answers: Answered


class Correction(Body):
    checklist_id: UUID
    answers: Answered = Field(description="null takes an answer back.")
    reason: Prose = Field(examples=["录入有误，经电话核实更正"])


class GivenAnswer(Answer):
    id: UUID
    visit_id: UUID
    checklist_id: UUID
    question: Identifier
    kind: QuestionKind
    value: Spoken = Field(description="null where the answer was taken back.")
    corrects: UUID | None = Field(description="The answer that this one corrects.")
    reason: str | None
    actor: str
    recorded_at: Instant


class GivenAnswerPage(Page[GivenAnswer]): ...


class DrawAnswer(Answer):
    id: UUID
    visit_id: UUID
    household_no: str
    village_code: str
    visited_on: Day
    checklist_id: UUID
    question: Identifier
    kind: QuestionKind
    value: Spoken


class DrawAnswerPage(Page[DrawAnswer]): ...
