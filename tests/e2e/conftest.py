"""The whole house, as a newcomer starts it: `fupin up`, an empty home, its own PostgreSQL, five real processes."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from fujin.client import Api
from fupin.postgres import Server

ROOT = Path(__file__).parents[2]
AS_OF = "2018-05-17"
PATIENCE = 300


@dataclass
class House:
    """A running house: where it lives, how it was started, how to speak to it."""

    home: Path
    port: int
    environment: dict[str, str]
    api: Api

    def fupin(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "fupin.cli", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def briefing(self) -> dict[str, Any]:
        found: dict[str, Any] = self.api("portal").get("/v1/briefing", as_of=AS_OF)
        return found

    def figures(self) -> dict[str, Any]:
        return {figure["id"]: figure["value"] for figure in self.briefing()["figures"]}

    def kill(self, service: str) -> None:
        """kill -9 of one service, found by the number that `fupin up` noted."""
        known = json.loads((self.home / "run.json").read_text())["processes"][service]
        psutil.Process(known["pid"]).kill()


def free_ports() -> int:
    """The first of five free ports in a row."""
    for first in range(18000, 60000, 10):
        try:
            for port in range(first, first + 5):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise RuntimeError("no five free ports in a row")


def start(environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    """`fupin up` in the foreground, what it says going to the log."""
    with log.open("wb") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "fupin.cli", "up"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def stop(up: subprocess.Popen[bytes]) -> None:
    """Ctrl-C, and the end by force when that is not enough."""
    up.send_signal(signal.SIGINT)
    try:
        up.wait(60)
    except subprocess.TimeoutExpired:
        up.kill()
        up.wait()


def power_cut(up: subprocess.Popen[bytes], home: Path) -> None:
    """kill -9 of everything at once: the command, the loader, five services, PostgreSQL."""
    postmaster = Server(home).pid
    assert postmaster is not None
    roots = [psutil.Process(up.pid), psutil.Process(postmaster)]
    for process in {found for root in roots for found in (root, *root.children(recursive=True))}:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    up.wait()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """
    Loaded through the public API, with two accidents on the way: the registry is killed while it reads the towns'
    files, and the power is cut while three offices load at once. Started again, `up` goes on where it was.
    """
    home = tmp_path_factory.mktemp("fupin")
    port = free_ports()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("FUPIN_", "FUJIN_"))}
    environment = clean | {"FUPIN_HOME": str(home), "FUPIN_PORT": str(port), "PYTHONPATH": str(ROOT)}
    environment |= {"COLUMNS": "200"}  # tables keep their cells whole
    os.environ["FUJIN_CLIENTS"] = str(home / "secrets" / "clients.json")
    running = House(home, port, environment, Api(f"http://127.0.0.1:{port}"))
    up = start(environment, home / "first.txt")
    try:
        _until(up, home / "first.txt", "… 户和家庭成员")
        time.sleep(1.0)
        running.kill("registry")
        _until(up, home / "first.txt", "… 督查")
        time.sleep(1.0)
        power_cut(up, home)
        up = start(environment, home / "second.txt")
        _until(up, home / "second.txt", "Ctrl-C")
        yield running
    finally:
        del os.environ["FUJIN_CLIENTS"]
        running.api.close()
        stop(up)
        Server(home).remove()


def _until(up: subprocess.Popen[bytes], log: Path, words: str) -> None:
    """Waits until `fupin up` has said it."""
    give_up = time.monotonic() + PATIENCE
    while words not in (said := log.read_text(errors="replace")):
        if up.poll() is not None or time.monotonic() > give_up:
            raise AssertionError(f"fupin up did not come to {words!r}:\n{said[-6000:]}")
        time.sleep(0.05)


@pytest.fixture(scope="session")
def expected() -> list[dict[str, Any]]:
    """Every figure of the mission, from its own page where that is at hand."""
    page = ROOT.parent / "shared" / "mission" / "figures.yaml"
    copy = Path(__file__).with_name("figures.yaml")
    found: list[dict[str, Any]] = yaml.safe_load((page if page.exists() else copy).read_text())["figures"]
    return found
