"""Teams, their members, and the cross-inspections of village work teams."""

from datetime import date
from typing import Any
from uuid import UUID

from fastapi.responses import Response
from sqlmodel import col

from fupin.app import Router
from fupin.auth import needs
from fupin.db import Db
from fupin.etag import IfMatch, Stale, VersionRequired
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from services.inspection import models
from services.inspection.codes import TeamKind
from services.inspection.problems.teams import (
    CrossInspectionAlreadyPlanned,
    CrossResultMissing,
    HomeOnTheList,
    MemberAtHomeOnTheList,
    NoPairing,
    NotAVillageTeam,
    TeamNameTaken,
    VillageTeamAtHome,
    VillageTeamNeedsItsVillage,
)
from services.inspection.queries import common, teams
from services.inspection.routes.common import made, versioned
from services.inspection.rules import crossing
from services.inspection.schemas.teams import (
    CrossInspection,
    CrossInspectionChange,
    CrossInspectionPage,
    CrossInspectionRound,
    NewCrossInspection,
    NewCrossInspectionRound,
    NewTeam,
    NewTeamMember,
    Team,
    TeamChange,
    TeamMember,
    TeamMemberChange,
    TeamMemberPage,
    TeamPage,
)

router = Router(tags=["teams"])
READ = [needs("inspection:read")]
WRITE = [needs("inspection:write")]
CHANGED = (NotFound, Stale, VersionRequired)


@router.post(
    "/v1/teams",
    status_code=201,
    dependencies=WRITE,
    responses=problems(NotFound, TeamNameTaken, VillageTeamNeedsItsVillage),
)
async def create_team(new: NewTeam, db: Db, response: Response) -> Team:
    """Form a team: 督查组, 巡回督查组 or 驻村工作队."""
    team = await common.add(db, models.Team(**new.model_dump(exclude={"members"})))
    for member in new.members:
        db.add(models.TeamMember(team_id=team.id, division_code=team.division_code, **member.model_dump()))
    await db.flush()
    return made(response, "/v1/teams", Team, team)


@router.get("/v1/teams", dependencies=READ, response_model=TeamPage, responses=problems(BadCursor))
async def list_teams(
    page: Paged, db: Db, kind: TeamKind | None = None, home: str | None = None, on: date | None = None
) -> Any:
    """Teams; `on` keeps those at work that day."""
    return await page.of(db, teams.teams(kind=kind, home=home, on=on), key=col(models.Team.id))


@router.get("/v1/teams/{team_id}", dependencies=READ, responses=problems(NotFound))
async def get_team(team_id: UUID, db: Db, response: Response) -> Team:
    return versioned(response, Team, await common.get(db, models.Team, team_id))


@router.patch(
    "/v1/teams/{team_id}",
    dependencies=WRITE,
    responses=problems(*CHANGED, HomeOnTheList, TeamNameTaken, VillageTeamNeedsItsVillage),
)
async def change_team(team_id: UUID, change: TeamChange, version: IfMatch, db: Db, response: Response) -> Team:
    """Rename a team, move its home, or end its work."""
    await common.change(db, models.Team, team_id, version, change.values())
    return versioned(response, Team, await common.get(db, models.Team, team_id))


@router.post(
    "/v1/teams/{team_id}/members",
    status_code=201,
    dependencies=WRITE,
    responses=problems(NotFound, MemberAtHomeOnTheList),
)
async def add_team_member(team_id: UUID, new: NewTeamMember, db: Db, response: Response) -> TeamMember:
    """Somebody joins; their home becomes a place the team does not inspect."""
    team = await common.get(db, models.Team, team_id)
    member = models.TeamMember(team_id=team_id, division_code=team.division_code, **new.model_dump())
    return versioned(response, TeamMember, await common.add(db, member))


@router.get(
    "/v1/teams/{team_id}/members",
    dependencies=READ,
    response_model=TeamMemberPage,
    responses=problems(NotFound, BadCursor),
)
async def list_team_members(team_id: UUID, page: Paged, db: Db, on: date | None = None) -> Any:
    """A team's members; `on` keeps those in it that day."""
    await common.get(db, models.Team, team_id)
    return await page.of(db, teams.members(team_id=team_id, on=on), key=col(models.TeamMember.id))


