from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.operations import Operation, accepted, start
from fupin.paging import Paged
from fupin.problems import NotFound, problems
from fupin.written import found, listed
from services.registry import models
from services.registry.codes.eligibility import Eligibility
from services.registry.problems.eligibility import NoRuleInForce, RunsNotAlike, WrongPurpose
from services.registry.queries import eligibility as queries
from services.registry.queries import eligibility_runs as runs
from services.registry.queries import households
from services.registry.queries.facts import Day
from services.registry.routes.answers import InDivision
from services.registry.routes.files import made
from services.registry.routes.procedures import not_in_future
from services.registry.schemas.eligibility import (
    EligibilityChangePage,
    EligibilityDecision,
    EligibilityDecisionPage,
    EligibilityRun,
    EligibilityRunPage,
    NewDecision,
    NewEligibilityRun,
)

router = Router(tags=["eligibility"])

DECIDING = problems(NotFound, NoRuleInForce, WrongPurpose)
DECISION_VERSION = "1"  # it never changes


def _day(new: NewDecision, today: date) -> Day:
    on = new.on or today
    not_in_future(on, today)
    return Day(on, new.year or on.year, today)


@router.post(
    "/v1/households/{household_id}:decide",
    status_code=201,
    response_model=EligibilityDecision,
    dependencies=[needs("registry:write")],
    responses=DECIDING,
)
async def decide_household(
    household_id: UUID, new: NewDecision, db: Db, who: Who, today: Today, response: Response
) -> Response:
    """Hold a rule against a household and store the decision with its trace: clauses, and the facts they looked at."""
    day = _day(new, today)
    rule = await queries.in_force(db, day.on, new.purpose, new.rule_id)
    held = await queries.hold(db, rule, household_id, day)
    id = await queries.keep(db, rule, household_id, day, held, who.actor)
    wanted = queries.decision(id)
    return await found(db, response, wanted, DECISION_VERSION, made=f"/v1/eligibility-decisions/{id}")


@router.get(
    "/v1/households/{household_id}/decisions",
    response_model=EligibilityDecisionPage,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def list_household_decisions(household_id: UUID, db: Db, page: Paged, response: Response) -> Response:
    """What was decided on a household, by which rule, on which facts."""
    await households.known(db, household_id)
    return await listed(db, page, response, queries.Decisions(household_id).listing())


async def _wanted(
    division: InDivision,
    run_id: UUID | None = None,
    rule_id: UUID | None = None,
    outcome: Eligibility | None = None,
    clause: Annotated[str | None, Query(max_length=32, description="The clause that is named.")] = None,
) -> queries.Decisions:
    return queries.Decisions(None, run_id, rule_id, division, outcome, clause)


Wanted = Annotated[queries.Decisions, Depends(_wanted)]


@router.get("/v1/eligibility-decisions", response_model=EligibilityDecisionPage, dependencies=[needs("registry:read")])
async def list_eligibility_decisions(db: Db, page: Paged, response: Response, wanted: Wanted) -> Response:
    """Decisions: those of a run, of a rule, of an outcome."""
    return await listed(db, page, response, wanted.listing())


@router.get(
    "/v1/eligibility-decisions/{decision_id}",
    response_model=EligibilityDecision,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def get_eligibility_decision(decision_id: UUID, db: Db, response: Response) -> Response:
    """One decision with its trace."""
    return await found(db, response, queries.decision(decision_id), DECISION_VERSION)


@router.post(
    "/v1/eligibility-runs",
    status_code=202,
    dependencies=[needs("registry:review")],
    responses=DECIDING,
)
async def create_eligibility_run(
    new: NewEligibilityRun, db: Db, who: Who, today: Today, response: Response
) -> Operation:
    """Decide on every household of your division, as an operation. The run has the operation's id."""
    day = _day(new, today)
    rule = await queries.in_force(db, day.on, new.purpose, new.rule_id)
    id = await start(db, "eligibility-run", {"today": today.isoformat()}, who)
    db.add(
        models.EligibilityRun(
            id=id, division_code=who.division.ljust(12, "0"), rule_id=rule.id, on_date=day.on, year=day.year,
            created_by=who.actor,
        )
    )  # fmt: skip
    await db.flush()
    made(response, f"/v1/eligibility-runs/{id}")
    return await accepted(db, response, id)


@router.get("/v1/eligibility-runs", response_model=EligibilityRunPage, dependencies=[needs("registry:read")])
async def list_eligibility_runs(db: Db, page: Paged, response: Response) -> Response:
    """Runs of your division, with how many households came to what."""
    return await listed(db, page, response, runs.runs())


@router.get(
    "/v1/eligibility-runs/{run_id}",
    response_model=EligibilityRun,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def get_eligibility_run(run_id: UUID, db: Db, response: Response) -> Response:
    """One run."""
    return await found(db, response, runs.by_id(run_id), runs.RUN_VERSION)


@router.get(
    "/v1/eligibility-runs/{run_id}/changes",
    response_model=EligibilityChangePage,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound, RunsNotAlike),
)
async def list_eligibility_changes(
    run_id: UUID,
    db: Db,
    page: Paged,
    response: Response,
    before: Annotated[
        UUID | None, Query(description="The run to compare with; by default the last one before it.")
    ] = None,
) -> Response:
    """Households that came to something else than in the run before: another outcome, or another clause named."""
    if await db.get(models.EligibilityRun, run_id) is None:
        raise NotFound
    if before is None:
        before = await runs.before(db, run_id)
    if before is None or not await runs.alike(db, run_id, before):
        raise RunsNotAlike
    return await listed(db, page, response, runs.changes(run_id, before))
