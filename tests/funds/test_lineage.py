"""Lineage: every household's fen has its origin, every origin its households, and both sides add up."""

import random
from collections import Counter
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fujin.funds import RULE, TERMS
from fujin.projects import ENTERPRISES
from services.funds.rules.capitals import capitals
from services.funds.rules.lineage import split, within
from tests.conftest import Api
from tests.funds.conftest import all_sound, appropriate, donate, move
from tests.funds.test_appropriations import arrive, grant, plan
from tests.registry.world import made

(USCC, NAME), _ = ENTERPRISES


@given(st.integers(0, 10**15), st.integers(1, 10**15), st.lists(st.integers(0, 10**15), max_size=6))
def test_an_inflow_is_split_to_the_last_fen_and_in_proportion(start: int, fen: int, weights: list[int]) -> None:
    sources = [(UUID(int=number), weight) for number, weight in enumerate(weights)]
    found = split(start, start + fen, sources)

    assert found[0].from_fen == start
    assert found[-1].to_fen == start + fen
    assert all(one.to_fen == other.from_fen for one, other in pairwise(found))
    for stretch in found:
        assert stretch.to_fen > stretch.from_fen
        if total := sum(weights):
            whose = stretch.appropriation_id
            assert whose is not None
            part = (stretch.to_fen - stretch.from_fen) * total
            assert abs(part - fen * weights[whose.int]) < total  # within one fen of its exact part


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.integers(0, 3 * 10**6))
def test_what_is_gone_and_what_is_left_of_an_inflow_is_the_inflow(start: int, fen: int, gone: int) -> None:
    (stretch,) = split(start, start + fen, [])
    left = max(0, start + fen - max(start, gone))
    assert within(stretch, gone) + left == fen


async def distribute(maker: Api, checker: Api, year: int, pot_fen: int, *, pay: bool = True) -> str:
    """A distribution from the draft to the bank's report; its id."""
    rules = (await maker.get("/v1/distribution-rules")).json()["items"]
    rule = rules[0] if rules else await made(maker.post("/v1/distribution-rules", json=RULE))
    move(maker, f"{year}-07-01")
    new = {"year": year, "rule_id": rule["id"], "pot_fen": pot_fen}
    drafted = await made(maker.post("/v1/distributions", json=new))
    path = f"/v1/distributions/{drafted['id']}"
    frozen = (await maker.post(f"{path}:snapshot")).json()
    await checker.post(f"{path}:approve", json={"batch_hash": frozen["batch_hash"]})
    await maker.post(f"{path}:notice", json={})
    move(maker, f"{year}-07-12")
    posted = await maker.post(f"{path}:post", key=f"post-{year}")
    assert posted.json()["state"] == "POSTED", posted.text
    if pay:
        move(maker, f"{year}-07-13")
        paid = await maker.post(f"{path}:pay", key=f"pay-{year}", json={"bank_reference": f"YKT-{year}"})
        assert paid.json()["state"] == "PAID", paid.text
    return str(drafted["id"])


async def pieces(api: Api, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await api.get("/v1/lineage", params={"limit": "7", **asked, **cursor})).json()
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


