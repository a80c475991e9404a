from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.db import Db
from fupin.paging import Paged
from fupin.problems import NotFound, problems
from fupin.written import found, listed
from services.registry import models
from services.registry.codes.eligibility import RuleState
from services.registry.problems.eligibility import (
    ClausesMisfit,
    DrafterApproves,
    ExpressionRefused,
    RuleNotDraft,
    RuleOverlaps,
)
from services.registry.queries import eligibility as queries
from services.registry.rules import eligibility as rules
from services.registry.rules.facts import CATALOGUE
from services.registry.schemas.eligibility import (
    EligibilityFact,
    EligibilityFactList,
    EligibilityRule,
    EligibilityRulePage,
    NewEligibilityRule,
)

router = Router(tags=["eligibility"])


@router.get("/v1/eligibility-facts", dependencies=[needs("registry:read")])
async def list_eligibility_facts() -> EligibilityFactList:
    """The facts of a household that an expression may name: type, unit, codes, and when each is missing."""
    return EligibilityFactList(
        items=[
            EligibilityFact(
                name=fact.name, kind=fact.kind, unit=fact.unit, zh=fact.zh, en=fact.en,
                codes=fact.codes.entries() if fact.codes else [],
                code_list=fact.codes.list_name() if fact.codes else None,
                missing_zh=fact.missing and fact.missing[0], missing_en=fact.missing and fact.missing[1],
            )
            for fact in CATALOGUE
        ]
    )  # fmt: skip


@router.get("/v1/eligibility-rules", response_model=EligibilityRulePage, dependencies=[needs("registry:read")])
async def list_eligibility_rules(
    db: Db,
    page: Paged,
    response: Response,
    purpose: Annotated[str | None, Query(max_length=32, examples=["EXIT"])] = None,
    state: RuleState | None = None,
    on: Annotated[date | None, Query(description="In force on this day.")] = None,
) -> Response:
    """Rules of eligibility by purpose: drafts, those in force, those that were."""
    return await listed(db, page, response, queries.ruled(purpose, state, on))


@router.get(
    "/v1/eligibility-rules/{rule_id}",
    response_model=EligibilityRule,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def get_eligibility_rule(rule_id: UUID, db: Db, response: Response) -> Response:
    """One rule with its clauses."""
    return await found(db, response, queries.rule_by_id(rule_id), queries.RULE_VERSION)


@router.post(
    "/v1/eligibility-rules",
    status_code=201,
    response_model=EligibilityRule,
    dependencies=[needs("registry:review")],
    responses=problems(ExpressionRefused, ClausesMisfit),
)
async def draft_eligibility_rule(new: NewEligibilityRule, db: Db, who: Who, response: Response) -> Response:
    """
    Draft a rule. Every expression is read and its types checked; one that is wrong is refused with its place.

    A draft decides nothing until another person puts it in force, and is never changed: draft it anew.
    """
    rules.read(new.clauses)
    rules.fit(new.purpose, new.meets, [clause.code for clause in new.clauses])
    await db.execute(queries.ONE_AT_A_TIME, {"purpose": new.purpose})
    number = (await db.execute(queries.NUMBER, {"purpose": new.purpose})).scalar_one()
    rule = models.EligibilityRule(**new.model_dump(), number=number, drafted_by=who.actor)
    db.add(rule)
    await db.flush()
    assert rule.id is not None  # noqa: S101  # PostgreSQL has made it
    made = f"/v1/eligibility-rules/{rule.id}"
    return await found(db, response, queries.rule_by_id(rule.id), queries.RULE_VERSION, made=made)


@router.post(
    "/v1/eligibility-rules/{rule_id}:put-in-force",
    response_model=EligibilityRule,
    dependencies=[needs("registry:approve")],
    responses=problems(NotFound, RuleNotDraft, DrafterApproves, RuleOverlaps),
)
async def put_eligibility_rule_in_force(rule_id: UUID, db: Db, who: Who, response: Response) -> Response:
    """Put a draft in force, by another person than its drafter; the rule before it ends the day before it begins."""
    await queries.put_in_force(db, await queries.one(db, rule_id), who.actor)
    return await found(db, response, queries.rule_by_id(rule_id), queries.RULE_VERSION)


@router.post(
    "/v1/eligibility-rules/{rule_id}:withdraw",
    response_model=EligibilityRule,
    dependencies=[needs("registry:review")],
    responses=problems(NotFound, RuleNotDraft),
)
async def withdraw_eligibility_rule(rule_id: UUID, db: Db, response: Response) -> Response:
    """Withdraw a draft; it stays readable."""
    await queries.withdraw(db, await queries.one(db, rule_id))
    return await found(db, response, queries.rule_by_id(rule_id), queries.RULE_VERSION)
