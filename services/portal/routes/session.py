"""Signing in to the pages and out again: at the county's OpenID provider, or with a token of the local issuer."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Annotated
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import structlog
from fastapi import Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from fupin import issuer, oidc
from fupin.app import Router
from fupin.auth import Unauthenticated, open_route
from fupin.jwks import IssuerUnanswered
from fupin.limits import Bucket
from fupin.problems import problems
from services.portal.problems import FromElsewhere
from services.portal.routes.page import SAFE, SignedIn, Spoken, cookie, elsewhere, own_address, page
from services.portal.rules.words import Language

router = Router(include_in_schema=False)
log = structlog.get_logger()

ATTEMPTS = Bucket(rate=0.5, burst=20)  # sign-ins a second from one address

Code = Annotated[str | None, Query(max_length=100)]
Next = Annotated[str | None, Query(max_length=500, alias="next")]
Said = Annotated[str | None, Query(max_length=4_000)]


@router.get("/sign-in", dependencies=[open_route()])
async def show_sign_in(
    request: Request, spoken: Spoken, viewer: SignedIn, code: Code = None, to: Next = None
) -> Response:
    """
    A link to the county's provider, where there is one; else a form for a token, and for a one-time link a button.

    A button and not the link itself, because mail scanners and previews open links.
    """
    return _page(request, spoken, code=code, to=own_address(to), refused=None, viewer=viewer)


@router.post("/sign-in", dependencies=[open_route()], responses=problems(FromElsewhere))
async def sign_in(
    request: Request,
    spoken: Spoken,
    token: Annotated[str | None, Form(max_length=16_384)] = None,
    code: Annotated[str | None, Form(max_length=100)] = None,
    to: Annotated[str | None, Form(max_length=500, alias="next")] = None,
) -> Response:
    """Exchange a token or a one-time code for a cookie that scripts and other sites cannot use."""
    _from_here(request)
    runtime = request.app.state.runtime
    if not ATTEMPTS.take(_address(request)):
        granted = issuer.redeem(runtime.settings, code) if code else (token or "").strip()
        try:
            await runtime.verifier.verify(granted or "")
        except Unauthenticated:
            granted = None
        if granted:
            response = RedirectResponse(own_address(to), 303, SAFE)
            _keep(request, response, "session", granted)
            return response
    return _page(request, spoken, 401, to=own_address(to), refused="link_refused" if code else "refused")


@router.get("/sign-in/begin", dependencies=[open_route()])
async def begin_sign_in(request: Request, spoken: Spoken, to: Next = None) -> Response:
    """To the county's provider; what the answer must match stays with this browser."""
    if not elsewhere(request.app.state.runtime.settings):
        return RedirectResponse(f"/sign-in?{urlencode({'next': own_address(to)})}", 303, SAFE)
    attempt = oidc.Attempt.new(own_address(to))
    try:
        async with _provider(request) as provider:
            response = RedirectResponse(await provider.begin(attempt), 303, SAFE)
    except (IssuerUnanswered, oidc.Refused):
        return _page(request, spoken, 503, to=attempt.to, refused="provider_silent")
    kept = urlencode({"state": attempt.state, "nonce": attempt.nonce, "verifier": attempt.verifier, "to": attempt.to})
    _keep(request, response, "attempt", kept, oidc.ATTEMPT_LIFETIME)
    return response


@router.get("/sign-in/callback", dependencies=[open_route()])
async def finish_sign_in(
    request: Request, spoken: Spoken, code: Said = None, state: Said = None, iss: Said = None, error: Said = None,
    error_description: Said = None, error_uri: Said = None, session_state: Said = None,
) -> Response:  # fmt: skip
    """Back from the provider: one exchange for each attempt, and only in the browser that began it."""
    del error_description, error_uri, session_state  # providers say them; nothing here depends on them
    name, _ = cookie(request.app.state.runtime.settings, "attempt")
    kept = dict(parse_qsl(request.cookies.get(name, "")))
    said = {"code": code, "state": state, "iss": iss, "error": error}
    answer = {field: value for field, value in said.items() if value is not None}
    try:
        attempt = _attempt(request, kept)
        async with _provider(request) as provider:
            session = await provider.finish(attempt, answer)
    except oidc.Refused as refused:
        log.info("sign-in refused", reason=str(refused))
        response = _page(request, spoken, 401, to=own_address(kept.get("to")), refused="provider_refused")
    except IssuerUnanswered:
        response = _page(request, spoken, 503, to=own_address(kept.get("to")), refused="provider_silent")
    else:
        response = RedirectResponse(own_address(attempt.to), 303, SAFE)
        _keep(request, response, "session", session.token, session.lifetime)
    _forget(request, response, "attempt")
    return response


@router.post("/sign-out", dependencies=[open_route()], responses=problems(FromElsewhere))
async def sign_out(request: Request) -> Response:
    """Forget the cookie, and end the provider's session where the county has one."""
    _from_here(request)
    to = None
    if elsewhere(request.app.state.runtime.settings):
        async with _provider(request) as provider:
            to = await provider.end()
    response = RedirectResponse(to or "/sign-in", 303, SAFE)
    _forget(request, response, "session")
    return response


def _attempt(request: Request, kept: Mapping[str, str]) -> oidc.Attempt:
    """What this browser began. Refused where it began nothing, or comes back too often."""
    if not elsewhere(request.app.state.runtime.settings) or ATTEMPTS.take(_address(request)):
        raise oidc.Refused("not now")
    try:
        return oidc.Attempt(**kept)
    except TypeError:
        raise oidc.Refused("nothing begun in this browser") from None


@asynccontextmanager
async def _provider(request: Request) -> AsyncIterator[oidc.Provider]:
    """People sign in seldom: a client for each time, no connection kept."""
    runtime = request.app.state.runtime
    async with httpx.AsyncClient(timeout=httpx.Timeout(5.0, connect=2.0), follow_redirects=False) as http:
        client_id = runtime.settings.client_id or "portal"
        yield oidc.Provider(runtime.settings, runtime.verifier, http, client_id=client_id)


def _page(
    request: Request, spoken: Language, status: int = 200, *, to: str, refused: str | None, code: str | None = None,
    viewer: SignedIn = None,
) -> Response:  # fmt: skip
    begin = f"/sign-in/begin?{urlencode({'next': to})}" if elsewhere(request.app.state.runtime.settings) else None
    return page(
        request, "sign_in.html", spoken, viewer, status=status, code=code, to=to, refused=refused, begin=begin
    )  # fmt: skip


def _keep(request: Request, response: Response, name: str, value: str, lifetime: int | None = None) -> None:
    """Lax and not strict: a strict cookie is not sent along the redirects by which a provider leads back here."""
    name, secure = cookie(request.app.state.runtime.settings, name)
    response.set_cookie(name, value, lifetime, httponly=True, samesite="lax", secure=secure, path="/")


def _forget(request: Request, response: Response, name: str) -> None:
    name, secure = cookie(request.app.state.runtime.settings, name)
    response.delete_cookie(name, path="/", httponly=True, samesite="lax", secure=secure)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _from_here(request: Request) -> None:
    """Raises FromElsewhere for a form that another site sent, so that nobody is signed in as someone else unawares."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None and site not in ("same-origin", "none"):
        raise FromElsewhere
    if site is None and origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise FromElsewhere
