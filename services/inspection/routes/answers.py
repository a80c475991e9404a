"""What households answered: recorded once, corrected in the open."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlmodel import col

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.paging import BadCursor, Paged
from fupin.problems import FieldError, NotFound, problems
from services.inspection import models
from services.inspection.codes import VisitState
from services.inspection.problems.visits import (
    AnsweredDifferently,
    AnsweredMeanwhile,
    AnswersRefused,
    NothingToCorrect,
    VisitNotDone,
    VisitOver,
)
from services.inspection.queries import answers, checklists, common, visits
from services.inspection.queries.answers import NewAnswer
from services.inspection.routes.visits import not_ahead
from services.inspection.rules import checklists as rules
from services.inspection.schemas.answers import Correction, DrawAnswerPage, GivenAnswerPage, NewAnswers

router = Router(tags=["visits"])
READ = [needs("inspection:read")]
WRITE = [needs("inspection:write")]


@router.post(
    "/v1/visits/{visit_id}/answers",
    status_code=201,
    dependencies=WRITE,
    response_model=GivenAnswerPage,
    responses=problems(NotFound, AnswersRefused, AnsweredDifferently, VisitOver),
)
async def record_answers(visit_id: UUID, new: NewAnswers, page: Paged, db: Db, who: Who, today: Today) -> Any:
    """
    Record what the household answered, and with it that the visit took place. The same again changes nothing; anything
    else than what is on record is a correction.
    """
    not_ahead(new.visited_on, today)
    visit = await common.get(db, models.Visit, visit_id, lock=True)
    if visit.state in (VisitState.FAILED, VisitState.CANCELLED):
        raise VisitOver
    asked = await checklists.asked(db, new.checklist_id)
    given, faults = rules.checked(checklists.as_rules(asked), new.answers)
    recorded = (await answers.on_record(db, [visit_id], asked, new.checklist_id)).get(visit_id, {})
    differing = [name for name, value in given.items() if name in recorded and recorded[name].value != value]
    faults += [
        fault
        for fault in rules.whole(checklists.as_rules(asked), answers.standing(recorded) | given)
        if fault.question not in {wrong.question for wrong in faults}
    ]
    if faults:
        raise refusal(faults)
    if differing:
        raise AnsweredDifferently(questions=differing)
    if visit.state is VisitState.PLANNED:
        await visits.report(db, [visit_id], VisitState.DONE, new.visited_on, who.actor)
    ids = {question.name: question.id for question in asked}
    await answers.add(
        db, [NewAnswer(visit_id, ids[name], value) for name, value in given.items() if name not in recorded], who.actor
    )
    return await page.of(db, answers.answers(visit_id, checklist_id=new.checklist_id), key=col(models.Answer.id))


@router.post(
    "/v1/visits/{visit_id}/answers:correct",
    status_code=201,
    dependencies=WRITE,
    response_model=GivenAnswerPage,
    responses=problems(NotFound, AnswersRefused, NothingToCorrect, AnsweredMeanwhile, VisitNotDone),
)
async def correct_answers(visit_id: UUID, new: Correction, page: Paged, db: Db, who: Who) -> Any:
    """Correct answers, with the reason. What they were, and who said so when, stays in the history."""
    await common.get(db, models.Visit, visit_id, lock=True)
    asked = await checklists.asked(db, new.checklist_id)
    given, faults = rules.checked(checklists.as_rules(asked), new.answers)
    recorded = (await answers.on_record(db, [visit_id], asked, new.checklist_id)).get(visit_id, {})
    if not recorded:
        raise NothingToCorrect
    withdrawn = {name for name, value in new.answers.items() if value is None}
    standing = {name: value for name, value in answers.standing(recorded).items() if name not in withdrawn} | given
    wrong = {fault.question for fault in faults}
    faults += [f for f in rules.whole(checklists.as_rules(asked), standing) if f.question not in wrong]
    if faults:
        raise refusal(faults)
    ids = {question.name: question.id for question in asked}
    changed = given | dict.fromkeys(withdrawn & recorded.keys())
    # A question that is asked only after the correction has no answer yet: its first one.
    first = [NewAnswer(visit_id, ids[name], value) for name, value in given.items() if name not in recorded]
    corrections = [
        NewAnswer(visit_id, ids[name], value, recorded[name].id)
        for name, value in changed.items()
        if name in recorded and recorded[name].value != value
    ]
    await answers.add(db, first, who.actor)
    await answers.add(db, corrections, who.actor, new.reason)
    return await page.of(db, answers.answers(visit_id, checklist_id=new.checklist_id), key=col(models.Answer.id))


@router.get(
    "/v1/visits/{visit_id}/answers",
    dependencies=READ,
    response_model=GivenAnswerPage,
    responses=problems(NotFound, BadCursor),
)
async def list_answers(
    visit_id: UUID, page: Paged, db: Db, checklist_id: UUID | None = None, history: bool = False
) -> Any:
    """The answers on record; with `history` also those that were corrected, oldest first."""
    await common.get(db, models.Visit, visit_id)
    found = answers.answers(visit_id, checklist_id=checklist_id, history=history)
    return await page.of(db, found, key=col(models.Answer.id))


@router.get(
    "/v1/draws/{draw_id}/answers",
    dependencies=READ,
    response_model=DrawAnswerPage,
    responses=problems(NotFound, BadCursor),
)
async def list_answers_of_draw(
    draw_id: UUID, page: Paged, db: Db, checklist_id: UUID | None = None, question: str | None = None
) -> Any:
    """The answers on record that a draw's estimates are counted from, household by household."""
    await common.get(db, models.Draw, draw_id)
    found = answers.answers_of_draw(draw_id, checklist_id=checklist_id, question=question)
    return await page.of(db, found, key=col(models.Answer.id))


def refusal(faults: Iterable[rules.Fault]) -> AnswersRefused:
    """Each question by name, with what is wrong with its answer."""
    return AnswersRefused(
        errors=[FieldError(f"/answers/{f.question}", "body", f.code, *rules.FAULTS[f.code]) for f in faults]
    )
