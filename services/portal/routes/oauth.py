"""The local issuer's addresses: tokens by client credentials, its keys, its configuration."""

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from fupin import issuer
from fupin.app import Router
from fupin.auth import SCOPES, open_route
from fupin.limits import Bucket
from fupin.problems import problems
from fupin.settings import Settings
from services.portal.problems import NotTheIssuer
from services.portal.routes.page import elsewhere

router = Router(tags=["tokens"])

GRANTS = Bucket(rate=5.0, burst=60)  # tokens a second that one client may ask for
GUESSES = Bucket(rate=0.1, burst=10)  # wrong secrets a second from one address for one client

_FORM = {
    "required": True,
    "content": {
        "application/x-www-form-urlencoded": {
            "schema": {
                "type": "object",
                "required": ["grant_type"],
                "properties": {
                    "grant_type": {"type": "string", "enum": ["client_credentials"]},
                    "client_id": {"type": "string", "description": "Unless sent by HTTP Basic."},
                    "client_secret": {"type": "string", "format": "password"},
                    "scope": {"type": "string", "description": "Fewer scopes than the client has, space-separated."},
                    "division": {"type": "string", "description": "A division within the client's own."},
                },
            },
            "example": {"grant_type": "client_credentials", "client_id": "auditor", "client_secret": "..."},
        }
    },
}
_GRANTED = {
    "type": "object",
    "required": ["access_token", "token_type", "expires_in", "scope"],
    "properties": {
        "access_token": {"type": "string"},
        "token_type": {"type": "string", "enum": ["Bearer"]},
        "expires_in": {"type": "integer", "description": "Seconds."},
        "scope": {"type": "string"},
    },
}
_REFUSED = {
    "type": "object",
    "required": ["error", "error_description"],
    "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
    "examples": [{"error": "invalid_scope", "error_description": "the client has not that scope"}],
}


@dataclass
class _Refusal(Exception):
    """An error answer as RFC 6749, section 5.2, has it."""

    error: str
    description: str
    status: int = 400
    headers: dict[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        body = {"error": self.error, "error_description": self.description}
        return JSONResponse(body, self.status, {"Cache-Control": "no-store"} | self.headers)


def _settings(request: Request) -> Settings:
    """The settings, where this portal is the issuer. Raises NotTheIssuer."""
    settings: Settings = request.app.state.runtime.settings
    if elsewhere(settings):
        raise NotTheIssuer
    return settings


@router.post(
    "/oauth/token",
    dependencies=[open_route()],
    openapi_extra={"requestBody": _FORM},
    responses=problems(NotTheIssuer)
    | {
        200: {"description": "The token.", "content": {"application/json": {"schema": _GRANTED}}},
        400: {"description": "RFC 6749, section 5.2.", "content": {"application/json": {"schema": _REFUSED}}},
        401: {"description": "Unknown client or secret.", "content": {"application/json": {"schema": _REFUSED}}},
        429: {"description": "Too many requests.", "content": {"application/json": {"schema": _REFUSED}}},
    },
)
async def issue_token(request: Request) -> Response:
    """An access token for a client of the local issuer (RFC 6749, section 4.4)."""
    settings = _settings(request)
    try:
        form = await _form(request)
        return _grant(request, settings, form)
    except _Refusal as refusal:
        return refusal.response()


def _grant(request: Request, settings: Settings, form: dict[str, str]) -> Response:
    client = _client(request, settings, form)
    if form.get("grant_type") != "client_credentials":
        given = "grant_type" in form
        raise _Refusal("unsupported_grant_type" if given else "invalid_request", "grant_type is client_credentials")
    asked = form.get("scope", "").split()
    try:
        token = issuer.issue(settings, client, form.get("division"), asked or None)
    except issuer.TooWide as wide:
        raise _Refusal("invalid_scope", f"the client has not that {wide}") from None
    granted = {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": issuer.HOUR,
        "scope": " ".join(sorted(asked or client.scopes)),
    }
    return JSONResponse(granted, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})


async def _form(request: Request) -> dict[str, str]:
    """The form's fields; a field that stands twice is refused (RFC 6749, section 3.2)."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise _Refusal("invalid_request", "send a form (application/x-www-form-urlencoded)")
    found = [(name, value) for name, value in (await request.form()).multi_items() if isinstance(value, str) and value]
    if len({name for name, _ in found}) != len(found):
        raise _Refusal("invalid_request", "a parameter stands twice")
    return dict(found)


def _client(request: Request, settings: Settings, form: dict[str, str]) -> issuer.Client:
    """Who asks, by HTTP Basic or by the form's fields, not both."""
    header = request.headers.get("authorization")
    challenge = {"WWW-Authenticate": 'Basic realm="fupin"'}
    if header is not None and "client_secret" in form:
        raise _Refusal("invalid_request", "authenticate once, by header or by form")
    client_id, secret = _basic(header) if header else (form.get("client_id", ""), form.get("client_secret", ""))
    address = request.client.host if request.client else ""
    _slow_down(GUESSES.wait((client_id, address)))
    try:
        client = issuer.authenticate(settings, client_id, secret)
    except issuer.UnknownClient:
        GUESSES.take((client_id, address))
        raise _Refusal("invalid_client", "unknown client or secret", 401, challenge) from None
    _slow_down(GRANTS.take(client_id))  # only now: a guesser must not use up what a client may ask for
    return client


def _slow_down(wait: int) -> None:
    if wait:
        raise _Refusal("slow_down", "too many requests", 429, {"Retry-After": str(wait)})


def _basic(header: str) -> tuple[str, str]:
    kind, _, encoded = header.partition(" ")
    try:
        client_id, _, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        kind = ""
    if kind.lower() != "basic":
        raise _Refusal("invalid_client", "HTTP Basic is not well formed", 401, {"WWW-Authenticate": "Basic"})
    return unquote_plus(client_id), unquote_plus(secret)


@router.get("/.well-known/jwks.json", dependencies=[open_route()], responses=problems(NotTheIssuer))
async def get_jwks(request: Request, response: Response) -> dict[str, Any]:
    """The public keys that verify our tokens (RFC 7517)."""
    found = issuer.jwks(_settings(request))
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["ETag"] = f'"{found["keys"][0]["kid"]}"'
    return found


@router.get("/.well-known/openid-configuration", dependencies=[open_route()], responses=problems(NotTheIssuer))
async def get_openid_configuration(request: Request) -> dict[str, Any]:
    """Where the issuer's addresses are (RFC 8414)."""
    base = _settings(request).issuer_url
    return {
        "issuer": base,
        "token_endpoint": f"{base}/oauth/token",
        "jwks_uri": f"{base}/.well-known/jwks.json",
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [issuer.ALGORITHM],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "scopes_supported": list(SCOPES),
    }
