"""Calls between services, against a real server that can be slow, silent, failing or wrong."""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from pydantic import BaseModel, TypeAdapter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from fupin import auth, context, remote
from fupin.auth import Principal
from fupin.breaker import Breaker
from fupin.remote import ClientCredentials, Peer, PeerRefused, Unanswered
from fupin.settings import Settings


class Sibling:
    """A registry that answers as its next entry in `plan` says; afterwards it is well."""

    def __init__(self) -> None:
        self.plan: list[int | float] = []
        self.seen: list[Request] = []
        self.tokens = 0
        routes = [
            Route("/.well-known/openid-configuration", self.configuration),
            Route("/oauth/token", self.token, methods=["POST"]),
            Route("/v1/frame", self.frame),
            Route("/v1/broken", self.broken),
            Route("/{path:path}", self.answer, methods=["GET", "POST"]),
        ]
        self.app = Starlette(routes=routes)
        self.url = ""

    async def configuration(self, _: Request) -> Response:
        return JSONResponse({"issuer": self.url, "token_endpoint": f"{self.url}/oauth/token"})

    async def token(self, _: Request) -> Response:
        self.tokens += 1
        return JSONResponse({"access_token": f"token-{self.tokens}", "expires_in": 3600})

    async def answer(self, request: Request) -> Response:
        await request.body()
        self.seen.append(request)
        match self.plan.pop(0) if self.plan else 200:
            case float(seconds):
                await asyncio.sleep(seconds)
            case int(status) if status >= 300:
                problem = {"type": "/problems/key-in-progress" if status == 409 else "/problems/not-found"}
                return JSONResponse(problem, status)
        return JSONResponse({"name": "长安", "more": 1})

    async def frame(self, _: Request) -> Response:
        async def lines() -> AsyncIterator[bytes]:
            text = "".join(f'{{"name":"{n}村"}}\n' for n in range(500)).encode()
            for start in range(0, len(text), 77):
                yield text[start : start + 77]

        return StreamingResponse(lines(), media_type="application/x-ndjson")

    async def broken(self, _: Request) -> Response:
        async def lines() -> AsyncIterator[bytes]:
            yield b'{"name":"one"}\n{"na'
            await asyncio.sleep(0.05)
            raise ConnectionResetError

        return StreamingResponse(lines(), media_type="application/x-ndjson")


class Village(BaseModel):
    name: str


VILLAGE = TypeAdapter(Village)
NUMBER = TypeAdapter(int)


