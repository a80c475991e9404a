"""Visits to drawn households."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, text
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.inspection.codes import FailureReason, VisitState
from services.inspection.models import Draw, Visit
from services.inspection.queries.common import only, rows

VILLAGES_TO_VISIT = text("SELECT division_code FROM draw_village WHERE draw_id = :draw_id ORDER BY division_code")

PLAN_VISITS = text("""
    WITH made AS (
        INSERT INTO visit (draw_id, household_no, household_id, division_code, county_code, team_id, planned_on)
        SELECT h.draw_id, h.household_no, h.household_id, h.division_code, h.county_code, s.team_id, s.planned_on
        FROM unnest(CAST(:village AS text[]), CAST(:team_id AS uuid[]), CAST(:planned_on AS date[]))
             AS s (village, team_id, planned_on)
        JOIN draw_household h ON h.draw_id = :draw_id AND h.division_code = s.village AND h.role = 'MAIN'
        RETURNING team_id
    )
    SELECT team_id, count(*) AS visits FROM made GROUP BY team_id
""")

REPORT = text("""
    UPDATE visit SET state = :state, visited_on = CAST(:visited_on AS date), failure = CAST(:failure AS text),
                     note = CAST(:note AS text), reported_by = :reported_by, version = version + 1
    WHERE id = ANY (CAST(:ids AS uuid[])) AND state = 'PLANNED'
    RETURNING id
""")

# Whoever replaces in a village waits for whoever does so there now.
HOLD_VILLAGE = text("""
    SELECT id FROM visit WHERE draw_id = :draw_id AND division_code = :division_code ORDER BY id FOR NO KEY UPDATE
""")

REPLACE = text("""
    INSERT INTO visit (draw_id, household_no, household_id, division_code, county_code, team_id, planned_on, replaces)
    SELECT r.draw_id, r.household_no, r.household_id, r.division_code, r.county_code,
           coalesce(CAST(:team_id AS uuid), f.team_id), coalesce(CAST(:planned_on AS date), f.planned_on), f.id
    FROM visit f
    JOIN draw_household d ON d.draw_id = f.draw_id AND d.household_no = f.household_no
    JOIN draw_household r ON r.draw_id = d.draw_id AND r.division_code = d.division_code AND r.poor = d.poor
    WHERE f.id = :id AND r.role = 'RESERVE'
      AND NOT EXISTS (SELECT FROM visit v WHERE v.draw_id = r.draw_id AND v.household_no = r.household_no)
    ORDER BY r.draw_order LIMIT 1
    RETURNING id
""")

PLACE = text("SELECT division_code FROM visit WHERE id = :id")


def visits(
    *,
    draw_id: UUID | None = None,
    team_id: UUID | None = None,
    village: str | None = None,
    state: VisitState | None = None,
    planned_on: date | None = None,
    town: str | None = None,
    visited_by: date | None = None,
    replacement: bool | None = None,
    plan_id: UUID | None = None,
) -> Select[Any]:
    found = only(
        rows(
            col(Visit.id),
            col(Visit.draw_id),
            col(Visit.household_id),
            col(Visit.household_no),
            col(Visit.division_code).label("village_code"),
            col(Visit.team_id),
            col(Visit.planned_on),
            col(Visit.state),
            col(Visit.visited_on),
            col(Visit.failure),
            col(Visit.note),
            col(Visit.reported_by),
            col(Visit.replaces),
            col(Visit.version),
        ),
        {
            col(Visit.draw_id): draw_id,
            col(Visit.team_id): team_id,
            col(Visit.division_code): village,
            col(Visit.state): state,
            col(Visit.planned_on): planned_on,
            func.left(Visit.division_code, 9): town[:9] if town else None,
            col(Visit.replaces).is_not(None): replacement,
        },
    )
    if plan_id is not None:
        found = found.where(col(Visit.draw_id).in_(select(col(Draw.id)).where(col(Draw.plan_id) == plan_id)))
    return found.where(col(Visit.visited_on) <= visited_by) if visited_by else found


async def villages_to_visit(db: AsyncSession, draw_id: UUID) -> list[str]:
    return list((await db.execute(VILLAGES_TO_VISIT, {"draw_id": draw_id})).scalars())


async def plan_visits(db: AsyncSession, draw_id: UUID, stops: Mapping[str, tuple[UUID, date]]) -> dict[UUID, int]:
    """One visit to each main household of the villages, by the team and on the day given; visits per team."""
    asked = {
        "draw_id": draw_id,
        "village": list(stops),
        "team_id": [team for team, _ in stops.values()],
        "planned_on": [day for _, day in stops.values()],
    }
    return {row.team_id: row.visits for row in await db.execute(PLAN_VISITS, asked)}


async def place(db: AsyncSession, id: UUID) -> str | None:
    """Where the visited household lives, None where nobody sees such a visit."""
    return (await db.execute(PLACE, {"id": id})).scalar_one_or_none()


async def report(
    db: AsyncSession,
    ids: Sequence[UUID],
    state: VisitState,
    visited_on: date,
    who: str,
    *,
    failure: FailureReason | None = None,
    note: str | None = None,
) -> int:
    """What became of planned visits; how many of them were still planned."""
    asked = {
        "ids": list(ids), "state": state, "visited_on": visited_on, "failure": failure, "note": note,
        "reported_by": who,
    }  # fmt: skip
    return len((await db.execute(REPORT, asked)).all())


async def replace(db: AsyncSession, failed: Visit, team_id: UUID | None, planned_on: date | None) -> UUID | None:
    """A visit to the next reserve of the village and kind; None when none is left."""
    await db.execute(HOLD_VILLAGE, {"draw_id": failed.draw_id, "division_code": failed.division_code})
    asked = {"id": failed.id, "team_id": team_id, "planned_on": planned_on}
    return (await db.execute(REPLACE, asked)).scalar_one_or_none()
