from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.app import Router
from fupin.auth import Principal, Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.paging import Paged
from fupin.problems import Invalid, NotFound, problems
from services.registry import models
from services.registry.codes import MonitoringKind, ProcedureKind, ProcedureState, StepKind, StepOutcome
from services.registry.problems import StatusBackdated, StatusNotReachable
from services.registry.problems.procedures import (
    ApproverReviewed,
    ClearedTooEarly,
    ExitNotProven,
    MeasuresOpen,
    MonitoringKindMismatch,
    NoSuchObjection,
    NoticeNotOver,
    ObjectionOpen,
    ProcedureClosed,
    ProcedureRunning,
    QuorumMissed,
    StepBackdated,
    StepNotYours,
    StepOutOfOrder,
    VoteDisagrees,
)
from services.registry.queries import households
from services.registry.queries import procedures as queries
from services.registry.routes.answers import InDivision, On, found, listed
from services.registry.rules import procedures as rules
from services.registry.rules import statuses
from services.registry.schemas.procedures import (
    NewProcedure,
    NewProcedureStep,
    Procedure,
    ProcedureCount,
    ProcedurePage,
    ProcedureStatistics,
    ProcedureStepPage,
    Requirement,
    Requirements,
)

router = Router(tags=["procedures"])


def _wanted(
    on: On,
    division: InDivision,
    kind: ProcedureKind | None = None,
    monitoring_kind: MonitoringKind | None = None,
    state: ProcedureState | None = None,
    last_step: StepKind | None = None,
    next_step: StepKind | None = None,
    household_id: UUID | None = None,
    overdue: Annotated[bool | None, Query(description="The next step's last working day is past.")] = None,
    in_notice: Annotated[bool | None, Query(description="A notice is up on the day.")] = None,
) -> queries.Procedures:
    return queries.Procedures(
        on, division, kind, monitoring_kind, state, last_step, next_step, household_id, overdue, in_notice
    )


Wanted = Annotated[queries.Procedures, Depends(_wanted)]


@router.post(
    "/v1/procedures",
    status_code=201,
    response_model=Procedure,
    dependencies=[needs("registry:write")],
    responses=problems(NotFound, ProcedureRunning, StatusNotReachable, MonitoringKindMismatch, StepNotYours),
)
async def open_procedure(new: NewProcedure, db: Db, who: Who, response: Response, today: Today) -> Response:
    """Open a procedure for a household with its first step: an application, a nomination, a risk found."""
    _not_in_future(new.on, today)
    household = await households.locked(db, new.household_id)
    if (aim := rules.AIMS_AT.get(new.kind)) is not None:
        statuses.step(household.status, household.status_on, aim, max(new.on, household.status_on))
    if new.monitoring_kind is not None:
        rules.monitored(new.monitoring_kind, household.status)
    first = rules.OPENING[new.kind]
    rule = await _rule(db, new.kind, first)
    rules.allow(rule.duty, rule.level, who.scopes, who.division)
    opened = {
        **new.model_dump(include={"household_id", "kind", "monitoring_kind", "risk", "risk_source"}, mode="python"),
        "county_code": household.county_code,
        "division_code": household.division_code,
        "year": new.year or new.on.year,
        "opened_on": new.on,
    }
    id = UUID(str((await db.execute(queries.OPEN, opened)).scalar_one()))
    taken = NewProcedureStep.model_validate({"step": first, **new.model_dump(include={"on", "person", "note"})})
    await _record(db, id, new.kind, taken, new.on)
    return await found(db, response, queries.by_id(id, today), "p.steps", made=f"/v1/procedures/{id}")


@router.get("/v1/procedures", response_model=ProcedurePage, dependencies=[needs("registry:read")])
async def list_procedures(db: Db, page: Paged, response: Response, wanted: Wanted) -> Response:
    """Procedures as they stood on a day; `overdue=true` lists those whose next step is late by working days."""
    return await listed(db, page, response, wanted.listing())


