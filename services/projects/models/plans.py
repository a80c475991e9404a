"""Three-year plans (三年规划) of the city, its towns and its villages."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlmodel import Field

from fupin.db import NEW_ID
from services.projects.codes.plans import PlanMetric, PlanState
from services.projects.models.base import AT, CODE, COUNTY, NOW, ONE, Table


def _of_plan() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["plan_id", "division_code"], ["projects.plan.id", "projects.plan.division_code"])


class Plan(Table, table=True):
    """
    One edition of a place's plan for three years. At most one edition is open and one approved.

    Goals and projects are written while it is a draft: a trigger refuses afterwards.
    """

    __table_args__ = (
        UniqueConstraint("id", "division_code"),
        UniqueConstraint("division_code", "first_year", "edition"),
        CheckConstraint("county_code = left(division_code, 6)", name="county"),
        CheckConstraint("decided_by <> submitted_by AND decided_by <> made_by", name="two_persons"),
        CheckConstraint(
            "(decided_on IS NULL) = (decided_by IS NULL) AND decided_on >= submitted_on"
            " AND (state IN ('DRAFT', 'SUBMITTED')) = (decided_by IS NULL)",
            name="decided",
        ),
        CheckConstraint(
            "(submitted_on IS NULL) = (submitted_by IS NULL) AND (state = 'DRAFT') = (submitted_by IS NULL)",
            name="submitted",
        ),
        CheckConstraint("state <> 'RETURNED' OR opinion IS NOT NULL", name="opinion"),
        Index(
            "uq_plan_open",
            "division_code",
            "first_year",
            unique=True,
            postgresql_where=text("state IN ('DRAFT', 'SUBMITTED')"),
        ),
        Index(
            "uq_plan_approved", "division_code", "first_year", unique=True, postgresql_where=text("state = 'APPROVED'")
        ),
    )

    id: UUID = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    county_code: str = Field(sa_type=COUNTY)
    division_code: str = Field(sa_type=CODE)
    title: str = Field(max_length=200)
    first_year: int = Field(sa_type=SmallInteger)
    edition: int
    state: PlanState = Field(
        default=PlanState.DRAFT, sa_type=PlanState.stored(), sa_column_kwargs={"server_default": "DRAFT"}
    )
    made_by: str = Field(max_length=255)
    submitted_by: str | None = Field(default=None, max_length=255)
    submitted_on: date | None = None
    decided_by: str | None = Field(default=None, max_length=255)
    decided_on: date | None = None
    opinion: str | None = Field(default=None, max_length=2000)
    version: int = Field(default=1, sa_column_kwargs=ONE)
    recorded_at: datetime = Field(default=None, sa_type=AT, sa_column_kwargs=NOW)


class PlanGoal(Table, table=True):
    """What a plan is to reach in one of its years."""

    __table_args__ = (
        _of_plan(),
        UniqueConstraint("plan_id", "metric", "year"),
        CheckConstraint("target >= 0", name="target"),
    )

    id: UUID = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    plan_id: UUID
    division_code: str = Field(sa_type=CODE)
    metric: PlanMetric = Field(sa_type=PlanMetric.stored())
    year: int = Field(sa_type=SmallInteger)
    target: int = Field(sa_type=BigInteger)


class PlanProject(Table, table=True):
    """A project by which a plan is carried out; it lies in the plan's place. The row stands in the plan's place."""

    __table_args__ = (_of_plan(), UniqueConstraint("plan_id", "project_id"))

    id: UUID = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    plan_id: UUID
    division_code: str = Field(sa_type=CODE)
    project_id: UUID = Field(foreign_key="projects.project.id", index=True)
