from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.operations import Operation, accepted, start
from fupin.paging import Paged
from fupin.problems import Invalid, NotFound, problems
from fupin.written import found, listed
from services.registry import models
from services.registry.codes.quality import FindingState, Severity
from services.registry.problems.quality import FindingNotOpen, UnknownRule
from services.registry.queries.quality import RULES, findings
from services.registry.routes.answers import InDivision
from services.registry.routes.files import made
from services.registry.rules.quality import WEIGHT
from services.registry.schemas.quality import (
    Excuse,
    NewQualityRun,
    QualityFinding,
    QualityFindingPage,
    QualityRule,
    QualityRuleList,
    QualityRun,
    QualityRunPage,
    QualityScorePage,
)

router = Router(tags=["quality"])

CODES = {rule.code for rule in RULES}
OF_SEVERITY = {severity: [rule.code for rule in RULES if rule.severity is severity] for severity in Severity}


@router.get("/v1/quality-rules", dependencies=[needs("registry:read")])
async def list_quality_rules() -> QualityRuleList:
    """The numbered catalogue: what each rule looks at, and what to do about a finding."""
    return QualityRuleList(
        items=[
            QualityRule(
                code=rule.code, severity=rule.severity, title_zh=rule.title.zh, title_en=rule.title.en,
                looks_at=list(rule.looks_at), reason_zh=rule.reason.zh, reason_en=rule.reason.en,
                remedy_zh=rule.remedy.zh, remedy_en=rule.remedy.en, across=rule.across,
            )
            for rule in RULES
        ]
    )  # fmt: skip


@router.post("/v1/quality-runs", status_code=202, dependencies=[needs("registry:review")], responses=problems(NotFound))
async def create_quality_run(new: NewQualityRun, db: Db, who: Who, today: Today, response: Response) -> Operation:
    """Look at the register of your division with every rule, as an operation. The run has the operation's id."""
    if new.on is not None and new.on > today:
        raise Invalid("/on", "must not be in the future", zh="不得晚于今天")
    id = await start(db, "quality-run", {}, who)
    division = who.division.ljust(12, "0")
    db.add(models.QualityRun(id=id, division_code=division, on_date=new.on or today, created_by=who.actor))
    await db.flush()
    made(response, f"/v1/quality-runs/{id}")
    return await accepted(db, response, id)


@router.get("/v1/quality-runs", response_model=QualityRunPage, dependencies=[needs("registry:read")])
async def list_quality_runs(db: Db, page: Paged, response: Response) -> Response:
    """Runs of your division, with what each rule found and how long it took."""
    return await listed(db, page, response, findings.runs())


@router.get(
    "/v1/quality-runs/{run_id}",
    response_model=QualityRun,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def get_quality_run(run_id: UUID, db: Db, response: Response) -> Response:
    """One run."""
    return await found(db, response, findings.runs().where("r.id = %(id)s", id=run_id), findings.RUN_VERSION)


@router.get(
    "/v1/quality-findings",
    response_model=QualityFindingPage,
    dependencies=[needs("registry:read")],
    responses=problems(UnknownRule),
)
async def list_quality_findings(
    db: Db,
    page: Paged,
    response: Response,
    division: InDivision,
    rule: Annotated[str | None, Query(pattern=r"^Q[0-9]{2}$", description="A rule of the catalogue.")] = None,
    household_id: UUID | None = None,
    state: FindingState | None = None,
) -> Response:
    """What the rules found, in words. Closed findings stay readable."""
    if rule is not None and rule not in CODES:
        raise UnknownRule
    return await listed(db, page, response, findings.findings(division, rule, household_id, state))


@router.get(
    "/v1/quality-findings/{finding_id}",
    response_model=QualityFinding,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def get_quality_finding(finding_id: UUID, db: Db, response: Response) -> Response:
    """One finding."""
    return await found(db, response, findings.finding(finding_id), findings.FINDING_VERSION)


@router.post(
    "/v1/quality-findings/{finding_id}:excuse",
    response_model=QualityFinding,
    dependencies=[needs("registry:review")],
    responses=problems(NotFound, FindingNotOpen),
)
async def excuse_quality_finding(finding_id: UUID, new: Excuse, db: Db, who: Who, response: Response) -> Response:
    """Say why it is right all the same; it no longer counts against the village while it stands so."""
    done = await db.execute(findings.EXCUSE, {"id": finding_id, "actor": who.actor, "reason": new.reason})
    if done.one_or_none() is None:
        if (await db.execute(findings.KNOWN, {"id": finding_id})).one_or_none() is None:
            raise NotFound
        raise FindingNotOpen
    return await found(db, response, findings.finding(finding_id), findings.FINDING_VERSION)


@router.get("/v1/quality-scores", response_model=QualityScorePage, dependencies=[needs("registry:read")])
async def list_quality_scores(db: Db, page: Paged, response: Response, who: Who, division: InDivision) -> Response:
    """Scorecards of villages: each household weighs by its worst open finding."""
    wanted = findings.scores(
        division or who.division,
        errors=OF_SEVERITY[Severity.ERROR],
        warnings=OF_SEVERITY[Severity.WARNING],
        error=WEIGHT[Severity.ERROR],
        warning=WEIGHT[Severity.WARNING],
        notice=WEIGHT[Severity.NOTICE],
    )
    return await listed(db, page, response, wanted)
