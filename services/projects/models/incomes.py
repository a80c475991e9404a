from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, literal_column
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import Field

from fupin.db import NEW_ID
from services.projects.codes.incomes import IncomeReportState
from services.projects.models.base import AT, CODE, NOW, Table, of_project


class IncomeReport(Table, table=True):
    """
    What an operating project earned in a period, and the share of it that goes to the shared account.

    Figures never change; a trigger lets `state` move only from SENDING to BOOKED or REFUSED, and from there to
    CORRECTED, when another report stands in its place. `refusal` is the account's problem: "/problems/receipt-exists".
    """

    __table_args__ = (
        of_project(),
        CheckConstraint("period_to >= period_from", name="period"),
        CheckConstraint("shared_fen >= 0 AND shared_fen <= income_fen", name="share"),
        CheckConstraint(
            "(state = 'KEPT') = (shared_fen = 0) AND (state IN ('KEPT', 'SENDING') OR settled_at IS NOT NULL)"
            " AND (state IN ('REFUSED', 'CORRECTED')) = (refusal IS NOT NULL)",
            name="state",
        ),
        UniqueConstraint("corrects_id"),
        ExcludeConstraint(
            ("project_id", "="),
            (literal_column("daterange(period_from, period_to, '[]')"), "&&"),
            name="ex_income_report_overlap",
            where="state <> 'CORRECTED'",
        ),
        Index(None, "project_id", "id"),
    )

    id: UUID = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    project_id: UUID
    division_code: str = Field(sa_type=CODE)
    period_from: date
    period_to: date
    income_fen: int = Field(sa_type=BigInteger)
    shared_fen: int = Field(sa_type=BigInteger)
    received_on: date
    reported_by: str = Field(max_length=255)
    state: IncomeReportState = Field(
        default=IncomeReportState.SENDING,
        sa_type=IncomeReportState.stored(),
        sa_column_kwargs={"server_default": "SENDING"},
    )
    receipt_id: UUID | None = None
    refusal: str | None = Field(default=None, max_length=100)
    settled_at: datetime | None = Field(default=None, sa_type=AT)
    corrects_id: UUID | None = Field(default=None, foreign_key="projects.income_report.id")
    recorded_at: datetime = Field(default=None, sa_type=AT, sa_column_kwargs=NOW)
