"""The ledger through its front door."""

import asyncio
from typing import Any

import psycopg
import pytest

from fupin.problems import from_database
from services.funds.problems.ledger import AccountClosed
from tests.conftest import Api
from tests.funds.conftest import all_sound, appropriate, balance, donate, seal
from tests.registry.world import made


async def test_a_transfer_moves_money_and_both_accounts_say_so(maker: Api) -> None:
    await appropriate(maker, 1_000)

    assert (await balance(maker, "bank"), await balance(maker, "appropriation")) == (1_000, 1_000)
    entries = (await maker.get("/v1/accounts/bank/statement")).json()["items"]
    assert [(e["entry"], e["side"], e["counter_account"], e["balance_fen"]) for e in entries] == [
        (1, "DEBIT", "appropriation", 1_000)
    ]
    trial = (await maker.get("/v1/trial-balance")).json()
    assert trial["debit_fen"] == trial["credit_fen"] == 1_000
    assert await all_sound(maker)


async def test_nobody_moves_money_without_a_token_a_scope_or_a_key(funds: Api, maker: Api, checker: Api) -> None:
    new = {"debit": "bank", "credit": "appropriation", "amount_fen": 1}

    assert (await funds.anonymous().post("/v1/transfers", key="k", json=new)).status_code == 401
    assert (await checker.post("/v1/transfers", key="k", json=new)).status_code == 403
    assert (await maker.post("/v1/transfers", json=new)).json()["code"] == "key-required"


WRONG: list[tuple[dict[str, Any], int, str]] = [
    ({"amount_fen": 1.5}, 422, "invalid"),
    ({"amount_fen": 1.0}, 422, "invalid"),
    ({"amount_fen": "1"}, 422, "invalid"),
    ({"amount_fen": True}, 422, "invalid"),
    ({"amount_fen": None}, 422, "invalid"),
    ({"amount_fen": -1}, 422, "invalid"),
    ({"amount_fen": 0}, 422, "invalid"),
    ({"amount_fen": 2**63}, 422, "invalid"),
    ({"amount_fen": 10**15 + 1}, 422, "invalid"),
    ({"currency": "USD"}, 422, "invalid"),
    ({"credit": "bank"}, 422, "same-account"),
    ({"credit": "nowhere"}, 422, "no-such-account"),
    ({"credit": "payable"}, 409, "managed-account"),
    ({"debit": "Bank; DROP"}, 422, "invalid"),
    ({"effective_on": "2999-01-01"}, 422, "future-date"),
    ({"effective_on": "1949-10-01"}, 422, "invalid"),
    ({"debit": "appropriation", "credit": "bank"}, 409, "short-of-funds"),
]


async def test_what_is_not_a_transfer_is_refused_by_name(maker: Api) -> None:
    for number, (wrong, status, code) in enumerate(WRONG):
        new = {"debit": "bank", "credit": "appropriation", "amount_fen": 1} | wrong

        refused = await maker.post("/v1/transfers", key=f"k{number}", json=new)

        assert (refused.status_code, refused.json()["code"]) == (status, code), wrong
    assert (await maker.get("/v1/journals")).json()["items"] == []


async def test_a_batch_is_booked_whole_or_not_at_all(maker: Api) -> None:
    put = {"debit": "bank", "credit": "appropriation", "amount_fen": 10}
    take = {"debit": "appropriation", "credit": "bank", "amount_fen": 10}

    done = await maker.post("/v1/transfers:batch", key="good", json={"transfers": [put, take] * 500})
    refused = await maker.post("/v1/transfers:batch", key="bad", json={"transfers": [put, take, take, put]})

    assert len(done.json()["transfers"]) == 1_000
    assert refused.json()["code"] == "short-of-funds"  # in between the bank would have been overdrawn
    assert await balance(maker, "bank") == 0
    assert await all_sound(maker)
    most = await maker.post("/v1/transfers:batch", key="most", json={"transfers": [put] * 1_001})
    none = await maker.post("/v1/transfers:batch", key="none", json={"transfers": []})
    assert (most.status_code, none.status_code) == (422, 422)


