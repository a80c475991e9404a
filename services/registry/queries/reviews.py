"""What imports left for a person to look at."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.registry.codes.imports import ReviewDecision, ReviewKind
from services.registry.models import ReviewItem

CLOSE = text("""
    UPDATE review_item SET closed_at = clock_timestamp(), closed_by = :actor, decision = :decision,
        closed_reason = :reason
    WHERE id = :id AND closed_at IS NULL RETURNING id
""")


def items(
    kind: ReviewKind | None, closed: bool | None, import_id: UUID | None, division: str | None, household_no: str | None
) -> Select[Any]:
    wanted: Select[Any] = select(ReviewItem)
    if kind is not None:
        wanted = wanted.where(col(ReviewItem.kind) == kind)
    if closed is not None:
        wanted = wanted.where(col(ReviewItem.closed_at).is_not(None) if closed else col(ReviewItem.closed_at).is_(None))
    if import_id is not None:
        wanted = wanted.where(col(ReviewItem.import_id) == import_id)
    if division is not None:
        wanted = wanted.where(func.starts_with(col(ReviewItem.division_code), division))
    if household_no is not None:
        wanted = wanted.where(
            or_(col(ReviewItem.household_no) == household_no, col(ReviewItem.other_household_no) == household_no)
        )
    return wanted


async def found(db: AsyncSession, id: UUID) -> ReviewItem | None:
    return (await db.exec(select(ReviewItem).where(col(ReviewItem.id) == id))).one_or_none()


async def close(db: AsyncSession, id: UUID, actor: str, decision: ReviewDecision, reason: str) -> bool:
    """False when somebody closed it before."""
    done = await db.execute(CLOSE, {"id": id, "actor": actor, "decision": decision.value, "reason": reason})
    return done.one_or_none() is not None
