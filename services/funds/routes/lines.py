"""A distribution's lines: what each household gets and why, and objections to it."""

from fractions import Fraction
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from services.funds import models
from services.funds.clients import SnapshotRow
from services.funds.codes import DistributionState, LineStatus
from services.funds.problems.distributions import AlreadyRuled
from services.funds.problems.ledger import WrongState
from services.funds.queries import distributions as queries
from services.funds.routes.distributions import distribution_or_404, needs_of
from services.funds.rules import shares
from services.funds.schemas.distributions import (
    DistributionLinePage,
    DistributionRule,
    LineExplanation,
    NeedReason,
    NewObjection,
    Objection,
    ObjectionPage,
    Ruling,
)

router = Router(tags=["distributions"])


@router.get(
    "/v1/distributions/{distribution_id}/lines",
    response_model=DistributionLinePage,
    dependencies=[needs("funds:read")],
    responses=problems(NotFound, BadCursor),
)
async def list_distribution_lines(
    distribution_id: UUID, db: Db, page: Paged,
    division: Annotated[str | None, Query(pattern=r"^[0-9]{2,12}$", description="A division's code or prefix.")] = None,
    status: LineStatus | None = None,
    household_no: Annotated[str | None, Query(max_length=64)] = None,
) -> dict[str, Any]:  # fmt: skip
    """The lines of the caller's division: household numbers, never names."""
    await distribution_or_404(db, distribution_id)
    statement = queries.lines(distribution_id, division, status, household_no)
    return await page.of(db, statement, key=models.DistributionLine.line_no)


@router.get(
    "/v1/distributions/{distribution_id}/lines/{line_no}/explain",
    dependencies=[needs("funds:read")],
    responses=problems(NotFound),
)
async def explain_distribution_line(distribution_id: UUID, line_no: int, db: Db) -> LineExplanation:
    """Why a household gets what it gets: its frozen needs, their points, its place, the fraction and the rounding."""
    distribution = await distribution_or_404(db, distribution_id)
    line = await queries.line(db, distribution_id, line_no)
    rule = await queries.rule(db, distribution.rule_id)
    if line is None or rule is None:
        raise NotFound
    pot, total = distribution.open_pot_fen or 0, distribution.open_need or 0
    exact = Fraction(line["share_fen"]) if line["bound"] or not total else Fraction(pot * line["need"], total)
    return LineExplanation(
        **line | await queries.booking(db, distribution_id, line_no),
        rule=DistributionRule.model_validate(rule),
        reasons=[
            NeedReason.model_validate(reason)
            for reason in shares.reasons(rule, needs_of(SnapshotRow.model_validate(line)))
        ],
        pot_fen=distribution.pot_fen,
        shared_pot_fen=pot,
        shared_need=total,
        exact_share=str(exact),
        topped_up=line["share_fen"] > exact,
    )


@router.post(
    "/v1/distributions/{distribution_id}/lines/{line_no}/objections",
    status_code=201,
    response_model=Objection,
    dependencies=[needs("funds:post")],
    responses=problems(NotFound, WrongState),
)
async def object_to_line(
    distribution_id: UUID, line_no: int, new: NewObjection, db: Db, who: Who, today: Today, response: Response
) -> dict[str, Any]:
    """Record an objection (异议) raised while the lines are on notice; the line is frozen until it is ruled on."""
    distribution = await distribution_or_404(db, distribution_id, lock=True)
    line = await queries.line(db, distribution_id, line_no)
    if line is None:
        raise NotFound
    if distribution.state != DistributionState.NOTICED:
        raise WrongState
    objection_id = await queries.object_to(
        db,
        {
            "distribution_id": distribution_id, "line_no": line_no, "county_code": line["county_code"],
            "division_code": line["division_code"], "raised_on": today, "reason": new.reason, "made_by": who.actor,
        },
    )  # fmt: skip
    response.headers["Location"] = f"/v1/objections/{objection_id}"
    return await _objection(db, objection_id)


@router.get(
    "/v1/objections", response_model=ObjectionPage, dependencies=[needs("funds:read")], responses=problems(BadCursor)
)
async def list_objections(db: Db, page: Paged, distribution_id: UUID | None = None) -> dict[str, Any]:
    """Objections of the caller's division with their rulings."""
    return await page.of(db, queries.objections(distribution_id), key=models.Objection.id)


@router.get(
    "/v1/objections/{objection_id}",
    response_model=Objection,
    dependencies=[needs("funds:read")],
    responses=problems(NotFound),
)
async def get_objection(objection_id: UUID, db: Db) -> dict[str, Any]:
    """One objection and its ruling."""
    return await _objection(db, objection_id)


@router.post(
    "/v1/objections/{objection_id}:rule",
    response_model=Objection,
    dependencies=[needs("funds:approve")],
    responses=problems(NotFound, AlreadyRuled),
)
async def rule_on_objection(objection_id: UUID, ruling: Ruling, db: Db, who: Who, today: Today) -> dict[str, Any]:
    """Uphold an objection, and its line is excluded; or dismiss it, and the line can be posted."""
    found = await _objection(db, objection_id)
    await queries.rule_on(
        db,
        {
            "objection_id": objection_id, "county_code": found["county_code"], "division_code": found["division_code"],
            "upheld": ruling.upheld, "reason": ruling.reason, "ruled_on": today, "ruled_by": who.actor,
        },
    )  # fmt: skip
    return await _objection(db, objection_id)


async def _objection(db: Db, objection_id: UUID) -> dict[str, Any]:
    found = await queries.objection(db, objection_id)
    if found is None:
        raise NotFound
    return found
