"""
Keyset pages: page one and page ten thousand cost the same, and rows added meanwhile shift nothing.

The cursor holds the last row's key, signed, and is good for the same filters only.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import parse_qsl, quote, urlencode
from uuid import UUID

from fastapi import Depends, Header, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlalchemy import Select, func, select, tuple_
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.problems import FieldError, Problem

Item = TypeVar("Item")

MOST = 200


class BadCursor(Problem):
    """The cursor is not one that this list gave out for these filters; start again without it."""

    status = 400
    zh = "游标无效或不属于当前筛选条件，请去掉游标重新开始。"


class Page(BaseModel, Generic[Item]):
    """A page of a list. `next_cursor` is null on the last one."""

    items: list[Item]
    next_cursor: str | None
    total_count: int | None = Field(
        default=None,
        exclude_if=lambda found: found is None,
        description="Only with `Prefer: count=exact` or `count=estimated`.",
    )


_ADDRESS = "%/?:@!$&'()*+,;=-._~"  # what stands in an address as it is (RFC 3986, 3.4)


@lru_cache(maxsize=4096)
def _filters(path: str, query: str) -> str:
    """The same for the same filters, in whatever order and however they are escaped."""
    given = sorted((k, v) for k, v in parse_qsl(query, keep_blank_values=True) if k not in ("limit", "cursor"))
    return hashlib.sha256(f"{path}?{urlencode(given)}".encode()).hexdigest()[:16]


class Cursors:
    """Gives out cursors, signed with the installation's key, and reads them back."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @staticmethod
    def filters(address: str) -> str:
        """What a list's address says beside where to go on: cursors are good for the same only."""
        path, _, query = address.partition("?")
        return _filters(path, "&".join(part for part in query.split("&") if not part.startswith(("limit=", "cursor="))))

    def seal(self, filters: str, last: Sequence[Any]) -> str:
        body = json.dumps([filters, *map(written, last)], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._sign(body) + body).rstrip(b"=").decode()

    def open(self, filters: str, cursor: str) -> list[Any]:
        """The key of the row that the cursor continues after. Raises BadCursor."""
        try:
            raw = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            if not hmac.compare_digest(raw[:12], self._sign(raw[12:])):
                raise BadCursor
            given, *last = json.loads(raw[12:])
        except (ValueError, binascii.Error):
            raise BadCursor from None
        if given != filters:
            raise BadCursor
        return list(last)

    def _sign(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")[:12]


class Paging:
    """How much of a list is asked for, from where, and whether it is to be counted."""

    def __init__(self, request: Request, response: Response, limit: int, cursor: str | None, count: str | None) -> None:
        self.limit = limit
        self.count = count
        self._request = request
        self._response = response
        self._cursors: Cursors = request.app.state.runtime.cursors
        self._filters = Cursors.filters(f"{request.scope['path']}?{request.scope['query_string'].decode('latin-1')}")
        self.after: list[Any] | None = self._cursors.open(self._filters, cursor) if cursor is not None else None

    async def of(
        self, db: AsyncSession, statement: Select[Any], *, key: Any, descending: bool = False
    ) -> dict[str, Any]:
        """
        A page of `statement`, ordered by `key`: one column or a tuple of them, none nullable, together unique.

        Rows are the entities selected, or mappings where several columns are.
        """
        columns: tuple[Any, ...] = key if isinstance(key, tuple) else (key,)
        counted = await self._count(db, statement)
        ordered = statement.order_by(*(column.desc() if descending else column for column in columns))
        if self.after is not None:
            last = self.values([column.type.python_type for column in columns])
            here, there = tuple_(*columns), tuple_(*last)
            ordered = ordered.where(here < there if descending else here > there)
        found = (
            await db.execute(
                ordered.add_columns(*(c.label(f"key_{n}") for n, c in enumerate(columns))).limit(self.limit + 1)
            )
        ).all()
        rows = found[: self.limit]
        width = len(columns)
        items = [row[0] if len(row) == width + 1 else dict(list(row._mapping.items())[:-width]) for row in rows]
        return self.answer(items, rows[-1][-width:] if len(found) > self.limit else None, counted)

    def answer(self, items: Any, last: Sequence[Any] | None, total: int | None = None) -> dict[str, Any]:
        """The page's shape; `last` is the key of its last row when more rows follow. Sets `Link: rel="next"`."""
        cursor = self.cursor(last) if last is not None else None
        if cursor:
            self.link(cursor)
        return {"items": items, "next_cursor": cursor, "total_count": total}

    def link(self, cursor: str) -> None:
        query = self._request.scope["query_string"].decode("latin-1")
        given = [part for part in query.split("&") if part and not part.startswith("cursor=")]
        address = quote(f"{self._request.scope['path']}?{'&'.join([*given, f'cursor={cursor}'])}", safe=_ADDRESS)
        self._response.headers["Link"] = f'<{address}>; rel="next"'

    def cursor(self, last: Sequence[Any]) -> str:
        """The cursor that continues after the row with this key."""
        return self._cursors.seal(self._filters, last)

    def values(self, types: Sequence[type]) -> list[Any]:
        """The key in the cursor as Python values of the columns' types."""
        if self.after is None or len(self.after) != len(types):
            raise BadCursor
        try:
            return [_read(value, kind) for value, kind in zip(self.after, types, strict=True)]
        except (TypeError, ValueError):
            raise BadCursor from None

    async def _count(self, db: AsyncSession, statement: Select[Any]) -> int | None:
        if self.count is None:
            return None
        self._response.headers["Preference-Applied"] = f"count={self.count}"
        if self.count == "exact":
            total: int = (
                await db.execute(select(func.count()).select_from(statement.order_by(None).subquery()))
            ).scalar_one()
            return total
        connection = await db.connection()
        compiled = statement.compile(dialect=connection.dialect, compile_kwargs={"render_postcompile": True})
        plan = await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {compiled}", compiled.params)
        return int(plan.scalar_one()[0]["Plan"]["Plan Rows"])


def written(value: Any) -> Any:
    """A part of a key as it stands in a cursor."""
    return value if isinstance(value, int | str) else value.isoformat() if isinstance(value, date) else str(value)


def _read(value: Any, kind: type) -> Any:
    if kind is UUID:
        return UUID(value)
    if kind in (date, datetime):
        return kind.fromisoformat(value)
    if not isinstance(value, kind):
        raise TypeError
    return value


async def _paging(
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=MOST, description=f"Rows a page: 1 to {MOST}.")] = 50,
    cursor: Annotated[str | None, Query(max_length=1000, description="`next_cursor` of the page before.")] = None,
    prefer: Annotated[str | None, Header(description="`count=exact` or `count=estimated` (RFC 7240).")] = None,
) -> Paging:
    count = re.search(r"(?:^|[,;\s])count\s*=\s*\"?(exact|estimated)\b", prefer or "")
    if prefer and "count" in prefer and count is None:
        raise Unpreferable(
            errors=[
                FieldError(
                    "Prefer", "header", "count", "count is exact or estimated", "count 只能是 exact 或 estimated"
                )
            ]
        )
    return Paging(request, response, limit, cursor, count[1] if count else None)


class Unpreferable(Problem):
    """The Prefer header asks for a count that does not exist."""

    status = 400
    zh = "Prefer 请求头中的 count 取值无效。"


Paged = Annotated[Paging, Depends(_paging)]
