"""
Every list of a service as a file, with the list's own filters: CSV, workbook or JSON lines.

A list is read through its own route, page after page in one snapshot of the database, so a file says what the list
says. Money stands there as yuan with two decimals and as whole fen, codes in words, nested rows (a journal's lines)
one below the other. That an export was asked for is in the audit trail.
"""

import hashlib
import inspect
import json
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import IO, Annotated, Any, get_args, get_origin

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo
from sqlalchemy import text
from starlette.concurrency import run_in_threadpool

from fupin import audit, problems, tables
from fupin.app import Router
from fupin.auth import Principal, Who
from fupin.codelists import CodeList
from fupin.db import Db, transaction
from fupin.downloads import Download, TooManyExports, Turns
from fupin.paging import Page, Paging, written
from fupin.problems import Problem

PAGE, BLOCK = 1_000, 1 << 16
BOM = "\ufeff"
ONE_SNAPSHOT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
PATIENCE = text("SET LOCAL statement_timeout = '2h'")  # a long list takes as long as who reads it needs

Words = Mapping[str, tuple[str, str]]
List = Callable[..., Awaitable[Any]]
Pages = AsyncGenerator[list[BaseModel], None]


class WorkbookTooLong(Problem):
    """A sheet holds 1,048,575 rows; narrow the filters or ask for CSV."""

    status = 409
    zh = "超过工作表最多 1,048,575 行，请缩小范围或改用 CSV。"


class ExportFormat(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    NDJSON = "ndjson"


def in_chinese(request: Request) -> bool:
    """Papers and files speak Chinese, as the county works, unless English is asked for."""
    return "accept-language" not in request.headers or problems.language(request) == "zh-CN"


class Whole(Paging):
    """Goes through a list to its end."""

    def __init__(self, limit: int = PAGE) -> None:
        self.limit = limit
        self.count = None
        self.after: list[Any] | None = None
        self._last: list[Any] | None = None

    def cursor(self, last: Sequence[Any]) -> str:
        self._last = [written(value) for value in last]
        return ""

    def link(self, cursor: str) -> None:
        """Nobody turns these pages but `turned`."""

    def turned(self) -> bool:
        """Go on to the next page, if there is one."""
        self.after, self._last = self._last, None
        return self.after is not None


class Export:
    """What is asked for, beside the list's filters."""

    def __init__(
        self,
        request: Request,
        who: Who,
        format: Annotated[ExportFormat, Query(description="CSV, workbook or JSON lines.")] = ExportFormat.CSV,  # noqa: A002  # the parameter's name
        bom: Annotated[bool, Query(description="CSV begins with a byte order mark, as spreadsheets like it.")] = True,
    ) -> None:
        self.request = request
        self.runtime = request.app.state.runtime
        self.turns = Turns.of(request.app)
        self.who: Principal = who
        self.format = format
        self.bom = bom
        self.zh = in_chinese(request)
        given = sorted((k, v) for k, v in request.query_params.multi_items() if k not in ("format", "bom"))
        self.filters = hashlib.sha256(json.dumps([request.url.path, *given]).encode()).hexdigest()


Asked = Annotated[Export, Depends()]


@dataclass(frozen=True)
class Column:
    name: str
    kind: Any = None  # a code list
    yuan: bool = False

    def heading(self, words: Words, zh: bool) -> str:
        said = words.get(self.name, (self.name, self.name))[0 if zh else 1]
        if not self.name.endswith("_fen"):
            return said
        unit = ("元" if self.yuan else "分") if zh else ("yuan" if self.yuan else "fen")
        return f"{said}（{unit}）" if zh else f"{said} ({unit})"

    def cell(self, found: Any, zh: bool) -> Any:
        value = found.get(self.name)
        if value is None:
            return None
        if self.yuan:
            return (Decimal(value) / 100).quantize(Decimal("0.01"))
        if self.kind is not None:
            several = value if isinstance(value, list) else [value]
            return "、".join((entry.zh if zh else entry.en) for entry in (self.kind(code) for code in several))
        if isinstance(value, bool):
            return ("是" if value else "否") if zh else ("yes" if value else "no")
        if isinstance(value, str | int | Decimal | date):
            return value
        if isinstance(value, dict | list):
            return json.dumps(value, ensure_ascii=False, default=str)
        return str(value)


class Sheet:
    """A list's rows as a table: the fields of its items, and of the rows within them."""

    def __init__(self, item: type[BaseModel], words: Words) -> None:
        self.words = words
        self.adapter = TypeAdapter(item)
        inner = {name: found for name, field in item.model_fields.items() if (found := _rows_within(field))}
        self.within = next(iter(inner), None)
        self.columns = [*_columns(item, skip=self.within)]
        if self.within:
            self.columns += _columns(inner[self.within])

    def headings(self, zh: bool) -> list[str]:
        return [column.heading(self.words, zh) for column in self.columns]

    def read(self, items: Sequence[Any]) -> list[BaseModel]:
        """Only what the list answers."""
        return [self.adapter.validate_python(item, from_attributes=True, by_alias=True, by_name=True) for item in items]

    def rows(self, items: Sequence[BaseModel], zh: bool) -> Iterator[list[Any]]:
        for item in items:
            found = item.model_dump()
            for more in (found.get(self.within) or [{}]) if self.within else [{}]:
                both = found | more
                yield [column.cell(both, zh) for column in self.columns]


def exports(routers: Sequence[APIRouter], words: Words, also: Mapping[str, str] | None = None) -> APIRouter:
    """
    `GET <list>/export` for every paged list of the routers, and for the routes in `also` (path: field of the rows).

    `words`: each field's Chinese and English heading.
    """
    router = Router(tags=["exports"])
    for one in routers:
        for route in one.routes:
            endpoint, model = getattr(route, "endpoint", None), getattr(route, "response_model", None)
            path = getattr(route, "path", "")
            if (
                endpoint is None
                or not (inspect.isclass(model) and issubclass(model, BaseModel))
                or "GET" not in getattr(route, "methods", ())
            ):
                continue
            field = "items" if issubclass(model, Page) else (also or {}).get(path)
            if field is not None:
                _add(router, path, endpoint, model, field, words, route)
    return router


def _add(
    router: APIRouter, path: str, endpoint: List, model: type[BaseModel], field: str, words: Words, route: Any
) -> None:
    (item,) = get_args(model.model_fields[field].annotation)
    sheet = Sheet(item, words)
    name = endpoint.__name__.removeprefix("list_").removeprefix("get_")
    signature = inspect.signature(endpoint)
    own = [p for p in signature.parameters.values() if p.name not in ("page", "db")]
    paged = "page" in signature.parameters

    async def rows(db: Any, page: Whole, given: dict[str, Any]) -> list[BaseModel]:
        found = await endpoint(**given, db=db, **({"page": page} if paged else {}))
        if isinstance(found, Response):  # which PostgreSQL wrote
            found = json.loads(bytes(found.body))
        return sheet.read(found[field] if isinstance(found, dict) else getattr(found, field))

    async def export(export: Asked, db: Db, **given: Any) -> Response:
        await rows(db, Whole(limit=1), given)  # refuses what the list refuses, before anything is sent

        async def pages() -> Pages:
            async with transaction(export.runtime, export.who) as own_db:
                await own_db.execute(ONE_SNAPSHOT)
                await own_db.execute(PATIENCE)
                page = Whole()
                while found := await rows(own_db, page, given):
                    yield found
                    if not page.turned():
                        return

        export.turns.take(export)
        async with transaction(export.runtime, export.who) as record:
            await audit.record(record, "EXPORT", name, export.filters, change={"format": str(export.format)})
        return await _answer(export, sheet, name, pages())

    keyword = inspect.Parameter.KEYWORD_ONLY
    first = list(inspect.signature(export).parameters.values())[:2]
    export.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what FastAPI reads
        [p.replace(kind=keyword) for p in (*first, *own)]
    )
    export.__name__ = f"export_{name}"
    export.__doc__ = f"{(endpoint.__doc__ or name).strip().splitlines()[0].rstrip('.')}: as a file, filters alike."
    kinds = ("text/csv", tables.XLSX, tables.NDJSON)
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}
    answers = {200: {"description": "The rows, the first of them headings but in NDJSON.", "content": content}}
    refused = {status: found for status, found in route.responses.items() if status not in (200, "200")}
    router.get(
        f"{path}/export", response_class=Response, dependencies=route.dependencies,
        responses=answers | refused | problems.problems(WorkbookTooLong, TooManyExports),
    )(export)  # fmt: skip


