"""Findings as they stand on a day, numbered without gaps."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, and_, cast, func, literal, select, text, true
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.inspection.codes import FindingKind, FindingState, FindingSubject, LinkState, Severity
from services.inspection.models import CrossInspection, Draw, Escalation, Finding, FindingLink, FindingStep, Visit
from services.inspection.queries.common import one, only, rows
from services.inspection.rules.places import prefix
from services.inspection.rules.rectification import WITH_THE_UNIT

NEXT_NUMBER = text("""
    INSERT INTO finding_counter AS c (county_code, year, last) VALUES (:county_code, :year, 1)
    ON CONFLICT (county_code, year) DO UPDATE SET last = c.last + 1 RETURNING last
""")


@dataclass(frozen=True)
class FindingFilter:
    """Which findings; a filter that is None says nothing."""

    division: str | None = None
    subject: FindingSubject | None = None
    subject_id: UUID | None = None
    visit_id: UUID | None = None
    cross_inspection_id: UUID | None = None
    plan_id: UUID | None = None
    kind: FindingKind | None = None
    severity: Severity | None = None
    responsible_unit: str | None = None
    state: FindingState | None = None
    overdue: bool | None = None
    due_from: date | None = None


ANY = FindingFilter()


def standing(on: date) -> Any:
    """The last step of a finding by a day: how it stood."""
    last = (
        select(FindingStep)
        .where(col(FindingStep.finding_id) == col(Finding.id), col(FindingStep.on_day) <= on)
        .order_by(col(FindingStep.seq).desc())
        .limit(1)
    )
    return last.lateral("standing")


def findings(on: date, asked: FindingFilter = ANY) -> Select[Any]:
    """Findings known on a day, as they stood then."""
    now = standing(on)
    overdue = and_(now.c.due_on < on, now.c.state.in_(WITH_THE_UNIT))
    extension = (
        select(col(FindingStep.proposed_due_on))
        .where(
            col(FindingStep.finding_id) == col(Finding.id),
            col(FindingStep.round) == now.c.round,
            col(FindingStep.on_day) <= on,
            col(FindingStep.kind).like("EXTENSION%"),
        )
        .order_by(col(FindingStep.seq).desc())
        .limit(1)
        .scalar_subquery()
    )
    level = (
        select(func.max(col(Escalation.level)))
        .where(
            col(Escalation.finding_id) == col(Finding.id),
            col(Escalation.round) == now.c.round,
            col(Escalation.due_on) == now.c.due_on,
            col(Escalation.on_day) <= on,
        )
        .scalar_subquery()
    )
    found = rows(
        col(Finding.id),
        func.concat(Finding.year, "-", func.lpad(cast(Finding.number, Text), 4, "0")).label("finding_no"),
        col(Finding.division_code),
        col(Finding.subject),
        col(Finding.subject_id),
        col(Finding.visit_id),
        col(Finding.cross_inspection_id),
        col(Finding.team_id),
        col(Finding.kind),
        col(Finding.severity),
        col(Finding.description),
        col(Finding.responsible_unit),
        col(Finding.found_on),
        literal(on).label("on"),
        now.c.state,
        now.c.on_day.label("state_on"),
        now.c.round,
        now.c.asked_due_on,
        now.c.due_on,
        overdue.label("overdue"),
        extension.label("extension_asked_to"),
        level.label("escalation_level"),
    ).join(now, true())
    found = only(
        found,
        {
            col(Finding.subject): asked.subject,
            col(Finding.subject_id): asked.subject_id,
            col(Finding.visit_id): asked.visit_id,
            col(Finding.cross_inspection_id): asked.cross_inspection_id,
            col(Finding.kind): asked.kind,
            col(Finding.severity): asked.severity,
            col(Finding.responsible_unit): asked.responsible_unit,
            now.c.state: asked.state,
            overdue: asked.overdue,
        },
    )
    if asked.division:
        found = found.where(col(Finding.division_code).startswith(prefix(asked.division)))
    if asked.plan_id is not None:
        of_plan = select(col(Visit.id)).join(Draw, col(Draw.id) == col(Visit.draw_id))
        found = found.where(col(Finding.visit_id).in_(of_plan.where(col(Draw.plan_id) == asked.plan_id)))
    return found.where(now.c.due_on >= asked.due_from) if asked.due_from else found


async def finding(db: AsyncSession, id: UUID, on: date) -> Mapping[str, Any]:
    """A finding as it stood on a day. Raises NotFound, also where it was not known yet."""
    return await one(db, findings(on).where(col(Finding.id) == id))


async def place(db: AsyncSession, id: UUID) -> str | None:
    """Where a finding lies, for what is attached to it."""
    return (await db.execute(select(col(Finding.division_code)).where(col(Finding.id) == id))).scalar_one_or_none()


async def next_number(db: AsyncSession, county_code: str, year: int) -> int:
    """The number of the next finding; whoever else records one waits until this transaction ends."""
    taken = await db.execute(NEXT_NUMBER, {"county_code": county_code, "year": year})
    return int(taken.scalar_one())


def steps(finding_id: UUID) -> Select[Any]:
    return select(FindingStep).where(col(FindingStep.finding_id) == finding_id)


async def last_step(db: AsyncSession, finding_id: UUID) -> FindingStep | None:
    statement = steps(finding_id).order_by(col(FindingStep.seq).desc()).limit(1)
    return (await db.execute(statement)).scalar_one_or_none()


async def extension(db: AsyncSession, finding_id: UUID, round_: int) -> date | None:
    """The day that the last extension of a round asked for, None where it was decided on or none was asked."""
    statement = (
        select(col(FindingStep.proposed_due_on))
        .where(
            col(FindingStep.finding_id) == finding_id,
            col(FindingStep.round) == round_,
            col(FindingStep.kind).like("EXTENSION%"),
        )
        .order_by(col(FindingStep.seq).desc())
        .limit(1)
    )
    found: date | None = (await db.execute(statement)).scalar_one_or_none()
    return found


def links(finding_id: UUID | None = None, state: LinkState | None = None) -> Select[Any]:
    return only(select(FindingLink), {col(FindingLink.finding_id): finding_id, col(FindingLink.state): state})


async def visit(db: AsyncSession, id: UUID) -> Mapping[str, Any]:
    """The household and the team of a visit. Raises NotFound."""
    found = rows(col(Visit.division_code), col(Visit.household_id), col(Visit.team_id))
    return await one(db, found.where(col(Visit.id) == id))


async def cross_inspection(db: AsyncSession, id: UUID) -> Mapping[str, Any]:
    """The village and the team of a cross-inspection. Raises NotFound."""
    found = rows(col(CrossInspection.division_code), col(CrossInspection.team_id))
    return await one(db, found.where(col(CrossInspection.id) == id))
