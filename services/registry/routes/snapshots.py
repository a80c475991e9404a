from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from fupin import listing
from fupin.app import Router
from fupin.auth import Who, division_prefix, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.paging import Paged
from fupin.problems import Invalid, NotFound, problems
from fupin.reads import Reads
from fupin.tables import NDJSON
from fupin.written import found, listed, streamed
from services.registry.queries import households, snapshots
from services.registry.queries.histories import EVER
from services.registry.queries.snapshots import GROUPS
from services.registry.routes.answers import AsOf, InDivision, KnownOn, On
from services.registry.routes.households import Wanted
from services.registry.schemas.households import KnownHousehold, Verification, Verified
from services.registry.schemas.snapshots import (
    FrameLine,
    NewSnapshot,
    Snapshot,
    SnapshotLine,
    SnapshotPage,
    Statistics,
    StatisticsRow,
)

router = Router(tags=["snapshots"])


def _lines(of: type[FrameLine | SnapshotLine]) -> dict[int | str, dict[str, object]]:
    content = {NDJSON: {"schema": of.model_json_schema()}}
    return {200: {"description": "One JSON object a line.", "content": content}}


@router.post(
    "/v1/snapshots",
    status_code=201,
    response_model=Snapshot,
    dependencies=[needs("registry:snapshot")],
    responses=problems(NotFound),
)
async def create_snapshot(new: NewSnapshot, db: Db, who: Who, response: Response, today: Today) -> Response:
    """
    Freeze the poor households of a division as they stood on a day, with what their need is reckoned from.

    A snapshot never changes; its digest is SHA-256 over the lines of `/rows`.
    """
    if new.on > today:
        raise Invalid("/on", "must not be in the future", zh="不得晚于今天")
    division = _prefix(new.division_code)
    id, frozen, digest = await snapshots.freeze(db, division, new.on, EVER if new.on < today else None)
    row = {
        **new.model_dump(),
        "id": id,
        "county_code": new.division_code[:6],
        "households": frozen,
        "digest": digest,
        "actor": who.actor,
    }
    await db.execute(snapshots.ADD, row)
    return await found(db, response, _snapshot(id), "1", made=f"/v1/snapshots/{id}")


@router.get("/v1/snapshots", response_model=SnapshotPage, dependencies=[needs("registry:read")])
async def list_snapshots(db: Db, page: Paged, response: Response) -> Response:
    """Snapshots taken, oldest first."""
    return await listed(db, page, response, snapshots.all_snapshots())


@router.get(
    "/v1/snapshots/{snapshot_id}",
    response_model=Snapshot,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def get_snapshot(snapshot_id: UUID, db: Db, response: Response) -> Response:
    """One snapshot: when, of what, and its digest."""
    return await found(db, response, _snapshot(snapshot_id), "1")


@router.get(
    "/v1/snapshots/{snapshot_id}/rows",
    response_class=Response,
    dependencies=[needs("registry:snapshot")],
    responses={**problems(NotFound), **_lines(SnapshotLine)},
)
async def stream_snapshot_rows(snapshot_id: UUID, db: Db, who: Who, request: Request) -> Response:
    """The frozen households as NDJSON, ordered by household_id."""
    if await listing.count(db, _snapshot(snapshot_id)) == 0:
        raise NotFound
    return streamed(request, who, snapshots.lines(snapshot_id))


@router.get(
    "/v1/frame",
    response_class=Response,
    dependencies=[needs("registry:snapshot")],
    responses=_lines(FrameLine),
)
async def stream_frame(who: Who, request: Request, on: On, known_at: KnownOn, division: InDivision) -> Response:
    """Every household of a division on a day, poor or not, as NDJSON ordered by division and number: for samples."""
    return streamed(request, who, snapshots.frame(division, on, known_at))


@router.post("/v1/households:verify", dependencies=[needs("registry:read")])
async def verify_households(wanted: Verification, db: Db) -> Verified:
    """Which of these households are in the register on a day, and with which status."""
    known = await households.verify(db, wanted.ids, wanted.on)
    seen = {row[0] for row in known}
    return Verified(
        known=[
            KnownHousehold.model_validate(dict(zip(KnownHousehold.model_fields, row, strict=True))) for row in known
        ],
        unknown=[id for id in dict.fromkeys(wanted.ids) if id not in seen],
    )


async def _groups(
    group_by: Annotated[
        str, Query(pattern=r"^[a-z_]+(,[a-z_]+)?$", description=f"One or two of {', '.join(GROUPS)}.")
    ] = "town,status",
) -> list[str]:
    names = group_by.split(",")
    if len(set(names)) != len(names) or not GROUPS.keys() >= set(names):
        raise Invalid(
            "group_by",
            f"one or two different ones of {', '.join(GROUPS)}",
            zh=f"须为以下一项或不同的两项：{'、'.join(GROUPS)}",
            where="query",
            code="group-by",
        )
    return names


@router.get("/v1/statistics/households", dependencies=[needs("registry:read")])
async def get_household_statistics(
    db: Reads, wanted: Wanted, as_of: AsOf, by: Annotated[list[str], Depends(_groups)]
) -> Statistics:
    """Households counted by one or two groups, with the filters of the household list."""
    rows = await snapshots.statistics(db, by, wanted)
    items = [StatisticsRow(keys=dict(zip(by, row, strict=False)), households=row[-1]) for row in rows]
    return Statistics(as_of=as_of, group_by=by, households=sum(item.households for item in items), items=items)


def _snapshot(id: UUID) -> listing.Listing:
    return snapshots.all_snapshots().where("p.id = %(id)s", id=id)


def _prefix(code: str) -> str:
    """The division's prefix. Raises Invalid for what is no division's code."""
    try:
        return division_prefix(code)
    except ValueError:
        raise Invalid("/division_code", "is not a division's code", zh="不是行政区划代码") from None
