from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlmodel import Field

from fupin.db import NEW_ID
from services.registry.codes import (
    DivisionLevel,
    HouseholdStatus,
    MonitoringKind,
    NoticeDays,
    ProcedureKind,
    ProcedureState,
    RiskKind,
    RiskSource,
    StepDuty,
    StepKind,
    StepOutcome,
)
from services.registry.models.base import (
    AT,
    EMPTY,
    NO,
    NOW,
    ONE,
    ZERO,
    OfHousehold,
    Placed,
    Table,
    Written,
    in_county,
    of_household,
)

RUNNING = {"server_default": "RUNNING"}


class PovertyLine(Table, table=True):
    """国家扶贫标准: net income per head and year below which a rural household is poor."""

    __table_args__ = (CheckConstraint("per_head_fen > 0", name="per_head"),)

    year: int = Field(primary_key=True, sa_type=SmallInteger)
    per_head_fen: int = Field(sa_type=BigInteger)
    source: str = Field(max_length=300)
    version: int = Field(default=1, sa_column_kwargs=ONE)


class ProcedureRule(Table, table=True):
    """What one step of a kind of procedure takes: who, by when, for how long, with how many."""

    __table_args__ = (
        CheckConstraint("deadline_days > 0", name="deadline"),
        CheckConstraint("notice_days > 0 AND (notice_days IS NULL) = (notice_counts IS NULL)", name="notice"),
        CheckConstraint("quorum_ppm BETWEEN 1 AND 1000000", name="quorum"),
        CheckConstraint("months > 0", name="months"),
    )

    kind: ProcedureKind = Field(primary_key=True, sa_type=ProcedureKind.stored())
    step: StepKind = Field(primary_key=True, sa_type=StepKind.stored())
    position: int = Field(sa_type=SmallInteger)
    level: DivisionLevel = Field(sa_type=DivisionLevel.stored())
    duty: StepDuty = Field(sa_type=StepDuty.stored())
    leads_to: ProcedureState = Field(sa_type=ProcedureState.stored(), sa_column_kwargs=RUNNING)
    household_status: HouseholdStatus | None = Field(default=None, sa_type=HouseholdStatus.stored())
    deadline_days: int | None = Field(default=None, sa_type=SmallInteger)
    notice_days: int | None = Field(default=None, sa_type=SmallInteger)
    notice_counts: NoticeDays | None = Field(default=None, sa_type=NoticeDays.stored())
    quorum_ppm: int | None = None
    months: int | None = Field(default=None, sa_type=SmallInteger)
    source: str = Field(default="", max_length=300, sa_column_kwargs=EMPTY)
    version: int = Field(default=1, sa_column_kwargs=ONE)


class ProcedureTransition(Table, table=True):
    """Which step may follow which; steps refer to it, so no other order can be written."""

    kind: ProcedureKind = Field(primary_key=True, sa_type=ProcedureKind.stored())
    from_step: StepKind = Field(primary_key=True, sa_type=StepKind.stored())
    to_step: StepKind = Field(primary_key=True, sa_type=StepKind.stored())
    usual: bool = Field(default=False, sa_column_kwargs=NO)  # the one whose deadline runs


class Procedure(OfHousehold, Written, Table, table=True):
    """A household's way through a procedure. What changes of it follows from its steps, by trigger."""

    __table_args__ = (
        of_household(),
        in_county(),
        UniqueConstraint("id", "division_code"),  # what its steps refer to
        CheckConstraint("approved_by <> reviewed_by", name="two_people"),
        CheckConstraint("open_objections >= 0", name="objections"),
        CheckConstraint(
            "(kind = 'MONITORING') = (monitoring_kind IS NOT NULL AND risk IS NOT NULL AND risk_source IS NOT NULL)",
            name="monitoring",
        ),
        Index("uq_procedure_running", "household_id", "kind", unique=True, postgresql_where=text("state = 'RUNNING'")),
        Index(None, "division_code", "kind"),
        Index(None, "due_on", postgresql_where=text("due_on IS NOT NULL")),
        Index(None, "notice_until", postgresql_where=text("notice_until IS NOT NULL")),
    )

    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    kind: ProcedureKind = Field(sa_type=ProcedureKind.stored())
    monitoring_kind: MonitoringKind | None = Field(default=None, sa_type=MonitoringKind.stored())
    risk: RiskKind | None = Field(default=None, sa_type=RiskKind.stored())
    risk_source: RiskSource | None = Field(default=None, sa_type=RiskSource.stored())
    year: int = Field(sa_type=SmallInteger)
    opened_on: date
    state: ProcedureState = Field(default=ProcedureState.RUNNING, sa_type=ProcedureState.stored(),
                                  sa_column_kwargs=RUNNING)  # fmt: skip
    steps: int = Field(default=0, sa_column_kwargs=ZERO)
    last_step: StepKind | None = Field(default=None, sa_type=StepKind.stored())
    last_on: date | None = None
    notice_until: date | None = None
    open_objections: int = Field(default=0, sa_column_kwargs=ZERO)
    reviewed_by: str | None = None
    approved_by: str | None = None
    next_step: StepKind | None = Field(default=None, sa_type=StepKind.stored())
    due_on: date | None = None


