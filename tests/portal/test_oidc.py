"""Signing in at a provider of the county's own: code flow with PKCE over real HTTP, and all that may go wrong."""

import time
from collections.abc import AsyncIterator, Callable, Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey

from fupin.limits import Bucket
from fupin.runtime import Runtime
from fupin.settings import Settings
from services.portal.app import create_app
from services.portal.routes import session
from tests.portal.provider import CLIENT, SECRET, Provider, provider

HERE = "https://fupin.example"


@pytest.fixture
def at() -> Iterator[Provider]:
    with provider() as open_one:
        yield open_one


@pytest.fixture
async def browser(at: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """A browser before the portal of an installation that believes this provider."""
    monkeypatch.setattr(session, "ATTEMPTS", Bucket(rate=0.5, burst=20))
    config = Settings(home=tmp_path, issuer=at.url, client_id=CLIENT, client_secret=SECRET, portal_public_url=HERE)
    app = create_app()
    async with Runtime("portal", config) as runtime:
        app.state.runtime = runtime
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HERE) as client:
            yield client


async def to_provider(browser: httpx.AsyncClient, to: str = "/funds?as_of=2018-06-08") -> str:
    """The address at which the provider sends the browser back."""
    asked = await browser.get(to)
    begun = await browser.get(asked.headers["location"])
    async with httpx.AsyncClient() as outside:
        return (await outside.get(begun.headers["location"])).headers["location"]


def cookies(answer: httpx.Response) -> dict[str, Any]:
    found: SimpleCookie = SimpleCookie()
    for line in answer.headers.get_list("set-cookie"):
        found.load(line)
    return dict(found)


async def test_a_person_signs_in_at_the_countys_provider_comes_back_where_they_were_and_signs_out(
    browser: httpx.AsyncClient, at: Provider
) -> None:
    back = await to_provider(browser)
    (asked,) = at.codes.values()
    assert asked["redirect_uri"] == f"{HERE}/sign-in/callback"
    assert asked["theme"] == "county"  # the provider's own parameters stand
    home = await browser.get(back)

    assert (home.status_code, home.headers["location"]) == (303, "/funds?as_of=2018-06-08")
    kept = cookies(home)["__Host-fupin_session"]
    assert (kept["httponly"], kept["secure"], kept["samesite"], kept["path"], kept["domain"]) == (
        True, True, "lax", "/", "",
    )  # fmt: skip
    assert int(kept["max-age"]) == 900
    assert cookies(home)["__Host-fupin_attempt"]["max-age"] == "0"
    assert len(at.forms[0]["code_verifier"]) >= 43
    seen = await browser.get("/docs")
    assert 'title="u-1"' in seen.text
    assert f"form-action 'self' {at.url};" in seen.headers["content-security-policy"]

    out = await browser.post("/sign-out", headers={"Sec-Fetch-Site": "same-origin"})
    left = urlsplit(out.headers["location"])
    assert f"{left.scheme}://{left.netloc}{left.path}" == f"{at.url}/logout"
    assert parse_qs(left.query) == {"client_id": [CLIENT], "post_logout_redirect_uri": [f"{HERE}/sign-in"]}
    page = await browser.get("/sign-in")
    assert 'title="u-1"' not in page.text
    assert 'href="/sign-in/begin?next=%2Fbriefing"' in page.text
    assert "<textarea" not in page.text


