"""What the README shows works as shown."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.e2e.conftest import ROOT, House


def first_screen() -> str:
    """The shell commands under "Money reaches a household"."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"^## Money reaches a household\n.*?^```sh\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)
    assert found, "the README has lost its first screen"
    return found[1]


def run(script: str, port: int, environment: dict[str, str]) -> list[str]:
    """The lines that a newcomer sees; only the addresses are this house's own."""
    script = script.replace("127.0.0.1:8002", f"127.0.0.1:{port + 2}")
    script = script.replace(".venv/bin/fupin", f"{sys.executable} -m fupin.cli")
    path = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', os.defpath)}"
    shown = subprocess.run(
        ["sh", "-eu", "-c", script], cwd=ROOT, env=environment | {"PATH": path}, capture_output=True, text=True,
        timeout=180, check=False,
    )  # fmt: skip
    assert shown.returncode == 0, shown.stdout + shown.stderr
    return shown.stdout.splitlines()


def check(shown: list[str]) -> None:
    assert shown[1:5] == ["APPROVED", "NOTICED", "POSTED", "PAID"], shown
    line = json.loads("\n".join(shown[5:]))
    assert (line["status"], line["share_fen"] > 0) == ("PAID", True)
    assert line["pot_fen"] == 10_000_000
    assert line["reasons"]


def test_the_first_screen_of_the_readme_pays_a_household_and_repeating_it_changes_nothing(house: House) -> None:
    once = run(first_screen(), house.port, house.environment)
    check(once)
    again = run(first_screen(), house.port, house.environment)
    assert again[0] == once[0]
    assert again[5:] == once[5:]
