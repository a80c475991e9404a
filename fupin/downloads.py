"""Downloads that take long: so many at a time, and no longer than their readers read."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from types import MappingProxyType
from typing import Any, Self
from weakref import WeakSet

import anyio
import structlog
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from fupin.problems import Problem

log = structlog.get_logger()

STALLED = 60.0  # seconds in which a reader must take the next block


class TooManyExports(Problem):
    """As many exports are running as the service lets run at once; try again when one has ended."""

    status = 503
    zh = "同时进行的导出已达上限，请待其结束后重试。"
    headers = MappingProxyType({"Retry-After": "30"})


class Turns:
    """
    How many exports may run at once in one process.

    Each holds a database connection for as long as it is read; with fewer turns than connections, requests never wait
    for somebody's slow download. An export that is dropped before it began gives its turn back when it is collected.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._running: WeakSet[Any] = WeakSet()

    @classmethod
    def of(cls, app: FastAPI) -> Self:
        """Those of the running service: under half of its connections."""
        found: Self | None = getattr(app.state, "export_turns", None)
        if found is None:
            found = app.state.export_turns = cls(max(1, (app.state.runtime.settings.pool_size - 1) // 2))
        return found

    def take(self, export: object) -> None:
        """Raises TooManyExports."""
        if export not in self._running and len(self._running) >= self._most:
            raise TooManyExports
        self._running.add(export)

    def give_back(self, export: object) -> None:
        self._running.discard(export)

    def download(self, export: object, blocks: AsyncGenerator[bytes | str, None], **options: Any) -> "Download":
        """The blocks as an answer that has a turn until they end. Raises TooManyExports."""
        self.take(export)

        async def taken() -> AsyncIterator[bytes | str]:
            try:
                async with aclosing(blocks):
                    async for block in blocks:
                        yield block
            finally:
                self.give_back(export)

        return Download(taken(), **options)


class _Stalled(Exception):
    """The reader took no block in time."""


class Download(StreamingResponse):
    """
    A stream whose reader must go on reading: one who stalls is cut off, and sees it in the missing end.

    The stream is closed with the answer, whatever ended it, so that its transaction ends there and then.
    """

    def __init__(self, blocks: AsyncIterator[bytes | str], stalled: float = STALLED, **options: Any) -> None:
        super().__init__(blocks, **options)
        self._blocks = blocks
        self._stalled = stalled

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def patient(message: Message) -> None:
            with anyio.move_on_after(self._stalled) as waited:
                await send(message)
            if waited.cancelled_caught:
                raise _Stalled

        try:
            await super().__call__(scope, receive, patient)
        except _Stalled:
            log.warning("download stalled", path=scope["path"], seconds=self._stalled)
        finally:
            close = getattr(self._blocks, "aclose", None)
            if close is not None:
                with anyio.CancelScope(shield=True):
                    await close()
