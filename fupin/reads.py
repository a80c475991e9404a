"""
Hot reads: one statement whose answer PostgreSQL itself writes, in one round trip, past the ORM's session.

The division and the statement travel in one message. PostgreSQL runs such a message as one transaction, so what
`SET LOCAL` says is gone when the answer is there, and row-level security holds as everywhere. The connections are the
service's own login's and can only read.
"""

import asyncio
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Any
from uuid import UUID

import psycopg
from fastapi import Depends, Request
from psycopg import sql
from psycopg.adapt import Transformer
from psycopg.pq import ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGresult

from fupin import tracing
from fupin.auth import Principal, principal

_TYPES = {UUID: "uuid", datetime: "timestamptz", date: "date", bool: "boolean", int: "bigint", list: "text[]"}
_CODE = re.compile(r"[A-Z0-9][A-Z0-9_]{0,40}", re.ASCII)


class Connection:
    """
    One connection, asked one message at a time.

    What arrives is read by the event loop's reader, which stays for the connection's life: psycopg sets up one, and a
    timer, for every statement.
    """

    def __init__(self, driver: psycopg.AsyncConnection[Any]) -> None:
        self.driver = driver
        self.planned: set[str] = set()  # the statements that PostgreSQL has planned for it
        self._wire = driver.pgconn
        self._loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[PGresult] | None = None
        self._last: PGresult | None = None
        self._socket = self._wire.socket
        self._loop.add_reader(self._socket, self._arrived)

    @property
    def idle(self) -> bool:
        return self._wire.transaction_status == TransactionStatus.IDLE

    async def ask(self, message: bytes) -> PGresult:
        """The answer to the last statement of a message, or to the one that failed. Raises OperationalError."""
        self._answer = self._loop.create_future()
        try:
            self._wire.send_query(message)
            if self._wire.flush():
                self._loop.add_writer(self._socket, self._left)
        except psycopg.Error:
            self._forget()
            raise
        try:
            return await self._answer
        except asyncio.CancelledError:
            with suppress(psycopg.Error):
                await self.driver.cancel_safe(timeout=5)
            raise
        finally:
            self._answer = None

    async def close(self) -> None:
        self._forget()
        await self.driver.close()

    def _arrived(self) -> None:
        try:
            self._wire.consume_input()
            while self._answer is not None and not self._answer.done() and not self._wire.is_busy():
                result = self._wire.get_result()
                if result is not None:
                    self._last = result
                elif self._last is not None:
                    self._answer.set_result(self._last)
                    self._last = None
        except psycopg.Error as error:
            self._forget()  # before the socket's number is another's
            if self._answer is not None and not self._answer.done():
                self._answer.set_exception(error)

    def _left(self) -> None:
        """Sends what the socket did not take at once."""
        try:
            if not self._wire.flush():
                self._loop.remove_writer(self._socket)
        except psycopg.Error:
            self._loop.remove_writer(self._socket)  # the reader finds out, too

    def _forget(self) -> None:
        if self._socket >= 0:
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            self._socket = -1


def _rows(connection: Connection, result: PGresult) -> list[Any]:
    # Past the cursor, which costs as much again: it looks for parameters and counts what to prepare.
    reader = Transformer(connection.driver)
    reader.set_pgresult(result)
    return reader.load_rows(0, result.ntuples, tuple)


def _document(connection: Connection, result: PGresult) -> tuple[Any, ...]:
    # A page of Chinese takes as long to decode and encode again as half an empty request.
    reader, others = Transformer(connection.driver), range(1, result.nfields)
    reader.set_loader_types([result.ftype(column) for column in others], Format.TEXT)
    return result.get_value(0, 0), *reader.load_sequence([result.get_value(0, column) for column in others])


Reader = Callable[[Connection, PGresult], Any]


class Readers:
    """
    Connections for what is asked in one message, opened when needed and kept: hot reads, and work that is one call of a
    function and that a repeated call does not do twice.

    A stack rather than a pool with a life of its own: a database that comes back is found by the next request, not
    when a background worker tries again.
    """

    def __init__(self, address: str, most: int, **settings: Any) -> None:
        self._address = address
        self._settings = settings
        self._idle: list[Connection] = []
        self._turns = asyncio.Semaphore(most)

    async def ask(
        self, division: str, statement: str, params: Mapping[str, Any], *, often: bool, read: Reader = _rows
    ) -> Any:
        """
        The rows that the division may see; or what `read` makes of the answer.

        `often`: planned once for each connection, which pays for statements that are asked all the time and run alike
        whatever their values. Others are planned anew with their values, as a filter of a village needs another index
        than one of the county.
        """
        async with self._turns:
            connection, kept = await self._taken()
            try:
                return read(connection, await _asked(connection, division, statement, params, often=often))
            except psycopg.OperationalError:
                if not kept or connection.idle:
                    raise
                await self.aclose()  # what was kept died with the server that it led to
                connection, _ = await self._taken()
                return read(connection, await _asked(connection, division, statement, params, often=often))
            finally:
                if connection.idle:
                    self._idle.append(connection)
                else:
                    await connection.close()

    async def aclose(self) -> None:
        while self._idle:
            await self._idle.pop().close()

    async def _taken(self) -> tuple[Connection, bool]:
        if self._idle:
            return self._idle.pop(), True
        return Connection(await psycopg.AsyncConnection.connect(self._address, **self._settings)), False


