"""Answers: added, never changed. The one on record is the one that no other corrects."""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import aliased
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.inspection.codes import QuestionKind, VisitState
from services.inspection.models import Answer, Question, Visit
from services.inspection.queries.common import only, rows
from services.inspection.rules.checklists import Value

ADD = text("""
    INSERT INTO answer (visit_id, division_code, county_code, question_id, kind, value, corrects, reason, actor)
    SELECT v.id, v.division_code, v.county_code, q.id, q.kind, CAST(u.value AS jsonb), u.corrects,
           CAST(:reason AS text), :actor
    FROM unnest(CAST(:visit_id AS uuid[]), CAST(:question_id AS uuid[]), CAST(:value AS text[]),
                CAST(:corrects AS uuid[])) AS u (visit_id, question_id, value, corrects)
    JOIN visit v ON v.id = u.visit_id
    JOIN question q ON q.id = u.question_id
""")

# The answers of visits to one checklist, oldest first: the last of a question is the one on record.
ON_RECORD = text("""
    SELECT a.visit_id, q.name, a.id, a.value
    FROM answer a JOIN question q ON q.id = a.question_id
    WHERE a.visit_id = ANY (CAST(:visits AS uuid[])) AND q.checklist_id = :checklist_id
    ORDER BY a.id
""")


class NewAnswer(NamedTuple):
    visit_id: UUID
    question_id: UUID
    value: Value | None
    corrects: UUID | None = None


class Recorded(NamedTuple):
    """A question's answer on record, and all that it ever was."""

    id: UUID
    value: Value | None  # None where it was taken back
    ever: list[Value | None]


def answers(visit_id: UUID, *, checklist_id: UUID | None = None, history: bool = False) -> Select[Any]:
    later = aliased(Answer)
    found = (
        rows(
            col(Answer.id),
            col(Answer.visit_id),
            col(Question.checklist_id),
            col(Question.name).label("question"),
            col(Answer.kind),
            col(Answer.value),
            col(Answer.corrects),
            col(Answer.reason),
            col(Answer.actor),
            col(Answer.recorded_at),
        )
        .join_from(Answer, Question, col(Question.id) == col(Answer.question_id))
        .where(col(Answer.visit_id) == visit_id)
    )
    if checklist_id is not None:
        found = found.where(col(Question.checklist_id) == checklist_id)
    if not history:
        found = found.where(~select(col(later.id)).where(col(later.corrects) == col(Answer.id)).exists())
    return found


def answers_of_draw(draw_id: UUID, *, checklist_id: UUID | None = None, question: str | None = None) -> Select[Any]:
    """The answers on record of a draw's households, those taken back left out: what estimates are counted from."""
    later = aliased(Answer)
    found = (
        rows(
            col(Answer.id), col(Answer.visit_id), col(Visit.household_no),
            col(Visit.division_code).label("village_code"), col(Visit.visited_on),
            col(Question.checklist_id), col(Question.name).label("question"), col(Answer.kind), col(Answer.value),
        )
        .join_from(Answer, Question, col(Question.id) == col(Answer.question_id))
        .join(Visit, col(Visit.id) == col(Answer.visit_id))
        .where(
            col(Visit.draw_id) == draw_id, col(Visit.state) == VisitState.DONE,
            func.jsonb_typeof(Answer.value) != "null",
            ~select(col(later.id)).where(col(later.corrects) == col(Answer.id)).exists(),
        )
    )  # fmt: skip
    return only(found, {col(Question.checklist_id): checklist_id, col(Question.name): question})


async def on_record(
    db: AsyncSession, visits: Iterable[UUID], questions: Iterable[Question], checklist_id: UUID
) -> dict[UUID, dict[str, Recorded]]:
    """What visits answered to a checklist, by visit and question."""
    kinds = {question.name: question.kind for question in questions}
    found: dict[UUID, dict[str, Recorded]] = {}
    for visit, name, id, value in await db.execute(ON_RECORD, {"visits": list(visits), "checklist_id": checklist_id}):
        of_visit = found.setdefault(visit, {})
        before = of_visit.get(name)
        typed = _typed(kinds[name], value)
        of_visit[name] = Recorded(id, typed, [*(before.ever if before else ()), typed])
    return found


async def add(db: AsyncSession, new: Iterable[NewAnswer], actor: str, reason: str | None = None) -> None:
    """Record answers, or corrections with their reason."""
    given = list(new)
    if given:
        await db.execute(
            ADD,
            {
                "visit_id": [one.visit_id for one in given],
                "question_id": [one.question_id for one in given],
                "value": [as_json(one.value) for one in given],
                "corrects": [one.corrects for one in given],
                "reason": reason,
                "actor": actor,
            },
        )


def standing(recorded: Mapping[str, Recorded]) -> dict[str, Value]:
    """The answers on record that were not taken back."""
    return {name: one.value for name, one in recorded.items() if one.value is not None}


def as_json(value: Value | None) -> str:
    return format(value, "f") if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)


def _typed(kind: QuestionKind, value: Any) -> Value | None:
    return Decimal(repr(value)) if kind is QuestionKind.DECIMAL and value is not None else value
