"""Income from others by kind and town, donations and their receipts; transfers of two persons; the daily collection."""

import asyncio
from typing import Any

import pytest

from fujin.funds import TERMS
from fujin.projects import ENTERPRISES
from fupin import chores
from fupin.db import begun
from tests.conftest import Api
from tests.funds.conftest import all_sound, appropriate, balance, move, refuses
from tests.projects.conftest import VILLAGE
from tests.registry.world import made

(USCC, NAME), _ = ENTERPRISES
PV = {"kind": "PV", "amount_fen": 30_000, "payer": "光伏电站", "division_code": VILLAGE}
LARGE = {"debit": "bank", "credit": "appropriation", "amount_fen": 100_000_001}


async def test_income_is_listed_and_summed_by_year_kind_and_town(maker: Api) -> None:
    move(maker, "2019-03-01")
    town = VILLAGE[:9] + "000"
    for number, (on, changed) in enumerate((
        ("2018-12-31", {}),
        ("2019-01-01", {"amount_fen": 5, "project_no": "2018-PV-001", "period_from": "2018-11-01",
                        "period_to": "2018-11-30"}),
        ("2019-02-01", {"kind": "DIVIDEND", "division_code": None}),
        ("2019-02-02", {"kind": "DONATION", "amount_fen": 7}),
    )):  # fmt: skip
        await made(maker.post("/v1/incomes", key=f"i{number}", json=PV | {"received_on": on} | changed))
    undone = await made(maker.post("/v1/incomes", key="wrong", json=PV))
    await maker.post(f"/v1/receipts/{undone['receipt_id']}:reverse", key="u", json={"reason": "重复"})

    whole = (await maker.get("/v1/incomes/totals")).json()
    assert [(i["year"], i["kind"], i["town"], i["receipts"], i["amount_fen"]) for i in whole["items"]] == [
        (2018, "PV", town, 1, 30_000),
        (2019, "DIVIDEND", "230882000000", 1, 30_000),
        (2019, "DONATION", town, 1, 7),
        (2019, "PV", town, 1, 5),
    ]
    assert whole["amount_fen"] == await balance(maker, "shared") == 60_012
    assert (await maker.get("/v1/incomes/totals?year=2019&kind=PV")).json()["amount_fen"] == 5
    by_then = [
        (await maker.get(f"/v1/incomes/totals?until={on}")).json()["amount_fen"] for on in ("2018-12-30", "2019-02-01")
    ]
    assert by_then == [0, 60_005]
    listed = (await maker.get(f"/v1/incomes?year=2019&kind=PV&division={town[:9]}")).json()["items"]
    assert [(one["amount_fen"], one["project_no"], one["reversed_on"]) for one in listed] == [
        (5, "2018-PV-001", None), (30_000, None, "2019-03-01"),
    ]  # fmt: skip
    loan = PV | {"kind": "LOAN_PAYMENT"}
    assert (await maker.post("/v1/incomes", key="loan", json=loan)).json()["code"] == "invalid"
    elsewhere = PV | {"division_code": "110101001001"}
    assert (await maker.post("/v1/incomes", key="far", json=elsewhere)).status_code == 404
    assert await all_sound(maker)


async def test_donations_are_numbered_without_gaps_and_receipted(maker: Api) -> None:
    move(maker, "2019-03-01")
    new = {"kind": "DONATION", "amount_fen": 1_050_030, "payer": "<b>爱心企业</b>", "memo": "助学"}
    gifts = await asyncio.gather(*(made(maker.post("/v1/incomes", key=f"d{n}", json=new)) for n in range(6)))
    again = await made(maker.post("/v1/incomes", key="d0", json=new))

    assert sorted(gift["donation_no"] for gift in gifts) == [1, 2, 3, 4, 5, 6]
    assert again == gifts[0]
    sheet = await maker.get(f"/v1/incomes/{gifts[0]['receipt_id']}/donation-receipt")
    assert sheet.headers["content-type"].startswith("text/html")
    for words in (f"2019-{gifts[0]['donation_no']:06}", "壹万零伍佰元叁角整", "10500.30", "&lt;b&gt;爱心企业", "助学"):
        assert words in sheet.text
    other = await made(maker.post("/v1/incomes", key="pv", json=PV))
    none = await maker.get(f"/v1/incomes/{other['receipt_id']}/donation-receipt")
    assert none.json()["code"] == "no-donation"
    await maker.post(f"/v1/receipts/{gifts[1]['receipt_id']}:reverse", key="u", json={"reason": "退款"})
    gone = await maker.get(f"/v1/incomes/{gifts[1]['receipt_id']}/donation-receipt")
    assert gone.json()["code"] == "no-donation"
    assert await refuses(maker.sql("UPDATE income SET donation_no = 9"))


