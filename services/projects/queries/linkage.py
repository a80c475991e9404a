from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.projects.models import BeneficiaryLink


def beneficiaries(
    project_id: UUID | None, household_id: UUID | None, division: str | None, on: date | None
) -> Select[Any]:
    """Links of households to projects; with a day, those that held on it."""
    found = select(BeneficiaryLink)
    if project_id is not None:
        found = found.where(BeneficiaryLink.project_id == project_id)
    if household_id is not None:
        found = found.where(BeneficiaryLink.household_id == household_id)
    if division is not None:
        found = found.where(func.starts_with(col(BeneficiaryLink.division_code), division))
    if on is not None:
        to_on = col(BeneficiaryLink.to_on)
        found = found.where(col(BeneficiaryLink.from_on) <= on, or_(to_on.is_(None), to_on >= on))
    return found


async def link(db: AsyncSession, links: Sequence[BeneficiaryLink]) -> None:
    """Add links, all of them or none."""
    db.add_all(links)
    await db.flush()


async def change_link(db: AsyncSession, link_id: UUID, version: int, change: dict[str, Any]) -> BeneficiaryLink | None:
    """The link as changed; None when this version of it is not there to change."""
    statement = (
        update(BeneficiaryLink)
        .where(col(BeneficiaryLink.id) == link_id, col(BeneficiaryLink.version) == version)
        .values(**change, version=version + 1)
        .returning(BeneficiaryLink)
    )
    return (await db.execute(statement)).scalar_one_or_none()


async def has_link(db: AsyncSession, link_id: UUID) -> bool:
    return (await db.exec(select(BeneficiaryLink.id).where(BeneficiaryLink.id == link_id))).one_or_none() is not None
