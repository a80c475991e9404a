"""The record of a sheet of declarations: the file, sealed, what became of it, and what is wrong with its cells."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from sqlalchemy import Select, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.projects.models import DeclarationError, DeclarationImport
from services.projects.rules.sheets import DECLARATIONS

CONTEXT = "projects.declaration.sheet"  # what a sheet is sealed as
KEPT_DAYS = 7  # with errors


async def keep_errors(db: AsyncSession, asked: DeclarationImport, errors: list[tuple[int, str, str]]) -> None:
    """In the order of the sheet: by row, then as its columns stand."""
    order = {column.field: at for at, column in enumerate(DECLARATIONS.columns)}
    db.add_all(
        DeclarationError(
            import_id=asked.id, seq=seq, division_code=asked.division_code, row=row, field=field, code=code
        )
        for seq, (row, field, code) in enumerate(sorted(errors, key=lambda error: (error[0], order[error[1]])), start=1)
    )
    await db.flush()


def imports() -> Select[Any]:
    return select(DeclarationImport)


async def found(db: AsyncSession, id: UUID) -> DeclarationImport | None:
    """The import, if there is one in the caller's division."""
    statement = select(DeclarationImport).where(DeclarationImport.id == id)
    return (await db.exec(statement.execution_options(populate_existing=True))).one_or_none()


def errors_of(id: UUID) -> Select[Any]:
    return select(DeclarationError).where(DeclarationError.import_id == id)


async def error_lines(db: AsyncSession, id: UUID) -> AsyncIterator[bytes]:
    """[row, field, code, null] as lines of JSON, ordered by row."""
    ordered = errors_of(id).order_by(col(DeclarationError.seq))
    for error in (await db.execute(ordered)).scalars():
        yield json.dumps([error.row, error.field, error.code, None]).encode() + b"\n"


KEEP = text("""
    INSERT INTO declaration_file (import_id, division_code, content_enc) VALUES (:import_id, :division_code, :content)
""")
CONTENT = text("SELECT content_enc FROM declaration_file WHERE import_id = :import_id")
RELEASE = text("""
    UPDATE declaration_file SET discard_at = clock_timestamp() + make_interval(days => CAST(:days AS integer))
    WHERE import_id = :import_id
""")
DISCARD = text("DELETE FROM declaration_file WHERE discard_at <= clock_timestamp()")


async def keep(db: AsyncSession, asked: DeclarationImport, content: bytes) -> None:
    """Store a sealed sheet beside its import."""
    await db.execute(KEEP, {"import_id": asked.id, "division_code": asked.division_code, "content": content})


async def content(db: AsyncSession, id: UUID) -> bytes | None:
    """The sealed sheet, until it is discarded."""
    found = (await db.execute(CONTENT, {"import_id": id})).scalar_one_or_none()
    return None if found is None else bytes(found)


async def release(db: AsyncSession, id: UUID, *, wanted: bool) -> None:
    """The sheet's work is done: discard it now, or in a week when its errors may still be looked at in it."""
    await db.execute(RELEASE, {"import_id": id, "days": KEPT_DAYS if wanted else 0})
    await db.execute(DISCARD)


async def finish(db: AsyncSession, asked: DeclarationImport) -> None:
    """Record how an import ended."""
    asked.finished_at = (await db.execute(text("SELECT clock_timestamp()"))).scalar_one()
    db.add(asked)
    await db.flush()
