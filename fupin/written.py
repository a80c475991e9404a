"""Lists whose rows PostgreSQL itself writes as JSON, for those that are read all the time."""

import json
from typing import Any, get_args

from fastapi import Response
from sqlalchemy import ColumnElement, Select, Text, func, literal_column, select
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.paging import Page, Paging


async def written(
    db: AsyncSession, page: Paging, found: Select[Any], shape: type[Page[Any]], response: Response,
    *, key: str = "id",
) -> Response:  # fmt: skip
    """
    A page of what is found, with the fields of `shape` and no others, ordered by the column `key`, which is unique.

    Nothing between PostgreSQL and the caller looks at a row: the statement answers the fields in the types and words
    that the shape promises.
    """
    (item,) = get_args(shape.model_fields["items"].annotation)
    each = found.subquery("each").c
    pairs: list[ColumnElement[Any]] = []
    for name in item.model_fields:
        pairs += (literal_column(f"'{name}'"), each[name])
    rows = select(func.json_build_object(*pairs).cast(Text))
    answer = await page.of(db, rows, key=each[key])
    parts = ['{"items":[', ",".join(answer["items"]), '],"next_cursor":', json.dumps(answer["next_cursor"])]
    if answer["total_count"] is not None:
        parts.append(f',"total_count":{answer["total_count"]}')
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return Response("".join(parts) + "}", 200, headers, "application/json")
