"""Who is let in, and for what: tokens that lie in every known way are refused."""

import base64
import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from fupin import auth, issuer, problems
from fupin.auth import Principal, Unauthenticated, Verifier, Who, division_prefix, needs, open_route, scopes_of
from fupin.jwks import IssuerKeys, IssuerUnanswered, StaticKeys
from fupin.settings import Settings

ED = OKPKey.generate_key("Ed25519")
EC = ECKey.generate_key("P-256")
RSA = RSAKey.generate_key(2048)
BARE_RSA = RSAKey.generate_key(2048)
PEM = b"-----BEGIN PUBLIC KEY-----\nMCowBQ\n-----END PUBLIC KEY-----\n"

JWKS = {
    "keys": [
        ED.as_dict(private=False) | {"kid": "ed", "use": "sig"},
        EC.as_dict(private=False) | {"kid": "ec"},
        RSA.as_dict(private=False) | {"kid": "rsa", "alg": "RS256"},
        BARE_RSA.as_dict(private=False) | {"kid": "bare-rsa"},
        OctKey.import_key("a shared secret that must never verify anything").as_dict() | {"kid": "oct"},
        ED.as_dict(private=False) | {"kid": "enc", "use": "enc"},
        {"kty": "OKP", "crv": "Ed25519", "x": "!", "kid": "broken"},
        "not a key",
    ]
}


def token(key: Any = ED, header: dict[str, Any] | None = None, **changed: Any) -> str:
    now = int(time.time())
    claims = {
        "iss": "http://issuer.test",
        "aud": "fupin",
        "sub": "li",
        "client_id": "web",
        "jti": "1",
        "iat": now,
        "exp": now + 60,
        "scope": "registry:read funds:read",
        "division": "230882101000",
    } | changed
    full = {"typ": "at+jwt", "alg": "EdDSA", "kid": "ed"} | (header or {})
    full, claims = ({name: value for name, value in part.items() if value is not None} for part in (full, claims))
    return jwt.encode(full, claims, key, registry=auth.signatures(full["alg"]), default_type=None)


