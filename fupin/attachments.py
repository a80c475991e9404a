"""
Papers and photographs that belong to a thing: kept whole or not at all, served only as downloads.

What a file is, its first bytes say: neither its name nor its declared type is believed. A service that has attachments
adds `attachment_tables` to its metadata, `ddl.attachments` to a migration and `attachments(...)` to its routers.
"""

import hashlib
import os
import unicodedata
import zipfile
from collections.abc import Awaitable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any, Protocol
from urllib.parse import quote
from uuid import UUID

import anyio
from fastapi import APIRouter, Form, Request, Response, UploadFile
from pydantic import Field
from sqlalchemy import BigInteger, Column, DateTime, Index, LargeBinary, MetaData, String, Table, Uuid, text
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.db import Db
from fupin.paging import Page, Paged
from fupin.problems import Invalid, NotFound, Problem, problems
from fupin.schemas import Answer, FormBody, Instant

# ECMA-376 part 2: an Office document is a ZIP archive whose parts are listed in [Content_Types].xml.
PARTS, OFFICE = "[Content_Types].xml", "application/vnd.openxmlformats-officedocument"
_MAGIC = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)
_FOLDERS = {
    "word/": f"{OFFICE}.wordprocessingml.document",
    "xl/": f"{OFFICE}.spreadsheetml.sheet",
}
SUFFIXES = {
    "application/pdf": ".pdf",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    f"{OFFICE}.wordprocessingml.document": ".docx",
    f"{OFFICE}.spreadsheetml.sheet": ".xlsx",
}

_FILE: dict[int | str, dict[str, Any]] = {200: {"content": {kind: {} for kind in SUFFIXES}, "description": "The file."}}

_KEEP = text("""
    INSERT INTO attachment (division_code, subject_kind, subject_id, filename, media_type, size, sha256, note, actor)
    VALUES (:division_code, :subject_kind, :subject_id, :filename, :media_type, :size, :sha256, :note, :actor)
    RETURNING id
""")
_KEEP_CONTENT = text("""
    INSERT INTO attachment_content (attachment_id, division_code, content)
    SELECT id, division_code, :content FROM attachment WHERE id = :id
""")
_CONTENT = text("SELECT content FROM attachment_content WHERE attachment_id = :id")
_DROP_CONTENT = text("DELETE FROM attachment_content WHERE attachment_id = :id")
_REMOVE = text("""
    UPDATE attachment SET removed_at = clock_timestamp() WHERE id = :id AND removed_at IS NULL RETURNING id
""")


class AttachmentTooLarge(Problem):
    """The file is larger than an attachment may be."""

    status = 413
    zh = "附件超过大小上限。"


class AttachmentTypeRefused(Problem):
    """The file is none of the kinds that are kept: PDF, PNG, JPEG, DOCX, XLSX without macros."""

    status = 415
    zh = "不支持的附件类型：仅限 PDF、PNG、JPEG、DOCX、XLSX（不含宏）。"


class NewAttachment(FormBody):
    """One file, and what it shows."""

    file: UploadFile
    note: str = Field("", max_length=200)


class Attachment(Answer):
    id: UUID
    subject_kind: str
    subject_id: UUID
    filename: str = Field(description="As it was sent, without path, with the suffix of what it is.")
    media_type: str
    size: int = Field(description="In bytes.")
    sha256: str
    note: str
    actor: str
    recorded_at: Instant
    removed_at: Instant | None = Field(description="Since when its content is gone.")


class AttachmentPage(Page[Attachment]): ...


class Place(Protocol):
    """The division of the thing that the file belongs to, None where nobody sees such a thing."""

    def __call__(self, db: AsyncSession, id: UUID, /) -> Awaitable[str | None]: ...