@router.patch("/v1/team-members/{member_id}", dependencies=WRITE, responses=problems(*CHANGED, MemberAtHomeOnTheList))
async def change_team_member(
    member_id: UUID, change: TeamMemberChange, version: IfMatch, db: Db, response: Response
) -> TeamMember:
    """Somebody leaves, leads, or changes unit or home."""
    await common.change(db, models.TeamMember, member_id, version, change.values())
    return versioned(response, TeamMember, await common.get(db, models.TeamMember, member_id))


@router.post(
    "/v1/cross-inspections",
    status_code=201,
    dependencies=WRITE,
    responses=problems(NotFound, VillageTeamAtHome, NotAVillageTeam, CrossInspectionAlreadyPlanned),
)
async def plan_cross_inspection(new: NewCrossInspection, db: Db, response: Response) -> CrossInspection:
    """Send a village work team to another team's village (交叉互检)."""
    await common.get(db, models.Team, new.team_id)
    row = models.CrossInspection(division_code=new.village_code, **new.model_dump(exclude={"village_code"}))
    added = await common.add(db, row)
    return made(response, "/v1/cross-inspections", CrossInspection, await _cross_inspection(db, added.id))


@router.post(
    "/v1/cross-inspections:pair",
    status_code=201,
    dependencies=WRITE,
    responses=problems(NotFound, NoPairing, NotAVillageTeam, CrossInspectionAlreadyPlanned),
)
async def pair_cross_inspections(new: NewCrossInspectionRound, db: Db) -> CrossInspectionRound:
    """
    A whole round: each team inspects one other team's village, each village is inspected once, nobody inspects a place
    that the team or a member is at home in, and pairings are repeated as seldom as possible.
    """
    homes = await teams.homes(db, new.team_ids, new.planned_on)
    villages = await teams.villages(db, new.team_ids)
    before = await teams.pairings(db, new.team_ids)
    found = crossing.pair(villages, homes, before) if len(villages) == len(new.team_ids) else None
    if found is None:
        raise NoPairing
    planned = []
    for team, village in found.items():
        row: dict[str, Any] = {"team_id": team, "division_code": village, "planned_on": new.planned_on}
        planned.append((await common.add(db, models.CrossInspection(**row))).id)
    rows = await db.execute(teams.cross_inspections().where(col(models.CrossInspection.id).in_(planned)))
    return CrossInspectionRound(
        planned_on=new.planned_on,
        repeated=sum(pairing in before for pairing in found.items()),
        items=[CrossInspection.model_validate(dict(row)) for row in rows.mappings()],
    )


@router.get(
    "/v1/cross-inspections", dependencies=READ, response_model=CrossInspectionPage, responses=problems(BadCursor)
)
async def list_cross_inspections(
    page: Paged, db: Db, team_id: UUID | None = None, village: str | None = None, as_of: date | None = None
) -> Any:
    """Cross-inspections; `as_of` keeps those planned for that day or earlier."""
    found = teams.cross_inspections(team_id=team_id, village=village, as_of=as_of)
    return await page.of(db, found, key=col(models.CrossInspection.id))


@router.get("/v1/cross-inspections/{cross_inspection_id}", dependencies=READ, responses=problems(NotFound))
async def get_cross_inspection(cross_inspection_id: UUID, db: Db, response: Response) -> CrossInspection:
    return versioned(response, CrossInspection, await _cross_inspection(db, cross_inspection_id))


@router.patch(
    "/v1/cross-inspections/{cross_inspection_id}",
    dependencies=WRITE,
    responses=problems(*CHANGED, VillageTeamAtHome, NotAVillageTeam, CrossInspectionAlreadyPlanned, CrossResultMissing),
)
async def change_cross_inspection(
    cross_inspection_id: UUID, change: CrossInspectionChange, version: IfMatch, db: Db, response: Response
) -> CrossInspection:
    """Move its day, or record that it was done, with which result, and what was learned."""
    await common.change(db, models.CrossInspection, cross_inspection_id, version, change.values())
    return versioned(response, CrossInspection, await _cross_inspection(db, cross_inspection_id))


async def _cross_inspection(db: Db, key: UUID) -> Any:
    return await common.one(db, teams.cross_inspections().where(col(models.CrossInspection.id) == key))
