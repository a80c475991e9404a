"""
Asking another service over HTTP.

A call carries this service's own token, the user it acts for, and the request id. It gives up soon (connect 0.5 s,
read 2 s), tries again only what may be repeated (GET, and POST with an Idempotency-Key), and stops asking a peer that
keeps failing. Silence is `Unanswered`, which names the peer; a refusal is `PeerRefused`, which names its problem.
"""

import asyncio
import json
import random
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

import httpx
import structlog
from httpx_aiohttp import AiohttpTransport
from opentelemetry.trace import SpanKind
from pydantic import TypeAdapter, ValidationError

from fupin import auth, context, issuer, tracing
from fupin.breaker import Breaker
from fupin.problems import Problem
from fupin.settings import Settings

log = structlog.get_logger()

Shape = TypeVar("Shape")
Params = Mapping[str, Any]

CONNECT, READ = 0.5, 2.0  # seconds
TRIES = 4
PATIENCE = 6.0  # seconds after which no further try begins
PAUSE = 0.1  # seconds before the second try; doubles
AGAIN = {502, 503, 504}
NOT_MODIFIED = 304
STREAM_READ = 30.0  # seconds between two blocks of a stream
ANYTHING: TypeAdapter[Any] = TypeAdapter(Any)


class Unanswered(Problem):
    """A service this one depends on did not answer; `peer` says which. Nothing was changed here."""

    status = 503
    zh = "所依赖的服务没有应答（见 peer），本服务未做任何更改。"
    headers = MappingProxyType({"Retry-After": "5"})

    def __init__(self, peer: str) -> None:
        super().__init__(peer=peer)


class PeerRefused(Problem):
    """A service this one depends on refused; `peer_problem` says why."""

    status = 502
    zh = "所依赖的服务拒绝了请求，原因见 peer_problem。"

    def __init__(self, peer: str, peer_status: int, peer_problem: str) -> None:
        super().__init__(peer=peer, peer_status=peer_status, peer_problem=peer_problem)
        self.peer_status = peer_status
        self.peer_problem = peer_problem  # "/problems/short-of-funds"


class Digest(Protocol):
    """What `hashlib` makes."""

    def update(self, data: bytes, /) -> None: ...


@cache
def _trusted() -> ssl.SSLContext:
    """The system's authorities, read once: reading them costs 35 ms."""
    return httpx.create_ssl_context()


def _transport() -> httpx.AsyncBaseTransport:
    limits = httpx.Limits(max_connections=64, keepalive_expiry=4.0)  # uvicorn drops idle ones after 5 seconds
    return AiohttpTransport(limits=limits, verify=_trusted())


