"""The client that loads: patient with a service that restarts, and never doing a thing twice."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from fujin.client import Api, Failed, Refused, Silent

Answer = tuple[int, dict[str, str], Any]


class Played:
    """A server that gives the answers of a script, and notes what was asked."""

    def __init__(self) -> None:
        self.script: list[Callable[[], Answer]] = []
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.tokens = 0
        played = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.path == "/oauth/token":
                    played.tokens += 1
                    status, headers, content = 200, {}, {"access_token": f"t{played.tokens}", "expires_in": 3600}
                else:
                    played.asked.append((self.command, self.path, dict(self.headers), body))
                    status, headers, content = played.script.pop(0)()
                text = json.dumps(content).encode()
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(text))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PATCH = _answer  # noqa: N815  (names that http.server looks for)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def then(self, status: int, content: Any = None, **headers: str) -> "Played":
        self.script.append(
            lambda: (status, {name.replace("_", "-"): value for name, value in headers.items()}, content)
        )
        return self


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Iterator[Played]:
    found = Played()
    monkeypatch.setenv("FUPIN_FUNDS_URL", found.url)
    monkeypatch.setenv("FUJIN_CLIENT_SECRET", "s")
    thread = threading.Thread(target=found.server.serve_forever, daemon=True)
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


@pytest.fixture
def api(played: Played) -> Iterator[Api]:
    made = Api(played.url)
    yield made
    made.close()


def test_a_service_that_restarts_is_waited_for_and_asked_with_the_same_key(played: Played, api: Api) -> None:
    played.then(503).then(503).then(201, {"id": 1})
    assert api("funds").post("/v1/loans", {"a": 1}) == {"id": 1}
    keys = [headers["Idempotency-Key"] for _, _, headers, _ in played.asked]
    assert len(keys) == 3
    assert len(set(keys)) == 1
    assert len({body for *_, body in played.asked}) == 1


def test_a_key_still_at_work_is_asked_again(played: Played, api: Api) -> None:
    played.then(409, {"code": "key-in-progress"}, Retry_After="0").then(201, {"id": 1})
    assert api("funds").post("/v1/loans", {"a": 1}) == {"id": 1}


def test_a_business_refusal_is_told_at_once(played: Played, api: Api) -> None:
    played.then(409, {"code": "short-of-funds", "title": "Short."})
    with pytest.raises(Refused, match="short-of-funds Short") as refusal:
        api("funds").post("/v1/loans", {"a": 1})
    assert refusal.value.status == 409
    assert len(played.asked) == 1


def test_an_expired_token_is_renewed_once(played: Played, api: Api) -> None:
    played.then(401, {}).then(200, {"ok": True})
    assert api("funds").get("/v1/loans") == {"ok": True}
    assert [headers["Authorization"] for _, _, headers, _ in played.asked] == ["Bearer t1", "Bearer t2"]
    played.then(401, {}).then(401, {"title": "No."})
    with pytest.raises(Refused):
        api("funds").get("/v1/loans")


def test_the_same_post_has_the_same_key_and_another_has_another(played: Played, api: Api) -> None:
    for _ in range(4):
        played.then(201, {})
    funds = api("funds")
    funds.post("/v1/loans", {"a": 1, "b": 2})
    funds.post("/v1/loans", {"b": 2, "a": 1})
    funds.post("/v1/loans", {"a": 2, "b": 2})
    funds.post("/v1/loans", {"a": 1, "b": 2}, key="fujin-second")
    first, again, other, named = [headers["Idempotency-Key"] for _, _, headers, _ in played.asked]
    assert first == again
    assert first != other
    assert named == "fujin-second"


def test_a_list_is_read_page_after_page(played: Played, api: Api) -> None:
    played.then(200, {"items": [1, 2], "next_cursor": "c"}).then(200, {"items": [3], "next_cursor": None})
    assert list(api("funds").items("/v1/loans", poor=True)) == [1, 2, 3]
    assert [path for _, path, *_ in played.asked] == [
        "/v1/loans?limit=200&poor=true",
        "/v1/loans?limit=200&poor=true&cursor=c",
    ]


def test_the_rows_of_an_address_are_counted_with_its_own_filters(played: Played, api: Api) -> None:
    played.then(200, {"items": [], "next_cursor": None, "total_count": 8})
    assert api("funds").count("/v1/loans?poor=true") == 8
    (_, path, headers, _), *_ = played.asked
    assert path == "/v1/loans?poor=true&limit=1"
    assert headers["Prefer"] == "count=exact"


def test_an_operation_is_watched_to_its_end(played: Played, api: Api) -> None:
    running = {"id": "7", "kind": "import", "state": "RUNNING", "phase": "read", "done": 1, "total": 2}
    where = "/v1/operations/7"
    played.then(202, running, Location=where).then(200, running).then(
        200, running | {"state": "SUCCEEDED", "result": {"rows": 2}}
    )
    funds = api("funds")
    assert funds.wait(funds.send_post("/v1/imports")) == {"rows": 2}
    played.then(202, running, Location=where).then(200, running | {"state": "FAILED", "problem": {"code": "bad-file"}})
    with pytest.raises(Failed, match="bad-file"):
        funds.wait(funds.send_post("/v1/imports"))


def test_a_change_is_made_against_the_version_that_stands_there(played: Played, api: Api) -> None:
    played.then(200, {}, ETag='"3"').then(200, {"version": 4})
    assert api("funds").patch("/v1/loans/1", {"a": 2}) == {"version": 4}
    assert played.asked[1][2]["If-Match"] == '"3"'


def test_a_service_that_stays_silent_is_named(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fujin.client.PATIENCE", 0.2)
    monkeypatch.setenv("FUPIN_REGISTRY_URL", "http://127.0.0.1:9")
    with pytest.raises(Silent, match=r"127\.0\.0\.1:9"):
        api("registry").get("/v1/households")


def test_services_stand_on_the_four_ports_after_the_portals(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REGISTRY", "FUNDS", "PROJECTS", "INSPECTION"):
        monkeypatch.delenv(f"FUPIN_{name}_URL", raising=False)
    made = Api("http://county:9000/")
    assert [made.url(name) for name in ("portal", "registry", "inspection")] == [
        "http://county:9000",
        "http://county:9001",
        "http://county:9004",
    ]
    made.close()
