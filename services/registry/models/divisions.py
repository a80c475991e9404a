from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlmodel import Field

from services.registry.codes import DivisionLevel
from services.registry.models.base import AT, CODE, COUNTY, EMPTY, NO, NOW, ONE, Table


class Division(Table, table=True):
    """行政区划: a county, town or village, by its 12-digit code (GB/T 2260 and GB/T 10114)."""

    __table_args__ = (
        CheckConstraint("code ~ '^[0-9]{12}$'", name="digits"),
        CheckConstraint("county_code = left(code, 6)", name="county"),
        CheckConstraint(
            "level = CASE WHEN right(code, 6) = '000000' THEN 'COUNTY'"
            " WHEN right(code, 3) = '000' THEN 'TOWN' ELSE 'VILLAGE' END",
            name="level",
        ),
        CheckConstraint("(level = 'COUNTY') = (parent_code IS NULL)", name="parent"),
        CheckConstraint("water_system_running IS NULL OR has_tap_water", name="water"),
        CheckConstraint("level = 'VILLAGE' OR NOT poor_village", name="poor_village"),
        CheckConstraint("valid_from <= valid_to", name="validity"),
        Index(None, "parent_code"),
    )

    code: str = Field(primary_key=True, sa_type=CODE)
    county_code: str = Field(sa_type=COUNTY)
    name: str = Field(max_length=60)
    level: DivisionLevel = Field(sa_type=DivisionLevel.stored())
    parent_code: str | None = Field(default=None, sa_type=CODE, foreign_key="registry.division.code")
    successor_code: str | None = Field(default=None, sa_type=CODE, foreign_key="registry.division.code")
    leader: str | None = Field(default=None, max_length=60)
    longitude: float | None = None
    latitude: float | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    # What changes over the years; `division_state` keeps every state, by trigger.
    state_on: date
    poor_village: bool = Field(default=False, sa_column_kwargs=NO)
    has_tap_water: bool | None = None
    water_system_running: bool | None = None
    population: int | None = None
    labour_force: int | None = None
    collective_income_fen: int | None = Field(default=None, sa_type=BigInteger)
    version: int = Field(default=1, sa_column_kwargs=ONE)


class DivisionState(Table, table=True):
    """How a division stood from a day on. Rows are only ever added, by the trigger on `division`."""

    division_code: str = Field(primary_key=True, sa_type=CODE, foreign_key="registry.division.code")
    version: int = Field(primary_key=True)
    state_on: date
    poor_village: bool
    has_tap_water: bool | None
    water_system_running: bool | None
    population: int | None
    labour_force: int | None
    collective_income_fen: int | None = Field(sa_type=BigInteger)
    actor: str = Field(sa_column_kwargs=EMPTY)
    recorded_at: datetime | None = Field(default=None, sa_type=AT, nullable=False, sa_column_kwargs=NOW)