def attachment_tables(metadata: MetaData) -> Table:
    """Attachments and, unless a folder keeps them, their contents. Gives the table of attachments."""
    at = DateTime(timezone=True)
    code = String(12, collation="C")
    Table(
        "attachment_content", metadata,
        Column("attachment_id", Uuid, primary_key=True),
        Column("division_code", code, nullable=False),
        Column("content", LargeBinary, nullable=False),
    )  # fmt: skip
    return Table(
        "attachment", metadata,
        Column("id", Uuid, primary_key=True, server_default=text("uuidv7()")),
        Column("division_code", code, nullable=False),
        Column("subject_kind", String(32), nullable=False),
        Column("subject_id", Uuid, nullable=False),
        Column("filename", String(200), nullable=False),
        Column("media_type", String(100), nullable=False),
        Column("size", BigInteger, nullable=False),
        Column("sha256", String(64), nullable=False),
        Column("note", String(200), nullable=False),
        Column("actor", String(255), nullable=False),
        Column("recorded_at", at, nullable=False, server_default=text("clock_timestamp()")),
        Column("removed_at", at),
        Index(None, "subject_id", "id"),
    )  # fmt: skip


_attachments = attachment_tables(MetaData())


class Store(Protocol):
    """Where contents are kept."""

    async def put(self, id: UUID, content: bytes) -> None: ...

    async def get(self, id: UUID) -> bytes | None: ...

    async def remove(self, id: UUID) -> None: ...


class InDatabase:
    """Beside their rows: one transaction, one backup."""

    def __init__(self, db: AsyncSession) -> None:
        self._db = db

    async def put(self, id: UUID, content: bytes) -> None:
        await self._db.execute(_KEEP_CONTENT, {"id": id, "content": content})

    async def get(self, id: UUID) -> bytes | None:
        found = (await self._db.execute(_CONTENT, {"id": id})).scalar_one_or_none()
        return None if found is None else bytes(found)

    async def remove(self, id: UUID) -> None:
        await self._db.execute(_DROP_CONTENT, {"id": id})


class InFolder:
    """One file each, named by its id alone. A file whose transaction failed stays behind, and nothing points to it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, id: UUID) -> Path:
        return self._folder / id.hex[-2:] / id.hex

    async def put(self, id: UUID, content: bytes) -> None:
        def write() -> None:
            path = self._path(id)
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(0o600, exist_ok=False)
            with path.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())

        await anyio.to_thread.run_sync(write)

    async def get(self, id: UUID) -> bytes | None:
        try:
            return await anyio.Path(self._path(id)).read_bytes()
        except FileNotFoundError:
            return None

    async def remove(self, id: UUID) -> None:
        await anyio.Path(self._path(id)).unlink(missing_ok=True)


def store(runtime: Any, db: AsyncSession) -> Store:
    """The folder that the settings name, else the database."""
    folder = runtime.settings.attachments_dir
    return InFolder(folder / runtime.service) if folder else InDatabase(db)


def media_type(content: bytes) -> str:
    """
    What the file is. Raises AttachmentTypeRefused.

    >>> media_type(b"%PDF-1.7 ...")
    'application/pdf'
    """
    for magic, found in _MAGIC:
        if content.startswith(magic):
            return found
    try:
        names = zipfile.ZipFile(BytesIO(content)).namelist() if content.startswith(b"PK\x03\x04") else []
    except zipfile.BadZipFile:
        names = []
    if PARTS in names and not any(name.lower().endswith("vbaproject.bin") for name in names):
        for folder, found in _FOLDERS.items():
            if any(name.startswith(folder) for name in names):
                return found
    raise AttachmentTypeRefused


def filename(given: str | None, kind: str) -> str:
    """
    A name that can be shown and saved: no path, nothing unprintable, the suffix of what the file is.

    >>> filename("../../etc/照片.exe", "image/png")
    '照片.png'
    """
    name = unicodedata.normalize("NFC", (given or "").replace("\\", "/").rsplit("/", 1)[-1])
    stem = "".join(c for c in name if c.isprintable() and c not in '<>:"|?*').strip(" .")
    stem = stem.rsplit(".", 1)[0] if "." in stem else stem
    return (stem[:150].strip(" .") or "file") + SUFFIXES[kind]


def attachments(service: str, subjects: Mapping[str, tuple[str, Place]]) -> APIRouter:
    """
    The routes for attachments of a service's things.

    `subjects` names each kind of thing (`project`) with its collection (`/v1/projects`) and where its things lie.
    """
    router = Router(tags=["attachments"])
    for kind, (collection, place) in subjects.items():
        _of(router, service, kind, f"{collection}/{{subject_id}}/attachments", place)

    @router.get(
        "/v1/attachments/{attachment_id}",
        dependencies=[needs(f"{service}:read")],
        responses=problems(NotFound),
    )
    async def get_attachment(attachment_id: UUID, db: Db) -> Attachment:
        """What is known of a file."""
        return await _found(db, attachment_id)

    @router.get(
        "/v1/attachments/{attachment_id}/content",
        dependencies=[needs(f"{service}:read")],
        responses=_FILE | problems(NotFound),
    )
    async def download_attachment(attachment_id: UUID, db: Db, request: Request) -> Response:
        """The file itself, always as a download."""
        found = await _found(db, attachment_id)
        content = await store(request.app.state.runtime, db).get(attachment_id) if not found.removed_at else None
        if content is None:
            raise NotFound
        plain = f"{found.id}{SUFFIXES[found.media_type]}"
        headers = {
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(found.filename)}",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "private, no-store",
            "Digest": f"sha-256={found.sha256}",
        }
        return Response(content, media_type=found.media_type, headers=headers)

    @router.delete(
        "/v1/attachments/{attachment_id}",
        status_code=204,
        dependencies=[needs(f"{service}:write")],
        responses=problems(NotFound),
    )
    async def remove_attachment(attachment_id: UUID, db: Db, request: Request) -> None:
        """Erase the file's content; that it was there, and who took it away, stays on record."""
        if (await db.execute(_REMOVE, {"id": attachment_id})).scalar_one_or_none() is None:
            raise NotFound
        await store(request.app.state.runtime, db).remove(attachment_id)

    return router


