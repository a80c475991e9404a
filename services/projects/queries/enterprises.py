from typing import Any
from uuid import UUID

from sqlalchemy import Select, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.projects.codes.enterprises import EnterpriseKind
from services.projects.models import Enterprise


def enterprises(kind: EnterpriseKind | None, uscc: str | None) -> Select[Any]:
    """Enterprises, of one kind or with one code."""
    found = select(Enterprise)
    if kind is not None:
        found = found.where(Enterprise.kind == kind)
    if uscc is not None:
        found = found.where(Enterprise.uscc == uscc)
    return found


async def enterprise(db: AsyncSession, enterprise_id: UUID) -> Enterprise | None:
    return (await db.exec(select(Enterprise).where(Enterprise.id == enterprise_id))).one_or_none()


async def change_enterprise(
    db: AsyncSession, enterprise_id: UUID, version: int, change: dict[str, Any]
) -> Enterprise | None:
    """The enterprise as changed; None when this version of it is not there to change."""
    statement = (
        update(Enterprise)
        .where(col(Enterprise.id) == enterprise_id, col(Enterprise.version) == version)
        .values(**change, version=version + 1)
        .returning(Enterprise)
    )
    return (await db.execute(statement)).scalar_one_or_none()
