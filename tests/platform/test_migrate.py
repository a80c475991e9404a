"""Roles, rights and migrations, on a server of its own: roles belong to a whole server."""

import threading
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from fupin import migrate
from fupin.postgres import Server
from fupin.settings import SERVICES
from fupin.trouble import Trouble


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("migrate"), fast=True) as server:
        yield server


def run(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        found = connection.execute(sql.SQL(statement))
        return found.fetchall() if found.description else []


def test_several_may_prepare_one_server_at_once_and_again(own: Server) -> None:
    url, failures = own.url("together"), []

    def prepare() -> None:
        try:
            for service in SERVICES:
                migrate.bootstrap(url, service, "word")
        except Exception as error:  # noqa: BLE001  # whatever it was, the test shows it
            failures.append(error)

    threads = [threading.Thread(target=prepare) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    migrate.upgrade(url, "registry")
    migrate.upgrade(url, "registry")
    assert run(url, "SELECT version_num FROM registry.alembic_version") == [(migrate.head("registry"),)]


def test_a_login_works_in_its_own_schema_and_makes_nothing(own: Server) -> None:
    url = own.url("rights")
    for service in ("registry", "funds"):
        migrate.bootstrap(url, service, "word")
    run(url, "SET ROLE fupin_funds_owner; CREATE TABLE funds.t (a int); CREATE FUNCTION funds.f() RETURNS int RETURN 1")
    funds, registry = (migrate.login_url(url, service, "word") for service in ("funds", "registry"))
    run(funds, "INSERT INTO t VALUES (1)")
    assert run(funds, "SELECT a, f() FROM t") == [(1, 1)]
    for statement in (
        "SELECT * FROM funds.t",
        "SELECT funds.f()",
        "CREATE TABLE public.t (a int)",
        "SET ROLE fupin_funds",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            run(registry, statement)
    for statement in ("DROP TABLE t", "CREATE TABLE u (a int)", "TRUNCATE t", "SET ROLE fupin_funds_owner"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            run(funds, statement)
    run(own.url(), "CREATE ROLE stranger LOGIN PASSWORD 'word'")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        run(own.url("rights", "stranger", "word"), "SELECT 1")


def test_an_owner_who_may_create_roles_is_enough(own: Server) -> None:
    run(own.url(), "CREATE ROLE dba LOGIN CREATEROLE CREATEDB PASSWORD 'word'")
    run(own.url(), "DROP DATABASE IF EXISTS together")
    run(own.url(), "DROP ROLE IF EXISTS fupin_projects, fupin_projects_owner")  # roles that the superuser made
    url = own.url("owned", "dba", "word")
    migrate.bootstrap(url, "projects", "word")
    migrate.bootstrap(url, "projects", "word")
    migrate.upgrade(url, "projects")
    assert run(migrate.login_url(url, "projects", "word"), "SELECT count(*) FROM operation") == [(0,)]


def test_a_migration_gives_up_rather_than_make_everybody_wait(own: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    url = own.url("waiting")
    migrate.bootstrap(url, "inspection", "word")
    migrate.upgrade(url, "inspection")
    monkeypatch.setattr(migrate, "LOCK_PATIENCE", "100ms")
    with psycopg.connect(url.replace("+psycopg", "")) as busy:
        busy.execute("LOCK TABLE inspection.alembic_version")
        with pytest.raises(Trouble, match="changed nothing"):
            migrate.upgrade(url, "inspection")
    migrate.upgrade(url, "inspection")


def test_trouble_with_a_given_url_is_one_plain_sentence(own: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    run(own.url(), "CREATE ROLE weak LOGIN PASSWORD 'word'")
    run(own.url(), "CREATE DATABASE foreign_one")
    said = {
        "rubbish": "cannot be read",
        "postgresql://x:y@127.0.0.1:1/z": "127.0.0.1:1 does not answer",
        own.url("fupin", "postgres", "wrong"): "does not let postgres into",
        own.url("foreign_one", "weak", "word"): "weak may not prepare the database foreign_one",
    }
    for url, told in said.items():
        with pytest.raises(Trouble, match=told):
            migrate.bootstrap(url, "registry", "word")
    monkeypatch.setattr(migrate, "OLDEST", 99)
    with pytest.raises(Trouble, match="is version 18; fupin needs 99"):
        migrate.bootstrap(own.url("foreign_one"), "registry", "word")


def test_the_password_reaches_the_server_hashed(own: Server) -> None:
    migrate.bootstrap(own.url("hashed"), "registry", "wörd'\\密码")
    stored = run(own.url(), "SELECT rolpassword FROM pg_authid WHERE rolname = 'fupin_registry'")
    assert str(stored[0][0]).startswith("SCRAM-SHA-256$")
    login = migrate.login_url(own.url("hashed"), "registry", "wörd'\\密码")
    assert run(login, "SELECT current_user::text") == [("fupin_registry",)]
