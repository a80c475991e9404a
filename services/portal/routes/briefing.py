"""The county briefing as data."""

import asyncio
from datetime import date
from typing import Annotated
from urllib.parse import urljoin

from fastapi import Query, Request

from fupin.app import Router
from fupin.auth import Principal, Unauthenticated, Who, needs
from fupin.clock import Today
from fupin.figures import Figure, Label
from fupin.problems import problems
from fupin.settings import Settings
from services.portal.clients import Counted, Peers, Services
from services.portal.rules.outline import Line, outline
from services.portal.schemas import Briefing, BriefingFigure, Hold, Place

router = Router(tags=["briefing"])

AsOf = Annotated[date | None, Query(description="The day counted for; today when absent.", examples=["2018-05-17"])]


@router.get("/v1/briefing", dependencies=[needs()], responses=problems(Unauthenticated))
async def get_briefing(request: Request, peers: Peers, who: Who, today: Today, as_of: AsOf = None) -> Briefing:
    """
    Every figure of the county on a day, each counted by the service that owns its rows, within your token's division.

    A service that does not answer leaves its figures in place, marked unavailable.
    """
    bearer = request.headers["authorization"].partition(" ")[2].strip()
    return await merge(request.app.state.runtime.settings, peers, who, as_of or today, bearer)


async def merge(settings: Settings, peers: Services, who: Principal, day: date, bearer: str) -> Briefing:
    """Ask the services at once and put their figures in the briefing's order."""
    plan = outline()
    codes = tuple(dict.fromkeys((settings.division, who.division)))
    counted, names = await asyncio.gather(
        peers.all_figures(plan.services, day, bearer),
        asyncio.gather(*(peers.division_name(code, bearer) for code in codes)),
    )
    places = {code: Place(code=code, name=name) for code, name in zip(codes, names, strict=True)}
    figures = [_figure(settings, line, counted[line.service]) for line in plan.lines.values()]
    figures += [
        _counted(settings, service, figure)
        for service, found in counted.items()
        for figure in found.figures.values()
        if figure.id not in plan.lines
    ]
    values = {figure.id: figure.value for figure in figures}
    return Briefing(
        county=places[settings.division],
        division=places[who.division],
        as_of=day,
        figures=figures,
        holds=[Hold(rule=rule.text, holds=rule.holds(values)) for rule in plan.rules],
    )


def _figure(settings: Settings, line: Line, found: Counted) -> BriefingFigure:
    if figure := found.figures.get(line.id):
        return _counted(settings, line.service, figure)
    return BriefingFigure(
        id=line.id, value=None, unit=line.unit, label=Label(zh=line.zh, en=line.en), service=line.service, href=None,
        rows=None, amount_fen=None, available=False, reason=found.reason or "not-counted",
    )  # fmt: skip


def _counted(settings: Settings, service: str, figure: Figure) -> BriefingFigure:
    href = urljoin(settings.service_public_url(service).rstrip("/") + "/", figure.href.lstrip("/"))
    return BriefingFigure(
        id=figure.id, value=figure.value, unit=figure.unit, label=figure.label, service=service, href=href,
        rows=figure.rows, amount_fen=figure.amount_fen, available=True, reason=None,
    )  # fmt: skip
