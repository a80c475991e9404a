"""bin/fupin, in a checkout of its own whose lock names no package: nothing is fetched."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LAUNCHER = Path(__file__).parents[2] / "bin" / "fupin"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("a checkout") / "扶贫 fupin"
    (root / "bin").mkdir(parents=True)
    (root / "fupin").mkdir()
    shutil.copy(LAUNCHER, root / "bin" / "fupin")
    (root / "requirements.lock").write_text("# nothing\n")
    (root / "fupin" / "__init__.py").touch()
    (root / "fupin" / "cli.py").write_text("import sys; print(__file__, sys.argv[1:])")
    return root


def start(program: Path, *arguments: str, cwd: Path, path: str | None = None) -> subprocess.CompletedProcess[str]:
    python = str(Path(sys.base_prefix) / "bin")
    environment = {"PATH": path or f"{python}:/usr/bin:/bin", "HOME": ""}
    return subprocess.run(
        [program, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def test_it_is_plain_posix() -> None:
    for shell in ("sh", "dash", "bash"):
        if shutil.which(shell):
            assert subprocess.run([shell, "-n", LAUNCHER], check=False).returncode == 0
    assert os.access(LAUNCHER, os.X_OK)


def test_it_installs_once_and_hands_over_from_anywhere(checkout: Path, tmp_path: Path) -> None:
    link = tmp_path / "fupin"
    link.symlink_to(os.path.relpath(checkout / "bin" / "fupin", tmp_path))
    first = start(link, "up", "two words", cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    assert first.stdout == f"{checkout / 'fupin' / 'cli.py'} ['up', 'two words']\n"
    assert "installing" in first.stderr
    second = start(link, cwd=tmp_path)
    assert (second.stdout, second.stderr) == (f"{checkout / 'fupin' / 'cli.py'} []\n", "")
    assert start(checkout / ".venv" / "bin" / "fupin", "x", cwd=tmp_path).stdout.endswith("['x']\n")


def test_an_interrupted_installation_is_done_again(checkout: Path, tmp_path: Path) -> None:
    (checkout / ".venv.unfinished").touch()
    (checkout / ".venv" / "half").mkdir(parents=True, exist_ok=True)
    again = start(checkout / "bin" / "fupin", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert not (checkout / ".venv" / "half").exists()


def test_without_a_recent_python_it_says_what_to_install(checkout: Path, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "cat", "cksum", "dirname", "readlink", "printf", "apt-get"):
        (tools / name).symlink_to(shutil.which(name) or "/bin/true")
    old = tools / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    shutil.copytree(checkout / "bin", tmp_path / "other" / "bin")
    (tmp_path / "other" / "requirements.lock").touch()
    done = start(tmp_path / "other" / "bin" / "fupin", cwd=tmp_path, path=str(tools))
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed" in done.stderr
    assert "apt-get install python3 python3-venv" in done.stderr


def test_without_the_venv_module_it_says_which_package_has_it(checkout: Path, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "apt-get").symlink_to("/bin/true")
    bare = tools / "python3"
    bare.write_text(f'#!/bin/sh\ncase "$2" in *ensurepip*) exit 1 ;; esac\nexec "{sys.base_prefix}/bin/python3" "$@"\n')
    bare.chmod(0o755)
    shutil.copytree(checkout / "bin", tmp_path / "other" / "bin")
    (tmp_path / "other" / "requirements.lock").touch()
    done = start(tmp_path / "other" / "bin" / "fupin", cwd=tmp_path, path=f"{tools}:/usr/bin:/bin")
    assert done.returncode == 1
    assert f"apt-get install python{sys.version_info[0]}.{sys.version_info[1]}-venv" in done.stderr
