"""
`fupin up`: PostgreSQL, migrations, five services, the example data, and watching over all of it until told to stop.

The services are children that end with this process even when it is killed (`fupin.processes`). Ctrl-C, SIGTERM and
SIGHUP stop them first and PostgreSQL last. A service that ends by itself is started again.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import httpx
import psutil

from fupin import issuer
from fupin.postgres import turn_over
from fupin.processes import Busy, dies_with_parent, end, locked
from fupin.settings import PORTS, SERVICES, Settings
from fupin.supervisor.databases import Databases, Tell
from fupin.supervisor.record import Known, Record
from fupin.trouble import Trouble, from_os

ROOT = Path(__file__).parents[2]
START_PATIENCE = 90.0  # seconds for five interpreters to import everything on a slow machine
STOP_PATIENCE = 20.0
STEADY = 60.0  # a service that ran this long and then died gets its first restart at once again


class Stop(Exception):
    """Somebody asked us to stop."""


@dataclass
class Child:
    """One service's process and its history of dying."""

    name: str
    process: subprocess.Popen[bytes]
    since: float
    deaths: int = 0


class Supervisor:
    """One run of `fupin up`. `tell` gets a line for the person who waits."""

    def __init__(self, settings: Settings, tell: Tell) -> None:
        self.settings = settings
        self.home = settings.home
        self.tell = tell
        self.record = Record()
        self._children: dict[str, Child] = {}
        self._due: dict[str, tuple[float, int]] = {}  # service -> when to start it again, and how often it died
        self._loader: subprocess.Popen[bytes] | None = None
        self._stopping = False

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Everything is up inside the block; at its end, however it comes, everything is stopped in order."""
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            with locked(self.home / "up.lock"), self._signals():
                self._clear_the_way()
                self.record = Record(Known.of(os.getpid()))
                self.record.write(self.home)
                self.databases = Databases(self.settings)
                try:
                    self._start()
                    yield
                finally:
                    self._stop()
        except Busy:
            other = Record.read(self.home).running()
            raise Trouble(
                f"fupin already runs on {self.home}" + (f" (process {other.pid})." if other else "."),
                "See `fupin status`; `fupin down` stops it.",
            ) from None
        except OSError as error:
            raise from_os(error, self.home) from error

    def load(self) -> None:
        """Loads the example through the public API, once; an interrupted load is taken up where it stopped."""
        marker = self.home / "example-loaded"
        if marker.exists():
            return
        self.tell("loading the example: Fujin's spring of 2018, through the public API")
        self._loader = subprocess.Popen(
            [sys.executable, "-P", "-m", "fujin", "load", "--portal", self.settings.service_url("portal")],
            cwd=ROOT,
            env=self._environment() | {"PYTHONUNBUFFERED": "1"},
            start_new_session=True,
            preexec_fn=dies_with_parent(signal.SIGKILL),
        )
        while self._loader.poll() is None:
            self._watch()
        code, self._loader = self._loader.returncode, None
        if code != 0:
            raise Trouble("The example was loaded only in part.", "Run `fupin up` again: it goes on where it stopped.")
        marker.touch()

    def watch(self) -> None:
        """Says that everything is ready, and keeps it so until somebody asks to stop."""
        self.record.ready = True
        self.record.write(self.home)
        while True:
            self._watch()

    # --- starting ---------------------------------------------------------------------------------------------------

    def _clear_the_way(self) -> None:
        for name in Record.read(self.home).end_leftovers():
            self.tell(f"{name}: ended a process that an earlier run left behind")
        for name, offset in PORTS.items():
            _require_free(name, self.settings.port + offset)

    def _start(self) -> None:
        server = self.databases.server
        if server is not None:
            self._pause(0)
            server.start(self.tell)
            self.tell(f"PostgreSQL is ready on 127.0.0.1:{server.port}")
        self.databases.prepare(self.tell)
        for name in PORTS:
            self._pause(0)
            self._spawn(name)
        give_up = time.monotonic() + START_PATIENCE
        waiting = list(PORTS)
        while waiting:
            self._watch()
            waiting = [name for name in waiting if not is_ready(self.settings, name)]
            died = next((child for child in self._children.values() if child.deaths >= 3), None)
            if died or time.monotonic() > give_up:
                name = died.name if died else waiting[0]
                raise Trouble(f"{name} does not get ready.", f"Its last words: {self._last_words(name)}")
        self.tell(f"{', '.join(PORTS)} are ready")

    def _spawn(self, name: str, deaths: int = 0) -> None:
        log = self.home / "logs" / f"{name}.log"
        turn_over(log)
        command = [sys.executable, "-P", "-m", "uvicorn", "--factory", f"services.{name}.app:main"]
        command += ["--host", "127.0.0.1", "--port", str(self.settings.port + PORTS[name]), "--no-access-log"]
        command += ["--log-level", "warning", "--no-server-header", "--timeout-graceful-shutdown", "10"]
        with log.open("ab") as out:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self._environment(name),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,  # Ctrl-C reaches us alone, and we stop them in order
                preexec_fn=dies_with_parent(signal.SIGKILL),
            )
        self._children[name] = Child(name, process, time.monotonic(), deaths)
        self.record.processes[name] = Known.of(process.pid, self.settings.port + PORTS[name])
        self.record.write(self.home)

    def _environment(self, service: str | None = None) -> dict[str, str]:
        """Ours, less every secret; a service gets back the ones that are its own."""
        hidden = ("_DATABASE_URL", "_DATABASE_PASSWORD", "FUPIN_CLIENT_ID", "FUPIN_CLIENT_SECRET")
        found = {name: value for name, value in os.environ.items() if not name.removesuffix("_FILE").endswith(hidden)}
        found |= {"FUPIN_HOME": str(self.home), "FUPIN_PORT": str(self.settings.port), "PYTHONPATH": str(ROOT)}
        if service is not None:
            found |= {"FUPIN_CLIENT_ID": service, "FUPIN_CLIENT_SECRET": issuer.client_secret(self.settings, service)}
        if service in SERVICES:
            found[f"FUPIN_{service.upper()}_DATABASE_URL"] = self.databases.login(service)
        return found

    # --- watching ---------------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        """One look at everything that should run; raises Stop when somebody asked for it."""
        self._pause(0.2)
        self._mend_postgres()
        now = time.monotonic()
        for name, child in list(self._children.items()):
            code = child.process.poll()
            if code is None:
                continue
            deaths = 1 if now - child.since > STEADY else child.deaths + 1
            wait = 0.0 if deaths == 1 else min(30.0, 2.0 ** (deaths - 1))
            how = f"by signal {-code}" if code < 0 else f"with code {code}"
            self.tell(f"{name} ended {how}; starting it again" + (f" in {wait:.0f} s" if wait else ""))
            del self._children[name]
            self._due[name] = (now + wait, deaths)
        for name, (when, deaths) in list(self._due.items()):
            if now >= when:
                del self._due[name]
                self._spawn(name, deaths)

    def _mend_postgres(self) -> None:
        server = self.databases.server
        if server is None or server.pid is not None:
            return
        self.tell("PostgreSQL ended; starting it again")
        port = server.last_port
        server.start(self.tell)
        if server.port != port:  # somebody took the old port meanwhile: the services have to learn the new one
            end([psutil.Process(child.process.pid) for child in self._children.values()], signal.SIGTERM, STOP_PATIENCE)

    def _pause(self, seconds: float) -> None:
        time.sleep(seconds)
        if self._stopping:
            raise Stop

    def _last_words(self, name: str) -> str:
        lines = (self.home / "logs" / f"{name}.log").read_text(errors="replace").splitlines()
        return lines[-1].strip() if lines else "none."

    # --- stopping ---------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        def heard(_signal: int, _frame: FrameType | None) -> None:
            self._stopping = True

        before = {number: signal.signal(number, heard) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self) -> None:
        self.tell("stopping")
        processes = [child.process for child in self._children.values()]
        processes += [self._loader] if self._loader else []
        living = [psutil.Process(process.pid) for process in processes if process.poll() is None]
        end(living, signal.SIGTERM, STOP_PATIENCE)
        for process in processes:
            process.wait(5)
        if self.databases.server is not None:
            self.databases.server.stop()
        (self.home / "run.json").unlink(missing_ok=True)
        self.tell("stopped")


def is_ready(settings: Settings, name: str) -> bool:
    """Whether the service answers requests."""
    return not missing(settings, name)


def missing(settings: Settings, name: str) -> str | None:
    """What the service lacks to answer requests, in its own words; None when nothing."""
    try:
        answer = httpx.get(f"http://127.0.0.1:{settings.port + PORTS[name]}/readyz", timeout=3, trust_env=False)
        return None if answer.is_success else str(answer.json().get("missing"))
    except (httpx.HTTPError, ValueError):
        return "no answer"


def _require_free(name: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT is free for a server
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError as error:
            raise Trouble(f"This user may not use port {port}.", "Set FUPIN_PORT to a number above 1023.") from error
        except OSError as error:
            raise Trouble(
                f"Port {port}, which {name} needs, is taken by another program.",
                "Set FUPIN_PORT to another number (it and the next four are used), or end that program.",
            ) from error
