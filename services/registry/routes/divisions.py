from datetime import date
from hashlib import sha256
from typing import Annotated

from fastapi import Path, Query, Response
from sqlmodel import col

from fupin.app import Router
from fupin.auth import needs
from fupin.clock import Today
from fupin.db import Db
from fupin.etag import IfMatch, Stale, VersionRequired
from fupin.paging import Paged
from fupin.problems import Invalid, NotFound, problems
from fupin.written import found, listed
from services.registry import models
from services.registry.codes import DivisionLevel
from services.registry.problems import DivisionTaken, LevelMismatch, StateBackdated, UnknownParent
from services.registry.queries import divisions
from services.registry.queries.changes import change
from services.registry.routes.answers import AsOf
from services.registry.rules.statuses import REGISTER_OPENED
from services.registry.schemas.divisions import (
    Division,
    DivisionChange,
    DivisionPage,
    DivisionVerification,
    KnownDivision,
    NewDivision,
    VerifiedDivisions,
)

router = Router(tags=["divisions"])

Code = Annotated[str, Path(pattern=r"^[0-9]{12}$", examples=["230882101201"])]
STATE = frozenset(
    {"poor_village", "has_tap_water", "water_system_running", "population", "labour_force", "collective_income_fen"}
)


@router.post(
    "/v1/divisions",
    status_code=201,
    response_model=Division,
    dependencies=[needs("registry:write")],
    responses=problems(DivisionTaken, LevelMismatch, UnknownParent, NotFound),
)
async def create_division(new: NewDivision, db: Db, response: Response, today: Today) -> Response:
    """Register a county, town or village."""
    _check_water(new.has_tap_water, new.water_system_running)
    _check_place(new)
    fields = new.model_dump() | {"state_on": new.state_on or REGISTER_OPENED, "county_code": new.code[:6]}
    db.add(models.Division(**fields))
    await db.flush()
    return await found(db, response, divisions.by_code(new.code, today), "d.version", made=f"/v1/divisions/{new.code}")


@router.get("/v1/divisions", response_model=DivisionPage, dependencies=[needs("registry:read")])
async def list_divisions(
    db: Db,
    page: Paged,
    response: Response,
    as_of: AsOf,
    level: DivisionLevel | None = None,
    parent: Annotated[str | None, Query(pattern=r"^[0-9]{12}$", description="Directly below this one.")] = None,
    poor_village: bool | None = None,
    has_tap_water: bool | None = None,
    water_system_running: bool | None = None,
) -> Response:
    """Divisions as they stood on a day; places change seldom, so a page has an ETag."""
    wanted = divisions.Divisions(as_of, level, parent, poor_village, has_tap_water, water_system_running)
    answer = await listed(db, page, response, wanted.listing())
    answer.headers["ETag"] = f'"{sha256(bytes(answer.body)).hexdigest()[:32]}"'
    return answer


@router.post("/v1/divisions:verify", dependencies=[needs("registry:read")])
async def verify_divisions(wanted: DivisionVerification, db: Db) -> VerifiedDivisions:
    """Which of these codes are divisions on a day, with name and level."""
    found = await divisions.verify(db, wanted.codes, wanted.on)
    known = [KnownDivision.model_validate(dict(zip(KnownDivision.model_fields, row, strict=True))) for row in found]
    seen = {division.code for division in known}
    return VerifiedDivisions(known=known, unknown=[code for code in dict.fromkeys(wanted.codes) if code not in seen])


@router.get(
    "/v1/divisions/{code}",
    response_model=Division,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def get_division(code: Code, db: Db, response: Response, as_of: AsOf) -> Response:
    """One division, also one that has been merged into another."""
    return await found(db, response, divisions.by_code(code, as_of), "d.version")


@router.patch(
    "/v1/divisions/{code}",
    response_model=Division,
    dependencies=[needs("registry:write")],
    responses=problems(NotFound, Stale, VersionRequired, StateBackdated),
)
async def change_division(
    code: Code, new: DivisionChange, db: Db, response: Response, version: IfMatch, today: Today
) -> Response:
    """Change a division; what changes over the years holds from `state_on` on, and the earlier state stays readable."""
    fields = new.model_dump(exclude_unset=True)
    if STATE & fields.keys():
        await _begin_state(db, code, fields, today)
    elif "state_on" in fields:
        raise Invalid("/state_on", "nothing that holds from a day is changed", zh="没有需要注明起始日期的更改")
    await change(db, models.Division, col(models.Division.code), code, version, fields)
    return await found(db, response, divisions.by_code(code, today), "d.version")


async def _begin_state(db: Db, code: str, fields: dict[str, object], today: date) -> None:
    """The day from which the new state holds; no earlier than the one before it, no later than today."""
    since = (await db.execute(divisions.STATE_ON, {"code": code})).scalar_one_or_none()
    if since is None:
        raise NotFound
    on = fields.setdefault("state_on", max(today, since))
    if not isinstance(on, date) or on > max(today, since):
        raise Invalid("/state_on", "must not be in the future", zh="不得晚于今天")
    if on < since:
        raise StateBackdated(since=since.isoformat())
    if fields.get("has_tap_water") is False:
        fields.setdefault("water_system_running", None)


def _check_water(has_tap_water: bool | None, running: bool | None) -> None:
    if running is not None and not has_tap_water:
        raise Invalid(
            "/water_system_running", "must be null where there is no tap water", zh="未通自来水的村不填供水运行情况"
        )


def _check_place(new: NewDivision) -> None:
    """A town lies in the county of its code, a village in the town of its code."""
    above = {DivisionLevel.COUNTY: None, DivisionLevel.TOWN: new.code[:6], DivisionLevel.VILLAGE: new.code[:9]}
    expected = above[new.level]
    if new.parent_code != (expected.ljust(12, "0") if expected else None):
        raise Invalid("/parent_code", "must be the division above, as the code says", zh="须为代码所示的上级行政区划")
    if new.poor_village and new.level is not DivisionLevel.VILLAGE:
        raise Invalid("/poor_village", "only a village is a poor village", zh="只有村可以是贫困村")
