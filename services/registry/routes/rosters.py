from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Form, Query, Request, Response

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.listing import Listing
from fupin.operations import Operation, accepted, start
from fupin.paging import Paged
from fupin.problems import NotFound, problems
from fupin.written import listed
from services.registry import models, workbooks
from services.registry.codes import Residence
from services.registry.codes.rosters import FourCategory, Outcome, RosterKind, RosterState
from services.registry.problems import NotYourFile, RosterNotReady, UploadDiscarded
from services.registry.problems.eligibility import WrongPurpose
from services.registry.queries import eligibility, rosters
from services.registry.routes.answers import InDivision, Moment, Sealing
from services.registry.routes.files import OneFile, bad_cells, made, marked, receive
from services.registry.routes.imports import REFUSALS, WORKBOOK
from services.registry.rules.eligibility import FOUR_CATEGORIES
from services.registry.rules.kinds import ROSTER
from services.registry.schemas.imports import BadCellPage
from services.registry.schemas.rosters import NewRoster, Roster, RosterOfRegistry, RosterPage, RosterRowPage

router = Router(tags=["rosters"])

HEADINGS = (
    "序号", "户编号", "户主姓名", "证件号码", "行政区划代码", "四类人员类别", "居住类型", "清退原因",
    "鉴定日期", "房屋等级", "比对结果",
)  # fmt: skip


@router.post("/v1/rosters", status_code=202, dependencies=[needs("registry:write"), OneFile], responses=REFUSALS)
async def create_roster(
    new: Annotated[NewRoster, Form(media_type="multipart/form-data")],
    db: Db,
    who: Who,
    vault: Sealing,
    response: Response,
) -> Operation:
    """Load a roster from a file, as an operation: all of it, or nothing and its errors. It has the operation's id."""
    params = {"keep_other_columns": new.keep_other_columns}
    id, filename = await receive(db, vault, who, new.file, "roster", params)
    division_code = who.division.ljust(12, "0")
    db.add(
        models.Roster(
            id=id,
            division_code=division_code,
            name=new.name,
            kind=new.kind,
            as_of=new.as_of,
            filename=filename,
            created_by=who.actor,
        )
    )
    await db.flush()
    made(response, f"/v1/rosters/{id}")
    return await accepted(db, response, id)


@router.post(
    "/v1/rosters:from-registry",
    status_code=202,
    dependencies=[needs("registry:write")],
    responses=problems(NotFound, WrongPurpose),
)
async def create_roster_of_registry(
    new: RosterOfRegistry, db: Db, who: Who, today: Today, response: Response
) -> Operation:
    """
    Take a roster from the registry, as an operation: a row for each household that fits the criteria on the day, with
    its head. Its rows never change; the roster has the operation's id.
    """
    if new.criteria.rule_id is not None:
        await eligibility.in_force(db, new.as_of, FOUR_CATEGORIES, new.criteria.rule_id)
    criteria = new.criteria.model_dump(mode="json", exclude_defaults=True)
    params = {"as_of": new.as_of.isoformat(), "criteria": criteria, "today": today.isoformat()}
    id = await start(db, "registry-roster", params, who)
    db.add(
        models.Roster(
            id=id, division_code=who.division.ljust(12, "0"), name=new.name, kind=new.kind, as_of=new.as_of,
            criteria=criteria, created_by=who.actor,
        )
    )  # fmt: skip
    await db.flush()
    made(response, f"/v1/rosters/{id}")
    return await accepted(db, response, id)


async def _rosters(
    kind: RosterKind | None = None,
    state: RosterState | None = None,
    comparison_id: UUID | None = None,
    as_of: date | None = None,
    known_at: Annotated[
        Moment | None, Query(description="Loaded by this moment.", examples=["2018-06-01T00:00:00+08:00"])
    ] = None,
) -> Listing:
    return rosters.rosters(kind, state, comparison_id, as_of, known_at)


WantedRosters = Annotated[Listing, Depends(_rosters)]


@router.get("/v1/rosters", response_model=RosterPage, dependencies=[needs("registry:read")])
async def list_rosters(db: Db, page: Paged, response: Response, wanted: WantedRosters) -> Response:
    """Rosters; `as_of` leaves out later ones, `known_at` those loaded later. The rows of a roster never change."""
    return await listed(db, page, response, wanted)


@router.get(
    "/v1/rosters/{roster_id}.xlsx",
    dependencies=[needs("registry:read")],
    responses=WORKBOOK | problems(NotFound, RosterNotReady),
)
async def download_roster(roster_id: UUID, db: Db) -> Response:
    """All rows as a workbook, ID numbers masked."""
    roster = await _found(db, roster_id)
    if roster.state is not RosterState.READY:
        raise RosterNotReady
    file = await workbooks.workbook(HEADINGS, rosters.exported(db, roster_id))
    return workbooks.sent(file, f"roster-{roster_id}.xlsx")


@router.get(
    "/v1/rosters/{roster_id}",
    response_model=Roster,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def get_roster(roster_id: UUID, db: Db) -> models.Roster:
    """What the roster is, of which day, where it came from."""
    return await _found(db, roster_id)


async def _rows(
    roster_id: UUID,
    db: Db,
    division: InDivision,
    residence: Residence | None = None,
    category: FourCategory | None = None,
    outcome: Outcome | None = None,
) -> Listing:
    await _found(db, roster_id)
    return rosters.rows(roster_id, division, residence=residence, category=category, outcome=outcome)


WantedRows = Annotated[Listing, Depends(_rows)]


@router.get(
    "/v1/rosters/{roster_id}/rows",
    response_model=RosterRowPage,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def list_roster_rows(db: Db, page: Paged, response: Response, wanted: WantedRows) -> Response:
    """The rows, in the order of the file; ID numbers masked."""
    return await listed(db, page, response, wanted)


@router.get(
    "/v1/rosters/{roster_id}/errors",
    response_model=BadCellPage,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def list_roster_errors(roster_id: UUID, db: Db, page: Paged) -> dict[str, Any]:
    """Every bad cell of a refused file."""
    await _found(db, roster_id)
    return await bad_cells(db, page, roster_id, ROSTER)


@router.get(
    "/v1/rosters/{roster_id}/errors.xlsx",
    dependencies=[needs("registry:write")],
    responses=WORKBOOK | problems(NotFound, NotYourFile, UploadDiscarded),
)
async def download_roster_errors(roster_id: UUID, request: Request, db: Db, who: Who) -> Response:
    """Your own file as a workbook with its bad cells marked; kept for a week."""
    await _found(db, roster_id)
    return await marked(db, request.app.state.runtime, who, roster_id, ROSTER)


async def _found(db: Db, id: UUID) -> models.Roster:
    found = await rosters.found(db, id)
    if found is None:
        raise NotFound
    return found
