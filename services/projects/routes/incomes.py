from dataclasses import replace
from typing import Any
from uuid import UUID

from fastapi import Response

from fupin.app import Router
from fupin.auth import Principal, Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.idempotency import KeyRequired, needs_key
from fupin.outbox import post_later
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from fupin.reads import Reads
from fupin.selected import selected
from fupin.written import listed
from services.projects import models
from services.projects.codes.incomes import IncomeReportState
from services.projects.codes.library import LibraryState
from services.projects.codes.projects import ProjectCategory
from services.projects.problems.incomes import NotOperating, NotRefused, PeriodReported
from services.projects.problems.library import DayInFuture
from services.projects.queries import incomes as queries
from services.projects.routes.projects import SEEN, held
from services.projects.schemas.fields import Division
from services.projects.schemas.incomes import IncomeReport, IncomeReportPage, NewIncomeReport

router = Router(tags=["incomes"])


@router.post(
    "/v1/projects/{project_id}/income-reports",
    status_code=201,
    response_model=IncomeReport,
    dependencies=[needs("projects:write"), needs_key()],
    responses=problems(NotFound, NotOperating, PeriodReported, DayInFuture, KeyRequired),
)
async def report_income(project_id: UUID, new: NewIncomeReport, db: Db, who: Who, today: Today) -> models.IncomeReport:
    """
    Report what an operating project earned; the share for the shared account is posted to `funds`, once.

    The report is SENDING until `funds` has BOOKED or REFUSED it.
    """
    project = await held(db, project_id)
    if project.state != LibraryState.OPERATING:
        raise NotOperating(state=project.state)
    return await _reported(db, who, project, _report(project, new, who, today))


@router.post(
    "/v1/income-reports/{report_id}:correct",
    status_code=201,
    response_model=IncomeReport,
    dependencies=[needs("projects:write"), needs_key()],
    responses=problems(NotFound, NotRefused, PeriodReported, DayInFuture, KeyRequired),
)
async def correct_income(report_id: UUID, new: NewIncomeReport, db: Db, who: Who, today: Today) -> models.IncomeReport:
    """Replace a report that `funds` refused: the correction is a report of its own, posted under a key of its own."""
    refused = await _report_seen(db, report_id)
    project = await held(db, refused.project_id)
    report = _report(project, new, who, today, corrects_id=report_id)
    if not await queries.replace_refused(db, report_id):
        raise NotRefused(state=refused.state)
    return await _reported(db, who, project, report)


@router.get(
    "/v1/projects/{project_id}/income-reports",
    response_model=IncomeReportPage,
    dependencies=[needs("projects:read"), SEEN],
    responses=problems(NotFound, BadCursor),
)
async def list_income_reports(
    project_id: UUID, db: Reads, page: Paged, response: Response, state: IncomeReportState | None = None
) -> Response:
    """What a project earned, period by period."""
    return await listed(db, page, response, selected(IncomeReport, queries.income_reports, project_id, None, state))


@router.get(
    "/v1/income-reports",
    response_model=IncomeReportPage,
    dependencies=[needs("projects:read")],
    responses=problems(BadCursor),
)
async def list_all_income_reports(
    db: Reads,
    page: Paged,
    response: Response,
    state: IncomeReportState | None = None,
    project_id: UUID | None = None,
    division: Division | None = None,
) -> Response:
    """What projects earned; `state=REFUSED` lists what waits to be corrected."""
    wanted = selected(IncomeReport, queries.income_reports, project_id, division, state)
    return await listed(db, page, response, wanted)


@router.get(
    "/v1/income-reports/{report_id}",
    response_model=IncomeReport,
    dependencies=[needs("projects:read")],
    responses=problems(NotFound),
)
async def get_income_report(report_id: UUID, db: Db) -> models.IncomeReport:
    """One report, and how it ended at the account."""
    return await _report_seen(db, report_id)


async def _report_seen(db: Db, report_id: UUID) -> models.IncomeReport:
    report = await queries.income_report(db, report_id)
    if report is None:
        raise NotFound
    return report


def _report(
    project: models.Project, new: NewIncomeReport, who: Principal, today: Today, corrects_id: UUID | None = None
) -> models.IncomeReport:
    received_on = new.received_on or today
    if max(received_on, new.period_to) > today:
        raise DayInFuture(today=today.isoformat())
    return models.IncomeReport(
        project_id=project.id,
        division_code=project.division_code,
        reported_by=who.actor,
        **new.model_dump(exclude={"received_on"}),
        received_on=received_on,
        corrects_id=corrects_id,
    )


async def _reported(
    db: Db, who: Principal, project: models.Project, report: models.IncomeReport
) -> models.IncomeReport:
    """The report with its message to the account, in one transaction."""
    await queries.report_income(db, report)
    if report.shared_fen:
        # The shared account is the county's: the share is booked there, whichever village reports it.
        reporter = replace(who, division=project.county_code)
        body = _receipt(project, report)
        await post_later(
            db, reporter, peer="funds", path="/v1/incomes", body=body, key=queries.key(report), then=queries.LISTENER
        )
    return report


def _receipt(project: models.Project, report: models.IncomeReport) -> dict[str, Any]:
    return {
        "kind": "PV" if project.category == ProjectCategory.PV else "DIVIDEND",
        "amount_fen": report.shared_fen,
        "received_on": report.received_on.isoformat(),
        "payer": project.implementing_unit,
        "division_code": project.division_code,
        "project_id": str(project.id),
        "project_no": project.project_no,
        "period_from": report.period_from.isoformat(),
        "period_to": report.period_to.isoformat(),
    }
