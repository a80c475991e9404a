"""The record of an import: what was asked, what became of it."""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.registry.models import FileImport

PROGRESS = text("UPDATE file_import SET rows_read = :rows_read WHERE id = :id AND state = 'RECEIVED'")

FINISH = text("""
    UPDATE file_import SET state = :state, rows_read = :rows_read, rows_valid = :rows_valid, errors = :errors,
        added = :added, changed = :changed, unchanged = :unchanged, doubts = CAST(:doubts AS jsonb),
        finished_at = clock_timestamp()
    WHERE id = :id AND state = 'RECEIVED'
""")

REFUSE = text("""
    UPDATE file_import SET state = 'REFUSED', finished_at = clock_timestamp() WHERE id = :id AND state = 'RECEIVED'
""")


async def found(db: AsyncSession, id: UUID) -> FileImport | None:
    """The import, if there is one in the caller's division."""
    return (await db.exec(select(FileImport).where(col(FileImport.id) == id))).one_or_none()


async def finish(db: AsyncSession, **row: Any) -> None:
    await db.execute(FINISH, row)
