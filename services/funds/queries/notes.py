"""Notes on money."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select
from sqlmodel import col, select

from services.funds.models import Note


def notes(subject_id: UUID | None = None, source_id: UUID | None = None) -> Select[Any]:
    found = select(Note)
    if subject_id is not None:
        found = found.where(col(Note.subject_id) == subject_id)
    return found.where(col(Note.source_id) == source_id) if source_id is not None else found
