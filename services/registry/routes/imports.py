from typing import Annotated, Any, BinaryIO
from uuid import UUID

from fastapi import Form, Query, Request, Response
from sqlmodel import col, select

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.operations import Operation, accepted
from fupin.paging import Paged
from fupin.problems import NotFound, problems
from fupin.sheets import reading
from fupin.sheets.problems import (
    FileBurst,
    FileEmpty,
    FileUnreadable,
    HeadingsUnknown,
    OldWorkbook,
    SheetTooWide,
)
from services.registry import models
from services.registry.codes.imports import ImportKind, ReviewKind
from services.registry.problems import (
    NotYourFile,
    ReviewClosed,
    UploadDiscarded,
)
from services.registry.problems.mappings import UnknownMapping
from services.registry.queries import mappings, reviews
from services.registry.queries.imports import records
from services.registry.routes.answers import InDivision, Sealing
from services.registry.routes.files import OneFile, bad_cells, made, marked, receive
from services.registry.rules import kinds
from services.registry.rules.kinds import LAYOUTS
from services.registry.schemas.imports import (
    BadCellPage,
    Closing,
    Import,
    ImportPage,
    NewImport,
    ReviewItem,
    ReviewItemPage,
)
from services.registry.workbooks import XLSX

router = Router(tags=["imports"])

WORKBOOK: dict[int | str, dict[str, Any]] = {200: {"content": {XLSX: {}}, "description": "A workbook."}}
REFUSALS = problems(FileBurst, FileEmpty, FileUnreadable, OldWorkbook, SheetTooWide)


@router.post(
    "/v1/imports",
    status_code=202,
    dependencies=[needs("registry:write"), OneFile],
    responses=REFUSALS | problems(UnknownMapping, HeadingsUnknown),
)
async def create_import(
    new: Annotated[NewImport, Form(media_type="multipart/form-data")],
    db: Db,
    who: Who,
    vault: Sealing,
    response: Response,
    today: Today,
) -> Operation:
    """
    Read a file into the registry, as an operation. The import has the operation's id: see `Content-Location`.

    The same file again changes nothing. Empty cells leave what is registered.
    """
    mapping = await mappings.found(db, new.mapping_id) if new.mapping_id else None
    if new.mapping_id and (mapping is None or new.kind not in (None, mapping.kind)):
        raise UnknownMapping
    kind = new.kind or (mapping.kind if mapping else await _guess(new.file.file))
    columns = mapping.columns if mapping else None
    id, filename = await receive(db, vault, who, new.file, "import", {"today": today.isoformat()})
    asked = new.model_dump(exclude={"file"}) | {"kind": kind}
    division_code = who.division.ljust(12, "0")
    db.add(
        models.FileImport(
            id=id, division_code=division_code, filename=filename, created_by=who.actor, columns=columns, **asked
        )
    )
    await db.flush()
    made(response, f"/v1/imports/{id}")
    return await accepted(db, response, id)


@router.get("/v1/imports", response_model=ImportPage, dependencies=[needs("registry:read")])
async def list_imports(db: Db, page: Paged, kind: ImportKind | None = None) -> dict[str, Any]:
    """Imports, the newest first."""
    wanted = select(models.FileImport)
    if kind is not None:
        wanted = wanted.where(col(models.FileImport.kind) == kind)
    return await page.of(db, wanted, key=col(models.FileImport.id), descending=True)


@router.get(
    "/v1/imports/{import_id}",
    response_model=Import,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def get_import(import_id: UUID, db: Db) -> models.FileImport:
    """What was asked, how far it is, what became of it."""
    return await _found(db, import_id)


@router.get(
    "/v1/imports/{import_id}/errors",
    response_model=BadCellPage,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def list_import_errors(import_id: UUID, db: Db, page: Paged) -> dict[str, Any]:
    """Every bad cell: row, column and why."""
    found = await _found(db, import_id)
    return await bad_cells(db, page, import_id, LAYOUTS[found.kind.value])


@router.get(
    "/v1/imports/{import_id}/errors.xlsx",
    dependencies=[needs("registry:write")],
    responses=WORKBOOK | problems(NotFound, NotYourFile, UploadDiscarded),
)
async def download_import_errors(import_id: UUID, request: Request, db: Db, who: Who) -> Response:
    """Your own file as a workbook with its bad cells marked; kept for a week."""
    found = await _found(db, import_id)
    return await marked(db, request.app.state.runtime, who, import_id, LAYOUTS[found.kind.value], found.columns)


@router.get("/v1/review-items", response_model=ReviewItemPage, dependencies=[needs("registry:read")])
async def list_review_items(
    db: Db,
    page: Paged,
    division: InDivision,
    kind: ReviewKind | None = None,
    closed: bool | None = None,
    import_id: UUID | None = None,
    household_no: Annotated[str | None, Query(max_length=30, description="Either of the two.")] = None,
) -> dict[str, Any]:
    """Records that may be one person in two households; nothing is merged by itself."""
    return await page.of(
        db, reviews.items(kind, closed, import_id, division, household_no), key=col(models.ReviewItem.id)
    )


@router.post(
    "/v1/review-items/{item_id}:close",
    response_model=ReviewItem,
    dependencies=[needs("registry:review")],
    responses=problems(NotFound, ReviewClosed),
)
async def close_review_item(item_id: UUID, closing: Closing, db: Db, who: Who) -> models.ReviewItem:
    """Say what was found, and close the item."""
    if await reviews.found(db, item_id) is None:
        raise NotFound
    if not await reviews.close(db, item_id, who.actor, closing.decision, closing.reason):
        raise ReviewClosed
    db.expire_all()
    closed = await reviews.found(db, item_id)
    if closed is None:
        raise NotFound
    return closed


async def _guess(file: BinaryIO) -> ImportKind:
    """What the headings speak of. Raises HeadingsUnknown."""
    return ImportKind[await reading.guess(file, kinds.__name__, list(ImportKind))]


async def _found(db: Db, id: UUID) -> models.FileImport:
    found = await records.found(db, id)
    if found is None:
        raise NotFound
    return found
