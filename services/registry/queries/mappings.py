"""Column mappings: the caller's own and those of the divisions above."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.registry.codes.imports import ImportKind
from services.registry.models import ColumnMapping


def mappings(kind: ImportKind | None) -> Select[Any]:
    wanted: Select[Any] = select(ColumnMapping)
    return wanted if kind is None else wanted.where(col(ColumnMapping.kind) == kind)


async def found(db: AsyncSession, id: UUID) -> ColumnMapping | None:
    return (await db.exec(select(ColumnMapping).where(col(ColumnMapping.id) == id))).one_or_none()


async def own(db: AsyncSession, id: UUID, division: str) -> ColumnMapping | None:
    """The mapping when it is the caller's to change: one of the division above is only read."""
    wanted = select(ColumnMapping).where(
        col(ColumnMapping.id) == id, func.starts_with(col(ColumnMapping.division_code), division)
    )
    return (await db.exec(wanted)).one_or_none()


async def drop(db: AsyncSession, id: UUID, version: int) -> bool:
    """False when it has changed since it was read."""
    unwanted = delete(ColumnMapping).where(col(ColumnMapping.id) == id, col(ColumnMapping.version) == version)
    return (await db.execute(unwanted.returning(col(ColumnMapping.id)))).one_or_none() is not None