def claim(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(claims: dict[str, Any]) -> None:
        claims[name] = value

    return change


def without(name: str) -> Callable[[dict[str, Any]], None]:
    def change(claims: dict[str, Any]) -> None:
        del claims[name]

    return change


LONG_AGO = int(time.time()) - 3600


@pytest.mark.parametrize(
    ("where", "change"),
    [
        ("in_id_token", claim("nonce", "another")),
        ("in_id_token", without("nonce")),
        ("in_id_token", claim("aud", "another-client")),
        ("in_id_token", lambda claims: claims.update(aud=[CLIENT, "another"], azp="another")),
        ("in_id_token", claim("iss", "https://evil.test")),
        ("in_id_token", claim("exp", LONG_AGO)),
        ("in_id_token", claim("iat", int(time.time()) + 3600)),
        ("in_access_token", claim("aud", "another-api")),
        ("in_access_token", claim("exp", LONG_AGO)),
        ("in_access_token", without("division")),
        ("in_access_token", claim("scope", "x" * 4000)),  # no browser would keep it: an endless round
        ("in_answer", without("id_token")),
        ("in_answer", without("access_token")),
        ("in_answer", claim("id_token", "e30.e30.")),
        ("in_answer", lambda answer: answer.update(access_token=answer["id_token"])),
        ("signing_key", RSAKey.generate_key(2048, {"kid": "p1"})),
    ],
)
async def test_tokens_that_are_not_for_us_sign_nobody_in(
    browser: httpx.AsyncClient, at: Provider, where: str, change: Any
) -> None:
    setattr(at, where, change)
    refused = await browser.get(await to_provider(browser))
    assert refused.status_code == 401
    assert "登录未完成" in refused.text
    assert "__Host-fupin_session" not in cookies(refused)
    assert (await browser.get("/rounds")).status_code == 303


async def test_an_answer_counts_once_and_only_in_the_browser_that_asked(
    browser: httpx.AsyncClient, at: Provider
) -> None:
    back = await to_provider(browser)
    theirs = dict(browser.cookies)
    browser.cookies.clear()
    assert (await browser.get(back)).status_code == 401  # another browser: somebody else's link
    browser.cookies.update(theirs)
    for changed in (
        back.replace("state=", "state=x"),
        back.replace(f"iss={at.url.replace(':', '%3A').replace('/', '%2F')}", "iss=https%3A%2F%2Fevil.test"),
        f"{HERE}/sign-in/callback?error=access_denied&state={parse_qs(urlsplit(back).query)['state'][0]}",
        f"{HERE}/sign-in/callback",
    ):
        assert changed != back
        browser.cookies.update(theirs)
        assert (await browser.get(changed)).status_code == 401, changed
    assert at.forms == []  # no code went out for any of these
    browser.cookies.update(theirs)
    assert (await browser.get(back)).status_code == 303
    browser.cookies.update(theirs)
    assert (await browser.get(back)).status_code == 401

    browser.cookies.clear()
    again = await to_provider(browser)
    browser.cookies.update({"__Host-fupin_attempt": dict(browser.cookies)["__Host-fupin_attempt"].replace(
        "verifier=", "verifier=x")})  # fmt: skip
    assert (await browser.get(again)).status_code == 401  # stolen code, without its verifier


async def test_a_session_that_has_ended_begins_anew_and_a_silent_provider_is_named(
    browser: httpx.AsyncClient, at: Provider
) -> None:
    assert (await browser.get(await to_provider(browser))).status_code == 303
    claims = {"iss": at.url, "aud": "fupin", "sub": "u-1", "client_id": CLIENT, "jti": "1", "iat": LONG_AGO - 900}
    old = at.signed("at+jwt", claims | {"exp": LONG_AGO, "division": "230882"})
    browser.cookies.clear()
    browser.cookies.set("__Host-fupin_session", old)
    ended = await browser.get("/funds")
    assert ended.headers["location"] == "/sign-in/begin?next=%2Ffunds"
    at.url = "http://127.0.0.1:9"  # its configuration is another issuer's now
    silent = await browser.get("/sign-in/begin?next=/funds")
    assert (silent.status_code, "没有应答" in silent.text) == (503, True)
    out = await browser.post("/sign-out", headers={"Sec-Fetch-Site": "same-origin"})
    assert out.headers["location"] == "/sign-in"  # forgotten here all the same


async def test_the_local_issuer_has_no_such_flow(browser: httpx.AsyncClient) -> None:
    browser._transport.app.state.runtime.settings.issuer = None  # type: ignore[attr-defined]  # httpx has no name for it
    assert (await browser.get("/sign-in/begin")).headers["location"] == "/sign-in?next=%2Fbriefing"
    assert (await browser.get("/sign-in/callback?code=x&state=y")).status_code == 401
    assert "<textarea" in (await browser.get("/sign-in")).text
