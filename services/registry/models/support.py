from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    Numeric,
    SmallInteger,
    UniqueConstraint,
)
from sqlmodel import Field

from fupin.db import NEW_ID
from services.registry.codes.support import AppraisalMark, AssistanceKind
from services.registry.models.base import EMPTY, ONE, OfHousehold, Placed, Table, Written, in_county, of_household

SCORE: Any = Numeric(5, 2)


class Appraisal(Placed, Written, Table, table=True):
    """
    年终考核: the mark of a cadre, or of a whole department, for a year.

    The cadre's name and department stand here through the reference to the cadre, so that PostgreSQL itself refuses
    whoever appraises himself.
    """

    __table_args__ = (
        ForeignKeyConstraint(["division_code"], ["registry.division.code"]),
        ForeignKeyConstraint(
            ["helper_id", "cadre_name", "department"],
            ["registry.helper.id", "registry.helper.name", "registry.helper.department"],
            onupdate="CASCADE",
        ),
        in_county(),
        CheckConstraint("num_nulls(helper_id, cadre_name) IN (0, 2)", name="cadre"),
        CheckConstraint("appraised_by <> coalesce(cadre_name, department)", name="own"),
        CheckConstraint("score BETWEEN 0 AND 100", name="score"),
        UniqueConstraint("county_code", "year", "department", "helper_id", postgresql_nulls_not_distinct=True),
    )

    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    year: int = Field(sa_type=SmallInteger)
    department: str = Field(max_length=100)
    helper_id: UUID | None = None
    cadre_name: str | None = Field(default=None, max_length=60)
    mark: AppraisalMark = Field(sa_type=AppraisalMark.stored())
    score: Decimal = Field(sa_type=SCORE)
    comment: str = Field(default="", max_length=500, sa_column_kwargs=EMPTY)
    appraised_by: str = Field(max_length=60)
    appraised_on: date
    recorded_by: str
    version: int = Field(default=1, sa_column_kwargs=ONE)


class VillageItem(Table, table=True):
    """三通三有: a connection or a thing that a village must have. The list is policy: each entry has its days."""

    __table_args__ = (CheckConstraint("valid_from <= valid_to", name="validity"),)

    code: str = Field(primary_key=True, max_length=32)
    zh: str = Field(max_length=60, unique=True)
    en: str = Field(max_length=100)
    position: int = Field(sa_type=SmallInteger)
    valid_from: date
    valid_to: date | None = None
    version: int = Field(default=1, sa_column_kwargs=ONE)


class VillageFact(Placed, Written, Table, table=True):
    """That a village has an item, or has it no more, from a day on."""

    __table_args__ = (
        ForeignKeyConstraint(["division_code"], ["registry.division.code"]),
        ForeignKeyConstraint(["item"], ["registry.village_item.code"]),
        in_county(),
        CheckConstraint("right(division_code, 3) <> '000'", name="village"),
        UniqueConstraint("division_code", "item", "from_on"),
    )

    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    item: str = Field(max_length=32)
    met: bool
    from_on: date
    evidence: str = Field(default="", max_length=500, sa_column_kwargs=EMPTY)
    recorded_by: str
    version: int = Field(default=1, sa_column_kwargs=ONE)


class Assistance(OfHousehold, Written, Table, table=True):
    """帮扶措施: what a household received, from whom, on which day."""

    __table_args__ = (
        of_household(),
        in_county(),
        CheckConstraint("amount_fen >= 0", name="amount"),
        Index(None, "household_id", "given_on"),
    )

    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    kind: AssistanceKind = Field(sa_type=AssistanceKind.stored())
    given_on: date
    given_by: str = Field(max_length=100)
    amount_fen: int | None = Field(default=None, sa_type=BigInteger)
    description: str = Field(default="", max_length=500, sa_column_kwargs=EMPTY)
    recorded_by: str
    version: int = Field(default=1, sa_column_kwargs=ONE)
