"""
Reading a sheet of declarations into the library.

All that one sheet writes, its errors included, is one transaction: a crash before its end leaves nothing and the
operation reads the sheet again; a crash after it finds the record finished and only answers.
"""

import asyncio
import tempfile
from datetime import date
from typing import Any, BinaryIO

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.auth import Principal
from fupin.chores import chore
from fupin.db import driver, transaction
from fupin.operations import Progress, operation
from fupin.problems import NotFound, Problem, from_database
from fupin.sheets import reading
from services.projects.codes.declarations import DeclarationMode, DeclarationState
from services.projects.models import DeclarationImport
from services.projects.problems.declarations import SheetDiscarded, SheetRefused
from services.projects.queries import declarations as queries
from services.projects.queries import declaring
from services.projects.queries.declaring import Connection
from services.projects.rules import library as rules
from services.projects.rules.sheets import DECLARATIONS


@operation("declarations")
async def run(progress: Progress, runtime: Any, params: dict[str, Any]) -> dict[str, Any]:
    """The import with the operation's own id. Raises SheetRefused, and whatever reading a file raises."""
    try:
        await _import(progress, runtime, date.fromisoformat(params["today"]))
    except (Problem, DBAPIError, psycopg.Error) as error:
        problem = error if isinstance(error, Problem) else from_database(error)
        if problem is None or problem.status >= 500:
            raise
        async with transaction(runtime, progress.who) as db:
            refused = await queries.found(db, progress.id)
            if refused is not None and refused.state is DeclarationState.RECEIVED:
                await _finish(db, refused, DeclarationState.REFUSED, [])
        raise problem from error
    return await _result(progress, runtime)


@chore("projects")
async def discard_sheets(runtime: Any) -> None:
    """Sheets whose errors can no longer be asked for are forgotten, also when nobody sends any more."""
    housekeeper = Principal("projects", "projects", frozenset(), runtime.settings.division)
    async with transaction(runtime, housekeeper) as db:
        await db.execute(queries.DISCARD)


async def _import(progress: Progress, runtime: Any, today: date) -> None:
    async with transaction(runtime, progress.who) as db:
        asked = await queries.found(db, progress.id)
        if asked is None:
            raise NotFound
        if asked.state is not DeclarationState.RECEIVED:
            return
        sealed = await queries.content(db, asked.id)
        if sealed is None:
            raise SheetDiscarded
        conn = await driver(db)
        with tempfile.TemporaryFile() as file:
            await asyncio.to_thread(file.write, runtime.vault.open_bytes(sealed, queries.CONTEXT))
            file.flush()
            asked.rows_read = await _stage(progress, conn, file)
        await progress.step("checking", asked.rows_read, asked.rows_read)
        await declaring.check(conn, today)
        await _take(progress.who, db, conn, asked, today)


async def _stage(progress: Progress, conn: Connection, file: BinaryIO) -> int:
    """Fill the staging tables; how many rows the sheet has. Raises what reading a file raises, and Cancelled."""
    await declaring.prepare(conn)
    rows = 0
    async for batch in reading.read(file, DECLARATIONS, shifts=True):
        if isinstance(batch, dict):
            continue
        heads, bodies = batch.heads.decode().split("\n"), batch.bodies.decode().split("\n")
        async with conn.cursor() as cursor, cursor.copy(declaring.COPY_ROWS) as copy:
            await copy.write("\n".join(map("\t".join, zip(heads, bodies, strict=True))) + "\n")
        await declaring.add_errors(conn, [(row, field, code) for row, field, code in batch.errors])
        rows += batch.rows
        await progress.step("reading", rows)
    return rows


async def _take(who: Principal, db: AsyncSession, conn: Connection, asked: DeclarationImport, today: date) -> None:
    """Everything, the good rows, or nothing; when only checked, what would have been done is counted and undone."""
    await conn.execute("SAVEPOINT taken")
    counts = await declaring.apply(conn, today, who.actor, rules.VILLAGE.scope, rules.level(who.division).value)
    errors = await declaring.bad_cells(conn)
    refused = bool(errors) and asked.mode is DeclarationMode.ALL_OR_NOTHING
    if asked.validate_only or refused:
        await conn.execute("ROLLBACK TO SAVEPOINT taken")
    state = (
        DeclarationState.CHECKED
        if asked.validate_only
        else DeclarationState.REFUSED
        if refused
        else DeclarationState.DONE
    )
    asked.rows_valid = counts.valid
    if not refused:
        asked.added, asked.changed, asked.unchanged = counts.added, counts.changed, counts.unchanged
    await _finish(db, asked, state, errors)


async def _finish(
    db: AsyncSession, asked: DeclarationImport, state: DeclarationState, errors: list[tuple[int, str, str]]
) -> None:
    await queries.keep_errors(db, asked, errors)
    asked.errors, asked.state = len(errors), state
    await queries.finish(db, asked)
    await queries.release(db, asked.id, wanted=bool(errors))


async def _result(progress: Progress, runtime: Any) -> dict[str, Any]:
    async with transaction(runtime, progress.who) as db:
        done = await queries.found(db, progress.id)
    if done is None:
        raise NotFound
    href = f"/v1/imports/{done.id}"
    if done.state is DeclarationState.REFUSED:
        raise SheetRefused(import_id=str(done.id), bad_cells=done.errors, errors_href=f"{href}/errors")
    return {
        "import_id": str(done.id), "href": href, "state": done.state.value, "rows_read": done.rows_read,
        "rows_valid": done.rows_valid, "errors": done.errors, "added": done.added, "changed": done.changed,
        "unchanged": done.unchanged,
    }  # fmt: skip
