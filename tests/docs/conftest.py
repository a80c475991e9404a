"""The five services answering on real sockets, with one database, so that other programs can speak to them."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI

from fupin import issuer
from fupin.auth import Verifier
from fupin.jwks import StaticKeys
from fupin.postgres import Server
from fupin.runtime import Runtime
from fupin.settings import PORTS, SERVICES, Settings
from tests.conftest import PASSWORD
from tests.e2e.conftest import ROOT, free_ports


@dataclass
class Live:
    """Where the portal answers (the services at the next four ports) and how programs are started beside it."""

    settings: Settings
    folder: Path

    @property
    def port(self) -> int:
        return self.settings.port

    def token(self, role: str, division: str | None = None) -> str:
        return issuer.mint(self.settings, role, division=division)

    def here(self, script: str) -> str:
        """A text's commands, its addresses and programs being this house's own."""
        for offset in range(5):
            script = script.replace(f"127.0.0.1:{8000 + offset}", f"127.0.0.1:{self.port + offset}")
        return script.replace(".venv/bin/fupin", f"{sys.executable} -P -m fupin.cli")

    async def run(self, *words: str, within: float = 120, **more: str) -> str:
        """What a program says that must end well."""
        own = {"FUPIN_HOME": str(self.settings.home), "FUPIN_PORT": str(self.port), "PYTHONPATH": str(ROOT)}
        clean = {name: value for name, value in os.environ.items() if not name.startswith("FUPIN_")}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        process = await asyncio.create_subprocess_exec(
            *words, cwd=self.folder, env=clean | own | {"PATH": path} | more,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            said, _ = await asyncio.wait_for(process.communicate(), within)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        assert process.returncode == 0, said.decode(errors="replace")[-6000:]
        return said.decode()


@pytest.fixture
async def live(
    server: Server, database: str, base_settings: Settings, apps: Mapping[str, FastAPI], tmp_path: Path
) -> AsyncIterator[Live]:
    common = base_settings.model_copy(update={"port": free_ports()})
    verifier = Verifier(common.issuer_url, common.audience, StaticKeys(issuer.jwks(common)))
    runtimes, working, serving, answering = [], [], [], []
    try:
        for name, app in apps.items():
            own = {"client_id": name, "client_secret": issuer.client_secret(common, name)}
            if name in SERVICES:
                own[f"{name}_database_url"] = server.url(database, f"fupin_{name}", PASSWORD)
            runtime = Runtime(name, common.model_copy(update=own), verifier=verifier)
            runtimes.append(await runtime.__aenter__())
            app.state.runtime = runtime
            if runtime.has_database:
                working.append(asyncio.create_task(runtime.work()))
            port = common.port + PORTS[name]
            config = uvicorn.Config(app, host="127.0.0.1", port=port, lifespan="off", log_config=None, access_log=False)
            answering.append(uvicorn.Server(config))
            serving.append(asyncio.create_task(answering[-1]._serve()))
        await asyncio.gather(*(_open(common.port + offset) for offset in PORTS.values()))
        yield Live(common, tmp_path)
    finally:
        for one in answering:
            one.should_exit = one.force_exit = True
        for runtime in runtimes:
            runtime.draining = True
        for task in working:
            task.cancel()
        await asyncio.gather(*working, *serving, return_exceptions=True)
        for runtime in runtimes:
            await runtime.__aexit__()


async def _open(port: int) -> None:
    """Until somebody listens there."""
    for _ in range(500):
        with socket.socket() as probe:
            probe.setblocking(False)
            try:
                await asyncio.get_running_loop().sock_connect(probe, ("127.0.0.1", port))
            except OSError:
                await asyncio.sleep(0.02)
            else:
                return
    raise RuntimeError(f"nobody listens on {port}")
