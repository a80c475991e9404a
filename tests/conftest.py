"""
A real PostgreSQL, migrated once, cloned for every test; the services wired together in one process.

`registry`, `funds`, `projects`, `inspection` and `portal` are clients of the real applications. Services meet over
HTTP here too, only that the wire is a function call.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from fupin import issuer
from fupin.auth import Verifier
from fupin.jwks import StaticKeys
from fupin.migrate import bootstrap, upgrade
from fupin.postgres import Server
from fupin.runtime import Runtime
from fupin.settings import SERVICES, Settings

PASSWORD = "tests-only"
DIVISION = "230882"


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("postgres"), fast=True) as started:
        yield started


@pytest.fixture(scope="session")
def admin(server: Server) -> Iterator[psycopg.Connection]:
    with psycopg.connect(_plain(server.url()), autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def template(server: Server, admin: psycopg.Connection) -> str:
    """A database with four migrated schemas."""
    admin.execute("CREATE DATABASE fupin_template")
    for service in SERVICES:
        bootstrap(server.url("fupin_template"), service, PASSWORD)
        upgrade(server.url("fupin_template"), service)
    return "fupin_template"


class Clones:
    """Copies of the template, the next one made while a test uses the last: a copy takes PostgreSQL 50 ms or more."""

    def __init__(self, admin: psycopg.Connection, template: str) -> None:
        self.admin = admin
        self.template = template
        self.number = count()
        self.hand = ThreadPoolExecutor(1)
        self.next = self.hand.submit(self._make)

    def take(self) -> str:
        made = self.next.result()
        self.next = self.hand.submit(self._make)
        return made

    def give_back(self, name: str) -> None:
        self.hand.submit(self.admin.execute, f"DROP DATABASE {name} WITH (FORCE)")

    def _make(self) -> str:
        name = f"fupin_test_{os.getpid()}_{next(self.number)}"
        self.admin.execute(f"CREATE DATABASE {name} TEMPLATE {self.template} STRATEGY FILE_COPY")
        return name


@pytest.fixture(scope="session")
def clones(server: Server, template: str) -> Iterator[Clones]:
    # On a connection of its own: it makes a copy while tests use `admin`, in transactions too.
    with psycopg.connect(_plain(server.url()), autocommit=True) as admin:
        made = Clones(admin, template)
        yield made
        made.hand.shutdown()


@pytest.fixture
def database(clones: Clones) -> Iterator[str]:
    """A fresh copy of the template, for one test."""
    name = clones.take()
    yield name
    clones.give_back(name)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the installation keeps its secrets."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def base_settings(home: Path) -> Settings:
    return Settings(
        home=home, division=DIVISION, pool_size=10, transfer_limit_fen=10**15, transfer_daily_limit_fen=10**18
    )


@pytest.fixture(scope="session")
def verifier(base_settings: Settings) -> Verifier:
    return Verifier(base_settings.issuer_url, base_settings.audience, StaticKeys(issuer.jwks(base_settings)))


@pytest.fixture(scope="session")
def apps() -> Mapping[str, FastAPI]:
    """The five applications, built once: building is slow, their runtime is new for every test."""
    return {name: import_module(f"services.{name}.app").create_app() for name in (*SERVICES, "portal")}


class InProcess(httpx.ASGITransport):
    """The way to another service: in a task of its own, as that process would not see the caller's context."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await asyncio.create_task(super().handle_async_request(request))


class Api:
    """One service as a caller with one token sees it; the county-admin, unless said otherwise."""

    def __init__(self, app: FastAPI, settings: Settings, admin_dsn: str, token: str | None) -> None:
        self.app = app
        self.settings = settings
        self.admin_dsn = admin_dsn
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://test", headers=headers
        )

    @property
    def runtime(self) -> Runtime:
        found: Runtime = self.app.state.runtime
        return found

    def as_(self, role: str, division: str | None = None, sub: str | None = None) -> "Api":
        """The same service with a token of another role, division or person."""
        return Api(
            self.app, self.settings, self.admin_dsn, issuer.mint(self.settings, role, division=division, sub=sub)
        )

    def anonymous(self) -> "Api":
        return Api(self.app, self.settings, self.admin_dsn, None)

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.http.get(path, **options)

    async def post(self, path: str, *, key: str | None = None, **options: Any) -> httpx.Response:
        headers = dict(options.pop("headers", {})) | ({"Idempotency-Key": key} if key else {})
        return await self.http.post(path, headers=headers, **options)

    async def patch(self, path: str, *, version: int | None = None, **options: Any) -> httpx.Response:
        headers = dict(options.pop("headers", {})) | ({"If-Match": f'"{version}"'} if version is not None else {})
        return await self.http.patch(path, headers=headers, **options)

    async def delete(self, path: str, *, version: int | None = None, **options: Any) -> httpx.Response:
        headers = dict(options.pop("headers", {})) | ({"If-Match": f'"{version}"'} if version is not None else {})
        return await self.http.delete(path, headers=headers, **options)

    async def drain(self) -> None:
        """Run the service's queued jobs to the end."""
        await self.runtime.drain()

    async def sql(self, statement: str, *parameters: Any, division: str = DIVISION) -> list[tuple[Any, ...]]:
        """SQL with the service's own login, in one transaction of the given division."""
        dsn = _plain(self.runtime.engine.url.render_as_string(hide_password=False))
        connection = await psycopg.AsyncConnection.connect(dsn)
        try:
            await connection.execute(f"SET LOCAL fupin.division = '{division}'; SET LOCAL fupin.actor = 'tester'")
            found = await connection.execute(statement, parameters or None)
            rows = await found.fetchall() if found.description else []
            await connection.commit()
            return rows
        finally:
            await connection.close()

    async def admin_sql(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """SQL as the superuser, whom row-level security does not bind."""
        async with await psycopg.AsyncConnection.connect(self.admin_dsn, autocommit=True) as connection:
            found = await connection.execute(statement, parameters or None)
            return await found.fetchall() if found.description else []


@pytest.fixture
async def services(
    server: Server, database: str, base_settings: Settings, verifier: Verifier, apps: Mapping[str, FastAPI]
) -> AsyncIterator[dict[str, Api]]:
    """All five, running on one database and reaching each other."""
    transports = {name: InProcess(app) for name, app in apps.items()}
    found: dict[str, Api] = {}
    opened = []
    for name, app in apps.items():
        settings = base_settings.model_copy(
            update={
                "client_id": name,
                "client_secret": issuer.client_secret(base_settings, name),
                **{f"{s}_database_url": server.url(database, f"fupin_{s}", PASSWORD) for s in SERVICES if s == name},
            }
        )
        runtime = Runtime(name, settings, verifier=verifier, transports=transports)
        app.state.runtime = await runtime.__aenter__()
        opened.append(runtime)
        found[name] = Api(app, settings, _plain(server.url(database)), issuer.mint(settings, "county-admin"))
    yield found
    for runtime in opened:
        await runtime.__aexit__()


@pytest.fixture
def registry(services: dict[str, Api]) -> Api:
    return services["registry"]


@pytest.fixture
def funds(services: dict[str, Api]) -> Api:
    return services["funds"]


@pytest.fixture
def projects(services: dict[str, Api]) -> Api:
    return services["projects"]


@pytest.fixture
def inspection(services: dict[str, Api]) -> Api:
    return services["inspection"]


@pytest.fixture
def portal(services: dict[str, Api]) -> Api:
    return services["portal"]


def _plain(url: str) -> str:
    """SQLAlchemy's address as libpq takes it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