@pytest.fixture(scope="module")
def running() -> Iterator[Sibling]:
    sibling = Sibling()
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    sibling.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(sibling.app, log_level="critical", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield sibling
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.fixture
def sibling(running: Sibling, monkeypatch: pytest.MonkeyPatch) -> Sibling:
    running.plan, running.seen, running.tokens = [], [], 0
    monkeypatch.setattr(remote, "PAUSE", 0.001)
    return running


@pytest.fixture
def settings(sibling: Sibling, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, registry_url=sibling.url, issuer=sibling.url)


@pytest.fixture
async def peer(settings: Settings) -> AsyncIterator[Peer]:
    credentials = ClientCredentials(settings, "funds")
    peer = Peer("registry", settings, credentials=credentials)
    yield peer
    await peer.aclose()
    await credentials.aclose()


async def test_an_answer_is_read_into_the_shape_asked_for(peer: Peer, sibling: Sibling) -> None:
    found = await peer.get("/v1/divisions/1", VILLAGE, {"poor": True, "on": None, "level": "VILLAGE"})
    assert found == Village(name="长安")
    assert sibling.seen[0].url.query == "poor=true&level=VILLAGE"


async def test_one_token_serves_many_calls_until_it_is_refused(peer: Peer, sibling: Sibling) -> None:
    await asyncio.gather(*(peer.get("/v1/divisions/1", VILLAGE) for _ in range(5)))
    assert sibling.tokens == 1
    sibling.plan = [401]
    await peer.get("/v1/divisions/1", VILLAGE)
    assert sibling.tokens == 2
    assert sibling.seen[-1].headers["authorization"] == "Bearer token-2"


async def test_a_call_says_for_whom_and_in_which_request(peer: Peer, sibling: Sibling) -> None:
    auth.current.set(Principal("李@230882101", "web", frozenset(), "230882101"))
    context.request_id.set("request-1")
    context.traceparent.set("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    await peer.get("/v1/divisions/1", VILLAGE)
    headers = sibling.seen[0].headers
    assert headers["x-fupin-actor"] == "%E6%9D%8E%40230882101"
    assert headers["x-fupin-division"] == "230882101"
    assert headers["x-request-id"] == "request-1"
    assert headers["traceparent"].startswith("00-0af7")


async def test_a_forwarded_token_speaks_for_itself(peer: Peer, sibling: Sibling) -> None:
    auth.current.set(Principal("li", "web", frozenset(), "230882101"))
    await peer.get("/v1/figures", VILLAGE, bearer="the-users-own")
    await peer.get("/v1/problems", VILLAGE, bearer="")
    assert sibling.seen[0].headers["authorization"] == "Bearer the-users-own"
    assert "authorization" not in sibling.seen[1].headers
    assert "x-fupin-actor" not in sibling.seen[0].headers
    assert sibling.tokens == 0


@pytest.mark.parametrize("failure", [502, 503, 504, 0.6])
async def test_a_failing_peer_is_asked_again(peer: Peer, sibling: Sibling, failure: float) -> None:
    sibling.plan = [failure, failure]
    assert await peer.get("/v1/divisions/1", VILLAGE, read=0.3) == Village(name="长安")
    assert len(sibling.seen) == 3


async def test_four_tries_are_enough(peer: Peer, sibling: Sibling) -> None:
    sibling.plan = [503] * 9
    with pytest.raises(Unanswered) as silence:
        await peer.get("/v1/divisions/1", VILLAGE)
    assert len(sibling.seen) == 4
    assert silence.value.members == {"peer": "registry"}


async def test_a_post_is_repeated_only_with_a_key(peer: Peer, sibling: Sibling) -> None:
    sibling.plan = [503, 409]
    await peer.post("/v1/snapshots", VILLAGE, {"on": "2018-05-17"}, key="once")
    assert [request.headers["idempotency-key"] for request in sibling.seen] == ["once"] * 3
    sibling.plan = [503]
    with pytest.raises(Unanswered):
        await peer.post("/v1/snapshots", VILLAGE, {})
    assert len(sibling.seen) == 4


async def test_the_outbox_delivers_for_a_user_who_has_gone(peer: Peer, sibling: Sibling) -> None:
    await peer.deliver("/v1/receipts", {"amount_fen": 1}, key="k", actor="li", division="230882")
    assert sibling.seen[0].headers["x-fupin-actor"] == "li"
    assert sibling.seen[0].headers["content-type"] == "application/json"


async def test_a_refusal_carries_the_peers_problem(peer: Peer, sibling: Sibling) -> None:
    sibling.plan = [404]
    with pytest.raises(PeerRefused) as refusal:
        await peer.get("/v1/households/230882101201", VILLAGE)
    members = {"peer": "registry", "peer_status": 404, "peer_problem": "/problems/not-found"}
    assert refusal.value.members == members
    assert len(sibling.seen) == 1


async def test_nobody_listening_is_a_named_silence(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    peer = Peer("funds", Settings(home=tmp_path, funds_url=url))
    with pytest.raises(Unanswered):
        await peer.get("/v1/accounts", VILLAGE, bearer="mine")
    await peer.aclose()


async def test_an_unintelligible_answer_counts_as_none(peer: Peer) -> None:
    with pytest.raises(Unanswered):
        await peer.get("/v1/divisions/1", NUMBER)


async def test_a_stream_is_read_line_by_line(peer: Peer) -> None:
    names = [village.name async for village in peer.lines("/v1/frame", VILLAGE)]
    assert names == [f"{n}村" for n in range(500)]


async def test_a_stream_that_breaks_off_is_not_a_shorter_list(peer: Peer) -> None:
    found: list[Any] = []
    with pytest.raises(Unanswered):
        found.extend([village async for village in peer.lines("/v1/broken", VILLAGE)])


async def test_a_peer_that_keeps_failing_is_left_alone_for_a_while(peer: Peer, sibling: Sibling) -> None:
    peer.breaker = Breaker(limit=4, rest=0.2)
    sibling.plan = [503] * 4
    for _ in range(5):
        with pytest.raises(Unanswered):
            await peer.get("/v1/divisions/1", VILLAGE)
    assert len(sibling.seen) == 4
    await asyncio.sleep(0.25)
    assert await peer.get("/v1/divisions/1", VILLAGE) == Village(name="长安")
    assert peer.breaker.failures == 0


def test_an_open_breaker_lets_one_call_through_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("fupin.breaker.time.monotonic", lambda: now[0])
    breaker = Breaker(limit=2, rest=5)
    breaker.failed()
    assert breaker.allows()
    breaker.failed()
    assert not breaker.allows()
    now[0] = 5
    assert [breaker.allows(), breaker.allows()] == [True, False]
    breaker.succeeded()
    assert breaker.allows()
