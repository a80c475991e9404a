"""One schema per service, one transaction per request, one division per transaction."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, cast

import psycopg
from fastapi import Depends, Request
from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    Uuid,
    make_url,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.ext.asyncio import AsyncSession as PlainAsyncSession
from sqlalchemy.orm import Session as PlainSession
from sqlalchemy.orm import registry
from sqlalchemy.types import UserDefinedType
from sqlmodel import Session
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin import context, idempotency, tracing
from fupin.auth import Principal, principal
from fupin.reads import Readers, TracedReaders
from fupin.settings import Settings
from fupin.urls import libpq

NAMES = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}

NEW_ID: dict[str, Any] = {"server_default": text("uuidv7()")}


def schema(name: str) -> registry:
    """One service's own schema, metadata and class registry: the base of its `Table`."""
    return registry(metadata=MetaData(schema=name, naming_convention=NAMES))


class Xid8(UserDefinedType[str]):
    """PostgreSQL's 64-bit transaction id: it orders facts by the transaction that wrote them."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "xid8"


ischema_names["xid8"] = Xid8  # so that a reflected column is recognised by Alembic


def kernel_tables(metadata: MetaData) -> None:
    """Add the tables that every service has: audit and its seal, idempotency, operations."""
    now = text("clock_timestamp()")
    at = DateTime(timezone=True)
    Table(
        "audit", metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("at", at, nullable=False, server_default=now),
        Column("xid", Xid8(), nullable=False, server_default=text("pg_current_xact_id()"), index=True),
        Column("actor", Text, nullable=False),
        Column("division", String(12), nullable=False),
        Column("request_id", Text, nullable=False),
        Column("purpose", Text),
        Column("action", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("object_id", Text, nullable=False),
        Column("change", JSONB),
        Index(None, "kind", "object_id"),
    )  # fmt: skip
    Table(
        "audit_seal", metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("upto", Xid8(), nullable=False),
        Column("entries", BigInteger, nullable=False),
        Column("previous", LargeBinary),
        Column("hash", LargeBinary, nullable=False),
        Column("at", at, nullable=False, server_default=now),
    )  # fmt: skip
    Table(
        "idempotency", metadata,
        Column("principal", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("fingerprint", LargeBinary, nullable=False),
        Column("status", Integer, nullable=False),
        Column("headers", JSONB, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("at", at, nullable=False, server_default=now, index=True),
    )  # fmt: skip
    Table(
        "operation", metadata,
        Column("id", Uuid, primary_key=True, server_default=text("uuidv7()")),
        Column("kind", Text, nullable=False),
        Column("state", Text, nullable=False, server_default="QUEUED"),
        Column("phase", Text, nullable=False, server_default=""),
        Column("done", BigInteger, nullable=False, server_default="0"),
        Column("total", BigInteger),
        Column("params", JSONB, nullable=False),
        Column("principal", JSONB, nullable=False),
        Column("division_code", String(12), nullable=False),
        Column("cancel_requested", at),
        Column("result", JSONB),
        Column("problem", JSONB),
        Column("created_at", at, nullable=False, server_default=now),
        Column("started_at", at),
        Column("finished_at", at),
    )  # fmt: skip


def engine(settings: Settings, service: str, **options: Any) -> AsyncEngine:
    """The pool of one service: its own login, bounded statements, values never in error texts."""
    return create_async_engine(
        settings.service_database_url(service),
        pool_size=settings.pool_size,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"autocommit": True, **_connecting(settings, service), **tracing.connecting()},  # see `begun`
        **options,
    )


def readers(settings: Settings, service: str) -> Readers:
    """The connections of one service for hot reads: they cannot write."""
    given = _connecting(settings, service)
    given["options"] += " -c default_transaction_read_only=on"
    return _asking(settings, service, given)


def writers(settings: Settings, service: str) -> Readers:
    """The same for work that is one call of a function, and that a repeated call does not do twice."""
    return _asking(settings, service, _connecting(settings, service))


def _asking(settings: Settings, service: str, given: dict[str, Any]) -> Readers:
    kind = TracedReaders if tracing.wanted() else Readers
    return kind(libpq(make_url(settings.service_database_url(service))), settings.pool_size, **given)


def _connecting(settings: Settings, service: str) -> dict[str, Any]:
    return {
        "connect_timeout": 5,
        "application_name": f"fupin-{service}",
        "options": f"-c statement_timeout={settings.statement_timeout_ms} -c idle_in_transaction_session_timeout=60000",
    }


class _SyncSession(Session):
    execute = PlainSession.execute


class _Session(AsyncSession):
    """SQLModel's session: `exec` for models, and `execute`, which SQLModel calls deprecated, for named SQL."""

    sync_session_class = _SyncSession
    execute = PlainAsyncSession.execute


def sessions(source: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """For `begun` only: elsewhere a statement would commit by itself."""
    return async_sessionmaker(source, class_=_Session, expire_on_commit=False)


async def driver(db: AsyncSession) -> psycopg.AsyncConnection[Any]:
    """The same transaction's psycopg connection, for COPY, streams and JSON that PostgreSQL builds."""
    raw = await (await db.connection()).get_raw_connection()
    return cast("psycopg.AsyncConnection[Any]", raw.driver_connection)


@asynccontextmanager
async def begun(runtime: Any, begin: str = "BEGIN") -> AsyncIterator[AsyncSession]:
    """
    One transaction: committed when the block ends, rolled back when it fails.

    The pool's connections are in autocommit mode and `begin` opens the transaction, so that BEGIN and the settings
    travel in one round trip. A connection that died in the pool shows here, before anything was done: the pool is
    emptied and the transaction begun on a new one, which spares a ping on every request.
    """
    db: AsyncSession = runtime.sessions()
    try:
        try:
            await (await driver(db)).execute(begin.encode())
        except psycopg.OperationalError:
            await db.invalidate()
            await runtime.engine.dispose()
            await (await driver(db)).execute(begin.encode())
        yield db
        await db.commit()
    finally:
        await db.close()


def _entering(who: Principal, *, read_only: bool = False) -> str:
    """Tells PostgreSQL who acts, and in which division, for one transaction (row-level security, audit)."""
    if not re.fullmatch(r"\d{2,12}", who.division):
        raise ValueError("a division is 2 to 12 digits")
    return (
        f"BEGIN{' READ ONLY' if read_only else ''}; SET LOCAL fupin.division = '{who.division}'; "
        f"SET LOCAL fupin.actor = {_literal(who.actor)}; "
        f"SET LOCAL fupin.request_id = {_literal(context.request_id.get())}"
    )


def _literal(value: str) -> str:
    if "\x00" in value:
        raise ValueError("NUL in a literal")
    return "'" + value.replace("'", "''") + "'"  # complete under standard_conforming_strings, which is always on


@asynccontextmanager
async def transaction(runtime: Any, who: Principal) -> AsyncIterator[AsyncSession]:
    """One transaction of a job, as the principal who asked for it."""
    async with begun(runtime, _entering(who)) as db:
        yield db


async def _session(request: Request, who: Annotated[Principal, Depends(principal)]) -> AsyncIterator[AsyncSession]:
    read_only = request.method in ("GET", "HEAD")
    async with begun(request.app.state.runtime, _entering(who, read_only=read_only)) as db:
        await idempotency.claim(db, request, who)
        yield db


# scope="function": COMMIT happens before the response leaves. With FastAPI's default
# ("request") a failing COMMIT would reach the caller as a 201.
Db = Annotated[AsyncSession, Depends(_session, scope="function")]
