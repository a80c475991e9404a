"""What a person sees who types `fupin`: one sentence and a remedy, never a traceback."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from fupin.cli import screen
from fupin.processes import locked
from fupin.settings import Settings
from fupin.supervisor import Supervisor, _require_free
from fupin.supervisor.record import Known, Record
from fupin.trouble import Trouble


def fupin(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FUPIN_")}
    return subprocess.run(
        [sys.executable, "-m", "fupin.cli", *arguments],
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def refused(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 2, done.stderr
    return done.stderr


def test_a_wrong_setting_is_named_by_its_variable(tmp_path: Path) -> None:
    assert "FUPIN_PORT is not usable" in refused(fupin("status", FUPIN_PORT="many", FUPIN_HOME=str(tmp_path)))


def test_an_unknown_role_is_told_the_roles(tmp_path: Path) -> None:
    assert "finance-checker" in refused(fupin("token", "--role", "emperor", FUPIN_HOME=str(tmp_path)))


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert str(tmp_path / "file") in refused(fupin("up", FUPIN_HOME=str(tmp_path / "file" / "home")))


def test_two_ups_at_once_are_told_apart(tmp_path: Path) -> None:
    with locked(tmp_path / "up.lock"):
        assert "fupin already runs" in refused(fupin("up", FUPIN_HOME=str(tmp_path)))


def test_a_taken_port_is_named_with_the_variable_that_moves_it() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Trouble, match=f"Port {port}, which funds needs, is taken.*FUPIN_PORT"):
            _require_free("funds", port)


def test_where_nothing_runs_down_and_status_say_so(tmp_path: Path) -> None:
    assert "nothing was running" in fupin("down", FUPIN_HOME=str(tmp_path)).stderr
    done = fupin("status", "--json", FUPIN_HOME=str(tmp_path))
    assert done.returncode == 1
    assert '"ready": false' in done.stdout


def test_commands_find_the_port_of_what_runs_unless_told_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("FUPIN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FUPIN_HOME", str(tmp_path))
    usual = Settings().port
    runs = Known.of(os.getpid(), usual + 700)
    Record(runs, {"portal": runs}).write(tmp_path)
    assert screen.settings().port == usual + 700
    monkeypatch.setenv("FUPIN_PORT", str(usual + 50))
    assert screen.settings().port == usual + 50
    monkeypatch.delenv("FUPIN_PORT")
    ended = Known(os.getpid(), runs.started - 1000)
    Record(ended, {"portal": ended}).write(tmp_path)
    assert screen.settings().port == usual


def test_what_a_killed_run_left_behind_is_ended_and_strangers_are_not(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as left, subprocess.Popen(["sleep", "60"]) as stranger:
        known = Known.of(left.pid)
        reused = Known(stranger.pid, known.started - 1000)  # the number of ours, given to another since
        Record(None, {"funds": known, "registry": reused}).write(tmp_path)
        assert list(Record.read(tmp_path).end_leftovers()) == ["funds"]
        assert left.wait(5) != 0 or left.returncode == 0
        assert stranger.poll() is None
        stranger.kill()


def test_a_service_gets_its_own_secrets_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUPIN_DATABASE_URL", "postgresql://admin:secret@db/fupin")
    monkeypatch.setenv("FUPIN_FUNDS_DATABASE_PASSWORD", "of-funds")
    settings = Settings(home=tmp_path)
    supervisor = Supervisor(settings, lambda _: None)
    from fupin.supervisor.databases import Databases

    supervisor.databases = Databases(settings)
    found = {name: supervisor._environment(name) for name in ("registry", "funds", "portal")}
    assert not any("admin:secret" in value for each in found.values() for value in each.values())
    assert "of-funds" in found["funds"]["FUPIN_FUNDS_DATABASE_URL"]
    assert not any("of-funds" in value for value in found["registry"].values())
    assert [name for name in found["registry"] if "DATABASE" in name] == ["FUPIN_REGISTRY_DATABASE_URL"]
    assert [name for name in found["portal"] if "DATABASE" in name] == []
    assert len({each["FUPIN_CLIENT_SECRET"] for each in found.values()}) == 3
