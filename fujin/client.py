"""A polite HTTP client of the four services.

    api = Api("http://127.0.0.1:8000")
    funds = api("funds", role="finance-maker")
    loan = funds.post("/v1/loans", json={...}, key="fujin-loan-1")

It asks the issuer for tokens, gives every POST an Idempotency-Key, waits out a service that is restarting and sends
the same request again with the same key: whoever kills it half way can start it again, and nothing happens twice.
"""

import hashlib
import json as jsonlib
import os
import platform
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

PORTS = {"portal": 0, "registry": 1, "funds": 2, "projects": 3, "inspection": 4}
PATIENCE = 60.0  # seconds that a service may be away

Files = Mapping[str, tuple[str, bytes, str]]
Told = Callable[[str], None]


class Refused(Exception):
    """The service said no. `problem` is its body (RFC 9457); the message is what a person needs to read."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        try:
            body = response.json()
        except ValueError:
            body = None
        self.problem: dict[str, Any] = body if isinstance(body, dict) else {"title": response.text[:500]}
        asked = f"{response.request.method} {response.request.url}"
        super().__init__(f"{asked} -> {self.status} {_told(self.problem)}")


class Failed(Exception):
    """A long operation ended otherwise than well."""

    def __init__(self, operation: Mapping[str, Any]) -> None:
        self.operation = operation
        self.problem: dict[str, Any] = operation.get("problem") or {}
        super().__init__(f"operation {operation.get('kind')} {operation.get('state')}: {_told(self.problem)}")


class Silent(Exception):
    """A service did not answer for a minute."""


class Api:
    """The front door: gives a `Service` to speak to in a role."""

    def __init__(self, portal: str = "http://127.0.0.1:8000", *, tell: Told | None = None) -> None:
        self.portal = portal.rstrip("/")
        self.tell: Told = tell or (lambda _: None)
        self.calls = 0
        # Several threads may load at once; each service takes a few connections at a time.
        limits = httpx.Limits(max_connections=16)
        # No proxy stands between us and the county.
        self.http = httpx.Client(timeout=httpx.Timeout(30, connect=3), limits=limits, trust_env=False)
        self._tokens: dict[tuple[str, str | None], tuple[str, float]] = {}
        self._lock = threading.Lock()

    def __call__(self, service: str, role: str = "county-admin", division: str | None = None) -> "Service":
        return Service(self, service, role, division)

    def close(self) -> None:
        self.http.close()

    def url(self, service: str) -> str:
        """Where a service answers: FUPIN_REGISTRY_URL and the like, else the portal's port and the four after it."""
        given = os.environ.get(f"FUPIN_{service.upper()}_URL")
        if service == "portal" or given:
            return (given or self.portal).rstrip("/")
        portal = urlsplit(self.portal)
        return f"{portal.scheme}://{portal.hostname}:{(portal.port or 8000) + PORTS[service]}"

    def token(self, role: str, division: str | None, *, fresh: bool = False) -> str:
        """An access token from the issuer (OAuth 2 client credentials), kept until shortly before it expires."""
        with self._lock:
            token, until = self._tokens.get((role, division), ("", 0.0))
            if fresh or time.monotonic() > until:
                form = {"grant_type": "client_credentials", "client_id": role, "client_secret": _secret(role)}
                if division:
                    form["division"] = division
                answer = self.send("POST", f"{self.portal}/oauth/token", data=form)
                if answer.is_error:
                    raise Refused(answer)
                granted = answer.json()
                token, until = granted["access_token"], time.monotonic() + granted.get("expires_in", 300) * 0.8
                self._tokens[role, division] = token, until
            return token

    def send(self, method: str, url: str, **request: Any) -> httpx.Response:
        """One request, sent again while the service is away, busy or still at work on the same key."""
        give_up = time.monotonic() + PATIENCE
        pause = 0.1
        while True:
            self.calls += 1
            try:
                answer = self.http.request(method, url, **request)
            except httpx.TransportError as error:
                if time.monotonic() > give_up:
                    raise Silent(f"{url} does not answer ({type(error).__name__}); is it running?") from error
                wait = pause
            else:
                if not _come_back(answer) or time.monotonic() > give_up:
                    return answer
                wait = max(pause, _seconds(answer.headers.get("Retry-After")))
            if pause > 1:
                self.tell(f"waiting for {url}")
            time.sleep(min(wait, 5))
            pause = min(pause * 2, 5)


