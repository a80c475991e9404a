"""Who gains from a project, and whether the registry says the same."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, SmallInteger, UniqueConstraint, literal_column
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import Field

from fupin.db import NEW_ID
from services.projects.codes.linkage import LinkageFindingKind
from services.projects.codes.projects import LinkageMechanism
from services.projects.models.base import AT, CODE, COUNTY, NOW, ONE, Table


class BeneficiaryLink(Table, table=True):
    """
    A household that gains from a project (利益联结). The row stands in the household's place.

    `household_no`, `division_code` and `household_status` are what the registry said on `verified_on`.
    """

    __table_args__ = (
        CheckConstraint("county_code = left(division_code, 6)", name="county"),
        CheckConstraint("to_on >= from_on", name="period"),
        CheckConstraint("expected_income_fen >= 0", name="income"),
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
    version: int = Field(default=1, sa_column_kwargs=ONE)
    recorded_at: datetime = Field(default=None, sa_type=AT, sa_column_kwargs=NOW)


class LinkIncome(Table, table=True):
    """What a household actually earned by a link in a calendar year."""

    __table_args__ = (
        UniqueConstraint("link_id", "year"),
        CheckConstraint("amount_fen >= 0", name="amount"),
        Index(None, "division_code"),
    )

    id: UUID = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    link_id: UUID = Field(foreign_key="projects.beneficiary_link.id")
    division_code: str = Field(sa_type=CODE)
    year: int = Field(sa_type=SmallInteger)
    amount_fen: int = Field(sa_type=BigInteger)
    recorded_by: str = Field(max_length=255)
    version: int = Field(default=1, sa_column_kwargs=ONE)
    recorded_at: datetime = Field(default=None, sa_type=AT, sa_column_kwargs=NOW)


class LinkageRun(Table, table=True):
    """Pathways of the registry held against the links here, as of a day; it has its operation's id."""

    __table_args__ = (
        CheckConstraint("starts_with(division_code, covers)", name="covers"),
        Index(None, "on_date"),
    )

    id: UUID = Field(primary_key=True)
    division_code: str = Field(sa_type=CODE)
    covers: str = Field(sa_type=CODE)
    on_date: date
    created_by: str = Field(max_length=255)
    links: int | None = None
    pathways: int | None = None
    households: int | None = None
    finished_at: datetime | None = Field(default=None, sa_type=AT)
    recorded_at: datetime = Field(default=None, sa_type=AT, sa_column_kwargs=NOW)


class LinkageFinding(Table, table=True):
    """One disagreement about a household and a project, in the household's place. Rows are only added."""

    __table_args__ = (
        UniqueConstraint("run_id", "kind", "household_id", "project_id"),
        Index(None, "run_id", "id"),
    )

    id: UUID = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    run_id: UUID = Field(foreign_key="projects.linkage_run.id")
    division_code: str = Field(sa_type=CODE)
    kind: LinkageFindingKind = Field(sa_type=LinkageFindingKind.stored())
    household_id: UUID
    project_id: UUID
    library_says: str | None = Field(default=None, max_length=80)
    registry_says: str | None = Field(default=None, max_length=80)
