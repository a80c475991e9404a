"""Checklists: versions of typed questions that never change."""

from typing import Any
from uuid import UUID

from fastapi.responses import Response
from sqlmodel import col

from fupin.app import Router
from fupin.auth import needs
from fupin.db import Db
from fupin.paging import BadCursor, Paged
from fupin.problems import Invalid, NotFound, problems
from services.inspection import models
from services.inspection.problems.visits import ChecklistVersionTaken
from services.inspection.queries import checklists, common
from services.inspection.routes.common import made
from services.inspection.rules import checklists as rules
from services.inspection.schemas.checklists import Checklist, ChecklistPage, NewChecklist, NewQuestion, QuestionPage

router = Router(tags=["checklists"])
READ = [needs("inspection:read")]
PLAN = [needs("inspection:plan")]


@router.post("/v1/checklists", status_code=201, dependencies=PLAN, responses=problems(ChecklistVersionTaken))
async def create_checklist(new: NewChecklist, db: Db, response: Response) -> Checklist:
    """Add a checklist, or the next version of one. A version never changes: what was asked stays as it was asked."""
    if found := rules.ill_defined([rule(question) for question in new.questions]):
        name, en, zh = found
        raise Invalid("/questions", f"{name}: {en}", zh=f"{name}：{zh}")
    last = (
        await db.execute(checklists.checklists(name=new.name).order_by(col(models.Checklist.number).desc()).limit(1))
    ).scalar_one_or_none()
    following = last.number + 1 if last else 1
    if new.number > following:
        raise Invalid("/number", f"the next version is {following}", zh=f"下一版本为{following}")
    added = await common.add(db, models.Checklist(**new.model_dump(exclude={"questions"})))
    for position, question in enumerate(new.questions, 1):
        db.add(models.Question(checklist_id=added.id, position=position, **question.model_dump()))
    await db.flush()
    return made(response, "/v1/checklists", Checklist, added)


@router.get("/v1/checklists", dependencies=READ, response_model=ChecklistPage, responses=problems(BadCursor))
async def list_checklists(page: Paged, db: Db, name: str | None = None) -> Any:
    """Checklists, version by version."""
    found = checklists.checklists(name=name)
    return await page.of(db, found, key=(col(models.Checklist.name), col(models.Checklist.number)))


@router.get("/v1/checklists/{checklist_id}", dependencies=READ, responses=problems(NotFound))
async def get_checklist(checklist_id: UUID, db: Db) -> Checklist:
    return Checklist.model_validate(await common.get(db, models.Checklist, checklist_id))


@router.get(
    "/v1/checklists/{checklist_id}/questions",
    dependencies=READ,
    response_model=QuestionPage,
    responses=problems(NotFound, BadCursor),
)
async def list_questions(checklist_id: UUID, page: Paged, db: Db) -> Any:
    """A checklist's questions in the order in which they are asked."""
    await common.get(db, models.Checklist, checklist_id)
    return await page.of(db, checklists.questions(checklist_id), key=col(models.Question.position))


def rule(new: NewQuestion) -> rules.Question:
    """A question as far as answers depend on it."""
    choices = [choice.model_dump() for choice in new.choices]
    return rules.Question(
        new.name, new.kind, new.required, choices, new.minimum, new.maximum, new.relevant_to, new.relevant_values
    )
