"""What is put up in a village: names are masked before they leave, numbers of persons are not read at all."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.problems import NotFound

PLACE = text("""
    SELECT v.code, v.name, t.name AS town FROM division v LEFT JOIN division t ON t.code = v.parent_code
    WHERE v.code = :code AND v.level = 'VILLAGE'
""")
# The notice that is up on a day in a village, or the last one of a procedure.
NOTICED = text("""
    SELECT p.kind, p.division_code, h.household_no, n.step, n.happened_on AS posted_on, n.until_on,
           r.happened_on AS reviewed_on, r.voters, r.attended, r.votes_for,
           (SELECT m.name FROM member m WHERE m.household_id = h.id AND m.relation = '02' AND m.died_on IS NULL
            AND (m.left_on IS NULL OR m.left_on > n.happened_on) LIMIT 1) AS head,
           (SELECT count(*) FROM member m WHERE m.household_id = h.id
              AND (m.joined_on IS NULL OR m.joined_on <= n.happened_on)
              AND (m.left_on IS NULL OR m.left_on > n.happened_on)
              AND (m.died_on IS NULL OR m.died_on > n.happened_on)) AS persons
    FROM procedure p
    JOIN household h ON h.id = p.household_id
    JOIN LATERAL (
        SELECT s.* FROM procedure_step s
        WHERE s.procedure_id = p.id AND s.step IN ('FIRST_NOTICE', 'SECOND_NOTICE')
          AND s.happened_on <= coalesce(CAST(:on AS date), s.happened_on)
        ORDER BY s.seq DESC LIMIT 1
    ) n ON true
    LEFT JOIN LATERAL (
        SELECT s.* FROM procedure_step s
        WHERE s.procedure_id = p.id AND s.step = 'DEMOCRATIC_REVIEW' ORDER BY s.seq DESC LIMIT 1
    ) r ON true
    WHERE (CAST(:id AS uuid) IS NULL OR p.id = :id)
      AND (CAST(:code AS varchar) IS NULL OR p.division_code = :code)
      AND (CAST(:on AS date) IS NULL OR n.until_on >= :on AND NOT EXISTS (
          SELECT FROM procedure_step e
          WHERE e.procedure_id = p.id AND e.seq > n.seq AND e.happened_on <= :on AND e.state <> 'RUNNING'))
    ORDER BY p.kind, h.household_no
""")


async def place(db: AsyncSession, code: str) -> Row[Any]:
    """The village and its town. Raises NotFound."""
    row = (await db.execute(PLACE, {"code": code})).one_or_none()
    if row is None:
        raise NotFound
    return row


async def of_procedure(db: AsyncSession, id: UUID) -> Row[Any] | None:
    """The last notice of a procedure."""
    return (await db.execute(NOTICED, {"id": id, "code": None, "on": None})).one_or_none()


async def in_village(db: AsyncSession, code: str, on: date) -> Sequence[Row[Any]]:
    """The notices that are up in a village on a day."""
    return (await db.execute(NOTICED, {"id": None, "code": code, "on": on})).all()
