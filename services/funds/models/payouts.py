"""From what is payable to the households' accounts: batches for the bank, their files, and what the bank answered."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from fupin.db import NEW_ID
from services.funds.codes import PayoutFormat, PayoutOutcome
from services.funds.models.base import NOW, TIMESTAMP, Table, by_actor, county, place


def _line_of(table: str, *more: str) -> ForeignKeyConstraint:
    columns = ["distribution_id", "line_no", *more]
    return ForeignKeyConstraint(columns, [f"funds.{table}.{column}" for column in columns])


def _booked() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["journal_id", "journal_line"], ["funds.posting.journal_id", "funds.posting.line"])


class PayoutTemplate(Table, table=True):
    """How a bank wants its one-card file (一卡通代发文件), and how it answers."""

    __tablename__ = "payout_template"
    __table_args__ = (UniqueConstraint("county_code", "name"),)

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    county_code: str = county()
    division_code: str = place()
    name: str = Field(max_length=100)
    format: PayoutFormat = Field(sa_type=PayoutFormat.stored())
    encoding: str = Field(max_length=16)
    headings: bool
    columns: list[dict[str, Any]] = Field(sa_type=JSONB)
    result_columns: dict[str, str] = Field(sa_type=JSONB)
    paid_words: list[str] = Field(sa_type=JSONB)
    returned_words: list[str] = Field(sa_type=JSONB)
    made_by: str = Field(sa_type=Text, sa_column_kwargs=by_actor())
    at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class PayoutBatch(Table, table=True):
    """Lines handed to the bank together. Without a template it was told to the bank by other means."""

    __tablename__ = "payout_batch"
    __table_args__ = (UniqueConstraint("distribution_id", "number"),)

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    county_code: str = county()
    division_code: str = place()
    distribution_id: UUID = Field(foreign_key="funds.distribution.id")
    number: int
    template_id: UUID | None = Field(foreign_key="funds.payout_template.id")
    sent_on: date
    lines: int
    total_fen: int = Field(sa_type=BigInteger)
    journal_id: UUID | None = Field(foreign_key="funds.journal.id")
    made_by: str = Field(sa_type=Text, sa_column_kwargs=by_actor())
    at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class PayoutLine(Table, table=True):
    """One attempt to pay a household's line. Another one follows only where this one was returned."""

    __tablename__ = "payout_line"
    __table_args__ = (
        _line_of("posted_line"),
        ForeignKeyConstraint(
            ["distribution_id", "line_no", "after_attempt", "after_outcome"],
            [f"funds.payout.{column}" for column in ("distribution_id", "line_no", "attempt", "outcome")],
            use_alter=True,
        ),
        Index(None, "batch_id", "line_no"),
    )

    distribution_id: UUID = Field(primary_key=True)
    line_no: int = Field(primary_key=True)
    attempt: int = Field(primary_key=True)
    county_code: str = county()
    division_code: str = place()
    batch_id: UUID = Field(foreign_key="funds.payout_batch.id")
    amount_fen: int = Field(sa_type=BigInteger)
    after_attempt: int | None
    after_outcome: str | None = Field(max_length=32)


class PayoutFile(Table, table=True):
    """The fingerprint of a batch's file. The accounts in it are kept by the registry alone."""

    __tablename__ = "payout_file"

    batch_id: UUID = Field(primary_key=True, foreign_key="funds.payout_batch.id")
    county_code: str = county()
    division_code: str = place()
    digest: bytes
    size: int
    made_by: str = Field(sa_type=Text, sa_column_kwargs=by_actor())
    at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class PayoutResult(Table, table=True):
    """A file in which the bank answered: taken whole or not at all."""

    __tablename__ = "payout_result"
    __table_args__ = (UniqueConstraint("batch_id", "digest"),)

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    county_code: str = county()
    division_code: str = place()
    batch_id: UUID = Field(foreign_key="funds.payout_batch.id")
    digest: bytes
    filename: str = Field(sa_type=Text)
    rows: int
    paid: int
    returned: int
    known: int
    reported_on: date
    bank_reference: str = Field(max_length=64)
    made_by: str = Field(sa_type=Text, sa_column_kwargs=by_actor())
    at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class Payout(Table, table=True):
    """How an attempt ended: paid, once for each household's line, or returned."""

    __table_args__ = (
        _line_of("payout_line", "attempt"),
        _booked(),
        UniqueConstraint("distribution_id", "line_no", "attempt"),
        UniqueConstraint("distribution_id", "line_no", "attempt", "outcome"),
        Index(
            "uq_payout_distribution_id_line_no",
            "distribution_id",
            "line_no",
            unique=True,
            postgresql_where=text("outcome = 'PAID'"),
        ),
    )

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    distribution_id: UUID
    line_no: int
    attempt: int
    county_code: str = county()
    division_code: str = place()
    outcome: PayoutOutcome = Field(sa_type=PayoutOutcome.stored())
    reported_on: date
    bank_reference: str = Field(max_length=64)
    reason: str | None = Field(sa_type=Text)
    journal_id: UUID | None
    journal_line: int | None
    made_by: str = Field(sa_type=Text, sa_column_kwargs=by_actor())
    at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class ReleasedLine(Table, table=True):
    """A line that cannot be paid; its money went back to the shared account for good."""

    __tablename__ = "released_line"
    __table_args__ = (_line_of("posted_line"), _booked())

    distribution_id: UUID = Field(primary_key=True)
    line_no: int = Field(primary_key=True)
    county_code: str = county()
    division_code: str = place()
    reason: str = Field(sa_type=Text)
    journal_id: UUID
    journal_line: int
    made_by: str = Field(sa_type=Text, sa_column_kwargs=by_actor())
    at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)
