"""Households that moved, merged or parted: what they were and where they went."""

from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.listing import Listing
from fupin.problems import NotFound
from services.registry import models

MERGED_INTO = """
    (SELECT l.other_household_id FROM household_lineage l WHERE l.household_id = h.id AND l.kind = 'MERGED')
"""

END_HELPERS = text("""
    UPDATE helper_assignment SET to_on = greatest(from_on, CAST(:on AS date) - 1), version = version + 1
    WHERE household_id = :id AND (to_on IS NULL OR to_on >= :on)
""")
END_PATHWAYS = text("""
    UPDATE household_pathway SET to_on = greatest(from_on, CAST(:on AS date) - 1), version = version + 1
    WHERE household_id = :id AND (to_on IS NULL OR to_on >= :on)
""")
LAST_MOVE = text("SELECT max(moved_on) FROM household_move WHERE household_id = :id")
HOUSEHOLD_OF = text("SELECT household_id FROM member WHERE id = :id")
STANDS = text("""
    SELECT coalesce(valid_from <= :on, true) AND coalesce(valid_to >= :on, true)
    FROM division WHERE code = :code FOR SHARE
""")

_LINEAGE = """
    SELECT household_id, other_household_id,
           (SELECT h.household_no FROM household h WHERE h.id = other_household_id) AS other_household_no,
           kind, on_date AS "on", change_request_id
    FROM household_lineage
"""
_RELATIVES = "".join(
    ["""coalesce((SELECT json_agg(row_to_json(x) ORDER BY x."on", x.other_household_id) FROM (""", _LINEAGE, """
        WHERE household_id = h.id OR other_household_id = h.id) x), '[]') AS lineage"""]
)  # fmt: skip
_MOVES = """
    coalesce((SELECT json_agg(row_to_json(x) ORDER BY x.moved_on) FROM (
        SELECT v.moved_on, v.from_code, v.to_code, v.change_request_id, v.division_merger_id FROM household_move v
        WHERE v.household_id = h.id) x), '[]') AS moves
"""
ORIGINS = ", ".join(["h.id AS household_id", f"{MERGED_INTO} AS merged_into", _RELATIVES, _MOVES])


def origins(id: UUID) -> Listing:
    return Listing(ORIGINS, "household h", (("h.id", UUID),)).where("h.id = %(id)s", id=id)


async def member(db: AsyncSession, id: UUID) -> models.Member:
    """The person, held still until the transaction ends. Raises NotFound."""
    found = (await db.exec(select(models.Member).where(col(models.Member.id) == id).with_for_update())).one_or_none()
    if found is None:
        raise NotFound
    return found


async def living(db: AsyncSession, household_id: UUID) -> dict[UUID, models.Member]:
    """Who belongs to the household, held still."""
    row = models.Member
    wanted = (
        select(row)
        .where(col(row.household_id) == household_id, col(row.left_on).is_(None), col(row.died_on).is_(None))
        .order_by(col(row.id))
        .with_for_update()
    )
    return {UUID(str(found.id)): found for found in (await db.exec(wanted)).all()}
