from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from fupin.app import Router
from fupin.auth import needs
from fupin.db import Db
from fupin.etag import IfMatch, Stale, VersionRequired, etag
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from fupin.reads import Reads
from fupin.selected import selected
from fupin.written import listed
from services.projects import models
from services.projects.codes.enterprises import EnterpriseKind
from services.projects.problems.enterprises import EnterpriseKnown
from services.projects.queries import enterprises as queries
from services.projects.schemas.enterprises import Enterprise, EnterpriseChange, EnterprisePage, NewEnterprise

router = Router(tags=["enterprises"])


@router.post(
    "/v1/enterprises",
    status_code=201,
    response_model=Enterprise,
    dependencies=[needs("projects:write")],
    responses=problems(EnterpriseKnown, NotFound),
)
async def create_enterprise(new: NewEnterprise, db: Db, response: Response) -> models.Enterprise:
    """Record an enterprise or cooperative; its unified social credit code is checked and stands once."""
    enterprise = models.Enterprise(**new.model_dump())
    db.add(enterprise)
    await db.flush()
    await db.refresh(enterprise)
    response.headers["Location"] = f"/v1/enterprises/{enterprise.id}"
    etag(response, enterprise.version)
    return enterprise


@router.get(
    "/v1/enterprises",
    response_model=EnterprisePage,
    dependencies=[needs("projects:read")],
    responses=problems(BadCursor),
)
async def list_enterprises(
    db: Reads,
    page: Paged,
    response: Response,
    kind: EnterpriseKind | None = None,
    uscc: Annotated[str | None, Query(max_length=18)] = None,
) -> Response:
    """Enterprises and cooperatives; every division sees all of them."""
    return await listed(db, page, response, selected(Enterprise, queries.enterprises, kind, uscc))


@router.get(
    "/v1/enterprises/{enterprise_id}",
    response_model=Enterprise,
    dependencies=[needs("projects:read")],
    responses=problems(NotFound),
)
async def get_enterprise(enterprise_id: UUID, db: Db, response: Response) -> models.Enterprise:
    """One enterprise."""
    enterprise = await queries.enterprise(db, enterprise_id)
    if enterprise is None:
        raise NotFound
    etag(response, enterprise.version)
    return enterprise


@router.patch(
    "/v1/enterprises/{enterprise_id}",
    response_model=Enterprise,
    dependencies=[needs("projects:write")],
    responses=problems(NotFound, Stale, VersionRequired),
)
async def change_enterprise(
    enterprise_id: UUID, change: EnterpriseChange, version: IfMatch, db: Db, response: Response
) -> models.Enterprise:
    """Change the name or kind of an enterprise of your division."""
    enterprise = await queries.change_enterprise(db, enterprise_id, version, change.model_dump(exclude_unset=True))
    if enterprise is None:
        found = await queries.enterprise(db, enterprise_id)
        raise NotFound if found is None or found.version == version else Stale
    etag(response, enterprise.version)
    return enterprise
