"""Plans, frames, publications."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, exists, func
from sqlmodel import col

from services.inspection.codes import PlanState, PlanStratum
from services.inspection.models import Draw, Frame, FramePublication, FrameVillage, Plan, Table
from services.inspection.queries.common import only, rows

_FRAMED = exists().where(col(Frame.plan_id) == col(Plan.id))
_PUBLISHED = exists().where(col(Frame.plan_id) == col(Plan.id), col(FramePublication.frame_id) == col(Frame.id))
_DRAWN = exists().where(col(Draw.plan_id) == col(Plan.id))

plan_state: ColumnElement[Any] = case(
    (_DRAWN, PlanState.DRAWN.value),
    (_PUBLISHED, PlanState.PUBLISHED.value),
    (_FRAMED, PlanState.FROZEN.value),
    else_=PlanState.DRAFT.value,
)


def active(on: date) -> ColumnElement[bool]:
    """Whether the plan's period holds a day."""
    return and_(col(Plan.period_from) <= on, col(Plan.period_to) >= on)


def plans(*, state: PlanState | None = None, on: date | None = None) -> Select[Any]:
    found = rows(*Table.metadata.tables["inspection.plan"].columns, plan_state.label("state"))
    if state:
        found = found.where(plan_state == state.value)
    return found.where(active(on)) if on else found


def frames(*, plan_id: UUID | None = None) -> Select[Any]:
    return only(
        rows(
            *Table.metadata.tables["inspection.frame"].columns,
            col(FramePublication.published_on),
            col(FramePublication.published_in),
        ).join_from(Frame, FramePublication, col(FramePublication.frame_id) == col(Frame.id), isouter=True),
        {col(Frame.plan_id): plan_id},
    )


def frame_villages(*, frame_id: UUID, stratum: PlanStratum | None = None, town: str | None = None) -> Select[Any]:
    return only(
        rows(
            col(FrameVillage.frame_id),
            col(FrameVillage.division_code).label("village_code"),
            col(FrameVillage.town_code),
            col(FrameVillage.name),
            col(FrameVillage.stratum),
            col(FrameVillage.poor_households),
            col(FrameVillage.other_households),
            col(FrameVillage.longitude),
            col(FrameVillage.latitude),
        ),
        {
            col(FrameVillage.frame_id): frame_id,
            col(FrameVillage.stratum): stratum,
            col(FrameVillage.town_code): town,
        },
    )


def supervised_villages(*, on: date) -> Select[Any]:
    """Poor villages under key supervision by plans active on a day, each once however many plans supervise it."""
    return (
        rows(
            col(FrameVillage.division_code).label("village_code"),
            func.max(col(FrameVillage.town_code)).label("town_code"),
            func.max(col(FrameVillage.name)).label("name"),
            func.array_agg(col(Plan.plan_no).distinct()).label("plans"),
        )
        .join(Frame, col(Frame.id) == col(FrameVillage.frame_id))
        .join(Plan, col(Plan.id) == col(Frame.plan_id))
        .where(col(FrameVillage.stratum) == PlanStratum.KEY, col(Frame.frozen_on) <= on, active(on))
        .group_by(col(FrameVillage.division_code))
    )
