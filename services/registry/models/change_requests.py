from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Date, ForeignKeyConstraint, Index, SmallInteger
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from fupin.db import NEW_ID
from services.registry.codes.change_requests import ChangeKind, ChangeState
from services.registry.models.base import AT, CODE, EMPTY, NOW, ONE, Placed, Table, Written, in_county


class ChangeRequest(Placed, Written, Table, table=True):
    """
    变更申请: a proposed change of a household or member, decided by somebody else than who proposed it.

    The proposal itself is sealed, for it holds personal numbers; `shown` is the same with those masked. Which step may
    follow which, and who may take it, is checked by PostgreSQL; the steps are written by its trigger.
    """

    __table_args__ = (
        in_county(),
        ForeignKeyConstraint(["household_id"], ["registry.household.id"]),
        ForeignKeyConstraint(["other_household_id"], ["registry.household.id"]),
        ForeignKeyConstraint(["member_id"], ["registry.member.id"]),
        ForeignKeyConstraint(["to_division_code"], ["registry.division.code"]),
        CheckConstraint("left(to_division_code, 6) = county_code", name="county_to"),
        CheckConstraint(
            "state <> 'APPROVED' AND (state <> 'REFUSED' OR decided_by <> submitted_by) OR"
            " (decided_by IS NOT NULL AND reviewed_by IS NOT NULL AND decided_by NOT IN (submitted_by, reviewed_by))",
            name="two_people",
        ),
        CheckConstraint("state <> 'WITHDRAWN' OR decided_by = submitted_by", name="submitter"),
        CheckConstraint("state <> 'REFUSED' OR note <> ''", name="reason"),
        CheckConstraint(
            "(state IN ('APPROVED', 'REFUSED', 'WITHDRAWN')) = (decided_by IS NOT NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)",
            name="decided",
        ),
        Index(None, "division_code", "id"),
        Index(None, "household_id"),
        Index(None, "to_division_code"),
    )

    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    kind: ChangeKind = Field(sa_type=ChangeKind.stored())
    state: ChangeState = Field(
        default=ChangeState.SUBMITTED,
        sa_type=ChangeState.stored(),
        sa_column_kwargs={"server_default": ChangeState.SUBMITTED.value},
    )
    household_id: UUID
    member_id: UUID | None = None
    other_household_id: UUID | None = None  # merged into, or split off
    to_division_code: str | None = Field(default=None, sa_type=CODE)
    on_date: date | None = Field(default=None, sa_type=Date)
    base_version: int  # of the member where there is one, else of the household
    other_base_version: int | None = None
    proposal_enc: bytes
    shown: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    reason: str = Field(max_length=500)
    evidence: str = Field(max_length=2000)
    document_ref: str | None = Field(default=None, max_length=200)
    submitted_by: str
    reviewed_by: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = Field(default=None, sa_type=AT)
    note: str = Field(default="", max_length=500, sa_column_kwargs=EMPTY)  # what was said at the last step
    version: int = Field(default=1, sa_column_kwargs=ONE)


class ChangeRequestStep(Table, table=True):
    """One step of a change request: who took it, in which division, by which right. Only ever added, by trigger."""

    __table_args__ = (ForeignKeyConstraint(["change_request_id"], ["registry.change_request.id"]),)

    change_request_id: UUID = Field(primary_key=True)
    seq: int = Field(primary_key=True, sa_type=SmallInteger)
    from_state: ChangeState | None = Field(default=None, sa_type=ChangeState.stored())
    to_state: ChangeState = Field(sa_type=ChangeState.stored())
    actor: str
    actor_division: str = Field(max_length=12)
    scope: str = Field(max_length=32)
    note: str = Field(sa_column_kwargs=EMPTY)
    at: datetime | None = Field(default=None, sa_type=AT, nullable=False, sa_column_kwargs=NOW)
