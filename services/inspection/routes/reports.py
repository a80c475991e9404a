"""Reports: coverage against plan, findings by kind, severity and town, rectification on any day, a round on paper."""

import base64
import hashlib
from collections import defaultdict
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlmodel import col

from fupin.app import Router
from fupin.auth import needs
from fupin.clock import Today
from fupin.db import Db
from fupin.exports import in_chinese
from fupin.problems import Invalid, NotFound, problems
from fupin.remote import PeerRefused, Unanswered
from services.inspection import models
from services.inspection.clients import Registry
from services.inspection.codes import FindingKind, Severity
from services.inspection.problems.findings import ReportTooLong
from services.inspection.queries import common, findings, reports
from services.inspection.rules.reports import percent, ppm, words
from services.inspection.schemas.fields import DivisionCode
from services.inspection.schemas.reports import (
    Coverage,
    CoverageRow,
    FindingCount,
    FindingCounts,
    RectificationRate,
    RectificationRates,
)

router = Router(tags=["reports"])
READ = [needs("inspection:read")]
On = Annotated[date | None, Query(description="The day to look at; today when absent.")]

TEMPLATES = Path(__file__).parents[1] / "templates"
STYLE = (TEMPLATES / "report.css").read_text(encoding="utf-8")
HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{HASH}'; base-uri 'none'; form-action 'none'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
HTML: dict[int | str, dict[str, Any]] = {200: {"description": "A page to print.", "content": {"text/html": {}}}}
MOST_FINDINGS, MOST_DAYS = 2_000, 3_660


@router.get("/v1/plans/{plan_id}/coverage", dependencies=READ, responses=problems(NotFound))
async def get_coverage(plan_id: UUID, db: Db, today: Today, on: On = None) -> Coverage:
    """
    What was drawn and what of it was visited, replaced or failed by a day: by wave, stratum and town.

    A household counts as replaced when a reserve is to be visited in its place.
    """
    await common.get(db, models.Plan, plan_id)
    items = [CoverageRow(**row) for row in await reports.coverage(db, plan_id, on or today)]
    drawn, visited = (sum(getattr(row, f"households_{what}") for row in items) for what in ("drawn", "visited"))
    return Coverage(
        plan_id=plan_id,
        on=on or today,
        villages_drawn=sum(row.villages_drawn for row in items),
        villages_visited=sum(row.villages_visited for row in items),
        households_drawn=drawn,
        households_visited=visited,
        rate_ppm=ppm(visited, drawn),
        items=items,
    )


@router.get("/v1/finding-counts", dependencies=READ)
async def get_finding_counts(
    db: Db, today: Today, on: On = None, division: DivisionCode | None = None, plan_id: UUID | None = None
) -> FindingCounts:
    """Findings known on a day, by kind, severity and town, with those closed and overdue then."""
    items = [FindingCount(**row) for row in await reports.counts(db, on or today, division, plan_id)]
    return FindingCounts(
        on=on or today,
        found=sum(row.found for row in items),
        closed=sum(row.closed for row in items),
        overdue=sum(row.overdue for row in items),
        items=items,
    )


@router.get("/v1/rectification-rates", dependencies=READ)
async def get_rectification_rates(
    db: Db, today: Today, since: date | None = None, until: date | None = None, division: DivisionCode | None = None
) -> RectificationRates:
    """How much of what was found by each day of a period was closed by then, and how much was overdue."""
    last = until or today
    first = since or last
    if not 0 <= (last - first).days < MOST_DAYS:
        raise Invalid(
            "since", f"must be within {MOST_DAYS} days before until", zh="须在截止日之前十年以内", where="query"
        )
    rows = await reports.rates(db, first, last, division)
    items = [RectificationRate(**row, rate_ppm=ppm(row["closed"], row["found"])) for row in rows]
    return RectificationRates(since=first, until=last, items=items)


@router.get(
    "/v1/plans/{plan_id}/report-sheet",
    response_class=HTMLResponse,
    dependencies=READ,
    responses=HTML | problems(NotFound, ReportTooLong, Unanswered, PeerRefused),
)
async def print_round_report(
    plan_id: UUID, db: Db, today: Today, registry: Registry, request: Request, on: On = None
) -> HTMLResponse:
    """
    The report of a plan's rounds to print (督查情况报告): how it was drawn, coverage, findings, their rectification.

    Households stand on it by place only, descriptions not at all, so that no person's name is on it.
    """
    plan = await common.get(db, models.Plan, plan_id)
    day = on or today
    zh = in_chinese(request)
    places = await registry.names(day)
    coverage = await get_coverage(plan_id, db, today, day)
    counts = await reports.counts(db, day, plan_id=plan_id)
    draws = await reports.draws(db, plan_id)
    asked = findings.FindingFilter(plan_id=plan_id)
    statement = findings.findings(day, asked).order_by(col(models.Finding.year), col(models.Finding.number))
    found = (await db.execute(statement.limit(MOST_FINDINGS + 1))).mappings().all()
    if len(found) > MOST_FINDINGS:
        raise ReportTooLong(most=MOST_FINDINGS)
    lang = "zh-CN" if zh else "en"
    html = _environment().get_template("report.html").render(
        w=words(zh), lang=lang, style=STYLE, plan=plan, on=day, coverage=coverage, draws=draws, findings=found,
        kinds=_by_kind(counts), severities=list(Severity), places=places, said=lambda code: code.zh if zh else code.en,
        ppm=ppm,
    )  # fmt: skip
    return HTMLResponse(html, headers=HEADERS | {"Content-Language": lang})


def _by_kind(counts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The counts of each kind over all towns, a column for each severity."""
    columns = ("found", "closed", "overdue", *(severity.value for severity in Severity))
    totals: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(columns, 0))
    for row in counts:
        total = totals[row["kind"]]
        total[row["severity"]] += row["found"]
        for name in ("found", "closed", "overdue"):
            total[name] += row[name]
    return [{"kind": kind, **totals[kind.value]} for kind in FindingKind if kind.value in totals]


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.filters["percent"] = percent
    return made
