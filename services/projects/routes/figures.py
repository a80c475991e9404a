from datetime import date
from typing import Annotated

from fastapi import Query

from fupin.app import Router
from fupin.auth import needs
from fupin.clock import Today
from fupin.db import Db
from fupin.figures import Figure, FigureList, figure
from services.projects.codes.projects import Programme
from services.projects.codes.works import MilestoneKind, SchemePurpose
from services.projects.queries import projects as queries
from services.projects.queries import works
from services.projects.rules.programmes import REPORTED

router = Router(tags=["figures"])

_WATER = (
    ("water_tender_posted", MilestoneKind.TENDER_POSTED, "挂标", "Water tender posted"),
    ("water_bid_opening", MilestoneKind.BID_OPENING, "公开招标", "Water bid opening"),
    ("water_construction_start", MilestoneKind.CONSTRUCTION_START, "开工建设", "Water construction start"),
)


@router.get("/v1/figures", dependencies=[needs("projects:read")])
async def list_figures(
    db: Db,
    today: Today,
    as_of: Annotated[date | None, Query(description="The day counted for; today when absent.")] = None,
) -> FigureList:
    """
    The project library's part of the county briefing, counted from rows.

    - `industry_projects_reported`: projects of the industry programme that stood between declaration and the county's
      decision (DECLARED, TOWN_REVIEWED, ARGUED) by the steps they had taken on that day. Photovoltaic power, water,
      roads and housing are programmes of their own and counted apart.
    - `pv_villages`: villages covered by photovoltaic projects under construction on that day.
    - `water_*`: when the projects that bring tap water to villages reached, or are planned to reach, their tender, bid
      opening and construction start; several days are an ISO 8601 interval.
    """
    day = as_of or today
    water = [await _dates(db, day, *found) for found in _WATER]
    return FigureList(as_of=day, items=[*water, await _pv(db, day), await _reported(db, day)])


async def _reported(db: Db, day: date) -> Figure:
    asked = queries.Filter(programme=Programme.INDUSTRY, states=REPORTED)
    found = await queries.count(db, queries.projects(asked, day))
    states = "".join(f"&state={state}" for state in REPORTED)
    return figure(
        "industry_projects_reported",
        found,
        "project",
        zh="各镇上报产业项目",
        en="Industry projects reported by the towns",
        href=f"/v1/projects?programme={Programme.INDUSTRY}{states}&as_of={day}",
        rows=found,
    )


async def _pv(db: Db, day: date) -> Figure:
    asked = works.SchemeFilter(programme=Programme.PV, under_construction_on=day)
    villages, rows = await works.villages(db, works.village_schemes(asked))
    return figure(
        "pv_villages",
        villages,
        "village",
        zh="光伏发电项目",
        en="Villages with photovoltaic projects under construction",
        href=f"/v1/village-schemes?programme={Programme.PV}&under_construction_on={day}",
        rows=rows,
    )


async def _dates(db: Db, day: date, name: str, kind: MilestoneKind, zh: str, en: str) -> Figure:
    asked = works.MilestoneFilter(kind=kind, purpose=SchemePurpose.TAP_WATER)
    span = await works.span(db, asked, day)
    several = span is not None and span[0] != span[1]
    return figure(
        name,
        None if span is None else f"{span[0]}/{span[1]}" if several else str(span[0]),
        "date interval" if several else "date",
        zh=zh,
        en=en,
        href=f"/v1/milestones?kind={kind}&purpose={SchemePurpose.TAP_WATER}&on={day}",
        rows=await queries.count(db, works.milestones(asked, day)),
    )
