from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from fupin.app import Router
from fupin.auth import needs
from fupin.clock import Today
from fupin.db import Db
from fupin.etag import IfMatch, Stale, VersionRequired, etag
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from fupin.reads import Reads
from fupin.remote import Unanswered
from fupin.selected import selected
from fupin.written import listed
from services.projects import models
from services.projects.clients import Registry
from services.projects.problems.library import ProjectEnded
from services.projects.problems.linkage import LinkedAlready, UnknownHouseholds
from services.projects.queries import linkage as queries
from services.projects.routes.projects import held
from services.projects.rules import library as rules
from services.projects.schemas.fields import Division
from services.projects.schemas.linkage import (
    Beneficiary,
    BeneficiaryChange,
    BeneficiaryList,
    BeneficiaryPage,
    NewBeneficiaries,
)

router = Router(tags=["linkage"])


@router.post(
    "/v1/projects/{project_id}/beneficiaries",
    status_code=201,
    response_model=BeneficiaryList,
    dependencies=[needs("projects:write")],
    responses=problems(NotFound, UnknownHouseholds, LinkedAlready, ProjectEnded, Unanswered),
)
async def link_beneficiaries(
    project_id: UUID, new: NewBeneficiaries, db: Db, registry: Registry, today: Today
) -> dict[str, Any]:
    """Link up to 1,000 households to a project (利益联结), each known to the registry; all of them or none."""
    verified = await registry.verify(list({link.household_id for link in new.links}), today)  # before any lock
    if verified.unknown:
        raise UnknownHouseholds(unknown=sorted(str(household) for household in verified.unknown))
    known = {household.id: household for household in verified.known}
    project = await held(db, project_id)
    rules.check_going_on(project.state)
    links = [
        models.BeneficiaryLink(
            project_id=project_id,
            county_code=(household := known[link.household_id]).division_code[:6],
            household_no=household.household_no,
            division_code=household.division_code,
            household_status=household.status,
            verified_on=today,
            **link.model_dump(),
        )
        for link in new.links
    ]
    await queries.link(db, links)
    return {"items": links}


@router.get(
    "/v1/beneficiaries",
    response_model=BeneficiaryPage,
    dependencies=[needs("projects:read")],
    responses=problems(BadCursor),
)
async def list_beneficiaries(
    db: Reads,
    page: Paged,
    response: Response,
    project_id: UUID | None = None,
    household_id: UUID | None = None,
    division: Division | None = None,
    on: Annotated[date | None, Query(description="Only links that hold on this day.")] = None,
) -> Response:
    """Which households gain from which projects."""
    wanted = selected(Beneficiary, queries.beneficiaries, project_id, household_id, division, on)
    return await listed(db, page, response, wanted)


@router.patch(
    "/v1/beneficiaries/{link_id}",
    response_model=Beneficiary,
    dependencies=[needs("projects:write")],
    responses=problems(NotFound, Stale, VersionRequired, LinkedAlready),
)
async def change_beneficiary(
    link_id: UUID, change: BeneficiaryChange, version: IfMatch, db: Db, response: Response
) -> models.BeneficiaryLink:
    """Say the last day of a link, or what is expected of it."""
    link = await queries.change_link(db, link_id, version, change.model_dump(exclude_unset=True))
    if link is None:
        raise Stale if await queries.has_link(db, link_id) else NotFound
    etag(response, link.version)
    return link
