"""Distribution by need, from the rule to the household's money. Households stand here by number, never by name."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from fupin.db import NEW_ID
from services.funds.codes import DistributionState, ShareBound
from services.funds.models.base import NOW, TIMESTAMP, Table, by_actor, county, place


class DistributionRule(Table, table=True):
    """One revision of a named rule: points for needs, income line, floor and cap. Never changed, only succeeded."""

    __tablename__ = "distribution_rule"
    __table_args__ = (UniqueConstraint("county_code", "name", "revision"),)

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    county_code: str = county()
    division_code: str = place()
    name: str = Field(max_length=64)
    revision: int
    per_person: int
    per_income_gap: int
    per_ill: int
    per_disabled: int
    per_student: int
    no_able_labour: int
    income_line_fen: int = Field(sa_type=BigInteger)
    floor_fen: int = Field(sa_type=BigInteger)
    cap_fen: int | None = Field(sa_type=BigInteger)
    made_by: str = Field(sa_type=Text, sa_column_kwargs=by_actor())
    at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class Distribution(Table, table=True):
    """A part of the shared account's money on its way to the households that need it."""

    __table_args__ = (
        Index(
            "uq_distribution_county_code_year_sequence",
            "county_code",
            "year",
            "sequence",
            unique=True,
            postgresql_where=text("state <> 'CANCELLED'"),
        ),
    )

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    county_code: str = county()
    division_code: str = place()
    year: int
    sequence: int
    rule_id: UUID = Field(foreign_key="funds.distribution_rule.id")
    pot_fen: int = Field(sa_type=BigInteger)
    need_on: date
    state: DistributionState = Field(sa_type=DistributionState.stored(), sa_column_kwargs={"server_default": "DRAFT"})
    made_by: str = Field(sa_type=Text, sa_column_kwargs=by_actor())
    snapshot_id: UUID | None
    snapshot_digest: str | None = Field(sa_type=Text)
    households: int | None
    open_pot_fen: int | None = Field(sa_type=BigInteger)
    open_need: int | None = Field(sa_type=BigInteger)
    batch_hash: bytes | None
    approved_by: str | None = Field(sa_type=Text)
    approved_hash: bytes | None
    hold_id: UUID | None = Field(foreign_key="funds.hold.id")
    published_on: date | None
    notice_days: int | None
    notice_ends_on: date | None
    posted_on: date | None
    paid_on: date | None
    version: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": text("1")})


class DistributionLine(Table, table=True):
    """One household: its frozen needs, and the share that follows from them."""

    __tablename__ = "distribution_line"
    __table_args__ = (UniqueConstraint("distribution_id", "household_id"),)

    distribution_id: UUID = Field(primary_key=True, foreign_key="funds.distribution.id")
    line_no: int = Field(primary_key=True)
    county_code: str = county()
    division_code: str = place()
    household_id: UUID
    household_no: str = Field(max_length=64)
    size: int
    able_labour: int
    ill: int
    disabled: int
    students: int
    income_per_head_fen: int | None = Field(sa_type=BigInteger)
    need: int = Field(sa_type=BigInteger)
    rank: int
    share_fen: int = Field(sa_type=BigInteger)
    remainder: int = Field(sa_type=BigInteger)
    bound: ShareBound | None = Field(sa_type=ShareBound.stored())


def _line_of(table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["distribution_id", "line_no"], [f"funds.{table}.distribution_id", f"funds.{table}.line_no"]
    )


def _booked() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["journal_id", "journal_line"], ["funds.posting.journal_id", "funds.posting.line"])


class Objection(Table, table=True):
    """Someone objects to a line while it is on notice; until ruled on, the line is frozen."""

    __table_args__ = (_line_of("distribution_line"), Index(None, "distribution_id", "line_no"))

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    distribution_id: UUID
    line_no: int
    county_code: str = county()
    division_code: str = place()
    raised_on: date
    reason: str = Field(sa_type=Text)
    made_by: str = Field(sa_type=Text, sa_column_kwargs=by_actor())
    at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class ObjectionRuling(Table, table=True):
    __tablename__ = "objection_ruling"

    objection_id: UUID = Field(primary_key=True, foreign_key="funds.objection.id")
    county_code: str = county()
    division_code: str = place()
    upheld: bool
    reason: str = Field(sa_type=Text)
    ruled_on: date
    ruled_by: str = Field(sa_type=Text, sa_column_kwargs=by_actor())
    at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class PostedLine(Table, table=True):
    """The journal line that moved a household's share from the shared account to what is payable."""

    __tablename__ = "posted_line"
    __table_args__ = (_line_of("distribution_line"), _booked())

    distribution_id: UUID = Field(primary_key=True)
    line_no: int = Field(primary_key=True)
    county_code: str = county()
    division_code: str = place()
    journal_id: UUID
    journal_line: int
