"""
Signing people in at an OpenID provider: the authorization code flow with PKCE (OpenID Connect Core 1.0, RFC 7636), the
installation's own client against `FUPIN_ISSUER`.

What is begun is remembered in the browser that began it, nowhere else: whoever comes back with another `state` is
nobody we sent. The code is exchanged between the two servers. The ID token must be meant for this client and carry the
nonce; the access token is then verified as every service verifies it.
"""

import hashlib
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlencode

import httpx
import structlog
from joserfc import jwt
from joserfc.errors import JoseError

from fupin import issuer
from fupin.auth import LEEWAY, Unauthenticated, Verifier, signatures, unverified_header
from fupin.jwks import IssuerUnanswered
from fupin.settings import Settings

log = structlog.get_logger()

ATTEMPT_LIFETIME = 600  # seconds that a person may take at the provider
MOST = 3_800  # bytes of a token that a browser keeps as a cookie (RFC 6265: 4096 with name and attributes)


class Refused(Exception):
    """Nobody is signed in; says why, for the log."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the browser keeps while its user is at the provider."""

    state: str
    nonce: str
    verifier: str
    to: str

    @classmethod
    def new(cls, to: str) -> "Attempt":
        return cls(token_urlsafe(32), token_urlsafe(32), token_urlsafe(48), to)

    @property
    def challenge(self) -> str:
        """RFC 7636, section 4.2, S256."""
        return urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Session:
    """An access token, and the seconds that it lasts."""

    token: str
    lifetime: int


class Provider:
    """The provider of `FUPIN_ISSUER` as this installation's client sees it."""

    def __init__(self, settings: Settings, verifier: Verifier, http: httpx.AsyncClient, *, client_id: str) -> None:
        self.issuer = settings.issuer_url
        self.verifier = verifier
        self.http = http
        self.client_id = client_id
        self.secret = issuer.client_secret(settings, client_id)
        self.base = settings.service_public_url("portal").rstrip("/")
        self.callback = f"{self.base}/sign-in/callback"

    async def begin(self, attempt: Attempt) -> str:
        """The provider's address for this attempt. IssuerUnanswered."""
        asked = {
            "response_type": "code", "client_id": self.client_id, "redirect_uri": self.callback, "scope": "openid",
            "state": attempt.state, "nonce": attempt.nonce, "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }  # fmt: skip
        return _with_query((await self._discover())["authorization_endpoint"], asked)

    async def finish(self, attempt: Attempt, answer: Mapping[str, str]) -> Session:
        """What the provider's answer is worth. Refused; IssuerUnanswered when it cannot be asked."""
        if not compare_digest(answer.get("state", "").encode(), attempt.state.encode()):
            raise Refused("another state")
        if answer.get("iss", self.issuer).rstrip("/") != self.issuer:  # RFC 9207
            raise Refused("another issuer")
        if "error" in answer or not answer.get("code"):
            raise Refused("no code")
        form = {
            "grant_type": "authorization_code", "code": answer["code"], "redirect_uri": self.callback,
            "code_verifier": attempt.verifier,
        }  # fmt: skip
        endpoint = (await self._discover())["token_endpoint"]
        granted = await self._json("POST", endpoint, data=form, auth=(self.client_id, self.secret))
        await self._check_id_token(granted.get("id_token"), attempt.nonce)
        token, lifetime = granted.get("access_token"), granted.get("expires_in", 300)
        if not isinstance(token, str) or not isinstance(lifetime, int) or len(token) > MOST:
            raise Refused("no access token that a cookie can hold")
        try:
            await self.verifier.verify(token)
        except Unauthenticated as error:
            raise Refused("access token not for us") from error
        return Session(token, max(lifetime, 1))

    async def end(self) -> str | None:
        """Where the provider's own session is ended (RP-Initiated Logout 1.0); None where it cannot be said."""
        try:
            endpoint = (await self._discover()).get("end_session_endpoint")
        except IssuerUnanswered:
            return None
        asked = {"client_id": self.client_id, "post_logout_redirect_uri": f"{self.base}/sign-in"}
        return _with_query(endpoint, asked) if endpoint else None

    async def _check_id_token(self, token: Any, nonce: str) -> None:
        """OpenID Connect Core, section 3.1.3.7. Refused."""
        if not isinstance(token, str):
            raise Refused("no ID token")
        try:
            header = unverified_header(token)
        except Unauthenticated as error:
            raise Refused("unreadable ID token") from error
        key = await self.verifier.keys.find(str(header.get("kid")))
        algorithm = str(header.get("alg"))
        if key is None or algorithm not in key.algorithms:
            raise Refused("ID token of an unknown key")
        try:
            claims = jwt.decode(token, key.key, registry=signatures(algorithm)).claims
        except (JoseError, ValueError) as error:
            raise Refused("ID token with a bad signature") from error
        now, expires, issued = time.time(), claims.get("exp"), claims.get("iat")
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        sound = {
            "issuer": claims.get("iss") == self.issuer,
            "audience": self.client_id in audiences,
            "party": claims.get("azp", self.client_id) == self.client_id and (len(audiences) == 1 or "azp" in claims),
            "nonce": compare_digest(str(claims.get("nonce")).encode(), nonce.encode()),
            "expiry": isinstance(expires, int | float) and expires + LEEWAY > now,
            "issue": isinstance(issued, int | float) and issued - LEEWAY <= now,
        }
        if wrong := [name for name, holds in sound.items() if not holds]:
            raise Refused(f"ID token: {', '.join(wrong)}")

    async def _discover(self) -> dict[str, str]:
        """The provider's addresses (OpenID Connect Discovery 1.0). IssuerUnanswered, also where another answers."""
        found = await self._json("GET", f"{self.issuer}/.well-known/openid-configuration")
        if str(found.get("issuer", "")).rstrip("/") != self.issuer:
            raise IssuerUnanswered
        if not {"authorization_endpoint", "token_endpoint"} <= found.keys():
            raise IssuerUnanswered
        return found

    async def _json(self, method: str, address: str, **request: Any) -> dict[str, Any]:
        """Refused where the provider says no, IssuerUnanswered where it says nothing that can be read."""
        try:
            answer = await self.http.request(method, address, **request)
            if 400 <= answer.status_code < 429:
                raise Refused(f"{answer.status_code} at the provider")
            found = answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            log.warning("issuer unanswered", error=type(error).__name__)
            raise IssuerUnanswered from error
        if not isinstance(found, dict):
            raise IssuerUnanswered
        return found


def _with_query(address: str, asked: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"
