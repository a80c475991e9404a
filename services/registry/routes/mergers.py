from uuid import UUID

from fastapi import Response

from fupin import listing
from fupin.app import Router
from fupin.auth import Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.paging import Paged
from fupin.problems import Invalid, NotFound, problems
from fupin.written import listed
from services.registry import models
from services.registry.codes import DivisionLevel
from services.registry.problems.change_requests import (
    AnotherCounty,
    DivisionEnded,
    MoveBackdated,
    OpenTransfers,
    VillagesOnly,
)
from services.registry.queries import mergers
from services.registry.queries.histories import HOLDING_FROM
from services.registry.schemas.mergers import DivisionMerger, DivisionMergerPage, NewMerger

router = Router(tags=["divisions"])


@router.post(
    "/v1/divisions:merge",
    status_code=201,
    response_model=DivisionMerger,
    dependencies=[needs("registry:approve")],
    responses=problems(NotFound, VillagesOnly, AnotherCounty, DivisionEnded, MoveBackdated, OpenTransfers),
)
async def merge_divisions(new: NewMerger, db: Db, who: Who, response: Response, today: Today) -> Response:
    """
    Villages become one on a day: their households move to it, their codes end the day before.

    An old code stays readable, with its last day and `succeeded_by`; lists of an earlier day still find by it.
    """
    if new.on > today:
        raise Invalid("/on", "must not be in the future", zh="不得晚于今天")
    await _mergeable(db, new)
    codes = {"codes": new.from_codes}
    households = (await db.execute(mergers.COUNT, codes)).scalar_one()
    row = models.DivisionMerger(
        county_code=new.into_code[:6], division_code=new.into_code, from_codes=new.from_codes, on_date=new.on,
        reason=new.reason, households=households, actor=who.actor,
    )  # fmt: skip
    db.add(row)
    await db.flush()
    id = UUID(str(row.id))
    await db.execute(HOLDING_FROM, {"on": new.on.isoformat()})
    await db.execute(mergers.RECORD_MOVES, codes | {"into_code": new.into_code, "on": new.on, "id": id})
    await db.execute(mergers.MOVE, codes | {"into_code": new.into_code})
    await db.execute(mergers.END, codes | {"into_code": new.into_code, "on": new.on})
    body = await listing.one(db, mergers.by_id(id), "1")
    if body is None:
        raise NotFound
    location = {"Location": f"/v1/divisions/{new.into_code}"}
    return Response(body[0], 201, dict(response.headers) | location, "application/json")


@router.get("/v1/division-mergers", response_model=DivisionMergerPage, dependencies=[needs("registry:read")])
async def list_division_mergers(db: Db, page: Paged, response: Response) -> Response:
    """Which villages became which, when and by whose word."""
    return await listed(db, page, response, mergers.MERGERS)


async def _mergeable(db: Db, new: NewMerger) -> None:
    """Raises NotFound, VillagesOnly, AnotherCounty, DivisionEnded, MoveBackdated, OpenTransfers."""
    every = [*new.from_codes, new.into_code]
    if len(set(every)) != len(every):
        raise VillagesOnly
    if len({code[:6] for code in every}) != 1:
        raise AnotherCounty
    held = {row.code: row for row in (await db.execute(mergers.HOLD, {"codes": every})).all()}
    if len(held) != len(every):
        raise NotFound
    if any(row.level != DivisionLevel.VILLAGE for row in held.values()):
        raise VillagesOnly
    into = held.pop(new.into_code)
    if (into.valid_from or new.on) > new.on or into.valid_to is not None:
        raise DivisionEnded(division=into.code)
    for row in held.values():
        if row.valid_to is not None or (row.valid_from is not None and row.valid_from >= new.on):
            raise DivisionEnded(division=row.code)
    if count := (await db.execute(mergers.OPEN_TRANSFERS, {"codes": every})).scalar_one():
        raise OpenTransfers(open=count)
    last = (await db.execute(mergers.LAST_MOVE, {"codes": new.from_codes})).scalar_one()
    if last is not None and last > new.on:
        raise MoveBackdated(since=last.isoformat())
