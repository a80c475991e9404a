"""Checklists and their questions."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.inspection.models import Checklist, Question
from services.inspection.queries.common import get, only
from services.inspection.rules import checklists as rules


def checklists(*, name: str | None = None, number: int | None = None) -> Select[Any]:
    return only(select(Checklist), {col(Checklist.name): name, col(Checklist.number): number})


def questions(checklist_id: UUID) -> Select[Any]:
    return select(Question).where(col(Question.checklist_id) == checklist_id)


async def asked(db: AsyncSession, checklist_id: UUID) -> list[Question]:
    """A checklist's questions in order. Raises NotFound."""
    await get(db, Checklist, checklist_id)
    found = await db.execute(questions(checklist_id).order_by(col(Question.position)))
    return list(found.scalars())


def as_rules(questions: Iterable[Question]) -> list[rules.Question]:
    """The questions as far as answers depend on them."""
    return [
        rules.Question(
            q.name, q.kind, q.required, q.choices, q.minimum, q.maximum, q.relevant_to, q.relevant_values
        )
        for q in questions
    ]  # fmt: skip
