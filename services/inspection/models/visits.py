"""Visits to drawn households."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field

from fupin.db import NEW_ID
from services.inspection.codes import FailureReason, VisitState
from services.inspection.models.base import COUNTY, FIRST, Table, in_county, place, with_place


class Visit(Table, table=True):
    """
    A team's visit to a drawn household; never by a team that is at home there (constraint trigger).

    A main household is visited for its own sake, a reserve only in place of a visit that failed, and only the next one
    of its village and kind (constraint trigger).
    """

    __table_args__ = (
        in_county(),
        with_place(),
        ForeignKeyConstraint(
            ["draw_id", "household_no"],
            ["inspection.draw_household.draw_id", "inspection.draw_household.household_no"],
        ),
        UniqueConstraint("draw_id", "household_no"),
        UniqueConstraint("replaces"),
        CheckConstraint(
            "CASE state WHEN 'DONE' THEN visited_on IS NOT NULL AND failure IS NULL"
            " WHEN 'FAILED' THEN visited_on IS NOT NULL AND failure IS NOT NULL"
            " ELSE visited_on IS NULL AND failure IS NULL END"
            " AND (visited_on IS NULL) = (reported_by IS NULL)",
            name="outcome",
        ),
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
    visited_on: date | None = None  # the day it took place, or was found not to
    failure: FailureReason | None = Field(default=None, sa_type=FailureReason.stored())
    note: str | None = None
    reported_by: str | None = None
    replaces: UUID | None = Field(default=None, foreign_key="inspection.visit.id")
    version: int = Field(sa_column_kwargs=FIRST)
