"""
The local token issuer, for a county that has no identity provider yet, for development and for tests.

A role is what a person does (村干部, 财务经办, 财务复核...); a service client is one of our own processes. Both ask for
tokens with a client id and secret from `FUPIN_HOME/secrets/clients.json` (0600, plain: each process has to present its
own; delete an entry to close it, add one `{"secret", "role", "division"}` to open another). In production any OIDC
provider issues the same claims and `FUPIN_ISSUER` points at it.
"""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import OKPKey

from fupin.auth import ACT_FOR, division_prefix, signatures
from fupin.settings import Settings, secret_file

READ = frozenset({"registry:read", "funds:read", "projects:read", "inspection:read"})

# Nobody who drafts a payment may approve it: funds:post and funds:approve never meet in one role.
ROLES: dict[str, frozenset[str]] = {
    "county-admin": READ
    | {"registry:write", "registry:review", "registry:approve", "registry:pii", "registry:snapshot"}
    | {"projects:write", "projects:review", "projects:approve", "inspection:write", "inspection:plan", "audit:read"},
    "town-clerk": READ
    | {"registry:write", "registry:review", "registry:pii", "projects:write", "projects:review", "inspection:write"},
    "village-cadre": READ | {"registry:write", "projects:write"},
    "finance-maker": READ | {"funds:post", "registry:snapshot"},
    "finance-checker": READ | {"funds:approve"},
    "inspector": READ | {"registry:snapshot", "inspection:write", "inspection:plan"},
    "auditor": READ | {"audit:read"},
    "exchange": frozenset({"registry:read", "exchange"}),
}

SERVICES: dict[str, frozenset[str]] = {
    "registry": frozenset({ACT_FOR, "projects:read", "inspection:read"}),
    "funds": frozenset({ACT_FOR, "registry:read", "registry:snapshot", "registry:payees", "projects:read"}),
    "projects": frozenset({ACT_FOR, "registry:read", "funds:read", "funds:post"}),
    "inspection": frozenset(
        {ACT_FOR, "registry:read", "registry:write", "registry:snapshot", "funds:read", "funds:note"}
    ),
    "portal": READ,
}

HOUR = 3600
ALGORITHM = "EdDSA"


class UnknownClient(ValueError):
    """No such role or client, or the wrong secret."""


class TooWide(ValueError):
    """More was asked (scope or division) than the role or client has."""


@dataclass(frozen=True, slots=True)
class Client:
    """Someone who may ask for tokens: a role's client, a service's, or one that the operator added."""

    id: str
    scopes: frozenset[str]
    division: str


@lru_cache(maxsize=16)
def _signing_key(home: Path) -> OKPKey:
    made = secret_file(
        home / "secrets" / "signing-key.jwk",
        lambda: json.dumps(OKPKey.generate_key("Ed25519").as_dict(private=True)).encode(),
    )
    return OKPKey.import_key(json.loads(made))


def jwks(settings: Settings) -> dict[str, Any]:
    """The public half of the signing key, as published at `/.well-known/jwks.json`."""
    key = _signing_key(settings.home)
    public = key.as_dict(private=False) | {"kid": key.thumbprint(), "use": "sig", "alg": ALGORITHM}
    return {"keys": [public]}


def mint(
    settings: Settings,
    name: str,
    *,
    division: str | None = None,
    sub: str | None = None,
    scopes: Iterable[str] | None = None,
    lifetime: int = HOUR,
) -> str:
    """
    An access token for a role or a service client.

    `sub` defaults to the service's name, or to `role@division`: maker and checker, and the clerks of two towns, are
    different people. UnknownClient, TooWide.
    """
    held = ROLES.get(name) or SERVICES.get(name)
    if held is None:
        raise UnknownClient(name)
    return issue(settings, Client(name, held, settings.division), division, scopes, sub, lifetime)


