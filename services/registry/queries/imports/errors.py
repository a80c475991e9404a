"""What is wrong with a file, cell by cell."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from sqlalchemy import Select
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.db import driver
from services.registry.models import ImportCellError

ORDERED = "SELECT row, field, code, named FROM import_error WHERE upload_id = %s ORDER BY seq"


def of(id: UUID) -> Select[Any]:
    return select(ImportCellError).where(col(ImportCellError.upload_id) == id)


async def lines(db: AsyncSession, id: UUID) -> AsyncIterator[bytes]:
    """[row, field, code, named] as lines of JSON, ordered by row."""
    conn = await driver(db)
    async with conn.cursor() as cursor:
        async for row in cursor.stream(ORDERED, (id,)):
            yield json.dumps(row).encode() + b"\n"
