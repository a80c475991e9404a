"""What every list and every change has in common."""

from collections.abc import Mapping
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select, update
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.etag import Stale
from fupin.problems import NotFound

Row = TypeVar("Row", bound=SQLModel)


def in_force(first: Any, last: Any, on: date) -> ColumnElement[bool]:
    """Whether something that began on `first` and was over on `last` (null: not yet) was there on a day."""
    return and_(first <= on, or_(last.is_(None), last > on))


def rows(*columns: Any) -> Select[Any]:
    """A statement that gives rows of several columns, as a list shows them."""
    return select(*columns)


def only(statement: Select[Any], filters: Mapping[Any, Any]) -> Select[Any]:
    """The rows whose columns have the given values; a filter that is None says nothing."""
    for column, value in filters.items():
        if value is not None:
            statement = statement.where(column == value)
    return statement


async def add(db: AsyncSession, row: Row) -> Row:
    """Insert a row and read back what PostgreSQL filled in."""
    db.add(row)
    await db.flush()
    await db.refresh(row)
    return row


async def get(db: AsyncSession, model: type[Row], key: UUID, *, lock: bool = False) -> Row:
    """A row by id, held until the transaction ends when asked. Raises NotFound."""
    found = await db.get(model, key, with_for_update={"key_share": False} if lock else None)
    if found is None:
        raise NotFound
    return found


async def one(db: AsyncSession, statement: Select[Any]) -> Mapping[str, Any]:
    """The one row of several columns that a statement finds. Raises NotFound."""
    found = (await db.execute(statement)).mappings().one_or_none()
    if found is None:
        raise NotFound
    return dict(found)


async def change(db: AsyncSession, model: Any, key: UUID, version: int, values: Mapping[str, Any]) -> None:
    """Set columns of the version that the caller read. Raises NotFound, Stale."""
    touched = await db.execute(
        update(model)
        .where(model.id == key, model.version == version)
        .values(**values, version=version + 1)
        .returning(model.id)
        .execution_options(synchronize_session=False)
    )
    if touched.one_or_none() is None:
        raise Stale if (await db.execute(select(model.id).where(model.id == key))).one_or_none() else NotFound
