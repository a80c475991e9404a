from collections.abc import AsyncIterator, Sequence
from datetime import date

from sqlalchemy import RowMapping
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.projects.models import Enterprise, Project
from services.projects.queries.projects import Filter, projects

PAGE = 1_000
_USCC = select(Enterprise.uscc).where(col(Enterprise.id) == col(Project.enterprise_id)).scalar_subquery().label("uscc")


async def library(db: AsyncSession, asked: Filter, as_of: date | None) -> AsyncIterator[Sequence[RowMapping]]:
    """Projects with the credit code of their enterprise, a page at a time in the order of their numbers."""
    found = (
        projects(asked, as_of)
        .add_columns(_USCC)
        .order_by(col(Project.project_no), col(Project.id))
        .execution_options(yield_per=PAGE)
    )
    rows = (await db.stream(found)).mappings()
    async for page in rows.partitions(PAGE):
        yield page
