"""Signing in to the pages and out again."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from fupin import issuer
from fupin.app import Router
from fupin.auth import Unauthenticated, open_route
from fupin.limits import Bucket
from fupin.problems import problems
from services.portal.problems import FromElsewhere
from services.portal.routes.page import COOKIE, SAFE, SignedIn, Spoken, own_address, page

router = Router(include_in_schema=False)

ATTEMPTS = Bucket(rate=0.5, burst=20)  # sign-ins a second from one address

Code = Annotated[str | None, Query(max_length=100)]
Next = Annotated[str | None, Query(max_length=500, alias="next")]


@router.get("/sign-in", dependencies=[open_route()])
async def show_sign_in(
    request: Request, spoken: Spoken, viewer: SignedIn, code: Code = None, to: Next = None
) -> Response:
    """
    A form for a token; for a one-time link, a button.

    A button and not the link itself, because mail scanners and previews open links; and because a cookie that is
    SameSite=Strict is not sent along a redirect that another site began.
    """
    return page(request, "sign_in.html", spoken, viewer, code=code, to=own_address(to), refused=None)


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
    address = request.client.host if request.client else ""
    if not ATTEMPTS.take(address):
        granted = issuer.redeem(runtime.settings, code) if code else (token or "").strip()
        try:
            await runtime.verifier.verify(granted or "")
        except Unauthenticated:
            granted = None
        if granted:
            response = RedirectResponse(own_address(to), 303, SAFE)
            secure = runtime.settings.service_public_url("portal").startswith("https:")
            response.set_cookie(COOKIE, granted, httponly=True, samesite="strict", secure=secure, path="/")
            return response
    why = "link_refused" if code else "refused"
    return page(request, "sign_in.html", spoken, None, status=401, code=None, to=own_address(to), refused=why)


@router.post("/sign-out", dependencies=[open_route()], responses=problems(FromElsewhere))
async def sign_out(request: Request) -> Response:
    """Forget the cookie."""
    _from_here(request)
    response = RedirectResponse("/sign-in", 303, SAFE)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return response


def _from_here(request: Request) -> None:
    """Raises FromElsewhere for a form that another site sent, so that nobody is signed in as someone else unawares."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None and site not in ("same-origin", "none"):
        raise FromElsewhere
    if site is None and origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise FromElsewhere
