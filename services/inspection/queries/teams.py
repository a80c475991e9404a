"""Teams, members, homes, cross-inspections."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.problems import NotFound
from services.inspection.codes import TeamKind
from services.inspection.models import CrossInspection, Team, TeamMember
from services.inspection.queries.common import in_force, only, rows

CROSS_INSPECTION: tuple[Any, ...] = (
    col(CrossInspection.id),
    col(CrossInspection.team_id),
    col(CrossInspection.division_code).label("village_code"),
    col(CrossInspection.planned_on),
    col(CrossInspection.done_on),
    col(CrossInspection.result),
    col(CrossInspection.experience),
    col(CrossInspection.version),
)


def teams(*, kind: TeamKind | None = None, home: str | None = None, on: date | None = None) -> Select[Any]:
    found = only(select(Team), {col(Team.kind): kind, col(Team.home_division_code): home})
    return found.where(in_force(col(Team.valid_from), col(Team.valid_to), on)) if on else found


def members(*, team_id: UUID, on: date | None = None) -> Select[Any]:
    found = select(TeamMember).where(col(TeamMember.team_id) == team_id)
    return found.where(in_force(col(TeamMember.joined_on), col(TeamMember.left_on), on)) if on else found


def cross_inspections(
    *, team_id: UUID | None = None, village: str | None = None, as_of: date | None = None
) -> Select[Any]:
    found = only(
        rows(*CROSS_INSPECTION), {col(CrossInspection.team_id): team_id, col(CrossInspection.division_code): village}
    )
    return found.where(col(CrossInspection.planned_on) <= as_of) if as_of else found


async def homes(db: AsyncSession, team_ids: Sequence[UUID], on: date) -> dict[UUID, list[str]]:
    """Where each team is at home, its members' homes from that day on included; in the order given. Raises NotFound."""
    teams_ = rows(Team.id, Team.home_division_code).where(col(Team.id).in_(team_ids))
    homes_ = rows(TeamMember.team_id, TeamMember.home_division_code).where(
        col(TeamMember.team_id).in_(team_ids), or_(col(TeamMember.left_on).is_(None), col(TeamMember.left_on) > on)
    )
    own: dict[UUID, str | None] = {row.id: row.home_division_code for row in await db.execute(teams_)}
    if len(own) != len(team_ids):
        raise NotFound
    found: dict[UUID, list[str]] = {key: [] for key in team_ids}
    for key, home in [*own.items(), *((row.team_id, row.home_division_code) for row in await db.execute(homes_))]:
        if home is not None:
            found[key].append(home)
    return found


async def pairings(db: AsyncSession, team_ids: Sequence[UUID]) -> dict[tuple[UUID, str], int]:
    """How often each of the teams was sent to each village before."""
    statement = (
        rows(CrossInspection.team_id, CrossInspection.division_code, func.count().label("times"))
        .where(col(CrossInspection.team_id).in_(team_ids))
        .group_by(col(CrossInspection.team_id), col(CrossInspection.division_code))
    )
    return {(row.team_id, row.division_code): row.times for row in await db.execute(statement)}


async def villages(db: AsyncSession, team_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The village of each village work team among those given, in the order given."""
    statement = rows(Team.id, Team.home_division_code).where(
        col(Team.id).in_(team_ids), col(Team.kind) == TeamKind.VILLAGE_WORK
    )
    found = {row.id: row.home_division_code for row in await db.execute(statement)}
    return {key: found[key] for key in team_ids if key in found}
