"""Notes on money: what an inspection found, and by when it is to be put right."""

from typing import Any
from uuid import UUID

from fastapi import Response

from fupin.app import Router
from fupin.auth import needs
from fupin.db import Db
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from services.funds import models
from services.funds.problems.ledger import NotedAlready
from services.funds.queries import notes as queries
from services.funds.schemas.notes import NewNote, Note, NotePage

router = Router(tags=["notes"])


@router.post(
    "/v1/notes",
    status_code=201,
    response_model=Note,
    dependencies=[needs("funds:note")],
    responses=problems(NotFound, NotedAlready),
)
async def create_note(new: NewNote, db: Db, response: Response) -> models.Note:
    """Note a finding on money, by its number and kind; it stands as noted."""
    note = models.Note(county_code=new.division_code[:6], **new.model_dump())
    db.add(note)
    await db.flush()
    await db.refresh(note)
    response.headers["Location"] = f"/v1/notes/{note.id}"
    return note


@router.get("/v1/notes", response_model=NotePage, dependencies=[needs("funds:read")], responses=problems(BadCursor))
async def list_notes(db: Db, page: Paged, subject_id: UUID | None = None, source_id: UUID | None = None) -> Any:
    """Notes on money, oldest first."""
    return await page.of(db, queries.notes(subject_id, source_id), key=models.Note.id)


@router.get(
    "/v1/notes/{note_id}", response_model=Note, dependencies=[needs("funds:read")], responses=problems(NotFound)
)
async def get_note(note_id: UUID, db: Db) -> models.Note:
    note = await db.get(models.Note, note_id)
    if note is None:
        raise NotFound
    return note
