"""What maps show of projects and of the villages they cover."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, Select, func, union
from sqlalchemy import select as rows
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.projects.codes.library import LibraryState
from services.projects.models import ProjectVillage
from services.projects.queries.projects import Filter, projects

_OUT = (LibraryState.RETURNED, LibraryState.REJECTED, LibraryState.WITHDRAWN)


def shown(asked: Filter, on: date) -> Select[Any]:
    """The projects of a map as they stood on a day; those returned, rejected or withdrawn only when asked for."""
    each = projects(asked, on).subquery("each_project")
    found = rows(
        each.c.id, each.c.division_code, each.c.project_no, each.c.title, each.c.category, each.c.programme,
        each.c.state, each.c.budget_fen,
    )  # fmt: skip
    return found if asked.states else found.where(each.c.state.not_in(_OUT))


async def villages(db: AsyncSession, asked: Filter, on: date) -> Sequence[RowMapping]:
    """
    Projects, their budgets and what they bring, village by village.

    A project counts in each village that it covers or lies in, there with its whole budget.
    """
    chosen = shown(asked, on).cte("chosen")
    village, covered = col(ProjectVillage.division_code), col(ProjectVillage.project_id)
    lies = rows(chosen.c.id, chosen.c.division_code)
    covers = rows(chosen.c.id, village).join(ProjectVillage, covered == chosen.c.id)
    place = union(lies, covers).subquery("place")
    brings = (
        rows(func.array_agg(col(ProjectVillage.purpose).distinct()))
        .where(village == place.c.division_code, covered.in_(rows(chosen.c.id)))
        .correlate(place)
        .scalar_subquery()
    )
    found = (
        rows(
            place.c.division_code,
            func.count().label("projects"),
            func.sum(chosen.c.budget_fen).label("budget_fen"),
            brings.label("purposes"),
        )
        .join(chosen, chosen.c.id == place.c.id)
        .group_by(place.c.division_code)
    )
    return (await db.execute(found)).mappings().all()
