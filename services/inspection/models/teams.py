"""Teams, who is in them, where they are at home, and which village teams inspect each other."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from fupin.db import NEW_ID
from services.inspection.codes import CrossResult, TeamKind
from services.inspection.models.base import FIRST, Table, is_place, place, placed_under, with_place


class Team(Table, table=True):
    """
    督查组, 巡回督查组 or 驻村工作队.

    A village work team is at home in its village. An inspection team may be at home in a town or a village, or nowhere
    (a county bureau); it never visits a place that it or one of its members is at home in.
    """

    __table_args__ = (
        is_place(),
        with_place(),
        UniqueConstraint("division_code", "kind", "name", "valid_from", name="uq_team_kind_name_valid_from"),
        CheckConstraint("valid_to > valid_from", name="days"),
        CheckConstraint(
            "CASE WHEN home_division_code IS NULL THEN kind <> 'VILLAGE_WORK'"
            " ELSE home_division_code ~ '^[0-9]{12}$' AND right(home_division_code, 6) <> '000000'"
            " AND (kind <> 'VILLAGE_WORK' OR right(home_division_code, 3) <> '000') END",
            name="home",
        ),
        Index(None, "kind", "valid_from"),
    )

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    division_code: str = place()
    kind: TeamKind = Field(sa_type=TeamKind.stored())
    name: str
    home_division_code: str | None = Field(max_length=12)
    valid_from: date
    valid_to: date | None  # the first day it is no longer at work
    version: int = Field(sa_column_kwargs=FIRST)


class TeamMember(Table, table=True):
    """A person in a team; their own home counts as the team's."""

    __tablename__ = "team_member"
    __table_args__ = (
        placed_under("team_id", "team"),
        CheckConstraint("left_on > joined_on", name="days"),
        CheckConstraint("home_division_code ~ '^[0-9]{12}$' AND right(home_division_code, 6) <> '000000'", name="home"),
        Index(None, "team_id"),
    )

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    team_id: UUID
    division_code: str = place()
    name: str
    unit: str
    leads: bool
    home_division_code: str | None = Field(max_length=12)
    joined_on: date
    left_on: date | None
    version: int = Field(sa_column_kwargs=FIRST)


class CrossInspection(Table, table=True):
    """A village work team inspects another team's village (交叉互检); the row belongs to the village inspected."""

    __tablename__ = "cross_inspection"
    __table_args__ = (
        is_place(),
        UniqueConstraint("team_id", "division_code", "planned_on"),
        Index(None, "division_code"),
    )

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    team_id: UUID = Field(foreign_key="inspection.team.id")
    division_code: str = place()
    planned_on: date
    done_on: date | None
    result: CrossResult | None = Field(default=None, sa_type=CrossResult.stored())
    experience: str | None  # what the visitors took home (学习经验), and what was found wanting
    version: int = Field(sa_column_kwargs=FIRST)
