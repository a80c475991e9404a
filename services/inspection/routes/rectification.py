"""What becomes of a finding (整改): measures, report, re-check by another team, closed or reopened; delays."""

from datetime import date
from typing import Any
from uuid import UUID

from fastapi.responses import Response
from sqlmodel import col

from fupin.app import Router
from fupin.auth import Principal, Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.paging import BadCursor, Paged
from fupin.problems import Invalid, NotFound, problems
from fupin.workdays import next_working_day
from services.inspection import models
from services.inspection.codes import FindingState, FindingStepKind
from services.inspection.problems.findings import (
    DueBeforeFound,
    EscalationRuleThere,
    EvidenceMissing,
    ExtensionOutOfOrder,
    FoundByThisTeam,
    NotOnOnesOwn,
    NotTheNextStep,
    RecheckTeamAtHome,
    SomebodyWasFaster,
)
from services.inspection.queries import common, escalations, findings
from services.inspection.routes.common import made
from services.inspection.rules.rectification import deadline
from services.inspection.schemas.findings import (
    EscalationPage,
    EscalationRule,
    EscalationRulePage,
    ExtensionDecision,
    ExtensionRequest,
    Finding,
    NewEscalationRule,
    Recheck,
    Reopening,
    Step,
)

router = Router(tags=["findings"])
READ = [needs("inspection:read")]
WRITE = [needs("inspection:write")]
PLAN = [needs("inspection:plan")]
STEP = (NotFound, NotTheNextStep, SomebodyWasFaster)


@router.post("/v1/findings/{finding_id}:agree-measures", dependencies=WRITE, responses=problems(*STEP))
async def agree_measures(finding_id: UUID, step: Step, db: Db, who: Who, today: Today) -> Finding:
    """The responsible unit says what it will do (整改措施)."""
    return await _take(db, who, today, finding_id, step, FindingStepKind.MEASURES, FindingState.MEASURES_AGREED)


@router.post("/v1/findings/{finding_id}:report", dependencies=WRITE, responses=problems(*STEP, EvidenceMissing))
async def report_rectification(finding_id: UUID, step: Step, db: Db, who: Who, today: Today) -> Finding:
    """The responsible unit reports it put right; what shows it is attached to the finding before."""
    return await _take(db, who, today, finding_id, step, FindingStepKind.REPORT, FindingState.REPORTED)


@router.post(
    "/v1/findings/{finding_id}:recheck",
    dependencies=PLAN,
    responses=problems(*STEP, FoundByThisTeam, RecheckTeamAtHome, NotOnOnesOwn),
)
async def recheck_finding(finding_id: UUID, step: Recheck, db: Db, who: Who, today: Today) -> Finding:
    """Another team than the one that found it checks again (复查)."""
    await common.get(db, models.Team, step.team_id)
    kind = FindingStepKind.RECHECK_PASSED if step.passed else FindingStepKind.RECHECK_FAILED
    return await _take(db, who, today, finding_id, step, kind, FindingState.RECHECKED, team_id=step.team_id)


@router.post("/v1/findings/{finding_id}:close", dependencies=PLAN, responses=problems(*STEP))
async def close_finding(finding_id: UUID, step: Step, db: Db, who: Who, today: Today) -> Finding:
    """Strike it off (销号), after a re-check that it passed."""
    return await _take(db, who, today, finding_id, step, FindingStepKind.CLOSED, FindingState.CLOSED)


@router.post("/v1/findings/{finding_id}:reopen", dependencies=PLAN, responses=problems(*STEP, DueBeforeFound))
async def reopen_finding(finding_id: UUID, step: Reopening, db: Db, who: Who, today: Today) -> Finding:
    """A new round with a new deadline: the re-check failed, or what was closed came back."""
    before = await _last(db, finding_id)
    asked, due = deadline(step.on, step.working_days, step.due_on)
    return await _take(
        db, who, today, finding_id, step, FindingStepKind.REOPENED, FindingState.REOPENED,
        round=before.round + 1, asked_due_on=asked, due_on=due,
    )  # fmt: skip