@router.get(
    "/v1/procedures/{procedure_id}",
    response_model=Procedure,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def get_procedure(procedure_id: UUID, db: Db, response: Response, on: On) -> Response:
    """One procedure as it stood on a day."""
    return await found(db, response, queries.by_id(procedure_id, on), "p.steps")


@router.get(
    "/v1/procedures/{procedure_id}/steps",
    response_model=ProcedureStepPage,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def list_procedure_steps(procedure_id: UUID, db: Db, page: Paged, response: Response) -> Response:
    """Every step of a procedure, who recorded it and when."""
    await _procedure(db, procedure_id)
    return await listed(db, page, response, queries.steps(procedure_id))


@router.post(
    "/v1/procedures/{procedure_id}/steps",
    status_code=201,
    response_model=Procedure,
    dependencies=[needs("registry:write")],
    responses=problems(
        NotFound, StepOutOfOrder, StepNotYours, StepBackdated, NoticeNotOver, ObjectionOpen, NoSuchObjection,
        ApproverReviewed, ProcedureClosed, QuorumMissed, VoteDisagrees, ExitNotProven, MeasuresOpen, ClearedTooEarly,
        StatusNotReachable, StatusBackdated,
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
    _not_in_future(new.on, today)
    household_id = (await _procedure(db, procedure_id)).household_id
    household = await households.locked(db, household_id)
    now = await _procedure(db, procedure_id)
    rule = await _check(db, now, new, who)
    measured = await _measure(db, now, new)
    base = new.on
    if new.step in rules.NOTICES and rule.notice_days is not None and rule.notice_counts is not None:
        base = rules.notice_until(new.on, rule.notice_days, rule.notice_counts)
    elif new.until is not None:
        base = new.until
    until = base if base != new.on or new.step in (*rules.NOTICES, StepKind.MEASURE) else None
    await _record(db, procedure_id, now.kind, new, base, until_on=until, **measured)
    if rule.household_status is not None and new.outcome is StepOutcome.PASSED:
        statuses.step(household.status, household.status_on, rule.household_status, new.on)
        reason = f"{now.kind.zh}程序 /v1/procedures/{procedure_id}"
        change = {"id": household_id, "status": rule.household_status.value, "on": new.on, "reason": reason}
        await db.execute(households.CHANGE_STATUS, change)
    made = f"/v1/procedures/{procedure_id}/steps"
    return await found(db, response, queries.by_id(procedure_id, today), "p.steps", made=made)


@router.get(
    "/v1/procedures/{procedure_id}/requirements", dependencies=[needs("registry:read")], responses=problems(NotFound)
)
async def get_exit_requirements(procedure_id: UUID, db: Db) -> Requirements:
    """What leaving poverty takes, item by item, and what the register says of it; for an EXIT procedure."""
    now = await _procedure(db, procedure_id)
    if now.kind is not ProcedureKind.EXIT:
        raise NotFound
    confirmed = (await db.execute(queries.CONFIRMATION, {"id": procedure_id})).one_or_none()
    proofs, _ = await _proofs(db, now, *(confirmed or (None, None)))
    return Requirements(
        procedure_id=procedure_id,
        year=now.year,
        met=all(proof.met for proof in proofs),
        items=[Requirement(item=p.item, met=p.met, en=p.en, zh=p.zh) for p in proofs],
    )


@router.get("/v1/statistics/procedures", dependencies=[needs("registry:read")])
async def get_procedure_statistics(
    db: Db, on: On, division: InDivision, kind: ProcedureKind | None = None
) -> ProcedureStatistics:
    """Procedures by kind, town and the state they had on a day, and how many of them were late."""
    rows = await queries.statistics(db, on, division, kind)
    names = ProcedureCount.model_fields
    items = [ProcedureCount.model_validate(dict(zip(names, row, strict=True))) for row in rows]
    return ProcedureStatistics(
        on=on,
        procedures=sum(item.procedures for item in items),
        overdue=sum(item.overdue for item in items),
        items=items,
    )


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
    rule = await _rule(db, now.kind, new.step)
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


async def _measure(db: AsyncSession, now: models.Procedure, new: NewProcedureStep) -> dict[str, int | None]:
    """Income and line that an exit's verification and approval found, once everything it takes is there."""
    if now.kind is not ProcedureKind.EXIT or new.outcome is StepOutcome.REFUSED:
        return {}
    if new.step is StepKind.VERIFICATION:
        confirmed = (new.person, new.confirmed_on)
    elif new.step is StepKind.COUNTY_APPROVAL:  # what was true at the verification may not be any more
        person, on = (await db.execute(queries.CONFIRMATION, {"id": now.id})).one()
        confirmed = (person, on)
    else:
        return {}
    proofs, facts = await _proofs(db, now, *confirmed)
    rules.prove(proofs)
    return facts


async def _proofs(
    db: AsyncSession, now: models.Procedure, confirmed_by: str | None, confirmed_on: date | None
) -> tuple[list[rules.Proof], dict[str, int | None]]:
    of = {"household_id": now.household_id, "year": now.year}
    facts = (await db.execute(queries.FACTS, of)).one()
    checks = await queries.guarantees(db, now.household_id, now.year)
    proofs = rules.proofs(now.year, facts.per_head_fen, facts.line_fen, checks, confirmed_by, confirmed_on)
    return proofs, {"per_head_fen": facts.per_head_fen, "line_fen": facts.line_fen}


async def _cleared(db: AsyncSession, now: models.Procedure, on: date, months: int) -> None:
    """Raises MeasuresOpen, ClearedTooEarly."""
    taken = (await db.execute(queries.MEASURES, {"id": now.id})).one()
    if not taken.measures or taken.until >= on:
        raise MeasuresOpen(until=taken.until and taken.until.isoformat())
    earliest = rules.months_after(now.opened_on, months)
    if on < earliest:
        raise ClearedTooEarly(earliest=earliest.isoformat(), months=months)


async def _record(
    db: AsyncSession,
    id: UUID,
    kind: ProcedureKind,
    new: NewProcedureStep,
    base: date,
    *,
    until_on: date | None = None,
    per_head_fen: int | None = None,
    line_fen: int | None = None,
) -> None:
    """Write the step; the next one's term runs from `base`."""
    following, days = await queries.usual(db, kind, new.step)
    row = {
        **new.model_dump(exclude={"on", "until"}),
        "step": new.step.value,
        "outcome": new.outcome.value,
        "procedure_id": id,
        "happened_on": new.on,
        "until_on": until_on,
        "per_head_fen": per_head_fen,
        "line_fen": line_fen,
        "next_step": following,
        "next_due_on": rules.due(base, days),
    }
    await db.execute(queries.RECORD, row)


async def _procedure(db: AsyncSession, id: UUID) -> models.Procedure:
    """Raises NotFound."""
    row = await db.get(models.Procedure, id, populate_existing=True)
    if row is None:
        raise NotFound
    return row


async def _rule(db: AsyncSession, kind: ProcedureKind, step: StepKind) -> models.ProcedureRule:
    """Raises StepOutOfOrder for a step that is none of this kind of procedure."""
    row = await db.get(models.ProcedureRule, (kind, step))
    if row is None:
        raise StepOutOfOrder(last_step=None, possible=[])
    return row


def _not_in_future(on: date, today: date) -> None:
    if on > today:
        raise Invalid("/on", "must not be in the future", zh="不得晚于今天")
