from typing import Any
from uuid import UUID

from fastapi import Response

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.etag import etag
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from fupin.reads import Reads
from fupin.selected import selected
from fupin.written import listed
from services.projects import models
from services.projects.codes.adjustments import AdjustmentChange, AdjustmentOutcome, AdjustmentState
from services.projects.problems.adjustments import AdjustedAlready, NotAdjustable, NotDrafted, NothingToAdjust
from services.projects.problems.library import (
    DayInFuture,
    DocumentMissing,
    NoNoticeRunning,
    NoticeRunning,
    OpinionMissing,
    StepBeforeLast,
    TargetMissing,
    WrongOrder,
    WrongRole,
)
from services.projects.queries import adjustments as queries
from services.projects.routes import adjusting
from services.projects.routes.projects import held
from services.projects.rules import adjustments as rules
from services.projects.rules import library as library_rules
from services.projects.schemas.adjustments import (
    Adjustment,
    AdjustmentItemPage,
    AdjustmentNotice,
    AdjustmentPage,
    AdjustmentStepPage,
    AdjustmentStepTaken,
    NewAdjustment,
    NewItemObjection,
    NewItems,
)
from services.projects.schemas.library import Objection

router = Router(tags=["library"])


@router.post(
    "/v1/adjustments",
    status_code=201,
    response_model=Adjustment,
    dependencies=[needs("projects:write")],
    responses=problems(DayInFuture, NotFound),
)
async def draft_adjustment(new: NewAdjustment, db: Db, who: Who, today: Today, response: Response) -> dict[str, Any]:
    """Draft an adjustment of the library (动态调整); its projects are listed next."""
    on = new.on or today
    if on > today:
        raise DayInFuture(today=today.isoformat())
    made = models.Adjustment(
        division_code=who.division.ljust(12, "0"),
        year=new.year,
        title=new.title,
        state=AdjustmentState.DRAFTED,
        steps=1,
    )
    await queries.draft(db, made, adjusting.step_of(who, library_rules.VILLAGE, on, None, None, None))
    response.headers["Location"] = f"/v1/adjustments/{made.id}"
    return await _shown(db, made.id)


@router.get(
    "/v1/adjustments",
    response_model=AdjustmentPage,
    dependencies=[needs("projects:read")],
    responses=problems(BadCursor),
)
async def list_adjustments(
    db: Reads, page: Paged, response: Response, year: int | None = None, state: AdjustmentState | None = None
) -> Response:
    """Adjustments of the library, the newest first."""
    return await listed(db, page, response, selected(Adjustment, queries.adjustments, year, state, descending=True))


@router.get(
    "/v1/adjustments/{adjustment_id}",
    response_model=Adjustment,
    dependencies=[needs("projects:read")],
    responses=problems(NotFound),
)
async def get_adjustment(adjustment_id: UUID, db: Db) -> dict[str, Any]:
    """One adjustment, and how many of its projects were adjusted."""
    return await _shown(db, adjustment_id)


@router.get(
    "/v1/adjustments/{adjustment_id}/steps",
    response_model=AdjustmentStepPage,
    dependencies=[needs("projects:read")],
    responses=problems(NotFound, BadCursor),
)
async def list_adjustment_steps(adjustment_id: UUID, db: Db, page: Paged) -> dict[str, Any]:
    """Who drafted, reviewed, published and applied it, when and on what document. Only ever added to."""
    await _shown(db, adjustment_id)
    return await page.of(db, queries.steps(adjustment_id), key=models.AdjustmentStep.seq)


@router.post(
    "/v1/adjustments/{adjustment_id}/items",
    status_code=201,
    response_model=Adjustment,
    dependencies=[needs("projects:write")],
    responses=problems(NotFound, NotDrafted, NotAdjustable, AdjustedAlready),
)
async def add_adjustment_items(adjustment_id: UUID, new: NewItems, db: Db) -> dict[str, Any]:
    """List projects to admit, withdraw or change, each with the reason; all of them or none."""
    adjustment = await _held(db, adjustment_id)
    if adjustment.state is not AdjustmentState.DRAFTED:
        raise NotDrafted
    for item in sorted(new.items, key=lambda item: item.project_id):
        project = await held(db, item.project_id)
        rules.check_listed(item.change, project.state)
        db.add(
            models.AdjustmentItem(
                adjustment_id=adjustment_id,
                division_code=project.division_code,
                changes=item.changes.model_dump(mode="json", exclude_unset=True) if item.changes else None,
                **item.model_dump(exclude={"changes"}),
            )
        )
    await db.flush()
    return await _shown(db, adjustment_id)


@router.get(
    "/v1/adjustments/{adjustment_id}/items",
    response_model=AdjustmentItemPage,
    dependencies=[needs("projects:read")],
    responses=problems(NotFound, BadCursor),
)
async def list_adjustment_items(
    adjustment_id: UUID,
    db: Db,
    page: Paged,
    change: AdjustmentChange | None = None,
    outcome: AdjustmentOutcome | None = None,
) -> dict[str, Any]:
    """The projects of an adjustment: why, what changed from what to what, and what was held back because of what."""
    await _shown(db, adjustment_id)
    return await page.of(db, queries.items(adjustment_id, change, outcome), key=models.AdjustmentItem.id)


