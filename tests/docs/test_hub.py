"""The documentation hub: complete, and readable and usable in a browser that reaches nothing but this house."""

import re
import shutil
import tomllib
from pathlib import Path

import httpx
import pytest

from fupin import issuer
from fupin.cors import origins
from fupin.docs import texts
from fupin.settings import PORTS, SERVICES
from tests.conftest import Api
from tests.docs.conftest import Live
from tests.e2e.conftest import ROOT

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


async def test_every_page_of_the_hub_is_there_and_names_no_outside_address(portal: Api) -> None:
    front = await portal.anonymous().get("/", headers={"Accept-Language": "zh-CN"})
    assert {"/docs?lang=zh", "/problems/?lang=zh"} <= set(re.findall(r'href="(/[^"]*)"', front.text))
    hub = await portal.anonymous().get("/docs?lang=zh")
    assert hub.status_code == 200
    links = set(re.findall(r'href="(/[^"]*)"', hub.text))
    wanted = {f"/docs/{kind}/{name}" for kind in ("api", "reference") for name in PORTS}
    wanted |= {f"/docs/guides/{name}?lang=zh" for name in ("import", "comparison", "distribution", "draw")}
    wanted |= {f"/docs/{name}?lang=zh" for name in ("code-lists", "texts/events", "texts/changelog")}
    assert all(f">{title}<" in hub.text for title in ("导入文件", "比对两份名册", "按需分配资金", "复核公开抽签"))
    wanted |= {"/problems/?lang=zh"}
    assert wanted <= links
    own = {"http://www.w3.org", *(f"http://127.0.0.1:{8000 + offset}" for offset in PORTS.values())}
    for link in sorted(wanted):
        found = await portal.anonymous().get(link)
        assert found.status_code == 200, link
        named = set(re.findall(r'(?:href|src|url)="?(https?://[^/"]+)', found.text))
        assert named <= own, link
    assert (await portal.anonymous().get("/docs/guides/../../README")).status_code == 404


async def test_a_guide_is_read_in_the_readers_language_and_leads_to_the_others_in_it(portal: Api) -> None:
    for language, title, article in (("zh", "比对两份名册", "zh-CN"), ("en", "Comparing two rosters", "en")):
        read = await portal.anonymous().get(f"/docs/guides/comparison?lang={language}")
        assert f"<h1>{title}</h1>" in read.text
        assert f'<article lang="{article}">' in read.text
        assert f'href="import?lang={language}"' in read.text
        assert (await portal.anonymous().get(f"/docs/guides/import?lang={language}")).status_code == 200
    assert not any(".md&quot;" in text.html or '.md"' in text.html for text in texts().values())
    assert (await portal.anonymous().get("/docs/guides/zh")).status_code == 404


def test_an_installed_package_brings_its_texts_and_migrations() -> None:
    packed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    brought = packed["force-include"]
    assert all((ROOT / path).exists() for path in brought)
    places = {to.removeprefix("fupin/_docs/") for to in brought.values() if to.startswith("fupin/_docs/")}
    assert {name.split("/")[0] for name in texts()} == {place.removesuffix(".md") for place in places}
    assert {"alembic", "alembic.ini"} <= set(brought)


async def test_every_code_list_has_a_page(portal: Api, services: dict[str, Api]) -> None:
    shown = (await portal.anonymous().get("/docs/code-lists", headers={"Accept-Language": "en"})).text
    for service in SERVICES:
        lists = (await services[service].get("/v1/code-lists")).json()["items"]
        assert lists
        for found in lists:
            assert f'/docs/code-lists/{service}/{found["name"]}?lang=en"' in shown
        page = await portal.anonymous().get(f"/docs/code-lists/{service}/{lists[0]['name']}")
        entries = (await services[service].get(f"/v1/code-lists/{lists[0]['name']}")).json()["entries"]
        assert all(f"<code>{entry['code']}</code>" in page.text for entry in entries)
    assert (await portal.anonymous().get("/docs/code-lists/funds/none")).status_code == 404


async def test_a_document_says_where_its_service_and_its_tokens_are(services: dict[str, Api]) -> None:
    for name, offset in PORTS.items():
        document = (await services[name].anonymous().get("/openapi.json")).json()
        assert document["servers"] == [{"url": f"http://127.0.0.1:{8000 + offset}"}]
        for scheme in document["components"].get("securitySchemes", {}).values():
            if scheme["type"] == "oauth2":
                assert scheme["flows"]["clientCredentials"]["tokenUrl"] == "http://127.0.0.1:8000/oauth/token"


async def test_only_pages_of_this_installation_may_ask_from_a_browser(registry: Api) -> None:
    preflight = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    for origin in origins(registry.settings):
        asked = await registry.http.options("/v1/households", headers=preflight | {"Origin": origin})
        assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, origin)
        found = await registry.get("/v1/households", headers={"Origin": origin})
        assert found.headers["access-control-allow-origin"] == origin
        assert "access-control-allow-credentials" not in found.headers
    for origin in ("https://example.org", "null", "http://127.0.0.1:8000.example.org", "http://127.0.0.1:80001"):
        asked = await registry.http.options("/v1/households", headers=preflight | {"Origin": origin})
        assert "access-control-allow-origin" not in asked.headers
        found = await registry.get("/v1/households", headers={"Origin": origin})
        assert "access-control-allow-origin" not in found.headers


@pytest.mark.skipif(BROWSER is None, reason="no Chromium here")
async def test_the_documentation_works_in_a_browser_without_a_network(live: Live, tmp_path: Path) -> None:
    here = f"http://127.0.0.1:{live.port}"
    await _seen(live, f"{here}/docs/api/registry", tmp_path, "Authorize", "/v1/households")
    await _seen(live, f"{here}/docs/reference/funds", tmp_path, "/v1/distributions")


async def test_a_token_from_authorize_reaches_every_service_from_the_hubs_pages(live: Live) -> None:
    page = {"Origin": f"http://127.0.0.1:{live.port}"}
    secret = issuer.client_secret(live.settings, "county-admin")
    async with httpx.AsyncClient(headers=page) as browser:
        for name, offset in PORTS.items():
            document = (await browser.get(f"http://127.0.0.1:{live.port + offset}/openapi.json")).json()
            [server] = document["servers"]
            if name == "portal":
                continue
            flow = document["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]
            form = {"grant_type": "client_credentials", "scope": f"{name}:read"}
            granted = await browser.post(flow["tokenUrl"], data=form, auth=("county-admin", secret))
            assert granted.status_code == 200, granted.text
            token = {"Authorization": f"Bearer {granted.json()['access_token']}"}
            preflight = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
            asked = await browser.options(f"{server['url']}/v1/figures", headers=preflight)
            assert "Authorization" in asked.headers["access-control-allow-headers"]
            tried = await browser.get(f"{server['url']}/v1/figures", headers=token)
            assert tried.status_code == 200
            assert tried.headers["access-control-allow-origin"] == page["Origin"]


async def _seen(live: Live, address: str, folder: Path, *wanted: str) -> None:
    """
    Chromium, for which every other address than this machine's is closed, comes to show the words.

    A busy machine may take longer to read the script than the browser waits: then it waits longer.
    """
    assert BROWSER
    for seconds in (10, 30, 90):
        shown = await live.run(
            BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
            f"--user-data-dir={folder / 'browser'}", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
            f"--virtual-time-budget={seconds * 1000}", "--dump-dom", address,
        )  # fmt: skip
        if all(words in shown for words in wanted):
            return
    raise AssertionError(f"{address} does not show {wanted}: {shown[-2000:]}")