@pytest.mark.usefixtures("households")
async def test_a_payment_is_traced_to_its_money_and_money_to_its_households(maker: Api, checker: Api) -> None:
    # A loan of 900,000 from two appropriations (300,000 and 400,000) and 200,000 of other money.
    move(maker, "2018-06-01")
    terms = TERMS | {"principal_fen": 900_000, "yearly_contribution_fen": 64_801}
    new = {"loan_no": "2018-01", "enterprise_name": NAME, "enterprise_uscc": USCC, **terms}
    loan = await made(maker.post("/v1/loans", json=new))
    await checker.post(f"/v1/loans/{loan['id']}:approve")
    central, city = await grant(maker), await grant(maker, document_no="市财指〔2018〕7号", level="CITY")
    for path, fen in ((central, 300_000), (city, 400_000)):
        await arrive(maker, path, 1_000_000, key=path)
        await plan(maker, checker, path, fen, kind="LOAN", loan_id=loan["id"])
    await appropriate(maker, 200_000)
    await made_ok(maker, f"/v1/loans/{loan['id']}:disburse", "disburse")
    # Into the shared account: a donation, 100,000 of the central appropriation, the loan's first contribution.
    await donate(maker, 50_000, key="first")
    use = await plan(maker, checker, central, 100_000)
    await made(maker.post(f"{use}/expenditures", key="on", json={"amount_fen": 100_000, "payee": "共享账户"}))
    move(maker, "2019-06-03")
    paid = {"kind": "LOAN_PAYMENT", "loan_id": loan["id"], "amount_fen": 64_801, "payer": NAME}
    await made(maker.post("/v1/receipts", key="contribution", json=paid))

    first = await distribute(maker, checker, 2019, 120_000)
    second = await distribute(maker, checker, 2020, 90_001, pay=False)

    whole = await pieces(maker)
    by_line = Counter[tuple[str, int]]()
    for piece in whole:
        by_line[piece["distribution_id"], piece["line_no"]] += piece["amount_fen"]
    for distribution in (first, second):
        lines = (await maker.get(f"/v1/distributions/{distribution}/lines")).json()["items"]
        for line in lines:
            assert by_line[distribution, line["line_no"]] == line["share_fen"]
            own = await pieces(maker, distribution_id=distribution, line_no=line["line_no"])
            assert sum(piece["amount_fen"] for piece in own) == line["share_fen"]
    ends = [(piece["from_fen"], piece["from_fen"] + piece["amount_fen"]) for piece in whole]
    assert [0, *(end for _, end in ends)] == [*(start for start, _ in ends), 210_001]  # no gap, no overlap

    donated = sum(piece["amount_fen"] for piece in whole if piece["receipt_kind"] == "DONATION")
    assert donated == 50_000  # first in, first out
    of: dict[str, dict[str, int]] = {}
    for path in (central, city):
        appropriation = path.rsplit("/", 1)[1]
        found = await pieces(maker, appropriation_id=appropriation)
        of[path] = (await maker.get(f"/v1/lineage/reach?appropriation_id={appropriation}")).json()
        assert {piece["appropriation_id"] for piece in found} == {appropriation}
        assert sum(piece["amount_fen"] for piece in found) == of[path]["reached_fen"]
        assert len({piece["household_id"] for piece in found}) == of[path]["households"] > 0
    # 64,801 in the proportion 3 : 4 : 2 is 21,600 1/3, 28,800 4/9, 14,400 2/9.
    assert (of[central]["came_in_fen"], of[city]["came_in_fen"]) == (100_000 + 21_600, 28_801)
    everything = (await maker.get("/v1/lineage/reach")).json()
    assert (everything["came_in_fen"], everything["reached_fen"], everything["left_fen"]) == (214_801, 210_001, 4_800)
    assert (everything["paid_fen"], everything["elsewhere_fen"]) == (120_000, 0)

    # 50,000 of the first pot were donated: 70,000 of it were the central appropriation's, spent the day they were paid.
    appropriation = central.rsplit("/", 1)[1]
    spent = [
        (await maker.get(f"/v1/expenditure-progress?on={on}&appropriation_id={appropriation}")).json()["items"][0]
        for on in ("2019-07-12", "2019-07-13")
    ]
    assert [one["spent_fen"] for one in spent] == [300_000, 370_000]

    # A line given up: its money is the shared account's again, and pays whoever comes next.
    lines = (await maker.get(f"/v1/distributions/{second}/lines?status=POSTED")).json()["items"]
    gone = lines[0]
    release = f"/v1/distributions/{second}/lines/{gone['line_no']}:release"
    assert (await checker.post(release, json={"reason": "整户迁出"})).is_success
    assert await pieces(maker, distribution_id=second, line_no=gone["line_no"]) == []
    after = (await maker.get("/v1/lineage/reach")).json()
    assert after["came_in_fen"] == everything["came_in_fen"]
    assert after["left_fen"] == everything["left_fen"] + gone["share_fen"]
    assert sum(piece["amount_fen"] for piece in await pieces(maker)) == after["reached_fen"]
    assert await all_sound(maker)


