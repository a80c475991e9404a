"""What the tables of the `registry` schema share. Money is whole fen (1 yuan = 100 fen)."""

import re
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Computed, Date, DateTime, ForeignKeyConstraint, String, text
from sqlalchemy.dialects.postgresql import DATERANGE
from sqlalchemy.orm import declared_attr
from sqlmodel import Field, SQLModel

from fupin.db import kernel_tables, schema


class Table(SQLModel, registry=schema("registry")):
    @declared_attr.directive
    def __tablename__(cls) -> str:  # noqa: N805  # SQLAlchemy hands over the class
        """HouseholdPathway stands in `household_pathway`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


kernel_tables(Table.metadata)

# Bytewise order lets PostgreSQL answer "begins with 230882101" from an index.
CODE: Any = String(12, collation="C")
COUNTY: Any = String(6, collation="C")
AT: Any = DateTime(timezone=True)
NOW: dict[str, Any] = {"server_default": text("clock_timestamp()")}
ONE: dict[str, Any] = {"server_default": "1"}
ZERO: dict[str, Any] = {"server_default": "0"}
NO: dict[str, Any] = {"server_default": text("false")}
EMPTY: dict[str, Any] = {"server_default": ""}


# PostgreSQL's own: a range that ends with the year 9999 has a bound that no Python date can hold.
UNMAPPED: dict[str, Any] = {"exclude_properties": {"held"}}


def in_county() -> CheckConstraint:
    """The county is that of the division: it stands apart so that a large deployment can shard by it."""
    return CheckConstraint("county_code = left(division_code, 6)", name="county")


def of_household() -> ForeignKeyConstraint:
    """A row of a household stands in the household's division, and moves with it."""
    return ForeignKeyConstraint(
        ["household_id", "division_code"],
        ["registry.household.id", "registry.household.division_code"],
        onupdate="CASCADE",
    )


def held() -> Column[Any]:
    """The days a thing holds, first and last included, as a range that PostgreSQL can forbid to overlap."""
    return Column("held", DATERANGE, Computed("daterange(from_on, to_on, '[]')", persisted=True), nullable=False)


class Placed(SQLModel):
    """Columns of every row that belongs to a place."""

    county_code: str = Field(sa_type=COUNTY)
    division_code: str = Field(sa_type=CODE)


class OfHousehold(Placed):
    household_id: UUID


class Holding(SQLModel):
    """Columns of what holds from one day to another; without a last day it still holds."""

    from_on: date = Field(sa_type=Date)
    to_on: date | None = Field(default=None, sa_type=Date)


class Written(SQLModel):
    created_at: datetime | None = Field(default=None, sa_type=AT, nullable=False, sa_column_kwargs=NOW)
