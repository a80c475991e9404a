"""Visits to drawn households."""

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field

from fupin.db import NEW_ID
from services.inspection.codes import VisitState
from services.inspection.models.base import COUNTY, FIRST, Table, in_county, place


class Visit(Table, table=True):
    """A team's visit to a drawn household; never by a team that is at home there (constraint trigger)."""

    __table_args__ = (
        in_county(),
        ForeignKeyConstraint(
            ["draw_id", "household_no"],
            ["inspection.draw_household.draw_id", "inspection.draw_household.household_no"],
        ),
        UniqueConstraint("draw_id", "household_no"),
        Index(None, "team_id", "planned_on"),
        Index(None, "division_code"),
    )

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    draw_id: UUID
    household_no: str
    household_id: UUID
    division_code: str = place()
    county_code: str = Field(sa_type=COUNTY)
    team_id: UUID = Field(foreign_key="inspection.team.id")
    planned_on: date
    state: VisitState = Field(sa_type=VisitState.stored(), sa_column_kwargs={"server_default": "PLANNED"})
    version: int = Field(sa_column_kwargs=FIRST)
