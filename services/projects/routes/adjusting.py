"""What an adjustment does to its projects, all in the transaction of its step."""

from datetime import date
from typing import Any

from sqlalchemy.exc import DBAPIError

from fupin.auth import Principal
from fupin.db import Db
from fupin.problems import Problem, from_database
from services.projects import models
from services.projects.codes.adjustments import AdjustmentChange, AdjustmentOutcome
from services.projects.codes.library import LibraryState
from services.projects.problems.library import ObjectionOpen, ObjectionUpheld, TargetMissing
from services.projects.queries import adjustments as queries
from services.projects.queries import library
from services.projects.queries import projects as projects_
from services.projects.routes.projects import changed, held
from services.projects.rules import adjustments as rules
from services.projects.rules import library as library_rules
from services.projects.schemas.projects import ProjectChange

Step = dict[str, Any]


async def publish(db: Db, adjustment: models.Adjustment, step: Step) -> None:
    """The notice of the list is the notice of every project that shall come in. Raises NotAdjustable, TargetMissing."""
    for item in await queries.every_item(db, adjustment.id):
        project = await held(db, item.project_id)
        rules.check_listed(item.change, project.state)
        if item.change is AdjustmentChange.ADMIT:
            if not (await library.standing(db, project)).targets:
                raise TargetMissing(project_id=str(project.id))
            item.notice_seq = await _take(db, project, LibraryState.NOTICED, item, step)
    await db.flush()


async def apply(db: Db, adjustment: models.Adjustment, step: Step) -> None:
    """Each project on its own: what an objection or its own state stands against is held back, the rest is done."""
    for item in await queries.every_item(db, adjustment.id):
        project = await held(db, item.project_id)
        try:
            async with db.begin_nested():
                await _APPLY[item.change](db, project, item, step)
            item.outcome = AdjustmentOutcome.APPLIED
        except (Problem, DBAPIError) as error:
            problem = error if isinstance(error, Problem) else from_database(error)
            if problem is None or problem.status >= 500:
                raise
            item.outcome, item.held_because = AdjustmentOutcome.HELD_BACK, problem.code()
        await db.flush()


async def _admit(db: Db, project: models.Project, item: models.AdjustmentItem, step: Step) -> None:
    if project.state is not LibraryState.NOTICED or project.steps != item.notice_seq:
        rules.check_listed(item.change, project.state)
    library_rules.check_admission(await library.standing(db, project), step["happened_on"])
    await _take(db, project, LibraryState.ADMITTED, item, step)


async def _withdraw(db: Db, project: models.Project, item: models.AdjustmentItem, step: Step) -> None:
    await _check_unopposed(db, project, item)
    await _take(db, project, LibraryState.WITHDRAWN, item, step)


async def _change(db: Db, project: models.Project, item: models.AdjustmentItem, _: Step) -> None:
    await _check_unopposed(db, project, item)
    change = ProjectChange.model_validate(item.changes)
    before = await projects_.project(db, project.id)
    item.before = ProjectChange.model_validate(
        {name: before[name] for name in change.model_fields_set} if before else {}
    ).model_dump(mode="json", exclude_unset=True)
    await changed(db, project, change.model_dump(exclude_unset=True))


_APPLY = {
    AdjustmentChange.ADMIT: _admit,
    AdjustmentChange.WITHDRAW: _withdraw,
    AdjustmentChange.CHANGE: _change,
}


async def _check_unopposed(db: Db, project: models.Project, item: models.AdjustmentItem) -> None:
    """Raises NotAdjustable, ObjectionOpen, ObjectionUpheld."""
    rules.check_listed(item.change, project.state)
    unresolved, upheld = await queries.objections(db, item.id)
    if unresolved:
        raise ObjectionOpen(open=unresolved)
    if upheld:
        raise ObjectionUpheld(upheld=upheld)


async def _take(db: Db, project: models.Project, to: LibraryState, item: models.AdjustmentItem, step: Step) -> int:
    """A step of the library by the adjustment's authority, with the reason that was published. Gives its number."""
    standing = await library.standing(db, project)
    library_rules.check_day(step["happened_on"], standing.last_on, step["happened_on"])
    document_ref = item.document_ref or step["document_ref"]
    taken = await library.add_step(db, project, step | {"document_ref": document_ref, "opinion": item.reason}, to)
    await library.keep_documents(
        db, project, taken.seq, [{"kind": library_rules.PAPER[to], "document_ref": document_ref}]
    )
    return taken.seq


def step_of(
    who: Principal,
    by: library_rules.Authority,
    on: date,
    document_ref: str | None,
    opinion: str | None,
    until: date | None,
) -> Step:
    """A step as it is recorded."""
    return {
        "happened_on": on,
        "actor": who.actor,
        "scope": by.scope,
        "level": library_rules.level(who.division),
        "document_ref": document_ref,
        "opinion": opinion,
        "notice_until": until,
    }