@router.post(
    "/v1/findings/{finding_id}:request-extension", dependencies=WRITE, responses=problems(*STEP, ExtensionOutOfOrder)
)
async def request_extension(finding_id: UUID, step: ExtensionRequest, db: Db, who: Who, today: Today) -> Finding:
    """Ask for a later deadline; the present one stands until somebody else decides."""
    before = await _last(db, finding_id)
    return await _take(
        db, who, today, finding_id, step, FindingStepKind.EXTENSION_REQUESTED, before.state, proposed_due_on=step.due_on
    )


@router.post(
    "/v1/findings/{finding_id}:decide-extension",
    dependencies=PLAN,
    responses=problems(*STEP, ExtensionOutOfOrder, NotOnOnesOwn),
)
async def decide_extension(finding_id: UUID, step: ExtensionDecision, db: Db, who: Who, today: Today) -> Finding:
    """A second person grants or refuses the later deadline; on a holiday it moves to the next working day."""
    before = await _last(db, finding_id)
    asked = await findings.extension(db, finding_id, before.round)
    if asked is None:
        raise ExtensionOutOfOrder
    if not step.granted:
        return await _take(db, who, today, finding_id, step, FindingStepKind.EXTENSION_REFUSED, before.state)
    return await _take(
        db, who, today, finding_id, step, FindingStepKind.EXTENSION_GRANTED, before.state,
        asked_due_on=asked, due_on=next_working_day(asked),
    )  # fmt: skip


async def _last(db: Db, finding_id: UUID) -> models.FindingStep:
    found = await findings.last_step(db, finding_id)
    if found is None:
        raise NotFound
    return found


async def _take(
    db: Db,
    who: Principal,
    today: date,
    finding_id: UUID,
    step: Step,
    kind: FindingStepKind,
    state: FindingState,
    **other: Any,
) -> Finding:
    """The next step; whether it may be taken PostgreSQL decides."""
    if step.on > today:
        raise Invalid("/on", "must not be in the future", zh="不得晚于今天")
    before = await _last(db, finding_id)
    row: dict[str, Any] = {
        "finding_id": finding_id,
        "division_code": before.division_code,
        "seq": before.seq + 1,
        "kind": kind,
        "state": state,
        "round": before.round,
        "asked_due_on": before.asked_due_on,
        "due_on": before.due_on,
        "text": step.text,
        "on_day": step.on,
        "actor": who.actor,
    }
    await common.add(db, models.FindingStep(**row | other))
    return Finding.model_validate(await findings.finding(db, finding_id, today))


@router.post(
    "/v1/escalation-rules", status_code=201, dependencies=PLAN, responses=problems(NotFound, EscalationRuleThere)
)
async def create_escalation_rule(new: NewEscalationRule, db: Db, response: Response) -> EscalationRule:
    """
    Whom a county tells after how many working days of delay, from a day on; of a level the latest rule counts.

    Where there is no rule nobody is told.
    """
    if not new.division_code.endswith("000000"):
        raise Invalid("/division_code", "must be a county's", zh="须为县级区划代码")
    row = models.EscalationRule(**new.model_dump())
    return made(response, "/v1/escalation-rules", EscalationRule, await common.add(db, row))


@router.get("/v1/escalation-rules", dependencies=READ, response_model=EscalationRulePage, responses=problems(BadCursor))
async def list_escalation_rules(page: Paged, db: Db) -> Any:
    """Whom a county tells of delays, old rules included."""
    return await page.of(db, escalations.rules(), key=col(models.EscalationRule.id))


@router.get("/v1/escalations", dependencies=READ, response_model=EscalationPage, responses=problems(BadCursor))
async def list_escalations(
    page: Paged,
    db: Db,
    finding_id: UUID | None = None,
    told: str | None = None,
    level: int | None = None,
    on: date | None = None,
) -> Any:
    """Who was told of which delay; `on` keeps what was told on that day. The service looks at every day by itself."""
    found = escalations.escalations(finding_id=finding_id, told=told, level=level, on=on)
    return await page.of(db, found, key=col(models.Escalation.id))
