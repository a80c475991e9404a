"""What the README says about roles and settings is what the code does."""

import re
from pathlib import Path

from fupin import issuer
from fupin.settings import Settings

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_role_table_is_the_issuers() -> None:
    table = README.partition("<!-- roles:")[2].partition("<!-- /roles -->")[0]
    rows = re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", table, re.MULTILINE)
    assert {role: frozenset(re.findall(r"`([a-z:-]+)`", scopes)) for role, scopes in rows} == issuer.ROLES


def test_every_setting_named_exists() -> None:
    known = {f"FUPIN_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"FUPIN_[A-Z_]+", README)) <= known


def test_every_path_named_exists() -> None:
    root = Path(__file__).parents[2]
    named = re.findall(r"^\| `([a-z/]+)` \|", README.partition("## Where everything is")[2], re.MULTILINE)
    assert named
    assert not [path for path in named if not (root / path).exists()]
    assert (root / "CONTRIBUTING.md").exists()
    assert (root / "LICENSE").exists()
