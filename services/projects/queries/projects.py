import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, String, case, cast, delete, func, join, literal, null, true, union_all
from sqlalchemy import select as rows
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import LateralFromClause
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin import listing
from fupin.listing import Listing, Source
from fupin.selected import selected
from services.projects.codes.library import LibraryState
from services.projects.codes.projects import Programme, ProjectCategory
from services.projects.models import PerformanceTarget, Project, ProjectBudget, ProjectStep
from services.projects.rules.programmes import PROGRAMME, categories
from services.projects.schemas.projects import Project as ProjectShape
from services.projects.schemas.projects import ProjectGroup

_ID = col(Project.id)
SEEN = "SELECT 1 FROM project WHERE id = %(id)s"  # a row where the project is in the caller's division
# Titles with a part asked for are searched in an index, all of them; or met along the key when that many have it.
TITLED = 'each."id" IN (SELECT projects.projects_titled(%(title)s))'
COMMON = "projects.title_is_common(%(title)s)"
TITLE_HAS = 'strpos(projects.plain_title(each."title"), projects.plain_title(%(title)s)) > 0'


def programme_of(category: Any) -> ColumnElement[str]:
    """The programme that a category belongs to."""
    return case(
        {category.value: programme.value for category, programme in PROGRAMME.items()}, value=cast(category, String)
    )


PROGRAMME_OF = programme_of(col(Project.category))

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
    town: str | None = None


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
    state, since, source = _standing(as_of)
    plain = [column for column in Project.__table__.c if column.name not in ("state", "county_code", "steps")]  # type: ignore[attr-defined]  # SQLModel adds it
    found = rows(
        *plain,
        state.label("state"),
        since.label("state_since"),
        PROGRAMME_OF.label("programme"),
        _BUDGET.label("budget"),
        BUDGET_FEN.label("budget_fen"),
        _TARGETS.label("targets"),
    ).select_from(source)
    return _asked(found, asked, state)


def _standing(as_of: date | None) -> tuple[Any, Any, Any]:
    """A project's state on a day and since when, and where that is read; now is what its row says itself."""
    if as_of is not None:
        standing = last_step(as_of)
        source = join(Project.__table__, standing, true())  # type: ignore[attr-defined]  # SQLModel adds it
        return standing.c.to_state, standing.c.happened_on, source
    since = rows(col(ProjectStep.happened_on)).where(
        col(ProjectStep.project_id) == _ID, col(ProjectStep.seq) == col(Project.steps)
    )
    return col(Project.state), since.scalar_subquery(), Project


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
    if asked.town is not None:
        conditions.append(func.left(col(Project.division_code), 9) == func.left(asked.town, 9))
    if asked.title is not None:
        conditions.append(_ID.in_(rows(func.projects.projects_titled(asked.title).column_valued("titled"))))
    return found.where(*conditions)


def listed(asked: Filter, as_of: date | None) -> Listing:
    """The projects as a list; those with a part of a title by whichever way finds a page of them sooner."""
    wanted = selected(ProjectShape, projects, replace(asked, title=None) if asked.title else asked, as_of)
    if asked.title is None:
        return wanted
    return replace(wanted.where(TITLED, title=asked.title), instead=(COMMON, wanted.where(TITLE_HAS)))


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


def groups(by: tuple[str, ...], asked: Filter, as_of: date | None) -> Select[Any]:
    """Number and budget of projects by town, category, programme, state on that day; now when None."""
    state, _, source = _standing(as_of)
    funded = join(source, ProjectBudget, col(ProjectBudget.project_id) == _ID)
    # Village by village first, each from an index alone; towns and programmes are worked out for the few sums.
    each = union_all(
        _summed(func.count(), literal(0), source, asked, state),
        _summed(literal(0), func.sum(col(ProjectBudget.amount_fen)), funded, asked, state),
    ).subquery()
    keys = {
        "town": func.rpad(func.left(each.c.division_code, 9), 12, "0"),
        "category": each.c.category,
        "programme": programme_of(each.c.category),
        "state": each.c.state,
    }
    named = [keys[name].label(name) for name in by]
    others = [null().label(name) for name in keys if name not in by]
    return rows(
        *named,
        *others,
        func.sum(each.c.projects).label("projects"),
        func.sum(each.c.fen).label("budget_fen"),
    ).group_by(*named)


def _summed(
    number: ColumnElement[int], fen: ColumnElement[int], source: Any, asked: Filter, state: ColumnElement[Any]
) -> Select[Any]:
    keys = (col(Project.division_code), col(Project.category), state.label("state"))
    found = rows(*keys, number.label("projects"), fen.label("fen")).select_from(source).group_by(*keys)
    return _asked(found, asked, state)


async def grouped(db: Source, by: Sequence[str], asked: Filter, as_of: date | None) -> list[dict[str, Any]]:
    """These groups in the order of their names; those that were not asked for are null."""
    wanted = selected(ProjectGroup, groups, tuple(by), asked, as_of, key=tuple(by))
    found = await listing.rows(db, f"{wanted.rows} ORDER BY {wanted.order}", wanted.params)
    return [json.loads(row[0]) for row in found]
