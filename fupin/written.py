"""
Lists whose rows PostgreSQL itself writes as JSON, for those that are read all the time.

A statement is put together and compiled once for each set of filters, and kept: doing that costs more than all the
rest of a request.
"""

import json
from collections.abc import Callable, Hashable
from enum import Enum
from functools import lru_cache
from typing import Any, get_args
from uuid import UUID

from fastapi import Response
from sqlalchemy import ColumnElement, Select, Text, bindparam, func, literal_column, select
from sqlalchemy.engine import make_url
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.db import driver
from fupin.paging import Page, Paging

_DIALECT = make_url("postgresql+psycopg://").get_dialect()()


class _Listing:
    """One list with one set of filters: its first page, the page after a row, and the statement to count."""

    def __init__(self, found: Select[Any], shape: type[Page[Any]], key: str) -> None:
        (item,) = get_args(shape.model_fields["items"].annotation)
        each = found.subquery("each").c
        pairs: list[ColumnElement[Any]] = []
        for name in item.model_fields:
            pairs += (literal_column(f"'{name}'"), each[name])
        rows = select(func.json_build_object(*pairs).cast(Text), each[key])
        page = rows.order_by(each[key]).limit(bindparam("most", 1))
        self.counted = select(each[key])
        self.first, self.params = _compiled(page)
        self.next, _ = _compiled(page.where(each[key] > bindparam("after", None, type_=each[key].type)))


def _compiled(statement: Select[Any]) -> tuple[str, dict[str, Any]]:
    made = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    given = {name: value.value if isinstance(value, Enum) else value for name, value in made.params.items()}
    return str(made), given


@lru_cache(maxsize=512)
def _listing(found: Callable[..., Select[Any]], asked: tuple[Hashable, ...], shape: Any, key: str) -> _Listing:
    return _Listing(found(*asked), shape, key)


async def written(
    db: AsyncSession, page: Paging, response: Response, shape: type[Page[Any]],
    found: Callable[..., Select[Any]], *asked: Hashable, key: str = "id",
) -> Response:  # fmt: skip
    """
    A page of what `found(*asked)` selects, with the fields of `shape` and no others, in the order of a unique id.

    Nothing between PostgreSQL and the caller looks at a row: the statement answers the fields in the types and words
    that the shape promises.
    """
    wanted = _listing(found, asked, shape, key)
    total = await page._count(db, wanted.counted)
    params = wanted.params | {"most": page.limit + 1}
    if page.after is not None:
        [params["after"]] = page.values([UUID])
    statement = wanted.first if page.after is None else wanted.next
    rows = await (await (await driver(db)).execute(statement.encode(), params)).fetchall()
    shown = rows[: page.limit]
    answer = page.answer(None, shown[-1][1:] if len(rows) > page.limit else None, total)
    parts = ['{"items":[', ",".join(row[0] for row in shown), '],"next_cursor":', json.dumps(answer["next_cursor"])]
    if total is not None:
        parts.append(f',"total_count":{total}')
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return Response("".join(parts) + "}", 200, headers, "application/json")
