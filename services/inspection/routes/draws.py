"""Seed events, draws, their units and proofs."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request
from fastapi.responses import Response, StreamingResponse
from sqlmodel import col

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.db import Db, transaction
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from services.inspection import models
from services.inspection.codes import DrawRole, PlanStratum
from services.inspection.problems.draws import (
    AlreadyDrawn,
    DrawBeforeItsEvent,
    EventNotInAdvance,
    FrameChanged,
    NoSeedEvent,
    SecondSeedWithoutReason,
    SeedBeforeFrame,
    SeedUsedBefore,
)
from services.inspection.queries import common, draws, frames, plans
from services.inspection.queries import proofs as proof_units
from services.inspection.routes.common import made
from services.inspection.rules import proof as proofs
from services.inspection.rules.draw import Sizes
from services.inspection.schemas.draws import (
    Draw,
    DrawnHouseholdPage,
    DrawnVillagePage,
    DrawPage,
    NewDraw,
    NewSeedEvent,
    Proof,
    SeedEvent,
    SeedEventPage,
)
from services.inspection.schemas.fields import DivisionCode

router = Router(tags=["draws"])
READ = [needs("inspection:read")]
PLAN = [needs("inspection:plan")]
_PROOF: dict[int | str, dict[str, Any]] = {200: {"model": Proof, "description": "As a stream."}}


@router.post(
    "/v1/plans/{plan_id}/seed-events",
    status_code=201,
    dependencies=PLAN,
    responses=problems(NotFound, SeedBeforeFrame, EventNotInAdvance, SecondSeedWithoutReason),
)
async def name_seed_event(plan_id: UUID, new: NewSeedEvent, db: Db) -> SeedEvent:
    """Name, in advance, the public event whose value will be the seed. After the first, with a reason to publish."""
    await common.get(db, models.Plan, plan_id, lock=True)
    named = await db.execute(draws.NAME_EVENT, {"plan_id": plan_id, **new.model_dump()})
    return SeedEvent.model_validate(dict(named.mappings().one()))


@router.get(
    "/v1/plans/{plan_id}/seed-events",
    dependencies=READ,
    response_model=SeedEventPage,
    responses=problems(NotFound, BadCursor),
)
async def list_seed_events(plan_id: UUID, page: Paged, db: Db) -> Any:
    """The events named for a plan, drawn or not: a wave each, with its reason."""
    await common.get(db, models.Plan, plan_id)
    return await page.of(db, draws.seed_events(plan_id=plan_id), key=col(models.SeedEvent.wave))


@router.post(
    "/v1/plans/{plan_id}/draws",
    status_code=201,
    dependencies=PLAN,
    responses=problems(
        NotFound,
        SeedBeforeFrame,
        NoSeedEvent,
        SecondSeedWithoutReason,
        DrawBeforeItsEvent,
        SeedUsedBefore,
        AlreadyDrawn,
        FrameChanged,
    ),
)
async def draw_sample(plan_id: UUID, new: NewDraw, db: Db, response: Response) -> Draw:
    """Draw villages and households with the value of the event named in advance."""
    plan = await common.get(db, models.Plan, plan_id, lock=True)
    frame = (await db.execute(plans.frames(plan_id=plan_id))).mappings().one_or_none()
    if frame is None or frame["published_on"] is None:
        raise SeedBeforeFrame
    event, drawn = await draws.last_event(db, plan_id)
    if event is None:
        raise NoSeedEvent
    if drawn:
        raise SecondSeedWithoutReason

    if await frames.digest(db, frame["id"]) != frame["digest"]:
        raise FrameChanged
    asked = {"plan_id": plan.id, "frame_id": frame["id"], "seed_event_id": event.id, **new.model_dump()}
    return made(response, "/v1/draws", Draw, await _draw(db, await draws.draw(db, asked)))


@router.get("/v1/draws", dependencies=READ, response_model=DrawPage, responses=problems(BadCursor))
async def list_draws(page: Paged, db: Db, plan_id: UUID | None = None) -> Any:
    """Draws, wave by wave."""
    return await page.of(db, draws.draws(plan_id=plan_id), key=col(models.Draw.id))


@router.get("/v1/draws/{draw_id}", dependencies=READ, responses=problems(NotFound))
async def get_draw(draw_id: UUID, db: Db) -> Draw:
    return Draw.model_validate(await _draw(db, draw_id))


@router.get(
    "/v1/draws/{draw_id}/proof",
    dependencies=READ,
    response_class=Response,
    responses=_PROOF | problems(NotFound),
)
async def get_draw_proof(draw_id: UUID, db: Db, who: Who, request: Request) -> Response:
    """Frame, seed event, seed and every ticket: anyone repeats the draw from this alone (`fupin verify-draw`)."""
    found = await _draw(db, draw_id)
    plan = await common.get(db, models.Plan, found["plan_id"])
    frame = await common.one(db, plans.frames().where(col(models.Frame.id) == found["frame_id"]))
    event = await common.get(db, models.SeedEvent, found["seed_event_id"])
    head = proofs.head(
        plan={"plan_no": plan.plan_no, **{name: getattr(plan, name) for name in Sizes._fields}},
        frame={
            name: frame[name] if name in ("digest", "published_in") else str(frame[name])
            for name in ("digest", "frame_on", "frozen_on", "published_on", "published_in")
        },
        seed_event={
            "wave": event.wave,
            "event": event.event,
            "named_on": str(event.named_on),
            "occurs_on": str(event.occurs_on),
            "reason": event.reason,
        },
        seed=found["seed"],
        drawn_on=str(found["drawn_on"]),
    )
    units = {"draw_id": draw_id, "frame_id": found["frame_id"], "seed": found["seed"], "plan_no": plan.plan_no}

    async def blocks() -> AsyncIterator[str]:
        async with transaction(request.app.state.runtime, who) as own:
            yield head + ',"lines":['
            async for block in frames.written(own, found["frame_id"], as_json=True):
                yield block
            yield ']},"villages":['
            async for block in proof_units.written(own, proof_units.VILLAGES, **units):
                yield block
            yield '],"households":['
            async for block in proof_units.written(own, proof_units.HOUSEHOLDS, **units):
                yield block
            yield "]}"

    return StreamingResponse(blocks(), media_type="application/json")


@router.get(
    "/v1/draws/{draw_id}/villages",
    dependencies=READ,
    response_model=DrawnVillagePage,
    responses=problems(NotFound, BadCursor),
)
async def list_villages_of_draw(
    draw_id: UUID, page: Paged, db: Db, stratum: PlanStratum | None = None, town: str | None = None
) -> Any:
    """The villages of one draw."""
    await _draw(db, draw_id)
    found = draws.drawn_villages(draw_id=draw_id, stratum=stratum, town=town)
    return await page.of(db, found, key=col(models.DrawVillage.id))


@router.get(
    "/v1/draws/{draw_id}/households",
    dependencies=READ,
    response_model=DrawnHouseholdPage,
    responses=problems(NotFound, BadCursor),
)
async def list_households_of_draw(
    draw_id: UUID,
    page: Paged,
    db: Db,
    role: DrawRole | None = None,
    poor: bool | None = None,
    village: str | None = None,
    represented: Annotated[
        bool | None, Query(description="Of a village and kind, poor or not, of which one was visited, or none.")
    ] = None,
) -> Any:
    """The households of one draw, reserves included unless `role` says otherwise."""
    await _draw(db, draw_id)
    found = draws.drawn_households(draw_id=draw_id, role=role, poor=poor, village=village, represented=represented)
    return await page.of(db, found, key=col(models.DrawHousehold.id))


@router.get("/v1/drawn-villages", dependencies=READ, response_model=DrawnVillagePage, responses=problems(BadCursor))
async def list_drawn_villages(
    page: Paged,
    db: Db,
    stratum: PlanStratum | None = None,
    town: str | None = None,
    on: date | None = None,
    plan_id: UUID | None = None,
    visited_by: Annotated[date | None, Query(description="Where a first visit took place by this day.")] = None,
) -> Any:
    """Drawn villages of all draws; `on` keeps those of plans active that day, as far as drawn by then."""
    found = draws.drawn_villages(stratum=stratum, town=town, on=on, plan_id=plan_id, visited_by=visited_by)
    return await page.of(db, found, key=col(models.DrawVillage.id))


@router.get("/v1/drawn-households", dependencies=READ, response_model=DrawnHouseholdPage, responses=problems(BadCursor))
async def list_drawn_households(
    page: Paged,
    db: Db,
    role: DrawRole | None = None,
    poor: bool | None = None,
    village: str | None = None,
    on: date | None = None,
    plan_id: UUID | None = None,
    town: Annotated[DivisionCode | None, Query(description="Of the villages of this town.")] = None,
) -> Any:
    """Drawn households of all draws; `on` keeps those of plans active that day, as far as drawn by then."""
    found = draws.drawn_households(role=role, poor=poor, village=village, on=on, plan_id=plan_id, town=town)
    return await page.of(db, found, key=col(models.DrawHousehold.id))


async def _draw(db: Db, key: UUID) -> Any:
    return await common.one(db, draws.draws().where(col(models.Draw.id) == key))
