from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Date, ForeignKeyConstraint, Index, String, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from fupin.db import NEW_ID
from services.registry.codes.change_requests import LineageKind
from services.registry.models.base import AT, CODE, COUNTY, NOW, Placed, Table, in_county


class DivisionMerger(Placed, Table, table=True):
    """村的合并: villages that became one on a day. Their codes end the day before and are never used again."""

    __table_args__ = (
        in_county(),
        ForeignKeyConstraint(["division_code"], ["registry.division.code"]),
        CheckConstraint(
            "right(division_code, 3) <> '000' AND NOT division_code = ANY (from_codes) AND cardinality(from_codes) > 0",
            name="villages",
        ),
    )

    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    from_codes: list[str] = Field(sa_column=Column(ARRAY(String(12)), nullable=False))
    on_date: date = Field(sa_type=Date)
    reason: str = Field(max_length=500)
    households: int
    actor: str
    at: datetime | None = Field(default=None, sa_type=AT, nullable=False, sa_column_kwargs=NOW)


class HouseholdMove(Table, table=True):
    """A household stood in one village until a day and in another from that day on. Only ever added."""

    __table_args__ = (
        ForeignKeyConstraint(["household_id"], ["registry.household.id"]),
        ForeignKeyConstraint(["change_request_id"], ["registry.change_request.id"]),
        ForeignKeyConstraint(["division_merger_id"], ["registry.division_merger.id"]),
        CheckConstraint("county_code = left(to_code, 6) AND county_code = left(from_code, 6)", name="county"),
        CheckConstraint("from_code <> to_code", name="codes"),
        CheckConstraint("(change_request_id IS NULL) <> (division_merger_id IS NULL)", name="cause"),
        Index(None, "household_id", "moved_on"),
        Index(None, "moved_on"),
    )

    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    household_id: UUID
    county_code: str = Field(sa_type=COUNTY)
    from_code: str = Field(sa_type=CODE)
    to_code: str = Field(sa_type=CODE)
    moved_on: date = Field(sa_type=Date)
    change_request_id: UUID | None = None
    division_merger_id: UUID | None = None


class HouseholdLineage(Table, table=True):
    """Where a household went, or came from. Only ever added."""

    __table_args__ = (
        ForeignKeyConstraint(["household_id"], ["registry.household.id"]),
        ForeignKeyConstraint(["other_household_id"], ["registry.household.id"]),
        ForeignKeyConstraint(["change_request_id"], ["registry.change_request.id"]),
        CheckConstraint("household_id <> other_household_id", name="two"),
        Index(
            "uq_household_lineage_merged_into", "household_id", unique=True, postgresql_where=text("kind = 'MERGED'")
        ),
        Index(None, "other_household_id"),
    )

    household_id: UUID = Field(primary_key=True)
    other_household_id: UUID = Field(primary_key=True)
    county_code: str = Field(sa_type=COUNTY)
    kind: LineageKind = Field(sa_type=LineageKind.stored())
    on_date: date = Field(sa_type=Date)
    change_request_id: UUID
    recorded_at: datetime | None = Field(default=None, sa_type=AT, nullable=False, sa_column_kwargs=NOW)