async def _found(db: AsyncSession, id: UUID) -> Attachment:
    row = (await db.execute(_attachments.select().where(_attachments.c.id == id))).one_or_none()
    if row is None:
        raise NotFound
    return Attachment.model_validate(row)


def _of(router: APIRouter, service: str, kind: str, path: str, place: Place) -> None:
    """The two routes of one kind of thing."""

    async def attach(
        subject_id: UUID,
        new: Annotated[NewAttachment, Form(media_type="multipart/form-data")],
        db: Db,
        who: Who,
        request: Request,
        response: Response,
    ) -> Attachment:
        """Attach a file (PDF, PNG, JPEG, DOCX, XLSX), by default of up to 20 MB."""
        division_code = await place(db, subject_id)
        if division_code is None:
            raise NotFound
        runtime = request.app.state.runtime
        most = runtime.settings.max_attachment_bytes
        content = await new.file.read(most + 1)
        if len(content) > most:
            raise AttachmentTooLarge(most_bytes=most)
        if not content:
            raise Invalid("/file", "is empty", zh="文件为空")
        found = await anyio.to_thread.run_sync(media_type, content)
        row = {
            "division_code": division_code,
            "subject_kind": kind,
            "subject_id": subject_id,
            "filename": filename(new.file.filename, found),
            "media_type": found,
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "note": new.note,
            "actor": who.actor,
        }
        id = (await db.execute(_KEEP, row)).scalar_one()
        await store(runtime, db).put(id, content)
        response.headers["Location"] = f"/v1/attachments/{id}"
        return await _found(db, id)

    async def listed(subject_id: UUID, db: Db, page: Paged) -> dict[str, Any]:
        """The files of one thing, those whose content was erased included."""
        if await place(db, subject_id) is None:
            raise NotFound
        wanted = _attachments.select().where(_attachments.c.subject_kind == kind)
        wanted = wanted.where(_attachments.c.subject_id == subject_id)
        return await page.of(db, wanted, key=_attachments.c.id)

    router.post(
        path,
        name=f"create_{kind}_attachment",
        status_code=201,
        dependencies=[needs(f"{service}:write")],
        responses=problems(NotFound, AttachmentTooLarge, AttachmentTypeRefused),
    )(attach)
    router.get(
        path,
        name=f"list_{kind}_attachments",
        response_model=AttachmentPage,
        dependencies=[needs(f"{service}:read")],
        responses=problems(NotFound),
    )(listed)
