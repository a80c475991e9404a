"""Readers who take the first block of a download and no other."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import anyio
from starlette.types import Message

from tests.conftest import Api


@asynccontextmanager
async def slow_readers(api: Api, paths: Sequence[str]) -> AsyncIterator[None]:
    """One reader of each path, all of them waiting; they hang up in the end."""
    reached = anyio.Semaphore(0)

    async def receive() -> Message:
        await anyio.sleep_forever()
        raise AssertionError

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            reached.release()
            await anyio.sleep_forever()

    headers = [(name.lower(), value) for name, value in api.http.build_request("GET", "/").headers.raw]
    async with anyio.create_task_group() as readers:
        for path in paths:
            scope = {"type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1",
                     "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"",
                     "headers": headers, "scheme": "http", "server": ("test", 80),
                     "client": ("127.0.0.1", 9)}  # fmt: skip
            readers.start_soon(api.app, scope, receive, send)
        with anyio.fail_after(20):
            for _ in paths:
                await reached.acquire()
        yield
        readers.cancel_scope.cancel()
