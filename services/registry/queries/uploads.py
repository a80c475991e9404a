"""Uploads: sealed parts in, plain parts out, discarded when their time has come."""

from collections.abc import AsyncIterator
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.concurrency import run_in_threadpool

from fupin.auth import Principal
from fupin.crypto import Vault
from fupin.db import driver, transaction
from services.registry.problems import UploadDiscarded

CONTEXT = "registry.upload"
PART = 1 << 20

ADD = text("""
    INSERT INTO upload (id, division_code, filename, size, created_by)
    VALUES (:id, :division_code, :filename, :size, :created_by)
""")

PART_OF = "SELECT content_enc FROM upload_chunk WHERE upload_id = %s AND seq = %s"

# Errors can be asked for as the user's own workbook for a while; without errors nobody needs the file again.
RELEASE = text("""
    UPDATE upload SET discard_at = clock_timestamp() + make_interval(days => CAST(:days AS integer)) WHERE id = :id
""")

DISCARD = text("""
    DELETE FROM upload_chunk
    WHERE upload_id IN (SELECT id FROM upload WHERE discard_at <= clock_timestamp())
""")

OWNER = text("SELECT created_by FROM upload WHERE id = :id")

KEPT_DAYS = 7  # with errors


async def keep(
    db: AsyncSession, vault: Vault, id: UUID, file: BinaryIO, filename: str, size: int, who: Principal
) -> None:
    """Store an uploaded file in sealed parts."""
    division_code = who.division.ljust(12, "0")
    await db.execute(
        ADD,
        {"id": id, "division_code": division_code, "filename": filename, "size": size, "created_by": who.actor},
    )
    conn = await driver(db)
    file.seek(0)
    seq = 0
    while part := await run_in_threadpool(file.read, PART):
        sealed = await run_in_threadpool(vault.seal, part, CONTEXT)
        await conn.execute(
            "INSERT INTO upload_chunk (upload_id, seq, division_code, content_enc) VALUES (%s, %s, %s, %b)",
            (id, seq, division_code, sealed),
        )
        seq += 1


async def chunks(runtime: Any, who: Principal, id: UUID) -> AsyncIterator[bytes]:
    """The file's parts in order, in the clear. Raises UploadDiscarded."""
    async with transaction(runtime, who) as db:
        conn = await driver(db)
        seq = 0
        while row := await (await conn.execute(PART_OF, (id, seq), binary=True)).fetchone():
            yield runtime.vault.open_bytes(row[0], CONTEXT)
            seq += 1
    if seq == 0:
        raise UploadDiscarded


async def release(db: AsyncSession, id: UUID, *, wanted: bool) -> None:
    """The file's work is done: discard it now, or in a week when its errors may still be looked at in it."""
    await db.execute(RELEASE, {"id": id, "days": KEPT_DAYS if wanted else 0})
    await db.execute(DISCARD)


async def owner(db: AsyncSession, id: UUID) -> str | None:
    """Who sent the file."""
    found: str | None = (await db.execute(OWNER, {"id": id})).scalar_one_or_none()
    return found
