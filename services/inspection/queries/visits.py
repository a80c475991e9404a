"""Visits to drawn households."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, text
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.inspection.codes import VisitState
from services.inspection.models import Visit
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


def visits(
    *,
    draw_id: UUID | None = None,
    team_id: UUID | None = None,
    village: str | None = None,
    state: VisitState | None = None,
    planned_on: date | None = None,
) -> Select[Any]:
    return only(
        rows(
            col(Visit.id),
            col(Visit.draw_id),
            col(Visit.household_id),
            col(Visit.household_no),
            col(Visit.division_code).label("village_code"),
            col(Visit.team_id),
            col(Visit.planned_on),
            col(Visit.state),
            col(Visit.version),
        ),
        {
            col(Visit.draw_id): draw_id,
            col(Visit.team_id): team_id,
            col(Visit.division_code): village,
            col(Visit.state): state,
            col(Visit.planned_on): planned_on,
        },
    )


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
