"""
Money under accidents: two processes of the account on one durable PostgreSQL, all killed with -9 while people post.

Every caller sends its transfer again, with the same key, until it is answered, as the API asks of it.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
import pytest

from fupin import issuer
from fupin.migrate import bootstrap, upgrade
from fupin.postgres import Server
from fupin.settings import Settings
from tests.conftest import PASSWORD, _plain
from tests.faults.processes import Process, free_ports

CALLERS = 8
PATIENCE = 120


class Callers:
    """People who post one transfer after another, each until it is answered."""

    def __init__(self, http: httpx.AsyncClient, ports: list[int]) -> None:
        self.http = http
        self.ports = ports
        self.numbers = count(1)
        self.done: dict[int, str] = {}
        self.answered: asyncio.Queue[int] = asyncio.Queue()
        self.troubles = 0
        self.over = False

    async def post(self, number: int) -> str:
        """The journal of transfer `number`, which moves `number` fen under a key of its own."""
        new = {"debit": "bank", "credit": "appropriation", "amount_fen": number}
        for attempt in count(number):
            url = f"http://127.0.0.1:{self.ports[attempt % len(self.ports)]}/v1/transfers"
            try:
                answer = await self.http.post(url, json=new, headers={"Idempotency-Key": f"n{number}"})
            except httpx.HTTPError:
                answer = None
            if answer is not None and answer.status_code == 201:
                return str(answer.json()["journal_id"])
            if answer is not None and answer.status_code < 500:
                assert answer.json()["code"] == "key-in-progress", answer.text
            self.troubles += 1
            await asyncio.sleep(0.02)
        raise AssertionError

    async def work(self) -> None:
        while not self.over:
            number = next(self.numbers)
            self.done[number] = await self.post(number)
            self.answered.put_nowait(number)

    async def more(self, transfers: int) -> None:
        """Until so many more were answered."""
        self.answered = asyncio.Queue()
        async with asyncio.timeout(PATIENCE):
            for _ in range(transfers):
                await self.answered.get()


@pytest.fixture
def durable(tmp_path: Path) -> Iterator[Server]:
    """PostgreSQL with fsync, on which nothing but the account lies."""
    with Server(tmp_path) as server:
        with psycopg.connect(_plain(server.url()), autocommit=True) as db:
            db.execute("CREATE DATABASE fupin")
        bootstrap(server.url("fupin"), "funds", PASSWORD)
        upgrade(server.url("fupin"), "funds")
        yield server
    server.remove()


@pytest.fixture
async def accounts(durable: Server, tmp_path: Path) -> AsyncIterator[list[Process]]:
    url = durable.url("fupin", "fupin_funds", PASSWORD)
    environment = {"FUPIN_HOME": str(tmp_path), "FUPIN_FUNDS_DATABASE_URL": url}
    made = [Process("funds", port, environment) for port in free_ports(2)]
    try:
        for account in made:
            account.start()
        yield made
    finally:
        for account in made:
            account.kill()


async def test_nothing_is_lost_or_doubled_when_service_and_database_are_killed(
    durable: Server, accounts: list[Process], tmp_path: Path
) -> None:
    token = issuer.mint(Settings(home=tmp_path), "finance-maker")
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=10) as http:
        for account in accounts:
            await account.ready(http)
        callers = Callers(http, [account.port for account in accounts])
        async with asyncio.TaskGroup() as working:
            for _ in range(CALLERS):
                working.create_task(callers.work())
            for kill in range(6):
                await callers.more(20)
                accounts[kill % 2].kill()
                if kill % 2:
                    _power_off(durable)
                    await asyncio.to_thread(durable.start)
                accounts[kill % 2].start()
            await callers.more(20)
            callers.over = True
        again = [await callers.post(number) for number in sorted(callers.done)[-30:]]
        await accounts[0].ready(http)
        check = await http.get(f"http://127.0.0.1:{accounts[0].port}/v1/ledger/verification")

    assert callers.troubles > 0
    assert again == [journal for _, journal in sorted(callers.done.items())[-30:]]
    booked = _booked(durable)
    assert dict(booked) == callers.done
    assert len(booked) == len(callers.done)
    assert check.json()["sound"], check.text


def _power_off(server: Server) -> None:
    """kill -9 of the postmaster and everything below it."""
    assert server.pid is not None
    postmaster = psutil.Process(server.pid)
    for process in (postmaster, *postmaster.children(recursive=True)):
        process.kill()


def _booked(server: Server) -> list[tuple[Any, ...]]:
    with psycopg.connect(_plain(server.url("fupin"))) as db:
        return db.execute(
            "SELECT p.amount_fen, j.id::text FROM funds.journal j JOIN funds.posting p ON p.journal_id = j.id"
        ).fetchall()
