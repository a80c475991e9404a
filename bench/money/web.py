"""Transfers over HTTP beside an empty authenticated POST of the same application, and beside django-hordak."""

import asyncio
import json
import os
import re
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import psycopg
from fastapi import FastAPI

from bench.money.sql import CLIENTS, Bench, plain
from fupin import issuer, runtime
from fupin.app import Router
from fupin.auth import needs
from fupin.jwks import StaticKeys
from fupin.settings import Settings
from services.funds.app import create_app

CALLERS, PORT = 64, 18_902


def application() -> FastAPI:
    """The funds service with one more route, which does nothing."""
    runtime.__dict__["IssuerKeys"] = lambda _: StaticKeys(issuer.jwks(Settings()))  # no portal runs
    router = Router()

    @router.post("/v1/nothing", dependencies=[needs("funds:post")])
    async def nothing() -> dict[str, str]:
        """An empty authenticated POST."""
        return {}

    app = create_app()
    app.include_router(router)
    return app


async def _caller(head: str, bodies: Any, until: float) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    done = 0
    while time.monotonic() < until:
        body = next(bodies)
        head_now = f"{head}idempotency-key: {uuid.uuid4().hex}\r\ncontent-length: {len(body)}\r\n\r\n"
        writer.write(head_now.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer[9:12] in (b"200", b"201"), answer
        length = re.search(rb"content-length: (\d+)", answer)
        assert length is not None
        await reader.readexactly(int(length.group(1)))
        done += 1
    writer.close()
    return done


async def _callers(path: str, token: str, bodies: Any, callers: int, seconds: int) -> float:
    head = f"POST {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n"
    began = time.monotonic()
    done = await asyncio.gather(*(_caller(head, bodies, began + seconds) for _ in range(callers)))
    return sum(done) / (time.monotonic() - began)


class Hordak:
    """django-hordak in a database of its own on the same server, run by the Python of its own environment."""

    def __init__(self, bench: Bench, python: Path) -> None:
        with psycopg.connect(plain(bench.server.url()), autocommit=True) as db:
            db.execute("CREATE DATABASE hordak")
        self.command = [python, "bench/money/peer.py", str(CLIENTS)]
        self.environment = {"DATABASE_URL": plain(bench.server.url("hordak"))}
        self.rate(0)

    def rate(self, seconds: int) -> float:
        told = subprocess.run(
            [*self.command, str(seconds)], env=self.environment, stdout=subprocess.PIPE, text=True, check=True
        )
        return float(told.stdout or 0)


def over_http(bench: Bench, rounds: int, hordak: Path | None) -> dict[str, list[float]]:
    """Requests or transfers a second by kind, a value a round."""
    peer = Hordak(bench, hordak) if hordak else None
    environment = os.environ | {"FUPIN_HOME": str(bench.home), "FUPIN_FUNDS_DATABASE_URL": bench.login}
    service = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "--factory", "bench.money.web:application", "--port", str(PORT),
         "--log-level", "critical", "--no-access-log"],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        token = issuer.mint(Settings(home=bench.home), "finance-maker")

        def one() -> dict[str, Any]:
            n = uuid.uuid4().int
            return {"debit": f"a{n % 500:04}", "credit": f"a{500 + n // 500 % 500:04}", "amount_fen": 1}

        singles = iter(lambda: json.dumps(one()).encode(), b"")
        batches = iter(lambda: json.dumps({"transfers": [one() for _ in range(1_000)]}).encode(), b"")
        empty = iter(lambda: b"{}", b"")
        for _ in range(600):
            try:
                asyncio.run(_callers("/v1/nothing", token, empty, 1, 0))
                asyncio.run(_callers("/v1/transfers", token, singles, 4, 1))
                break
            except OSError:
                time.sleep(0.2)
        found: dict[str, list[float]] = {
            "empty authenticated POST": [], "HTTP singles, coalesced": [], "HTTP batches of 1,000": []
        }  # fmt: skip
        if peer:
            found["django-hordak"] = []
        for _ in range(rounds):
            seconds = bench.seconds
            found["empty authenticated POST"].append(
                asyncio.run(_callers("/v1/nothing", token, empty, CALLERS, seconds))
            )
            found["HTTP singles, coalesced"].append(
                asyncio.run(_callers("/v1/transfers", token, singles, CALLERS, seconds))
            )
            found["HTTP batches of 1,000"].append(
                1_000 * asyncio.run(_callers("/v1/transfers:batch", token, batches, 4, seconds))
            )
            if peer:
                found["django-hordak"].append(peer.rate(seconds))
        return found
    finally:
        service.terminate()
        service.wait(20)