def issue(
    settings: Settings,
    client: Client,
    division: str | None = None,
    scopes: Iterable[str] | None = None,
    sub: str | None = None,
    lifetime: int = HOUR,
) -> str:
    """An access token for this client, narrowed to a division and scopes if asked. TooWide when they exceed its own."""
    prefix = inside(division or client.division, client.division)
    granted = client.scopes if scopes is None else frozenset(scopes)
    if not granted <= client.scopes:
        raise TooWide("scope")
    now, key = int(time.time()), _signing_key(settings.home)
    header = {"typ": "at+jwt", "alg": ALGORITHM, "kid": key.thumbprint()}
    claims = {
        "iss": settings.issuer_url,
        "aud": settings.audience,
        "sub": sub or (client.id if client.id in SERVICES else f"{client.id}@{prefix}"),
        "client_id": client.id,
        "jti": secrets.token_urlsafe(16),
        "iat": now,
        "exp": now + lifetime,
        "scope": " ".join(sorted(granted)),
        "division": prefix,
    }
    return jwt.encode(header, claims, key, registry=signatures(ALGORITHM))


def inside(division: str, limit: str) -> str:
    """The prefix of a division within another. TooWide when it is no division or lies outside."""
    try:
        prefix = division_prefix(division)
    except ValueError:
        raise TooWide("division") from None
    if not prefix.startswith(division_prefix(limit)):
        raise TooWide("division")
    return prefix


def _clients_file(settings: Settings) -> dict[str, dict[str, str]]:
    def make() -> bytes:
        entries = {name: {"secret": secrets.token_urlsafe(32)} for name in (*ROLES, *SERVICES)}
        return json.dumps(entries, indent=1).encode()

    found: dict[str, dict[str, str]] = json.loads(secret_file(settings.home / "secrets" / "clients.json", make))
    return found


def client_secret(settings: Settings, client_id: str) -> str:
    """The secret with which a local process asks for its own tokens. UnknownClient."""
    if settings.client_secret and settings.client_id in (client_id, None):
        return settings.client_secret
    try:
        return _clients_file(settings)[client_id]["secret"]
    except KeyError:
        raise UnknownClient(client_id) from None


def authenticate(settings: Settings, client_id: str, secret: str) -> Client:
    """The client that proved its secret. UnknownClient, the same whichever half is wrong."""
    entry = _clients_file(settings).get(client_id, {})
    expected = entry.get("secret") or secrets.token_urlsafe(32)
    if not hmac.compare_digest(hashlib.sha256(secret.encode()).digest(), hashlib.sha256(expected.encode()).digest()):
        raise UnknownClient
    held = SERVICES.get(client_id) or ROLES.get(entry.get("role", client_id))
    if held is None:
        raise UnknownClient
    return Client(client_id, held, inside(entry.get("division") or settings.division, settings.division))


# --- signing in to the portal's pages ------------------------------------------------------------------------------

LINK_LIFETIME = 600
SESSION_LIFETIME = 8 * HOUR


def sign_in_link(settings: Settings, role: str = "county-admin", division: str | None = None) -> str:
    """An address that signs one person in to the portal's pages, once, within ten minutes, for reading only."""
    if role not in ROLES:
        raise UnknownClient(role)
    folder, now = _links(settings), time.time()
    for old in folder.iterdir():
        with suppress(FileNotFoundError):
            if old.stat().st_mtime < now - LINK_LIFETIME:
                old.unlink()
    code = secrets.token_urlsafe(32)
    grant = {"role": role, "division": inside(division or settings.division, settings.division)}
    secret_file(_link(settings, code), lambda: json.dumps(grant | {"expires": now + LINK_LIFETIME}).encode())
    return f"{settings.service_public_url('portal').rstrip('/')}/sign-in?code={code}"


def redeem(settings: Settings, code: str) -> str | None:
    """The token for a sign-in code; None when it was used, is too old, or never was."""
    path = _link(settings, code)
    taken = path.with_suffix(f".{secrets.token_hex(6)}")
    try:
        path.rename(taken)  # whoever renames it first has it
    except FileNotFoundError:
        return None
    grant = json.loads(taken.read_bytes())
    taken.unlink()
    if time.time() >= grant["expires"]:
        return None
    scopes = ROLES[grant["role"]] & READ
    return mint(settings, grant["role"], division=grant["division"], scopes=scopes, lifetime=SESSION_LIFETIME)


def _links(settings: Settings) -> Path:
    folder = settings.home / "secrets" / "sign-in"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _link(settings: Settings, code: str) -> Path:
    return _links(settings) / hashlib.sha256(code.encode()).hexdigest()
