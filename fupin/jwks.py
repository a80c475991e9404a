"""The issuer's public keys (JWKS): fetched, cached, kept through a short silence of the issuer."""

import asyncio
import re
import time
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from fupin.problems import Problem

log = structlog.get_logger()

FRESH = 300.0  # seconds, when the issuer does not say
FRESHEST, STALEST = 30.0, 86_400.0  # bounds on what it says; STALEST also on how long old keys outlive its silence
PAUSE = 10.0  # seconds between attempts, whoever asks for whichever unknown key


class IssuerUnanswered(Problem):
    """The token issuer does not answer, so tokens cannot be verified."""

    status = 503
    zh = "令牌签发方没有应答,暂时无法验证访问令牌。"


@dataclass(frozen=True, slots=True)
class Key:
    """A public key and the algorithms it may verify: never `none`, never HMAC, whatever a token claims."""

    key: OKPKey | ECKey | RSAKey
    algorithms: frozenset[str]


class Keys(Protocol):
    """Where a verifier finds public keys."""

    async def find(self, kid: str) -> Key | None: ...
    async def aclose(self) -> None: ...


def read_jwks(jwks: Any) -> dict[str, Key]:
    """The usable signature keys of a JWKS document by key id; others (encryption, HMAC, other curves) are left out."""
    found: dict[str, Key] = {}
    entries = jwks.get("keys") if isinstance(jwks, dict) else None
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, dict) or not isinstance(kid := entry.get("kid"), str):
            continue
        public = {name: entry[name] for name in ("kty", "crv", "x", "y", "n", "e") if name in entry}
        try:
            match entry:
                case {"use": use} if use != "sig":
                    continue
                case {"kty": "OKP", "crv": "Ed25519"}:
                    key: OKPKey | ECKey | RSAKey = OKPKey.import_key(public)
                    algorithms = {"EdDSA", "Ed25519"}
                case {"kty": "EC", "crv": "P-256"}:
                    key, algorithms = ECKey.import_key(public), {"ES256"}
                case {"kty": "RSA", "alg": "RS256"}:
                    key, algorithms = RSAKey.import_key(public), {"RS256"}
                case _:
                    continue
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        found[kid] = Key(key, frozenset(algorithms))
    return found


class StaticKeys:
    """Keys known beforehand: the issuer's own, or a test's."""

    def __init__(self, jwks: Any) -> None:
        self.keys = read_jwks(jwks)

    async def find(self, kid: str) -> Key | None:
        return self.keys.get(kid)

    async def aclose(self) -> None: ...


class IssuerKeys:
    """
    Keys as the issuer publishes them: `jwks_uri` of its OpenID configuration, else `/.well-known/jwks.json`.

    An unknown key id asks once more (the issuer may have rotated), at most every `PAUSE` seconds. While the issuer is
    silent the last known keys serve on, for a day.
    """

    def __init__(self, issuer: str, http: httpx.AsyncClient | None = None) -> None:
        self.issuer = issuer.rstrip("/")
        self.http = http or httpx.AsyncClient(timeout=httpx.Timeout(2.0, connect=0.5), follow_redirects=False)
        self.keys: dict[str, Key] = {}
        self.etag: str | None = None
        self.fresh_until = self.stale_until = self.next_try = float("-inf")
        self.lock = asyncio.Lock()

    async def find(self, kid: str) -> Key | None:
        now = time.monotonic()
        known = self.keys.get(kid)
        if (known is None or now >= self.fresh_until) and now >= self.next_try and not (known and self.lock.locked()):
            async with self.lock:
                if time.monotonic() >= self.next_try:
                    await self._fetch()
        if not self.keys or time.monotonic() >= self.stale_until:
            raise IssuerUnanswered
        return self.keys.get(kid)

    async def aclose(self) -> None:
        await self.http.aclose()

    async def _fetch(self) -> None:
        try:
            response = await self.http.get(
                await self._location(), headers={"If-None-Match": self.etag} if self.etag else {}
            )
            if response.status_code != 304:
                response.raise_for_status()
                self.keys, self.etag = read_jwks(response.json()) or self.keys, response.headers.get("etag")
        except (httpx.HTTPError, ValueError) as error:
            log.warning("issuer_keys_unavailable", issuer=self.issuer, error=type(error).__name__)
        else:
            now = time.monotonic()
            self.fresh_until, self.stale_until = now + _max_age(response), now + STALEST
        self.next_try = time.monotonic() + (PAUSE if self.keys else 1.0)

    async def _location(self) -> str:
        """Where the keys are; ValueError when the configuration is another issuer's (RFC 8414, section 3.3)."""
        response = await self.http.get(f"{self.issuer}/.well-known/openid-configuration")
        if response.status_code == 404:
            return f"{self.issuer}/.well-known/jwks.json"
        found = response.raise_for_status().json()
        if not isinstance(found, dict) or found.get("issuer", "").rstrip("/") != self.issuer:
            raise ValueError("configuration of another issuer")
        return str(found["jwks_uri"]) if "jwks_uri" in found else f"{self.issuer}/.well-known/jwks.json"


def _max_age(response: httpx.Response) -> float:
    said = re.search(r"max-age=(\d{1,9})", response.headers.get("cache-control", ""))
    return min(max(float(said[1]) if said else FRESH, FRESHEST), STALEST)