async def _answer(export: Export, sheet: Sheet, name: str, pages: Pages) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name.replace("_", "-")}.{export.format}"',
        "Cache-Control": "no-store",
    }
    if export.format is ExportFormat.XLSX:
        try:
            file = await _workbook(export, sheet, pages)
        finally:
            export.turns.give_back(export)
        return Download(sent(file), headers=headers, media_type=tables.XLSX)
    csv = export.format is ExportFormat.CSV
    blocks = _csv(export, sheet, pages) if csv else _ndjson(pages)
    return export.turns.download(export, blocks, headers=headers, media_type=tables.CSV if csv else tables.NDJSON)


async def _csv(export: Export, sheet: Sheet, pages: Pages) -> AsyncGenerator[str, None]:
    yield (BOM if export.bom else "") + tables.comma_separated([sheet.headings(export.zh)])
    async with aclosing(pages):
        async for found in pages:
            yield tables.comma_separated(sheet.rows(found, export.zh))


async def _ndjson(pages: Pages) -> AsyncGenerator[str, None]:
    async with aclosing(pages):
        async for found in pages:
            yield "".join(item.model_dump_json() + "\n" for item in found)


async def _workbook(export: Export, sheet: Sheet, pages: Pages) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115  # closed when it has been sent
    book = tables.Workbook(file)
    book.headings(sheet.headings(export.zh))

    def write(found: list[BaseModel]) -> None:
        for row in sheet.rows(found, export.zh):
            if book.rows >= tables.XLSX_ROWS:
                raise WorkbookTooLong
            book.write(row)

    try:
        async with aclosing(pages):
            async for found in pages:
                await run_in_threadpool(write, found)
        await run_in_threadpool(book.close)
    except BaseException:
        file.close()
        raise
    return file


async def sent(file: IO[bytes]) -> AsyncIterator[bytes]:
    """The file block by block, closed at the end."""
    with file:
        file.seek(0)
        while block := await run_in_threadpool(file.read, BLOCK):
            yield block


def _columns(item: type[BaseModel], skip: str | None = None) -> Iterator[Column]:
    for name, field in item.model_fields.items():
        if name == skip:
            continue
        codes = next((kind for kind in _kinds(field.annotation) if issubclass(kind, CodeList)), None)
        if name.endswith("_fen"):
            yield Column(name, yuan=True)
        yield Column(name, codes)


def _rows_within(field: FieldInfo) -> type[BaseModel] | None:
    """The model of the rows that a field holds, if it holds rows."""
    if get_origin(field.annotation) is not list:
        return None
    return next((kind for kind in _kinds(field.annotation) if issubclass(kind, BaseModel)), None)


def _kinds(annotation: Any) -> Iterator[type]:
    """The classes that an annotation names: `list[A] | None` is A and NoneType."""
    if inspect.isclass(annotation) and get_origin(annotation) is None:
        yield annotation
    for part in get_args(annotation):
        yield from _kinds(part)
