from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from sqlmodel import col, select

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.db import Db
from fupin.etag import IfMatch, Stale, VersionRequired
from fupin.listing import Listing
from fupin.paging import Paged
from fupin.problems import Invalid, NotFound, problems
from fupin.written import found, listed
from services.registry import models
from services.registry.codes.support import AppraisalMark
from services.registry.problems.quality import AppraisedAlready, OwnAppraisal
from services.registry.queries import support
from services.registry.queries.changes import change
from services.registry.routes.answers import InDivision
from services.registry.schemas.support import Appraisal, AppraisalChange, AppraisalPage, NewAppraisal

router = Router(tags=["helpers"])


@router.post(
    "/v1/appraisals",
    status_code=201,
    response_model=Appraisal,
    dependencies=[needs("registry:review")],
    responses=problems(NotFound, AppraisedAlready, OwnAppraisal),
)
async def create_appraisal(new: NewAppraisal, db: Db, who: Who, response: Response) -> Response:
    """年终考核: the mark of a cadre, or of a department, for a year; one each, never by oneself."""
    cadre = await _cadre(db, new)
    row = models.Appraisal(
        **new.model_dump(exclude={"helper_id", "department"}),
        county_code=cadre.county_code,
        division_code=cadre.division_code,
        department=cadre.department,
        helper_id=new.helper_id,
        cadre_name=cadre.name if new.helper_id else None,
        recorded_by=who.actor,
    )
    db.add(row)
    await db.flush()
    return await found(db, response, _appraisal(UUID(str(row.id))), "a.version", made=f"/v1/appraisals/{row.id}")


@router.get("/v1/appraisals", response_model=AppraisalPage, dependencies=[needs("registry:read")])
async def list_appraisals(
    db: Db,
    page: Paged,
    response: Response,
    division: InDivision,
    year: Annotated[int | None, Query(ge=1949, le=2100)] = None,
    helper_id: UUID | None = None,
    department: Annotated[str | None, Query(max_length=100)] = None,
    mark: AppraisalMark | None = None,
) -> Response:
    """Yearly marks of cadres and departments."""
    wanted = support.appraisals()
    if division is not None:
        wanted = wanted.where("starts_with(a.division_code, %(division)s)", division=division)
    if year is not None:
        wanted = wanted.where("a.year = %(year)s", year=year)
    if helper_id is not None:
        wanted = wanted.where("a.helper_id = %(helper_id)s", helper_id=helper_id)
    if department is not None:
        wanted = wanted.where("a.department = %(department)s", department=department)
    if mark is not None:
        wanted = wanted.where("a.mark = %(mark)s", mark=str(mark))
    return await listed(db, page, response, wanted)


@router.get(
    "/v1/appraisals/{appraisal_id}",
    response_model=Appraisal,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def get_appraisal(appraisal_id: UUID, db: Db, response: Response) -> Response:
    """One yearly mark."""
    return await found(db, response, _appraisal(appraisal_id), "a.version")


@router.patch(
    "/v1/appraisals/{appraisal_id}",
    response_model=Appraisal,
    dependencies=[needs("registry:review")],
    responses=problems(NotFound, Stale, VersionRequired, OwnAppraisal),
)
async def change_appraisal(
    appraisal_id: UUID, new: AppraisalChange, db: Db, who: Who, response: Response, version: IfMatch
) -> Response:
    """Correct a mark; the earlier one stays in the audit trail."""
    fields = new.model_dump() | {"recorded_by": who.actor}
    await change(db, models.Appraisal, col(models.Appraisal.id), appraisal_id, version, fields)
    return await found(db, response, _appraisal(appraisal_id), "a.version")


def _appraisal(id: UUID) -> Listing:
    return support.appraisals().where("a.id = %(id)s", id=id)


async def _cadre(db: Db, new: NewAppraisal) -> models.Helper:
    """The cadre appraised, or one of the department's. Raises NotFound, Invalid."""
    if new.helper_id is not None:
        cadre = await db.get(models.Helper, new.helper_id)
        if cadre is None:
            raise NotFound
        return cadre
    wanted = select(models.Helper).where(col(models.Helper.department) == new.department)
    one = (await db.exec(wanted.order_by(col(models.Helper.division_code)).limit(1))).one_or_none()
    if one is None:
        raise Invalid("/department", "has no cadre who helps", zh="该单位没有登记的帮扶干部")
    return one