@router.delete(
    "/v1/adjustments/{adjustment_id}/items/{item_id}",
    status_code=204,
    dependencies=[needs("projects:write")],
    responses=problems(NotFound, NotDrafted),
)
async def remove_adjustment_item(adjustment_id: UUID, item_id: UUID, db: Db) -> None:
    """Take a project off the list while it is a draft."""
    adjustment = await _held(db, adjustment_id)
    if adjustment.state is not AdjustmentState.DRAFTED:
        raise NotDrafted
    if await queries.item(db, adjustment_id, item_id) is None:
        raise NotFound
    await queries.drop(db, item_id)


@router.post(
    "/v1/adjustments/{adjustment_id}/items/{item_id}/objections",
    status_code=201,
    response_model=Objection,
    dependencies=[needs("projects:write")],
    responses=problems(NotFound, NoNoticeRunning, DayInFuture),
)
async def object_to_adjustment(
    adjustment_id: UUID, item_id: UUID, new: NewItemObjection, db: Db, today: Today, response: Response
) -> models.Objection:
    """Record an objection to one project while the notice runs; it holds back that project and no other."""
    adjustment = await _held(db, adjustment_id)
    item = await queries.item(db, adjustment_id, item_id)
    if item is None:
        raise NotFound
    raised_on = new.on or today
    if raised_on > today:
        raise DayInFuture(today=today.isoformat())
    notice = await queries.notice(db, adjustment_id)
    if adjustment.state is not AdjustmentState.NOTICED or notice is None or not notice[0] <= raised_on <= notice[1]:
        raise NoNoticeRunning
    objection = models.Objection(
        project_id=item.project_id,
        division_code=item.division_code,
        notice_seq=item.notice_seq,
        adjustment_item_id=item.id,
        raised_on=raised_on,
        matter=new.matter,
    )
    db.add(objection)
    await db.flush()
    await db.refresh(objection)
    etag(response, objection.version)
    return objection


async def _take(
    move: rules.Move, adjustment_id: UUID, asked: AdjustmentStepTaken, db: Db, who: Who, today: Today
) -> dict[str, Any]:
    adjustment = await _held(db, adjustment_id)
    on = asked.on or today
    standing = await queries.standing(db, adjustment)
    rules.check_step(
        move,
        standing,
        who.scopes,
        who.division,
        on,
        today,
        opinion=asked.opinion,
        document_ref=asked.document_ref,
    )
    until = library_rules.notice_until(on, asked.days) if isinstance(asked, AdjustmentNotice) else None
    step = adjusting.step_of(who, move.by, on, asked.document_ref, asked.opinion, until)
    await queries.take(db, adjustment, move.to, step)
    if move.to is AdjustmentState.NOTICED:
        await adjusting.publish(db, adjustment, step)
    elif move.to is AdjustmentState.APPLIED:
        await adjusting.apply(db, adjustment, step)
    elif move.to is AdjustmentState.CANCELLED:
        await queries.cancel_items(db, adjustment_id)
    return await _shown(db, adjustment_id)


_MORE = {
    AdjustmentState.REVIEWED: (OpinionMissing, NothingToAdjust),
    AdjustmentState.NOTICED: (DocumentMissing, NotAdjustable, TargetMissing),
    AdjustmentState.APPLIED: (DocumentMissing, NoticeRunning),
    AdjustmentState.CANCELLED: (OpinionMissing,),
}


def _address(move: rules.Move) -> None:
    """The route of one verb; only the notice takes more than a step does."""

    async def act(adjustment_id: UUID, asked: AdjustmentStepTaken, db: Db, who: Who, today: Today) -> dict[str, Any]:
        return await _take(move, adjustment_id, asked, db, who, today)

    async def notice(adjustment_id: UUID, asked: AdjustmentNotice, db: Db, who: Who, today: Today) -> dict[str, Any]:
        return await _take(move, adjustment_id, asked, db, who, today)

    begins = ", ".join(sorted(move.begins))
    router.post(
        f"/v1/adjustments/{{adjustment_id}}:{move.verb}",
        name=f"{move.verb.replace('-', '_')}_adjustment",
        response_model=Adjustment,
        summary=move.summary,
        description=f"{move.summary} Begins in: {begins}; by {move.by.scope} at {move.by.level} level or above.",
        dependencies=[needs(move.by.scope)],
        responses=problems(NotFound, WrongRole, WrongOrder, StepBeforeLast, DayInFuture, *_MORE[move.to]),
    )(notice if move.to is AdjustmentState.NOTICED else act)


for _move in rules.MOVES:
    _address(_move)


async def _held(db: Db, adjustment_id: UUID) -> models.Adjustment:
    found = await queries.locked(db, adjustment_id)
    if found is None:
        raise NotFound
    return found


async def _shown(db: Db, adjustment_id: UUID) -> dict[str, Any]:
    found = await queries.adjustment(db, adjustment_id)
    if found is None:
        raise NotFound
    return found
