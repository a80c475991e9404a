"""Seed events and draws. Facts: rows are only ever added."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Computed, ForeignKeyConstraint, Index, Numeric, UniqueConstraint
from sqlmodel import Field

from fupin.db import NEW_ID
from services.inspection.codes import DrawRole, PlanStratum
from services.inspection.models.base import COUNTY, HEX, NOW, TIMESTAMP, Table, in_county, is_place, place

WEIGHT = Computed("round(pi_den::numeric / pi_num, 12)", persisted=True)


class SeedEvent(Table, table=True):
    """The public event whose value becomes the seed (a lottery number, a closing index), named before it happens."""

    __tablename__ = "seed_event"
    __table_args__ = (
        is_place(),
        UniqueConstraint("plan_id", "wave"),
        UniqueConstraint("id", "plan_id"),
        CheckConstraint("wave > 0", name="wave"),
        CheckConstraint("wave = 1 OR coalesce(reason, '') <> ''", name="reason"),
    )

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    plan_id: UUID = Field(foreign_key="inspection.plan.id")
    division_code: str = place()
    wave: int
    event: str
    named_on: date
    occurs_on: date
    reason: str | None  # published with every wave after the first
    recorded_at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class Draw(Table, table=True):
    """One wave drawn from a plan's frame with one seed."""

    __table_args__ = (
        is_place(),
        ForeignKeyConstraint(
            ["seed_event_id", "plan_id"], ["inspection.seed_event.id", "inspection.seed_event.plan_id"]
        ),
        ForeignKeyConstraint(["frame_id", "plan_id"], ["inspection.frame.id", "inspection.frame.plan_id"]),
        UniqueConstraint("seed_event_id"),
        UniqueConstraint("plan_id", "seed"),
        CheckConstraint("seed <> '' AND seed !~ '[|\\r\\n]'", name="seed"),
        Index(None, "frame_id"),
    )

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    plan_id: UUID
    frame_id: UUID
    seed_event_id: UUID
    division_code: str = place()
    seed: str
    drawn_on: date
    villages: int
    households: int  # main units
    recorded_at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)


class DrawVillage(Table, table=True):
    """A drawn village: its inclusion probability is pi_num / pi_den, exactly; certainty is 1 / 1."""

    __tablename__ = "draw_village"
    __table_args__ = (
        is_place(),
        UniqueConstraint("draw_id", "division_code"),
        CheckConstraint("0 < pi_num AND pi_num <= pi_den", name="probability"),
        CheckConstraint("stratum = 'SAMPLE' OR pi_num = pi_den", name="certainty"),
        Index(None, "division_code"),
    )

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    draw_id: UUID = Field(foreign_key="inspection.draw.id")
    division_code: str = place()
    town_code: str = Field(max_length=12)
    name: str
    stratum: PlanStratum = Field(sa_type=PlanStratum.stored())
    ticket: str = Field(sa_type=HEX)
    draw_order: int
    pi_num: int = Field(sa_type=BigInteger)
    pi_den: int = Field(sa_type=BigInteger)
    weight: Decimal = Field(sa_type=Numeric, sa_column_args=[WEIGHT])


class DrawHousehold(Table, table=True):
    """
    A drawn household. `stage_num / stage_den` is its probability within its drawn village, `pi_num / pi_den` over both
    stages; a reserve carries those of the main unit that it would stand in for. That it lies in a drawn village is
    checked once a statement.
    """

    __tablename__ = "draw_household"
    __table_args__ = (
        in_county(),
        UniqueConstraint("draw_id", "household_no"),
        CheckConstraint("0 < stage_num AND stage_num <= stage_den", name="stage_probability"),
        CheckConstraint("0 < pi_num AND pi_num <= pi_den", name="probability"),
        Index(None, "draw_id", "division_code"),
        Index(None, "household_id"),
    )

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    draw_id: UUID
    household_id: UUID
    household_no: str
    division_code: str = place()
    county_code: str = Field(sa_type=COUNTY)
    poor: bool
    ticket: str = Field(sa_type=HEX)
    draw_order: int
    role: DrawRole = Field(sa_type=DrawRole.stored())
    stage_num: int
    stage_den: int
    pi_num: int = Field(sa_type=BigInteger)
    pi_den: int = Field(sa_type=BigInteger)
    weight: Decimal = Field(sa_type=Numeric, sa_column_args=[WEIGHT])
