from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, func, update
from sqlalchemy import select as rows
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.projects.codes.adjustments import AdjustmentChange, AdjustmentOutcome, AdjustmentState
from services.projects.codes.library import ObjectionOutcome
from services.projects.models import Adjustment, AdjustmentItem, AdjustmentStep, Objection
from services.projects.rules.adjustments import Standing

_id = col(Adjustment.id)


def _counted(outcome: AdjustmentOutcome | None = None) -> Any:
    found = rows(func.count()).select_from(AdjustmentItem).where(col(AdjustmentItem.adjustment_id) == _id)
    if outcome is not None:
        found = found.where(col(AdjustmentItem.outcome) == outcome)
    return found.scalar_subquery()


_OF_THIS = col(AdjustmentStep.adjustment_id) == _id
_NOTICE = rows(func.max(col(AdjustmentStep.notice_until))).where(_OF_THIS).scalar_subquery()


def adjustments(year: int | None = None, state: AdjustmentState | None = None) -> Select[Any]:
    """Adjustments with what became of their projects."""
    last = (
        rows(col(AdjustmentStep.happened_on))
        .where(_OF_THIS, col(AdjustmentStep.seq) == col(Adjustment.steps))
        .scalar_subquery()
    )
    found = rows(
        _id,
        col(Adjustment.year),
        col(Adjustment.title),
        col(Adjustment.division_code),
        col(Adjustment.state),
        last.label("state_since"),
        _NOTICE.label("notice_until"),
        _counted().label("items"),
        _counted(AdjustmentOutcome.APPLIED).label("applied"),
        _counted(AdjustmentOutcome.HELD_BACK).label("held_back"),
        col(Adjustment.recorded_at),
    )
    if year is not None:
        found = found.where(col(Adjustment.year) == year)
    if state is not None:
        found = found.where(col(Adjustment.state) == state)
    return found


async def adjustment(db: AsyncSession, adjustment_id: UUID) -> dict[str, Any] | None:
    found = (await db.execute(adjustments().where(_id == adjustment_id))).mappings().one_or_none()
    return dict(found) if found else None


async def locked(db: AsyncSession, adjustment_id: UUID) -> Adjustment | None:
    """The adjustment, held until this transaction ends."""
    statement = select(Adjustment).where(_id == adjustment_id).with_for_update()
    return (await db.exec(statement.execution_options(populate_existing=True))).one_or_none()


async def standing(db: AsyncSession, held: Adjustment) -> Standing:
    last_on, until = (
        await db.execute(
            rows(col(AdjustmentStep.happened_on), col(AdjustmentStep.notice_until)).where(
                col(AdjustmentStep.adjustment_id) == held.id, col(AdjustmentStep.seq) == held.steps
            )
        )
    ).one()
    return Standing(held.state, last_on, until)


async def draft(db: AsyncSession, made: Adjustment, step: dict[str, Any]) -> None:
    """Add an adjustment with its first step, the draft."""
    db.add(made)
    await db.flush()
    await _step(db, made, 1, None, AdjustmentState.DRAFTED, step)


async def take(db: AsyncSession, held: Adjustment, to: AdjustmentState, step: dict[str, Any]) -> None:
    """Take a locked adjustment one step on; PostgreSQL moves its state in the same statement, or refuses."""
    await _step(db, held, held.steps + 1, held.state, to, step)


async def _step(
    db: AsyncSession,
    held: Adjustment,
    seq: int,
    begin: AdjustmentState | None,
    to: AdjustmentState,
    step: dict[str, Any],
) -> None:
    db.add(
        AdjustmentStep(
            adjustment_id=held.id, division_code=held.division_code, seq=seq, from_state=begin, to_state=to, **step
        )
    )
    await db.flush()


def steps(adjustment_id: UUID) -> Select[Any]:
    return select(AdjustmentStep).where(AdjustmentStep.adjustment_id == adjustment_id)


def items(
    adjustment_id: UUID, change: AdjustmentChange | None = None, outcome: AdjustmentOutcome | None = None
) -> Select[Any]:
    """The projects of an adjustment, and what became of each."""
    found = select(AdjustmentItem).where(col(AdjustmentItem.adjustment_id) == adjustment_id)
    if change is not None:
        found = found.where(col(AdjustmentItem.change) == change)
    if outcome is not None:
        found = found.where(col(AdjustmentItem.outcome) == outcome)
    return found


async def every_item(db: AsyncSession, adjustment_id: UUID) -> list[AdjustmentItem]:
    """All projects of an adjustment, always in the same order, so that two never wait for each other."""
    ordered = items(adjustment_id).order_by(col(AdjustmentItem.project_id))
    return list((await db.execute(ordered)).scalars())


async def item(db: AsyncSession, adjustment_id: UUID, item_id: UUID) -> AdjustmentItem | None:
    return (await db.execute(items(adjustment_id).where(col(AdjustmentItem.id) == item_id))).scalar_one_or_none()


async def drop(db: AsyncSession, item_id: UUID) -> None:
    await db.execute(delete(AdjustmentItem).where(col(AdjustmentItem.id) == item_id))


async def cancel_items(db: AsyncSession, adjustment_id: UUID) -> None:
    await db.execute(
        update(AdjustmentItem)
        .where(col(AdjustmentItem.adjustment_id) == adjustment_id)
        .values(outcome=AdjustmentOutcome.CANCELLED)
    )


async def objections(db: AsyncSession, item_id: UUID) -> tuple[int, int]:
    """How many objections to an item are open, and how many were upheld."""
    of_item = col(Objection.adjustment_item_id) == item_id
    unresolved: Any = func.count().filter(col(Objection.outcome).is_(None))
    upheld: Any = func.count().filter(col(Objection.outcome) == ObjectionOutcome.UPHELD)
    open_, stands = (await db.execute(rows(unresolved, upheld).where(of_item))).one()
    return int(open_), int(stands)


async def notice(db: AsyncSession, adjustment_id: UUID) -> tuple[date, date] | None:
    """First and last day of the notice, once there is one."""
    noticed = col(AdjustmentStep.to_state) == AdjustmentState.NOTICED
    found = (
        await db.execute(
            rows(col(AdjustmentStep.happened_on), col(AdjustmentStep.notice_until)).where(
                col(AdjustmentStep.adjustment_id) == adjustment_id, noticed
            )
        )
    ).one_or_none()
    return (found[0], found[1]) if found and found[1] else None
