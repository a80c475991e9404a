from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, SmallInteger
from sqlmodel import Field

from fupin.db import NEW_ID
from services.registry.models.base import AT, NOW, Placed, Table, in_county


class Snapshot(Placed, Table, table=True):
    """The poor households of a division as they stood on a day, frozen for whoever decides by them."""

    __table_args__ = (in_county(), ForeignKeyConstraint(["division_code"], ["registry.division.code"]))

    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    on_date: date
    purpose: str = Field(max_length=200)
    households: int
    digest: str = Field(max_length=64)
    actor: str
    taken_at: datetime | None = Field(default=None, sa_type=AT, nullable=False, sa_column_kwargs=NOW)


class SnapshotRow(Placed, Table, table=True):
    """One household of a snapshot: what a need is reckoned from. It never follows the household again."""

    __table_args__ = (
        in_county(),
        ForeignKeyConstraint(
            ["snapshot_id"], ["registry.snapshot.id"], deferrable=True, initially="DEFERRED"
        ),  # the digest is taken over the rows, so they come first
    )

    snapshot_id: UUID = Field(primary_key=True)
    household_id: UUID = Field(primary_key=True)
    household_no: str = Field(max_length=30)
    size: int = Field(sa_type=SmallInteger)
    able_labour: int = Field(sa_type=SmallInteger)
    ill: int = Field(sa_type=SmallInteger)
    disabled: int = Field(sa_type=SmallInteger)
    students: int = Field(sa_type=SmallInteger)
    income_per_head_fen: int | None = Field(default=None, sa_type=BigInteger)
