from datetime import date
from uuid import UUID

from fastapi import Response
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.app import Router
from fupin.auth import Principal, Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.paging import Paged
from fupin.problems import NotFound, problems
from fupin.written import found, listed
from services.registry import models
from services.registry.codes import ProcedureKind, ProcedureState, StepKind, StepOutcome
from services.registry.problems import StatusBackdated, StatusNotReachable
from services.registry.problems.eligibility import NoRuleInForce
from services.registry.problems.procedures import (
    ApproverReviewed,
    ClearedTooEarly,
    ExitNotProven,
    MeasuresOpen,
    NoSuchObjection,
    NoticeNotOver,
    ObjectionUnanswered,
    ProcedureClosed,
    QuorumMissed,
    StepBackdated,
    StepNotYours,
    StepOutOfOrder,
    VoteDisagrees,
)
from services.registry.queries import eligibility, households
from services.registry.queries import procedures as queries
from services.registry.queries.facts import Day
from services.registry.routes.procedures import not_in_future
from services.registry.rules import procedures as rules
from services.registry.rules import statuses
from services.registry.rules.eligibility import EXIT
from services.registry.schemas.procedures import NewProcedureStep, Procedure, ProcedureStepPage

router = Router(tags=["procedures"])


@router.get(
    "/v1/procedures/{procedure_id}/steps",
    response_model=ProcedureStepPage,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def list_procedure_steps(procedure_id: UUID, db: Db, page: Paged, response: Response) -> Response:
    """Every step of a procedure, who recorded it and when."""
    await queries.one(db, procedure_id)
    return await listed(db, page, response, queries.steps(procedure_id))


@router.post(
    "/v1/procedures/{procedure_id}/steps",
    status_code=201,
    response_model=Procedure,
    dependencies=[needs("registry:write")],
    responses=problems(
        NotFound, StepOutOfOrder, StepNotYours, StepBackdated, NoticeNotOver, ObjectionUnanswered, NoSuchObjection,
        ApproverReviewed, ProcedureClosed, QuorumMissed, VoteDisagrees, ExitNotProven, NoRuleInForce, MeasuresOpen,
        ClearedTooEarly,        StatusNotReachable, StatusBackdated,
    ),
)  # fmt: skip
async def record_step(
    procedure_id: UUID, new: NewProcedureStep, db: Db, who: Who, response: Response, today: Today
) -> Response:
    """
    Record the next step of a procedure.

    An approval that gives the household a status changes it in the same transaction; the status history names the
    procedure.
    """
    not_in_future(new.on, today)
    household_id = (await queries.one(db, procedure_id)).household_id
    household = await households.locked(db, household_id)
    now = await queries.one(db, procedure_id)
    rule = await _check(db, now, new, who)
    measured = await _measure(db, now, new, who)
    base = new.on
    if new.step in rules.NOTICES and rule.notice_days is not None and rule.notice_counts is not None:
        base = rules.notice_until(new.on, rule.notice_days, rule.notice_counts)
    elif new.until is not None:
        base = new.until
    until = base if base != new.on or new.step in (*rules.NOTICES, StepKind.MEASURE) else None
    await queries.record(db, procedure_id, now.kind, new, base, until_on=until, **measured)
    if rule.household_status is not None and new.outcome is StepOutcome.PASSED:
        statuses.step(household.status, household.status_on, rule.household_status, new.on)
        reason = f"{now.kind.zh}程序 /v1/procedures/{procedure_id}"
        change = {"id": household_id, "status": rule.household_status.value, "on": new.on, "reason": reason}
        await db.execute(households.CHANGE_STATUS, change)
    made = f"/v1/procedures/{procedure_id}/steps"
    return await found(db, response, queries.by_id(procedure_id, today), "p.steps", made=made)


async def _check(
    db: AsyncSession, now: models.Procedure, new: NewProcedureStep, who: Principal
) -> models.ProcedureRule:
    """The rule of the step, when it is this one's turn and this person's; what PostgreSQL refuses is not asked here."""
    last = now.last_step or rules.OPENING[now.kind]
    if now.state not in (ProcedureState.RUNNING, ProcedureState.APPROVED):
        raise ProcedureClosed(state=now.state.value)
    if new.step not in rules.ASIDE:
        possible = await queries.followers(db, now.kind, last)
        if new.step.value not in possible:
            raise StepOutOfOrder(last_step=last.value, possible=possible)
    rule = await queries.rule(db, now.kind, new.step)
    rules.allow(rule.duty, rule.level, who.scopes, who.division)
    if now.notice_until is not None and new.on <= now.notice_until and new.step not in (
        *rules.ASIDE, StepKind.WITHDRAWAL
    ):  # fmt: skip
        raise NoticeNotOver(notice_until=now.notice_until.isoformat())
    if new.step is StepKind.DEMOCRATIC_REVIEW:
        rules.hold(new, rule.quorum_ppm)
    if new.step is StepKind.RISK_CLEARED:
        await _cleared(db, now, new.on, rule.months or 0)
    return rule


async def _measure(
    db: AsyncSession, now: models.Procedure, new: NewProcedureStep, who: Principal
) -> dict[str, int | None]:
    """
    Income and line that an exit's verification and approval found, once everything it takes is there.

    What it takes is the EXIT rule in force; its decision is stored with the step.
    """
    if now.kind is not ProcedureKind.EXIT or new.outcome is StepOutcome.REFUSED:
        return {}
    if new.step is StepKind.VERIFICATION:
        confirmed = (new.person, new.confirmed_on)
    elif new.step is StepKind.COUNTY_APPROVAL:  # what was true at the verification may not be any more
        person, on = (await db.execute(queries.CONFIRMATION, {"id": now.id})).one()
        confirmed = (person, on)
    else:
        return {}
    rule = await eligibility.in_force(db, new.on, EXIT)
    day = Day(new.on, now.year, new.on, all(confirmed))
    held = await eligibility.hold(db, rule, now.household_id, day)
    proofs, facts = await queries.proofs(db, now, *confirmed)
    rules.prove(rules.ruled(proofs, held.decided.results))
    await eligibility.keep(db, rule, now.household_id, day, held, who.actor, now.id)
    return facts


async def _cleared(db: AsyncSession, now: models.Procedure, on: date, months: int) -> None:
    """Raises MeasuresOpen, ClearedTooEarly."""
    taken = (await db.execute(queries.MEASURES, {"id": now.id})).one()
    if not taken.measures or taken.until >= on:
        raise MeasuresOpen(until=taken.until and taken.until.isoformat())
    earliest = rules.months_after(now.opened_on, months)
    if on < earliest:
        raise ClearedTooEarly(earliest=earliest.isoformat(), months=months)
