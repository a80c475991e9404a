"""What happens to a contract after it was agreed: new schedules, write-offs, guarantees, reminders, undone receipts."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from fupin.db import NEW_ID
from services.funds.codes import Guarantee, LoanChangeKind, LoanChangeState, OverdueBucket, ReminderKind
from services.funds.models.base import NOW, TIMESTAMP, Table, by_actor, county, place


class LoanChange(Table, table=True):
    """A new schedule or a write-off, proposed by one, approved by another; `amount_fen`: the principal owed."""

    __tablename__ = "loan_change"

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    county_code: str = county()
    division_code: str = place()
    loan_id: UUID = Field(foreign_key="funds.loan.id", index=True)
    kind: LoanChangeKind = Field(sa_type=LoanChangeKind.stored())
    amount_fen: int = Field(sa_type=BigInteger)
    terms: dict[str, Any] | None = Field(sa_type=JSONB)
    reason: str = Field(sa_type=Text)
    state: LoanChangeState = Field(sa_type=LoanChangeState.stored(), sa_column_kwargs={"server_default": "PROPOSED"})
    made_by: str = Field(sa_type=Text, sa_column_kwargs=by_actor())
    approved_by: str | None = Field(sa_type=Text)
    effective_on: date | None
    at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class LoanGuarantee(Table, table=True):
    """Who or what stands for a loan."""

    __tablename__ = "loan_guarantee"
    __table_args__ = (UniqueConstraint("loan_id", "document"),)

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    county_code: str = county()
    division_code: str = place()
    loan_id: UUID = Field(foreign_key="funds.loan.id")
    kind: Guarantee = Field(sa_type=Guarantee.stored())
    guarantor: str = Field(sa_type=Text)
    amount_fen: int = Field(sa_type=BigInteger)
    document: str = Field(max_length=100)
    valid_until: date | None
    made_by: str = Field(sa_type=Text, sa_column_kwargs=by_actor())
    at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class ReceiptReversal(Table, table=True):
    """A receipt undone: what it paid is owed again from that day."""

    __tablename__ = "receipt_reversal"
    __table_args__ = (UniqueConstraint("journal_id"),)

    receipt_id: UUID = Field(primary_key=True, foreign_key="funds.receipt.id")
    county_code: str = county()
    division_code: str = place()
    reversed_on: date
    reason: str = Field(sa_type=Text)
    journal_id: UUID = Field(foreign_key="funds.journal.id")
    made_by: str = Field(sa_type=Text, sa_column_kwargs=by_actor())
    at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class Reminder(Table, table=True):
    """Something to tell an enterprise: once when money is due soon, once for each step that it is later."""

    __table_args__ = (UniqueConstraint("instalment_id", "kind", "bucket", postgresql_nulls_not_distinct=True),)

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    county_code: str = county()
    division_code: str = place()
    loan_id: UUID = Field(foreign_key="funds.loan.id", index=True)
    instalment_id: UUID = Field(foreign_key="funds.instalment.id")
    kind: ReminderKind = Field(sa_type=ReminderKind.stored())
    bucket: OverdueBucket | None = Field(sa_type=OverdueBucket.stored())
    on_day: date
    open_fen: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)
