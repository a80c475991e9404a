"""The project, what it declares, and the steps it took through the library."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Numeric,
    UniqueConstraint,
    text,
)
from sqlmodel import Field

from fupin.db import NEW_ID
from services.projects.codes.library import DocumentKind, Level, LibraryState, ObjectionOutcome
from services.projects.codes.projects import BuildType, FundingSource, LinkageMechanism, ProjectCategory
from services.projects.models.base import AT, CODE, COUNTY, NOW, ONE, Table, of_project


class Project(Table, table=True):
    """
    A project of the library (扶贫项目).

    `state` and `steps` say what its last step says: the deferred key holds them to it at every commit, and only the
    trigger on `project_step` may change them.
    """

    __table_args__ = (
        UniqueConstraint("county_code", "project_no"),
        UniqueConstraint("id", "division_code"),
        CheckConstraint("county_code = left(division_code, 6)", name="county"),
        CheckConstraint("ends_on >= starts_on", name="period"),
        CheckConstraint("expected_beneficiaries >= 0", name="beneficiaries"),
        ForeignKeyConstraint(
            ["id", "steps", "state"],
            ["projects.project_step.project_id", "projects.project_step.seq", "projects.project_step.to_state"],
            name="fk_project_standing",
            deferrable=True,
            initially="DEFERRED",
            use_alter=True,
        ),
        Index(None, "division_code", "id", postgresql_include=["category", "state"]),
        Index(None, "category", "state"),
        Index(None, "division_code", "category", "state"),
        Index(None, "county_code", "declaring_unit"),
        Index("ix_project_title", text("projects.pairs_of_title(title)"), postgresql_using="gin"),
    )

    id: UUID = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    county_code: str = Field(sa_type=COUNTY)
    project_no: str = Field(max_length=40)
    title: str = Field(max_length=200)
    category: ProjectCategory = Field(sa_type=ProjectCategory.stored())
    division_code: str = Field(sa_type=CODE)
    declaring_unit: str = Field(max_length=100)
    implementing_unit: str = Field(max_length=100)
    enterprise_id: UUID | None = Field(default=None, foreign_key="projects.enterprise.id", index=True)
    responsible_person: str = Field(max_length=50)
    build_type: BuildType = Field(sa_type=BuildType.stored())
    content: str = Field(max_length=2000)
    starts_on: date
    ends_on: date
    linkage: list[LinkageMechanism] = Field(
        sa_column=Column(ARRAY(LinkageMechanism.stored()), nullable=False, server_default="{}")
    )
    expected_beneficiaries: int
    declared_on: date
    state: LibraryState = Field(
        default=LibraryState.DECLARED, sa_type=LibraryState.stored(), sa_column_kwargs={"server_default": "DECLARED"}
    )
    steps: int = Field(default=1, sa_column_kwargs=ONE)
    version: int = Field(default=1, sa_column_kwargs=ONE)
    recorded_at: datetime = Field(default=None, sa_type=AT, sa_column_kwargs=NOW)


class ProjectBudget(Table, table=True):
    """What one funding source gives to a project."""

    __table_args__ = (
        of_project(),
        UniqueConstraint("project_id", "source"),
        CheckConstraint("amount_fen > 0", name="positive"),
        Index(None, "division_code", postgresql_include=["project_id", "amount_fen"]),
    )

    id: UUID = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    project_id: UUID
    division_code: str = Field(sa_type=CODE)
    source: FundingSource = Field(sa_type=FundingSource.stored())
    amount_fen: int = Field(sa_type=BigInteger)


class PerformanceTarget(Table, table=True):
    """What a project promises to reach (绩效目标), to be measured when it is accepted."""

    __table_args__ = (of_project(), UniqueConstraint("project_id", "metric"))

    id: UUID = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    project_id: UUID
    division_code: str = Field(sa_type=CODE)
    metric: str = Field(max_length=100)
    target: Decimal = Field(sa_column=Column(Numeric(18, 4), nullable=False))
    unit: str = Field(max_length=20)


class ProjectStep(Table, table=True):
    """One step of a project through the library. Rows are only added; a check and a trigger hold the order."""

    __table_args__ = (
        of_project(),
        UniqueConstraint("project_id", "seq"),
        UniqueConstraint("project_id", "seq", "to_state"),
        CheckConstraint("seq > 0", name="seq"),
        CheckConstraint("(to_state = 'NOTICED') = (notice_until IS NOT NULL)", name="notice"),
        CheckConstraint("to_state NOT IN ('ARGUED', 'RETURNED', 'REJECTED') OR opinion IS NOT NULL", name="opinion"),
        CheckConstraint("to_state <> 'WITHDRAWN' OR document_ref IS NOT NULL", name="filing"),
    )

    id: UUID = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    project_id: UUID
    division_code: str = Field(sa_type=CODE)
    seq: int
    from_state: LibraryState | None = Field(default=None, sa_type=LibraryState.stored(), nullable=True)
    to_state: LibraryState = Field(sa_type=LibraryState.stored())
    happened_on: date
    actor: str = Field(max_length=255)
    scope: str = Field(max_length=40)
    level: Level = Field(sa_type=Level.stored())
    document_ref: str | None = Field(default=None, max_length=100)
    opinion: str | None = Field(default=None, max_length=2000)
    notice_until: date | None = None
    recorded_at: datetime = Field(default=None, sa_type=AT, sa_column_kwargs=NOW)


class ProjectDocument(Table, table=True):
    """A document that a step of the library rests on: its number, the paper attached, or both. Rows are only added."""

    __table_args__ = (
        of_project(),
        ForeignKeyConstraint(
            ["project_id", "step_seq"],
            ["projects.project_step.project_id", "projects.project_step.seq"],
            name="fk_project_document_step",
        ),
        ForeignKeyConstraint(["attachment_id"], ["projects.attachment.id"]),
        CheckConstraint("document_ref IS NOT NULL OR attachment_id IS NOT NULL", name="something"),
        Index(None, "project_id", "id"),
    )

    id: UUID = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    project_id: UUID
    division_code: str = Field(sa_type=CODE)
    step_seq: int
    kind: DocumentKind = Field(sa_type=DocumentKind.stored())
    document_ref: str | None = Field(default=None, max_length=100)
    attachment_id: UUID | None = None
    recorded_at: datetime = Field(default=None, sa_type=AT, sa_column_kwargs=NOW)


class Objection(Table, table=True):
    """What somebody held against a project, or against its adjustment, while the public notice ran (公示异议)."""

    __table_args__ = (
        of_project(),
        ForeignKeyConstraint(
            ["project_id", "notice_seq"],
            ["projects.project_step.project_id", "projects.project_step.seq"],
            name="fk_objection_notice",
        ),
        CheckConstraint(
            "(outcome IS NULL) = (resolved_on IS NULL) AND (outcome IS NULL) = (resolution IS NULL)", name="resolved"
        ),
        CheckConstraint("resolved_on >= raised_on", name="dates"),
        CheckConstraint("notice_seq IS NOT NULL OR adjustment_item_id IS NOT NULL", name="against"),
        ForeignKeyConstraint(["adjustment_item_id"], ["projects.adjustment_item.id"]),
        Index(None, "project_id", "notice_seq"),
        Index(None, "adjustment_item_id"),
    )

    id: UUID = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    project_id: UUID
    division_code: str = Field(sa_type=CODE)
    notice_seq: int | None = None  # of the project's own notice
    adjustment_item_id: UUID | None = None  # of the adjustment whose notice it is
    raised_on: date
    matter: str = Field(max_length=2000)
    outcome: ObjectionOutcome | None = Field(default=None, sa_type=ObjectionOutcome.stored(), nullable=True)
    resolution: str | None = Field(default=None, max_length=2000)
    resolved_on: date | None = None
    resolved_by: str | None = Field(default=None, max_length=255)
    version: int = Field(default=1, sa_column_kwargs=ONE)
    recorded_at: datetime = Field(default=None, sa_type=AT, sa_column_kwargs=NOW)