class TracedReaders(Readers):
    """The same with a span for each statement, while tracing is on."""

    async def ask(self, division: str, statement: str, params: Mapping[str, Any], **how: Any) -> Any:
        with tracing.sql(statement):
            return await super().ask(division, statement, params, **how)


class Reading:
    """What one caller may read."""

    def __init__(self, readers: Readers, division: str) -> None:
        if not re.fullmatch(r"[0-9]{2,12}", division):
            raise ValueError("a division is 2 to 12 digits")
        self._readers = readers
        self._division = division

    async def rows(self, statement: str, params: Mapping[str, Any], *, often: bool = False) -> list[Any]:
        """The rows of a statement with `%(name)s` parameters; see `Readers.ask`."""
        found: list[Any] = await self._readers.ask(self._division, statement, params, often=often)
        return found

    async def document(self, statement: str, params: Mapping[str, Any]) -> tuple[Any, ...]:
        """The only row of a statement whose first column is JSON: that as PostgreSQL sent it, in bytes."""
        ask = self._readers.ask
        found: tuple[Any, ...] = await ask(self._division, statement, params, often=False, read=_document)
        return found


async def _asked(
    connection: Connection, division: str, statement: str, params: Mapping[str, Any], *, often: bool
) -> PGresult:
    literals = {name: _literal(value, connection.driver) for name, value in params.items()}
    if often:
        types = [next((n for kind, n in _TYPES.items() if isinstance(v, kind)), "unknown") for v in params.values()]
        plan = _plan(statement, tuple(params), tuple(types))
        if plan.name not in connection.planned:
            _held(await connection.ask(plan.prepare))
            connection.planned.add(plan.name)
        asked = f"EXECUTE {plan.name}" + (f" ({', '.join(literals.values())})" if literals else "")
    else:
        texts, names = _parts(statement)
        asked = texts[0] + "".join([literals[name] + text for name, text in zip(names, texts[1:], strict=True)])
    return _held(await connection.ask(f"SET LOCAL fupin.division = '{division}'; {asked}".encode()))


def _literal(value: Any, driver: psycopg.AsyncConnection[Any]) -> str:
    """The value as SQL: here what is easily quoted, such as ids, days and words; all else by psycopg."""
    kind = type(value)
    if kind in (UUID, date, datetime):
        return f"'{value}'::{_TYPES[kind]}"
    if kind is str and "\\" not in value and "\x00" not in value:
        quoted = value.replace("'", "''")  # without backslashes that is all there is to quote, whatever is set
        return f"'{quoted}'"
    if kind is list and value and all(isinstance(one, str) and _CODE.fullmatch(one) for one in value):
        return "'{" + ",".join(f'"{one}"' for one in value) + "}'"
    return sql.Literal(value).as_string(driver)


def _held(result: PGresult) -> PGresult:
    if result.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
        raise psycopg.errors.error_from_result(result)
    return result


@lru_cache(maxsize=512)
def _parts(statement: str) -> tuple[Sequence[str], Sequence[str]]:
    """The text around the parameters, and the parameters' names."""
    pieces = re.split(r"%\((\w+)\)s", statement)
    return [text.replace("%%", "%") for text in pieces[::2]], pieces[1::2]


class _Plan:
    def __init__(self, statement: str, params: Sequence[str], types: Sequence[str]) -> None:
        texts, names = _parts(statement)
        body = texts[0] + "".join(f"${params.index(n) + 1}{text}" for n, text in zip(names, texts[1:], strict=True))
        typed = f" ({', '.join(types)})" if types else ""
        self.name = "r" + hashlib.sha256(f"{typed}{body}".encode()).hexdigest()[:16]
        self.prepare = f"PREPARE {self.name}{typed} AS {body}".encode()


_plan = lru_cache(maxsize=512)(_Plan)


async def _reading(request: Request, who: Annotated[Principal, Depends(principal)]) -> Reading:
    return Reading(request.app.state.runtime.readers, who.division)


# Nothing is taken until rows are asked for. For routes that only read, in place of `Db`.
Reads = Annotated[Reading, Depends(_reading)]
