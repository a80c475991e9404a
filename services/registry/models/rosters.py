from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.registry.codes import HouseGrade, Residence
from services.registry.codes.rosters import FourCategory, Outcome, RosterKind, RosterState
from services.registry.models.base import CODE, ONE, ZERO, Placed, Table, Written, in_county


class Roster(Written, Table, table=True):
    """台账: a named, dated list of households or persons. Once it is READY its rows never change."""

    __table_args__ = (
        CheckConstraint("(comparison_id IS NULL) = (rule IS NULL)", name="rule"),
        ForeignKeyConstraint(["comparison_id"], ["registry.comparison.id"], use_alter=True),
        Index(None, "comparison_id"),
        Index(None, "kind", "as_of"),
    )

    id: UUID = Field(primary_key=True)  # of the operation that filled it
    division_code: str = Field(sa_type=CODE)
    name: str = Field(max_length=100)
    kind: RosterKind = Field(sa_type=RosterKind.stored())
    as_of: date
    state: RosterState = Field(
        default=RosterState.LOADING,
        sa_type=RosterState.stored(),
        sa_column_kwargs={"server_default": RosterState.LOADING.value},
    )
    row_count: int = Field(default=0, sa_column_kwargs=ZERO)
    filename: str | None = Field(default=None, max_length=200)
    comparison_id: UUID | None = None
    criteria: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))  # of the registry
    rule: str | None = Field(default=None, max_length=32)
    created_by: str


class RosterRow(Placed, Table, table=True):
    """
    One household or person of a roster.

    No foreign key to the roster: a million look-ups for one parent that a trigger sees once per statement. The
    ranks and copies are counted when the roster is filled; they let a comparison hash-join on keys that are unique.
    """

    __table_args__ = (in_county(),)

    roster_id: UUID = Field(primary_key=True)
    row_no: int = Field(primary_key=True)  # of the file, as a spreadsheet counts
    household_no: str | None = Field(default=None, max_length=30)
    name: str = Field(max_length=60)
    id_number_enc: bytes | None = None
    id_number_index: bytes | None = None
    id_number_mask: str | None = Field(default=None, max_length=20)
    category: FourCategory | None = Field(default=None, sa_type=FourCategory.stored())
    residence: Residence | None = Field(default=None, sa_type=Residence.stored())
    removed_reason: str | None = Field(default=None, max_length=100)
    appraised_on: date | None = None
    house_grade: HouseGrade | None = Field(default=None, sa_type=HouseGrade.stored())
    outcome: Outcome | None = Field(default=None, sa_type=Outcome.stored())  # that brought it here from a comparison
    attributes: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}")
    )
    id_number_rank: int = Field(default=1, sa_column_kwargs=ONE)  # 1 on the first row of an ID number
    id_number_copies: int = Field(default=1, sa_column_kwargs=ONE)  # rows of this roster with that ID number
    household_no_copies: int = Field(default=1, sa_column_kwargs=ONE)
    name_copies: int = Field(default=1, sa_column_kwargs=ONE)  # rows with that name in that division
