"""Schedules: what they are made from, what they say, and putting one in force."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Numeric, Select, cast, func, text
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.inspection.models import Schedule, ScheduleCounty, ScheduleStop, Table, Team
from services.inspection.queries.common import only, rows

LAST_DRAW = text("SELECT id FROM draw WHERE plan_id = :plan_id ORDER BY id DESC LIMIT 1")

VILLAGES = text("""
    SELECT v.division_code, f.name, CAST(f.longitude AS float8) AS longitude, CAST(f.latitude AS float8) AS latitude,
           (SELECT count(*) FROM draw_household h
            WHERE h.draw_id = v.draw_id AND h.division_code = v.division_code AND h.role = 'MAIN') AS visits
    FROM draw_village v
    JOIN draw d ON d.id = v.draw_id
    JOIN frame_village f ON f.frame_id = d.frame_id AND f.division_code = v.division_code
    WHERE v.draw_id = :draw_id ORDER BY v.division_code
""")

CREWS = text("""
    SELECT id, division_code, kind, valid_from, valid_to FROM team WHERE id = ANY (CAST(:ids AS uuid[])) ORDER BY id
""")

STOPS = text("""
    SELECT county_code, division_code, team_id, planned_on, position, travel_minutes, home_minutes
    FROM schedule_stop WHERE schedule_id = :schedule_id ORDER BY county_code, planned_on, team_id, position
""")

ADD = text("""
    INSERT INTO schedule (id, plan_id, draw_id, replaces_id, division_code, asked, starts_on, villages, team_days,
                          travel_minutes, bound_minutes, optimal, moved, least_moved)
    VALUES (:id, :plan_id, :draw_id, :replaces_id, :division_code, CAST(:asked AS jsonb), :starts_on, :villages,
            :team_days, :travel_minutes, :bound_minutes, :optimal, :moved, :least_moved)
    ON CONFLICT (id) DO NOTHING RETURNING id
""")

ADD_COUNTIES = text("""
    INSERT INTO schedule_county (schedule_id, division_code, longitude, latitude, seat, routes, villages,
                                 travel_minutes, bound_minutes, optimal, uneven_villages, uneven_minutes)
    SELECT CAST(:schedule_id AS uuid), c.* FROM jsonb_to_recordset(CAST(:counties AS jsonb)) AS c (
        division_code text, longitude numeric, latitude numeric, seat text, routes int, villages int,
        travel_minutes int, bound_minutes numeric, optimal boolean, uneven_villages int, uneven_minutes int)
""")

ADD_STOPS = text("""
    INSERT INTO schedule_stop (schedule_id, division_code, county_code, name, team_id, planned_on, position,
                               travel_minutes, home_minutes, arrives_at, leaves_at, visits)
    SELECT CAST(:schedule_id AS uuid), s.* FROM jsonb_to_recordset(CAST(:stops AS jsonb)) AS s (
        division_code text, county_code text, name text, team_id uuid, planned_on date, position int,
        travel_minutes int, home_minutes int, arrives_at time, leaves_at time, visits int)
""")

KEEP_PAST_COUNTIES = text("""
    INSERT INTO schedule_county (schedule_id, division_code, longitude, latitude, seat, routes, villages,
                                 travel_minutes, bound_minutes, optimal, uneven_villages, uneven_minutes)
    SELECT CAST(:id AS uuid), division_code, longitude, latitude, seat, 0, 0, 0, 0, true, 0, 0
    FROM schedule_county WHERE schedule_id = :replaces_id ON CONFLICT DO NOTHING
""")

KEEP_PAST = text("""
    INSERT INTO schedule_stop (schedule_id, division_code, county_code, name, team_id, planned_on, position,
                               travel_minutes, home_minutes, arrives_at, leaves_at, visits)
    SELECT CAST(:id AS uuid), division_code, county_code, name, team_id, planned_on, position,
           travel_minutes, home_minutes, arrives_at, leaves_at, visits
    FROM schedule_stop WHERE schedule_id = :replaces_id AND planned_on < :first ON CONFLICT DO NOTHING
""")

# The one in force for a draw gives way before the next comes in.
RELEASE = text("""
    WITH old AS (
        UPDATE schedule SET replaced_at = now()
        WHERE draw_id = :draw_id AND adopted_at IS NOT NULL AND replaced_at IS NULL AND id <> :id RETURNING id
    )
    UPDATE schedule_stop SET in_force = false WHERE schedule_id IN (SELECT id FROM old) AND in_force
""")
IN_FORCE = text("""
    SELECT id FROM schedule WHERE draw_id = :draw_id AND adopted_at IS NOT NULL AND replaced_at IS NULL
