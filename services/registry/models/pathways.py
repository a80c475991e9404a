from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, SmallInteger, UniqueConstraint
from sqlmodel import Field

from fupin.db import NEW_ID
from services.registry.models.base import (
    ONE,
    UNMAPPED,
    Holding,
    OfHousehold,
    Table,
    Written,
    held,
    in_county,
    of_household,
)


class Pathway(Table, table=True):
    """脱贫路径: a way out of poverty that households are set on. The list is policy: each entry has its days."""

    __table_args__ = (CheckConstraint("valid_from <= valid_to", name="validity"),)

    code: str = Field(primary_key=True, max_length=32)
    zh: str = Field(max_length=60, unique=True)
    en: str = Field(max_length=100)
    position: int = Field(sa_type=SmallInteger)
    valid_from: date
    valid_to: date | None = None
    version: int = Field(default=1, sa_column_kwargs=ONE)


class MedicalLine(Table, table=True):
    """兜底保障线: one line of medical protection of poor households."""

    __table_args__ = (CheckConstraint("valid_from <= valid_to", name="validity"),)

    code: str = Field(primary_key=True, max_length=32)
    zh: str = Field(max_length=60, unique=True)
    en: str = Field(max_length=100)
    position: int = Field(sa_type=SmallInteger)
    valid_from: date
    valid_to: date | None = None
    version: int = Field(default=1, sa_column_kwargs=ONE)


class HouseholdPathway(OfHousehold, Holding, Written, Table, table=True):
    """A pathway a household is on, from one day to another, with the income expected of it in a year."""

    __mapper_args__ = UNMAPPED
    __table_args__ = (
        of_household(),
        in_county(),
        ForeignKeyConstraint(["pathway"], ["registry.pathway.code"]),
        CheckConstraint("from_on <= to_on", name="days"),
        held(),
        CheckConstraint("expected_income_fen >= 0", name="expected_income"),
        UniqueConstraint("household_id", "pathway", "held", name="uq_household_pathway_once"),  # held WITHOUT OVERLAPS
        Index(None, "household_id"),  # many times faster than the constraint's GiST index, one household at a time
        Index(None, "project_id"),
    )

    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    pathway: str = Field(max_length=32)
    project_id: UUID | None = None  # of `projects`
    expected_income_fen: int | None = Field(default=None, sa_type=BigInteger)
    version: int = Field(default=1, sa_column_kwargs=ONE)
