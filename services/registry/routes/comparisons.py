from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Response
from sqlmodel import col

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.db import Db
from fupin.listing import Listing
from fupin.operations import Operation, accepted, start
from fupin.paging import Paged
from fupin.problems import NotFound, problems
from fupin.written import listed
from services.registry import models, workbooks
from services.registry.codes import Residence
from services.registry.codes.rosters import ComparisonState, Outcome, RosterKind, RosterState
from services.registry.problems import (
    ComparisonFrozen,
    ComparisonNotOpen,
    ComparisonNotSignedOff,
    ConflictsOpen,
    NotInConflict,
    OutcomeImpossible,
    RosterNotReady,
    SumsDisagree,
    UnknownRoster,
)
from services.registry.queries import comparisons, rosters
from services.registry.routes.answers import InDivision
from services.registry.routes.files import made
from services.registry.routes.imports import WORKBOOK
from services.registry.rules.outcomes import possible
from services.registry.schemas.comparisons import (
    ComparisonPage,
    ComparisonRowPage,
    ComparisonWithSums,
    NewComparison,
    NewResolution,
    NextRoster,
)

router = Router(tags=["comparisons"])

HEADINGS = ("序号", "比对结果", "清退原因", "匹配依据", "已鉴定", "矛盾之处", "户编号", "户主姓名", "证件号码",
            "行政区划代码", "四类人员类别", "居住类型")  # fmt: skip


@router.post(
    "/v1/comparisons",
    status_code=202,
    dependencies=[needs("registry:write")],
    responses=problems(UnknownRoster, RosterNotReady),
)
async def create_comparison(new: NewComparison, db: Db, who: Who, response: Response) -> Operation:
    """Hold a roster against newer data, as an operation. The comparison has the operation's id."""
    base = await _roster(db, new.base_roster_id)
    for id in {new.newer_roster_id, *new.match_roster_ids}:
        await _roster(db, id)
    id = await start(db, "comparison", {}, who)
    division_code = who.division.ljust(12, "0")
    db.add(
        models.Comparison(id=id, division_code=division_code, kind=base.kind, created_by=who.actor, **new.model_dump())
    )
    await db.flush()
    made(response, f"/v1/comparisons/{id}")
    return await accepted(db, response, id)


@router.get("/v1/comparisons", response_model=ComparisonPage, dependencies=[needs("registry:read")])
async def list_comparisons(
    db: Db,
    page: Paged,
    kind: RosterKind | None = None,
    state: ComparisonState | None = None,
    as_of: date | None = None,
) -> dict[str, Any]:
    """Comparisons; `as_of` leaves out later ones."""
    return await page.of(db, comparisons.comparisons(kind, state, as_of), key=col(models.Comparison.id))


@router.get(
    "/v1/comparisons/{comparison_id}.xlsx",
    dependencies=[needs("registry:read")],
    responses=WORKBOOK | problems(NotFound, ComparisonNotOpen),
)
async def download_comparison(comparison_id: UUID, db: Db) -> Response:
    """All rows as a workbook, ID numbers masked."""
    await _classified(db, comparison_id)
    file = await workbooks.workbook(HEADINGS, comparisons.exported(db, comparison_id))
    return workbooks.sent(file, f"comparison-{comparison_id}.xlsx")