""")
ADOPT = text("UPDATE schedule SET adopted_at = now() WHERE id = :id AND adopted_at IS NULL RETURNING id")
ENFORCE = text("UPDATE schedule_stop SET in_force = true WHERE schedule_id = :id")

# Visits follow the schedule: planned ones move, those that are over stay as they were, missing ones are added.
MOVE_VISITS = text("""
    UPDATE visit v SET team_id = s.team_id, planned_on = s.planned_on, version = v.version + 1
    FROM schedule_stop s
    WHERE s.schedule_id = :id AND v.draw_id = :draw_id AND v.division_code = s.division_code AND v.state = 'PLANNED'
      AND (v.team_id, v.planned_on) IS DISTINCT FROM (s.team_id, s.planned_on)
""")
ADD_VISITS = text("""
    INSERT INTO visit (draw_id, household_no, household_id, division_code, county_code, team_id, planned_on)
    SELECT h.draw_id, h.household_no, h.household_id, h.division_code, h.county_code, s.team_id, s.planned_on
    FROM schedule_stop s
    JOIN draw_household h ON h.draw_id = :draw_id AND h.division_code = s.division_code AND h.role = 'MAIN'
    WHERE s.schedule_id = :id
      AND NOT EXISTS (SELECT FROM visit v WHERE v.draw_id = h.draw_id AND v.household_no = h.household_no)
""")


def _gap(travel: Any, bound: Any) -> Any:
    """How much less travel another schedule could have, at most, as a part of this one's."""
    return func.round(func.greatest(travel - bound, 0) / func.greatest(cast(travel, Numeric), 1), 6).label("gap")


def schedules(*, plan_id: UUID | None = None, draw_id: UUID | None = None) -> Select[Any]:
    return only(
        rows(
            *Table.metadata.tables["inspection.schedule"].columns,
            _gap(col(Schedule.travel_minutes), col(Schedule.bound_minutes)),
        ),
        {col(Schedule.plan_id): plan_id, col(Schedule.draw_id): draw_id},
    )


def counties(*, schedule_id: UUID) -> Select[Any]:
    return rows(
        *Table.metadata.tables["inspection.schedule_county"].columns,
        _gap(col(ScheduleCounty.travel_minutes), col(ScheduleCounty.bound_minutes)),
    ).where(col(ScheduleCounty.schedule_id) == schedule_id)


def stops(
    *,
    schedule_id: UUID | None = None,
    team_id: UUID | None = None,
    county: str | None = None,
    on: date | None = None,
    in_force: bool | None = None,
) -> Select[Any]:
    return only(
        rows(
            *(c for c in Table.metadata.tables["inspection.schedule_stop"].columns if c.name != "division_code"),
            col(ScheduleStop.division_code).label("village_code"),
            col(Team.name).label("team"),
            col(Schedule.draw_id),
            col(Schedule.adopted_at),
        )
        .join_from(ScheduleStop, Team, col(Team.id) == col(ScheduleStop.team_id))
        .join(Schedule, col(Schedule.id) == col(ScheduleStop.schedule_id)),
        {
            col(ScheduleStop.schedule_id): schedule_id,
            col(ScheduleStop.team_id): team_id,
            col(ScheduleStop.county_code): county,
            col(ScheduleStop.planned_on): on,
            col(ScheduleStop.in_force): in_force,
        },
    )


STOP_KEY = (
    col(ScheduleStop.planned_on), col(ScheduleStop.team_id), col(ScheduleStop.position), col(ScheduleStop.division_code)
)  # fmt: skip


async def add(
    db: AsyncSession, schedule: Mapping[str, Any], counties: Sequence[Any], stops: Sequence[Any]
) -> None:  # fmt: skip
    """Keep a schedule, with the past of the one it replaces; once: the operation that made it may be run again."""
    if (await db.execute(ADD, schedule)).scalar_one_or_none() is None:
        return
    await db.execute(ADD_COUNTIES, {"schedule_id": schedule["id"], "counties": json.dumps(counties, default=str)})
    await db.execute(ADD_STOPS, {"schedule_id": schedule["id"], "stops": json.dumps(stops, default=str)})
    if schedule["replaces_id"] is not None:
        past = {"id": schedule["id"], "replaces_id": schedule["replaces_id"]}
        await db.execute(KEEP_PAST_COUNTIES, past)
        await db.execute(KEEP_PAST, past | {"first": schedule["starts_on"]})


async def adopt(db: AsyncSession, id: UUID, draw_id: UUID) -> bool:
    """Put a schedule in force in the place of the one that was, visits included; false when it is already."""
    if (await db.execute(ADOPT, {"id": id})).scalar_one_or_none() is None:
        return False
    keys = {"id": id, "draw_id": draw_id}
    await db.execute(RELEASE, keys)
    await db.execute(ENFORCE, {"id": id})
    await db.execute(MOVE_VISITS, keys)
    await db.execute(ADD_VISITS, keys)
    return True
