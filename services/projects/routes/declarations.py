import tempfile
from typing import Annotated, Any
from uuid import UUID

from fastapi import Form, Request, Response
from sqlmodel import col
from starlette.concurrency import run_in_threadpool

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.operations import Operation, accepted, start
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from fupin.sheets import reading
from fupin.sheets.errors import words
from fupin.sheets.problems import FileBurst, FileEmpty, FileUnreadable, OldWorkbook, SheetTooWide
from fupin.tables import XLSX
from services.projects import models
from services.projects.problems.declarations import SheetDiscarded, SheetOfOther
from services.projects.queries import declarations as queries
from services.projects.rules.sheets import DECLARATIONS
from services.projects.schemas.declarations import BadCellPage, Import, ImportPage, NewImport

router = Router(tags=["imports"])

WORKBOOK: dict[int | str, dict[str, Any]] = {200: {"content": {XLSX: {}}, "description": "A workbook."}}
HEADINGS = {column.field: column.zh for column in DECLARATIONS.columns}


@router.post(
    "/v1/imports",
    status_code=202,
    dependencies=[needs("projects:write")],
    responses=problems(FileBurst, FileEmpty, FileUnreadable, OldWorkbook, SheetTooWide),
)
async def create_import(
    new: Annotated[NewImport, Form(media_type="multipart/form-data")],
    db: Db,
    who: Who,
    request: Request,
    response: Response,
    today: Today,
) -> Operation:
    """
    Declare projects by the sheet, as an operation. The import has the operation's id: see `Content-Location`.

    A row whose number is declared already changes that project until the county approves it; empty cells leave what is
    declared, and the same sheet again changes nothing.
    """
    await reading.check(new.file.file)
    id = await start(db, "declarations", {"today": today.isoformat()}, who)
    asked = models.DeclarationImport(
        id=id,
        division_code=who.division.ljust(12, "0"),
        filename=reading.plain_name(new.file.filename),
        mode=new.mode,
        validate_only=new.validate_only,
        created_by=who.actor,
    )
    db.add(asked)
    await db.flush()
    await new.file.seek(0)
    content = await new.file.read()
    sealed = await run_in_threadpool(request.app.state.runtime.vault.seal, content, queries.CONTEXT)
    await queries.keep(db, asked, sealed)
    response.headers["Content-Location"] = f"/v1/imports/{id}"
    return await accepted(db, response, id)


@router.get(
    "/v1/imports", response_model=ImportPage, dependencies=[needs("projects:read")], responses=problems(BadCursor)
)
async def list_imports(db: Db, page: Paged) -> dict[str, Any]:
    """Sheets of declarations, the newest first."""
    return await page.of(db, queries.imports(), key=models.DeclarationImport.id, descending=True)


@router.get(
    "/v1/imports/{import_id}",
    response_model=Import,
    dependencies=[needs("projects:read")],
    responses=problems(NotFound),
)
async def get_import(import_id: UUID, db: Db) -> models.DeclarationImport:
    """What was asked, and what became of it."""
    return await _found(db, import_id)


@router.get(
    "/v1/imports/{import_id}/errors",
    response_model=BadCellPage,
    dependencies=[needs("projects:read")],
    responses=problems(NotFound, BadCursor),
)
async def list_import_errors(import_id: UUID, db: Db, page: Paged) -> dict[str, Any]:
    """Every bad cell: row, column and why."""
    await _found(db, import_id)
    found = await page.of(db, queries.errors_of(import_id), key=col(models.DeclarationError.seq))
    items = [
        {"row": e.row, "column": e.field, "heading": HEADINGS[e.field], "code": e.code, "zh": zh, "en": en}
        for e in found["items"]
        for zh, en in [words(e.code, None, DECLARATIONS.errors)]
    ]
    return found | {"items": items}


@router.get(
    "/v1/imports/{import_id}/errors.xlsx",
    dependencies=[needs("projects:write")],
    responses=WORKBOOK | problems(NotFound, SheetOfOther, SheetDiscarded),
)
async def download_import_errors(import_id: UUID, request: Request, db: Db, who: Who) -> Response:
    """Your own sheet as a workbook with its bad cells marked; kept for a week."""
    asked = await _found(db, import_id)
    if asked.created_by != who.actor:
        raise SheetOfOther
    sealed = await queries.content(db, import_id)
    if sealed is None:
        raise SheetDiscarded
    with tempfile.TemporaryFile() as file, tempfile.TemporaryFile() as lines, tempfile.TemporaryFile() as into:
        await run_in_threadpool(file.write, request.app.state.runtime.vault.open_bytes(sealed, queries.CONTEXT))
        file.flush()
        async for line in queries.error_lines(db, import_id):
            lines.write(line)
        lines.flush()
        await reading.mark(file, DECLARATIONS, lines, into, None)
        into.seek(0)
        marked = await run_in_threadpool(into.read)
    headers = {"Content-Disposition": 'attachment; filename="errors.xlsx"', "Cache-Control": "no-store"}
    return Response(marked, media_type=XLSX, headers=headers)


async def _found(db: Db, import_id: UUID) -> models.DeclarationImport:
    found = await queries.found(db, import_id)
    if found is None:
        raise NotFound
    return found
