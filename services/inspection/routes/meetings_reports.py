"""Monthly progress of task forces (专项推进月报), and who is late with it."""

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from fastapi.responses import Response
from sqlmodel import col

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from services.inspection import models
from services.inspection.codes import Theme
from services.inspection.problems.meetings import MonthReported, ReportedBeforeItsMonth, TaskForceNotAtWork
from services.inspection.queries import common, meetings
from services.inspection.routes.common import made
from services.inspection.schemas.meetings import (
    LateReportPage,
    Month,
    NewTaskForceReport,
    TaskForceReport,
    TaskForceReportPage,
)

router = Router(tags=["meetings"])
READ = [needs("inspection:read")]
WRITE = [needs("inspection:write")]


@router.post(
    "/v1/task-forces/{task_force_id}/reports",
    status_code=201,
    dependencies=WRITE,
    responses=problems(NotFound, MonthReported, TaskForceNotAtWork, ReportedBeforeItsMonth),
)
async def report_month(
    task_force_id: UUID, new: NewTaskForceReport, db: Db, who: Who, response: Response
) -> TaskForceReport:
    """What a task force got done in a month: once a month, and it stands as reported."""
    force = await common.get(db, models.TaskForce, task_force_id)
    report = models.TaskForceReport(
        task_force_id=task_force_id,
        division_code=force.division_code,
        month=first_day(new.month),
        actor=who.actor,
        **new.model_dump(exclude={"month"}),
    )
    return made(response, "/v1/task-force-reports", TaskForceReport, await common.add(db, report))


@router.get(
    "/v1/task-force-reports", dependencies=READ, response_model=TaskForceReportPage, responses=problems(BadCursor)
)
async def list_task_force_reports(
    page: Paged, db: Db, task_force_id: UUID | None = None, theme: Theme | None = None, month: Month | None = None
) -> Any:
    """Monthly reports of the task forces, by month."""
    found = meetings.task_force_reports(
        task_force_id=task_force_id, theme=theme, month=first_day(month) if month else None
    )
    return await page.of(db, found, key=(col(models.TaskForceReport.month), col(models.TaskForceReport.id)))


@router.get("/v1/task-force-reports/{report_id}", dependencies=READ, responses=problems(NotFound))
async def get_task_force_report(report_id: UUID, db: Db) -> TaskForceReport:
    return TaskForceReport.model_validate(await common.get(db, models.TaskForceReport, report_id))


@router.get(
    "/v1/late-task-force-reports", dependencies=READ, response_model=LateReportPage, responses=problems(BadCursor)
)
async def list_late_task_force_reports(
    page: Paged,
    db: Db,
    today: Today,
    month: Month,
    by: Annotated[date | None, Query(description="The day by which reports were due; today when absent.")] = None,
) -> Any:
    """Task forces that were at work in a month and had not reported on it by a day."""
    first = first_day(month)
    found = meetings.late_reports(first, (first + timedelta(days=31)).replace(day=1), by or today)
    return await page.of(db, found, key=col(models.TaskForce.id))


def first_day(month: str) -> date:
    """
    >>> first_day("2018-05")
    datetime.date(2018, 5, 1)
    """
    return date.fromisoformat(f"{month}-01")
