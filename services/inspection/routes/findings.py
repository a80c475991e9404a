"""Findings (问题): what was found wanting, about what, by whom, and until when it is to be put right."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from fastapi.responses import Response
from sqlmodel import col

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.paging import BadCursor, Paged
from fupin.problems import Invalid, NotFound, problems
from services.inspection import models
from services.inspection.codes import FindingKind, FindingState, FindingStepKind, FindingSubject, Severity
from services.inspection.problems.findings import (
    DueBeforeFound,
    NotAboutAHousehold,
    SentAlready,
    SubjectMissing,
)
from services.inspection.queries import common, links
from services.inspection.queries import findings as queries
from services.inspection.rules.rectification import deadline, number
from services.inspection.schemas.fields import DivisionCode
from services.inspection.schemas.findings import (
    Finding,
    FindingLink,
    FindingLinkPage,
    FindingPage,
    FindingStepPage,
    HouseholdCorrection,
    NewFinding,
)

router = Router(tags=["findings"])
READ = [needs("inspection:read")]
WRITE = [needs("inspection:write")]
ON = "The day to look at; today when absent."


@router.post(
    "/v1/findings", status_code=201, dependencies=WRITE, responses=problems(NotFound, DueBeforeFound, SubjectMissing)
)
async def create_finding(new: NewFinding, db: Db, who: Who, today: Today, response: Response) -> Finding:
    """
    Record what was found wanting, on a visit, on a cross-inspection or otherwise; it is numbered and open from then on.

    A deadline on a holiday moves to the next working day: `asked_due_on` and `due_on` say so. A finding on money is
    noted in `funds`.
    """
    if new.found_on > today:
        raise Invalid("/found_on", "must not be in the future", zh="不得晚于今天")
    origin = await _origin(db, new)
    county, year = origin["division_code"][:6], new.found_on.year
    row = await common.add(
        db,
        models.Finding(
            **origin,
            **new.model_dump(include={"subject", "visit_id", "cross_inspection_id", "kind", "severity"}),
            **new.model_dump(include={"description", "responsible_unit", "found_on"}),
            county_code=county,
            year=year,
            number=await queries.next_number(db, county, year),
            actor=who.actor,
        ),
    )
    asked, due = deadline(new.found_on, new.working_days, new.due_on)
    opened: dict[str, Any] = {
        "finding_id": row.id,
        "division_code": row.division_code,
        "seq": 1,
        "kind": FindingStepKind.OPENED,
        "state": FindingState.OPEN,
        "round": 1,
        "asked_due_on": asked,
        "due_on": due,
        "text": new.description,
        "on_day": new.found_on,
        "actor": who.actor,
    }
    await common.add(db, models.FindingStep(**opened))
    if new.subject == FindingSubject.FUND:
        await links.note_in_funds(db, who, row, number(year, row.number), due)
    response.headers["Location"] = f"/v1/findings/{row.id}"
    return Finding.model_validate(await queries.finding(db, row.id, today))


async def _origin(db: Db, new: NewFinding) -> dict[str, Any]:
    """Where a finding lies, who found it and what it is about. Raises NotFound."""
    if new.visit_id is not None:
        visit = await queries.visit(db, new.visit_id)
        household = visit["household_id"] if new.subject == FindingSubject.HOUSEHOLD else new.subject_id
        return {"division_code": visit["division_code"], "team_id": visit["team_id"], "subject_id": household}
    if new.cross_inspection_id is not None:
        found = await queries.cross_inspection(db, new.cross_inspection_id)
        return {**found, "subject_id": new.subject_id}
    if new.team_id is not None:
        await common.get(db, models.Team, new.team_id)
    return new.model_dump(include={"division_code", "team_id", "subject_id"})


@router.get("/v1/findings", dependencies=READ, response_model=FindingPage, responses=problems(BadCursor))
async def list_findings(
    page: Paged,
    db: Db,
    today: Today,
    on: Annotated[date | None, Query(description=ON)] = None,
    division: DivisionCode | None = None,
    subject: FindingSubject | None = None,
    subject_id: UUID | None = None,
    visit_id: UUID | None = None,
    cross_inspection_id: UUID | None = None,
    kind: FindingKind | None = None,
    severity: Severity | None = None,
    responsible_unit: str | None = None,
    state: FindingState | None = None,
    overdue: bool | None = None,
    plan_id: Annotated[UUID | None, Query(description="Found on visits of this plan's draws.")] = None,
) -> Any:
    """Findings known on a day, as they stood then."""
    asked = queries.FindingFilter(
        division=division, subject=subject, subject_id=subject_id, visit_id=visit_id,
        cross_inspection_id=cross_inspection_id, kind=kind, severity=severity, responsible_unit=responsible_unit,
        state=state, overdue=overdue, plan_id=plan_id,
    )  # fmt: skip
    return await page.of(db, queries.findings(on or today, asked), key=col(models.Finding.id))


@router.get("/v1/findings/{finding_id}", dependencies=READ, responses=problems(NotFound))
async def get_finding(
    finding_id: UUID, db: Db, today: Today, on: Annotated[date | None, Query(description=ON)] = None
) -> Finding:
    """A finding as it stood on a day."""
    return Finding.model_validate(await queries.finding(db, finding_id, on or today))


@router.get(
    "/v1/findings/{finding_id}/steps",
    dependencies=READ,
    response_model=FindingStepPage,
    responses=problems(NotFound, BadCursor),
)
async def list_finding_steps(finding_id: UUID, page: Paged, db: Db) -> Any:
    """Every step of a finding, from its opening on."""
    await common.get(db, models.Finding, finding_id)
    return await page.of(db, queries.steps(finding_id), key=col(models.FindingStep.seq))


@router.post(
    "/v1/findings/{finding_id}:propose-correction",
    status_code=202,
    dependencies=WRITE,
    responses=problems(NotFound, NotAboutAHousehold, SentAlready),
)
async def propose_correction(finding_id: UUID, new: HouseholdCorrection, db: Db, who: Who) -> FindingLink:
    """
    Raise a change request in the registry for the household that the finding is about.

    It is sent once this is recorded; the link says when it arrived, or why the registry refused it, after which a
    corrected one may be sent.
    """
    found = await common.get(db, models.Finding, finding_id)
    if found.subject != FindingSubject.HOUSEHOLD:
        raise NotAboutAHousehold
    change = new.model_dump(exclude_unset=True, exclude={"version"})
    sent = await links.propose_in_registry(db, who, found, number(found.year, found.number), new.version, change)
    return FindingLink.model_validate(sent)


@router.get(
    "/v1/findings/{finding_id}/links",
    dependencies=READ,
    response_model=FindingLinkPage,
    responses=problems(NotFound, BadCursor),
)
async def list_finding_links(finding_id: UUID, page: Paged, db: Db) -> Any:
    """What other services were sent about a finding: sent, delivered, or refused with the problem's name."""
    await common.get(db, models.Finding, finding_id)
    return await page.of(db, queries.links(finding_id), key=col(models.FindingLink.id))
