from uuid import UUID

from fastapi import Response

from fupin.app import Router
from fupin.auth import needs
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from fupin.reads import Reads
from fupin.selected import selected
from fupin.written import listed
from services.projects.queries import duplicates as queries
from services.projects.routes.projects import SEEN
from services.projects.schemas.duplicates import Duplicate, DuplicatePage

router = Router(tags=["projects"])


@router.get(
    "/v1/projects/{project_id}/duplicates",
    response_model=DuplicatePage,
    dependencies=[needs("projects:read"), SEEN],
    responses=problems(NotFound, BadCursor),
)
async def list_duplicates(project_id: UUID, db: Reads, page: Paged, response: Response) -> Response:
    """Projects of your division that may be the same as this one, the most alike first."""
    found = selected(Duplicate, queries.duplicates, project_id, key=("alike", "id"), descending=True)
    return await listed(db, page, response, found)