@router.get(
    "/v1/comparisons/{comparison_id}",
    response_model=ComparisonWithSums,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def get_comparison(comparison_id: UUID, db: Db) -> dict[str, Any]:
    """The comparison and its sums."""
    return await _shown(db, comparison_id)


async def _rows(
    comparison_id: UUID,
    db: Db,
    division: InDivision,
    outcome: Outcome | None = None,
    matched: bool | None = None,
    residence: Residence | None = None,
    reason: str | None = Query(None, max_length=200, description="Why removed, exactly as written."),
) -> Listing:
    comparison = await _found(db, comparison_id)
    return comparisons.rows(comparison, division, outcome=outcome, matched=matched, residence=residence, reason=reason)


WantedComparisonRows = Annotated[Listing, Depends(_rows)]


@router.get(
    "/v1/comparisons/{comparison_id}/rows",
    response_model=ComparisonRowPage,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def list_comparison_rows(db: Db, page: Paged, response: Response, wanted: WantedComparisonRows) -> Response:
    """What became of each row, by which key it was matched, what contradicts, where it was found."""
    return await listed(db, page, response, wanted)


@router.post(
    "/v1/comparisons/{comparison_id}/rows/{row_no}:resolve",
    response_model=ComparisonWithSums,
    dependencies=[needs("registry:review")],
    responses=problems(NotFound, ComparisonFrozen, ComparisonNotOpen, NotInConflict, OutcomeImpossible),
)
async def resolve_comparison_row(
    comparison_id: UUID, row_no: int, new: NewResolution, db: Db, who: Who
) -> dict[str, Any]:
    """Decide a contradictory row, with a reason; the sums follow."""
    state = await comparisons.hold(db, comparison_id)
    if state is None:
        raise NotFound
    if state == ComparisonState.SIGNED_OFF:
        raise ComparisonFrozen
    if state != ComparisonState.OPEN:
        raise ComparisonNotOpen
    row = await comparisons.row(db, comparison_id, row_no)
    if row is None:
        raise NotFound
    if not possible(new.outcome, in_base=row.base_row_no is not None, in_newer=row.newer_row_no is not None):
        raise OutcomeImpossible
    if not await comparisons.decide(db, row, new.outcome, new.reason):
        raise NotInConflict
    db.add(
        models.ComparisonResolution(
            comparison_id=comparison_id, row_no=row_no, county_code=row.county_code, division_code=row.division_code,
            outcome=new.outcome, reason=new.reason, resolved_by=who.actor,
        )
    )  # fmt: skip
    await db.flush()
    return await _shown(db, comparison_id)


@router.post(
    "/v1/comparisons/{comparison_id}:sign-off",
    response_model=ComparisonWithSums,
    dependencies=[needs("registry:approve")],
    responses=problems(NotFound, ComparisonFrozen, ComparisonNotOpen, ConflictsOpen, SumsDisagree),
)
async def sign_off_comparison(comparison_id: UUID, db: Db, who: Who) -> dict[str, Any]:
    """Freeze the comparison. PostgreSQL counts its rows and refuses while a conflict is open or a sum is off."""
    comparison = await _found(db, comparison_id)
    if comparison.state is ComparisonState.SIGNED_OFF:
        raise ComparisonFrozen
    if not await comparisons.sign_off(db, comparison_id, who.actor):
        raise ComparisonNotOpen
    return await _shown(db, comparison_id)


@router.post(
    "/v1/comparisons/{comparison_id}/roster",
    status_code=202,
    dependencies=[needs("registry:write")],
    responses=problems(NotFound, ComparisonNotSignedOff),
)
async def create_next_roster(comparison_id: UUID, new: NextRoster, db: Db, who: Who, response: Response) -> Operation:
    """Make the next roster from a signed-off comparison, as an operation. The roster has the operation's id."""
    comparison = await _found(db, comparison_id)
    if comparison.state is not ComparisonState.SIGNED_OFF:
        raise ComparisonNotSignedOff
    id = await start(db, "next-roster", {"comparison_id": str(comparison_id)}, who)
    db.add(
        models.Roster(
            id=id, division_code=comparison.division_code, name=new.name, kind=RosterKind.APPLICATION,
            as_of=new.as_of, comparison_id=comparison_id, rule=new.rule, created_by=who.actor,
        )
    )  # fmt: skip
    await db.flush()
    made(response, f"/v1/rosters/{id}")
    return await accepted(db, response, id)


async def _roster(db: Db, id: UUID) -> models.Roster:
    roster = await rosters.found(db, id)
    if roster is None:
        raise UnknownRoster
    if roster.state is not RosterState.READY:
        raise RosterNotReady
    return roster


async def _found(db: Db, id: UUID) -> models.Comparison:
    found = await comparisons.found(db, id)
    if found is None:
        raise NotFound
    return found


async def _classified(db: Db, id: UUID) -> models.Comparison:
    found = await _found(db, id)
    if found.state not in (ComparisonState.OPEN, ComparisonState.SIGNED_OFF):
        raise ComparisonNotOpen
    return found


async def _shown(db: Db, id: UUID) -> dict[str, Any]:
    db.expire_all()
    found = await _found(db, id)
    return found.model_dump() | {"sums": await comparisons.sums(db, id)}
