"""The pages people look at: the hub, the briefing, the rows behind a figure, the problem catalogue."""

from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

from fastapi import Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from fupin.app import Router
from fupin.auth import open_route
from fupin.clock import Today
from fupin.problems import NotFound, problems
from fupin.remote import PeerRefused, Unanswered
from fupin.settings import SERVICES
from services.portal.clients import Peers
from services.portal.problems import UnknownFigure
from services.portal.routes.briefing import AsOf, merge
from services.portal.routes.catalogue import collect, wants_page
from services.portal.routes.page import SignedIn, Spoken, carried, page, to_sign_in
from services.portal.rules import words
from services.portal.rules.lists import codes_of
from services.portal.rules.outline import outline
from services.portal.schemas import ProblemCatalogue, ServiceProblem

router = Router()
HTML: dict[str, Any] = {"include_in_schema": False, "dependencies": [open_route()]}


@router.get("/", **HTML)
async def show_hub(request: Request, spoken: Spoken, viewer: SignedIn) -> Response:
    """One place from which everything is reached."""
    settings = request.app.state.runtime.settings
    services = [(name, settings.service_public_url(name).rstrip("/")) for name in ("portal", *SERVICES)]
    return page(request, "hub.html", spoken, viewer, services=services)


@router.get("/briefing", **HTML)
async def show_briefing(
    request: Request, peers: Peers, spoken: Spoken, viewer: SignedIn, today: Today, as_of: AsOf = None
) -> Response:
    """The county's report in five parts (五个强化), its numbers being links."""
    if viewer is None:
        return to_sign_in(request)
    day = as_of or today
    briefing = await merge(request.app.state.runtime.settings, peers, viewer.who, day, viewer.token)
    figures = {figure.id: figure for figure in briefing.figures}
    parts = [(part, [figures[line.id] for line in part.lines]) for part in outline().parts]
    return page(
        request, "briefing.html", spoken, viewer, briefing=briefing, parts=parts, figures=figures,
        others=[figure for figure in briefing.figures if figure.id not in outline().lines],
        sums=list(zip(outline().rules, briefing.holds, strict=True)), amount=words.amount,
        missing=any(not figure.available for figure in briefing.figures), query=carried(as_of, request),
    )  # fmt: skip


@router.get("/briefing/figures/{figure_id}", **HTML, responses=problems(UnknownFigure))
async def show_figure(
    request: Request, figure_id: str, peers: Peers, spoken: Spoken, viewer: SignedIn, today: Today,
    as_of: AsOf = None, cursor: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:  # fmt: skip
    """Exactly the rows that a figure was counted from, as the viewer may see them, page by page."""
    if viewer is None:
        return to_sign_in(request)
    briefing = await merge(request.app.state.runtime.settings, peers, viewer.who, as_of or today, viewer.token)
    figure = next((figure for figure in briefing.figures if figure.id == figure_id), None)
    if figure is None:
        raise UnknownFigure
    rows, codes, labels = None, codes_of(figure.service, urlsplit(figure.href or "").path), {}
    if figure.href:
        try:
            rows = await peers.rows(figure.service, figure.href, cursor, viewer.token)
            labels = await peers.labels(figure.service, *sorted({codes[name] for row in rows.items[:1] for name in row
                                                                 if name in codes}))  # fmt: skip
        except (Unanswered, PeerRefused):
            rows = None

    def cell(field: str, value: Any) -> str:
        return words.cell(field, words.coded(value, labels.get(codes.get(field, ""), {}), spoken))

    query = carried(as_of, request)
    following = f"?{urlencode(query | {'cursor': rows.next_cursor})}" if rows and rows.next_cursor else None
    return page(
        request, "figure.html", spoken, viewer, status=200 if rows else 503, figure=figure, briefing=briefing,
        rows=rows, columns=words.columns(rows.items) if rows else [], cell=cell, amount=words.amount,
        query=query, following=following, cursor=cursor,
    )  # fmt: skip


@router.get("/problems", include_in_schema=False, dependencies=[open_route()])
async def go_to_problems() -> Response:
    """The catalogue's address ends in a slash."""
    return RedirectResponse("/problems/", 308)


@router.get("/problems/", tags=["problems"], dependencies=[open_route()], response_model=ProblemCatalogue)
async def get_problem_catalogue(request: Request, peers: Peers, spoken: Spoken, viewer: SignedIn) -> Any:
    """Every way a request to one of the five services can be refused; a page for browsers, JSON for others."""
    found = await collect(peers)
    if wants_page(request):
        return page(request, "problems.html", spoken, viewer, catalogue=found)
    return JSONResponse(found.model_dump(), headers={"Vary": "Accept"})


@router.get(
    "/problems/{code}",
    tags=["problems"],
    dependencies=[open_route()],
    response_model=ServiceProblem,
    responses=problems(NotFound),
)
async def get_problem_kind(request: Request, code: str, peers: Peers, spoken: Spoken, viewer: SignedIn) -> Any:
    """One way to be refused: where the `type` of a problem leads."""
    catalogue = await collect(peers)
    found = next((kind for kind in catalogue.items if kind.code == code), None)
    if wants_page(request):
        return page(
            request, "problem.html", spoken, viewer, status=200 if found else 404, kind=found, silent=catalogue.silent
        )
    if found is None:
        raise NotFound
    return JSONResponse(found.model_dump(), headers={"Vary": "Accept"})
