from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response
from sqlmodel import col

from fupin.app import Router
from fupin.auth import needs
from fupin.db import Db
from fupin.etag import IfMatch, Stale, VersionRequired
from fupin.listing import Listing
from fupin.paging import Paged
from fupin.problems import Invalid, NotFound, problems
from fupin.written import found, listed
from services.registry import models
from services.registry.codes import HelperLevel, LetterLevel
from services.registry.problems import (
    AssignmentRepeated,
    BrokenChain,
    HelperTaken,
    LetterSigned,
    TwoResponsibleHelpers,
    UnknownHelper,
)
from services.registry.queries import helpers, households, letters
from services.registry.queries.changes import change
from services.registry.queries.histories import ASSIGNMENTS, as_known
from services.registry.routes.answers import AsOf, InDivision, KnownAt, KnownOn, On
from services.registry.schemas.helpers import (
    AssignmentChange,
    Helper,
    HelperAssignment,
    HelperAssignmentPage,
    HelperGapPage,
    HelperPage,
    NewHelper,
    NewHelperAssignment,
    NewResponsibilityLetter,
    ResponsibilityLetter,
    ResponsibilityLetterPage,
)
from services.registry.schemas.support import LetterGapPage

router = Router(tags=["helpers"])


@router.post(
    "/v1/helpers",
    status_code=201,
    response_model=Helper,
    dependencies=[needs("registry:write")],
    responses=problems(HelperTaken, NotFound),
)
async def create_helper(new: NewHelper, db: Db, response: Response) -> Response:
    """Register a cadre who helps."""
    row = models.Helper(**new.model_dump(), county_code=new.division_code[:6])
    db.add(row)
    await db.flush()
    wanted = helpers.all_helpers().where("p.id = %(id)s", id=row.id)
    return await found(db, response, wanted, "p.version", made=f"/v1/helpers/{row.id}")


@router.get("/v1/helpers", response_model=HelperPage, dependencies=[needs("registry:read")])
async def list_helpers(
    db: Db, page: Paged, response: Response, department: Annotated[str | None, Query(max_length=100)] = None
) -> Response:
    """Cadres who help, of the whole county: a cadre of a county department helps in any town."""
    wanted = helpers.all_helpers()
    if department is not None:
        wanted = wanted.where("p.department = %(department)s", department=department)
    return await listed(db, page, response, wanted)


