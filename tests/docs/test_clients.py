"""
Clients generated from the committed documents compile, and do real work against live services.

The generators come from the package registries, pinned, and are kept in the temporary folder. Where there is no
Node.js or no registry to ask, these tests are skipped by name; a tool that is there and fails, fails them.
"""

import asyncio
import shutil
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

import pytest

from fupin.settings import PORTS
from tests.docs.conftest import Live
from tests.e2e.conftest import ROOT

TYPESCRIPT = ("openapi-typescript@7.13.0", "openapi-fetch@0.17.0", "typescript@5.9.3")
PYTHON = "openapi-python-client==0.29.1"
# What npm and pip say when they reach nobody, as against what they say when somebody answers no.
NO_NETWORK = (
    "ENOTFOUND", "ECONNREFUSED", "ETIMEDOUT", "EAI_AGAIN", "ENETUNREACH", "ECONNRESET", "NewConnectionError",
    "Temporary failure in name resolution", "Network is unreachable", "ConnectTimeoutError",
)  # fmt: skip
CLIENTS = Path(__file__).with_name("clients")
DOCUMENTS = ROOT / "docs" / "openapi"


def kept(*words: str) -> Path:
    """The folder of these very tools, between runs."""
    name = sha256(" ".join((sys.version, *words)).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"fupin-clients-{name}"


def fetched(folder: Path, *steps: list[str]) -> None:
    """Runs the steps that fill the folder, once; skips where no registry can be reached, and only there."""
    if (folder / "complete").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    for step in steps:
        try:
            done = subprocess.run(step, cwd=folder, capture_output=True, text=True, timeout=180, check=False)
        except subprocess.TimeoutExpired:
            pytest.skip(f"no package registry answers {' '.join(step)[:80]} within three minutes")
        said = done.stdout + done.stderr
        if done.returncode != 0 and any(words in said for words in NO_NETWORK):
            pytest.skip(f"no package registry within reach for {' '.join(step)[:80]}")
        assert done.returncode == 0, said[-2000:]
    (folder / "complete").touch()


@pytest.mark.parametrize(
    ("said", "ends"), [("npm error code ECONNREFUSED", pytest.skip.Exception), ("error TS2304: oops", AssertionError)]
)
def test_only_a_registry_out_of_reach_is_an_excuse(tmp_path: Path, said: str, ends: type[BaseException]) -> None:
    with pytest.raises(ends):
        fetched(tmp_path / "tools", [sys.executable, "-c", f"raise SystemExit({said!r})"])
    assert not (tmp_path / "tools" / "complete").exists()


async def test_a_typescript_client_compiles_and_works(live: Live) -> None:
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("no Node.js here")
    tools = kept(*TYPESCRIPT)
    fetched(
        tools, ["npm", "init", "-y"], ["npm", "install", "--no-audit", "--no-fund", "--fetch-retries=1", *TYPESCRIPT]
    )
    shutil.copytree(CLIENTS, live.folder, dirs_exist_ok=True)
    (live.folder / "node_modules").symlink_to(tools / "node_modules")
    (live.folder / "package.json").write_text('{"type": "module"}')
    programs = live.folder / "node_modules" / ".bin"
    generate = (str(programs / "openapi-typescript"), "--default-non-nullable=false")  # a default may be left out
    await asyncio.gather(*(live.run(*generate, str(DOCUMENTS / f"{name}.json"), "-o", f"{name}.ts") for name in PORTS))

    await live.run(str(programs / "tsc"), "-p", ".")
    said = await live.run(
        "node", "out/scenario.js", str(live.port), live.token("county-admin"), live.token("finance-maker")
    )

    assert "the scenario holds" in said


async def test_a_python_client_is_whole_and_works(live: Live) -> None:
    tools = kept(PYTHON)
    program = tools / "bin" / "openapi-python-client"
    fetched(
        tools, [sys.executable, "-m", "venv", "."], ["bin/python", "-m", "pip", "install", "-q", PYTHON]
    )  # fmt: skip
    shutil.copytree(CLIENTS, live.folder, dirs_exist_ok=True)
    for name in PORTS:
        await live.run(
            str(program), "generate", "--path", str(DOCUMENTS / f"{name}.json"), "--meta", "none", "--fail-on-warning",
            "--output-path", f"{name}_api", "--config", "python-client.yaml",
        )  # fmt: skip

    said = await live.run(
        str(tools / "bin" / "python"), "scenario.py", str(live.port), live.token("county-admin"),
        live.token("finance-maker"), PYTHONPATH="",
    )  # fmt: skip

    assert "the scenario holds" in said
