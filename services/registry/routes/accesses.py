from uuid import UUID

from fastapi import Response

from fupin.app import Router
from fupin.auth import needs
from fupin.db import Db
from fupin.paging import Paged
from fupin.problems import NotFound, problems
from fupin.written import listed
from services.registry.queries import accesses, households
from services.registry.schemas.exports import AccessPage

router = Router(tags=["households"])


@router.get(
    "/v1/households/{household_id}/accesses",
    response_model=AccessPage,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def list_accesses(household_id: UUID, db: Db, page: Paged, response: Response) -> Response:
    """Who saw the household's personal numbers, or found it by one, when and what for; latest first."""
    await households.known(db, household_id)
    return await listed(db, page, response, accesses.of_household(household_id))
