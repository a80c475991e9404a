"""Transfers that arrive together, and the ledger against a model of it."""

import asyncio
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.funds.queries.coalescing import coalescer
from tests.conftest import Api
from tests.funds.conftest import all_sound, appropriate, balance

PUT = {"debit": "bank", "credit": "appropriation", "amount_fen": 1}
SPEND = {"debit": "appropriation", "credit": "bank", "amount_fen": 100}


async def test_forty_racing_posts_of_one_key_make_one_transfer(maker: Api) -> None:
    answers = await asyncio.gather(*(maker.post("/v1/transfers", key="one", json=PUT) for _ in range(40)))

    assert {answer.status_code for answer in answers} <= {201, 409}
    done = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.content for answer in done}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in done) == 1
    assert await balance(maker, "bank") == 1


async def test_the_ids_of_a_batch_are_uuids_of_version_7_in_its_order(maker: Api) -> None:
    await appropriate(maker, 1)
    post = """
        SELECT array_agg(b.journal_id ORDER BY b.ord) FROM account d, account c, LATERAL post_batch('230882',
          ARRAY(SELECT %s || g FROM generate_series(1, 300) AS g), array_fill(DATE '2018-06-01', '{300}'),
          array_fill(NULL::text, '{300}'), ARRAY(SELECT generate_series(1, 300)), array_fill(d.id, '{300}'),
          array_fill(c.id, '{300}'), array_fill(1::bigint, '{300}'), 'TRANSFER') AS b
        WHERE d.code = 'bank' AND c.code = 'appropriation'
    """
    ((first,),) = await maker.sql(post, "a")
    ((second,),) = await maker.sql(post, "b")

    assert first + second == sorted({*first, *second})
    assert {(id_.version, id_.variant) for id_ in first + second} == {(7, "specified in RFC 4122")}


async def test_forty_racing_spends_of_100_against_900_make_nine(maker: Api) -> None:
    await appropriate(maker, 900)

    answers = await asyncio.gather(*(maker.post("/v1/transfers", key=f"s{n}", json=SPEND) for n in range(40)))

    assert sorted(answer.status_code for answer in answers) == [201] * 9 + [409] * 31
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"short-of-funds"}
    assert await balance(maker, "bank") == 0
    assert await all_sound(maker)


async def test_one_that_cannot_stand_does_not_sink_those_beside_it(funds: Api, maker: Api) -> None:
    await appropriate(maker, 10)
    other = funds.as_("finance-maker", sub="another-clerk")
    wrong: list[tuple[dict[str, Any], str]] = [
        (SPEND | {"amount_fen": 5_000}, "short-of-funds"),
        (PUT | {"credit": "nowhere"}, "no-such-account"),
        (PUT | {"credit": "bank"}, "same-account"),
        (PUT | {"credit": "payable"}, "managed-account"),
        (PUT | {"effective_on": "2999-01-01"}, "future-date"),
    ]
    asked = [(maker, f"g{n}", PUT) for n in range(10)] + [(other, f"g{n}", PUT) for n in range(10)]
    asked += [(maker, f"w{n}", new) for n, (new, _) in enumerate(wrong)]

    async def send() -> list[httpx.Response]:
        return await asyncio.gather(*(api.post("/v1/transfers", key=key, json=new) for api, key, new in asked))

    first = await send()
    again = await send()

    assert [answer.status_code for answer in first[:20]] == [201] * 20
    assert [answer.json()["code"] for answer in first[20:]] == [code for _, code in wrong]
    assert [answer.json().get("journal_id") for answer in again] == [a.json().get("journal_id") for a in first]
    assert {answer.headers.get("idempotent-replayed") for answer in again[:20]} == {"true"}
    assert await balance(maker, "bank") == 30
    actors = await maker.sql("SELECT actor, count(*) FROM journal WHERE idem_key LIKE '%%:g%%' GROUP BY actor")
    assert sorted(n for _, n in actors) == [10, 10]
    assert await all_sound(maker)


async def test_those_that_wait_are_posted_in_one_transaction(maker: Api) -> None:
    await appropriate(maker, 10)

    await asyncio.gather(*(maker.post("/v1/transfers", key=f"k{n}", json=PUT) for n in range(60)))

    ((journals, transactions),) = await maker.sql("SELECT count(*), count(DISTINCT xid::text) FROM journal")
    assert journals == 61
    assert transactions < 20
    assert coalescer(maker.runtime).pending == {}


async def test_a_key_is_not_taken_for_another_transfer_while_the_first_is_on_its_way(maker: Api) -> None:
    await appropriate(maker, 10)

    answers = await asyncio.gather(
        *(maker.post("/v1/transfers", key="k", json=PUT | {"amount_fen": n}) for n in range(1, 6))
    )

    assert min(answer.status_code for answer in answers) == 201
    assert {answer.json()["code"] for answer in answers if answer.status_code != 201} == {"key-reused"}
    assert sum(answer.status_code == 201 for answer in answers) == 1


async def test_a_dropped_answer_is_given_again(maker: Api) -> None:
    """The caller hangs up once the request is in; asking again with the key gives what was done."""
    await appropriate(maker, 10)

    for number in range(8):
        call = asyncio.create_task(maker.post("/v1/transfers", key=f"d{number}", json=PUT))
        await asyncio.sleep(0.002 * number)
        call.cancel()
        await asyncio.wait([call])
    answers = [await maker.post("/v1/transfers", key=f"d{number}", json=PUT) for number in range(8)]

    assert {answer.status_code for answer in answers} == {201}
    assert await balance(maker, "bank") == 18
    assert await all_sound(maker)


@dataclass
class Model:
    """What the ledger should hold: plain sums, no overdraft on the bank."""

    net: dict[str, int] = field(default_factory=lambda: {"bank": 0, "appropriation": 0})
    done: dict[str, dict[str, Any]] = field(default_factory=dict)

    def transfer(self, key: str, new: dict[str, Any]) -> int:
        if key in self.done:
            return 201 if self.done[key] == new else 422
        sign = 1 if new["debit"] == "bank" else -1
        if self.net["bank"] + sign * new["amount_fen"] < 0:
            return 409
        self.done[key] = new
        self.net = {code: net + sign * new["amount_fen"] for code, net in self.net.items()}
        return 201


RUNS = count()
STEP = st.tuples(st.integers(0, 5), st.booleans(), st.integers(1, 50), st.booleans())


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=1, max_size=12))
async def test_the_ledger_does_what_a_model_of_it_does(maker: Api, steps: list[tuple[int, bool, int, bool]]) -> None:
    run, model = next(RUNS), Model()
    before = await balance(maker, "bank") if run else 0
    model.net["bank"] = before
    refused: dict[str, dict[str, Any]] = {}
    for number, put, fen, batch in steps:
        key = f"{run}-{number}-{'b' if batch else 's'}"
        new = (PUT if put else SPEND) | {"amount_fen": fen}
        path, body = ("/v1/transfers:batch", {"transfers": [new]}) if batch else ("/v1/transfers", new)

        answer = await maker.post(path, key=key, json=body)

        if key in refused:  # a refusal is kept as a success is
            assert answer.status_code == (409 if refused[key] == new else 422)
            continue
        expected = model.transfer(key, new)
        assert answer.status_code == expected, answer.text
        if expected == 409:
            refused[key] = new
    assert (await balance(maker, "bank") if model.done or run else 0) == model.net["bank"]
    assert await all_sound(maker)
