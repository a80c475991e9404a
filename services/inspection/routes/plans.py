"""Inspection plans and their frozen frames."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import Request
from fastapi.responses import PlainTextResponse, Response, StreamingResponse
from sqlmodel import col

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.db import Db, transaction
from fupin.etag import IfMatch, Stale, VersionRequired
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from fupin.remote import PeerRefused, Unanswered
from services.inspection import models
from services.inspection.clients import Registry
from services.inspection.codes import PlanState, PlanStratum
from services.inspection.problems.draws import (
    CentralVillageUnknown,
    DigestAlreadyPublished,
    FrameAlreadyFrozen,
    NothingToSample,
    NumberNotDrawable,
    PlanFrozen,
    PlanNumberTaken,
    PublishedBeforeFrozen,
)
from services.inspection.queries import common, frames, plans
from services.inspection.routes.common import made, versioned
from services.inspection.rules.frame import framed
from services.inspection.rules.places import lies_in
from services.inspection.schemas.plans import (
    Frame,
    FramePage,
    FrameVillagePage,
    NewFrame,
    NewPlan,
    Plan,
    PlanChange,
    PlanPage,
    Publication,
    SupervisedVillagePage,
)

router = Router(tags=["plans"])
READ = [needs("inspection:read")]
PLAN = [needs("inspection:plan")]


@router.post("/v1/plans", status_code=201, dependencies=PLAN, responses=problems(NotFound, PlanNumberTaken))
async def create_plan(new: NewPlan, db: Db, response: Response) -> Plan:
    """Draft an inspection plan (督查计划): what is sampled, when, and for what."""
    added = await common.add(db, models.Plan(**new.model_dump()))
    return made(response, "/v1/plans", Plan, await _plan(db, added.id))


@router.get("/v1/plans", dependencies=READ, response_model=PlanPage, responses=problems(BadCursor))
async def list_plans(page: Paged, db: Db, state: PlanState | None = None, on: date | None = None) -> Any:
    """Plans; `on` keeps those whose period holds that day."""
    return await page.of(db, plans.plans(state=state, on=on), key=col(models.Plan.id))


@router.get("/v1/plans/{plan_id}", dependencies=READ, responses=problems(NotFound))
async def get_plan(plan_id: UUID, db: Db, response: Response) -> Plan:
    return versioned(response, Plan, await _plan(db, plan_id))


@router.patch(
    "/v1/plans/{plan_id}", dependencies=PLAN, responses=problems(NotFound, Stale, VersionRequired, PlanFrozen)
)
async def change_plan(plan_id: UUID, change: PlanChange, version: IfMatch, db: Db, response: Response) -> Plan:
    """Change a plan; what it samples only until its frame is frozen."""
    await common.change(db, models.Plan, plan_id, version, change.values())
    return versioned(response, Plan, await _plan(db, plan_id))


@router.post(
    "/v1/plans/{plan_id}/frame",
    status_code=201,
    dependencies=PLAN,
    responses=problems(
        NotFound,
        FrameAlreadyFrozen,
        NothingToSample,
        CentralVillageUnknown,
        NumberNotDrawable,
        Unanswered,
        PeerRefused,
    ),
)
async def freeze_frame(plan_id: UUID, new: NewFrame, db: Db, registry: Registry, response: Response) -> Frame:
    """
    Freeze the villages and households of one day from the registry, and say the digest over them.

    The digest is to be published before any seed exists.
    """
    asked = await common.get(db, models.Plan, plan_id)
    # The network first, locks second: nobody waits here for the registry.
    known = {v.code: v for v in await registry.villages(new.frame_on) if lies_in(v.code, asked.division_code)}
    found = ((v.code, v.parent_code, v.poor_village) for v in known.values())
    villages = framed(found, asked.strata, asked.central_villages)
    places = {village.code for village in villages}
    staged = await frames.stage(db, places, registry.frame(asked.division_code, new.frame_on))

    plan = await common.get(db, models.Plan, plan_id, lock=True)
    frame = await common.add(
        db,
        models.Frame(
            plan_id=plan_id,
            division_code=plan.division_code,
            digest=await frames.staged_digest(db, villages),
            villages=len(villages),
            households=staged.households,
            left_out=staged.left_out,
            **new.model_dump(),
        ),
    )
    await frames.keep(
        db,
        frame.id,
        [
            (code, town, v.name, stands, *staged.counts.get(code, (0, 0)), v.longitude, v.latitude)
            for code, town, stands in villages
            for v in (known[code],)
        ],
    )
    return made(response, "/v1/frames", Frame, await _frame(db, frame.id))


@router.get("/v1/frames", dependencies=READ, response_model=FramePage, responses=problems(BadCursor))
async def list_frames(page: Paged, db: Db, plan_id: UUID | None = None) -> Any:
    """Frozen frames with their digests."""
    return await page.of(db, plans.frames(plan_id=plan_id), key=col(models.Frame.id))


@router.get("/v1/frames/{frame_id}", dependencies=READ, responses=problems(NotFound))
async def get_frame(frame_id: UUID, db: Db) -> Frame:
    return Frame.model_validate(await _frame(db, frame_id))


@router.get(
    "/v1/frames/{frame_id}/villages",
    dependencies=READ,
    response_model=FrameVillagePage,
    responses=problems(NotFound, BadCursor),
)
async def list_frame_villages(
    frame_id: UUID, page: Paged, db: Db, stratum: PlanStratum | None = None, town: str | None = None
) -> Any:
    """The villages of a frame."""
    await _frame(db, frame_id)
    found = plans.frame_villages(frame_id=frame_id, stratum=stratum, town=town)
    return await page.of(db, found, key=col(models.FrameVillage.division_code))


@router.get(
    "/v1/frames/{frame_id}/lines", dependencies=READ, response_class=PlainTextResponse, responses=problems(NotFound)
)
async def get_frame_lines(frame_id: UUID, db: Db, who: Who, request: Request) -> Response:
    """The frame as text, a unit a line: `sha256sum` of it is the digest."""
    await _frame(db, frame_id)

    async def blocks() -> AsyncIterator[str]:
        async with transaction(request.app.state.runtime, who) as own:
            async for block in frames.written(own, frame_id):
                yield block

    return StreamingResponse(blocks(), media_type="text/plain; charset=utf-8")


@router.post(
    "/v1/frames/{frame_id}:publish",
    status_code=201,
    dependencies=PLAN,
    responses=problems(NotFound, DigestAlreadyPublished, PublishedBeforeFrozen),
)
async def publish_digest(frame_id: UUID, new: Publication, db: Db) -> Frame:
    """Record where and when the digest was made public."""
    frame = await common.get(db, models.Frame, frame_id)
    db.add(models.FramePublication(frame_id=frame_id, division_code=frame.division_code, **new.model_dump()))
    await db.flush()
    return Frame.model_validate(await _frame(db, frame_id))


@router.get(
    "/v1/supervised-villages", dependencies=READ, response_model=SupervisedVillagePage, responses=problems(BadCursor)
)
async def list_supervised_villages(page: Paged, db: Db, on: date) -> Any:
    """Poor villages under key supervision (重点督查) by the plans active on a day."""
    return await page.of(db, plans.supervised_villages(on=on), key=col(models.FrameVillage.division_code))


async def _plan(db: Db, key: UUID) -> Any:
    return await common.one(db, plans.plans().where(col(models.Plan.id) == key))


async def _frame(db: Db, key: UUID) -> Any:
    return await common.one(db, plans.frames().where(col(models.Frame.id) == key))
