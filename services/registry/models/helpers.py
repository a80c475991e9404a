from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, SmallInteger, UniqueConstraint
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import Field

from fupin.db import NEW_ID
from services.registry.codes import HelperLevel, LetterLevel
from services.registry.models.base import NO, ONE, UNMAPPED, Holding, Placed, Table, Written, held, in_county


class Helper(Placed, Written, Table, table=True):
    """帮扶干部: a cadre who helps a town or households. Cadres are known all over their county."""

    __table_args__ = (
        UniqueConstraint("county_code", "department", "name"),
        UniqueConstraint("id", "name", "department"),  # what an appraisal of the cadre refers to
        ForeignKeyConstraint(["division_code"], ["registry.division.code"]),
        in_county(),
    )

    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    name: str = Field(max_length=60)
    department: str = Field(max_length=100)
    position: str | None = Field(default=None, max_length=60)
    version: int = Field(default=1, sa_column_kwargs=ONE)


class HelperAssignment(Placed, Holding, Written, Table, table=True):
    """包保: who helps which household, or which town, from one day to another."""

    __mapper_args__ = UNMAPPED
    __table_args__ = (
        ForeignKeyConstraint(["helper_id"], ["registry.helper.id"]),
        ForeignKeyConstraint(["division_code"], ["registry.division.code"]),
        ForeignKeyConstraint(
            ["household_id", "division_code"],
            ["registry.household.id", "registry.household.division_code"],
            onupdate="CASCADE",
            name="fk_helper_assignment_household_id",
        ),
        in_county(),
        CheckConstraint("(level = 'LEADER') = (household_id IS NULL)", name="target"),
        CheckConstraint("household_id IS NOT NULL OR NOT responsible", name="responsible"),
        CheckConstraint("from_on <= to_on", name="days"),
        held(),
        ExcludeConstraint(
            ("household_id", "="), ("held", "&&"), where="responsible", name="ex_helper_assignment_responsible"
        ),
        UniqueConstraint("helper_id", "household_id", "from_on"),
        Index(None, "household_id"),
        Index(None, "division_code"),
    )

    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    helper_id: UUID
    household_id: UUID | None = None
    level: HelperLevel = Field(sa_type=HelperLevel.stored())
    responsible: bool = Field(default=False, sa_column_kwargs=NO)
    version: int = Field(default=1, sa_column_kwargs=ONE)


class ResponsibilityLetter(Placed, Written, Table, table=True):
    """责任书: a link of the chain of responsibility from county to town to village to cadre, for a year."""

    __table_args__ = (
        ForeignKeyConstraint(["division_code"], ["registry.division.code"]),
        ForeignKeyConstraint(["helper_id"], ["registry.helper.id"]),
        ForeignKeyConstraint(["parent_id"], ["registry.responsibility_letter.id"]),
        in_county(),
        CheckConstraint("(level = 'VILLAGE_CADRE') = (helper_id IS NOT NULL)", name="cadre"),
        CheckConstraint("(level = 'COUNTY_TOWN') = (parent_id IS NULL)", name="chain"),
        UniqueConstraint("year", "level", "division_code", "helper_id", postgresql_nulls_not_distinct=True),
    )

    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    year: int = Field(sa_type=SmallInteger)
    level: LetterLevel = Field(sa_type=LetterLevel.stored())
    parent_id: UUID | None = None
    helper_id: UUID | None = None
    issued_by: str = Field(max_length=60)
    accepted_by: str = Field(max_length=60)
    signed_on: date
