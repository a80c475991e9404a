"""Seed events, draws, their units and proofs."""

from datetime import date
from typing import Any
from uuid import UUID

from fastapi.responses import Response
from sqlmodel import col

from fupin.app import Router
from fupin.auth import needs
from fupin.db import Db
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from services.inspection import models
from services.inspection.codes import DrawRole, PlanStratum
from services.inspection.problems import (
    AlreadyDrawn,
    DrawBeforeItsEvent,
    EventNotInAdvance,
    FrameChanged,
    NoSeedEvent,
    SecondSeedWithoutReason,
    SeedBeforeFrame,
    SeedUsedBefore,
)
from services.inspection.queries import common, draws, plans
from services.inspection.routes.common import made
from services.inspection.rules import draw as rules
from services.inspection.rules import proof as proofs
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

router = Router(tags=["draws"])
READ = [needs("inspection:read")]
PLAN = [needs("inspection:plan")]


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

    villages, households = await plans.frame_units(db, frame["id"])
    if rules.digest(rules.lines(villages, households)) != frame["digest"]:
        raise FrameChanged
    sizes = _sizes(plan)
    chosen = [t for t in rules.rank_villages(villages, sizes, new.seed, plan.plan_no) if t.drawn]
    places = [t.village.code for t in chosen]
    ranked = rules.rank_households(households, places, sizes, new.seed, plan.plan_no)
    units = [t for t in ranked if t.role is not None]
    added = await common.add(
        db,
        models.Draw(
            plan_id=plan_id,
            frame_id=frame["id"],
            seed_event_id=event.id,
            division_code=plan.division_code,
            villages=len(chosen),
            households=sum(t.role == "MAIN" for t in units),
            **new.model_dump(),
        ),
    )
    await draws.keep(db, added, chosen, units)
    return made(response, "/v1/draws", Draw, await _draw(db, added.id))


@router.get("/v1/draws", dependencies=READ, response_model=DrawPage, responses=problems(BadCursor))
async def list_draws(page: Paged, db: Db, plan_id: UUID | None = None) -> Any:
    """Draws, wave by wave."""
    return await page.of(db, draws.draws(plan_id=plan_id), key=col(models.Draw.id))


@router.get("/v1/draws/{draw_id}", dependencies=READ, responses=problems(NotFound))
async def get_draw(draw_id: UUID, db: Db) -> Draw:
    return Draw.model_validate(await _draw(db, draw_id))


@router.get("/v1/draws/{draw_id}/proof", dependencies=READ, responses=problems(NotFound))
async def get_draw_proof(draw_id: UUID, db: Db) -> Proof:
    """Frame, seed event, seed and every ticket: anyone repeats the draw from this alone."""
    found = await _draw(db, draw_id)
    plan = await common.get(db, models.Plan, found["plan_id"])
    frame = await common.one(db, plans.frames().where(col(models.Frame.id) == found["frame_id"]))
    event = await common.get(db, models.SeedEvent, found["seed_event_id"])
    villages = (await db.execute(draws.drawn_villages(draw_id=draw_id))).mappings().all()
    households = (await db.execute(draws.drawn_households(draw_id=draw_id))).mappings().all()
    proof = proofs.build(
        plan={"plan_no": plan.plan_no, **_sizes(plan)._asdict()},
        frame={
            "digest": frame["digest"],
            "frame_on": str(frame["frame_on"]),
            "frozen_on": str(frame["frozen_on"]),
            "published_on": str(frame["published_on"]),
            "published_in": frame["published_in"],
        },
        lines=list(rules.lines(*await plans.frame_units(db, found["frame_id"]))),
        seed_event={
            "wave": event.wave,
            "event": event.event,
            "named_on": str(event.named_on),
            "occurs_on": str(event.occurs_on),
            "reason": event.reason,
        },
        seed=found["seed"],
        drawn_on=str(found["drawn_on"]),
        drawn_villages={
            v["village_code"]: {
                "ticket": v["ticket"], "order": v["order"], "role": "MAIN", "probability": v["probability"]
            }
            for v in villages
        },
        drawn_households={
            h["household_no"]: {
                "ticket": h["ticket"], "order": h["order"], "role": h["role"].value, "probability": h["probability"]
            }
            for h in households
        },
    )  # fmt: skip
    return Proof.model_validate(proof)


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
) -> Any:
    """The households of one draw, reserves included unless `role` says otherwise."""
    await _draw(db, draw_id)
    found = draws.drawn_households(draw_id=draw_id, role=role, poor=poor, village=village)
    return await page.of(db, found, key=col(models.DrawHousehold.id))


@router.get("/v1/drawn-villages", dependencies=READ, response_model=DrawnVillagePage, responses=problems(BadCursor))
async def list_drawn_villages(
    page: Paged, db: Db, stratum: PlanStratum | None = None, town: str | None = None, on: date | None = None
) -> Any:
    """Drawn villages of all draws; `on` keeps those of plans active that day, as far as drawn by then."""
    found = draws.drawn_villages(stratum=stratum, town=town, on=on)
    return await page.of(db, found, key=col(models.DrawVillage.id))


@router.get("/v1/drawn-households", dependencies=READ, response_model=DrawnHouseholdPage, responses=problems(BadCursor))
async def list_drawn_households(
    page: Paged,
    db: Db,
    role: DrawRole | None = None,
    poor: bool | None = None,
    village: str | None = None,
    on: date | None = None,
) -> Any:
    """Drawn households of all draws; `on` keeps those of plans active that day, as far as drawn by then."""
    found = draws.drawn_households(role=role, poor=poor, village=village, on=on)
    return await page.of(db, found, key=col(models.DrawHousehold.id))


async def _draw(db: Db, key: UUID) -> Any:
    return await common.one(db, draws.draws().where(col(models.Draw.id) == key))


def _sizes(plan: models.Plan) -> rules.Sizes:
    return rules.Sizes(plan.villages_per_town, plan.poor_per_village, plan.non_poor_per_village, plan.reserves)