def raw(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@pytest.fixture
def verifier() -> Verifier:
    return Verifier("http://issuer.test", "fupin", StaticKeys(JWKS))


async def test_a_valid_token_names_who_asks_and_where(verifier: Verifier) -> None:
    who = await verifier.verify(token())
    assert who == Principal("li", "web", frozenset({"registry:read", "funds:read"}), "230882101")
    assert who.actor == "li"


@pytest.mark.parametrize(
    ("key", "header"),
    [
        (ED, {"alg": "Ed25519"}),
        (EC, {"alg": "ES256", "kid": "ec"}),
        (RSA, {"alg": "RS256", "kid": "rsa"}),
        (ED, {"typ": "application/AT+JWT"}),
        (ED, {"jku": "https://evil.test/jwks.json", "x5u": "https://evil.test/", "extra": 1}),
    ],
)
async def test_the_three_algorithms_are_believed(verifier: Verifier, key: Any, header: dict[str, Any]) -> None:
    assert (await verifier.verify(token(key, header))).sub == "li"


THIEF = OKPKey.generate_key("Ed25519")

LIES = {
    "signed by another key": token(THIEF),
    "signed by a key it brings along": token(THIEF, {"jwk": THIEF.as_dict(private=False)}),
    "HMAC with a public key": token(
        OctKey.import_key(json.dumps(ED.as_dict(private=False))), {"alg": "HS256", "kid": "ed"}
    ),
    "HMAC with a published secret": token(
        OctKey.import_key("a shared secret that must never verify anything"), {"alg": "HS256", "kid": "oct"}
    ),
    "RS256 with a key that does not say so": token(BARE_RSA, {"alg": "RS256", "kid": "bare-rsa"}),
    "PS256 with an RS256 key": token(RSA, {"alg": "PS256", "kid": "rsa"}),
    "an encryption key": token(ED, {"kid": "enc"}),
    "an unknown key": token(ED, {"kid": "nobody"}),
    "no key id": token(ED, {"kid": None}),
    "an id token": token(ED, {"typ": "JWT"}),
    "no type": token(ED, {"typ": None}),
    "a damaged signature": token()[:-4] + "AAAA",
    "another issuer": token(iss="http://other.test"),
    "another audience": token(aud="elsewhere"),
    "no audience": token(aud=None),
    "expired": token(exp=int(time.time()) - 60),
    "never expires": token(exp=None),
    "expires at the end of time": token(exp=1e300),
    "expires when someone says so": token(exp="tomorrow"),
    "not valid before tomorrow": token(nbf=int(time.time()) + 86_400),
    "issued tomorrow": token(iat=int(time.time()) + 86_400),
    "nobody": token(sub=None),
    "no client": token(client_id=None),
    "no token id": token(jti=None),
    "no division": token(division=None),
    "everywhere": token(division=""),
    "a pattern for a division": token(division="23%"),
    "full-width digits for a division": token(division="\uff12\uff13"),
    "half a town for a division": token(division="2308821"),
    "a division as a number": token(division=230882),
    "scopes as a list": token(scope=["registry:read"]),
    "none": raw({"typ": "at+jwt", "alg": "none", "kid": "ed"}, {"sub": "li"}),
    "not JSON": "e30.e30",
    "a header that is a list": raw([], {}),  # type: ignore[arg-type]  # as an attacker would
    "deep nesting": base64.urlsafe_b64encode(b"[" * 9000).decode() + "..",
    "very long": token() + "A" * 20_000,
    "beyond ASCII": "令牌.令牌.令牌",
    "nothing": "..",
}


@pytest.mark.parametrize("lie", LIES)
async def test_no_lie_is_believed(verifier: Verifier, lie: str) -> None:
    with pytest.raises(Unauthenticated):
        await verifier.verify(LIES[lie])


async def test_a_remembered_token_still_expires(verifier: Verifier, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = token(exp=int(time.time()) + 5)
    await verifier.verify(mine)
    later = time.time() + 30
    monkeypatch.setattr("fupin.auth.time.time", lambda: later)
    with pytest.raises(Unauthenticated):
        await verifier.verify(mine)


@pytest.mark.parametrize(
    ("code", "prefix"),
    [
        ("230882000000", "230882"),
        ("230882101000", "230882101"),
        ("230882100000", "230882100"),
        ("230882100200", "230882100200"),
        ("230000000000", "23"),
        ("230800", "2308"),
        ("23", "23"),
    ],
)
def test_a_division_is_the_prefix_of_all_below_it(code: str, prefix: str) -> None:
    assert division_prefix(code) == prefix


# --- through a route ----------------------------------------------------------------------------------------------


class Runtime:
    def __init__(self, verifier: Verifier) -> None:
        self.verifier = verifier


@pytest.fixture
def app(verifier: Verifier) -> FastAPI:
    app = FastAPI()
    app.state.runtime = Runtime(verifier)

    @app.exception_handler(problems.Problem)
    async def refused(request: Any, problem: problems.Problem) -> Any:
        return problems.answer(request, problem)

    @app.get("/money", dependencies=[needs("funds:read"), needs("registry:read")])
    async def money(who: Who) -> dict[str, str]:
        return {"actor": who.actor, "division": who.division, "sub": who.sub}

    @app.get("/approve", dependencies=[needs("funds:approve")])
    async def approve() -> None: ...

    @app.get("/door", dependencies=[open_route()])
    async def door() -> str:
        return "open"

    return app


def client(app: FastAPI, **headers: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test", headers=headers)


async def ask(app: FastAPI, path: str, bearer: str | None = None, **headers: str) -> httpx.Response:
    if bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    async with client(app) as http:
        return await http.get(path, headers=headers)


async def test_without_a_token_nobody_enters_but_an_open_door(app: FastAPI) -> None:
    refused = await ask(app, "/money")
    assert (refused.status_code, refused.json()["type"]) == (401, "/problems/unauthenticated")
    assert refused.headers["www-authenticate"] == 'Bearer realm="fupin"'
    assert (await ask(app, "/door")).status_code == 200


async def test_a_bad_token_is_told_apart_from_none(app: FastAPI) -> None:
    refused = await ask(app, "/money", token(exp=1))
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["www-authenticate"]


async def test_a_missing_scope_is_named(app: FastAPI) -> None:
    refused = await ask(app, "/approve", token())
    assert (refused.status_code, refused.json()["scope"]) == (403, "funds:approve")
    assert 'error="insufficient_scope", scope="funds:approve"' in refused.headers["www-authenticate"]
    assert (await ask(app, "/money", token(scope="funds:read"))).status_code == 403


async def test_a_service_acts_for_a_user_in_the_users_division_only(app: FastAPI) -> None:
    service = token(scope="funds:read registry:read act-for", sub="funds", division="230882")
    acted = await ask(app, "/money", service, **{"X-Fupin-Actor": "%E6%9D%8E", "X-Fupin-Division": "230882101"})
    assert acted.json() == {"actor": "李", "division": "230882101", "sub": "funds"}


@pytest.mark.parametrize("division", ["2308", "23", "", "230883", "everything"])
async def test_acting_for_a_user_never_widens_the_division(app: FastAPI, division: str) -> None:
    service = token(scope="funds:read registry:read act-for", division="230882")
    refused = await ask(app, "/money", service, **{"X-Fupin-Actor": "li", "X-Fupin-Division": division})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/may-not-act-for")


@pytest.mark.parametrize("headers", [{"X-Fupin-Actor": "mayor"}, {"X-Fupin-Division": "230882101"}])
async def test_a_user_cannot_act_for_another(app: FastAPI, headers: dict[str, str]) -> None:
    assert (await ask(app, "/money", token(), **headers)).status_code == 403


def test_openapi_lists_the_scopes_of_each_operation(app: FastAPI) -> None:
    paths = app.openapi()["paths"]
    assert {"oauth2": ["funds:approve"]} in paths["/approve"]["get"]["security"]
    assert {"oauth2", "bearer"} == set(app.openapi()["components"]["securitySchemes"])
    assert all(set(*found.values()) == {"funds:read", "registry:read"} for found in paths["/money"]["get"]["security"])
    assert "security" not in paths["/door"]["get"]


def test_a_route_says_what_it_demands() -> None:
    assert scopes_of([needs("funds:read"), needs("audit:read")]) == {"funds:read", "audit:read"}
    assert scopes_of([open_route()]) == frozenset()
    assert scopes_of([]) is None
    with pytest.raises(ValueError, match="fund:read"):
        needs("fund:read")


# --- the issuer's keys --------------------------------------------------------------------------------------------


class Provider:
    """An OpenID provider that can rotate its key, fall silent, and count its visitors."""

    def __init__(self) -> None:
        self.jwks: Any = {"keys": JWKS["keys"][:1]}
        self.visits: list[str] = []
        self.silent = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.visits.append(request.url.path)
        if self.silent:
            raise httpx.ConnectError("refused")
        if request.url.path == "/.well-known/openid-configuration":
            body = {"issuer": "http://issuer.test", "jwks_uri": "http://issuer.test/keys"}
            return httpx.Response(200, json=body)
        etag = f'"{len(self.jwks["keys"])}"'
        if request.headers.get("if-none-match") == etag:
            return httpx.Response(304, headers={"ETag": etag})
        return httpx.Response(200, json=self.jwks, headers={"ETag": etag, "Cache-Control": "max-age=60"})


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr("fupin.jwks.time.monotonic", lambda: now[0])
    return now


def issuer_keys(provider: Provider) -> IssuerKeys:
    return IssuerKeys("http://issuer.test", httpx.AsyncClient(transport=httpx.MockTransport(provider)))


async def test_keys_are_discovered_once_and_kept(provider: Provider, clock: list[float]) -> None:
    keys = issuer_keys(provider)
    assert await keys.find("ed")
    assert await keys.find("ed")
    assert provider.visits == ["/.well-known/openid-configuration", "/keys"]
    clock[0] += 61
    assert await keys.find("ed")
    assert len(provider.visits) == 4


async def test_a_new_key_is_fetched_but_guesses_are_not(provider: Provider, clock: list[float]) -> None:
    keys = issuer_keys(provider)
    assert await keys.find("ed")
    provider.jwks = {"keys": JWKS["keys"][:2]}
    clock[0] += 11
    assert await keys.find("ec")
    for guess in range(20):
        assert await keys.find(str(guess)) is None
    assert len(provider.visits) == 4


async def test_a_silent_issuer_is_forgiven_for_a_day(provider: Provider, clock: list[float]) -> None:
    keys = issuer_keys(provider)
    assert await keys.find("ed")
    provider.silent = True
    clock[0] += 3600
    assert await keys.find("ed")
    assert await keys.find("ed")
    assert len(provider.visits) == 3
    clock[0] += 86_400
    with pytest.raises(IssuerUnanswered):
        await keys.find("ed")


async def test_an_issuer_that_never_answered_is_named(provider: Provider) -> None:
    provider.silent = True
    with pytest.raises(IssuerUnanswered):
        await issuer_keys(provider).find("ed")


# --- the local issuer ---------------------------------------------------------------------------------------------


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, division="230882", issuer="http://issuer.test")


async def test_the_local_issuer_is_believed(settings: Settings) -> None:
    verifier = Verifier(settings.issuer_url, settings.audience, StaticKeys(issuer.jwks(settings)))
    who = await verifier.verify(issuer.mint(settings, "town-clerk", division="230882101000"))
    assert (who.sub, who.division) == ("town-clerk@230882101", "230882101")
    assert who.scopes == issuer.ROLES["town-clerk"]
    assert "d" not in issuer.jwks(settings)["keys"][0]
    assert {path.stat().st_mode & 0o777 for path in (settings.home / "secrets").iterdir()} == {0o600}


async def test_maker_and_checker_are_different_people(settings: Settings) -> None:
    verifier = Verifier(settings.issuer_url, settings.audience, StaticKeys(issuer.jwks(settings)))
    maker = await verifier.verify(issuer.mint(settings, "finance-maker"))
    checker = await verifier.verify(issuer.mint(settings, "finance-checker"))
    assert maker.actor != checker.actor


def test_no_role_holds_both_keys_of_the_safe() -> None:
    assert not [role for role, scopes in issuer.ROLES.items() if {"funds:post", "funds:approve"} <= scopes]
    assert frozenset().union(*issuer.ROLES.values(), *issuer.SERVICES.values()) == set(auth.SCOPES)
    assert not [role for role, scopes in issuer.ROLES.items() if auth.ACT_FOR in scopes]


def test_the_issuer_grants_no_more_than_there_is(settings: Settings) -> None:
    with pytest.raises(issuer.TooWide):
        issuer.mint(settings, "auditor", division="230883")
    with pytest.raises(issuer.TooWide):
        issuer.mint(settings, "auditor", scopes={"funds:post"})
    with pytest.raises(issuer.UnknownClient):
        issuer.mint(settings, "mayor")


def test_a_client_proves_its_secret(settings: Settings) -> None:
    secret = issuer.client_secret(settings, "funds")
    assert issuer.authenticate(settings, "funds", secret).scopes == issuer.SERVICES["funds"]
    for client_id, wrong in (("funds", "guess"), ("nobody", secret), ("registry", secret), ("funds", "")):
        with pytest.raises(issuer.UnknownClient):
            issuer.authenticate(settings, client_id, wrong)


def test_an_operator_can_add_a_client_for_one_town(settings: Settings) -> None:
    issuer.client_secret(settings, "funds")
    file = settings.home / "secrets" / "clients.json"
    entry = {"secret": "s3cret", "role": "town-clerk", "division": "230882101"}
    file.write_text(json.dumps(json.loads(file.read_text()) | {"town-office": entry}))
    client = issuer.authenticate(settings, "town-office", "s3cret")
    assert (client.division, client.scopes) == ("230882101", issuer.ROLES["town-clerk"])


def test_a_sign_in_link_works_once_and_only_reads(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    code = issuer.sign_in_link(settings).partition("?code=")[2]
    granted = issuer.redeem(settings, code)
    assert granted is not None
    scope = json.loads(base64.urlsafe_b64decode(granted.split(".")[1] + "=="))["scope"]
    assert set(scope.split()) == issuer.READ
    assert issuer.redeem(settings, code) is None
    assert issuer.redeem(settings, "../../clients.json") is None
    late = issuer.sign_in_link(settings).partition("?code=")[2]
    monkeypatch.setattr("fupin.issuer.time.time", lambda now=time.time(): now + 601)
    assert issuer.redeem(settings, late) is None