async def made_ok(api: Api, path: str, key: str) -> None:
    found = await api.post(path, key=key, json={})
    assert found.is_success, found.text


@pytest.mark.usefixtures("households")
async def test_undone_and_hand_made_movements_leave_no_fen_without_an_origin(maker: Api, checker: Api) -> None:
    rolled = random.Random(7)
    standing_receipts: dict[str, int] = {}
    moved_out, number = 0, 0
    for year in (2018, 2019):
        move(maker, f"{year}-01-02")
        for _ in range(10):
            number += 1
            fen = rolled.randint(1, 90_000)
            new = {"kind": rolled.choice(["DONATION", "PV"]), "amount_fen": fen, "payer": "捐赠单位"}
            receipt = await made(maker.post("/v1/receipts", key=f"in-{number}", json=new))
            standing_receipts[receipt["id"]] = fen
            if rolled.random() < 0.3:
                out = {"debit": "shared", "credit": "bank", "amount_fen": rolled.randint(1, fen)}
                transfer = await made(maker.post("/v1/transfers", key=f"out-{number}", json=out))
                if rolled.random() < 0.5:
                    await made(
                        checker.post(f"/v1/journals/{transfer['journal_id']}:reverse", key=f"b{number}", json={})
                    )
                else:
                    moved_out += out["amount_fen"]
            if rolled.random() < 0.3:
                undo = await maker.post(f"/v1/receipts/{receipt['id']}:reverse", key=f"u{number}", json={"reason": "x"})
                if undo.is_success:  # the money may have gone on
                    del standing_receipts[receipt["id"]]
        held = (await maker.get("/v1/accounts/shared")).json()["available_fen"]
        await distribute(maker, checker, year, held * 2 // 3)

    whole = await pieces(maker)
    reach = (await maker.get("/v1/lineage/reach")).json()
    held = (await maker.get("/v1/accounts/shared")).json()["balance_fen"]

    undone = await maker.sql("SELECT count(*) FROM receipt_reversal")
    assert (undone[0][0] > 2, moved_out > 0) == (True, True)
    assert reach["came_in_fen"] == sum(standing_receipts.values())
    assert (reach["elsewhere_fen"], reach["left_fen"]) == (moved_out, held)
    assert sum(piece["amount_fen"] for piece in whole) == reach["reached_fen"]
    used = Counter[str]()
    for piece in whole:
        used[piece["receipt_id"]] += piece["amount_fen"]
    assert used.keys() <= standing_receipts.keys()  # an inflow that was undone never was
    assert all(fen <= standing_receipts[receipt] for receipt, fen in used.items())
    for receipt in list(used)[:3]:
        one = (await maker.get(f"/v1/lineage/reach?receipt_id={receipt}")).json()
        assert (one["came_in_fen"], one["reached_fen"]) == (standing_receipts[receipt], used[receipt])
    shares = Counter[tuple[str, int]]()
    for piece in whole:
        shares[piece["distribution_id"], piece["line_no"]] += piece["amount_fen"]
    kept = await maker.sql(
        "SELECT distribution_id::text, line_no, share_fen FROM distribution_line WHERE share_fen > 0"
    )
    assert {(row[0], row[1]): row[2] for row in kept} == dict(shares)


@pytest.mark.parametrize(("fen", "words"), [
    (1, "壹分"), (10, "壹角整"), (101, "壹元零壹分"), (1_050_030, "壹万零伍佰元叁角整"),
    (100_000_100, "壹佰万零壹元整"), (1_000_000_000_012, "壹佰亿元壹角贰分"), (10_700_053, "壹拾万柒仟元伍角叁分"),
])  # fmt: skip
def test_an_amount_in_capitals_cannot_be_read_in_two_ways(fen: int, words: str) -> None:
    assert capitals(fen) == words
