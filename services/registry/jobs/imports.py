"""
Reading a file into the registry.

Everything that one import writes, its errors included, is one transaction: a crash before its end leaves nothing and
the operation reads the file again; a crash after it finds the record finished and only answers.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.auth import Principal
from fupin.chores import chore
from fupin.db import driver, transaction
from fupin.operations import Progress, operation
from fupin.problems import NotFound, Problem, from_database
from services.registry.codes.imports import ImportKind, ImportMode, ImportState
from services.registry.jobs.staging import Staged, plain_file, stage
from services.registry.models import FileImport
from services.registry.problems import RowsRefused
from services.registry.queries import uploads
from services.registry.queries.imports import divisions, households, measures, records, staging
from services.registry.queries.imports.staging import Connection, Counts
from services.registry.rules.kinds import LAYOUTS

_MEASURES: dict[
    ImportKind, tuple[Callable[[Connection], Awaitable[None]], Callable[[Connection, int], Awaitable[Counts]]]
] = {
    ImportKind.PATHWAYS: (measures.check_pathways, measures.apply_pathways),
    ImportKind.HELPERS: (measures.check_helpers, measures.apply_helpers),
    ImportKind.GUARANTEES: (measures.check_guarantees, measures.apply_guarantees),
}
NOTHING = Counts(0, 0, 0)
MANY = 5_000  # rows from which on whole tables are joined, not their rows looked up one by one


@operation("import")
async def run(progress: Progress, runtime: Any, params: dict[str, Any]) -> dict[str, Any]:
    """The import with the operation's own id. Raises RowsRefused, and whatever reading a file raises."""
    id, today = progress.id, date.fromisoformat(params["today"])
    async with transaction(runtime, progress.who) as db:
        asked = await records.found(db, id)
    if asked is None:
        raise NotFound
    if asked.state is ImportState.RECEIVED:
        try:
            await _import(progress, runtime, asked, today)
        except (Problem, DBAPIError, psycopg.Error) as error:
            problem = error if isinstance(error, Problem) else from_database(error)
            if problem is None or problem.status >= 500:
                raise
            async with transaction(runtime, progress.who) as db:
                await db.execute(records.REFUSE, {"id": id})
                await uploads.release(db, id, wanted=False)
            raise problem from error
    return await _result(progress, runtime, id)


@chore("registry")
async def discard_uploads(runtime: Any) -> None:
    """Files whose errors can no longer be asked for are forgotten, also when nobody imports any more."""
    housekeeper = Principal("registry", "registry", frozenset(), runtime.settings.division)
    async with transaction(runtime, housekeeper) as db:
        await db.execute(uploads.DISCARD)


async def _import(progress: Progress, runtime: Any, asked: FileImport, today: date) -> None:
    layout = LAYOUTS[asked.kind.value]
    extra = measures.FOUND if asked.kind in _MEASURES else ""
    async with plain_file(progress, asked.id) as file, transaction(runtime, progress.who) as db:
        conn = await driver(db)
        staged = await stage(conn, progress, layout, file, extra, strict_ids=asked.strict_ids, mapping=asked.columns)
        await progress.step("checking", staged.rows, staged.rows)
        await _take(progress, db, conn, asked, staged, today)


async def _take(
    progress: Progress, db: AsyncSession, conn: Connection, asked: FileImport, staged: Staged, today: date
) -> None:
    async def step() -> None:
        await progress.step("checking", staged.rows, staged.rows)

    async def write() -> None:
        await progress.step("writing", 0, staged.rows)

    while not (asked.validate_only or await staging.alone(conn)):
        await progress.step("waiting", staged.rows, staged.rows)
        await asyncio.sleep(0.5)
    if staged.rows > MANY:
        await conn.execute(staging.WHOLE)
    valid, unchanged, of_households = await _check(conn, asked.kind, step)
    _, _, errors = await staging.count(conn)
    all_or_nothing = asked.mode is ImportMode.ALL_OR_NOTHING
    wanted = not asked.validate_only and not (errors and all_or_nothing)
    counts = NOTHING
    if wanted:
        await write()
        await conn.execute("SAVEPOINT taken")
        counts = await _apply(conn, asked, today, valid, of_households, write)
        _, _, after = await staging.count(conn)
        if after > errors and all_or_nothing:
            # PostgreSQL refused what could not be seen beforehand; the errors outlive what is taken back.
            found = await (await conn.execute("SELECT * FROM stage_error")).fetchall()
            await conn.execute("ROLLBACK TO SAVEPOINT taken")
            await conn.execute("TRUNCATE stage_error")
            async with conn.cursor() as cursor, cursor.copy(staging.COPY_ALL_ERRORS) as copy:
                for row in found:
                    await copy.write_row(row)
            counts, wanted = NOTHING, False
    await progress.step("closing", staged.rows, staged.rows)
    if asked.kind is ImportKind.HOUSEHOLDS and not asked.validate_only:
        await households.review(conn, asked.id, wanted)
    errors = await staging.keep_errors(conn, asked.id, asked.division_code)
    state = ImportState.CHECKED if asked.validate_only else ImportState.DONE if wanted else ImportState.REFUSED
    await records.finish(
        db, id=asked.id, state=state.value, rows_read=staged.rows, rows_valid=valid, errors=errors, added=counts.added,
        changed=counts.changed, unchanged=counts.unchanged or (unchanged if wanted else 0),
        doubts=json.dumps(staged.doubts),
    )  # fmt: skip
    await uploads.release(db, asked.id, wanted=errors > 0)


async def _check(conn: Connection, kind: ImportKind, step: households.Step) -> tuple[int, int, households.Found | None]:
    """Rows that can be taken, how many things of them are registered already just so; of households, more."""
    if kind is ImportKind.HOUSEHOLDS:
        await conn.execute(staging.OUTSIDE)
        found = await households.check(conn, step)
        return found.rows, found.unchanged, found
    if kind is ImportKind.DIVISIONS:
        await divisions.check(conn)
    else:
        await _MEASURES[kind][0](conn)
    _, valid, _ = await staging.count(conn)
    return valid, 0, None


async def _apply(
    conn: Connection, asked: FileImport, today: date, valid: int, found: households.Found | None, step: households.Step
) -> Counts:
    if found is not None:
        return await households.apply(conn, asked.as_of or today, found, step)
    if asked.kind is ImportKind.DIVISIONS:
        return await divisions.apply(conn, asked.as_of, today, valid)
    return await _MEASURES[asked.kind][1](conn, valid)


async def _result(progress: Progress, runtime: Any, id: UUID) -> dict[str, Any]:
    async with transaction(runtime, progress.who) as db:
        done = await records.found(db, id)
    if done is None:
        raise NotFound
    if done.state is ImportState.REFUSED:
        raise RowsRefused(import_id=str(id), bad_cells=done.errors, errors_href=f"/v1/imports/{id}/errors")
    return {
        "import_id": str(id), "href": f"/v1/imports/{id}", "state": done.state.value, "rows_read": done.rows_read,
        "rows_valid": done.rows_valid, "errors": done.errors, "added": done.added, "changed": done.changed,
        "unchanged": done.unchanged,
    }  # fmt: skip