@router.get(
    "/v1/helpers/{helper_id}",
    response_model=Helper,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def get_helper(helper_id: UUID, db: Db, response: Response) -> Response:
    """One cadre."""
    return await found(db, response, helpers.all_helpers().where("p.id = %(id)s", id=helper_id), "p.version")


@router.post(
    "/v1/helper-assignments",
    status_code=201,
    response_model=HelperAssignment,
    dependencies=[needs("registry:write")],
    responses=problems(TwoResponsibleHelpers, AssignmentRepeated, UnknownHelper, NotFound),
)
async def create_helper_assignment(new: NewHelperAssignment, db: Db, response: Response) -> Response:
    """Assign a cadre to a household, or a city leader to a town. One responsible cadre a household a day."""
    division = new.division_code
    if new.household_id is not None:
        division = (await households.locked(db, new.household_id)).division_code
    if division is None:  # the body's own rule gives it to every city leader
        raise Invalid("/division_code", "is required for a city leader", zh="市级领导须注明所包的镇")
    row = models.HelperAssignment(
        **new.model_dump(exclude={"division_code", "responsible"}),
        division_code=division,
        county_code=division[:6],
        responsible=new.responsible and new.household_id is not None,
    )
    db.add(row)
    await db.flush()
    made = f"/v1/helper-assignments/{row.id}"
    return await found(db, response, _assignment(UUID(str(row.id))), "a.version", made=made)


async def _assignments(
    on: On,
    known_at: KnownOn,
    division: InDivision,
    household_id: UUID | None = None,
    helper_id: UUID | None = None,
    level: HelperLevel | None = None,
    responsible: bool | None = None,
) -> Listing:
    wanted = as_known(helpers.all_assignments(), "helper_assignment", ASSIGNMENTS, on, known_at)
    wanted = wanted.where("a.from_on <= %(on)s AND (a.to_on IS NULL OR a.to_on >= %(on)s)", on=on)
    if division is not None:
        wanted = wanted.where("starts_with(a.division_code, %(division)s)", division=division)
    if household_id is not None:
        wanted = wanted.where("a.household_id = %(household_id)s", household_id=household_id)
    if helper_id is not None:
        wanted = wanted.where("a.helper_id = %(helper_id)s", helper_id=helper_id)
    if level is not None:
        wanted = wanted.where("a.level = %(level)s", level=str(level))
    if responsible is not None:
        wanted = wanted.where("a.responsible = %(responsible)s", responsible=responsible)
    return wanted


WantedAssignments = Annotated[Listing, Depends(_assignments)]


@router.get("/v1/helper-assignments", response_model=HelperAssignmentPage, dependencies=[needs("registry:read")])
async def list_helper_assignments(db: Db, page: Paged, response: Response, wanted: WantedAssignments) -> Response:
    """Who helps whom on a day."""
    return await listed(db, page, response, wanted)


@router.get(
    "/v1/helper-assignments/{assignment_id}",
    response_model=HelperAssignment,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def get_helper_assignment(
    assignment_id: UUID, db: Db, response: Response, as_of: AsOf, known_at: KnownAt
) -> Response:
    """One assignment."""
    wanted = as_known(_assignment(assignment_id), "helper_assignment", ASSIGNMENTS, as_of, known_at)
    return await found(db, response, wanted, "a.version")


@router.patch(
    "/v1/helper-assignments/{assignment_id}",
    response_model=HelperAssignment,
    dependencies=[needs("registry:write")],
    responses=problems(NotFound, Stale, VersionRequired, TwoResponsibleHelpers),
)
async def change_helper_assignment(
    assignment_id: UUID, new: AssignmentChange, db: Db, response: Response, version: IfMatch
) -> Response:
    """Say the last day of an assignment."""
    row = await db.get(models.HelperAssignment, assignment_id)
    if row is not None and new.to < row.from_on:
        raise Invalid("/to", "must not be before the first day", zh="不得早于开始日期")
    key = col(models.HelperAssignment.id)
    await change(db, models.HelperAssignment, key, assignment_id, version, {"to_on": new.to})
    return await found(db, response, _assignment(assignment_id), "a.version")


async def _gaps(on: On, known_at: KnownOn, division: InDivision) -> Listing:
    wanted = helpers.gaps(on, known_at)
    if division is not None:
        wanted = wanted.where("starts_with(g.division_code, %(division)s)", division=division)
    return wanted


WantedGaps = Annotated[Listing, Depends(_gaps)]


@router.get("/v1/helper-gaps", response_model=HelperGapPage, dependencies=[needs("registry:read")])
async def list_helper_gaps(db: Db, page: Paged, response: Response, wanted: WantedGaps) -> Response:
    """Poor households without a responsible cadre on a day, and towns without a city leader."""
    return await listed(db, page, response, wanted)


@router.post(
    "/v1/responsibility-letters",
    status_code=201,
    response_model=ResponsibilityLetter,
    dependencies=[needs("registry:write")],
    responses=problems(LetterSigned, BrokenChain, NotFound),
)
async def create_responsibility_letter(new: NewResponsibilityLetter, db: Db, response: Response) -> Response:
    """Record a signed letter of responsibility, a link of the chain from county to cadre."""
    if new.parent_id is not None:
        above = await db.get(models.ResponsibilityLetter, new.parent_id)
        if above is None or not _follows(above, new):
            raise BrokenChain
    row = models.ResponsibilityLetter(**new.model_dump(), county_code=new.division_code[:6])
    db.add(row)
    await db.flush()
    wanted = helpers.all_letters().where("l.id = %(id)s", id=row.id)
    return await found(db, response, wanted, "1", made=f"/v1/responsibility-letters/{row.id}")


@router.get(
    "/v1/responsibility-letters", response_model=ResponsibilityLetterPage, dependencies=[needs("registry:read")]
)
async def list_responsibility_letters(
    db: Db,
    page: Paged,
    response: Response,
    division: InDivision,
    year: Annotated[int | None, Query(ge=1949, le=2100)] = None,
    level: LetterLevel | None = None,
) -> Response:
    """Letters of responsibility."""
    wanted = helpers.all_letters()
    if division is not None:
        wanted = wanted.where("starts_with(l.division_code, %(division)s)", division=division)
    if year is not None:
        wanted = wanted.where("l.year = %(year)s", year=year)
    if level is not None:
        wanted = wanted.where("l.level = %(level)s", level=str(level))
    return await listed(db, page, response, wanted)


@router.get("/v1/responsibility-letter-gaps", response_model=LetterGapPage, dependencies=[needs("registry:read")])
async def list_responsibility_letter_gaps(
    db: Db,
    page: Paged,
    response: Response,
    on: On,
    division: InDivision,
    year: Annotated[int | None, Query(ge=1949, le=2100, description="By default that of the day.")] = None,
) -> Response:
    """Where the chain breaks: towns, villages and responsible cadres of the day without a letter of the year."""
    return await listed(db, page, response, letters.gaps(year or on.year, on, division))


def _assignment(id: UUID) -> Listing:
    return helpers.all_assignments().where("a.id = %(id)s", id=id)


def _follows(above: models.ResponsibilityLetter, new: NewResponsibilityLetter) -> bool:
    """A village's letter follows its town's, a cadre's that of the village, of the same year."""
    if new.level is LetterLevel.TOWN_VILLAGE:
        level, place = LetterLevel.COUNTY_TOWN, new.division_code[:9] + "000"
    else:
        level, place = LetterLevel.TOWN_VILLAGE, new.division_code
    return (above.level, above.year, above.division_code) == (level, new.year, place)