async def test_a_batch_is_answered_as_its_transfers_would_be_and_refused_by_the_same_names(maker: Api) -> None:
    put = {"debit": "bank", "credit": "appropriation", "amount_fen": 1}
    asked = [
        put | {"effective_on": "2018-06-01", "memo": '单据 "甲"\\\n\u0001 \' %s {x}'},
        put | {"amount_fen": 10**7},
        put | {"effective_on": "2018-06-02", "memo": ""},
    ]
    batch = await maker.post("/v1/transfers:batch", key="b", json={"transfers": asked})
    again = await maker.post("/v1/transfers:batch", key="b", json={"transfers": asked})
    other = await maker.post("/v1/transfers:batch", key="b", json={"transfers": asked[:2]})

    singles = [(await maker.post("/v1/transfers", key=f"s{n}", json=new)).json() for n, new in enumerate(asked)]
    without = [{k: v for k, v in done.items() if k != "journal_id"} for done in batch.json()["transfers"]]
    assert without == [{k: v for k, v in done.items() if k != "journal_id"} for done in singles]
    assert [list(done) for done in batch.json()["transfers"]] == [list(done) for done in singles]
    assert (again.status_code, again.content, again.headers["idempotent-replayed"]) == (201, batch.content, "true")
    assert again.headers["content-type"] == batch.headers["content-type"] == "application/json"
    assert (other.status_code, other.json()["code"]) == (422, "key-reused")
    assert await balance(maker, "bank") == 2 * (10**7 + 2)
    for number, (wrong, status, code) in enumerate(WRONG[:-1]):
        new = {"transfers": [put, put | wrong]}
        refused = await maker.post("/v1/transfers:batch", key=f"w{number}", json=new)
        repeated = await maker.post("/v1/transfers:batch", key=f"w{number}", json=new)
        assert (refused.status_code, refused.json()["code"]) == (status, code), wrong
        assert repeated.json()["code"] == code
    assert await balance(maker, "bank") == 2 * (10**7 + 2)
    assert await all_sound(maker)


async def test_racing_posts_of_one_key_make_one_transfer(maker: Api) -> None:
    new = {"debit": "bank", "credit": "appropriation", "amount_fen": 7}

    answers = await asyncio.gather(*(maker.post("/v1/transfers", key="one", json=new) for _ in range(20)))

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["journal_id"] for answer in answers if answer.status_code == 201}) == 1
    assert await balance(maker, "bank") == 7
    again = await maker.post("/v1/transfers", key="one", json=new)
    other = await maker.post("/v1/transfers", key="one", json=new | {"amount_fen": 8})
    assert (again.status_code, again.headers["idempotent-replayed"]) == (201, "true")
    assert (other.status_code, other.json()["code"]) == (422, "key-reused")


async def test_the_ledger_itself_knows_a_repeated_key(maker: Api) -> None:
    """Below the HTTP record: the same key posts once, with another body it is refused."""
    await appropriate(maker, 1_000)
    call = """
        SELECT journal_id, replayed
        FROM account d, account c,
             post('230882', 'k', d.id, c.id, %s, DATE '2018-06-01', 'memo', 'TRANSFER')
        WHERE d.code = 'appropriation' AND c.code = 'bank'
    """

    (first,), (second,) = await maker.sql(call, 5), await maker.sql(call, 5)

    assert first[0] == second[0]
    assert (first[1], second[1]) == (False, True)
    with pytest.raises(Exception, match="another journal"):
        await maker.sql(call, 6)


async def test_racing_spends_never_overdraw(maker: Api) -> None:
    await appropriate(maker, 900)
    spend = {"debit": "appropriation", "credit": "bank", "amount_fen": 100}

    answers = await asyncio.gather(*(maker.post("/v1/transfers", key=f"s{n}", json=spend) for n in range(20)))

    assert sorted(answer.status_code for answer in answers) == [201] * 9 + [409] * 11
    assert await balance(maker, "bank") == 0
    assert await all_sound(maker)


async def test_a_mistake_is_reversed_once_and_stays_on_record(maker: Api, checker: Api) -> None:
    await appropriate(maker, 1_000)
    (journal,) = (await maker.get("/v1/journals")).json()["items"]

    back = await checker.post(f"/v1/journals/{journal['id']}:reverse", key="r", json={"memo": "录错"})
    twice = await checker.post(f"/v1/journals/{journal['id']}:reverse", key="r2", json={})
    by_maker = await maker.post(f"/v1/journals/{journal['id']}:reverse", key="r3", json={})

    assert back.json()["reverses"] == journal["id"]
    assert twice.json()["code"] == "already-reversed"
    assert by_maker.status_code == 403
    assert await balance(maker, "bank") == 0
    assert len((await maker.get("/v1/journals")).json()["items"]) == 2


async def test_what_a_document_booked_is_not_reversed_by_hand(maker: Api, checker: Api) -> None:
    await donate(maker, 500)
    (journal,) = (await maker.get("/v1/journals")).json()["items"]

    refused = await checker.post(f"/v1/journals/{journal['id']}:reverse", key="r", json={})

    assert (journal["source"], refused.json()["code"]) == ("RECEIPT", "belongs-to-document")


