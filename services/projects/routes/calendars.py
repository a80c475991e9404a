"""Milestones in whoever's calendar program."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.calendars import Entry, Kind, calendars
from services.projects.codes.projects import Programme, ProjectCategory
from services.projects.codes.works import MilestoneKind, SchemePurpose
from services.projects.queries import works as queries
from services.projects.schemas.fields import Division


class MilestoneFilters(BaseModel):
    """Which milestones: as in `GET /v1/milestones`."""

    model_config = ConfigDict(extra="forbid")

    division: Division | None = None
    programme: Programme | None = None
    category: ProjectCategory | None = None
    kind: MilestoneKind | None = None
    purpose: SchemePurpose | None = None
    project_id: UUID | None = None
    late: bool | None = None


async def _milestones(db: AsyncSession, asked: MilestoneFilters, today: date) -> Sequence[Entry]:
    wanted = queries.MilestoneFilter(**asked.model_dump())
    return [
        Entry(
            uid=f"{row['id']}@milestone.fupin",
            summary=f"{row['kind'].zh} {row['project_no']}",
            starts=row["actual_on"] or row["planned_on"],
            ends=(row["actual_on"] or row["planned_until"] or row["planned_on"]) + timedelta(days=1),
            description="；".join(filter(None, ("逾期" if row["late"] else "", row["evidence"] or ""))),
            changed=row["recorded_at"],
            sequence=row["version"],
        )
        for row in await queries.every_milestone(db, wanted, today)
    ]


router = calendars("projects", {"milestones": Kind(MilestoneFilters, _milestones)})
