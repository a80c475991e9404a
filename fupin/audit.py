"""
Who did what, when and why: append-only, hash-chained, and read by those who may (`audit:read`).

Writes are recorded by triggers (`fupin.ddl.audited`); what is not a write, an unmasking above all, by `record`.
A seal covers every entry older than any running transaction, so sealing blocks no writer and leaves no gap.
"""

import json
from typing import Annotated, Any

from fastapi import Query
from sqlalchemy import BigInteger, DateTime, Text, column, select, table, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.db import Db
from fupin.paging import Page, Paged
from fupin.schemas import Answer, Instant

WRITE = text("SELECT audit_write(:action, :kind, :object_id, CAST(:change AS jsonb))")
PURPOSE = text("SELECT set_config('fupin.purpose', :purpose, true)")
SEAL = text("SELECT audit_seal_now()")
BROKEN = text("SELECT audit_broken_seal()")

_entries = table(
    "audit",
    column("id", BigInteger), column("at", DateTime(timezone=True)), column("actor", Text), column("division", Text),
    column("request_id", Text), column("purpose", Text), column("action", Text), column("kind", Text),
    column("object_id", Text), column("change", JSONB),
)  # fmt: skip


class AuditEntry(Answer):
    id: int
    at: Instant
    actor: str
    division: str
    request_id: str
    purpose: str | None
    action: str
    kind: str
    object_id: str
    change: dict[str, Any] | None


class AuditEntryPage(Page[AuditEntry]): ...


async def record(
    db: AsyncSession, action: str, kind: str, object_id: object, *, purpose: str | None = None, change: Any = None
) -> None:
    """Leave an entry for something that is not itself a write, in the same transaction."""
    if purpose is not None:
        await db.execute(PURPOSE, {"purpose": purpose})
    row = {"action": action, "kind": kind, "object_id": str(object_id), "change": json.dumps(change, default=str)}
    await db.execute(WRITE, row)


async def seal(db: AsyncSession) -> int:
    """Seal what is not sealed yet; returns the number of entries newly covered."""
    sealed: int = (await db.execute(SEAL)).scalar_one()
    return sealed


async def broken_seal(db: AsyncSession) -> int | None:
    """The id of the first seal that its entries do not bear out; None when all hold."""
    found: int | None = (await db.execute(BROKEN)).scalar_one()
    return found


async def list_audit_entries(
    db: Db,
    page: Paged,
    kind: Annotated[str | None, Query(max_length=60, description="What was changed, e.g. household.")] = None,
    object_id: Annotated[str | None, Query(max_length=200)] = None,
    actor: Annotated[str | None, Query(max_length=255)] = None,
) -> Any:
    """The audit trail of the caller's division, newest first."""
    wanted = select(*_entries.c)
    for name, value in (("kind", kind), ("object_id", object_id), ("actor", actor)):
        if value is not None:
            wanted = wanted.where(_entries.c[name] == value)
    return await page.of(db, wanted, key=_entries.c.id, descending=True)
