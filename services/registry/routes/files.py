"""Taking a file in, telling what is wrong with it, giving it back marked."""

import tempfile
from typing import Any
from uuid import UUID

from fastapi import Depends, Request, Response, UploadFile
from fastapi.responses import StreamingResponse
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile as Part

from fupin.auth import Principal
from fupin.crypto import Vault
from fupin.operations import start
from fupin.paging import Paging
from fupin.problems import Invalid, NotFound
from fupin.sheets import reading
from fupin.sheets.errors import words
from fupin.sheets.layouts import Layout
from services.registry import workbooks
from services.registry.models import ImportCellError
from services.registry.problems import NotYourFile
from services.registry.queries import uploads
from services.registry.queries.imports import errors


async def _one_file(request: Request) -> None:
    form = await request.form()
    if sum(isinstance(part, Part) for _, part in form.multi_items()) > 1:
        raise Invalid("/file", "send one file at a time", zh="每次只能上传一个文件", code="one-file")


OneFile = Depends(_one_file)


async def receive(
    db: AsyncSession, vault: Vault, who: Principal, file: UploadFile, operation: str, params: dict[str, Any]
) -> tuple[UUID, str]:
    """
    Look whether the file may be read at all, keep it sealed, queue its operation; the operation's id, the file's name.

    Raises FileBurst, SheetTooWide, OldWorkbook, FileEmpty, FileUnreadable.
    """
    await reading.check(file.file)
    id = await start(db, operation, params, who)
    name = reading.plain_name(file.filename)
    await uploads.keep(db, vault, id, file.file, name, file.size or 0, who)
    return id, name


def made(response: Response, address: str) -> None:
    """Say where the thing itself is; `Location` says where its operation is."""
    response.headers["Content-Location"] = address


async def bad_cells(db: AsyncSession, page: Paging, id: UUID, layout: Layout) -> dict[str, Any]:
    """A page of what is wrong with a file, in the words of both languages."""
    found = await page.of(db, errors.of(id), key=col(ImportCellError.seq))
    headings = {column.field: column.zh for column in layout.columns}
    items = [
        {
            "row": e.row,
            "column": e.field,
            "heading": headings[e.field],
            "code": e.code,
            "zh": zh,
            "en": en,
        }
        for e in found["items"]
        for zh, en in [words(e.code, e.named, layout.errors)]
    ]
    return found | {"items": items}


async def marked(
    db: AsyncSession,
    runtime: Any,
    who: Principal,
    id: UUID,
    layout: Layout,
    mapping: dict[str, str | None] | None = None,
) -> StreamingResponse:
    """
    The sender's own file as a workbook with its bad cells marked.

    Raises NotFound, NotYourFile, UploadDiscarded.
    """
    owner = await uploads.owner(db, id)
    if owner is None:
        raise NotFound
    if owner != who.actor:
        raise NotYourFile
    into = tempfile.TemporaryFile()  # noqa: SIM115  # closed when it has been sent
    try:
        with tempfile.TemporaryFile() as file, tempfile.TemporaryFile() as lines:
            async for chunk in uploads.chunks(runtime, who, id):
                await run_in_threadpool(file.write, chunk)
            async for line in errors.lines(db, id):
                lines.write(line)
            lines.flush()
            file.flush()
            await reading.mark(file, layout, lines, into, mapping)
    except BaseException:
        into.close()
        raise
    return workbooks.sent(into, "errors.xlsx")
