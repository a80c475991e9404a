from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.paging import Paged
from fupin.problems import Invalid, NotFound, problems
from fupin.written import found, listed
from services.registry.codes import MonitoringKind, ProcedureKind, ProcedureState, StepKind
from services.registry.problems import StatusNotReachable
from services.registry.problems.eligibility import NoRuleInForce
from services.registry.problems.procedures import (
    MonitoringKindMismatch,
    ProcedureRunning,
    StepNotYours,
)
from services.registry.queries import eligibility, households
from services.registry.queries import procedures as queries
from services.registry.queries.facts import Day
from services.registry.routes.answers import InDivision, On
from services.registry.rules import procedures as rules
from services.registry.rules import statuses
from services.registry.rules.eligibility import EXIT
from services.registry.schemas.procedures import (
    NewProcedure,
    NewProcedureStep,
    Procedure,
    ProcedureCount,
    ProcedurePage,
    ProcedureStatistics,
    Requirement,
    Requirements,
)

router = Router(tags=["procedures"])


async def _wanted(
    on: On,
    today: Today,
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
        on, division, kind, monitoring_kind, state, last_step, next_step, household_id, overdue, in_notice, today
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
    not_in_future(new.on, today)
    household = await households.locked(db, new.household_id)
    if (aim := rules.AIMS_AT.get(new.kind)) is not None:
        statuses.step(household.status, household.status_on, aim, max(new.on, household.status_on))
    if new.monitoring_kind is not None:
        rules.monitored(new.monitoring_kind, household.status)
    first = rules.OPENING[new.kind]
    rule = await queries.rule(db, new.kind, first)
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
    await queries.record(db, id, new.kind, taken, new.on)
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
    "/v1/procedures/{procedure_id}/requirements",
    dependencies=[needs("registry:read")],
    responses=problems(NotFound, NoRuleInForce),
)
async def get_exit_requirements(procedure_id: UUID, db: Db, today: Today) -> Requirements:
    """What leaving poverty takes by the rule in force, and what the register says of it; for an EXIT procedure."""
    now = await queries.one(db, procedure_id)
    if now.kind is not ProcedureKind.EXIT:
        raise NotFound
    confirmed = (await db.execute(queries.CONFIRMATION, {"id": procedure_id})).one_or_none() or (None, None)
    rule = await eligibility.in_force(db, today, EXIT)
    held = await eligibility.hold(db, rule, now.household_id, Day(today, now.year, today, all(confirmed)))
    proofs = rules.ruled((await queries.proofs(db, now, *confirmed))[0], held.decided.results)
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


def not_in_future(on: date, today: date) -> None:
    """Raises Invalid."""
    if on > today:
        raise Invalid("/on", "must not be in the future", zh="不得晚于今天")
