"""The library board: projects by state, category and town, their money and progress, what is late, and where."""

import asyncio
from datetime import date

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel

from fupin.app import Router
from fupin.auth import open_route
from fupin.clock import Today
from services.portal.clients import Peers, Told
from services.portal.routes.briefing import AsOf
from services.portal.routes.page import SignedIn, Spoken, carried, page, to_sign_in
from services.portal.routes.rows import STATUS
from services.portal.rules.charts import Map, Part, Spot, bar, town_map

router = Router(include_in_schema=False)

GROUPS = ("state", "category", "town")


class Group(BaseModel):
    town: str | None = None
    category: str | None = None
    state: str | None = None
    projects: int
    budget_fen: int
    milestones: int
    reached: int
    late: int

    @property
    def progress(self) -> list[Part]:
        """Milestones reached, late, and still to come, of all."""
        rest = self.milestones - self.reached - self.late
        return bar([("done", self.reached), ("late", self.late), ("rest", rest)], self.milestones)


class Board(BaseModel):
    groups: list[Group]


class Milestone(BaseModel):
    project_no: str
    project_id: str
    kind: str
    division_code: str
    planned_on: date


class Point(BaseModel):
    coordinates: tuple[float, float]


class VillageProperties(BaseModel):
    name: str
    poor_village: bool
    projects: int


class Village(BaseModel):
    id: str
    geometry: Point | None
    properties: VillageProperties


class Villages(BaseModel):
    features: list[Village]

    def drawn(self) -> Map:
        return town_map((v.id, *v.geometry.coordinates) for v in self.features if v.geometry)


def middles(drawn: Map, names: dict[str, str]) -> dict[str, Spot]:
    """Where each town's label stands: in the middle of its villages."""
    found = {town: drawn.middle(code for code in drawn.spots if code[:9] == town[:9]) for town in names}
    return {town: spot for town, spot in found.items() if spot}


@router.get("/library", dependencies=[open_route()])
async def show_library(
    request: Request, peers: Peers, spoken: Spoken, viewer: SignedIn, today: Today, as_of: AsOf = None
) -> Response:
    """The project library on a day."""
    if viewer is None:
        return to_sign_in(request)
    day, token = as_of or today, viewer.token
    on = {"on": day.isoformat()}
    boards, late, villages, names, labels = await asyncio.gather(
        asyncio.gather(
            *(peers.ask("projects", "/v1/statistics/board", Board, token, on | {"group_by": by}) for by in GROUPS)
        ),
        peers.everything("projects", "/v1/milestones", Milestone, token, on | {"late": True}),
        peers.ask("projects", "/v1/maps/villages", Villages, token, on),
        peers.towns(token),
        peers.labels("projects", "library-state", "project-category", "milestone-kind"),
    )
    board: Told[Board] = boards[0]
    drawn = villages.value.drawn() if villages.value else Map(0, 0, {})
    groups = board.value.groups if board.value else []
    return page(
        request, "library.html", spoken, viewer, status=STATUS[board.reason] if board.reason else 200, day=day,
        board=board, late=late, villages=villages, drawn=drawn, middles=middles(drawn, names), names=names,
        labels=labels, query=carried(as_of, request),
        boards={by: _ordered(told.value.groups if told.value else []) for by, told in zip(GROUPS, boards, strict=True)},
        projects=sum(group.projects for group in groups), budget=sum(group.budget_fen for group in groups),
        county=request.app.state.runtime.settings.division.ljust(12, "0"),
    )  # fmt: skip


def _ordered(groups: list[Group]) -> list[tuple[Group, list[Part]]]:
    """Each group with the bar of its money."""
    longest = max((group.budget_fen for group in groups), default=0)
    return [(group, bar([("a", group.budget_fen)], longest)) for group in groups]
