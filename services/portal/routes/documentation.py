"""The documentation hub: five APIs, every code list and problem, events, changelog and guides, in one place."""

from typing import Any, Literal

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup

from fupin.app import Router
from fupin.auth import open_route
from fupin.docs import GUIDES, redoc, swagger_ui, texts
from fupin.problems import NotFound, problems
from fupin.settings import SERVICES
from services.portal.clients import Peers
from services.portal.routes.catalogue import code_list, code_lists
from services.portal.routes.page import SignedIn, Spoken, page

router = Router(include_in_schema=False)
OPEN: dict[str, Any] = {"dependencies": [open_route()]}
EVERY = ("portal", *SERVICES)
Service = Literal["portal", "registry", "funds", "projects", "inspection"]
Counting = Literal["registry", "funds", "projects", "inspection"]


@router.get("/docs", **OPEN)
async def show_docs(request: Request, spoken: Spoken, viewer: SignedIn) -> Response:
    """Where everything that an integrator reads is."""
    settings = request.app.state.runtime.settings
    services = [(name, settings.service_public_url(name).rstrip("/")) for name in EVERY]
    return page(request, "docs.html", spoken, viewer, services=services, guides=GUIDES)


@router.get("/redoc", **OPEN)
async def go_to_docs() -> Response:
    """The portal's ReDoc pages are five."""
    return RedirectResponse("/docs", 308)


@router.get("/docs/api/{service}", **OPEN)
async def show_api(request: Request, service: Service) -> Response:
    """One service's API, to try: the browser asks the service itself, with a token that "Authorize" fetched here."""
    settings = request.app.state.runtime.settings
    return swagger_ui(settings, service.title(), _document(request, service))


@router.get("/docs/reference/{service}", **OPEN)
async def show_reference(request: Request, service: Service) -> Response:
    """One service's API, to read."""
    return redoc(request.app.state.runtime.settings, service.title(), _document(request, service))


def _document(request: Request, service: str) -> str:
    if service == "portal":
        return "/openapi.json"
    return f"{request.app.state.runtime.settings.service_public_url(service).rstrip('/')}/openapi.json"


@router.get("/docs/code-lists", **OPEN)
async def show_code_lists(request: Request, peers: Peers, spoken: Spoken, viewer: SignedIn) -> Response:
    """The names of all code lists, by service."""
    return page(request, "code_lists.html", spoken, viewer, services=await code_lists(peers))


@router.get("/docs/code-lists/{service}/{name}", **OPEN, responses=problems(NotFound))
async def show_code_list(
    request: Request, service: Counting, name: str, peers: Peers, spoken: Spoken, viewer: SignedIn
) -> Response:
    """One code list: its codes and their words."""
    found = await code_list(peers, service, name)
    return page(request, "code_list.html", spoken, viewer, service=service, found=found)


@router.get("/docs/texts/{name}", **OPEN, responses=problems(NotFound))
async def show_text(request: Request, name: str, spoken: Spoken, viewer: SignedIn) -> Response:
    """The events or the changelog."""
    return _text(request, name, spoken, viewer)


@router.get("/docs/guides/{name}", **OPEN, responses=problems(NotFound))
async def show_guide(request: Request, name: str, spoken: Spoken, viewer: SignedIn) -> Response:
    """A guide: commands that work as shown."""
    return _text(request, f"guides/zh/{name}" if spoken == "zh" else f"guides/{name}", spoken, viewer)


def _text(request: Request, name: str, spoken: Spoken, viewer: SignedIn) -> Response:
    found = texts().get(name)
    if found is None:
        raise NotFound
    html = Markup(found.html)  # noqa: S704  # our own text, rendered without HTML of its own
    return page(request, "docs_text.html", spoken, viewer, text=found, html=html)
