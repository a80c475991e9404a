"""A distribution from draft to closed, and everything that may not happen on the way."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import psycopg
import pytest

from fujin.funds import RULE
from tests.conftest import Api
from tests.funds.conftest import all_sound, balance, donate, move, refuses
from tests.registry import world

POT = 1_000_001
pytestmark = pytest.mark.usefixtures("households")


@pytest.fixture
async def draft(maker: Api) -> str:
    """The path of a distribution of nearly all that the shared account holds, drafted on 1 June 2019."""
    move(maker, "2019-06-01")
    await donate(maker, POT + 9)
    rule = await world.made(maker.post("/v1/distribution-rules", json=RULE))
    made = await world.made(maker.post("/v1/distributions", json={"year": 2019, "rule_id": rule["id"], "pot_fen": POT}))
    return f"/v1/distributions/{made['id']}"


async def code(answer: Awaitable[httpx.Response]) -> tuple[int, str]:
    found = await answer
    return found.status_code, found.json()["code"]


async def noticed(maker: Api, checker: Api, path: str) -> dict[str, Any]:
    frozen = (await maker.post(f"{path}:snapshot")).json()
    await checker.post(f"{path}:approve", json={"batch_hash": frozen["batch_hash"]})
    found: dict[str, Any] = (await maker.post(f"{path}:notice", json={})).json()
    return found


async def test_a_closed_account_stops_a_distribution_where_it_stands(maker: Api, checker: Api, draft: str) -> None:
    frozen = (await maker.post(f"{draft}:snapshot")).json()
    (gift,) = (await maker.get("/v1/receipts")).json()["items"]
    await maker.post(f"/v1/receipts/{gift['id']}:reverse", key="back", json={"reason": "退回"})
    assert (await checker.post("/v1/accounts/shared:close")).json()["is_open"] is False

    approval = checker.post(f"{draft}:approve", json={"batch_hash": frozen["batch_hash"]})

    assert await code(approval) == (409, "account-closed")
    seen = (await maker.get(draft)).json()
    assert (seen["state"], await maker.sql("SELECT count(*) FROM hold")) == ("SNAPSHOT", [(0,)])


async def test_lines_are_not_booked_to_a_closed_account_and_their_money_stays_held(
    maker: Api, checker: Api, draft: str
) -> None:
    await noticed(maker, checker, draft)
    assert (await checker.post("/v1/accounts/payable:close")).json()["is_open"] is False
    move(maker, "2019-07-01")

    assert await code(maker.post(f"{draft}:post", key="p")) == (409, "account-closed")

    shared = (await maker.get("/v1/accounts/shared")).json()
    assert (shared["pending_fen"], shared["balance_fen"]) == (POT, POT + 9)
    assert ((await maker.get(draft)).json()["state"], await all_sound(maker)) == ("NOTICED", True)


async def test_every_step_comes_after_the_one_before_and_may_be_repeated(maker: Api, checker: Api, draft: str) -> None:
    steps: list[tuple[str, Callable[[], Awaitable[httpx.Response]]]] = [
        ("SNAPSHOT", lambda: maker.post(f"{draft}:snapshot")),
        ("APPROVED", lambda: checker.post(f"{draft}:approve", json={"batch_hash": seen["batch_hash"]})),
        ("NOTICED", lambda: maker.post(f"{draft}:notice", json={})),
        ("POSTED", lambda: maker.post(f"{draft}:post", key=f"p{next(keys)}")),
        ("PAID", lambda: maker.post(f"{draft}:pay", key=f"b{next(keys)}", json={"bank_reference": "YKT-1"})),
        ("CLOSED", lambda: checker.post(f"{draft}:close")),
    ]
    keys, seen = iter(range(100)), {"batch_hash": "0" * 64}

    for number, (state, step) in enumerate(steps):
        if state == "NOTICED":
            early = maker.post(f"{draft}:notice", json={"published_on": "2019-05-31"})
            assert await code(early) == (422, "notice-too-early")
        for _, later in steps[number + 1 :]:
            assert await code(later()) == (409, "wrong-state")
        if state == "POSTED":
            assert await code(step()) == (409, "notice-running")
            move(maker, "2019-06-11")
            assert await code(step()) == (409, "notice-running")
            move(maker, "2019-06-12")
        first, again = await step(), await step()
        assert (first.json()["state"], again.json()) == (state, first.json())
        seen = first.json()

    assert await code(checker.post(f"{draft}:cancel")) == (409, "wrong-state")
    assert (await balance(maker, "shared"), await balance(maker, "payable")) == (9, 0)
    assert (await maker.get("/v1/accounts/shared")).json()["pending_fen"] == 0
    assert await all_sound(maker)
    taken = (await maker.get(f"/v1/steps?thing_id={seen['id']}")).json()["items"]
    assert [(step["to_state"], step["actor"].split("@")[0]) for step in taken] == [
        ("DRAFT", "finance-maker"), ("SNAPSHOT", "finance-maker"), ("APPROVED", "finance-checker"),
        ("NOTICED", "finance-maker"), ("POSTED", "finance-maker"), ("PAID", "finance-maker"),
        ("CLOSED", "finance-checker"),
    ]  # fmt: skip


async def test_distributions_are_listed_as_they_stood_on_a_day(maker: Api, checker: Api, draft: str) -> None:
    await noticed(maker, checker, draft)
    move(maker, "2019-06-12")
    await maker.post(f"{draft}:post", key="p", json={})
    move(maker, "2019-06-14")
    await maker.post(f"{draft}:pay", key="b", json={"bank_reference": "YKT-1"})
    rule = (await maker.get("/v1/distribution-rules")).json()["items"][0]["id"]
    again = {"year": 2019, "sequence": 2, "rule_id": rule, "pot_fen": 9}
    await world.made(maker.post("/v1/distributions", json=again))
    move(maker, "2019-06-15")

    async def stood(on: str, more: str = "") -> list[tuple[str, str | None, str | None]]:
        found = (await maker.get(f"/v1/distributions?as_of={on}{more}")).json()["items"]
        return [(row["state"], row["posted_on"], row["paid_on"]) for row in found]

    assert await stood("2019-05-31") == []
    assert await stood("2019-06-11") == [("NOTICED", None, None)]
    assert await stood("2019-06-13") == [("POSTED", "2019-06-12", None)]
    assert await stood("2019-06-14", "&state=PAID") == [("PAID", "2019-06-12", "2019-06-14")]
    assert await stood("2019-06-14", "&state=POSTED") == await stood("2019-06-14", "&year=2018") == []
    assert [state for state, *_ in await stood("2019-06-15")] == ["PAID", "DRAFT"]


async def test_whoever_drafted_it_cannot_approve_it(funds: Api, maker: Api, draft: str) -> None:
    frozen = (await maker.post(f"{draft}:snapshot")).json()
    same = funds.as_("finance-checker", sub=frozen["made_by"])

    assert await code(same.post(f"{draft}:approve", json={"batch_hash": frozen["batch_hash"]})) == (409, "same-checker")
    assert (await maker.post(f"{draft}:approve", json={"batch_hash": frozen["batch_hash"]})).status_code == 403
    with pytest.raises(psycopg.errors.CheckViolation, match="two_persons"):
        await maker.sql("UPDATE distribution SET approved_by = made_by")
    assert (await maker.get(draft)).json()["state"] == "SNAPSHOT"


async def test_an_approval_is_bound_to_the_batch_that_was_seen(maker: Api, checker: Api, draft: str) -> None:
    frozen = (await maker.post(f"{draft}:snapshot")).json()

    assert await code(checker.post(f"{draft}:approve", json={"batch_hash": "0" * 64})) == (409, "other-batch")
    for attack in (
        "UPDATE distribution SET pot_fen = 5",
        "UPDATE distribution SET rule_id = uuidv7()",
        "UPDATE distribution SET state = 'PAID'",
        "UPDATE distribution SET state = 'APPROVED', approved_by = 'x', approved_hash = '\\x00'",
        "UPDATE distribution_line SET share_fen = 1",
        "DELETE FROM distribution_line",
        "DELETE FROM distribution",
        "UPDATE distribution_rule SET per_ill = 1000",
    ):
        assert await refuses(maker.sql(attack)), attack
    again = (await maker.get(f"{draft}/verification")).json()
    assert again["agrees"]
    assert again["recomputed_hash"] == frozen["batch_hash"]
    assert again["shares_fen"] == POT


async def test_what_is_promised_cannot_be_promised_or_spent_again(maker: Api, checker: Api, draft: str) -> None:
    frozen = (await maker.post(f"{draft}:snapshot")).json()
    second = {"year": 2019, "sequence": 2, "rule_id": frozen["rule_id"]}
    other = await world.made(maker.post("/v1/distributions", json=second | {"pot_fen": POT}))
    other = (await maker.post(f"/v1/distributions/{other['id']}:snapshot")).json()

    both = await asyncio.gather(
        *(
            checker.post(f"/v1/distributions/{d['id']}:approve", json={"batch_hash": d["batch_hash"]})
            for d in (frozen, other)
        )
    )

    assert sorted(answer.status_code for answer in both) == [200, 409]
    assert next(answer.json()["code"] for answer in both if answer.status_code == 409) == "short-of-funds"
    assert (await maker.get("/v1/accounts/shared")).json()["available_fen"] == 9
    spend = {"debit": "shared", "credit": "bank", "amount_fen": 10}
    assert await code(maker.post("/v1/transfers", key="s", json=spend)) == (409, "short-of-funds")
    asked = second | {"sequence": 3, "pot_fen": 10}
    assert await code(maker.post("/v1/distributions", json=asked)) == (409, "short-of-funds")
    winner = frozen if both[0].status_code == 200 else other
    await checker.post(f"/v1/distributions/{winner['id']}:cancel")
    assert (await maker.get("/v1/accounts/shared")).json()["available_fen"] == POT + 9


async def test_a_years_number_is_given_once(maker: Api, checker: Api, draft: str) -> None:
    first = (await maker.get(draft)).json()
    same = {"year": 2019, "rule_id": first["rule_id"], "pot_fen": 1}

    assert await code(maker.post("/v1/distributions", json=same)) == (409, "distribution-exists")
    await checker.post(f"{draft}:cancel")
    assert (await maker.post("/v1/distributions", json=same)).status_code == 201


async def test_a_preview_records_nothing(maker: Api, draft: str) -> None:
    first = (await maker.get(draft)).json()
    asked = {"year": 2020, "rule_id": first["rule_id"], "pot_fen": 2 * POT}

    seen = await maker.post("/v1/distributions?validate_only=true", json=asked)

    assert seen.status_code == 200
    assert (seen.json()["households"], seen.json()["available_fen"]) == (5, POT + 9)
    assert sum(town["share_fen"] for town in seen.json()["towns"]) == 2 * POT
    assert len((await maker.get("/v1/distributions")).json()["items"]) == 1


async def test_an_objection_freezes_its_line_until_it_is_ruled_on(maker: Api, checker: Api, draft: str) -> None:
    await noticed(maker, checker, draft)
    one, two = [
        (await world.made(maker.post(f"{draft}/lines/{line_no}/objections", json={"reason": "人口不实"})))["id"]
        for line_no in (2, 4)
    ]
    move(maker, "2019-06-12")

    await maker.post(f"{draft}:post", key="p1")
    lines = (await maker.get(f"{draft}/lines")).json()["items"]
    assert [line["status"] for line in lines] == ["POSTED", "FROZEN", "POSTED", "FROZEN", "POSTED"]
    paid = await maker.post(f"{draft}:pay", key="b1", json={"bank_reference": "YKT-1"})
    assert paid.json()["state"] == "POSTED"
    assert await code(checker.post(f"{draft}:close")) == (409, "wrong-state")

    await checker.post(f"/v1/objections/{one}:rule", json={"upheld": False, "reason": "查无实据"})
    await checker.post(f"/v1/objections/{two}:rule", json={"upheld": True, "reason": "已迁出"})
    twice = checker.post(f"/v1/objections/{two}:rule", json={"upheld": False, "reason": "反悔"})
    assert await code(twice) == (409, "already-ruled")
    await maker.post(f"{draft}:post", key="p2")
    await maker.post(f"{draft}:pay", key="b2", json={"bank_reference": "YKT-2"})
    closed = await checker.post(f"{draft}:close")

    lines = (await maker.get(f"{draft}/lines")).json()["items"]
    assert closed.json()["state"] == "CLOSED"
    assert [line["status"] for line in lines] == ["PAID", "PAID", "PAID", "EXCLUDED", "PAID"]
    kept = lines[3]["share_fen"]
    assert kept > 0
    assert await balance(maker, "shared") == await balance(maker, "bank") == 9 + kept
    assert (await maker.get("/v1/accounts/shared")).json()["pending_fen"] == 0
    assert await all_sound(maker)


async def test_a_returned_line_is_paid_again_and_never_twice(maker: Api, checker: Api, draft: str) -> None:
    await noticed(maker, checker, draft)
    move(maker, "2019-06-12")
    await maker.post(f"{draft}:post", key="p")
    results: list[dict[str, Any]] = [{"line_no": n, "outcome": "PAID"} for n in (1, 2, 3, 4)]
    results.append({"line_no": 5, "outcome": "RETURNED", "reason": "账号不符"})

    first = await maker.post(f"{draft}:pay", key="b1", json={"bank_reference": "YKT-1", "results": results})
    assert first.json()["state"] == "POSTED"
    assert (await maker.get(f"{draft}/lines?status=RETURNED")).json()["items"][0]["line_no"] == 5
    again = maker.post(f"{draft}:pay", key="b2", json={"bank_reference": "YKT-1", "results": results})
    assert await code(again) == (409, "not-payable")
    unknown = {"bank_reference": "YKT-1", "results": [{"line_no": 99, "outcome": "PAID"}]}
    assert await code(maker.post(f"{draft}:pay", key="b3", json=unknown)) == (409, "not-payable")
    last = {"bank_reference": "YKT-2", "results": [{"line_no": 5, "outcome": "PAID"}]}
    assert (await maker.post(f"{draft}:pay", key="b4", json=last)).json()["state"] == "PAID"
    assert (await balance(maker, "payable"), await balance(maker, "bank")) == (0, 9)


async def test_a_line_explains_itself(maker: Api, checker: Api, draft: str) -> None:
    await noticed(maker, checker, draft)
    move(maker, "2019-06-12")
    await maker.post(f"{draft}:post", key="p")

    found = (await maker.get(f"{draft}/lines/3/explain")).json()

    assert found["household_no"].startswith(world.VILLAGE)
    assert sum(reason["points_ppm"] for reason in found["reasons"]) == found["need"]
    exact = found["shared_pot_fen"] * found["need"] / found["shared_need"]
    assert abs(found["share_fen"] - exact) < 1
    assert found["topped_up"] == (found["share_fen"] > exact)
    assert found["journal_id"] is not None
    assert not {"name", "head_name", "id_number", "phone", "bank_account"} & found.keys()


async def test_a_town_sees_its_own_households_lines_and_no_others(
    funds: Api, maker: Api, checker: Api, draft: str
) -> None:
    await noticed(maker, checker, draft)
    town = funds.as_("town-clerk", world.TOWN)

    lines = (await town.get(f"{draft}/lines")).json()["items"]

    assert [line["division_code"] for line in lines] == [world.VILLAGE] * 3
    assert (await town.get(f"{draft}/lines/5/explain")).status_code == 404
    assert (await town.get(draft)).status_code == 200  # a notice is public
    elsewhere = await town.sql("SELECT count(*) FROM distribution_line", division="230883")
    assert elsewhere == [(0,)]


class Silence(httpx.AsyncBaseTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody there", request=request)


class Forger(httpx.AsyncBaseTransport):
    """Between funds and the registry, a household grows by a member."""

    def __init__(self, registry: Api) -> None:
        self.to = httpx.ASGITransport(registry.app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self.to.handle_async_request(request)
        body = await answer.aread()
        if request.url.path.endswith("/rows"):
            body = body.replace(b'"size":1', b'"size":9', 1).replace(b'"size": 1', b'"size": 9', 1)
        return httpx.Response(answer.status_code, headers=answer.headers, content=body)


async def test_a_silent_registry_is_a_503_that_changed_nothing(registry: Api, maker: Api, draft: str) -> None:
    peer = maker.runtime.peer("registry")
    spoken, peer.http = peer.http, httpx.AsyncClient(transport=Silence(), base_url="http://registry")
    assert await code(maker.post(f"{draft}:snapshot")) == (503, "unanswered")
    assert (await maker.get(draft)).json()["state"] == "DRAFT"

    peer.http = httpx.AsyncClient(transport=Forger(registry), base_url="http://registry")
    assert await code(maker.post(f"{draft}:snapshot")) == (502, "snapshot-broken")
    assert (await maker.get(f"{draft}/lines")).json()["items"] == []

    peer.http = spoken
    assert (await maker.post(f"{draft}:snapshot")).json()["state"] == "SNAPSHOT"
    assert len(await registry.sql("SELECT id FROM snapshot")) == 1  # the same one that was asked for before


async def test_what_the_registry_records_after_the_snapshot_changes_nothing_that_is_approved(
    registry: Api, maker: Api, checker: Api, draft: str
) -> None:
    """Between snapshot and approval a household dies out, one grows rich, a poor one joins: the frozen batch stands."""
    frozen = (await maker.post(f"{draft}:snapshot")).json()
    before = (await maker.get(f"{draft}/lines")).json()["items"]
    first, second = (await registry.get("/v1/households?poor=true")).json()["items"][:2]
    gone = {"status": "CANCELLED", "on": "2019-06-01", "reason": "全户死亡"}
    assert (await registry.post(f"/v1/households/{first['id']}:change-status", json=gone)).is_success
    rich = {"year": 2018, "persons": second["persons"], "wage_fen": 100_000_000}
    await world.made(registry.post(f"/v1/households/{second['id']}/incomes", json=rich))
    await world.household(registry, 70)

    assert (await maker.post(f"{draft}:snapshot")).json() == frozen
    approved = await checker.post(f"{draft}:approve", json={"batch_hash": frozen["batch_hash"]})

    assert (approved.json()["state"], approved.json()["batch_hash"]) == ("APPROVED", frozen["batch_hash"])
    assert (await maker.get(f"{draft}/lines")).json()["items"] == before
    verified = (await maker.get(f"{draft}/verification")).json()
    assert (verified["agrees"], verified["shares_fen"]) == (True, POT)


async def test_racing_steps_take_effect_once(maker: Api, checker: Api, draft: str) -> None:
    frozen = await asyncio.gather(*(maker.post(f"{draft}:snapshot") for _ in range(3)))
    assert {answer.status_code for answer in frozen} == {200}
    batch = {"batch_hash": frozen[0].json()["batch_hash"]}
    await asyncio.gather(*(checker.post(f"{draft}:approve", json=batch) for _ in range(3)))
    await maker.post(f"{draft}:notice", json={})
    move(maker, "2019-06-12")
    await asyncio.gather(*(maker.post(f"{draft}:post", key=f"p{n}") for n in range(3)))
    paid = [maker.post(f"{draft}:pay", key=f"b{n}", json={"bank_reference": "YKT-1"}) for n in range(3)]
    assert {(await answer).json()["state"] for answer in paid} == {"PAID"}

    assert (await balance(maker, "bank"), await balance(maker, "shared")) == (9, 9)
    assert (await maker.sql("SELECT count(*) FROM payout"))[0] == (5,)
    assert await all_sound(maker)


async def test_a_rule_is_succeeded_never_changed(maker: Api, draft: str) -> None:
    second = await world.made(maker.post("/v1/distribution-rules", json=RULE | {"per_ill": 40, "cap_fen": 300_000}))
    nothing = {name: 0 for name in RULE if name.startswith(("per_", "no_"))}
    crossed = RULE | {"floor_fen": 10, "cap_fen": 9}

    assert second["revision"] == 2
    assert (await maker.get(draft)).json()["rule_id"] != second["id"]
    assert (await maker.post("/v1/distribution-rules", json=RULE | nothing)).status_code == 422
    assert (await maker.post("/v1/distribution-rules", json=crossed)).status_code == 422
    capped = {"year": 2020, "rule_id": second["id"], "pot_fen": POT}
    seen = (await maker.post("/v1/distributions?validate_only=true", json=capped)).json()
    assert (seen["most_fen"], seen["at_cap"] > 0) == (300_000, True)
    too_much = maker.post("/v1/distributions?validate_only=true", json=capped | {"pot_fen": 1_500_001})
    assert await code(too_much) == (409, "pot-above-caps")
