"""Inspection rounds: what was drawn and visited, who goes where on which day, what was found, what holds how surely."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel

from fupin.app import Router
from fupin.auth import open_route
from fupin.clock import Today
from services.portal.clients import Peers, Services, Told
from services.portal.routes.briefing import AsOf
from services.portal.routes.library import middles
from services.portal.routes.page import SignedIn, Spoken, carried, page, to_sign_in
from services.portal.routes.rows import STATUS
from services.portal.rules.charts import Interval, Map, Part, bar, interval, line, town_map

router = Router(include_in_schema=False)

DAYS = 366  # the rectification rate is drawn for so many days at most
CHART = (600.0, 160.0)


class Plan(BaseModel):
    id: str
    plan_no: str
    purpose: str
    period_from: date
    period_to: date
    state: str


class Draw(BaseModel):
    id: str
    frame_id: str
    wave: int
    seed: str
    drawn_on: date
    villages: int
    households: int


class CoverageRow(BaseModel):
    town_code: str
    villages_in_frame: int
    villages_drawn: int
    villages_visited: int
    households_drawn: int
    households_visited: int
    households_replaced: int
    households_failed: int


class Coverage(BaseModel):
    villages_drawn: int
    villages_visited: int
    households_drawn: int
    households_visited: int
    rate_ppm: int | None
    items: list[CoverageRow]


class Visit(BaseModel):
    team_id: str
    planned_on: date
    village_code: str


class Team(BaseModel):
    id: str
    name: str


class FindingCount(BaseModel):
    kind: str
    severity: str
    found: int
    closed: int
    overdue: int


class FindingCounts(BaseModel):
    found: int
    closed: int
    overdue: int
    items: list[FindingCount]


class Rate(BaseModel):
    on: date
    found: int
    closed: int
    overdue: int
    rate_ppm: int | None


class Rates(BaseModel):
    items: list[Rate]


class Checklist(BaseModel):
    id: str
    zh: str
    en: str


class Estimate(BaseModel):
    question: str
    zh: str
    en: str
    measure: str
    choice_zh: str | None
    choice_en: str | None
    unit: str | None
    domain: str
    code: str | None
    answers: int
    estimate: float | None
    low: float | None
    high: float | None

    @property
    def drawn(self) -> Interval | None:
        """A share on the axis from 0 to 1; a mean has no common axis, its numbers stand beside it."""
        if self.measure != "SHARE" or self.estimate is None or self.low is None or self.high is None:
            return None
        return interval(self.low, self.estimate, self.high, 0, 1)


class Estimates(BaseModel):
    visits: int
    unvisited: int
    items: list[Estimate]


class FrameVillage(BaseModel):
    village_code: str
    name: str
    longitude: float | None
    latitude: float | None


class DrawnVillage(BaseModel):
    village_code: str


@dataclass(frozen=True)
class Wave:
    """One draw of a round with its visits, villages and estimates."""

    draw: Draw
    visits: Told[list[Visit]]
    frame: Told[list[FrameVillage]]
    villages: Told[list[DrawnVillage]]
    estimates: list[tuple[Checklist, Told[Estimates]]]

    @property
    def days(self) -> list[date]:
        return sorted({visit.planned_on for visit in self.visits.value or []})

    @property
    def teams(self) -> list[str]:
        return sorted({visit.team_id for visit in self.visits.value or []})

    @property
    def calls(self) -> Counter[tuple[str, date]]:
        """Households by team and day."""
        return Counter((visit.team_id, visit.planned_on) for visit in self.visits.value or [])

    @property
    def map(self) -> Map:
        places = ((v.village_code, v.longitude, v.latitude) for v in self.frame.value or [])
        return town_map((code, lon, lat) for code, lon, lat in places if lon is not None and lat is not None)

    @property
    def chosen(self) -> set[str]:
        return {village.village_code for village in self.villages.value or []}


@router.get("/rounds", dependencies=[open_route()])
async def show_rounds(request: Request, peers: Peers, spoken: Spoken, viewer: SignedIn) -> Response:
    """Every round of inspection."""
    if viewer is None:
        return to_sign_in(request)
    told, labels = await asyncio.gather(
        peers.everything("inspection", "/v1/plans", Plan, viewer.token), peers.labels("inspection", "plan-state")
    )
    return page(
        request, "rounds.html", spoken, viewer, status=STATUS[told.reason] if told.reason else 200, told=told,
        labels=labels, query=carried(None, request),
    )  # fmt: skip


@router.get("/rounds/{plan_id}", dependencies=[open_route()])
async def show_round(
    request: Request, plan_id: UUID, peers: Peers, spoken: Spoken, viewer: SignedIn, today: Today, as_of: AsOf = None
) -> Response:
    """One round on a day."""
    if viewer is None:
        return to_sign_in(request)
    day, token = as_of or today, viewer.token
    plan = await peers.ask("inspection", f"/v1/plans/{plan_id}", Plan, token)
    on = {"on": day.isoformat()}
    since = plan.value.period_from if plan.value and plan.value.period_from <= day else day
    since = max(since, date.fromordinal(day.toordinal() - DAYS + 1))
    span = {"since": since.isoformat(), "until": day.isoformat()}
    (coverage, draws, mine, counts, rates), (teams, names, labels) = await asyncio.gather(
        asyncio.gather(
            peers.ask("inspection", f"/v1/plans/{plan_id}/coverage", Coverage, token, on),
            peers.everything("inspection", "/v1/draws", Draw, token, {"plan_id": str(plan_id)}),
            peers.ask("inspection", "/v1/finding-counts", FindingCounts, token, on | {"plan_id": str(plan_id)}),
            peers.ask("inspection", "/v1/finding-counts", FindingCounts, token, on),
            peers.ask("inspection", "/v1/rectification-rates", Rates, token, span),
        ),
        asyncio.gather(
            peers.everything("inspection", "/v1/teams", Team, token),
            peers.towns(token),
            peers.labels("inspection", "plan-state", "finding-kind", "severity"),
        ),
    )
    waves = await asyncio.gather(*(_wave(peers, token, draw) for draw in draws.value or []))
    return page(
        request, "round.html", spoken, viewer, status=STATUS[plan.reason] if plan.reason else 200, plan=plan, day=day,
        coverage=coverage, towns=by_town(coverage.value), draws=draws, waves=waves, mine=mine, counts=counts,
        kinds=by_kind(counts.value), rates=rates, lines=rate_lines(rates.value), chart=CHART,
        maps=[(wave.map, middles(wave.map, names)) for wave in waves],
        teams={team.id: team.name for team in teams.value or []}, names=names, labels=labels,
        query=carried(as_of, request),
    )  # fmt: skip


async def _wave(peers: Services, token: str, draw: Draw) -> Wave:
    visits, frame, villages, checklists = await asyncio.gather(
        peers.everything("inspection", "/v1/visits", Visit, token, {"draw_id": draw.id}),
        peers.everything("inspection", f"/v1/frames/{draw.frame_id}/villages", FrameVillage, token),
        peers.everything("inspection", f"/v1/draws/{draw.id}/villages", DrawnVillage, token),
        peers.everything("inspection", "/v1/checklists", Checklist, token),
    )
    asked = [
        peers.ask(
            "inspection", f"/v1/draws/{draw.id}/estimates", Estimates, token,
            {"checklist_id": checklist.id, "domain": "ALL"},
        )
        for checklist in checklists.value or []
    ]  # fmt: skip
    estimates = list(zip(checklists.value or [], await asyncio.gather(*asked), strict=True))
    return Wave(draw, visits, frame, villages, estimates)


def by_town(coverage: Coverage | None) -> list[tuple[CoverageRow, list[Part]]]:
    """Coverage of each town, its strata and waves together, with the bar of its households."""
    towns: dict[str, CoverageRow] = {}
    for row in coverage.items if coverage else []:
        if town := towns.get(row.town_code):
            numbers = {name: getattr(town, name) + value for name, value in row if name != "town_code"}
            towns[row.town_code] = CoverageRow(town_code=row.town_code, **numbers)
        else:
            towns[row.town_code] = row
    longest = max((town.households_drawn for town in towns.values()), default=0)
    return [
        (town, bar([("done", town.households_visited),
                    ("rest", town.households_drawn - town.households_visited)], longest))
        for _, town in sorted(towns.items())
    ]  # fmt: skip


def by_kind(counts: FindingCounts | None) -> list[tuple[FindingCount, list[Part]]]:
    """Findings by kind and severity, towns together; closed, overdue, within their deadline."""
    found: dict[tuple[str, str], FindingCount] = {}
    for count in counts.items if counts else []:
        key = count.kind, count.severity
        sums = found.setdefault(key, FindingCount(kind=key[0], severity=key[1], found=0, closed=0, overdue=0))
        sums.found += count.found
        sums.closed += count.closed
        sums.overdue += count.overdue
    longest = max((count.found for count in found.values()), default=0)
    return [
        (count, bar([("done", count.closed), ("late", count.overdue),
                     ("rest", count.found - count.closed - count.overdue)], longest))
        for _, count in sorted(found.items())
    ]  # fmt: skip


def rate_lines(rates: Rates | None) -> list[str]:
    """The rectification rate day by day; days before the first finding have none."""
    values = [None if rate.rate_ppm is None else rate.rate_ppm / 1_000_000 for rate in rates.items] if rates else []
    return line(values, *CHART, 1.0)
