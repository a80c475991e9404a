"""The pages people look at: complete, in two languages, and no more than the viewer may see."""

import json
import re
from html import unescape
from pathlib import Path

import httpx
import pytest

from fupin import issuer
from services.portal.clients import Word
from services.portal.rules import words
from services.portal.rules.charts import bar, interval, line, town_map
from services.portal.rules.lists import codes_of, row_lists
from services.portal.rules.tables import headed
from tests.conftest import Api
from tests.portal.conftest import County
from tests.portal.test_briefing import Silence, signed_in

OPENAPI = Path(__file__).parents[2] / "docs" / "openapi"
BEHIND_FIGURES = [
    *(("registry", f"/v1/{name}") for name in ("households", "members", "divisions", "pathways", "medical-lines")),
    *(("inspection", f"/v1/{name}") for name in ("meetings", "teams", "working-systems", "task-forces", "work-tips",
                                                 "campaign-activities", "drawn-villages", "drawn-households")),
    *(("projects", f"/v1/{name}") for name in ("projects", "milestones", "village-schemes")),
    *(("funds", f"/v1/{name}") for name in ("loans", "instalments", "supported-enterprises")),
]  # fmt: skip
PAGES = ("/funds", "/comparisons", "/library", "/rounds")
NOBODY = "00000000-0000-0000-0000-000000000000"


async def shown(viewer: Api, path: str, status: int = 200) -> str:
    answer = await viewer.get(path)
    assert answer.status_code == status, (path, answer.text)
    return answer.text


def links(html: str) -> dict[str, str]:
    """The rows that a page's figures lead to, with what stands on the link."""
    found = re.findall(r'<a[^>]*href="(/rows/[^"]+)"[^>]*>(.*?)</a>', html, re.DOTALL)
    return {unescape(href): re.sub(r"<[^>]+>|\s+", " ", text).strip() for href, text in found if "/file" not in href}


def unlinked(html: str) -> list[str]:
    """The figures, where tables, sentences and cards show them, that lead nowhere: what is written outside of links."""
    shown = re.findall(
        r'<(td|b|span)(?: class="(?:amount|number|value)")?>((?:(?!</\1>).)*[1-9](?:(?!</\1>).)*)</\1>',
        re.sub(r"<a\b.*?</a>|<small\b.*?</small>", "", html, flags=re.DOTALL),
    )
    return [re.sub(r"<[^>]+>", "", text) for _, text in shown if not re.fullmatch(r"\d{4}-\d\d-\d\d", text)]


async def test_every_figure_of_every_page_leads_to_the_rows_it_counts(portal: Api, county: County) -> None:
    viewer = await signed_in(portal)
    counted = 0
    pages = {name: await shown(viewer, path) for name, path in county.pages.items()}
    assert {name: unlinked(html) for name, html in pages.items()} == {name: [] for name in pages}
    for name, html in pages.items():
        assert "暂无数据" not in html, name
        assert not re.search("style=|<script|http", html), name
        for href, text in links(html).items():
            total = re.search(r'id="rows">(\d+)<', await shown(viewer, href))
            assert total, href
            if number := re.fullmatch(r"(\d+)( [户个])?", text):
                assert number[1] == total[1], (href, text)
                counted += 1
    assert counted > 20

    english = {name: await shown(viewer, f"{path}&lang=en") for name, path in county.pages.items()}
    for said in ("600,000 yuan", "123,456.78 yuan", "✓ debits equal credits", "240,000 yuan", "480,000 yuan", "Draft"):
        assert said in english["funds"], said
    assert re.search(r"Base roster 7 = Removed \d \+ Kept \d", re.sub(r"<[^>]+>", "", english["comparison"]))
    assert "死亡" in english["comparison"]
    for said in ("1,500,000 yuan", "Late milestones", 'class="map"', "2018-05-30"):
        assert said in english["library"], said
    for said in (">12.0 %</a>", "95 % intervals", 'class="reach"', "<polyline", 'class="map"'):
        assert said in english["round"], said


