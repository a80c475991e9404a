from typing import Any
from uuid import UUID

from sqlalchemy import Column, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from fupin.db import NEW_ID
from services.registry.codes.imports import ImportKind
from services.registry.models.base import CODE, ONE, Table, Written


class ColumnMapping(Written, Table, table=True):
    """列对应关系: which heading of a sender's own files stands for which field; seen by the divisions below, too."""

    __table_args__ = (UniqueConstraint("division_code", "kind", "name"),)

    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    division_code: str = Field(sa_type=CODE)
    kind: ImportKind = Field(sa_type=ImportKind.stored())
    name: str = Field(max_length=60)
    columns: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    created_by: str
    version: int = Field(default=1, sa_column_kwargs=ONE)
