"""A household on paper, and the history of who saw it in the clear."""

import re
from typing import Any

from tests.conftest import Api
from tests.registry.world import DAY, OTHER_VILLAGE, divisions, helper, household, id_number, made, member, pathway

PHONE, ACCOUNT = "13800138000", "6217000010001234567"
CERTIFICATE = id_number(1) + "43"
WHY = {"purpose": "入户走访前打印手册"}


async def _household(registry: Api) -> dict[str, Any]:
    await divisions(registry)
    people = [
        member(1, name="王长林", health=["CHRONIC", "DISABLED"], disability_certificate=CERTIFICATE, nationality="04"),
        member(2, name="<script>alert(1)</script>", relation="10", sex="2", medical_insurance=True),
    ]
    found = await household(
        registry, 1, members=people, phone=PHONE, bank_account=ACCOUNT, other_causes=["08"], farmland_mu="12.50",
        house_grade="C",
    )  # fmt: skip
    at = f"/v1/households/{found['id']}"
    income = {"year": 2017, "persons": 2, "wage_fen": 900_050, "production_cost_fen": 1_000_000}
    await made(registry.post(f"{at}/incomes", json=income))
    check = {"year": 2018, "item": "WATER", "result": "NOT_MET", "checked_on": "2018-03-01", "evidence": "水井干涸"}
    await made(registry.post(f"{at}/guarantees", json=check))
    await helper(registry, found["id"])
    await pathway(registry, found["id"], "LIVESTOCK", expected_income_fen=123_456)
    aid = {"kind": "EDUCATION_SUBSIDY", "given_on": "2018-04-01", "given_by": "教育局", "amount_fen": 50_000}
    await made(registry.post(f"{at}/assistance", json=aid))
    return found


async def test_the_handbook_shows_everything_on_record_and_masks_numbers(registry: Api) -> None:
    found = await _household(registry)
    page = await registry.get(f"/v1/households/{found['id']}/handbook", params={"as_of": DAY})
    assert page.status_code == 200, page.text
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src" not in page.headers["content-security-policy"]
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    text = re.sub(r"<style>.*?</style>|<[^>]+>", " ", page.text, flags=re.DOTALL)
    for shown in (
        "富锦市长安镇永胜村", found["household_no"], "王长林", "未脱贫", "因病", "缺劳力", "12.5", "C级", "藏族",
        "配偶",
        "长期慢性病、残疾", "9,000.50", "-999.50", "-499.75", "饮水安全", "未达标", "水井干涸", "李建国", "农业局",
        "市直部门包户", "畜牧养殖", "1,234.56", "教育补助", "500.00", "138****8000", "已脱敏",
    ):  # fmt: skip
        assert shown in text, shown
    assert "<script>" not in page.text
    for hidden in (PHONE, ACCOUNT, id_number(1), CERTIFICATE, id_number(1)[6:14]):
        assert hidden not in page.text


async def test_the_handbook_of_an_earlier_day_shows_what_was_on_record_then(registry: Api) -> None:
    found = await _household(registry)
    page = await registry.get(f"/v1/households/{found['id']}/handbook", params={"as_of": "2016-06-01"})
    assert page.status_code == 200, page.text
    assert "王长林" in page.text
    for later in ("李建国", "畜牧养殖", "教育补助", "9,000.50", "水井干涸"):
        assert later not in page.text
    before = await registry.get(f"/v1/households/{found['id']}/handbook", params={"as_of": "2013-01-01"})
    assert before.status_code == 404


async def test_numbers_stand_in_the_handbook_only_for_a_purpose(registry: Api) -> None:
    found = await _household(registry)
    at = f"/v1/households/{found['id']}"
    clerk = registry.as_("town-clerk", "230882101", sub="zhao.min")
    page = await clerk.post(f"{at}/handbook", json=WHY, key="once")
    assert page.status_code == 200, page.text
    for shown in (PHONE, ACCOUNT, id_number(1), id_number(2), CERTIFICATE, "含个人信息明文"):
        assert shown in page.text
    assert page.headers["cache-control"] == "no-store, private"
    assert (await registry.as_("village-cadre", "230882101201").post(f"{at}/handbook", json=WHY)).status_code == 403
    assert (await clerk.post(f"{at}/handbook", json={})).status_code == 422
    assert (await registry.as_("town-clerk", "230882102").post(f"{at}/handbook", json=WHY)).status_code == 404
    assert await registry.admin_sql("SELECT count(*) FROM registry.idempotency") == [(0,)]
    trail = await registry.admin_sql("SELECT actor, purpose FROM registry.audit WHERE action = 'HANDBOOK'")
    assert trail == [("zhao.min", WHY["purpose"])]


async def test_every_look_at_the_numbers_stands_in_the_access_history_latest_first(registry: Api) -> None:
    found = await _household(registry)
    other = await household(registry, 5, OTHER_VILLAGE)
    at = f"/v1/households/{found['id']}"
    assert (await registry.get(f"{at}/accesses")).json() == {"items": [], "next_cursor": None}
    for path, body in (
        ("/v1/households:search", {"id_number": id_number(1)}),
        ("/v1/households:search", {"id_number": id_number(700)}),
        (f"{at}:unmask", {"purpose": "核对一卡通名单"}),
        (f"{at}/handbook", WHY),
        ("/v1/members:export?name=王长林", {"purpose": "核对残疾证号"}),
    ):
        assert (await registry.post(path, json=body)).status_code == 200
    await registry.get(f"{at}/handbook")  # masked: nothing to record
    cadre = registry.as_("village-cadre", "230882101201")
    seen = (await cadre.get(f"{at}/accesses")).json()["items"]
    assert [(row["kind"], row["purpose"]) for row in seen] == [
        ("EXPORT", "核对残疾证号"),
        ("HANDBOOK", WHY["purpose"]),
        ("UNMASK", "核对一卡通名单"),
        ("SEARCH", None),
    ]
    assert {row["actor"].partition("@")[0] for row in seen} == {"county-admin"}
    first = (await cadre.get(f"{at}/accesses", params={"limit": 3})).json()
    rest = (await cadre.get(f"{at}/accesses", params={"limit": 3, "cursor": first["next_cursor"]})).json()
    assert [*first["items"], *rest["items"]] == seen
    assert (await registry.get(f"/v1/households/{other['id']}/accesses")).json()["items"] == []
    assert (await registry.as_("town-clerk", "230882102").get(f"{at}/accesses")).status_code == 404
