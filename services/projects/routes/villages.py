from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from fupin.app import Router
from fupin.auth import needs
from fupin.clock import Today
from fupin.db import Db
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from fupin.reads import Reads
from fupin.remote import Unanswered
from fupin.selected import selected
from fupin.written import listed
from services.projects.clients import Registry
from services.projects.codes.projects import Programme
from services.projects.codes.works import SchemePurpose
from services.projects.problems.library import ProjectEnded
from services.projects.problems.works import UnknownDivisions, VillageCovered
from services.projects.queries import works as queries
from services.projects.routes.projects import held
from services.projects.rules import library as rules
from services.projects.schemas.fields import Division
from services.projects.schemas.works import NewVillages, VillageScheme, VillageSchemeList, VillageSchemePage

router = Router(tags=["village-schemes"])


@router.post(
    "/v1/projects/{project_id}/villages",
    status_code=201,
    response_model=VillageSchemeList,
    dependencies=[needs("projects:write")],
    responses=problems(NotFound, UnknownDivisions, VillageCovered, ProjectEnded, Unanswered),
)
async def cover_villages(
    project_id: UUID, new: NewVillages, db: Db, registry: Registry, today: Today
) -> dict[str, Any]:
    """Add villages that a project covers, each known to the registry, and what it brings to them; all or none."""
    if unknown := await registry.unknown_places(list(dict.fromkeys(new.division_codes)), today):  # before any lock
        raise UnknownDivisions(unknown=unknown)
    project = await held(db, project_id)
    rules.check_going_on(project.state)
    added = await queries.cover(db, project_id, new.purpose, new.division_codes)
    return {"items": added}


@router.delete(
    "/v1/village-schemes/{scheme_id}",
    status_code=204,
    dependencies=[needs("projects:write")],
    responses=problems(NotFound, ProjectEnded),
)
async def uncover_village(scheme_id: UUID, db: Db) -> None:
    """Take a village out of a project that goes on; that it was covered stays in the audit trail."""
    scheme = await queries.scheme(db, scheme_id)
    if scheme is None:
        raise NotFound
    rules.check_going_on((await held(db, scheme.project_id)).state)
    await queries.uncover(db, scheme)


@router.get(
    "/v1/village-schemes",
    response_model=VillageSchemePage,
    dependencies=[needs("projects:read")],
    responses=problems(BadCursor),
)
async def list_village_schemes(
    db: Reads,
    page: Paged,
    response: Response,
    purpose: SchemePurpose | None = None,
    programme: Programme | None = None,
    project_id: UUID | None = None,
    division: Division | None = None,
    under_construction_on: Annotated[
        date | None,
        Query(
            description="Construction had started by this day; grid connection, running water or acceptance had not "
            "been reached; the project had not been returned, rejected or withdrawn."
        ),
    ] = None,
) -> Response:
    """Which villages which projects cover, a line for each."""
    asked = queries.SchemeFilter(purpose, programme, project_id, division, under_construction_on)
    return await listed(db, page, response, selected(VillageScheme, queries.village_schemes, asked))