class Service:
    """One service, spoken to in one role. Every method returns the answer's JSON or raises `Refused`."""

    def __init__(self, api: Api, name: str, role: str, division: str | None) -> None:
        self.api = api
        self.name = name
        self.role = role
        self.division = division
        self.base = api.url(name)

    def get(self, path: str, **params: Any) -> Any:
        return self._json(self.ask("GET", path, params=params))

    def post(
        self,
        path: str,
        json: Any = None,
        *,
        files: Files | None = None,
        data: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> Any:
        return self._json(self.send_post(path, json, files=files, data=data, key=key))

    def send_post(
        self,
        path: str,
        json: Any = None,
        *,
        files: Files | None = None,
        data: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> httpx.Response:
        """Like `post`, but the whole answer: `wait` takes it.

        Without a key the content is the key: the same POST twice is then one. Two equal things need two keys.
        """
        headers = {"Idempotency-Key": key or self._key(path, json, files, data)}
        return self.ask("POST", path, json=json, files=files, data=data, headers=headers)

    def patch(self, path: str, json: Any, version: str | None = None) -> Any:
        """Changes what was last read; without an ETag given, what stands there now."""
        etag = version or self.ask("GET", path).headers["ETag"]
        return self._json(self.ask("PATCH", path, json=json, headers={"If-Match": etag}))

    def items(self, path: str, **params: Any) -> Iterator[Any]:
        """Every row of a list, page after page."""
        cursor: str | None = None
        while True:
            page = self.get(path, **({"limit": 200} | params), **({"cursor": cursor} if cursor else {}))
            yield from page["items"]
            cursor = page["next_cursor"]
            if not cursor:
                return

    def count(self, path: str, **params: Any) -> int:
        """How many rows a list holds."""
        answer = self.ask("GET", path, params={"limit": 1} | params, headers={"Prefer": "count=exact"})
        return int(self._json(answer)["total_count"])

    def wait(self, answer: httpx.Response) -> dict[str, Any]:
        """The result of the operation that a 202 promised, once it is there. Raises `Failed`."""
        started = self._json(answer)
        where = answer.headers.get("Location") or f"/v1/operations/{started['id']}"
        path = urlsplit(where).path
        pause, told = 0.05, ""
        while True:
            operation: dict[str, Any] = self.get(path)
            if operation["state"] == "SUCCEEDED":
                return operation.get("result") or {}
            if operation["state"] in ("FAILED", "CANCELLED"):
                raise Failed(operation)
            line = f"{operation['kind']}: {operation['phase']} {operation['done']}/{operation['total'] or '?'}"
            if line != told and pause > 0.3:
                self.api.tell(line)
                told = line
            time.sleep(pause)
            pause = min(pause * 1.3, 1.0)

    def today(self) -> date:
        """The day that the service lives in: its clock may have been moved."""
        return date.fromisoformat(self.get("/v1/figures")["as_of"])

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """A request with a token; the token is renewed once when it was refused. Raises `Refused`."""
        headers = dict(request.pop("headers", {}))
        params = {
            name: _param(value) for name, value in (request.pop("params", None) or {}).items() if value is not None
        }
        # Merged, not replaced: a figure's href has parameters of its own.
        url = httpx.URL(path if path.startswith("http") else f"{self.base}{path}").copy_merge_params(params)
        for fresh in (False, True):
            headers["Authorization"] = f"Bearer {self.api.token(self.role, self.division, fresh=fresh)}"
            answer = self.api.send(method, str(url), headers=headers, **request)
            if answer.status_code != httpx.codes.UNAUTHORIZED:
                break
        if answer.is_error:
            raise Refused(answer)
        return answer

    def _json(self, answer: httpx.Response) -> Any:
        return answer.json() if answer.content else None

    def _key(self, path: str, json: Any, files: Files | None, data: Mapping[str, str] | None) -> str:
        digest = hashlib.sha256(f"{self.name}|{self.role}|{self.division}|{path}|".encode())
        digest.update(jsonlib.dumps([json, data], sort_keys=True, ensure_ascii=False, default=str).encode())
        for field, (_, content, _) in sorted((files or {}).items()):
            digest.update(field.encode() + hashlib.sha256(content).digest())
        return f"fujin-{digest.hexdigest()[:32]}"


def _secret(role: str) -> str:
    """FUJIN_CLIENT_SECRET, else the role's entry in the file that `fupin up` made (FUJIN_CLIENTS names another)."""
    if given := os.environ.get("FUJIN_CLIENT_SECRET"):
        return given
    path = Path(os.environ.get("FUJIN_CLIENTS") or _home() / "secrets" / "clients.json")
    try:
        return str(jsonlib.loads(path.read_text())[role]["secret"])
    except FileNotFoundError:
        raise SystemExit(f"{path} is not there: set FUJIN_CLIENT_SECRET, or FUJIN_CLIENTS to the file.") from None
    except KeyError:
        raise SystemExit(f"{path} holds no secret for {role}.") from None


def _home() -> Path:
    if given := os.environ.get("FUPIN_HOME"):
        return Path(given)
    if platform.system() == "Darwin":
        return Path.home() / "Library" / "Application Support" / "fupin"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "fupin"


def _come_back(answer: httpx.Response) -> bool:
    if answer.status_code in (429, 502, 503, 504):
        return True
    return answer.status_code == httpx.codes.CONFLICT and "Retry-After" in answer.headers


def _seconds(header: str | None) -> float:
    return float(header) if header and header.isdecimal() else 0.0


def _param(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _told(problem: Mapping[str, Any]) -> str:
    errors = problem.get("errors") or []
    shown = "; ".join(f"{error.get('pointer')}: {error.get('detail')}" for error in errors[:5])
    said = " ".join(filter(None, [problem.get("code"), problem.get("title"), problem.get("detail")]))
    return f"{said} ({shown})" if shown else said
