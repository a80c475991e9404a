"""Changing one row that the caller has read."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import exists, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.etag import Stale
from fupin.problems import NotFound


async def change(db: AsyncSession, row: Any, key: Any, id: object, version: int, values: Mapping[str, Any]) -> None:
    """
    Set the values of the row whose `key` is `id`, if it still has the version that the caller read.

    Raises NotFound, Stale.
    """
    statement = update(row).where(key == id, row.version == version).values(**values, version=row.version + 1)
    if (await db.execute(statement.returning(key))).first() is not None:
        return
    if (await db.execute(select(exists().where(key == id)))).scalar_one():
        raise Stale
    raise NotFound
