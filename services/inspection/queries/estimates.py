"""What the estimator reads: the visited units of a draw in their strata, and every answer on record."""

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.inspection.rules.estimates import Unit

# A certain village is a stratum of one, whatever its town.
UNITS = text("""
    SELECT v.id, p.town_code, p.stratum, h.division_code, h.poor, p.pi_den, h.stage_den
    FROM visit v
    JOIN draw_household h ON h.draw_id = v.draw_id AND h.household_no = v.household_no
    JOIN draw_village p ON p.draw_id = v.draw_id AND p.division_code = h.division_code
    WHERE v.draw_id = :draw_id AND v.state = 'DONE'
    ORDER BY v.id
""")

# All answers of a draw to a checklist, a row a question: visits as their place in the order of UNITS, values as text.
ANSWERS = text("""
    WITH done AS MATERIALIZED (
        SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM visit WHERE draw_id = :draw_id AND state = 'DONE'
    )
    SELECT a.question_id, array_agg(d.place), array_agg(a.value::text)
    FROM answer a JOIN done d ON d.id = a.visit_id
    WHERE a.question_id = ANY (CAST(:questions AS uuid[])) AND jsonb_typeof(a.value) <> 'null'
      AND NOT EXISTS (SELECT FROM answer later WHERE later.corrects = a.id)
    GROUP BY a.question_id
""")

# Villages' households, poor and other apart, that were drawn and of which none was visited: nobody stands for them.
UNVISITED = text("""
    SELECT count(*) FROM (
        SELECT FROM draw_household h
        LEFT JOIN visit v ON v.draw_id = h.draw_id AND v.household_no = h.household_no AND v.state = 'DONE'
        WHERE h.draw_id = :draw_id GROUP BY h.division_code, h.poor HAVING count(v.id) = 0
    ) AS nobody
""")


class Answers(NamedTuple):
    """The answers to one question: whose (places among the units), and what, as JSON."""

    places: list[int]
    values: list[str]


async def units(db: AsyncSession, draw_id: UUID) -> list[Unit]:
    found = await db.execute(UNITS, {"draw_id": draw_id})
    return [Unit(*row[1:]) for row in found]


async def answers(db: AsyncSession, draw_id: UUID, questions: Iterable[UUID]) -> dict[UUID, Answers]:
    found = await db.execute(ANSWERS, {"draw_id": draw_id, "questions": list(questions)})
    return {question: Answers(places, values) for question, places, values in found}


async def unvisited(db: AsyncSession, draw_id: UUID) -> int:
    found: Any = (await db.execute(UNVISITED, {"draw_id": draw_id})).scalar_one()
    return int(found)
