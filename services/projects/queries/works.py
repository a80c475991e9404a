from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, and_, case, exists, false, func, or_, true
from sqlalchemy import select as rows
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.projects.codes.library import LibraryState
from services.projects.codes.projects import Programme, ProjectCategory
from services.projects.codes.works import MilestoneKind, SchemePurpose
from services.projects.models import Milestone, Project, ProjectVillage
from services.projects.queries.projects import PROGRAMME_OF, last_step
from services.projects.rules.programmes import categories

CALENDAR_ENTRIES = 5_000
_OUT = (LibraryState.RETURNED, LibraryState.REJECTED, LibraryState.WITHDRAWN)
_FINISHED = (MilestoneKind.GRID_CONNECTION, MilestoneKind.RUNNING, MilestoneKind.ACCEPTANCE)
_DUE = func.coalesce(col(Milestone.planned_until), col(Milestone.planned_on))


@dataclass(frozen=True)
class MilestoneFilter:
    """Which milestones are asked for; None asks for all."""

    kind: MilestoneKind | None = None
    programme: Programme | None = None
    category: ProjectCategory | None = None
    purpose: SchemePurpose | None = None
    project_id: UUID | None = None
    division: str | None = None
    due_before: date | None = None
    late: bool | None = None
    state: LibraryState | None = None
    town: str | None = None
    reached: bool | None = None


def _late(on: date) -> ColumnElement[bool]:
    return and_(on > _DUE, or_(col(Milestone.actual_on).is_(None), col(Milestone.actual_on) > on))


def _all_milestones(on: date) -> Select[Any]:
    """Milestones with their project, and whether they are late on a day."""
    plain = Milestone.__table__.c  # type: ignore[attr-defined]  # SQLModel adds it
    return rows(
        *plain,
        col(Project.project_no),
        col(Project.category),
        PROGRAMME_OF.label("programme"),
        _late(on).label("late"),
    ).join_from(Milestone, Project, col(Project.id) == col(Milestone.project_id))


def milestones(asked: MilestoneFilter, on: date) -> Select[Any]:
    """
    Milestones as of a day, with what is late on it.

    Projects not declared by then, or returned, rejected or withdrawn by then, are left out.
    """
    standing = last_step(on)
    found = _all_milestones(on).join(standing, true()).where(standing.c.to_state.not_in(_OUT))
    conditions: list[ColumnElement[bool]] = []
    if asked.kind is not None:
        conditions.append(col(Milestone.kind) == asked.kind)
    if asked.programme is not None:
        conditions.append(col(Project.category).in_(categories(asked.programme)))
    if asked.category is not None:
        conditions.append(col(Project.category) == asked.category)
    if asked.purpose is not None:
        brings = exists().where(
            col(ProjectVillage.project_id) == col(Project.id), col(ProjectVillage.purpose) == asked.purpose
        )
        conditions.append(brings)
    if asked.project_id is not None:
        conditions.append(col(Milestone.project_id) == asked.project_id)
    if asked.division is not None:
        conditions.append(func.starts_with(col(Milestone.division_code), asked.division))
    if asked.town is not None:
        conditions.append(func.left(col(Milestone.division_code), 9) == func.left(asked.town, 9))
    if asked.state is not None:
        conditions.append(standing.c.to_state == asked.state)
    if asked.due_before is not None:
        conditions.append(asked.due_before > _DUE)
    if asked.late is not None:
        conditions.append(_late(on) if asked.late else ~_late(on))
    if asked.reached is not None:
        conditions.append(func.coalesce(col(Milestone.actual_on) <= on, false()) == asked.reached)
    return found.where(*conditions)


async def every_milestone(db: AsyncSession, asked: MilestoneFilter, on: date) -> Sequence[RowMapping]:
    """These milestones by the day they are due, at most as many as a calendar program takes in one file."""
    found = milestones(asked, on).order_by(_DUE, col(Milestone.id)).limit(CALENDAR_ENTRIES)
    return (await db.execute(found)).mappings().all()


