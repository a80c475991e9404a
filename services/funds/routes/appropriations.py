"""Appropriations (指标文号) and the uses they are planned for, each approved by a second person."""

from typing import Any
from uuid import UUID

from fastapi import Response

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from fupin.remote import PeerRefused, Unanswered
from services.funds import models
from services.funds.clients import Projects
from services.funds.codes import AppropriationLevel, Decision, LoanState, UseKind
from services.funds.problems.appropriations import (
    AppropriationExists,
    MoreThanGranted,
    MoreThanPrincipal,
    SameUseApprover,
    UnknownProject,
)
from services.funds.problems.ledger import FutureDate, WrongState
from services.funds.queries import appropriations as queries
from services.funds.queries import loans
from services.funds.routes.shared import County, day
from services.funds.schemas.appropriations import (
    Appropriation,
    AppropriationPage,
    NewAppropriation,
    NewUse,
    Use,
    UsePage,
)

router = Router(tags=["appropriations"])

BEFORE_MONEY_LEFT = (LoanState.PROPOSED, LoanState.APPROVED)


@router.post(
    "/v1/appropriations",
    status_code=201,
    response_model=Appropriation,
    dependencies=[needs("funds:post")],
    responses=problems(AppropriationExists, FutureDate),
)
async def create_appropriation(
    new: NewAppropriation, db: Db, county: County, who: Who, today: Today, response: Response
) -> models.Appropriation:
    """Record money granted by a document. It is on its way until the treasury has paid it."""
    day(new.issued_on, today)
    place = {"county_code": county, "division_code": f"{county}000000", "made_by": who.actor}
    made = await queries.grant(db, new.model_dump() | place)
    response.headers["Location"] = f"/v1/appropriations/{made.id}"
    return made


@router.get(
    "/v1/appropriations",
    response_model=AppropriationPage,
    dependencies=[needs("funds:read")],
    responses=problems(BadCursor),
)
async def list_appropriations(
    db: Db, page: Paged, level: AppropriationLevel | None = None, year: int | None = None
) -> dict[str, Any]:
    """Appropriations, oldest first."""
    return await page.of(db, queries.appropriations(level, year), key=models.Appropriation.id)


@router.get(
    "/v1/appropriations/{appropriation_id}",
    response_model=Appropriation,
    dependencies=[needs("funds:read")],
    responses=problems(NotFound),
)
async def get_appropriation(appropriation_id: UUID, db: Db) -> models.Appropriation:
    """One appropriation."""
    return await granted_or_404(db, appropriation_id)


@router.post(
    "/v1/appropriations/{appropriation_id}/uses",
    status_code=201,
    response_model=Use,
    dependencies=[needs("funds:post")],
    responses=problems(
        NotFound, MoreThanGranted, MoreThanPrincipal, UnknownProject, WrongState, Unanswered, PeerRefused
    ),
)
async def propose_use(
    appropriation_id: UUID, new: NewUse, db: Db, who: Who, projects: Projects
) -> models.AppropriationUse:
    """
    Plan a part of an appropriation for a loan, a project or households (资金安排). A second person approves it.

    Money for a loan is planned before its principal leaves: whose money earned the contributions is then settled.
    """
    found = await projects.project(new.project_id) if new.project_id else None  # before any lock
    if new.project_id and found is None:
        raise UnknownProject
    granted = await granted_or_404(db, appropriation_id)
    if new.loan_id:
        await _before_money_left(db, new.loan_id)
    return await queries.plan(
        db,
        new.model_dump() | {
            "appropriation_id": granted.id, "county_code": granted.county_code, "made_by": who.actor,
            "division_code": granted.division_code, "project_no": found.project_no if found else None,
        },
    )  # fmt: skip


@router.get(
    "/v1/appropriation-uses", response_model=UsePage, dependencies=[needs("funds:read")], responses=problems(BadCursor)
)
async def list_appropriation_uses(
    db: Db, page: Paged, appropriation_id: UUID | None = None, kind: UseKind | None = None,
    state: Decision | None = None, loan_id: UUID | None = None, project_id: UUID | None = None,
) -> dict[str, Any]:  # fmt: skip
    """What appropriations are planned for, oldest first."""
    statement = queries.uses(appropriation_id, kind, state, loan_id, project_id)
    return await page.of(db, statement, key=models.AppropriationUse.id)


@router.post(
    "/v1/appropriation-uses/{use_id}:approve",
    response_model=Use,
    dependencies=[needs("funds:approve")],
    responses=problems(NotFound, SameUseApprover, WrongState),
)
async def approve_use(use_id: UUID, db: Db, who: Who) -> models.AppropriationUse:
    """Approve a use; the database refuses the person who proposed it. Repeating it changes nothing."""
    use = await use_or_404(db, use_id, lock=True)
    if use.state == Decision.APPROVED:
        return use
    if use.loan_id:
        await _before_money_left(db, use.loan_id)
    return await queries.decide(db, use_id, state=Decision.APPROVED, approved_by=who.actor)


@router.post(
    "/v1/appropriation-uses/{use_id}:reject",
    response_model=Use,
    dependencies=[needs("funds:approve")],
    responses=problems(NotFound, WrongState),
)
async def reject_use(use_id: UUID, db: Db) -> models.AppropriationUse:
    """Reject a proposed use for good; its amount is free again."""
    await use_or_404(db, use_id, lock=True)
    return await queries.decide(db, use_id, state=Decision.REJECTED)


async def granted_or_404(db: Db, appropriation_id: UUID) -> models.Appropriation:
    found = await queries.appropriation(db, appropriation_id)
    if found is None:
        raise NotFound
    return found


async def use_or_404(db: Db, use_id: UUID, *, lock: bool = False) -> models.AppropriationUse:
    found = await queries.use(db, use_id, lock=lock)
    if found is None:
        raise NotFound
    return found


async def _before_money_left(db: Db, loan_id: UUID) -> None:
    """The loan is locked until the transaction ends, so that its principal does not leave meanwhile."""
    loan = await loans.loan(db, loan_id, lock=True)
    if loan is None:
        raise NotFound
    if loan.state not in BEFORE_MONEY_LEFT:
        raise WrongState
