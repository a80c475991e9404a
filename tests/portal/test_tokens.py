"""The local issuer's door: RFC 6749 client credentials."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from fupin import issuer
from fupin.auth import Verifier
from fupin.jwks import IssuerKeys
from fupin.limits import Bucket
from fupin.runtime import Runtime
from fupin.settings import Settings
from services.portal.app import create_app
from services.portal.routes import oauth


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, division="230882")


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test begins with nobody having asked."""
    monkeypatch.setattr(oauth, "GRANTS", Bucket(rate=5.0, burst=60))
    monkeypatch.setattr(oauth, "GUESSES", Bucket(rate=0.1, burst=10))


@pytest.fixture
async def http(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app()
    async with Runtime("portal", settings) as runtime:
        app.state.runtime = runtime
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=settings.issuer_url) as client:
            yield client


def form(settings: Settings, client: str = "town-clerk", **fields: str) -> dict[str, str]:
    own = {"client_id": client, "client_secret": issuer.client_secret(settings, client)}
    return {"grant_type": "client_credentials"} | own | fields


async def test_a_client_gets_a_token_that_verifies(http: httpx.AsyncClient, settings: Settings) -> None:
    answer = await http.post("/oauth/token", data=form(settings, division="230882101000", scope="registry:read"))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    granted = answer.json()
    assert (granted["token_type"], granted["scope"]) == ("Bearer", "registry:read")
    who = await Verifier(settings.issuer_url, "fupin", IssuerKeys(settings.issuer_url, http)).verify(
        granted["access_token"]
    )
    assert (who.sub, who.division, who.scopes) == ("town-clerk@230882101", "230882101", frozenset({"registry:read"}))


async def test_http_basic_is_as_good(http: httpx.AsyncClient, settings: Settings) -> None:
    secret = issuer.client_secret(settings, "funds")
    answer = await http.post("/oauth/token", data={"grant_type": "client_credentials"}, auth=("funds", secret))
    assert set(answer.json()["scope"].split()) == issuer.SERVICES["funds"]


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"client_secret": "guess"}, 401, "invalid_client"),
        ({"client_id": "mayor"}, 401, "invalid_client"),
        ({"client_id": ""}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"scope": "funds:approve"}, 400, "invalid_scope"),
        ({"division": "23"}, 400, "invalid_scope"),
        ({"division": "everywhere"}, 400, "invalid_scope"),
    ],
)
async def test_refusals_speak_oauth(
    http: httpx.AsyncClient, settings: Settings, changed: dict[str, str], status: int, error: str
) -> None:
    refused = await http.post("/oauth/token", data=form(settings) | changed)
    assert (refused.status_code, refused.json()["error"]) == (status, error)
    assert (status == 401) == ("www-authenticate" in refused.headers)


async def test_a_token_is_asked_for_by_form_and_once(http: httpx.AsyncClient, settings: Settings) -> None:
    assert (await http.post("/oauth/token", json=form(settings))).json()["error"] == "invalid_request"
    twice = await http.post("/oauth/token", data=form(settings), auth=("auditor", "x"))
    assert twice.json()["error"] == "invalid_request"
    doubled = await http.post(
        "/oauth/token", content="scope=a&scope=b", headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert doubled.json()["error"] == "invalid_request"


async def test_guessing_a_secret_is_slowed_down(http: httpx.AsyncClient, settings: Settings) -> None:
    for _ in range(10):
        assert (await http.post("/oauth/token", data=form(settings) | {"client_secret": "x"})).status_code == 401
    slowed = await http.post("/oauth/token", data=form(settings))
    assert (slowed.status_code, slowed.json()["error"]) == (429, "slow_down")
    assert int(slowed.headers["retry-after"]) > 0
    assert (await http.post("/oauth/token", data=form(settings, "auditor"))).status_code == 200


async def test_one_client_gets_no_more_than_its_share(http: httpx.AsyncClient, settings: Settings) -> None:
    oauth.GRANTS.burst = 2
    given = [(await http.post("/oauth/token", data=form(settings))).status_code for _ in range(3)]
    assert given == [200, 200, 429]
    assert (await http.post("/oauth/token", data=form(settings, "auditor"))).status_code == 200


async def test_another_providers_deployment_issues_no_tokens(http: httpx.AsyncClient, settings: Settings) -> None:
    settings.issuer = "https://id.example.test/realms/county"
    for path in ("/.well-known/jwks.json", "/.well-known/openid-configuration"):
        refused = await http.get(path)
        assert (refused.status_code, refused.json()["type"]) == (404, "/problems/not-the-issuer")
    assert (await http.post("/oauth/token", data=form(settings))).status_code == 404


def test_a_bucket_refills_with_time() -> None:
    now = [0.0]
    bucket = Bucket(rate=0.5, burst=2, clock=lambda: now[0])
    assert [bucket.take("li") for _ in range(3)] == [0, 0, 2]
    assert bucket.take("wang") == 0
    now[0] = 2
    assert [bucket.take("li") for _ in range(2)] == [0, 2]


def test_a_bucket_forgets_those_who_stay_away() -> None:
    bucket = Bucket(rate=1, burst=1, size=3)
    for caller in range(10):
        bucket.take(caller)
    assert len(bucket.left) == 3
