"""The embedded server comes back from whatever happened to it, and says plainly when it cannot."""

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from fupin.postgres import Server
from fupin.postgres.place import account
from fupin.processes import Busy, alive, locked
from fupin.trouble import Trouble, from_os


def ask(server: Server, statement: str) -> object:
    with psycopg.connect(server.url().replace("+psycopg", ""), autocommit=True) as connection:
        found = connection.execute(statement)
        row = found.fetchone() if found.description else None
        return row[0] if row else None


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("lasting"))
    yield server
    server.stop()
    server.remove()


@pytest.fixture
def durable(lasting: Server) -> Server:
    """The server that `fupin up` would start, running; each test may leave it in any state."""
    lasting.start()
    return lasting


def kill(server: Server) -> None:
    assert server.pid is not None
    postmaster = psutil.Process(server.pid)
    postmaster.kill()
    postmaster.wait(5)


def test_what_was_committed_survives_kill_9(durable: Server) -> None:
    ask(durable, "CREATE TABLE t AS SELECT 1 AS a")
    kill(durable)
    assert not durable.running()
    again = Server(durable.home)
    again.start()
    assert ask(again, "SELECT count(*) FROM t") == 1
    assert ask(again, "SHOW fsync") == "on"
    assert ask(again, "SHOW data_checksums") == "on"
    again.stop()
    assert again.pid is None


def test_a_pid_that_now_belongs_to_another_process_is_no_server_and_is_left_alone(durable: Server) -> None:
    kill(durable)
    mine = account()
    who = {"user": mine.pw_uid, "group": mine.pw_gid, "extra_groups": []} if mine else {}
    with subprocess.Popen(["sleep", "60"], **who) as other:  # type: ignore[call-overload]  # keywords built above
        pidfile = durable.data / "postmaster.pid"
        lines = pidfile.read_text().splitlines()
        pidfile.write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")
        durable.start()
        assert ask(durable, "SELECT 1") == 1
        assert other.poll() is None
        other.kill()


def test_an_orphaned_backend_that_hangs_does_not_keep_the_server_down(durable: Server) -> None:
    with psycopg.connect(durable.url().replace("+psycopg", "")) as connection:
        backend = psutil.Process(connection.info.backend_pid)
        backend.suspend()  # it cannot notice that its postmaster is gone
        kill(durable)
        durable.start()
        assert ask(durable, "SELECT 1") == 1
        assert alive(backend.pid, backend.create_time()) is None


def test_who_finds_a_server_running_uses_it_and_leaves_it_running(durable: Server) -> None:
    with Server(durable.home) as second:
        assert second.pid == durable.pid
        assert ask(second, "SELECT 1") == 1
    assert ask(durable, "SELECT 1") == 1


def test_the_port_stays_the_same_unless_somebody_else_has_it(durable: Server) -> None:
    import socket

    port = durable.port
    durable.stop()
    durable.start()
    assert durable.port == port
    durable.stop()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        durable.start()
        assert durable.port != port
        assert ask(durable, "SELECT 1") == 1


def test_an_interrupted_creation_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    server = Server(tmp_path, fast=True)
    (server.place / "data.new" / "base").mkdir(parents=True)
    with server:
        assert ask(server, "SELECT 1") == 1
    assert not server.place.exists()


def test_servers_of_several_homes_run_side_by_side(tmp_path: Path) -> None:
    long = tmp_path / ("富锦 " * 20) / ("a" * 100)  # longer than a Unix socket's path may be
    with Server(tmp_path / "one", fast=True) as one, Server(long, fast=True) as two:
        ask(one, "CREATE TABLE mine ()")
        assert ask(two, "SELECT to_regclass('mine')") is None


def test_the_server_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("elsewhere the next start ends it")
    script = (
        "import os, sys, pathlib; from fupin.postgres import Server\n"
        "s = Server(pathlib.Path(sys.argv[1]), fast=True); s.start(); print(s.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path], capture_output=True, text=True, check=False, cwd=Path.cwd()
    )
    assert done.returncode == -signal.SIGKILL
    pid, until = int(done.stdout), time.monotonic() + 10
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert alive(pid) is None
    Server(tmp_path, fast=True).remove()


def test_as_root_the_data_lie_where_the_servers_user_can_reach_them(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root")
    (tmp_path / "closed").mkdir(mode=0o700)
    with Server(tmp_path / "closed" / "home", fast=True) as server:
        assert not server.place.is_relative_to(tmp_path)
        assert psutil.Process(server.pid).uids().real not in (0, None)
        assert (tmp_path / "closed").stat().st_mode & 0o077 == 0
        assert Server(server.home, fast=True).place == server.place
    assert not server.place.exists()


def test_the_server_log_holds_no_statement_and_no_value(durable: Server) -> None:
    ask(durable, "CREATE TABLE secret (id_number text PRIMARY KEY)")
    ask(durable, "INSERT INTO secret VALUES ('990000199001011234')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        ask(durable, "INSERT INTO secret VALUES ('990000199001011234')")
    log = durable.log.read_text()
    assert "pk" in log or "secret_pkey" in log
    assert "990000199001011234" not in log


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("initdb: error: could not create file: No space left on device", "is full"),
        ("FATAL:  database files are incompatible with server", "another version of PostgreSQL"),
        ('FATAL:  data directory "x" has wrong ownership', "may not read or write"),
        ("FATAL:  something else", "something else"),
    ],
)
def test_what_postgresql_says_becomes_one_plain_sentence(tmp_path: Path, said: str, told: str) -> None:
    trouble = Server(tmp_path, fast=True)._trouble(said)
    assert told in trouble.sentence
    assert trouble.remedy.endswith(".")


@pytest.mark.parametrize(
    ("number", "told"),
    [(errno.ENOSPC, "is full"), (errno.EACCES, "cannot be written"), (errno.EROFS, "cannot be written")],
)
def test_what_the_operating_system_refuses_becomes_one_plain_sentence(tmp_path: Path, number: int, told: str) -> None:
    assert told in from_os(OSError(number, os.strerror(number), str(tmp_path)), tmp_path).sentence


def test_a_home_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Trouble, match="is in the way"):
        Server(tmp_path / "file")


def test_a_lock_is_held_by_one_and_let_go_when_its_holder_dies(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with locked(path), pytest.raises(Busy), locked(path):
        pytest.fail("held twice")
    with locked(path):
        pass