@pytest.fixture
def limited(funds: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment whose finance clerks move a million yuan at most by themselves."""
    monkeypatch.setattr(funds.runtime.settings, "transfer_limit_fen", 100_000_000)


@pytest.mark.usefixtures("limited")
async def test_a_large_transfer_takes_two_persons(funds: Api, maker: Api, checker: Api) -> None:
    alone = await maker.post("/v1/transfers", key="1", json=LARGE)
    assert (alone.status_code, alone.json()["code"]) == (409, "second-person-needed")
    half = LARGE | {"amount_fen": 60_000_000}
    split = await maker.post("/v1/transfers:batch", key="2", json={"transfers": [half, half]})
    assert (split.status_code, split.json()["code"]) == (409, "second-person-needed")
    assert (await maker.post("/v1/transfers", key="3", json=half)).status_code == 201

    asked = await made(maker.post("/v1/transfer-requests", json=LARGE | {"memo": "专户拨款"}))
    at = f"/v1/transfer-requests/{asked['id']}"
    assert await balance(maker, "bank") == 60_000_000
    assert (await maker.post(f"{at}:approve")).status_code == 403
    same = await funds.as_("finance-checker", sub=asked["made_by"]).post(f"{at}:approve")
    assert same.json()["code"] == "same-transfer-approver"
    for attack in (
        "UPDATE transfer_request SET amount_fen = 1",
        "UPDATE transfer_request SET state = 'APPROVED', approved_by = 'x'",
        "DELETE FROM transfer_request",
    ):
        assert await refuses(maker.sql(attack)), attack
    answers = await asyncio.gather(*(checker.post(f"{at}:approve") for _ in range(5)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["journal_id"] for answer in answers}) == 1
    assert await balance(maker, "bank") == 160_000_001
    assert (await checker.post(f"{at}:reject")).json()["code"] == "wrong-state"
    managed = await maker.post("/v1/transfer-requests", json=LARGE | {"credit": "payable"})
    assert managed.json()["code"] == "managed-account"
    assert await all_sound(maker)


async def test_what_was_posted_before_the_limit_was_lowered_is_answered_again(
    funds: Api, maker: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, dict[str, Any]]] = [
        ("/v1/transfers", LARGE),
        ("/v1/transfers:batch", {"transfers": [LARGE, LARGE]}),
    ]
    first = [await maker.post(path, key=path, json=body) for path, body in asked]
    monkeypatch.setattr(funds.runtime.settings, "transfer_limit_fen", 1)

    for (path, body), done in zip(asked, first, strict=True):
        again = await maker.post(path, key=path, json=body)
        assert (again.status_code, again.content, again.headers["idempotent-replayed"]) == (201, done.content, "true")
        other = {"transfers": [LARGE]} if "transfers" in body else LARGE | {"amount_fen": 2}
        assert (await maker.post(path, key=path, json=other)).json()["code"] == "key-reused"
        refused, repeated = [await maker.post(path, key=f"{path}/new", json=body) for _ in range(2)]
        assert (refused.json()["code"], repeated.content) == ("second-person-needed", refused.content)
    assert await balance(maker, "bank") == 3 * LARGE["amount_fen"]


async def test_what_one_person_moves_by_hand_in_a_day_is_limited_however_it_is_split(
    funds: Api, maker: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(funds.runtime.settings, "transfer_daily_limit_fen", 100)
    move(maker, "2019-06-03")
    other = funds.as_("finance-maker", sub="another-clerk")
    put = LARGE | {"amount_fen": 30, "effective_on": "2018-06-01"}

    async def send(clerk: Api, keys: str) -> list[str]:
        answers = await asyncio.gather(*(clerk.post("/v1/transfers", key=key, json=put) for key in keys))
        return [answer.json().get("code", "posted") for answer in answers]

    mine, theirs = await asyncio.gather(send(maker, "abcdefgh"), send(other, "abc"))
    assert (mine.count("posted"), mine.count("daily-limit-reached"), theirs) == (3, 5, ["posted"] * 3)
    assert await send(maker, "abcdefgh") == mine  # what was answered stays answered, and nothing is counted twice
    refused = await maker.post("/v1/transfers:batch", key="b1", json={"transfers": [put | {"amount_fen": 1}] * 11})
    assert (refused.status_code, refused.json()["limit_fen"]) == (409, 100)
    short = LARGE | {"debit": "appropriation", "credit": "bank", "amount_fen": 1_000}
    assert (await maker.post("/v1/transfers:batch", key="b2", json={"transfers": [short]})).json()["code"] == (
        "short-of-funds"
    )
    rest = {"transfers": [put | {"amount_fen": 1}] * 10}
    assert [(await maker.post("/v1/transfers:batch", key="b3", json=rest)).status_code for _ in range(2)] == [201] * 2
    assert await send(maker, "z") == ["daily-limit-reached"]
    assert await balance(maker, "bank") == 190
    for attack in ("UPDATE hand_total SET amount_fen = 0", "DELETE FROM hand_total", "TRUNCATE hand_total"):
        assert await refuses(maker.sql(attack)), attack

    move(maker, "2019-06-04")
    assert await send(maker, "y") == ["posted"]


async def lend(maker: Api, loan_no: str) -> dict[str, Any]:
    new = {"loan_no": loan_no, "enterprise_name": NAME, "enterprise_uscc": USCC, "penalty_daily_ppm": 500, **TERMS}
    return await made(maker.post("/v1/loans", json=new))


async def test_collection_runs_by_itself_once_a_day(maker: Api, checker: Api) -> None:
    move(maker, "2018-06-01")
    loan = await lend(maker, "2018-01")
    await appropriate(maker, TERMS["principal_fen"])
    await checker.post(f"/v1/loans/{loan['id']}:approve")
    await maker.post(f"/v1/loans/{loan['id']}:disburse", key="d", json={})
    collect = next(chore for chore in chores.of("funds") if chore.__name__ == "collect")

    for on in ("2019-05-25", "2019-06-04", "2019-06-04", "2019-06-05"):
        move(maker, on)
        await collect(maker.runtime)

    found = (await maker.get("/v1/reminders")).json()["items"]
    assert [(one["kind"], one["on_day"]) for one in found] == [("DUE_SOON", "2019-05-25"), ("OVERDUE", "2019-06-04")]
    owed = TERMS["yearly_contribution_fen"] * 500 // 1_000_000
    assert await balance(maker, "penalty.2018-01") == 2 * owed
    assert len(await maker.sql("SELECT on_day FROM collection_day")) == 3
    assert await all_sound(maker)


async def test_racing_decisions_on_a_loan_are_taken_or_refused_by_name(maker: Api, checker: Api) -> None:
    move(maker, "2018-06-01")
    loans = [await lend(maker, f"2018-{number:02}") for number in range(2)]
    paths = [f"/v1/loans/{loan['id']}" for loan in loans]
    await appropriate(maker, 2 * TERMS["principal_fen"])

    async def race(*calls: Any) -> set[int]:
        return {answer.status_code for answer in await asyncio.gather(*calls)}

    verbs = [checker.post(f"{path}:{verb}") for verb in ("approve", "reject") * 12 for path in paths]
    assert await race(*verbs) <= {200, 409, 503}
    states = [(await maker.get(path)).json()["state"] for path in paths]
    assert set(states) <= {"APPROVED", "REJECTED"}
    third = await lend(maker, "2018-99")
    path = f"/v1/loans/{third['id']}"
    mixed = [checker.post(f"{path}:approve") for _ in range(12)]
    mixed += [maker.post(f"{path}:disburse", key=f"d{n}", json={}) for n in range(6)]
    mixed += [maker.post("/v1/collection-runs", key=f"c{n}", json={}) for n in range(6)]
    assert await race(*mixed) <= {200, 409, 503}
    steps = (await maker.get(f"/v1/steps?thing_id={third['id']}")).json()["items"]
    assert [step["to_state"] for step in steps][:2] == ["PROPOSED", "APPROVED"]
    change = await made(maker.post(f"{path}/write-offs", json={"reason": "破产"})) if len(steps) > 2 else None
    if change:
        decide = f"/v1/loan-changes/{change['id']}"
        assert await race(*(checker.post(f"{decide}:{verb}") for verb in ("approve", "reject") * 8)) <= {200, 409, 503}
    assert await all_sound(maker)


async def test_a_full_house_is_asked_to_come_back_and_not_told_of_a_fault(
    maker: Api, checker: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    loan = await lend(maker, "2018-01")
    pool: Any = maker.runtime.engine.pool
    monkeypatch.setattr(pool, "_timeout", 0.05)
    async with asyncio.TaskGroup() as group:
        free = asyncio.Event()
        taken = asyncio.Semaphore(0)

        async def occupy() -> None:
            async with begun(maker.runtime):
                taken.release()
                await free.wait()

        for _ in range(pool.size()):
            group.create_task(occupy())
        for _ in range(pool.size()):
            await taken.acquire()
        full = await checker.post(f"/v1/loans/{loan['id']}:approve")
        free.set()

    assert (full.status_code, full.json()["code"]) == (503, "busy")
    assert full.headers["Retry-After"] == "1"
    assert (await checker.post(f"/v1/loans/{loan['id']}:approve")).json()["state"] == "APPROVED"
