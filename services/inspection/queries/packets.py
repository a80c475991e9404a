"""Packets: which households a team takes along, what came back, and which answers contradict each other."""

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, select, text
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.inspection.codes import ConflictState, VisitState
from services.inspection.models import Answer, AnswerConflict, PacketReturn, Question, Visit
from services.inspection.queries.answers import as_json
from services.inspection.queries.common import only, rows
from services.inspection.rules.checklists import Value
from services.inspection.rules.packets import Stop
from services.inspection.rules.packets_returns import Known

STOPS = text("""
    SELECT v.household_no, v.division_code, p.name, h.poor, h.ticket
    FROM visit v
    JOIN draw_household h ON h.draw_id = v.draw_id AND h.household_no = v.household_no
    JOIN draw_village p ON p.draw_id = v.draw_id AND p.division_code = v.division_code
    WHERE v.draw_id = :draw_id AND v.state = 'PLANNED'
      AND (CAST(:team_id AS uuid) IS NULL OR v.team_id = :team_id)
      AND (CAST(:village AS text) IS NULL OR v.division_code = :village)
    ORDER BY v.division_code, h.poor DESC, h.draw_order
""")

# Whoever takes in a packet holds the visits that it speaks of.
HOLD_VISITS = text("""
    SELECT id FROM visit WHERE draw_id = :draw_id AND household_no = ANY (CAST(:numbers AS text[]))
    ORDER BY id FOR NO KEY UPDATE
""")

KNOWN = text("""
    SELECT h.household_no, h.ticket, v.id, v.state
    FROM draw_household h LEFT JOIN visit v ON v.draw_id = h.draw_id AND v.household_no = h.household_no
    WHERE h.draw_id = :draw_id AND h.household_no = ANY (CAST(:numbers AS text[]))
""")

ADD_CONFLICTS = text("""
    INSERT INTO answer_conflict (packet_return_id, visit_id, division_code, county_code, question_id, answer_id, value)
    SELECT :packet_return_id, v.id, v.division_code, v.county_code, a.question_id, a.id, CAST(u.value AS jsonb)
    FROM unnest(CAST(:answer_id AS uuid[]), CAST(:value AS text[])) AS u (answer_id, value)
    JOIN answer a ON a.id = u.answer_id
    JOIN visit v ON v.id = a.visit_id
    ON CONFLICT (visit_id, question_id, value) DO NOTHING
""")

# Conflicts that were seen before, decided or not: visit, question and value as text.
SEEN = text("""
    SELECT c.visit_id, q.name, c.value::text
    FROM answer_conflict c JOIN question q ON q.id = c.question_id
    WHERE c.visit_id = ANY (CAST(:visits AS uuid[]))
""")

DECIDE = text("""
    UPDATE answer_conflict SET state = :state, decided_by = :actor, decided_at = now(), reason = :reason,
                               version = version + 1
    WHERE id = :id AND state = 'OPEN'
    RETURNING id
""")

STATES = {state.value: state for state in VisitState}


class Contradiction(NamedTuple):
    """An answer on record, and what a packet says instead."""

    visit_id: UUID
    answer_id: UUID
    value: Value


def returns(*, draw_id: UUID) -> Select[Any]:
    return only(select(PacketReturn), {col(PacketReturn.draw_id): draw_id})


def conflicts(
    *, draw_id: UUID | None = None, packet_return_id: UUID | None = None, state: ConflictState | None = None
) -> Select[Any]:
    conflict = AnswerConflict
    found = (
        rows(
            col(conflict.id),
            col(conflict.packet_return_id),
            col(Visit.draw_id),
            col(conflict.visit_id),
            col(Visit.household_no),
            col(Question.name).label("question"),
            col(Question.zh),
            col(Question.en),
            col(conflict.answer_id),
            col(Answer.value).label("on_record"),
            col(conflict.value).label("submitted"),
            col(conflict.state),
            col(conflict.decided_by),
            col(conflict.decided_at),
            col(conflict.reason),
            col(conflict.version),
        )
        .join_from(conflict, Visit, col(Visit.id) == col(conflict.visit_id))
        .join(Question, col(Question.id) == col(conflict.question_id))
        .join(Answer, col(Answer.id) == col(conflict.answer_id))
    )
    return only(
        found,
        {
            col(Visit.draw_id): draw_id,
            col(conflict.packet_return_id): packet_return_id,
            col(conflict.state): state,
        },
    )


async def stops(db: AsyncSession, draw_id: UUID, team_id: UUID | None, village: str | None) -> list[Stop]:
    """The households still to visit, village by village, in the order of the draw."""
    asked = {"draw_id": draw_id, "team_id": team_id, "village": village}
    return [Stop(*row) for row in await db.execute(STOPS, asked)]


async def known(db: AsyncSession, draw_id: UUID, numbers: Iterable[str]) -> dict[str, Known]:
    """The drawn households of these numbers and their visits, held until the transaction ends."""
    asked = {"draw_id": draw_id, "numbers": sorted(set(numbers))}
    await db.execute(HOLD_VISITS, asked)
    return {
        number: Known(ticket, visit_id, STATES.get(state))
        for number, ticket, visit_id, state in await db.execute(KNOWN, asked)
    }


async def seen(db: AsyncSession, visits: Iterable[UUID]) -> set[tuple[UUID, str, str]]:
    return {(visit, name, value) for visit, name, value in await db.execute(SEEN, {"visits": list(visits)})}


async def add_conflicts(db: AsyncSession, packet_return_id: UUID, found: Iterable[Contradiction]) -> None:
    given = list(found)
    if given:
        await db.execute(
            ADD_CONFLICTS,
            {
                "packet_return_id": packet_return_id,
                "answer_id": [one.answer_id for one in given],
                "value": [as_json(one.value) for one in given],
            },
        )


async def decide(db: AsyncSession, id: UUID, state: ConflictState, actor: str, reason: str) -> bool:
    """Whether it was still open."""
    asked = {"id": id, "state": state, "actor": actor, "reason": reason}
    return (await db.execute(DECIDE, asked)).one_or_none() is not None
