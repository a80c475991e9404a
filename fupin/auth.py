"""
Who is asking: bearer tokens (JWT access tokens, RFC 9068) verified against the issuer's published keys, the scopes
each route needs, and the division its answers are limited to.

A *division* (行政区划) is carried as the prefix of the 12-digit code with trailing zero groups removed: "230882" is the
county, "230882101" a town in it, "230882101203" a village.

A service that calls another on a user's behalf sends its own token (with the scope `act-for`) and names the user in
`X-Fupin-Actor` and the user's division in `X-Fupin-Division`. The division can only narrow the token's. From a token
without `act-for` these headers are refused, not ignored: whoever sends them expects them to count.
"""

import base64
import hashlib
import json
import re
import time
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, cast
from urllib.parse import unquote

from fastapi import Depends, Request, params
from fastapi.openapi.models import OAuthFlowClientCredentials, OAuthFlows
from fastapi.requests import HTTPConnection
from fastapi.security import HTTPBearer, OAuth2, SecurityScopes
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry
from joserfc.registry import Header

from fupin.jwks import Keys
from fupin.problems import Problem

ACT_FOR = "act-for"

SCOPES = {
    "registry:read": "Read households, divisions, pathways, helpers, rosters (PII masked)",
    "registry:write": "Record and change them, import files",
    "registry:review": "Review what others recorded (comparison rows, changes)",
    "registry:approve": "Sign off comparisons and status changes",
    "registry:pii": "Unmask personal data, with a purpose, audited",
    "registry:payees": "Services only: the accounts households are paid to, with a purpose, audited",
    "registry:snapshot": "Freeze and stream household snapshots and frames",
    "funds:read": "Read the ledger, loans, distributions",
    "funds:post": "Record receipts, draft and post distributions (maker)",
    "funds:approve": "Approve what another person drafted (checker)",
    "funds:note": "Services only: note what an inspection found about money",
    "projects:read": "Read the project library and milestones",
    "projects:write": "Declare and change projects",
    "projects:review": "Review projects for a town or a bureau",
    "projects:approve": "Approve and admit projects for the county",
    "inspection:read": "Read teams, plans, visits, findings, meetings",
    "inspection:write": "Record visits, findings, meetings",
    "inspection:plan": "Plan inspections, freeze frames, draw samples",
    "audit:read": "Read audit trails",
    "exchange": "Exchange data with the province",
    ACT_FOR: "Services only: act for a named user",
}

LEEWAY = 10  # seconds two clocks may differ
REMEMBERED = 300  # seconds a verified token is believed without looking at its signature again
TOKEN_BYTES = 16_384


class Unauthenticated(Problem):
    """The request carries no valid access token."""

    status = 401
    zh = "请求没有有效的访问令牌。"

    def __init__(self, reason: str | None = None) -> None:
        challenge = 'Bearer realm="fupin"'
        if reason is not None:
            challenge += f', error="invalid_token", error_description="{reason}"'
        super().__init__()
        self.headers = {"WWW-Authenticate": challenge}


class InsufficientScope(Problem):
    """The access token lacks a scope that this operation needs."""

    status = 403
    zh = "访问令牌缺少此操作所需的权限范围。"

    def __init__(self, needed: Sequence[str]) -> None:
        scope = " ".join(needed)
        super().__init__(scope=scope)
        self.headers = {"WWW-Authenticate": f'Bearer realm="fupin", error="insufficient_scope", scope="{scope}"'}


class MayNotActFor(Problem):
    """The access token does not allow acting for another user, or not in that division."""

    status = 403
    zh = "访问令牌不允许代表其他用户操作,或不允许在该行政区划内操作。"


@dataclass(frozen=True, slots=True)
class Principal:
    """The one who asks, as the token says, and whom they act for."""

    sub: str
    client_id: str
    scopes: frozenset[str]
    division: str  # prefix, see `division_prefix`
    on_behalf_of: str | None = None

    @property
    def actor(self) -> str:
        """Whose deed it is, for audit and for maker != checker: the user behind a service, else the token's subject."""
        return self.on_behalf_of or self.sub

    def acting_for(self, actor: str, division: str | None = None) -> "Principal":
        """This service's principal, on a user's behalf, in the user's division."""
        if ACT_FOR not in self.scopes or not ACTOR.fullmatch(actor):
            raise MayNotActFor
        if division is None:
            return replace(self, on_behalf_of=actor)
        try:
            prefix = division_prefix(division)
        except ValueError:
            raise MayNotActFor from None
        if not prefix.startswith(self.division):
            raise MayNotActFor
        return replace(self, on_behalf_of=actor, division=prefix)


