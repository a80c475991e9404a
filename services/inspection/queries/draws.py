"""Seed events, draws, drawn villages and households."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, String, cast, exists, func, select, text, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.inspection.codes import DrawRole, PlanStratum, VisitState
from services.inspection.models import Draw, DrawHousehold, DrawVillage, Plan, SeedEvent, Table, Visit
from services.inspection.queries.common import only, rows
from services.inspection.queries.plans import active

NAME_EVENT = text("""
    INSERT INTO seed_event (plan_id, division_code, wave, event, named_on, occurs_on, reason)
    SELECT p.id, p.division_code, 1 + (SELECT count(*) FROM seed_event e WHERE e.plan_id = p.id),
           :event, CAST(:named_on AS date), CAST(:occurs_on AS date), CAST(:reason AS text)
    FROM plan p WHERE p.id = :plan_id
    RETURNING id, plan_id, wave, event, named_on, occurs_on, reason, recorded_at
""")

# The rules of `rules.draw`, set by set; a test draws with both. Tickets are ranked as bytes, which is the order of
# their hexadecimal text. A household's probability over both stages is its village's times its own within the village.
DRAW = text("""
    WITH drawing AS MATERIALIZED (
        SELECT uuidv7() AS id, CAST(:seed AS text) || '|' || p.plan_no AS prefix, p.id AS plan_id, p.division_code,
               p.villages_per_town, p.poor_per_village, p.non_poor_per_village, p.reserves,
               CAST(:frame_id AS uuid) AS frame_id
        FROM plan p WHERE p.id = :plan_id
    ), ranked_villages AS MATERIALIZED (
        SELECT v.*, row_number() OVER (PARTITION BY town_code, stratum ORDER BY hash) AS draw_order,
               CASE WHEN stratum = 'SAMPLE' THEN count(*) OVER (PARTITION BY town_code, stratum) ELSE 1 END AS eligible
        FROM (
            SELECT f.division_code, f.town_code, f.name, f.stratum,
                   sha256(convert_to(d.prefix || '|village|' || f.division_code, 'UTF8')) AS hash
            FROM drawing d JOIN frame_village f ON f.frame_id = d.frame_id
        ) v
    ), drawn_villages AS MATERIALIZED (
        SELECT v.*, least(d.villages_per_town, v.eligible) AS chosen FROM ranked_villages v, drawing d
        WHERE v.stratum <> 'SAMPLE' OR v.draw_order <= d.villages_per_town
    ), ranked_households AS MATERIALIZED (
        SELECT h.*, row_number() OVER (PARTITION BY division_code, poor ORDER BY hash) AS draw_order,
               count(*) OVER (PARTITION BY division_code, poor) AS eligible
        FROM (
            SELECT f.household_id, f.household_no, f.division_code, f.county_code, f.poor, v.chosen AS village_chosen,
                   v.eligible AS village_eligible,
                   sha256(convert_to(d.prefix || '|household|' || f.household_no, 'UTF8')) AS hash
            FROM drawing d, drawn_villages v
            JOIN frame_household f ON f.frame_id = :frame_id AND f.division_code = v.division_code
        ) h
    ), drawn_households AS MATERIALIZED (
        SELECT * FROM (
            SELECT h.*, least(CASE WHEN h.poor THEN d.poor_per_village ELSE d.non_poor_per_village END, h.eligible)
                        AS chosen, d.reserves
            FROM ranked_households h, drawing d
        ) h WHERE chosen > 0 AND draw_order <= chosen + reserves
    ), made AS (
        INSERT INTO draw (id, plan_id, frame_id, seed_event_id, division_code, seed, drawn_on, villages, households)
        SELECT id, plan_id, frame_id, :seed_event_id, division_code, :seed, :drawn_on,
               (SELECT count(*) FROM drawn_villages), (SELECT count(*) FROM drawn_households WHERE draw_order <= chosen)
        FROM drawing
    ), villages AS (
        INSERT INTO draw_village (draw_id, division_code, town_code, name, stratum, ticket, draw_order, pi_num, pi_den)
        SELECT d.id, v.division_code, v.town_code, v.name, v.stratum, encode(v.hash, 'hex'), v.draw_order, v.chosen,
               v.eligible
        FROM drawn_villages v, drawing d
    ), households AS (
        INSERT INTO draw_household (draw_id, household_id, household_no, division_code, county_code, poor, ticket,
                                    draw_order, role, stage_num, stage_den, pi_num, pi_den)
        SELECT d.id, h.household_id, h.household_no, h.division_code, h.county_code, h.poor, encode(h.hash, 'hex'),
               h.draw_order, CASE WHEN h.draw_order <= h.chosen THEN 'MAIN' ELSE 'RESERVE' END, h.chosen, h.eligible,
               h.village_chosen * h.chosen, h.village_eligible * h.eligible
        FROM drawn_households h, drawing d
    )
    SELECT id FROM drawing
""")
PATIENCE = text("SET LOCAL statement_timeout = '2h'; SET LOCAL work_mem = '128MB'")


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
    plan_id: UUID | None = None,
    visited_by: date | None = None,
) -> Select[Any]:
    """Drawn villages; `visited_by` keeps those where a first household was visited by that day."""
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
        (col(village.pi_num) == col(village.pi_den)).label("certain"),
    )
    found = only(found, {col(village.draw_id): draw_id, col(village.stratum): stratum, col(village.town_code): town})
    if visited_by is not None:
        visited = exists().where(
            col(Visit.draw_id) == col(village.draw_id), col(Visit.division_code) == col(village.division_code),
            col(Visit.state) == VisitState.DONE, col(Visit.visited_on) <= visited_by,
        )  # fmt: skip
        found = found.where(visited)
    return _drawn_by(_of_plan(found, col(village.draw_id), plan_id), col(village.draw_id), on)


def drawn_households(
    *,
    draw_id: UUID | None = None,
    role: DrawRole | None = None,
    poor: bool | None = None,
    village: str | None = None,
    on: date | None = None,
    plan_id: UUID | None = None,
    town: str | None = None,
    represented: bool | None = None,
) -> Select[Any]:
    """Drawn households; those `represented` are of a village and kind, poor or not, of which one was visited."""
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
            func.left(unit.division_code, 9): town[:9] if town else None,
        },
    )
    if represented is not None:
        peer = aliased(DrawHousehold)
        kind = (peer.draw_id, peer.division_code, peer.poor)
        visited = only(
            rows(*kind)
            .join(Visit, (col(Visit.draw_id) == peer.draw_id) & (col(Visit.household_no) == peer.household_no))
            .where(col(Visit.state) == VisitState.DONE),
            {col(peer.draw_id): draw_id},
        )
        stands = tuple_(unit.draw_id, unit.division_code, unit.poor).in_(visited)
        found = found.where(stands if represented else ~stands)
    return _drawn_by(_of_plan(found, col(unit.draw_id), plan_id), col(unit.draw_id), on)


def _of_plan(statement: Select[Any], draw_id: Any, plan_id: UUID | None) -> Select[Any]:
    if plan_id is None:
        return statement
    return statement.where(draw_id.in_(select(col(Draw.id)).where(col(Draw.plan_id) == plan_id)))


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


async def draw(db: AsyncSession, asked: Mapping[str, Any]) -> UUID:
    """Draw a plan's sample from its frame, and keep it; the draw's id."""
    await db.execute(PATIENCE)
    found: UUID = (await db.execute(DRAW, asked)).scalar_one()
    return found
