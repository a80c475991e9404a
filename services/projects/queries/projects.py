import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, String, case, cast, delete, func, null, true
from sqlalchemy import select as rows
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import LateralFromClause
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin import listing
from fupin.listing import Source
from fupin.selected import selected
from services.projects.codes.library import LibraryState
from services.projects.codes.projects import Programme, ProjectCategory
from services.projects.models import PerformanceTarget, Project, ProjectBudget, ProjectStep
from services.projects.rules.programmes import PROGRAMME, categories
from services.projects.schemas.projects import ProjectGroup

_ID = col(Project.id)
SEEN = "SELECT 1 FROM project WHERE id = %(id)s"  # a row where the project is in the caller's division

PROGRAMME_OF: ColumnElement[str] = case(
    {category.value: programme.value for category, programme in PROGRAMME.items()},
    value=cast(col(Project.category), String),
)

_BUDGET = (
    rows(
        func.coalesce(
            func.jsonb_agg(
                aggregate_order_by(
                    func.jsonb_build_object(
                        "source", col(ProjectBudget.source), "amount_fen", col(ProjectBudget.amount_fen)
                    ),
                    col(ProjectBudget.source),
                )
            ),
            func.jsonb_build_array(),
            type_=JSONB,
        )
    )
    .where(col(ProjectBudget.project_id) == _ID)
    .scalar_subquery()
)

BUDGET_FEN: ColumnElement[int] = (
    rows(func.coalesce(func.sum(col(ProjectBudget.amount_fen)), 0))
    .where(col(ProjectBudget.project_id) == _ID)
    .scalar_subquery()
)

_TARGETS = (
    rows(
        func.coalesce(
            func.jsonb_agg(
                aggregate_order_by(
                    func.jsonb_build_object(
                        "metric",
                        col(PerformanceTarget.metric),
                        "target",
                        cast(func.trim_scale(col(PerformanceTarget.target)), String),
                        "unit",
                        col(PerformanceTarget.unit),
                    ),
                    col(PerformanceTarget.metric),
                )
            ),
            func.jsonb_build_array(),
            type_=JSONB,
        )
    )
    .where(col(PerformanceTarget.project_id) == _ID)
    .scalar_subquery()
)


@dataclass(frozen=True)
class Filter:
    """Which projects are asked for; None asks for all."""

    division: str | None = None
    programme: Programme | None = None
    category: ProjectCategory | None = None
    states: tuple[LibraryState, ...] = ()
    project_no: str | None = None
    enterprise_id: UUID | None = None
    title: str | None = None


def last_step(as_of: date | None) -> LateralFromClause:
    """The last step that the project of the outer query had taken by that day; of all time when None."""
    found = rows(col(ProjectStep.to_state), col(ProjectStep.happened_on)).where(col(ProjectStep.project_id) == _ID)
    if as_of is not None:
        found = found.where(col(ProjectStep.happened_on) <= as_of)
    return found.order_by(col(ProjectStep.seq).desc()).limit(1).lateral("standing")


def projects(asked: Filter, as_of: date | None = None) -> Select[Any]:
    """
    Projects with budget and targets, in the state they stood in on `as_of` (now when None).

    With a day, projects not yet declared by then are left out.
    """
    standing = last_step(as_of)
    plain = [column for column in Project.__table__.c if column.name not in ("state", "county_code", "steps")]  # type: ignore[attr-defined]  # SQLModel adds it
    found = rows(
        *plain,
        standing.c.to_state.label("state"),
        standing.c.happened_on.label("state_since"),
        PROGRAMME_OF.label("programme"),
        _BUDGET.label("budget"),
        BUDGET_FEN.label("budget_fen"),
        _TARGETS.label("targets"),
    ).join(standing, true())
    state: Any = standing.c.to_state if as_of is not None else col(Project.state)
    return _asked(found, asked, state)


