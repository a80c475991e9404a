from typing import Any
from uuid import UUID

from fupin.app import Router
from fupin.auth import needs
from fupin.db import Db
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from services.projects.queries import duplicates as queries
from services.projects.routes.projects import SEEN
from services.projects.schemas.duplicates import DuplicatePage

router = Router(tags=["projects"])


@router.get(
    "/v1/projects/{project_id}/duplicates",
    response_model=DuplicatePage,
    dependencies=[needs("projects:read"), SEEN],
    responses=problems(NotFound, BadCursor),
)
async def list_duplicates(project_id: UUID, db: Db, page: Paged) -> dict[str, Any]:
    """Projects of your division that may be the same as this one, the most alike first."""
    found, key = queries.duplicates(project_id)
    return await page.of(db, found, key=key, descending=True)