async def test_a_balance_of_the_past_follows_the_days_on_which_money_moved(maker: Api) -> None:
    for day, fen in (("2018-06-01", 100), ("2019-06-03", 20), ("2018-12-31", 3)):
        new = {"debit": "bank", "credit": "appropriation", "amount_fen": fen, "effective_on": day}
        await maker.post("/v1/transfers", key=day, json=new)

    async def on(day: str) -> int:
        found: int = (await maker.get(f"/v1/accounts/bank/balance?on={day}")).json()["balance_fen"]
        return found

    assert [await on(d) for d in ("2018-05-31", "2018-06-01", "2018-12-31", "2019-06-03")] == [0, 100, 103, 123]
    assert (await maker.get("/v1/trial-balance?as_of=2018-06-30")).json()["debit_fen"] == 100


async def test_a_closed_account_takes_nothing_and_an_account_in_use_is_not_closed(maker: Api, checker: Api) -> None:
    new = {"code": "petty-cash", "name": "备用金", "kind": "ASSET"}
    assert (await maker.post("/v1/accounts", json=new)).status_code == 201
    assert (await maker.post("/v1/accounts", json=new | {"kind": "INCOME"})).json()["code"] == "account-exists"
    await appropriate(maker, 10)

    assert (await checker.post("/v1/accounts/bank:close")).json()["code"] == "account-in-use"
    assert (await checker.post("/v1/accounts/petty-cash:close")).json()["is_open"] is False
    to_closed = {"debit": "petty-cash", "credit": "bank", "amount_fen": 1}
    proposed = (await maker.post("/v1/transfer-requests", key="p", json=to_closed)).json()
    for refused in (
        await maker.post("/v1/transfers", key="c", json=to_closed),
        await maker.post("/v1/transfers:batch", key="b", json={"transfers": [to_closed]}),
        await checker.post(f"/v1/transfer-requests/{proposed['id']}:approve", key="a"),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "account-closed")


async def test_nothing_is_held_released_or_reversed_on_a_closed_account(maker: Api, checker: Api) -> None:
    await made(maker.post("/v1/accounts", json={"code": "petty-cash", "name": "备用金", "kind": "ASSET"}))
    await appropriate(maker, 10)
    there = {"debit": "petty-cash", "credit": "bank", "amount_fen": 5}
    journal = (await made(maker.post("/v1/transfers", key="there", json=there)))["journal_id"]
    account = (await maker.sql("SELECT id FROM account WHERE code = 'petty-cash'"))[0][0]
    hold = "SELECT hold_funds('230882', %s, %s, 5, 'DISTRIBUTION', uuidv7())"
    release = "SELECT release_funds(%s, %s, 5)"
    ((held,),) = await maker.sql(hold, "h", account)
    assert (await checker.post("/v1/accounts/petty-cash:close")).json()["code"] == "account-in-use"
    await maker.sql(release, held, "r")
    await made(maker.post("/v1/transfers", key="back", json=there | {"debit": "bank", "credit": "petty-cash"}))
    assert (await checker.post("/v1/accounts/petty-cash:close")).json()["is_open"] is False
    look = """
        SELECT (SELECT count(*) FROM journal), (SELECT count(*) FROM hold), (SELECT count(*) FROM hold_release),
               (SELECT jsonb_agg(b ORDER BY b.account_id) FROM balance b)
    """
    before = await maker.sql(look)

    for statement, asked in ((hold, ("h2", account)), (release, (held, "r2"))):
        with pytest.raises(psycopg.Error) as refused:
            await maker.sql(statement, *asked)
        problem = from_database(refused.value)
        assert isinstance(problem, AccountClosed), statement
    undone = await checker.post(f"/v1/journals/{journal}:reverse", key="u", json={})
    assert (undone.status_code, undone.json()["code"]) == (409, "account-closed")
    await maker.sql(release, held, "r")  # what was done is done, and said again
    assert await maker.sql(look) == before


async def test_a_seal_covers_every_journal_once_and_chains_to_the_one_before(maker: Api) -> None:
    await appropriate(maker, 10, "a")
    first = await seal(maker)
    nothing = (await maker.post("/v1/seals")).json()
    await appropriate(maker, 10, "b")
    second = await seal(maker)

    assert (first, nothing) == ({"number": 1, "journals": 1}, {"number": 1, "journals": 0})
    assert second == {"number": 2, "journals": 1}
    one, two = (await maker.get("/v1/seals")).json()["items"]
    assert (one["previous"], two["previous"]) == (None, one["hash"])
    assert await all_sound(maker)


async def test_a_town_does_not_see_the_countys_books(funds: Api, maker: Api) -> None:
    await appropriate(maker, 10)
    (journal,) = (await maker.get("/v1/journals")).json()["items"]
    town = funds.as_("town-clerk", "230882101")

    assert (await town.get("/v1/accounts/bank")).status_code == 404
    assert (await town.get(f"/v1/journals/{journal['id']}")).status_code == 404
    assert (await town.get("/v1/journals")).json()["items"] == []
