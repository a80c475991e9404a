"""
What migrations really send to PostgreSQL, read by squawk: what would stop or break services that go on working.

A migration runs in one transaction, so an index on a table in use cannot be built CONCURRENTLY: say here why the table
is small or the moment right, or build the index by hand first and `CREATE INDEX IF NOT EXISTS` in the migration.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine, event

from fupin.migrate import LOCK_PATIENCE, bootstrap, upgrade
from fupin.postgres import Server
from fupin.settings import SERVICES
from tests.conftest import PASSWORD

# Rules that do not fit, each with the reason.
LEFT_OUT = {
    "prefer-text-field": "a length is what a code or a number has; one that grows becomes a text column beside it",
    "prefer-bigint-over-int": "numbers of years, people and days; what counts rows or money is bigint",
    "prefer-bigint-over-smallint": "as above",
    "ban-char-field": "a county's code has six digits, always",
    "require-lock-timeout": "fupin/migrate.py sets it for every migration, tested below",
    "require-statement-timeout": "filling a large table takes long and stops nobody; the wait for a lock is bounded",
}
UNRELEASED = "written before the first release: no service was at work on these tables"
EXCUSED = {
    ("inspection 0006", "changing-column-type"): UNRELEASED,
    ("inspection 0006", "ban-drop-constraint"): UNRELEASED,
    ("inspection 0008", "constraint-missing-not-valid"): UNRELEASED,
    ("inspection 0008", "adding-foreign-key-constraint"): UNRELEASED,
    ("inspection 0008", "disallowed-unique-constraint"): UNRELEASED,
    ("registry 0003", "constraint-missing-not-valid"): UNRELEASED,
    ("registry 0007", "constraint-missing-not-valid"): UNRELEASED,
    ("registry 0007", "disallowed-unique-constraint"): UNRELEASED,
    ("registry 0008", "require-concurrent-index-creation"): UNRELEASED,
    ("registry 0011", "adding-not-nullable-field"): UNRELEASED,
    ("registry 0011", "ban-drop-function"): UNRELEASED,
    ("registry 0011", "ban-drop-table"): UNRELEASED,
    ("registry 0011", "renaming-object"): UNRELEASED,
    ("registry 0011", "renaming-table"): UNRELEASED,
    ("registry 0011", "require-concurrent-index-creation"): UNRELEASED,
    ("registry 0014", "require-concurrent-index-creation"): UNRELEASED,
}
VERSION = re.compile(r"\s*(?:INSERT INTO|UPDATE) \w+\.alembic_version.*?'(\w+)'", re.DOTALL)


def _sent(server: Server, service: str) -> dict[str, list[str]]:
    """The statements of each revision, as they were executed."""
    found: dict[str, list[str]] = {}
    waiting: list[str] = []

    def hear(_1: Any, _2: Any, statement: str, *_: Any) -> None:
        if version := VERSION.match(statement):
            found[version[1]] = waiting.copy()
            waiting.clear()
        else:
            waiting.append(statement)

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        upgrade(server.url("migrations_read"), service)
    finally:
        event.remove(Engine, "before_cursor_execute", hear)
    return found


def test_no_migration_stops_a_service_at_work(server: Server, admin: psycopg.Connection, tmp_path: Path) -> None:
    admin.execute("CREATE DATABASE migrations_read")
    try:
        for service in SERVICES:
            bootstrap(server.url("migrations_read"), service, PASSWORD)
            revisions = _sent(server, service)
            first = next(iter(revisions.values()))
            assert f"SET LOCAL lock_timeout = '{LOCK_PATIENCE}'" in first
            for revision, statements in revisions.items():
                lines = [re.sub(r"%\(\w+\)s|%s", "NULL", each).replace("%%", "%").strip(" ;\n") for each in statements]
                own = [line for line in lines if not line.startswith(("SELECT", "SET LOCAL"))]
                (tmp_path / f"{service} {revision}.sql").write_text(";\n".join(own) + ";\n")
    finally:
        admin.execute("DROP DATABASE migrations_read WITH (FORCE)")
    files = sorted(tmp_path.glob("*.sql"))
    assert len(files) >= 39
    squawk = [str(Path(sys.executable).with_name("squawk")), "--reporter", "json", "--assume-in-transaction"]
    options = ["--pg-version", "18", "--exclude", ",".join(LEFT_OUT), "--config", str(tmp_path / "none.toml")]
    (tmp_path / "none.toml").touch()
    said = subprocess.run([*squawk, *options, *files], capture_output=True, text=True, check=False)
    found = {(Path(each["file"]).stem, each["rule_name"]) for each in json.loads(said.stdout)}
    assert sorted(found - EXCUSED.keys()) == []
    assert sorted(EXCUSED.keys() - found) == [], "excused, and not found any more"
