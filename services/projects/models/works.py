"""What is built, when and where: milestones and the village scheme."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from fupin.db import NEW_ID
from services.projects.codes.works import MilestoneKind, SchemePurpose
from services.projects.models.base import AT, CODE, NOW, ONE, Table, of_project


class Milestone(Table, table=True):
    """A dated point of a project, planned for a day or for the days up to `planned_until`, and reached once."""

    __table_args__ = (
        of_project(),
        UniqueConstraint("project_id", "kind"),
        CheckConstraint("planned_until > planned_on", name="interval"),
        CheckConstraint("actual_on IS NOT NULL OR evidence IS NULL", name="evidence"),
        Index(None, "kind", "planned_on"),
        Index(None, "division_code"),
    )

    id: UUID = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    project_id: UUID
    division_code: str = Field(sa_type=CODE)
    kind: MilestoneKind = Field(sa_type=MilestoneKind.stored())
    planned_on: date
    planned_until: date | None = None
    actual_on: date | None = None
    evidence: str | None = Field(default=None, max_length=200)
    version: int = Field(default=1, sa_column_kwargs=ONE)
    recorded_at: datetime = Field(default=None, sa_type=AT, sa_column_kwargs=NOW)


class ProjectVillage(Table, table=True):
    """A village that a project covers. The row stands in the village's place, so the village sees it."""

    __table_args__ = (
        UniqueConstraint("project_id", "division_code", "purpose"),
        CheckConstraint("length(division_code) = 12 AND right(division_code, 3) <> '000'", name="village"),
        Index(None, "division_code"),
        Index(None, "purpose", "id"),
    )

    id: UUID = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    project_id: UUID = Field(foreign_key="projects.project.id")
    division_code: str = Field(sa_type=CODE)
    purpose: SchemePurpose = Field(sa_type=SchemePurpose.stored())
    recorded_at: datetime = Field(default=None, sa_type=AT, sa_column_kwargs=NOW)
