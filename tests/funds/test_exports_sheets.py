"""What is put up in the village and what is filed on paper: nobody's name, and the seal."""

import os
import re
from pathlib import Path

from fujin.funds import RULE
from tests.conftest import Api
from tests.funds.conftest import donate, move, seal
from tests.registry import world

POT = 1_000_001


def kept(page: str, name: str) -> str:
    """The page; also as a file, where somebody wants to look at it."""
    if folder := os.environ.get("FUPIN_TEST_SHEETS"):
        Path(folder, name).write_text(page, encoding="utf-8")
    return page


async def test_a_villages_notice_names_nobody_and_carries_the_hash_and_the_seal(
    maker: Api, checker: Api, households: list[str]
) -> None:
    move(maker, "2019-06-01")
    await donate(maker, POT)
    rule = await world.made(maker.post("/v1/distribution-rules", json=RULE))
    made = await world.made(maker.post("/v1/distributions", json={"year": 2019, "rule_id": rule["id"], "pot_fen": POT}))
    path = f"/v1/distributions/{made['id']}"
    sheet = f"{path}/notice-sheet?division={world.VILLAGE}"
    assert (await maker.get(sheet)).status_code == 409  # nothing is frozen yet
    frozen = (await maker.post(f"{path}:snapshot")).json()
    assert "尚未封签" in (await maker.get(sheet)).text
    await checker.post(f"{path}:approve", json={"batch_hash": frozen["batch_hash"]})
    await maker.post(f"{path}:notice", json={})
    await seal(maker)
    sealed = (await maker.get("/v1/seals")).json()["items"][-1]["hash"]

    found = await maker.get(sheet)
    page = kept(found.text, "notice.html")

    assert found.headers["content-security-policy"].startswith("default-src 'none'")
    assert (frozen["batch_hash"] in page, sealed in page) == (True, True)
    assert (page.count("王*"), "永胜村" in page, "2019-06-01 — 2019-06-11" in page) == (3, True, True)
    assert not re.search("王[0-9]", page)
    assert [number for number in households if number in page] == households[:3]
    lines = (await maker.get(f"{path}/lines?division={world.VILLAGE}")).json()["items"]
    assert f"{sum(line['share_fen'] for line in lines) / 100:,.2f}" in page
    english = (await maker.get(sheet, headers={"Accept-Language": "en"})).text
    assert "Public notice of a distribution by need" in kept(english, "notice-en.html")
    assert (await maker.get(f"{path}/notice-sheet?division=230882101")).status_code == 422


async def test_a_statement_adds_up_on_paper_and_names_no_payer(maker: Api) -> None:
    for number, day in enumerate(("2019-05-01", "2019-06-01", "2019-07-01"), start=1):
        move(maker, day)
        await donate(maker, number * 100_000_00, key=day)
    move(maker, "2019-05-20")  # booked later for an earlier day
    await donate(maker, 5, key="late")
    await seal(maker)

    found = await maker.get("/v1/accounts/shared/statement-sheet?since=2019-05-02&until=2019-05-20")

    assert ("捐赠单位" in found.text, "100,000.00 元" in found.text, "100,000.05 元" in found.text) == (
        False,
        True,
        True,
    )
    move(maker, "2019-07-02")
    whole = await maker.get("/v1/accounts/shared/statement-sheet")
    amounts = re.findall(r'<td class="money">([\d,.]+)</td></tr>', kept(whole.text, "statement.html"))
    assert amounts == ["100,000.00", "100,000.05", "300,000.05", "600,000.05", "600,000.05"]
    assert (await maker.get("/v1/seals")).json()["items"][-1]["hash"] in whole.text
    assert whole.text.count("捐赠收入") == 4
    assert (await maker.get("/v1/accounts/nowhere/statement-sheet")).status_code == 404
    assert (await maker.get("/v1/accounts/shared/statement-sheet?until=2031-01-01")).status_code == 422