class ProcedureStep(Placed, Table, table=True):
    """One dated step of a procedure. Rows are only ever added."""

    __table_args__ = (
        ForeignKeyConstraint(
            ["procedure_id", "division_code"],
            ["registry.procedure.id", "registry.procedure.division_code"],
            onupdate="CASCADE",
        ),
        ForeignKeyConstraint(
            ["after_step", "kind", "step"],
            [
                "registry.procedure_transition.from_step",
                "registry.procedure_transition.kind",
                "registry.procedure_transition.to_step",
            ],
        ),
        ForeignKeyConstraint(["kind", "step"], ["registry.procedure_rule.kind", "registry.procedure_rule.step"]),
        CheckConstraint(
            "CASE WHEN seq = 1 THEN step IN ('APPLICATION', 'NOMINATION', 'RISK_FOUND')"
            " ELSE (after_step IS NULL) = (step IN ('OBJECTION', 'OBJECTION_ANSWER')) END",
            name="opening",
        ),
        CheckConstraint("(step = 'OBJECTION_ANSWER') = (answers IS NOT NULL)", name="answers"),
        CheckConstraint(
            "(step = 'DEMOCRATIC_REVIEW') = (voters IS NOT NULL AND attended IS NOT NULL AND votes_for IS NOT NULL"
            " AND votes_against IS NOT NULL)",
            name="votes_recorded",
        ),
        CheckConstraint(
            "attended <= voters AND votes_for + votes_against <= attended AND least(votes_for, votes_against) >= 0",
            name="votes",
        ),
        CheckConstraint(
            "step NOT IN ('FIRST_NOTICE', 'SECOND_NOTICE', 'MEASURE') OR coalesce(until_on >= happened_on, false)",
            name="until",
        ),
        CheckConstraint("confirmed_on <= happened_on", name="confirmed"),
        CheckConstraint(
            "outcome = 'PASSED' OR step IN ('DEMOCRATIC_REVIEW', 'VERIFICATION', 'TOWN_REVIEW', 'COUNTY_APPROVAL',"
            " 'OBJECTION_ANSWER')",
            name="outcome",
        ),
        UniqueConstraint("procedure_id", "answers"),
    )

    procedure_id: UUID = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    kind: ProcedureKind = Field(sa_type=ProcedureKind.stored())
    after_step: StepKind | None = Field(default=None, sa_type=StepKind.stored())
    step: StepKind = Field(sa_type=StepKind.stored())
    outcome: StepOutcome = Field(sa_type=StepOutcome.stored())
    happened_on: date
    until_on: date | None = None
    voters: int | None = None
    attended: int | None = None
    votes_for: int | None = None
    votes_against: int | None = None
    person: str | None = Field(default=None, max_length=60)
    confirmed_on: date | None = None
    answers: int | None = None
    per_head_fen: int | None = Field(default=None, sa_type=BigInteger)
    line_fen: int | None = Field(default=None, sa_type=BigInteger)
    note: str = Field(default="", max_length=500, sa_column_kwargs=EMPTY)
    state: ProcedureState = Field(sa_type=ProcedureState.stored())
    next_step: StepKind | None = Field(default=None, sa_type=StepKind.stored())
    next_due_on: date | None = None
    actor: str
    recorded_at: datetime | None = Field(default=None, sa_type=AT, nullable=False, sa_column_kwargs=NOW)
