"""
Income reports under accidents: the library and the account as processes of their own, both killed with -9 meanwhile.

Whatever a killed process was doing when it died, each share stands in the account exactly once.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from fupin import issuer
from fupin.postgres import Server
from fupin.settings import Settings
from tests.conftest import PASSWORD, _plain
from tests.faults.processes import PATIENCE, Process, free_ports
from tests.projects.conftest import PATH, project_body

REPORTS, SENDERS = 30, 3

# A dead worker is noticed by its silence, and a message waits longer each time: here that time passes at once.
DEAD_ARE_SILENT = "UPDATE projects.procrastinate_workers SET last_heartbeat = now() - interval '1 hour'"
KEEP_HOUSE = """
    SELECT procrastinate_defer_jobs_v1(ARRAY[
        ROW('default', 'housekeeping', 0, NULL, NULL, '{"timestamp": 0}', NULL)::procrastinate_job_to_defer_v1])
"""
HURRY = "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo' AND scheduled_at > now()"


@pytest.fixture
async def processes(server: Server, database: str, base_settings: Settings) -> AsyncIterator[dict[str, Process]]:
    ports = dict(zip(("portal", "funds", "projects"), free_ports(3), strict=True))
    environment = {
        "FUPIN_HOME": str(base_settings.home),
        "FUPIN_PORT": str(ports["portal"]),  # where the issuer is
        "FUPIN_TODAY": "2018-06-29",
        **{f"FUPIN_{name.upper()}_URL": f"http://127.0.0.1:{port}" for name, port in ports.items() if name != "portal"},
    }
    made = {}
    for name, port in ports.items():
        own = {} if name == "portal" else {
            f"FUPIN_{name.upper()}_DATABASE_URL": server.url(database, f"fupin_{name}", PASSWORD)
        }  # fmt: skip
        made[name] = Process(name, port, environment | own)
    try:
        for process in made.values():
            process.start()
        yield made
    finally:
        for process in made.values():
            process.kill()


class Reporters:
    """People who report one income after another, each until it is answered."""

    def __init__(self, http: httpx.AsyncClient, url: str) -> None:
        self.http, self.url = http, url
        self.left = iter(range(1, REPORTS + 1))
        self.done: dict[str, int] = {}
        self.answered = asyncio.Condition()
        self.troubles = 0

    async def work(self) -> None:
        for number in self.left:
            report = await self.report(number)
            async with self.answered:
                self.done[report] = number
                self.answered.notify_all()

    async def report(self, number: int) -> str:
        """The id of report `number`, whose share is so many fen, for a day of its own, under a key of its own."""
        day = (date(2018, 1, 1) + timedelta(days=number)).isoformat()
        new = {"period_from": day, "period_to": day, "income_fen": 10_000, "shared_fen": number, "received_on": day}
        while True:
            try:
                answer = await self.http.post(self.url, json=new, headers={"Idempotency-Key": f"report-{number}"})
            except httpx.HTTPError:
                self.troubles += 1
                await asyncio.sleep(0.05)
                continue
            if answer.status_code == 201:
                return str(answer.json()["id"])
            assert answer.status_code >= 500 or answer.json()["code"] == "key-in-progress", answer.text
            await asyncio.sleep(0.05)

    async def reach(self, reports: int) -> None:
        async with asyncio.timeout(PATIENCE), self.answered:
            await self.answered.wait_for(lambda: len(self.done) >= reports)


async def operating(http: httpx.AsyncClient, url: str) -> str:
    """A project that earns."""
    answer = await http.post(f"{url}/v1/projects", json=project_body(category="PV"))
    assert answer.status_code == 201, answer.text
    project = str(answer.json()["id"])
    for verb, step in PATH[:-1]:
        assert (await http.post(f"{url}/v1/projects/{project}:{verb}", json=step)).status_code == 200
    return project


async def test_each_share_is_booked_once_when_library_and_account_are_killed(
    server: Server, database: str, processes: dict[str, Process], base_settings: Settings
) -> None:
    library, account = processes["projects"], processes["funds"]
    token = issuer.mint(base_settings.model_copy(update={"issuer": processes["portal"].url}), "county-admin")
    with psycopg.connect(_plain(server.url(database)), autocommit=True, options="-c search_path=projects") as db:
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=10) as http:
            await asyncio.gather(*(process.ready(http) for process in processes.values()))
            project = await operating(http, library.url)
            reporters = Reporters(http, f"{library.url}/v1/projects/{project}/income-reports")
            async with asyncio.TaskGroup() as working:
                for _ in range(SENDERS):
                    working.create_task(reporters.work())
                for share, killed in ((10, account), (20, library), (REPORTS, account), (REPORTS, library)):
                    await reporters.reach(share)
                    killed.kill()
                    if killed is library:
                        db.execute(DEAD_ARE_SILENT)
                    killed.start()
            await library.ready(http)
        db.execute(KEEP_HOUSE)
        async with asyncio.timeout(PATIENCE):
            while db.execute("SELECT FROM income_report WHERE state <> 'BOOKED'").rowcount:
                db.execute(HURRY)
                await asyncio.sleep(0.3)
        booked = db.execute("SELECT id::text, shared_fen, receipt_id::text FROM income_report").fetchall()
        receipts = _receipts(db, project)

    assert reporters.troubles > 0
    assert {report: share for report, share, _ in booked} == reporters.done
    assert sorted((receipt, share) for _, share, receipt in booked) == receipts
    assert len(receipts) == REPORTS


def _receipts(db: psycopg.Connection, project: str) -> list[tuple[Any, ...]]:
    return db.execute(
        """SELECT r.id::text, r.amount_fen FROM funds.receipt r JOIN funds.income i ON i.receipt_id = r.id
           WHERE i.project_id = %s ORDER BY 1""",
        (project,),
    ).fetchall()