ACTOR = re.compile(r"[^\x00-\x1f\x7f]{1,255}")
_GROUPS = {2, 4, 6, 9, 12}  # province, prefecture, county, town, village

current: ContextVar[Principal | None] = ContextVar("principal", default=None)


def division_prefix(code: str) -> str:
    """
    The prefix that stands for a division and all below it: "230882101000" -> "230882101".

    ValueError when it is not a province's, prefecture's, county's, town's or village's code.
    """
    if not re.fullmatch(r"[0-9]{2,12}", code) or len(code) not in _GROUPS:
        raise ValueError("a division is 2, 4, 6, 9 or 12 digits")
    for end, start in ((12, 9), (9, 6), (6, 4), (4, 2)):
        if len(code) == end and not code[start:].strip("0"):
            code = code[:start]
    return code


class _Signatures(JWSRegistry):
    """Unknown headers may stand; `EdDSA`, as most providers still call Ed25519, is taken without a warning."""

    max_header_length = TOKEN_BYTES

    def get_alg(self, name: str) -> Any:
        return self.algorithms[name] if name == "EdDSA" and name in (self.allowed or ()) else super().get_alg(name)


def signatures(algorithm: str) -> JWSRegistry:
    """Reads and writes signatures of one algorithm; headers we do not know (jku, x5u, jwk...) change nothing."""
    return _Signatures(algorithms=[algorithm], strict_check_header=False)


@dataclass
class Verifier:
    """Turns a token into a principal, believing only `issuer`, only for `audience`."""

    issuer: str
    audience: str
    keys: Keys
    size: int = 4096
    _known: OrderedDict[bytes, tuple[Principal, float]] = field(default_factory=OrderedDict)

    async def verify(self, token: str) -> Principal:
        """The principal of a valid token. Raises Unauthenticated; IssuerUnanswered when no key is within reach."""
        digest = hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
        now = time.time()
        if known := self._known.get(digest):
            if now < known[1]:
                self._known.move_to_end(digest)
                return known[0]
            del self._known[digest]
        claims = await self._claims(token)
        principal = self._principal(claims, now)
        self._known[digest] = principal, min(claims["exp"], now + REMEMBERED)
        if len(self._known) > self.size:
            self._known.popitem(last=False)
        return principal

    async def aclose(self) -> None:
        await self.keys.aclose()

    async def _claims(self, token: str) -> dict[str, Any]:
        header = unverified_header(token)
        kind = header.get("typ")
        if not isinstance(kind, str) or kind.lower() not in ("at+jwt", "application/at+jwt"):
            raise Unauthenticated("not an access token")
        algorithm, kid = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or not isinstance(kid, str):
            raise Unauthenticated("no alg or kid")
        key = await self.keys.find(kid)
        if key is None or algorithm not in key.algorithms:
            raise Unauthenticated("unknown key or algorithm")
        try:
            return jwt.decode(token, key.key, registry=signatures(algorithm)).claims
        except (JoseError, ValueError):
            raise Unauthenticated("bad signature") from None

    def _principal(self, claims: dict[str, Any], now: float) -> Principal:
        if claims.get("iss") != self.issuer:
            raise Unauthenticated("wrong issuer")
        audiences = claims.get("aud")
        if self.audience not in (audiences if isinstance(audiences, list) else [audiences]):
            raise Unauthenticated("wrong audience")
        if (expires := _seconds(claims, "exp")) is None or expires + LEEWAY <= now:
            raise Unauthenticated("expired")
        if (issued := _seconds(claims, "iat")) is None or issued - LEEWAY > now:
            raise Unauthenticated("not issued yet")
        if "nbf" in claims and ((begins := _seconds(claims, "nbf")) is None or begins - LEEWAY > now):
            raise Unauthenticated("not valid yet")
        names = [claims.get(name) for name in ("sub", "client_id", "jti", "division")]
        if not all(isinstance(name, str) and ACTOR.fullmatch(name) for name in names):
            raise Unauthenticated("missing sub, client_id, jti or division")
        sub, client_id, _, division = cast(list[str], names)
        scope = claims.get("scope", "")
        if not isinstance(scope, str):
            raise Unauthenticated("unreadable scope")
        try:
            prefix = division_prefix(division)
        except ValueError:
            raise Unauthenticated("unreadable division") from None
        return Principal(sub, client_id, frozenset(scope.split()), prefix)