class ClientCredentials:
    """This service's own token (RFC 6749, section 4.4), fetched when needed and kept until shortly before it ends."""

    def __init__(self, settings: Settings, client_id: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.issuer = settings.issuer_url
        self.credentials = (client_id, issuer.client_secret(settings, client_id))
        self.http = httpx.AsyncClient(transport=transport or _transport(), timeout=httpx.Timeout(READ, connect=CONNECT))
        self.lock = asyncio.Lock()
        self.value, self.until, self.endpoint = "", 0.0, ""

    async def token(self) -> str:
        """A valid token. Unanswered when the issuer is silent, PeerRefused when it does not know us."""
        if time.monotonic() >= self.until:
            async with self.lock:
                if time.monotonic() >= self.until:
                    await self._fetch()
        return self.value

    def forget(self) -> None:
        """The token was not accepted: ask for another next time."""
        self.until = 0.0

    async def aclose(self) -> None:
        await self.http.aclose()

    async def _fetch(self) -> None:
        try:
            if not self.endpoint:
                found = await self.http.get(f"{self.issuer}/.well-known/openid-configuration")
                self.endpoint = found.raise_for_status().json()["token_endpoint"]
            form = {"grant_type": "client_credentials"}
            response = await self.http.post(self.endpoint, data=form, auth=self.credentials)
            if 400 <= response.status_code < 429:
                raise PeerRefused("issuer", response.status_code, str(response.json().get("error")))
            granted = response.raise_for_status().json()
            self.value = str(granted["access_token"])
            lifetime = float(granted.get("expires_in", 60))
        except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("issuer unanswered", error=type(error).__name__)
            raise Unanswered("issuer") from error
        self.until = time.monotonic() + max(lifetime - min(60.0, lifetime / 5), 1.0)


@dataclass(frozen=True)
class Call:
    """One request to a peer, apart from the token: what is tried again is exactly the same."""

    method: str
    path: str
    params: Params | None = None
    body: Any = None
    key: str | None = None
    headers: Mapping[str, str] | None = None
    read: float = READ

    @property
    def repeatable(self) -> bool:
        return self.method == "GET" or self.key is not None


class Peer:
    """Another service. One client, kept; `transport` reaches it in process in tests."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        credentials: ClientCredentials | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.name = name
        self.credentials = credentials
        self.breaker = Breaker()
        self.http = httpx.AsyncClient(base_url=settings.service_url(name), transport=transport or _transport())

    async def get(
        self, path: str, shape: TypeAdapter[Shape], params: Params | None = None, *, read: float = READ,
        bearer: str | None = None, headers: Mapping[str, str] | None = None,
    ) -> Shape:  # fmt: skip
        """
        GET into the shape the caller needs; fields it does not name are ignored.

        `bearer` forwards a user's own token instead of acting for them; "" sends none, to an open route.
        """
        return self._read(await self._send(Call("GET", path, params, headers=headers, read=read), bearer), shape)

    async def get_changed(
        self, path: str, shape: TypeAdapter[Shape], params: Params | None = None, *, held: str | None = None
    ) -> tuple[Shape, str | None] | None:
        """GET with the ETag of what is held already: None while that still stands, else the new value and its tag."""
        headers = {"If-None-Match": held} if held else None
        response = await self._send(Call("GET", path, params, headers=headers))
        if response.status_code == NOT_MODIFIED:
            return None
        return self._read(response, shape), response.headers.get("etag")

    async def post(
        self, path: str, shape: TypeAdapter[Shape], body: Any = None, *, key: str | None = None,
        params: Params | None = None, read: float = READ,
    ) -> Shape:  # fmt: skip
        """POST; only with an Idempotency-Key is it tried again."""
        return self._read(await self._send(Call("POST", path, params, body, key, read=read)), shape)

    async def deliver(self, path: str, body: Any, *, key: str, actor: str, division: str) -> Any:
        """POST on behalf of a user who has gone, as the outbox does; the answer as JSON, None where it is empty."""
        on_behalf = {"X-Fupin-Actor": quote(actor, safe=""), "X-Fupin-Division": division}
        response = await self._send(Call("POST", path, body=body, key=key, headers=on_behalf))
        return self._read(response, ANYTHING) if response.content else None

    async def lines(
        self, path: str, shape: TypeAdapter[Shape], params: Params | None = None, *, read: float = STREAM_READ,
        digest: Digest | None = None,
    ) -> AsyncIterator[Shape]:  # fmt: skip
        """
        The lines of an NDJSON stream, one by one. A stream that breaks off is Unanswered, never a shorter list.

        `digest` is updated with the bytes of the stream as they came.
        """
        call = Call("GET", path, params, headers={"Accept": "application/x-ndjson"}, read=read)
        rest = b""
        async with self._opened(call) as response:
            try:
                async for block in response.aiter_bytes():
                    if digest is not None:
                        digest.update(block)
                    *whole, rest = (rest + block).split(b"\n")
                    for line in whole:
                        if line:
                            yield self._line(line, shape)
            except httpx.HTTPError as error:
                raise self._silent(error) from error
        if rest:
            yield self._line(rest, shape)

    def opened(
        self, path: str, params: Params | None = None, *, bearer: str | None = None,
        headers: Mapping[str, str] | None = None, read: float = STREAM_READ,
    ) -> AbstractAsyncContextManager[httpx.Response]:  # fmt: skip
        """GET whatever it is, to be passed on block by block."""
        return self._opened(
            Call("GET", path, params, headers={"Accept": "*/*"} | dict(headers or {}), read=read), bearer
        )

    async def aclose(self) -> None:
        await self.http.aclose()

    async def _send(self, call: Call, bearer: str | None = None) -> httpx.Response:
        async with self._opened(call, bearer) as response:
            try:
                await response.aread()
            except httpx.HTTPError as error:
                raise self._silent(error) from error
            return response

    @asynccontextmanager
    async def _opened(self, call: Call, bearer: str | None = None) -> AsyncIterator[httpx.Response]:
        """The answer to a call, its body not yet read; tries again as far as that is safe."""
        body = None if call.body is None else json.dumps(call.body, ensure_ascii=False, default=str).encode()
        began, renewed, tries = time.monotonic(), False, 0
        while True:
            if not self.breaker.allows():
                raise Unanswered(self.name)
            tries += 1
            error: Exception | None = None
            try:
                asked = {"http.request.method": call.method, "server.address": self.name}
                with tracing.span(f"{call.method} {self.name}", SpanKind.CLIENT, asked) as made:
                    response = await self._try(call, body, bearer)
                    made.set_attribute("http.response.status_code", response.status_code)
            except httpx.HTTPError as found:
                error = found
            if error is None:
                if response.is_success or response.status_code == NOT_MODIFIED:
                    self.breaker.succeeded()
                    try:
                        yield response
                    finally:
                        await response.aclose()
                    return
                refusal = await self._refusal(response)
                if response.status_code == 401 and bearer is None and self.credentials and not renewed:
                    self.credentials.forget()
                    renewed = True
                    continue
                if refusal and refusal.peer_problem != "/problems/key-in-progress":
                    self.breaker.succeeded()
                    raise refusal
            if error or response.is_server_error:
                self.breaker.failed()
            tired = tries >= TRIES or time.monotonic() - began > PATIENCE
            if tired or not call.repeatable or (error is None and response.status_code not in {*AGAIN, 409}):
                raise self._silent(error) from error
            # Jitter: the callers of a peer that comes back must not all return at the same moment.
            await asyncio.sleep(random.uniform(0.5, 1.0) * PAUSE * 2 ** (tries - 1))  # noqa: S311  # not a secret

    async def _try(self, call: Call, body: bytes | None, bearer: str | None) -> httpx.Response:
        headers = {"Accept": "application/json"} | _context()
        if bearer is None:
            headers |= {"Authorization": f"Bearer {await self._token()}"} | on_behalf()
        elif bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        if call.key is not None:
            headers["Idempotency-Key"] = call.key
        request = self.http.build_request(
            call.method, call.path, params=_query(call.params), content=body,
            headers=headers | dict(call.headers or {}), timeout=httpx.Timeout(call.read, connect=CONNECT),
        )  # fmt: skip
        return await self.http.send(request, stream=True)

    async def _token(self) -> str:
        if self.credentials is None:
            raise Unanswered(self.name)
        return await self.credentials.token()

    def _silent(self, error: Exception | None) -> Unanswered:
        log.warning("peer unanswered", peer=self.name, error=type(error).__name__ if error else "status")
        return Unanswered(self.name)

    async def _refusal(self, response: httpx.Response) -> PeerRefused | None:
        """A 4xx with the problem it carries; None for a failure of the peer (5xx) or anything that is no answer."""
        try:
            found = json.loads(await response.aread())
        except (httpx.HTTPError, ValueError):
            found = None
        finally:
            await response.aclose()
        if not 400 <= response.status_code < 500:
            return None
        kind = found.get("type") if isinstance(found, dict) else None
        return PeerRefused(self.name, response.status_code, kind if isinstance(kind, str) else "about:blank")

    def _read(self, response: httpx.Response, shape: TypeAdapter[Shape]) -> Shape:
        try:
            return shape.validate_json(response.content)
        except ValidationError as error:
            raise self._misread(error) from None

    def _line(self, line: bytes, shape: TypeAdapter[Shape]) -> Shape:
        try:
            return shape.validate_json(line)
        except ValidationError as error:
            raise self._misread(error) from None

    def _misread(self, error: ValidationError) -> Unanswered:
        # Where it differs, not what it says: the answer may hold a person's data.
        log.error("peer misread", peer=self.name, at=[".".join(map(str, e["loc"])) for e in error.errors()[:5]])
        return Unanswered(self.name)


def on_behalf() -> dict[str, str]:
    """The headers that say for whom we ask, from the principal of the current request or job."""
    who = auth.current.get()
    if who is None:
        return {}
    return {"X-Fupin-Actor": quote(who.actor, safe=""), "X-Fupin-Division": who.division}


def _context() -> dict[str, str]:
    carried = {"X-Request-Id": context.request_id.get(), "traceparent": tracing.carried()}
    return {name: value for name, value in carried.items() if value}


def _query(params: Params | None) -> dict[str, Any] | None:
    """Query parameters as services read them: nothing for None, true and false in lower case."""
    if params is None:
        return None
    return {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in params.items()
        if value is not None
    }
