"""Overdue findings and who is told of them: looked at once a day, a set at a time."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, text
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.inspection.models import Escalation, EscalationRule
from services.inspection.queries.common import only
from services.inspection.rules.places import prefix
from services.inspection.rules.rectification import WITH_THE_UNIT, due_by

RULES = text("""
    SELECT DISTINCT ON (division_code, level) division_code, level, after_working_days, told
    FROM escalation_rule WHERE valid_from <= :on ORDER BY division_code, level, valid_from DESC
""")

BEGIN_DAY = text("""
    INSERT INTO escalation_day (division_code, on_day) VALUES (:division_code, :on)
    ON CONFLICT DO NOTHING RETURNING on_day
""")

ESCALATE = text("""
    INSERT INTO escalation (finding_id, division_code, round, due_on, level, told, on_day)
    SELECT f.id, f.division_code, s.round, s.due_on, :level, :told, :on
    FROM finding f CROSS JOIN LATERAL (
        SELECT round, due_on, state FROM finding_step
        WHERE finding_id = f.id AND on_day <= :on ORDER BY seq DESC LIMIT 1) s
    WHERE f.county_code = :county_code AND s.state = ANY (:states) AND s.due_on <= :due_by
    ON CONFLICT DO NOTHING
""")


def escalations(
    *, finding_id: UUID | None = None, told: str | None = None, level: int | None = None, on: date | None = None
) -> Select[Any]:
    return only(
        select(Escalation),
        {
            col(Escalation.finding_id): finding_id,
            col(Escalation.told): told,
            col(Escalation.level): level,
            col(Escalation.on_day): on,
        },
    )


def rules() -> Select[Any]:
    return select(EscalationRule)


async def escalate(db: AsyncSession, today: date) -> None:
    """Note who is told of what today, level by level as each county's rules say; once a day for each county."""
    found = list((await db.execute(RULES, {"on": today})).mappings())
    for county in sorted({rule["division_code"] for rule in found}):
        begun = await db.execute(BEGIN_DAY, {"division_code": county, "on": today})
        if begun.one_or_none() is None:
            continue
        for rule in found:
            if rule["division_code"] == county:
                await db.execute(
                    ESCALATE,
                    {
                        "county_code": prefix(county),
                        "level": rule["level"],
                        "told": rule["told"],
                        "on": today,
                        "states": list(WITH_THE_UNIT),
                        "due_by": due_by(today, rule["after_working_days"]),
                    },
                )