async def test_each_sees_what_is_theirs_and_what_answers(
    portal: Api, county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk = portal.anonymous()
    token = issuer.mint(portal.settings, "town-clerk", division="230882101")
    assert (await clerk.http.post("/sign-in", data={"token": token})).status_code == 303
    library = await shown(clerk, county.pages["library"])
    assert ("0镇" in library, "1镇" in library) == (True, False)
    followed = links(library)
    assert len(followed) > 5
    for href in followed:
        assert "230882102" not in await shown(clerk, href), href
    for path in (county.comparison, county.round):  # the county's own, as the services decide
        assert "管辖范围" in await shown(clerk, path, 404)

    viewer = await signed_in(portal)
    sheet = await viewer.get("/rows/projects/file?where=category%3DWATER&format=csv&lang=en")
    assert sheet.headers["content-type"].startswith("text/csv")
    assert "attachment" in sheet.headers["content-disposition"]
    assert len(sheet.text.splitlines()) == 2
    id = county.comparison.rpartition("/")[2]
    whole = await viewer.get(f"/rows/comparison-rows/file?where=comparison_id%3D{id}")
    assert whole.content.startswith(b"PK")
    assert (await viewer.get(f"/rows/drawn-villages/file?where=draw_id%3D{id}")).status_code == 404

    silent = httpx.AsyncClient(transport=Silence(), base_url="http://x")
    monkeypatch.setattr(portal.runtime.peer("registry"), "http", silent)
    library = await shown(viewer, f"{county.pages['library']}&lang=en")
    assert "1,500,000 yuan" in library
    assert "The registry: this service does not answer" in await shown(viewer, "/comparisons?lang=en", 503)
    assert "does not answer" in await shown(viewer, f"/rows/comparison-rows?where=comparison_id%3D{id}&lang=en", 503)
    assert "does not answer" in await shown(
        viewer, f"/rows/comparison-rows/file?where=comparison_id%3D{id}&lang=en", 503
    )


async def test_who_may_not_look_is_told_so_and_who_has_nothing_yet_too(portal: Api) -> None:
    stranger = await signed_in(portal, "exchange")
    viewer = await signed_in(portal)
    assert "无权查看" in await shown(stranger, "/funds", 403)
    assert "无权查看" in await shown(stranger, "/rounds", 403)
    assert "无权查看" in await shown(stranger, "/library", 403)
    assert "无权查看" in await shown(stranger, "/rows/findings", 403)
    assert "无权查看" in await shown(stranger, "/rows/findings/file", 403)
    for path in PAGES:
        assert "暂无数据" in await shown(viewer, path)
        assert "Nothing yet" in await shown(viewer, f"{path}?lang=en")
        sent = await portal.anonymous().get(path)
        assert (sent.status_code, sent.headers["location"]) == (303, f"/sign-in?next=%2F{path[1:]}")
    assert "管辖范围" in await shown(viewer, f"/comparisons/{NOBODY}", 404)
    assert "管辖范围" in await shown(viewer, f"/rounds/{NOBODY}", 404)


@pytest.mark.parametrize("path", ["/rows/households", "/rows/statement", "/rows/statement?where=code%3D../loans"])
async def test_only_the_lists_of_the_pages_are_shown(portal: Api, path: str) -> None:
    assert (await (await signed_in(portal)).get(path)).status_code == 404


async def test_every_list_stands_where_the_table_says(services: dict[str, Api]) -> None:
    for name, row_list in row_lists().items():
        service = services[row_list.service]
        file = f"{row_list.path}/export" if row_list.export is None else row_list.export
        for path in filter(None, (row_list.path, file)):
            stranger = await service.anonymous().get(re.sub(r"\{\w+\}", NOBODY, path))
            assert stranger.status_code == 401, (name, path)  # an address that is none answers 404 to anybody
        listed = (await service.get("/v1/code-lists")).json()["items"]
        assert set(row_list.codes.values()) <= {code_list["name"] for code_list in listed}, name


def shape(service: str, path: str) -> dict[str, set[str]]:
    """The fields of a list's rows, each with the code lists it may be of, as the service's document has them."""
    document = json.loads((OPENAPI / f"{service}.json").read_text(encoding="utf-8"))
    kinds = document["components"]["schemas"]
    asked = next(found["get"] for known, found in document["paths"].items()
                 if re.sub(r"\{\w+\}", "{}", known) == re.sub(r"\{\w+\}", "{}", path))  # fmt: skip
    page = asked["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    row = kinds[page]["properties"]["items"]["items"]["$ref"].rpartition("/")[2]
    named = {name: set(re.findall(r"schemas/(\w+)", json.dumps(field))) for name, field in
             kinds[row]["properties"].items()}  # fmt: skip
    return {name: {kind for kind in found if "enum" in kinds[kind]} for name, found in named.items()}


def test_every_column_has_a_heading_and_every_code_its_words() -> None:
    shown = {name: (found.service, found.path, found.codes) for name, found in row_lists().items()}
    for service, path in BEHIND_FIGURES:
        shown[f"{service} {path}"] = (service, path, codes_of(service, path))
    for name, (service, path, codes) in shown.items():
        columns = {field: kinds for field, kinds in shape(service, path).items() if words.columns([{field: "x"}])}
        assert [field for field in columns if words.word("zh", "fields", field) == field] == [], name
        assert [field for field, kinds in columns.items() if kinds and field not in codes] == [], name


def test_a_code_speaks_and_what_is_none_stays() -> None:
    entries = {"01": Word(code="01", zh="因病", en="Illness")}
    assert words.cell("causes", words.coded(["01", "99"], entries, "en")) == "Illness、99"
    assert words.coded({"a": 1}, entries, "zh") == {"a": 1}
    assert (words.coded(None, entries, "zh"), words.cell("rate_ppm", 12_345)) == (None, "1.2 %")


def test_a_cell_of_a_phones_card_names_its_column() -> None:
    head = '<thead><tr><th scope="col">Town</th><th scope="col" class="amount">A "B"</th></tr></thead>'
    rows = '<tr><th scope="row">C</th><td class="amount">7</td></tr><tr><td></td><td>8</td><td>9</td></tr>'
    assert headed(head + rows) == head + (
        '<tr><th scope="row">C</th><td data-head="A &quot;B&quot;" class="amount">7</td></tr>'
        '<tr><td data-head="Town"></td><td data-head="A &quot;B&quot;">8</td><td>9</td></tr>'
    )


def test_a_bars_parts_stand_end_to_end_in_proportion() -> None:
    parts = bar([("done", 1), ("late", 0), ("rest", 3)], 8)
    assert [(part.series, part.x, part.width) for part in parts] == [("done", 0, 12.5), ("rest", 12.5, 37.5)]
    assert bar([("done", 5)], 0) == []


def test_an_interval_lies_on_its_axis() -> None:
    found = interval(-1, 0.25, 2, 0, 1)
    assert (found.low, found.at, found.high) == (0, 25, 100)


def test_a_line_breaks_where_a_day_has_no_value() -> None:
    assert line([0, 0.5, None, 1], 30, 10, 1.0) == ["0.0,10.0 10.0,5.0", "30.0,0.0 32.0,0.0"]
    assert line([None], 30, 10, 1.0) == []


def test_a_map_has_north_up_and_east_right() -> None:
    drawn = town_map([("west", 131.0, 47.0), ("east", 132.0, 47.0), ("north", 131.5, 47.5)])
    west, east, north = (drawn.spots[code] for code in ("west", "east", "north"))
    assert west.x < north.x < east.x
    assert north.y < west.y == east.y
    assert (middle := drawn.middle(["west", "east", "unknown"])) is not None
    assert middle.x == pytest.approx(300)
    assert drawn.middle(["unknown"]) is None
    assert town_map([]).spots == {}
