"""Seed events, draws, drawn villages and households."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, String, cast, select, text
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.inspection.codes import DrawRole, PlanStratum
from services.inspection.models import Draw, DrawHousehold, DrawVillage, Plan, SeedEvent, Table
from services.inspection.queries.common import only, rows
from services.inspection.queries.plans import active
from services.inspection.rules.draw import HouseholdTicket, VillageTicket

NAME_EVENT = text("""
    INSERT INTO seed_event (plan_id, division_code, wave, event, named_on, occurs_on, reason)
    SELECT p.id, p.division_code, 1 + (SELECT count(*) FROM seed_event e WHERE e.plan_id = p.id),
           :event, CAST(:named_on AS date), CAST(:occurs_on AS date), CAST(:reason AS text)
    FROM plan p WHERE p.id = :plan_id
    RETURNING id, plan_id, wave, event, named_on, occurs_on, reason, recorded_at
""")

ADD_VILLAGES = text("""
    INSERT INTO draw_village (draw_id, division_code, town_code, name, stratum, ticket, draw_order, pi_num, pi_den)
    SELECT CAST(:draw_id AS uuid), f.division_code, f.town_code, f.name, f.stratum, u.ticket, u.draw_order,
           u.pi_num, u.pi_den
    FROM unnest(CAST(:code AS text[]), CAST(:ticket AS text[]), CAST(:draw_order AS int[]), CAST(:pi_num AS bigint[]),
                CAST(:pi_den AS bigint[])) AS u (code, ticket, draw_order, pi_num, pi_den)
    JOIN frame_village f ON f.frame_id = :frame_id AND f.division_code = u.code
""")

# A household's probability over both stages is its village's times its own within the village.
ADD_HOUSEHOLDS = text("""
    INSERT INTO draw_household (draw_id, household_id, household_no, division_code, county_code, poor, ticket,
                                draw_order, role, stage_num, stage_den, pi_num, pi_den)
    SELECT v.draw_id, f.household_id, f.household_no, f.division_code, f.county_code, f.poor, u.ticket,
           u.draw_order, u.role, u.stage_num, u.stage_den, v.pi_num * u.stage_num, v.pi_den * u.stage_den
    FROM unnest(CAST(:number AS text[]), CAST(:ticket AS text[]), CAST(:draw_order AS int[]), CAST(:role AS text[]),
                CAST(:stage_num AS bigint[]), CAST(:stage_den AS bigint[]))
         AS u (number, ticket, draw_order, role, stage_num, stage_den)
    JOIN frame_household f ON f.frame_id = :frame_id AND f.household_no = u.number
    JOIN draw_village v ON v.draw_id = :draw_id AND v.division_code = f.division_code
""")


def seed_events(*, plan_id: UUID) -> Select[Any]:
    return select(SeedEvent).where(col(SeedEvent.plan_id) == plan_id)


def draws(*, plan_id: UUID | None = None) -> Select[Any]:
    return only(
        rows(*Table.metadata.tables["inspection.draw"].columns, col(SeedEvent.wave)).join_from(
            Draw, SeedEvent, col(SeedEvent.id) == col(Draw.seed_event_id)
        ),
        {col(Draw.plan_id): plan_id},
    )


def _fraction(num: Any, den: Any) -> Any:
    return cast(num, String) + "/" + cast(den, String)


def _drawn_by(statement: Select[Any], draw_id: Any, on: date | None) -> Select[Any]:
    """Rows of plans active on a day, as far as they were drawn by then."""
    if on is None:
        return statement
    return (
        statement.join(Draw, col(Draw.id) == draw_id)
        .join(Plan, col(Plan.id) == col(Draw.plan_id))
        .where(col(Draw.drawn_on) <= on, active(on))
    )


def drawn_villages(
    *,
    draw_id: UUID | None = None,
    stratum: PlanStratum | None = None,
    town: str | None = None,
    on: date | None = None,
) -> Select[Any]:
    village = DrawVillage
    found = rows(
        col(village.id),
        col(village.draw_id),
        col(village.division_code).label("village_code"),
        col(village.town_code),
        col(village.name),
        col(village.stratum),
        col(village.ticket),
        col(village.draw_order).label("order"),
        _fraction(village.pi_num, village.pi_den).label("probability"),
        cast(village.weight, String).label("weight"),
    )
    found = only(found, {col(village.draw_id): draw_id, col(village.stratum): stratum, col(village.town_code): town})
    return _drawn_by(found, col(village.draw_id), on)


def drawn_households(
    *,
    draw_id: UUID | None = None,
    role: DrawRole | None = None,
    poor: bool | None = None,
    village: str | None = None,
    on: date | None = None,
) -> Select[Any]:
    unit = DrawHousehold
    found = rows(
        col(unit.id),
        col(unit.draw_id),
        col(unit.household_id),
        col(unit.household_no),
        col(unit.division_code).label("village_code"),
        col(unit.poor),
        col(unit.ticket),
        col(unit.draw_order).label("order"),
        col(unit.role),
        _fraction(unit.stage_num, unit.stage_den).label("stage_probability"),
        _fraction(unit.pi_num, unit.pi_den).label("probability"),
        cast(unit.weight, String).label("weight"),
    )
    found = only(
        found,
        {
            col(unit.draw_id): draw_id,
            col(unit.role): role,
            col(unit.poor): poor,
            col(unit.division_code): village,
        },
    )
    return _drawn_by(found, col(unit.draw_id), on)


async def last_event(db: AsyncSession, plan_id: UUID) -> tuple[SeedEvent | None, bool]:
    """The plan's last seed event, and whether it was drawn."""
    row = (
        await db.execute(
            select(SeedEvent, col(Draw.id).is_not(None))
            .join(Draw, col(Draw.seed_event_id) == col(SeedEvent.id), isouter=True)
            .where(col(SeedEvent.plan_id) == plan_id)
            .order_by(col(SeedEvent.wave).desc())
            .limit(1)
        )
    ).one_or_none()
    return (row[0], row[1]) if row else (None, False)


async def keep(
    db: AsyncSession, draw: Draw, villages: Sequence[VillageTicket], households: Sequence[HouseholdTicket]
) -> None:
    """Record what was drawn."""
    both = {"draw_id": draw.id, "frame_id": draw.frame_id}
    await db.execute(
        ADD_VILLAGES,
        both
        | {
            "code": [t.village.code for t in villages],
            "ticket": [t.ticket for t in villages],
            "draw_order": [t.order for t in villages],
            "pi_num": [t.chosen for t in villages],
            "pi_den": [t.eligible for t in villages],
        },
    )
    await db.execute(
        ADD_HOUSEHOLDS,
        both
        | {
            "number": [t.household.number for t in households],
            "ticket": [t.ticket for t in households],
            "draw_order": [t.order for t in households],
            "role": [t.role for t in households],
            "stage_num": [t.chosen for t in households],
            "stage_den": [t.eligible for t in households],
        },
    )
