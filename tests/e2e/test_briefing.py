"""From an empty home to the county briefing, and back to the rows it was counted from."""

import re
import subprocess
import sys
from decimal import Decimal
from typing import Any

import httpx

from tests.e2e.conftest import AS_OF, ROOT, House


def same(value: Any, wanted: Any) -> bool:
    """20000000, 20000000.0 and "20000000.00" are one amount."""
    if isinstance(wanted, int | float) and isinstance(value, int | float | str):
        return Decimal(str(value)) == Decimal(str(wanted))
    return bool(value == wanted)


def test_the_briefing_has_every_figure_although_a_service_and_then_everything_was_killed_during_the_load(
    house: House, expected: list[dict[str, Any]]
) -> None:
    found = {figure["id"]: figure for figure in house.briefing()["figures"]}
    assert len(expected) == 45
    differing = {
        wanted["id"]: (found.get(wanted["id"], {}).get("value"), wanted["value"])
        for wanted in expected
        if not same(found.get(wanted["id"], {}).get("value"), wanted["value"])
    }
    assert not differing
    for wanted in expected:
        assert found[wanted["id"]]["service"] == wanted["service"]
        assert found[wanted["id"]]["unit"] == wanted["unit"]
        assert found[wanted["id"]]["label"]["zh"]


def test_the_sums_of_the_briefing_hold(house: House) -> None:
    holds = house.briefing()["holds"]
    assert len(holds) == 5
    assert all(rule["holds"] is True for rule in holds), holds


def test_following_a_figure_lists_exactly_the_rows_counted(house: House) -> None:
    differing = {}
    for figure in house.briefing()["figures"]:
        service = house.api(figure["service"])
        listed = service.count(figure["href"])
        if listed != figure["rows"]:
            differing[figure["id"]] = (listed, figure["rows"], figure["href"])
    assert not differing


def test_every_page_of_the_portal_has_something_to_show(house: House) -> None:
    token = house.api.token("county-admin", None)
    with httpx.Client(base_url=house.api.portal, follow_redirects=True) as browser:
        browser.post("/sign-in", data={"token": token})
        (comparison,) = re.findall(r"/comparisons/[0-9a-f-]{36}", browser.get("/comparisons").text)
        (plan,) = re.findall(r"/rounds/[0-9a-f-]{36}", browser.get("/rounds").text)
        for path in ("/briefing", "/funds?as_of=2019-07-05", comparison, "/library?as_of=2018-06-15", plan):
            page = browser.get(path)
            assert page.status_code == 200, path
            assert "暂无数据" not in page.text, path
        for drawn in ('class="map"', 'class="reach"', "<polyline"):
            assert drawn in page.text


def test_loading_again_changes_nothing(house: House) -> None:
    before = house.briefing()
    again = subprocess.run(
        [sys.executable, "-m", "fujin", "load", "--portal", house.api.portal],
        cwd=ROOT,
        env=house.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert again.returncode == 0, again.stdout + again.stderr
    assert house.briefing() == before


def test_the_command_prints_the_briefing_for_a_person(house: House) -> None:
    printed = house.fupin("briefing", "--as-of", AS_OF)
    assert printed.returncode == 0, printed.stderr
    assert "2,781" in printed.stdout
    assert "危房改造四类人员台账" in printed.stdout


def test_another_pathway_moves_a_household_from_two_to_three(house: House) -> None:
    registry = house.api("registry")
    before = house.figures()
    household = registry.get("/v1/households", pathways=2, poor=True, as_of=AS_OF, limit=1)["items"][0]
    on = {row["pathway"] for row in registry.items(f"/v1/households/{household['id']}/pathways")}
    other = next(way["code"] for way in registry.items("/v1/pathways", as_of=AS_OF) if way["code"] not in on)
    registry.post(f"/v1/households/{household['id']}/pathways", {"pathway": other, "from": "2018-05-14"})
    after = house.figures()
    assert after["households_two_pathways"] == before["households_two_pathways"] - 1
    assert after["households_three_pathways"] == before["households_three_pathways"] + 1
    assert all(rule["holds"] for rule in house.briefing()["holds"])


def test_a_household_removed_is_a_household_less(house: House) -> None:
    registry = house.api("registry")
    before = house.figures()
    household = registry.get("/v1/households", pathways=3, poor=True, as_of=AS_OF, limit=1)["items"][0]
    registry.post(
        f"/v1/households/{household['id']}:change-status",
        {"status": "REMOVED", "on": AS_OF, "reason": "经核查不符合识别标准。"},
    )
    after = house.figures()
    assert after["households_three_pathways"] == before["households_three_pathways"] - 1
    assert after["poor_households"] == before["poor_households"] - 1
    assert all(rule["holds"] for rule in house.briefing()["holds"])


def test_a_meeting_held_is_a_meeting_more(house: House) -> None:
    inspection = house.api("inspection")
    before = house.figures()
    inspection.post(
        "/v1/meetings",
        {
            "division_code": "230882000000",
            "kind": "JOINT",
            "subject": "脱贫攻坚第四次联席会议",
            "held_on": "2018-05-16",
            "place": "市政府二楼会议室",
            "minutes": "听取各镇五月份工作进展，研究饮水工程开工事宜。",
        },
    )
    assert house.figures()["joint_meetings"] == before["joint_meetings"] + 1
