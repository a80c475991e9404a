"""The county's board: what stands where, how far it is, what it costs and earns, as of a day."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, case, func, or_
from sqlalchemy import select as rows
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.projects.codes.incomes import IncomeReportState
from services.projects.codes.library import LibraryState
from services.projects.codes.works import Stage
from services.projects.models import BeneficiaryLink, IncomeReport, Milestone
from services.projects.queries.projects import Filter, projects

_STAGES = {
    Stage.UNDER_WAY: (LibraryState.IMPLEMENTING,),
    Stage.BUILT: (LibraryState.COMPLETED, LibraryState.ACCEPTED, LibraryState.OPERATING, LibraryState.CLOSED),
    Stage.OUT: (LibraryState.RETURNED, LibraryState.REJECTED, LibraryState.WITHDRAWN),
}


async def board(db: AsyncSession, by: Sequence[str], asked: Filter, on: date) -> Sequence[RowMapping]:
    """Counts and sums of projects by the headings asked for, in a fixed order."""
    each = projects(asked, on).subquery("each_project")
    due = func.coalesce(col(Milestone.planned_until), col(Milestone.planned_on))
    there = col(Milestone.actual_on) <= on
    works = (
        rows(
            col(Milestone.project_id),
            func.count().label("milestones"),
            func.count().filter(there).label("reached"),
            func.count().filter(due < on, or_(col(Milestone.actual_on).is_(None), ~there)).label("late"),
        )
        .group_by(col(Milestone.project_id))
        .subquery("works")
    )
    last = col(BeneficiaryLink.to_on)
    linked = (
        rows(col(BeneficiaryLink.project_id), func.count(col(BeneficiaryLink.household_id).distinct()).label("links"))
        .where(col(BeneficiaryLink.from_on) <= on, or_(last.is_(None), last >= on))
        .group_by(col(BeneficiaryLink.project_id))
        .subquery("linked")
    )
    earned = (
        rows(col(IncomeReport.project_id), func.sum(col(IncomeReport.income_fen)).label("income_fen"))
        .where(col(IncomeReport.received_on) <= on, col(IncomeReport.state) != IncomeReportState.CORRECTED)
        .group_by(col(IncomeReport.project_id))
        .subquery("earned")
    )
    headings: dict[str, Any] = {
        "town": func.rpad(func.left(each.c.division_code, 9), 12, "0"),
        "category": each.c.category,
        "programme": each.c.programme,
        "state": each.c.state,
        "stage": case(
            *((each.c.state.in_(states), stage.value) for stage, states in _STAGES.items()), else_=Stage.PLANNED.value
        ),
        "year": func.extract("year", each.c.starts_on),
    }
    groups = [headings[name].label(name) for name in by]
    sums = {"milestones": works, "reached": works, "late": works, "links": linked, "income_fen": earned}
    statement = (
        rows(
            *groups,
            func.count().label("projects"),
            func.sum(each.c.budget_fen).label("budget_fen"),
            *(func.coalesce(func.sum(source.c[name]), 0).label(name) for name, source in sums.items()),
        )
        .select_from(each)
        .join(works, works.c.project_id == each.c.id, isouter=True)
        .join(linked, linked.c.project_id == each.c.id, isouter=True)
        .join(earned, earned.c.project_id == each.c.id, isouter=True)
        .group_by(*groups)
        .order_by(*groups)
    )
    return (await db.execute(statement)).mappings().all()