async def span(db: AsyncSession, asked: MilestoneFilter, on: date) -> tuple[date, date] | None:
    """
    First and last day of these milestones: the days they were reached by `on`, else those they are planned for.

    A milestone planned over several days begins as planned. None when there is no such milestone.
    """
    each = milestones(asked, on).subquery().c
    reached = case((each.actual_on <= on, each.actual_on))
    begins = case(
        (each.planned_until.is_not(None), func.least(each.planned_on, reached)),
        else_=func.coalesce(reached, each.planned_on),
    )
    ends = func.coalesce(reached, each.planned_until, each.planned_on)
    first, last = (await db.execute(rows(func.min(begins), func.max(ends)))).one()
    return (first, last) if first else None


def _reached(kinds: Sequence[MilestoneKind], on: date) -> ColumnElement[bool]:
    return exists().where(
        col(Milestone.project_id) == col(Project.id), col(Milestone.kind).in_(kinds), col(Milestone.actual_on) <= on
    )


@dataclass(frozen=True)
class SchemeFilter:
    """Which villages of which projects are asked for; None asks for all."""

    purpose: SchemePurpose | None = None
    programme: Programme | None = None
    project_id: UUID | None = None
    division: str | None = None
    under_construction_on: date | None = None


def village_schemes(asked: SchemeFilter) -> Select[Any]:
    """
    Villages that projects cover.

    Under construction on a day: construction had started by then; grid connection, running water or acceptance had
    not been reached; and the project had not been returned, rejected or withdrawn.
    """
    found = select(ProjectVillage)
    conditions: list[ColumnElement[bool]] = []
    if asked.programme is not None or asked.under_construction_on is not None:
        found = found.join(Project, col(Project.id) == col(ProjectVillage.project_id))
    if asked.programme is not None:
        conditions.append(col(Project.category).in_(categories(asked.programme)))
    if (on := asked.under_construction_on) is not None:
        standing = last_step(on)
        found = found.join(standing, true())
        conditions.append(standing.c.to_state.not_in(_OUT))
        conditions.append(_reached([MilestoneKind.CONSTRUCTION_START], on))
        conditions.append(~_reached(_FINISHED, on))
    if asked.purpose is not None:
        conditions.append(col(ProjectVillage.purpose) == asked.purpose)
    if asked.project_id is not None:
        conditions.append(col(ProjectVillage.project_id) == asked.project_id)
    if asked.division is not None:
        conditions.append(func.starts_with(col(ProjectVillage.division_code), asked.division))
    return found.where(*conditions)


async def villages(db: AsyncSession, schemes: Select[Any]) -> tuple[int, int]:
    """How many villages, and how many rows, a list of village schemes has."""
    each = schemes.subquery()
    counted = rows(func.count(each.c.division_code.distinct()), func.count())
    different, total = (await db.execute(counted)).one()
    return different, total


async def cover(
    db: AsyncSession, project_id: UUID, purpose: SchemePurpose, villages: Sequence[str]
) -> list[ProjectVillage]:
    """Add villages to a project's scheme."""
    added = [ProjectVillage(project_id=project_id, division_code=code, purpose=purpose) for code in villages]
    db.add_all(added)
    await db.flush()
    return added


async def scheme(db: AsyncSession, scheme_id: UUID) -> ProjectVillage | None:
    """One village that a project covers."""
    return (await db.exec(select(ProjectVillage).where(ProjectVillage.id == scheme_id))).one_or_none()


async def uncover(db: AsyncSession, found: ProjectVillage) -> None:
    """Take a village out of a project's scheme."""
    await db.delete(found)
    await db.flush()


async def milestone_to_change(db: AsyncSession, milestone_id: UUID) -> Milestone | None:
    """The milestone, held until this transaction ends."""
    return (await db.exec(select(Milestone).where(Milestone.id == milestone_id).with_for_update())).one_or_none()


async def milestone(db: AsyncSession, milestone_id: UUID, on: date) -> dict[str, Any]:
    """One milestone that is there, with whether it is late on a day."""
    statement = _all_milestones(on).where(col(Milestone.id) == milestone_id)
    return dict((await db.execute(statement)).mappings().one())
