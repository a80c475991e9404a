"""The county briefing: every figure in its place, whatever the services do."""

from collections.abc import Mapping

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fupin import issuer
from services.portal.rules.holds import Rule
from services.portal.rules.outline import outline
from services.portal.rules.words import amount, cell, columns
from tests.conftest import Api

DAY = "2018-05-17"


class Silence(httpx.AsyncBaseTransport):
    """A service that is not there."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)


@pytest.fixture
def no_funds(portal: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        portal.runtime.peer("funds"), "http", httpx.AsyncClient(transport=Silence(), base_url="http://x")
    )


async def test_every_figure_of_the_outline_stands_in_its_order(portal: Api) -> None:
    briefing = (await portal.get(f"/v1/briefing?as_of={DAY}")).json()
    ids = [figure["id"] for figure in briefing["figures"]]
    assert ids[: len(outline().lines)] == list(outline().lines)
    assert briefing["county"]["code"] == "230882"
    assert [hold["rule"] for hold in briefing["holds"]] == [rule.text for rule in outline().rules]


async def test_every_service_counts_what_the_outline_expects_of_it(portal: Api) -> None:
    briefing = (await portal.get(f"/v1/briefing?as_of={DAY}")).json()
    assert not [(figure["id"], figure["reason"]) for figure in briefing["figures"] if not figure["available"]]


async def test_a_figure_leads_to_its_rows_with_the_same_token(services: Mapping[str, Api], portal: Api) -> None:
    for figure in (await portal.get(f"/v1/briefing?as_of={DAY}")).json()["figures"]:
        base = portal.settings.service_public_url(figure["service"])
        assert figure["href"].startswith(f"{base}/v1/")
        path = figure["href"].removeprefix(base)
        listed = await services[figure["service"]].get(path, headers={"Prefer": "count=exact"})
        assert listed.status_code == 200, (figure["href"], listed.text)
        assert listed.json()["total_count"] == figure["rows"], figure["href"]


@pytest.mark.usefixtures("no_funds")
async def test_a_service_that_is_down_leaves_its_figures_unavailable(portal: Api) -> None:
    answer = await portal.get(f"/v1/briefing?as_of={DAY}")
    assert answer.status_code == 200
    figures = {figure["id"]: figure for figure in answer.json()["figures"]}
    assert (figures["loan_term"]["available"], figures["loan_term"]["reason"]) == (False, "unanswered")
    assert figures["loan_term"]["label"] == {"zh": "使用期限", "en": "Term"}
    assert figures["joint_meetings"]["available"]
    assert answer.json()["holds"][-1]["holds"] is None


async def test_a_token_that_may_not_ask_a_service_is_told_so(portal: Api) -> None:
    briefing = (await portal.as_("exchange").get(f"/v1/briefing?as_of={DAY}")).json()
    reasons = {figure["service"]: figure["reason"] for figure in briefing["figures"]}
    assert reasons == {"registry": None, "funds": "refused", "projects": "refused", "inspection": "refused"}


async def test_the_briefing_is_not_for_strangers(portal: Api) -> None:
    refused = await portal.anonymous().get("/v1/briefing")
    assert (refused.status_code, refused.json()["type"]) == (401, "/problems/unauthenticated")
    assert (await portal.get("/v1/briefing?as_of=yesterday")).status_code == 422
    assert (await portal.get("/v1/briefing?asof=2018-05-17")).status_code == 422


# --- pages --------------------------------------------------------------------------------------------------------


async def signed_in(portal: Api, role: str = "county-admin") -> Api:
    guest = portal.anonymous()
    answer = await guest.http.post("/sign-in", data={"token": issuer.mint(portal.settings, role)})
    assert answer.status_code == 303
    return guest


async def test_who_is_not_signed_in_is_asked_to(portal: Api) -> None:
    sent = await portal.anonymous().get(f"/briefing?as_of={DAY}")
    assert (sent.status_code, sent.headers["location"]) == (303, f"/sign-in?next=%2Fbriefing%3Fas_of%3D{DAY}")


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(portal: Api) -> None:
    guest = portal.anonymous()
    answer = await guest.http.post("/sign-in", data={"token": issuer.mint(portal.settings, "auditor")})
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie  # signing in at a provider ends in a redirect from there
    assert answer.headers["location"] == "/briefing"


@pytest.mark.parametrize(
    "evil", ["https://evil.test/", "//evil.test/briefing", "/\\evil.test", "/briefing\r\nX: y", ""]
)
async def test_signing_in_leads_nowhere_else(portal: Api, evil: str) -> None:
    form = {"token": issuer.mint(portal.settings, "auditor"), "next": evil}
    answer = await portal.anonymous().http.post("/sign-in", data=form)
    assert answer.headers["location"] == "/briefing"


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.test"}])
async def test_another_site_cannot_sign_anyone_in_or_out(portal: Api, headers: dict[str, str]) -> None:
    form = {"token": issuer.mint(portal.settings, "auditor")}
    for path in ("/sign-in", "/sign-out"):
        refused = await portal.anonymous().http.post(path, data=form, headers=headers)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/from-elsewhere")


async def test_a_bad_token_signs_nobody_in(portal: Api) -> None:
    for form in ({"token": "x"}, {"code": "x"}, {}):
        refused = await portal.anonymous().http.post("/sign-in", data=form)
        assert refused.status_code == 401
        assert "set-cookie" not in refused.headers


async def test_a_one_time_link_signs_in_once_by_its_button(portal: Api) -> None:
    link = issuer.sign_in_link(portal.settings)
    code = link.partition("?code=")[2]
    shown = await portal.anonymous().get(f"/sign-in?code={code}")
    assert f'value="{code}"' in shown.text
    guest = portal.anonymous()
    assert (await guest.http.post("/sign-in", data={"code": code})).status_code == 303
    assert (await guest.get(f"/briefing?as_of={DAY}")).status_code == 200
    assert (await portal.anonymous().http.post("/sign-in", data={"code": code})).status_code == 401


async def test_the_page_has_five_parts_and_its_numbers_are_links(portal: Api) -> None:
    viewer = await signed_in(portal)
    shown = await viewer.get(f"/briefing?as_of={DAY}", headers={"Accept-Language": "zh-CN"})
    assert shown.status_code == 200
    assert 'lang="zh-CN"' in shown.text
    for part in ("一、强化责任扶贫", "二、强化政策扶贫", "三、强化产业扶贫", "四、强化扶志扶智", "五、强化作风建设"):
        assert part in shown.text
    assert f'href="/briefing/figures/poor_villages?as_of={DAY}"' in shown.text
    english = await viewer.get(f"/briefing?as_of={DAY}&lang=en", headers={"Accept-Language": "zh-CN"})
    assert "1. Responsibility" in english.text


async def test_pages_load_nothing_from_elsewhere(portal: Api) -> None:
    shown = await (await signed_in(portal)).get("/briefing")
    assert "default-src 'self'" in shown.headers["content-security-policy"]
    assert "http" not in shown.text.replace("http-equiv", "")
    assert "style=" not in shown.text
    assert shown.headers["cache-control"] == "no-store, private"


@pytest.mark.usefixtures("no_funds")
async def test_the_page_stands_while_a_service_is_down(portal: Api) -> None:
    viewer = await signed_in(portal)
    shown = await viewer.get(f"/briefing?as_of={DAY}&lang=en")
    assert shown.status_code == 200
    assert "unavailable" in shown.text
    assert (await viewer.get(f"/briefing/figures/loan_term?as_of={DAY}&lang=en")).status_code == 503


async def test_the_rows_behind_a_figure_are_shown(portal: Api) -> None:
    viewer = await signed_in(portal)
    shown = await viewer.get(f"/briefing/figures/joint_meetings?as_of={DAY}&lang=en")
    assert (shown.status_code, "Rows counted" in shown.text) == (200, True)
    assert (await viewer.get("/briefing/figures/nothing")).status_code == 404


async def test_signing_out_forgets(portal: Api) -> None:
    viewer = await signed_in(portal)
    assert (await viewer.http.post("/sign-out")).status_code == 303
    assert (await viewer.get("/briefing")).status_code == 303


async def test_the_hub_leads_everywhere(portal: Api) -> None:
    shown = await portal.anonymous().get("/", headers={"Accept-Language": "en"})
    for service in ("portal", "registry", "funds", "projects", "inspection"):
        assert f"{portal.settings.service_public_url(service)}/docs" in shown.text


# --- the problem catalogue ----------------------------------------------------------------------------------------


async def test_every_problem_has_a_page_in_both_languages(portal: Api) -> None:
    catalogue = (await portal.anonymous().get("/problems/")).json()
    assert catalogue["silent"] == []
    kinds = {kind["code"]: kind for kind in catalogue["items"]}
    assert {"not-found", "unauthenticated", "unanswered", "unknown-figure"} <= set(kinds)
    assert set(kinds["not-found"]["services"]) == {"portal", "registry", "funds", "projects", "inspection"}
    html = {"Accept": "text/html,*/*", "Accept-Language": "zh-CN"}
    for kind in kinds.values():
        assert kind["type"] == f"/problems/{kind['code']}"
        assert kind["zh"] != kind["en"]
    page = await portal.anonymous().get("/problems/not-found", headers=html)
    assert kinds["not-found"]["zh"] in page.text
    assert (await portal.anonymous().get("/problems/nothing", headers=html)).status_code == 404
    assert (await portal.anonymous().get("/problems/nothing")).json()["type"] == "/problems/not-found"


# --- rules --------------------------------------------------------------------------------------------------------


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine draws slowly
@given(st.dictionaries(st.sampled_from("abcd"), st.integers(-(10**12), 10**12), min_size=4))
def test_a_sum_holds_exactly_when_its_arithmetic_does(v: dict[str, int]) -> None:
    assert Rule.parse("a = b + c * d").holds(v) == (v["a"] == v["b"] + v["c"] * v["d"])
    assert Rule.parse("a - b + c = d").holds(v) == (v["a"] - v["b"] + v["c"] == v["d"])
    assert Rule.parse("a + b = b + a").holds(v)


def test_a_sum_is_silent_about_what_is_missing() -> None:
    rule = Rule.parse("a = b * c")
    assert rule.names == {"a", "b", "c"}
    assert rule.holds({"a": 6, "b": 2, "c": None}) is None
    assert rule.holds({"a": 6, "b": 2}) is None
    assert rule.holds({"a": 6, "b": 2, "c": "2..4"}) is None
    assert rule.holds({"a": "0.30", "b": "0.1", "c": 3})


@pytest.mark.parametrize("text", ["a", "a = b = c", "a = ", "a = 2b", "a = b + ", "a == b", "a = (b)", "a = b; c"])
def test_nonsense_is_no_rule(text: str) -> None:
    with pytest.raises(ValueError, match="not"):
        Rule.parse(text)


def test_values_are_written_as_people_write_them() -> None:
    assert amount(20_000_000, "CNY", "zh") == ("2,000", "万元")
    assert amount(20_000_000, "CNY", "en") == ("20,000,000", "yuan")
    assert amount("2018-05-08/2018-05-10", "date interval", "zh") == ("2018-05-08 – 2018-05-10", "")
    assert amount(2781, "household", "zh") == ("2,781", "户")
    values: list[object] = [None, True, 0, ["a", "b"], [{}], {"name": "x"}, "y"]
    assert [cell("field", value) for value in values] == ["—", "✓", "0", "a、b", "1", "x", "y"]
    assert [cell("paid_fen", fen) for fen in (144_000_001, -5)] == ["1,440,000.01", "-0.05"]
    rows = [{"id": 1, "household_id": 2, "name": "n", "empty": None, "version": 1}]
    assert columns(rows) == ["name"]
