from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    UniqueConstraint,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint
from sqlmodel import Field

from fupin.db import NEW_ID
from services.registry.codes.eligibility import Eligibility, RuleMeets, RuleState
from services.registry.models.base import (
    AT,
    CODE,
    NOW,
    ZERO,
    OfHousehold,
    Table,
    Written,
    in_county,
    of_household,
)


class EligibilityRule(Written, Table, table=True):
    """
    认定规则: who counts as what, as clauses over household facts.

    Drafted by one person, put in force by another; a rule in force never changes, a newer one follows it.
    """

    __table_args__ = (
        UniqueConstraint("purpose", "number"),
        CheckConstraint("effective_from <= effective_to", name="days"),
        CheckConstraint("approved_by <> drafted_by", name="two_people"),
        CheckConstraint(
            "(state = 'IN_FORCE') = (approved_by IS NOT NULL) AND (approved_by IS NULL) = (approved_at IS NULL)",
            name="approved",
        ),
        ExcludeConstraint(
            ("purpose", "="),
            (literal_column("daterange(effective_from, effective_to, '[]')"), "&&"),
            where="state = 'IN_FORCE'",
            name="ex_eligibility_rule_in_force",
        ),
    )

    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    purpose: str = Field(max_length=32)
    number: int  # 1 is the first rule of a purpose
    zh: str = Field(max_length=100)
    en: str = Field(max_length=100)
    meets: RuleMeets = Field(sa_type=RuleMeets.stored())
    clauses: list[dict[str, str]] = Field(sa_column=Column(JSONB, nullable=False))  # code, expression, zh, en
    effective_from: date
    effective_to: date | None = None
    source: str = Field(max_length=300)
    state: RuleState = Field(
        default=RuleState.DRAFT, sa_type=RuleState.stored(), sa_column_kwargs={"server_default": "DRAFT"}
    )
    drafted_by: str
    approved_by: str | None = None
    approved_at: datetime | None = Field(default=None, sa_type=AT)


class EligibilityRun(Table, table=True):
    """批量认定: one rule held against every household of a division on a day."""

    __table_args__ = (
        ForeignKeyConstraint(["rule_id"], ["registry.eligibility_rule.id"]),
        CheckConstraint("households = eligible + not_eligible + unknown", name="counts"),
    )

    id: UUID = Field(primary_key=True)  # of the operation that runs it
    division_code: str = Field(sa_type=CODE)
    rule_id: UUID
    on_date: date
    year: int = Field(sa_type=SmallInteger)
    households: int = Field(default=0, sa_column_kwargs=ZERO)
    eligible: int = Field(default=0, sa_column_kwargs=ZERO)
    not_eligible: int = Field(default=0, sa_column_kwargs=ZERO)
    unknown: int = Field(default=0, sa_column_kwargs=ZERO)
    created_by: str
    created_at: datetime | None = Field(default=None, sa_type=AT, nullable=False, sa_column_kwargs=NOW)
    finished_at: datetime | None = Field(default=None, sa_type=AT)


class EligibilityDecision(OfHousehold, Table, table=True):
    """
    认定结论: what a rule came to for a household on a day, with the facts it looked at. Rows are only ever added.

    No foreign keys to rule and run: neither can be deleted, and a county's run writes a row for every household.
    """

    __table_args__ = (
        of_household(),
        in_county(),
        CheckConstraint("clause IS NULL OR outcome = 'ELIGIBLE'", name="clause"),
        Index(None, "household_id"),
        Index(
            "uq_eligibility_decision_run", "run_id", "household_id", unique=True,
            postgresql_where=text("run_id IS NOT NULL"),
        ),
    )  # fmt: skip

    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    rule_id: UUID
    run_id: UUID | None = None
    procedure_id: UUID | None = None  # whose step asked for it
    on_date: date
    year: int = Field(sa_type=SmallInteger)
    outcome: Eligibility = Field(sa_type=Eligibility.stored())
    clause: str | None = Field(default=None, max_length=32)  # the first that holds, where one is enough
    results: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))  # clause: true, false, null for unknown
    facts: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))  # that the clauses name; null is missing
    actor: str
    decided_at: datetime | None = Field(default=None, sa_type=AT, nullable=False, sa_column_kwargs=NOW)
