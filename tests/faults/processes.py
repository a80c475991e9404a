"""Services as processes of their own, which a test starts, kills and starts again."""

import asyncio
import socket
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess

import httpx

from tests.faults.service import serve

FORKS = get_context("forkserver")  # it has the services loaded: a process begins in no time
FORKS.set_forkserver_preload(["tests.faults.service"])
PATIENCE = 60


class Process:
    """One service, which can be killed and started again on its port."""

    def __init__(self, service: str, port: int, environment: dict[str, str]) -> None:
        self.service, self.port, self.environment = service, port, environment
        self.url = f"http://127.0.0.1:{port}"
        self.process: ForkServerProcess | None = None

    def start(self) -> None:
        self.process = FORKS.Process(target=serve, args=(self.port, self.environment, self.service), daemon=True)
        self.process.start()

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.join()

    async def ready(self, http: httpx.AsyncClient) -> None:
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    if (await http.get(f"{self.url}/readyz")).status_code == 200:
                        return
                except httpx.HTTPError:
                    pass
                await asyncio.sleep(0.05)


def free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    found = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return found