def _asked(found: Select[Any], asked: Filter, state: ColumnElement[Any]) -> Select[Any]:
    conditions: list[ColumnElement[bool]] = []
    if asked.division is not None:
        conditions.append(func.starts_with(col(Project.division_code), asked.division))
    if asked.programme is not None:
        conditions.append(col(Project.category).in_(categories(asked.programme)))
    if asked.category is not None:
        conditions.append(col(Project.category) == asked.category)
    if asked.states:
        conditions.append(state.in_(asked.states))
    if asked.project_no is not None:
        conditions.append(col(Project.project_no) == asked.project_no)
    if asked.enterprise_id is not None:
        conditions.append(col(Project.enterprise_id) == asked.enterprise_id)
    if asked.title is not None:
        conditions.append(_ID.in_(rows(func.projects.projects_titled(asked.title).column_valued("titled"))))
    return found.where(*conditions)


async def project(db: AsyncSession, project_id: UUID) -> dict[str, Any] | None:
    """One project as it stands now, with budget and targets."""
    found = (await db.execute(projects(Filter()).where(col(Project.id) == project_id))).mappings().one_or_none()
    return dict(found) if found else None


async def place(db: AsyncSession, project_id: UUID) -> str | None:
    """The division of a project in the caller's division."""
    return (await db.exec(select(Project.division_code).where(Project.id == project_id))).one_or_none()


async def locked(db: AsyncSession, project_id: UUID) -> Project | None:
    """The project, held until this transaction ends."""
    statement = (
        select(Project).where(col(Project.id) == project_id).with_for_update().execution_options(populate_existing=True)
    )
    return (await db.exec(statement)).one_or_none()


async def replace_budget(db: AsyncSession, project: Project, lines: Iterable[Mapping[str, Any]]) -> None:
    """Give the project these budget lines instead of those it had."""
    await db.execute(delete(ProjectBudget).where(col(ProjectBudget.project_id) == project.id))
    db.add_all(ProjectBudget(project_id=project.id, division_code=project.division_code, **line) for line in lines)


async def replace_targets(db: AsyncSession, project: Project, targets: Iterable[Mapping[str, Any]]) -> None:
    """Give the project these performance targets instead of those it had."""
    await db.execute(delete(PerformanceTarget).where(col(PerformanceTarget.project_id) == project.id))
    db.add_all(
        PerformanceTarget(project_id=project.id, division_code=project.division_code, **target) for target in targets
    )


async def count(db: AsyncSession, statement: Select[Any]) -> int:
    """How many rows a list has: what `Prefer: count=exact` says of it."""
    total: int = (await db.execute(rows(func.count()).select_from(statement.order_by(None).subquery()))).scalar_one()
    return total


_GROUPS: dict[str, Any] = {
    "town": func.rpad(func.left(col(Project.division_code), 9), 12, "0"),
    "category": col(Project.category),
    "programme": PROGRAMME_OF,
}


def groups(by: tuple[str, ...], asked: Filter, as_of: date) -> Select[Any]:
    """Number and budget of projects by town, category, programme, state on that day."""
    standing = last_step(as_of)
    keys = [_GROUPS.get(name, standing.c.to_state).label(name) for name in by]
    each = _asked(
        rows(*keys, BUDGET_FEN.label("fen")).select_from(Project).join(standing, true()), asked, standing.c.to_state
    ).subquery()
    named = [each.c[name] for name in by]
    others = [null().label(name) for name in (*_GROUPS, "state") if name not in by]
    return rows(
        *named,
        *others,
        func.count().label("projects"),
        func.coalesce(func.sum(each.c.fen), 0).label("budget_fen"),
    ).group_by(*named)


async def grouped(db: Source, by: Sequence[str], asked: Filter, as_of: date) -> list[dict[str, Any]]:
    """These groups in the order of their names; those that were not asked for are null."""
    wanted = selected(ProjectGroup, groups, tuple(by), asked, as_of, key=tuple(by))
    found = await listing.rows(db, f"{wanted.rows} ORDER BY {wanted.order}", wanted.params)
    return [json.loads(row[0]) for row in found]
