"""How a message ends is told to who asked to hear it, in a transaction that commits with what the listener did."""

from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin import outbox
from fupin.auth import Principal
from fupin.db import transaction
from fupin.remote import Peer
from tests.conftest import Api

WHO = Principal("li", "portal", frozenset(), "230882")


class Receiver:
    """Stands where the other service would, and answers with what it is told to."""

    def __init__(self, projects: Api) -> None:
        self.answers: list[tuple[int, str]] = []
        self.seen: list[httpx.Request] = []
        peer = Peer("funds", projects.settings, transport=httpx.MockTransport(self.answer))
        peer._token = self.token  # type: ignore[method-assign]  # no issuer runs here
        projects.runtime._peers["funds"] = peer

    async def token(self) -> str:
        return "mine"

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        status, code = self.answers.pop(0)
        body = {"receipt_id": "r1"} if status == 201 else {"type": f"/problems/{code}"}
        return httpx.Response(status, json=body)


@pytest.fixture
def receiver(projects: Api) -> Receiver:
    return Receiver(projects)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[outbox.Outcome]:
    outcomes: list[outbox.Outcome] = []
    monkeypatch.setattr(outbox, "_listeners", dict(outbox._listeners))

    @outbox.hears("test")
    async def listen(db: AsyncSession, outcome: outbox.Outcome) -> None:
        division = (await db.execute(text("SELECT current_setting('fupin.division')"))).scalar_one()
        assert division == WHO.division
        outcomes.append(outcome)

    return outcomes


async def post(projects: Api, key: str, then: str | None = "test") -> None:
    async with transaction(projects.runtime, WHO) as db:
        await outbox.post_later(db, WHO, peer="funds", path="/v1/incomes", body={"amount_fen": 1}, key=key, then=then)


async def jobs(projects: Api) -> list[tuple[Any, ...]]:
    return await projects.admin_sql(
        "SELECT status::text, attempts FROM projects.procrastinate_jobs WHERE task_name = 'deliver' ORDER BY id"
    )


async def test_the_answer_and_the_final_refusal_are_heard(
    projects: Api, receiver: Receiver, heard: list[outbox.Outcome]
) -> None:
    receiver.answers = [(201, ""), (409, "receipt-exists")]
    await post(projects, "one")
    await post(projects, "two")
    await projects.drain()

    told = {outcome.key: outcome for outcome in heard}
    assert told["one"].answer == {"receipt_id": "r1"}
    assert told["one"].refusal is None
    refusal = told["two"].refusal
    assert refusal is not None
    assert (refusal.peer_status, refusal.peer_problem) == (409, "/problems/receipt-exists")
    assert {status for status, _ in await jobs(projects)} == {"succeeded"}


async def test_a_refusal_that_passes_is_tried_again_and_not_told(
    projects: Api, receiver: Receiver, heard: list[outbox.Outcome]
) -> None:
    receiver.answers = [(403, "missing-scope"), (429, "too-many-requests"), (201, "")]  # the second at once
    await post(projects, "one")
    await projects.drain()
    assert heard == []
    assert await jobs(projects) == [("todo", 2)]

    await projects.sql("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")
    await projects.drain()
    assert [outcome.answer for outcome in heard] == [{"receipt_id": "r1"}]
    assert {request.headers["idempotency-key"] for request in receiver.seen} == {"one"}


async def test_a_final_refusal_that_nobody_hears_stays_with_the_operator(projects: Api, receiver: Receiver) -> None:
    receiver.answers = [(422, "invalid")]
    await post(projects, "one", then=None)
    await projects.drain()
    assert await jobs(projects) == [("failed", 1)]
    assert receiver.answers == []
