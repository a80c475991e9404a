from datetime import date
from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import Field, model_validator

from fupin.paging import Page
from fupin.schemas import Answer, Body
from services.inspection.codes import CrossResult, TeamKind
from services.inspection.schemas.fields import (
    Change,
    Day,
    Distinct,
    DivisionCode,
    Name,
    Prose,
    VillageCode,
    in_order,
)


class NewTeamMember(Body):
    name: Name
    unit: Name
    leads: bool = False
    home_division_code: DivisionCode | None = Field(
        default=None, description="A town or village; the member's home counts as the team's."
    )
    joined_on: Day


class TeamMemberChange(Change):
    may_be_empty: ClassVar[frozenset[str]] = frozenset({"home_division_code", "left_on"})

    unit: Name | None = None
    leads: bool | None = None
    home_division_code: DivisionCode | None = None
    left_on: Day | None = Field(default=None, description="The first day no longer in the team.")


class TeamMember(Answer):
    id: UUID
    team_id: UUID
    division_code: str
    name: str
    unit: str
    leads: bool
    home_division_code: str | None
    joined_on: date
    left_on: date | None
    version: int


class TeamMemberPage(Page[TeamMember]): ...


class NewTeam(Body):
    division_code: DivisionCode = Field(description="The place the team belongs to: who may see it.")
    kind: TeamKind
    name: Name = Field(examples=["第一督查组"])
    home_division_code: DivisionCode | None = Field(
        default=None, description="The town or village it never inspects; a village work team's village."
    )
    valid_from: Day
    valid_to: Day | None = Field(default=None, description="The first day it is no longer at work.")
    members: list[NewTeamMember] = Field(default=[], max_length=100)

    @model_validator(mode="after")
    def _days(self) -> Self:
        in_order(self.valid_from, self.valid_to, "valid_to must be later than valid_from", "结束日期须晚于开始日期")
        return self


class TeamChange(Change):
    may_be_empty: ClassVar[frozenset[str]] = frozenset({"home_division_code", "valid_to"})

    name: Name | None = None
    home_division_code: DivisionCode | None = None
    valid_to: Day | None = None


class Team(Answer):
    id: UUID
    division_code: str
    kind: TeamKind
    name: str
    home_division_code: str | None
    valid_from: date
    valid_to: date | None
    version: int


class TeamPage(Page[Team]): ...


class NewCrossInspection(Body):
    team_id: UUID
    village_code: VillageCode
    planned_on: Day


class CrossInspectionChange(Change):
    may_be_empty: ClassVar[frozenset[str]] = frozenset({"done_on", "result", "experience"})

    planned_on: Day | None = None
    done_on: Day | None = None
    result: CrossResult | None = None
    experience: Prose | None = Field(default=None, description="What the visitors learned and found wanting.")


class CrossInspection(Answer):
    id: UUID
    team_id: UUID
    village_code: str
    planned_on: date
    done_on: date | None
    result: CrossResult | None
    experience: str | None
    version: int


class CrossInspectionPage(Page[CrossInspection]): ...


class NewCrossInspectionRound(Body):
    """Several village work teams, each of which is to inspect another one's village."""

    team_ids: Annotated[list[UUID], Field(min_length=2, max_length=500), Distinct] = Field(
        examples=[["0199b0c2-6d7e-7a10-8e52-5f1f3f0e9a11", "0199b0c2-6d7e-7a10-8e52-5f1f3f0e9a12"]]
    )
    planned_on: Day


class CrossInspectionRound(Answer):
    planned_on: date
    repeated: int = Field(description="Pairings that had to be used before: as few times over as possible.")
    items: list[CrossInspection]
