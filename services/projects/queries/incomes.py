"""What projects earn, and how the shares for the shared account ended there."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.outbox import Outcome, hears
from services.projects.codes.incomes import IncomeReportState
from services.projects.models import IncomeReport

LISTENER = "income-report"
_KEY = f"{LISTENER}:"


def key(report: IncomeReport) -> str:
    """The key under which a report's share is booked: a correction is another report, so it has another key."""
    return f"{_KEY}{report.id}"


def income_reports(
    project_id: UUID | None = None, division: str | None = None, state: IncomeReportState | None = None
) -> Select[Any]:
    found = select(IncomeReport)
    if project_id is not None:
        found = found.where(IncomeReport.project_id == project_id)
    if division is not None:
        found = found.where(func.starts_with(col(IncomeReport.division_code), division))
    if state is not None:
        found = found.where(IncomeReport.state == state)
    return found


async def income_report(db: AsyncSession, report_id: UUID) -> IncomeReport | None:
    return (await db.exec(select(IncomeReport).where(IncomeReport.id == report_id))).one_or_none()


async def report_income(db: AsyncSession, report: IncomeReport) -> None:
    """Add a report; one with nothing to pay in is settled with that."""
    report.state = IncomeReportState.SENDING if report.shared_fen else IncomeReportState.KEPT
    db.add(report)
    await db.flush()
    await db.refresh(report)


async def replace_refused(db: AsyncSession, report_id: UUID) -> bool:
    """Make room for the correction of a refused report; False when it was not refused."""
    return await _end(db, report_id, IncomeReportState.REFUSED, state=IncomeReportState.CORRECTED)


@hears(LISTENER)
async def settle(db: AsyncSession, outcome: Outcome) -> None:
    """The account booked the share or refused it for good; told again, nothing changes."""
    report_id, now = UUID(outcome.key.removeprefix(_KEY)), func.clock_timestamp()
    if outcome.refusal is None:
        end = {"state": IncomeReportState.BOOKED, "receipt_id": UUID(outcome.answer["receipt_id"])}
    else:
        end = {"state": IncomeReportState.REFUSED, "refusal": outcome.refusal.peer_problem[:100]}
    await _end(db, report_id, IncomeReportState.SENDING, settled_at=now, **end)


async def _end(db: AsyncSession, report_id: UUID, begin: IncomeReportState, **end: Any) -> bool:
    statement = (
        update(IncomeReport)
        .where(col(IncomeReport.id) == report_id, col(IncomeReport.state) == begin)
        .values(**end)
        .returning(col(IncomeReport.id))
    )
    return (await db.execute(statement)).scalar_one_or_none() is not None
