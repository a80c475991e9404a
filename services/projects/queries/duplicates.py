"""Projects that may be one: hints for a person, and what is plainly the same project paid twice."""

from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Select, String, Uuid, column, func, text
from sqlalchemy import select as rows
from sqlmodel.ext.asyncio.session import AsyncSession

from services.projects.codes.library import LibraryState
from services.projects.codes.projects import DuplicateReason, FundingSource
from services.projects.models import Project
from services.projects.rules.duplicates import ALIKE

# One declaration of a county after the other, so that each sees the one before.
LOCK = text("SELECT pg_advisory_xact_lock(hashtext('projects.funding' || :county_code))")

DOUBLE_FUNDED = text("""
    SELECT o.id, o.project_no, b.source
    FROM project p
    JOIN project o ON o.division_code = p.division_code AND o.category = p.category AND o.id <> p.id
      AND plain_title(o.title) = plain_title(p.title) AND o.state NOT IN ('REJECTED', 'WITHDRAWN')
      AND (p.starts_on, p.ends_on + 1) OVERLAPS (o.starts_on, o.ends_on + 1)
    JOIN project_budget a ON a.project_id = p.id AND a.source = ANY(:public_sources)
    JOIN project_budget b ON b.project_id = o.id AND b.source = a.source
    WHERE p.id = :project_id
    ORDER BY o.id, b.source LIMIT 1
""")


def duplicates(project_id: UUID) -> Select[Any]:
    """Projects that may be the same as this one, and how alike they are."""
    found = func.projects.duplicates_of(project_id, ALIKE).table_valued(
        column("id", Uuid),
        column("project_no", String),
        column("title", String),
        column("division_code", String),
        column("declaring_unit", String),
        column("state", LibraryState.stored()),
        column("alike", Integer),
        column("because", ARRAY(DuplicateReason.stored())),
        column("sources", ARRAY(FundingSource.stored())),
        name="found",
    )
    return rows(found)


async def nearest(db: AsyncSession, project_id: UUID, most: int) -> list[dict[str, Any]]:
    """The projects most like this one."""
    found = duplicates(project_id)
    key = found.selected_columns
    ordered = found.order_by(key.alike.desc(), key.id.desc()).limit(most)
    return [dict(row) for row in (await db.execute(ordered)).mappings()]


async def double_funded(db: AsyncSession, project: Project, public_sources: list[str]) -> dict[str, Any] | None:
    """The same project that is already paid by the same public source at the same time, if there is one."""
    await db.flush()
    await db.execute(LOCK, {"county_code": project.county_code})
    asked = {"project_id": project.id, "public_sources": public_sources}
    found = (await db.execute(DOUBLE_FUNDED, asked)).mappings().one_or_none()
    return dict(found) if found else None
