"""What every page shares: its language, its headers, its viewer."""

from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from typing import Annotated, Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from fupin.auth import Principal, Unauthenticated
from fupin.problems import language as asked_language
from fupin.settings import Settings
from services.portal.rules import words
from services.portal.rules.tables import headed
from services.portal.rules.words import Language

PAGES = ("/briefing", "/funds", "/comparisons", "/library", "/rounds", "/rows")  # what signing in may lead to

SAFE: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",  # `no-referrer` would make browsers send our own forms with `Origin: null`
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store, private",
    "Vary": "Accept-Language, Cookie",
}


def cookie(settings: Settings, name: str) -> tuple[str, bool]:
    """A cookie's name here, and whether it is Secure: over TLS with the prefix that binds it to this very host."""
    secure = settings.service_public_url("portal").startswith("https:")
    return (f"__Host-fupin_{name}" if secure else f"fupin_{name}"), secure


_templates = Environment(
    loader=FileSystemLoader(str(files("services.portal") / "templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["headed"] = lambda html: Markup(headed(str(html)))  # noqa: S704  # a template's own text, escaped there


async def _language(
    request: Request,
    lang: Annotated[Language | None, Query(description="Overrides Accept-Language.")] = None,
) -> Language:
    if lang:
        return lang
    return "en" if "accept-language" in request.headers and asked_language(request) == "en" else "zh"


Spoken = Annotated[Language, Depends(_language)]


class Viewer(NamedTuple):
    """Someone signed in: who they are, and the token that services will see."""

    who: Principal
    token: str


async def _viewer(request: Request) -> Viewer | None:
    token = request.cookies.get(cookie(request.app.state.runtime.settings, "session")[0])
    if not token:
        return None
    try:
        return Viewer(await request.app.state.runtime.verifier.verify(token), token)
    except Unauthenticated:
        return None


SignedIn = Annotated[Viewer | None, Depends(_viewer)]


def page(
    request: Request, template: str, spoken: Language, viewer: Viewer | None, status: int = 200, **values: Any
) -> Response:
    """A page from a template, with the headers that keep it to itself."""
    other: Language = "en" if spoken == "zh" else "zh"
    html = _templates.get_template(template).render(
        lang=spoken,
        viewer=viewer,
        here=request.url.path,
        t=lambda group, name: words.word(spoken, group, name),
        money=lambda fen: words.money(fen, spoken),
        share=words.share,
        list_url=lambda name, **filters: _list_url(request, name, filters),
        other_language_url=str(request.url.include_query_params(lang=other).replace(scheme="", netloc="")),
        **values,
    )
    return HTMLResponse(html, status, {**_safe(request), "Content-Language": "zh-CN" if spoken == "zh" else "en"})


def _safe(request: Request) -> dict[str, str]:
    """SAFE, with signing out allowed to lead on to the provider: browsers hold a form's redirects to its policy."""
    settings: Settings = request.app.state.runtime.settings
    if not elsewhere(settings):
        return dict(SAFE)
    provider = urlsplit(settings.issuer_url)
    own = "form-action 'self'"
    policy = SAFE["Content-Security-Policy"].replace(own, f"{own} {provider.scheme}://{provider.netloc}")
    return {**SAFE, "Content-Security-Policy": policy}


def _list_url(request: Request, name: str, filters: Mapping[str, Any]) -> str:
    """The page of a list under some filters, in the language of this page."""
    where = urlencode({field: value for field, value in filters.items() if value is not None})
    return f"/rows/{name}?{urlencode({'where': where, **_chosen(request)})}"


def _chosen(request: Request) -> dict[str, str]:
    return {"lang": request.query_params["lang"]} if "lang" in request.query_params else {}


def carried(as_of: date | None, request: Request) -> dict[str, str]:
    """What a page's own links carry on."""
    return ({"as_of": as_of.isoformat()} if as_of else {}) | _chosen(request)


def to_sign_in(request: Request) -> Response:
    """To the sign-in page, or straight to the county's own provider, and from there back here."""
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    page = "/sign-in/begin" if elsewhere(request.app.state.runtime.settings) else "/sign-in"
    return RedirectResponse(f"{page}?next={quote(here, safe='')}", 303, SAFE)


def elsewhere(settings: Settings) -> bool:
    """Whether people sign in at a provider of the county's own, not at this portal."""
    return settings.issuer is not None and settings.issuer_url != settings.service_public_url("portal").rstrip("/")


def own_address(address: str | None) -> str:
    """Where to go after signing in: an address of the portal's own pages, whatever was asked."""
    if address and address.startswith(PAGES) and not set(address) & set("\\\r\n\t "):
        return address
    return "/briefing"
