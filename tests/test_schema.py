"""The databases agree with the code: models, named statements, named constraints, rights."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import TextClause
from sqlalchemy.dialects import postgresql

from fupin import audit, idempotency, operations, outbox, problems
from fupin.postgres import Server
from fupin.settings import SERVICES
from tests.conftest import PASSWORD, _plain

KERNEL = (audit, idempotency, operations, outbox)


@pytest.mark.parametrize("service", SERVICES)
def test_models_and_migrations_agree(service: str, server: Server, template: str) -> None:
    command.check(Config("alembic.ini", ini_section=service, attributes={"url": server.url(template)}))


@pytest.mark.parametrize("service", SERVICES)
def test_every_named_statement_is_valid_for_the_services_own_login(
    service: str, server: Server, database: str, subtests: pytest.Subtests
) -> None:
    found = [*_statements(service)]
    assert found
    with psycopg.connect(_plain(server.url(database, f"fupin_{service}", PASSWORD)), autocommit=True) as db:
        for number, (name, statement) in enumerate(found):
            with subtests.test(name):
                db.execute(f"PREPARE s{number} AS {_numbered(statement)}")


def test_every_constraint_that_a_problem_names_exists(server: Server, database: str) -> None:
    for service in SERVICES:
        _modules(f"services.{service}")
    named = {
        kind.constraint for kind in problems.every() if kind.constraint and not kind.__module__.startswith("tests.")
    }
    with psycopg.connect(_plain(server.url(database))) as db:
        there = {row[0] for row in db.execute("SELECT conname FROM pg_constraint")}
        indexes = {row[0] for row in db.execute("SELECT relname FROM pg_class WHERE relkind = 'i'")}
        raised = {
            found
            for (source,) in db.execute("SELECT prosrc FROM pg_proc WHERE prosrc ~* 'constraint *='")
            for found in re.findall(r"(?i)constraint\s*=\s*'(\w+)'", source)
        }
    assert named - there - indexes - raised == set()


def test_every_problem_speaks_both_languages(subtests: pytest.Subtests) -> None:
    for service in (*SERVICES, "portal"):
        _modules(f"services.{service}")
    for kind in problems.every():
        with subtests.test(kind.__name__):
            assert re.search(r"[\u4e00-\u9fff]", kind.zh)
            assert kind.title().endswith((".", "?", "…"))


def test_problem_names_are_unique() -> None:
    for service in (*SERVICES, "portal"):
        _modules(f"services.{service}")
    # two services may refuse alike, but then with the same words: the catalogue has one page a name
    by_code: dict[str, set[tuple[int, str, str]]] = {}
    for kind in problems.every():
        if not kind.__module__.startswith("tests."):
            by_code.setdefault(kind.code(), set()).add((kind.status, kind.title(), kind.zh))
    assert {code: said for code, said in by_code.items() if len(said) > 1} == {}


@pytest.mark.parametrize("service", SERVICES)
def test_a_login_reaches_nothing_of_another_service(service: str, server: Server, database: str) -> None:
    others = [other for other in SERVICES if other != service]
    with psycopg.connect(_plain(server.url(database, f"fupin_{service}", PASSWORD)), autocommit=True) as db:
        for other in others:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                db.execute(f"SELECT * FROM {other}.operation")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                db.execute(f"SET ROLE fupin_{other}")
        for statement in ("CREATE TABLE public.mine (a int)", f"CREATE TABLE {service}.mine (a int)",
                          f"SET ROLE fupin_{service}_owner", "SET SESSION AUTHORIZATION postgres",
                          "SET session_replication_role = replica",
                          f"ALTER TABLE {service}.audit DISABLE TRIGGER ALL"):  # fmt: skip
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                db.execute(statement)


@pytest.mark.parametrize("service", SERVICES)
def test_every_table_with_a_division_is_closed_to_other_divisions(service: str, server: Server, database: str) -> None:
    with psycopg.connect(_plain(server.url(database))) as db:
        unguarded = db.execute(
            """
            SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'division_code'
            WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p')
              AND NOT (c.relrowsecurity AND c.relforcerowsecurity)""",
            (service,),
        ).fetchall()
    assert unguarded == []


def _statements(service: str) -> Iterator[tuple[str, str]]:
    """Every SQL constant of the service and of the kernel, as PostgreSQL takes it; settings cannot be prepared."""
    for module in (*KERNEL, *_modules(f"services.{service}")):
        for name, value in vars(module).items():
            if isinstance(value, TextClause) and name.isupper() and not value.text.startswith("SET "):
                yield f"{module.__name__}.{name}", str(value.compile(dialect=postgresql.dialect(paramstyle="pyformat")))


def _modules(package: str) -> list[ModuleType]:
    root = importlib.import_module(package)
    return [importlib.import_module(found.name) for found in pkgutil.walk_packages(root.__path__, f"{package}.")]


def _numbered(sql: str) -> str:
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", sql)))
    return re.sub(r"%\((\w+)\)s", lambda found: f"${names.index(found[1]) + 1}", sql).replace("%%", "%")
