"""The figures and terms that procedures go by: rows that a county corrects."""

from typing import Annotated

from fastapi import Path, Response
from sqlmodel import col

from fupin.app import Router
from fupin.auth import needs
from fupin.db import Db
from fupin.etag import IfMatch, Stale, VersionRequired
from fupin.paging import Paged
from fupin.problems import Invalid, NotFound, problems
from fupin.written import found, listed
from services.registry import models
from services.registry.codes import ProcedureKind, StepKind
from services.registry.problems.procedures import PovertyLineKnown
from services.registry.queries import procedures as queries
from services.registry.queries.changes import change
from services.registry.schemas.procedures import (
    NewPovertyLine,
    PovertyLine,
    PovertyLineChange,
    PovertyLinePage,
    ProcedureRule,
    ProcedureRuleChange,
    ProcedureRulePage,
)

router = Router(tags=["procedures"])

OfYear = Annotated[int, Path(ge=1949, le=2100)]


@router.get("/v1/poverty-lines", response_model=PovertyLinePage, dependencies=[needs("registry:read")])
async def list_poverty_lines(db: Db, page: Paged, response: Response) -> Response:
    """国家扶贫标准: the poverty line of each year with its source."""
    return await listed(db, page, response, queries.lines())


@router.post(
    "/v1/poverty-lines",
    status_code=201,
    response_model=PovertyLine,
    dependencies=[needs("registry:approve")],
    responses=problems(PovertyLineKnown),
)
async def create_poverty_line(new: NewPovertyLine, db: Db, response: Response) -> Response:
    """Record a year's poverty line."""
    db.add(models.PovertyLine(**new.model_dump()))
    await db.flush()
    wanted = queries.lines().where("l.year = %(year)s", year=new.year)
    return await found(db, response, wanted, "l.version", made=f"/v1/poverty-lines/{new.year}")


@router.get(
    "/v1/poverty-lines/{year}",
    response_model=PovertyLine,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def get_poverty_line(year: OfYear, db: Db, response: Response) -> Response:
    """One year's poverty line."""
    return await found(db, response, queries.lines().where("l.year = %(year)s", year=year), "l.version")


@router.patch(
    "/v1/poverty-lines/{year}",
    response_model=PovertyLine,
    dependencies=[needs("registry:approve")],
    responses=problems(NotFound, Stale, VersionRequired),
)
async def change_poverty_line(
    year: OfYear, new: PovertyLineChange, db: Db, response: Response, version: IfMatch
) -> Response:
    """Correct a year's poverty line; verifications already recorded keep the line they were held against."""
    fields = new.model_dump(exclude_unset=True)
    await change(db, models.PovertyLine, col(models.PovertyLine.year), year, version, fields)
    return await found(db, response, queries.lines().where("l.year = %(year)s", year=year), "l.version")


@router.get("/v1/procedure-rules", response_model=ProcedureRulePage, dependencies=[needs("registry:read")])
async def list_procedure_rules(db: Db, page: Paged, response: Response, kind: ProcedureKind | None = None) -> Response:
    """The steps of each kind of procedure: who takes them, in which order, within how many working days."""
    return await listed(db, page, response, queries.rules(kind))


@router.get(
    "/v1/procedure-rules/{kind}/{step}",
    response_model=ProcedureRule,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def get_procedure_rule(kind: ProcedureKind, step: StepKind, db: Db, response: Response) -> Response:
    """The rule of one step."""
    return await found(db, response, queries.rules(kind, step), "r.version")


@router.patch(
    "/v1/procedure-rules/{kind}/{step}",
    response_model=ProcedureRule,
    dependencies=[needs("registry:approve")],
    responses=problems(NotFound, Stale, VersionRequired),
)
async def change_procedure_rule(
    kind: ProcedureKind, step: StepKind, new: ProcedureRuleChange, db: Db, response: Response, version: IfMatch
) -> Response:
    """Change the terms of a step; its order, level and duty are not the county's to change."""
    row = await db.get(models.ProcedureRule, (kind, step), with_for_update=True)
    if row is None:
        raise NotFound
    if row.version != version:
        raise Stale
    given = new.model_dump(exclude_unset=True)
    for name in ("notice_days", "notice_counts", "quorum_ppm", "months"):
        if name in given and getattr(row, name) is None:
            raise Invalid(f"/{name}", "says nothing about this step", zh="该步骤没有此项规定")
    row.sqlmodel_update(given | {"version": version + 1})
    await db.flush()
    return await found(db, response, queries.rules(kind, step), "r.version")