def unverified_header(token: str) -> Header:
    """A JWT's header, only good for choosing the key to verify with. Raises Unauthenticated."""
    found = None
    if len(token) <= TOKEN_BYTES and token.count(".") == 2:
        with suppress(ValueError, RecursionError):
            head = token.partition(".")[0].encode("ascii")
            found = json.loads(base64.urlsafe_b64decode(head + b"=" * (-len(head) % 4)))
    if not isinstance(found, dict):
        raise Unauthenticated("not a JWT")
    return found


def _seconds(claims: dict[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e11:
        return None
    return float(value)


# --- FastAPI -------------------------------------------------------------------------------------------------------


class _OAuth2(OAuth2):
    async def __call__(self, _: HTTPConnection) -> None: ...


class _Bearer(HTTPBearer):
    async def __call__(self, _: HTTPConnection) -> None: ...


# The two only describe themselves in OpenAPI: `principal` reads the header, once, for both.
_oauth2 = _OAuth2(
    scheme_name="oauth2",
    description="OAuth 2.0 client credentials; locally the portal is the issuer.",
    flows=OAuthFlows(clientCredentials=OAuthFlowClientCredentials(tokenUrl="/oauth/token", scopes=SCOPES)),
    auto_error=False,
)
_bearer = _Bearer(
    scheme_name="bearer",
    bearerFormat="JWT",
    description="An access token of the configured issuer (RFC 9068).",
    auto_error=False,
)


async def principal(request: Request) -> Principal:
    """
    Who is asking, verified once per request and kept as `request.state.principal`.

    Reads the keys from `request.app.state.runtime.verifier`.
    """
    found: Principal | None = getattr(request.state, "principal", None)
    if found is None:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            raise Unauthenticated
        found = await request.app.state.runtime.verifier.verify(token.strip())
        actor, division = request.headers.get("x-fupin-actor"), request.headers.get("x-fupin-division")
        if actor is not None:
            found = found.acting_for(unquote(actor), division)
        elif division is not None:
            raise MayNotActFor
        request.state.principal = found
    # Dependencies run in the task of the request, so this also reaches the calls it makes (see fupin.remote).
    current.set(found)
    return found


Who = Annotated[Principal, Depends(principal)]


async def _permitted(
    scopes: SecurityScopes,
    who: Who,
    _1: Annotated[object, Depends(_oauth2)],
    _2: Annotated[object, Depends(_bearer)],
) -> None:
    if missing := [scope for scope in scopes.scopes if scope not in who.scopes]:
        raise InsufficientScope(missing)


async def _open() -> None: ...


def needs(*scopes: str) -> params.Security:
    """Only for callers whose token has all of these scopes: `dependencies=[needs("funds:post")]`."""
    if unknown := [scope for scope in scopes if scope not in SCOPES]:
        raise ValueError(f"unknown scope {unknown}")
    return params.Security(_permitted, scopes=list(scopes))


def open_route() -> params.Depends:
    """For anyone, without a token: `dependencies=[open_route()]`. Said aloud, so no route is open by oversight."""
    return params.Depends(_open)


def scopes_of(dependencies: Sequence[params.Depends]) -> frozenset[str] | None:
    """What a route demands: its scopes, an empty set when it is open, None when it never said (a mistake)."""
    demands = [found for found in dependencies if found.dependency in (_permitted, _open)]
    if not demands:
        return None
    return frozenset(scope for found in demands if isinstance(found, params.Security) for scope in found.scopes or ())
