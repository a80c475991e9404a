"""What a round covered, what it found, and how much of that was put right by any day: a set at a time."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.inspection.rules.places import prefix
from services.inspection.rules.rectification import WITH_THE_UNIT

# A reserve's visit is a replacement; a village counts as visited with its first household.
COVERAGE = text("""
    WITH wave AS (
        SELECT d.id, d.frame_id, e.wave FROM draw d JOIN seed_event e ON e.id = d.seed_event_id
        WHERE d.plan_id = :plan_id
    ), household AS (
        SELECT draw_id, division_code, count(*) FILTER (WHERE role = 'MAIN') AS drawn
        FROM draw_household WHERE draw_id IN (SELECT id FROM wave) GROUP BY draw_id, division_code
    ), visited AS (
        SELECT v.draw_id, v.division_code,
               count(*) FILTER (WHERE v.state = 'DONE' AND v.visited_on <= :on) AS done,
               count(*) FILTER (WHERE v.state = 'FAILED' AND v.visited_on <= :on) AS failed,
               count(*) FILTER (WHERE h.role = 'RESERVE') AS replaced
        FROM visit v JOIN draw_household h USING (draw_id, household_no)
        WHERE v.draw_id IN (SELECT id FROM wave) GROUP BY v.draw_id, v.division_code
    ), framed AS (
        SELECT w.wave, f.stratum, f.town_code, count(*) AS villages
        FROM wave w JOIN frame_village f ON f.frame_id = w.frame_id GROUP BY w.wave, f.stratum, f.town_code
    )
    SELECT w.wave, v.stratum, v.town_code, f.villages AS villages_in_frame, count(*) AS villages_drawn,
           count(*) FILTER (WHERE t.done > 0) AS villages_visited,
           coalesce(sum(h.drawn), 0)::bigint AS households_drawn,
           coalesce(sum(t.done), 0)::bigint AS households_visited,
           coalesce(sum(t.replaced), 0)::bigint AS households_replaced,
           coalesce(sum(t.failed), 0)::bigint AS households_failed
    FROM wave w JOIN draw_village v ON v.draw_id = w.id
    JOIN framed f ON f.wave = w.wave AND f.stratum = v.stratum AND f.town_code = v.town_code
    LEFT JOIN household h ON h.draw_id = w.id AND h.division_code = v.division_code
    LEFT JOIN visited t ON t.draw_id = w.id AND t.division_code = v.division_code
    GROUP BY w.wave, v.stratum, v.town_code, f.villages
    ORDER BY w.wave, v.stratum, v.town_code
""")

# The town of a village or town is its code's first nine digits; what concerns the county as a whole stands for itself.
COUNTS = text("""
    SELECT f.kind, f.severity, left(f.division_code, 9) || '000' AS town_code, count(*) AS found,
           count(*) FILTER (WHERE s.state = 'CLOSED') AS closed,
           count(*) FILTER (WHERE s.state = ANY (:states) AND s.due_on < :on) AS overdue
    FROM finding f CROSS JOIN LATERAL (
        SELECT state, due_on FROM finding_step WHERE finding_id = f.id AND on_day <= :on ORDER BY seq DESC LIMIT 1) s
    WHERE starts_with(f.division_code, :division)
      AND (CAST(:plan_id AS uuid) IS NULL
           OR f.visit_id IN (SELECT v.id FROM visit v JOIN draw d ON d.id = v.draw_id WHERE d.plan_id = :plan_id))
    GROUP BY f.kind, f.severity, town_code ORDER BY f.kind, f.severity, town_code
""")

# Each step holds until the next one; what begins adds one on its first day, what ends takes it away again.
RATES = text("""
    WITH spell AS (
        SELECT s.state, s.due_on, s.seq, s.on_day AS begins,
               lead(s.on_day) OVER (PARTITION BY s.finding_id ORDER BY s.seq) AS ends
        FROM finding_step s WHERE starts_with(s.division_code, :division)
    ), event AS (
        SELECT begins AS day, 1 AS found, 0 AS closed, 0 AS overdue FROM spell WHERE seq = 1
        UNION ALL
        SELECT begins, 0, 1, 0 FROM spell WHERE state = 'CLOSED'
        UNION ALL
        SELECT ends, 0, -1, 0 FROM spell WHERE state = 'CLOSED' AND ends IS NOT NULL
        UNION ALL
        SELECT greatest(begins, due_on + 1), 0, 0, 1 FROM spell
        WHERE state = ANY (:states) AND (ends IS NULL OR ends > due_on + 1)
        UNION ALL
        SELECT ends, 0, 0, -1 FROM spell WHERE state = ANY (:states) AND ends > due_on + 1
    ), per_day AS (
        SELECT greatest(day, CAST(:since AS date)) AS day, sum(found) AS found, sum(closed) AS closed,
               sum(overdue) AS overdue
        FROM event WHERE day <= :until GROUP BY 1
    )
    SELECT d::date AS "on", sum(coalesce(p.found, 0)) OVER w AS found, sum(coalesce(p.closed, 0)) OVER w AS closed,
           sum(coalesce(p.overdue, 0)) OVER w AS overdue
    FROM generate_series(CAST(:since AS date), CAST(:until AS date), interval '1 day') d
    LEFT JOIN per_day p ON p.day = d::date
    WINDOW w AS (ORDER BY d) ORDER BY d
""")

DRAWS = text("""
    SELECT d.id, e.wave, e.event, e.occurs_on, e.reason, d.seed, d.drawn_on, d.villages, d.households, f.frame_on,
           f.digest, p.published_on, p.published_in
    FROM draw d JOIN seed_event e ON e.id = d.seed_event_id JOIN frame f ON f.id = d.frame_id
    LEFT JOIN frame_publication p ON p.frame_id = f.id
    WHERE d.plan_id = :plan_id ORDER BY e.wave
""")


async def coverage(db: AsyncSession, plan_id: UUID, on: date) -> list[dict[str, Any]]:
    """Villages and households of a plan, drawn, visited, replaced and failed by a day, by wave, stratum and town."""
    return [dict(row) for row in (await db.execute(COVERAGE, {"plan_id": plan_id, "on": on})).mappings()]


async def counts(
    db: AsyncSession, on: date, division: str | None = None, plan_id: UUID | None = None
) -> list[dict[str, Any]]:
    """Findings known on a day, by kind, severity and town."""
    asked = {
        "on": on,
        "division": prefix(division) if division else "",
        "plan_id": plan_id,
        "states": list(WITH_THE_UNIT),
    }
    return [dict(row) for row in (await db.execute(COUNTS, asked)).mappings()]


async def rates(db: AsyncSession, since: date, until: date, division: str | None = None) -> list[dict[str, Any]]:
    """Findings known, closed and overdue on every day of a period."""
    asked = {
        "since": since,
        "until": until,
        "division": prefix(division) if division else "",
        "states": list(WITH_THE_UNIT),
    }
    return [dict(row) for row in (await db.execute(RATES, asked)).mappings()]


async def draws(db: AsyncSession, plan_id: UUID) -> Sequence[Any]:
    """The plan's draws, by which seed from which frame, wave by wave."""
    return (await db.execute(DRAWS, {"plan_id": plan_id})).mappings().all()
