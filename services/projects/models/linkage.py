"""What a project earns and who gains from it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, literal_column
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import Field

from fupin.db import NEW_ID
from services.projects.codes import LinkageMechanism
from services.projects.models.base import AT, CODE, COUNTY, NOW, ONE, Table, of_project


class BeneficiaryLink(Table, table=True):
    """
    A household that gains from a project (利益联结). The row stands in the household's place.

    `household_no`, `division_code` and `household_status` are what the registry said on `verified_on`.
    """

    __table_args__ = (
        CheckConstraint("county_code = left(division_code, 6)", name="county"),
        CheckConstraint("to_on >= from_on", name="period"),
        CheckConstraint("expected_income_fen >= 0 AND actual_income_fen >= 0", name="income"),
        ExcludeConstraint(
            ("project_id", "="),
            ("household_id", "="),
            ("kind", "="),
            (literal_column("daterange(from_on, to_on, '[]')"), "&&"),
            name="ex_beneficiary_link_overlap",
        ),
        Index(None, "project_id", "id"),
        Index(None, "household_id"),
        Index(None, "division_code"),
    )

    id: UUID = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    county_code: str = Field(sa_type=COUNTY)
    project_id: UUID = Field(foreign_key="projects.project.id")
    household_id: UUID
    household_no: str = Field(max_length=40)
    division_code: str = Field(sa_type=CODE)
    household_status: str = Field(max_length=32)
    verified_on: date
    kind: LinkageMechanism = Field(sa_type=LinkageMechanism.stored())
    from_on: date
    to_on: date | None = None
    expected_income_fen: int = Field(sa_type=BigInteger)
    actual_income_fen: int | None = Field(default=None, sa_type=BigInteger)
    version: int = Field(default=1, sa_column_kwargs=ONE)
    recorded_at: datetime = Field(default=None, sa_type=AT, sa_column_kwargs=NOW)


class IncomeReport(Table, table=True):
    """What an operating project earned in a period, and the share of it that goes to the shared account."""

    __table_args__ = (
        of_project(),
        CheckConstraint("period_to >= period_from", name="period"),
        CheckConstraint("shared_fen >= 0 AND shared_fen <= income_fen", name="share"),
        ExcludeConstraint(
            ("project_id", "="),
            (literal_column("daterange(period_from, period_to, '[]')"), "&&"),
            name="ex_income_report_overlap",
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
    recorded_at: datetime = Field(default=None, sa_type=AT, sa_column_kwargs=NOW)
