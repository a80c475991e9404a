"""Inspection plans and their frozen frames. Frames are facts: rows are only ever added."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, Numeric, String, Text, UniqueConstraint
from sqlmodel import Field

from fupin.db import NEW_ID
from services.inspection.codes import PlanStratum
from services.inspection.models.base import COUNTY, FIRST, HEX, NOW, TIMESTAMP, Table, in_county, is_place, place


class Plan(Table, table=True):
    """An inspection plan (督查计划): what is sampled, when, and for what. Its number stands in every ticket."""

    __table_args__ = (
        is_place(),
        UniqueConstraint("plan_no"),
        CheckConstraint("plan_no <> '' AND plan_no !~ '[|\\r\\n]'", name="plan_no"),
        CheckConstraint("period_to >= period_from", name="period"),
        CheckConstraint("cardinality(strata) > 0 AND strata <@ '{KEY,SAMPLE,CENTRAL}'", name="strata"),
        CheckConstraint("('CENTRAL' = ANY (strata)) = (cardinality(central_villages) > 0)", name="central_villages"),
        CheckConstraint(
            "villages_per_town BETWEEN 1 AND 1000 AND poor_per_village BETWEEN 0 AND 10000"
            " AND non_poor_per_village BETWEEN 0 AND 10000 AND poor_per_village + non_poor_per_village > 0"
            " AND reserves BETWEEN 0 AND 1000",
            name="sizes",
        ),
    )

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    division_code: str = place()
    plan_no: str
    purpose: str
    period_from: date
    period_to: date  # its last day
    strata: list[str] = Field(sa_type=ARRAY(Text))
    central_villages: list[str] = Field(sa_type=ARRAY(Text))
    villages_per_town: int
    poor_per_village: int
    non_poor_per_village: int
    reserves: int  # households per village in reserve, poor and non-poor apart
    version: int = Field(sa_column_kwargs=FIRST)


class Frame(Table, table=True):
    """The villages and households a plan draws from, as the registry knew them on one day."""

    __table_args__ = (
        is_place(),
        UniqueConstraint("plan_id"),
        UniqueConstraint("id", "plan_id"),
        CheckConstraint("frozen_on >= frame_on", name="days"),
        CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="digest"),
        CheckConstraint("villages > 0 AND households > 0 AND left_out >= 0", name="units"),
    )

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    plan_id: UUID = Field(foreign_key="inspection.plan.id")
    division_code: str = place()
    frame_on: date  # the day whose registry it shows
    frozen_on: date
    digest: str = Field(sa_type=HEX)
    villages: int
    households: int
    left_out: int  # households of that day which live in no village of the frame
    recorded_at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class FrameVillage(Table, table=True):
    __tablename__ = "frame_village"
    __table_args__ = (is_place(), is_place("town_code"), Index(None, "division_code"))

    frame_id: UUID = Field(primary_key=True, foreign_key="inspection.frame.id")
    division_code: str = Field(primary_key=True, max_length=12)
    town_code: str = Field(max_length=12)
    name: str
    stratum: PlanStratum = Field(sa_type=PlanStratum.stored())
    poor_households: int
    other_households: int
    longitude: Decimal | None = Field(sa_type=Numeric(9, 6))
    latitude: Decimal | None = Field(sa_type=Numeric(8, 6))


class FrameHousehold(Table, table=True):
    __tablename__ = "frame_household"
    __table_args__ = (
        in_county(),
        CheckConstraint("household_no <> '' AND household_no !~ '[|\\r\\n]'", name="household_no"),
        Index(None, "frame_id", "division_code"),
    )

    frame_id: UUID = Field(primary_key=True, foreign_key="inspection.frame.id")
    household_no: str = Field(primary_key=True, sa_type=String(collation="C"))  # in byte order, as digests take them
    household_id: UUID  # in the registry
    division_code: str = place()
    county_code: str = Field(sa_type=COUNTY)
    poor: bool


class FramePublication(Table, table=True):
    """Where and when a frame's digest was made public: before any seed exists."""

    __tablename__ = "frame_publication"
    __table_args__ = (is_place(),)

    frame_id: UUID = Field(primary_key=True, foreign_key="inspection.frame.id")
    division_code: str = place()
    published_on: date
    published_in: str
    recorded_at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)
