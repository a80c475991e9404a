from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    ForeignKeyConstraint,
    Index,
    Numeric,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from fupin.db import NEW_ID
from services.registry.codes import HouseGrade, HouseholdStatus, PovertyCause, PovertyType, Residence
from services.registry.models.base import (
    AT,
    EMPTY,
    NOW,
    ONE,
    ZERO,
    OfHousehold,
    Placed,
    Table,
    Written,
    in_county,
    of_household,
)

MU: Any = Numeric(10, 2)
NET = "wage_fen + business_fen + property_fen + transfer_fen - production_cost_fen"


class Household(Placed, Written, Table, table=True):
    """户: a registered household, poor or not. Its status history is kept by trigger in `household_status`."""

    __table_args__ = (
        UniqueConstraint("county_code", "household_no"),
        UniqueConstraint("id", "division_code"),  # what the rows of a household refer to
        ForeignKeyConstraint(["division_code"], ["registry.division.code"]),
        in_county(),
        CheckConstraint("right(division_code, 3) <> '000'", name="village"),
        CheckConstraint(
            "cardinality(other_causes) <= 2 AND NOT main_cause = ANY (other_causes)"
            " AND coalesce(other_causes[1] <> other_causes[2], true)",
            name="causes",
        ),
        CheckConstraint("cardinality(other_causes) = 0 OR main_cause IS NOT NULL", name="main_cause"),
        CheckConstraint("identified_on <= exited_on", name="dates"),
        CheckConstraint("status IN ('NOT_POOR', 'CANCELLED') OR identified_on IS NOT NULL", name="identified_on"),
        CheckConstraint("status NOT IN ('EXITED', 'STABLE', 'RELAPSED') OR exited_on IS NOT NULL", name="exited_on"),
        Index(None, "division_code", "household_no"),
        Index(None, "phone_index", postgresql_where=text("phone_index IS NOT NULL")),
        Index(None, "bank_account_index", postgresql_where=text("bank_account_index IS NOT NULL")),
        Index("ix_household_identified_on", "identified_on", postgresql_where=text("identified_on IS NOT NULL")),
    )

    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    household_no: str = Field(max_length=30)
    residence: Residence = Field(sa_type=Residence.stored())
    poverty_type: PovertyType | None = Field(default=None, sa_type=PovertyType.stored())
    status: HouseholdStatus = Field(sa_type=HouseholdStatus.stored())
    status_on: date
    status_reason: str = Field(default="", sa_column_kwargs=EMPTY)
    main_cause: PovertyCause | None = Field(default=None, sa_type=PovertyCause.stored())
    other_causes: list[str] = Field(
        default_factory=list, sa_column=Column(ARRAY(String(2)), nullable=False, server_default="{}")
    )
    identified_on: date | None = None
    exited_on: date | None = None
    phone_enc: bytes | None = None
    phone_index: bytes | None = None
    phone_mask: str | None = Field(default=None, max_length=20)
    bank_account_enc: bytes | None = None
    bank_account_index: bytes | None = None
    bank_account_mask: str | None = Field(default=None, max_length=32)
    farmland_mu: Decimal | None = Field(default=None, sa_type=MU)
    irrigated_mu: Decimal | None = Field(default=None, sa_type=MU)
    forest_mu: Decimal | None = Field(default=None, sa_type=MU)
    grassland_mu: Decimal | None = Field(default=None, sa_type=MU)
    house_grade: HouseGrade | None = Field(default=None, sa_type=HouseGrade.stored())
    version: int = Field(default=1, sa_column_kwargs=ONE)
    source_hash: bytes | None = None  # digest of the file's rows that made it, so that the same file changes nothing


class StatusTransition(Table, table=True):
    """Which status may follow which; the history refers to it, so no other step can be written."""

    from_status: HouseholdStatus = Field(primary_key=True, sa_type=HouseholdStatus.stored())
    to_status: HouseholdStatus = Field(primary_key=True, sa_type=HouseholdStatus.stored())


class HouseholdStatusChange(OfHousehold, Table, table=True):
    """One step of a household's status history. Rows are only ever added, by the trigger on `household`."""

    __tablename__ = "household_status"
    __table_args__ = (
        of_household(),
        ForeignKeyConstraint(
            ["from_status", "to_status"],
            ["registry.status_transition.from_status", "registry.status_transition.to_status"],
        ),
        CheckConstraint("from_on <= happened_on", name="order"),
    )

    household_id: UUID = Field(primary_key=True)
    seq: int = Field(primary_key=True, sa_type=SmallInteger)
    from_status: HouseholdStatus | None = Field(default=None, sa_type=HouseholdStatus.stored())
    from_on: date | None = None
    to_status: HouseholdStatus = Field(sa_type=HouseholdStatus.stored())
    happened_on: date
    reason: str = Field(sa_column_kwargs=EMPTY)
    actor: str = Field(sa_column_kwargs=EMPTY)
    recorded_at: datetime | None = Field(default=None, sa_type=AT, nullable=False, sa_column_kwargs=NOW)


class HouseholdIncome(OfHousehold, Written, Table, table=True):
    """A household's income of one year, line by line; net and net per head follow from the lines."""

    __table_args__ = (
        of_household(),
        in_county(),
        CheckConstraint(
            "least(wage_fen, business_fen, property_fen, transfer_fen, production_cost_fen) >= 0", name="lines"
        ),
        CheckConstraint("persons > 0", name="persons"),
    )

    household_id: UUID = Field(primary_key=True)
    year: int = Field(primary_key=True, sa_type=SmallInteger)
    persons: int = Field(sa_type=SmallInteger)
    wage_fen: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=ZERO)
    business_fen: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=ZERO)
    property_fen: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=ZERO)
    transfer_fen: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=ZERO)
    production_cost_fen: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=ZERO)
    net_fen: int | None = Field(
        default=None, sa_column=Column(BigInteger, Computed(NET, persisted=True), nullable=False)
    )
    per_head_fen: int | None = Field(
        default=None, sa_column=Column(BigInteger, Computed(f"({NET}) / persons", persisted=True), nullable=False)
    )
    version: int = Field(default=1, sa_column_kwargs=ONE)
