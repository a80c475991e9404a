from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKeyConstraint, Index, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from fupin.db import NEW_ID
from services.registry.codes.imports import (
    ImportKind,
    ImportMode,
    ImportState,
    ReviewDecision,
    ReviewKind,
)
from services.registry.models.base import AT, CODE, NO, ZERO, Placed, Table, Written, in_county


class Upload(Written, Table, table=True):
    """A file as it arrived, kept sealed until its work is done and its errors can no longer be asked for."""

    id: UUID = Field(primary_key=True)  # of the operation that reads it
    division_code: str = Field(sa_type=CODE)
    filename: str = Field(max_length=200)
    size: int = Field(sa_type=BigInteger)
    created_by: str
    discard_at: datetime | None = Field(default=None, sa_type=AT, index=True)


class UploadChunk(Table, table=True):
    """A part of an upload, sealed: files hold personal data."""

    __table_args__ = (ForeignKeyConstraint(["upload_id"], ["registry.upload.id"], ondelete="CASCADE"),)

    upload_id: UUID = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    division_code: str = Field(sa_type=CODE)
    content_enc: bytes = Field(sa_type=LargeBinary)


class FileImport(Written, Table, table=True):
    """导入: one file read into the registry, with what became of its rows."""

    __table_args__ = (CheckConstraint("rows_valid <= rows_read", name="rows"), Index(None, "kind", "id"))

    id: UUID = Field(primary_key=True)  # of the operation
    division_code: str = Field(sa_type=CODE)
    kind: ImportKind = Field(sa_type=ImportKind.stored())
    mode: ImportMode = Field(sa_type=ImportMode.stored())
    validate_only: bool = Field(default=False, sa_column_kwargs=NO)
    strict_ids: bool = Field(default=False, sa_column_kwargs=NO)
    as_of: date | None = None
    mapping_id: UUID | None = None
    columns: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))  # as it then was
    filename: str = Field(max_length=200)
    state: ImportState = Field(
        default=ImportState.RECEIVED,
        sa_type=ImportState.stored(),
        sa_column_kwargs={"server_default": ImportState.RECEIVED.value},
    )
    rows_read: int = Field(default=0, sa_column_kwargs=ZERO)
    rows_valid: int = Field(default=0, sa_column_kwargs=ZERO)
    errors: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=ZERO)
    added: int = Field(default=0, sa_column_kwargs=ZERO)
    changed: int = Field(default=0, sa_column_kwargs=ZERO)
    unchanged: int = Field(default=0, sa_column_kwargs=ZERO)
    doubts: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}")
    )  # odd but accepted, by code
    created_by: str
    finished_at: datetime | None = Field(default=None, sa_type=AT)


class ImportCellError(Table, table=True):
    """One bad cell of an import or of a roster's file: where and why, never what it held."""

    __tablename__ = "import_error"
    __table_args__ = (ForeignKeyConstraint(["upload_id"], ["registry.upload.id"]),)

    upload_id: UUID = Field(primary_key=True)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    division_code: str = Field(sa_type=CODE)
    row: int
    field: str = Field(max_length=40)
    code: str = Field(max_length=32)  # a CellError or a RecordError
    named: str | None = Field(default=None, max_length=100)  # what should stand there, where the registry knows


class ReviewItem(Placed, Written, Table, table=True):
    """待核事项: two records that may be one person. A person decides; nothing is merged by itself."""

    __table_args__ = (
        in_county(),
        CheckConstraint("(decision IS NULL) = (closed_at IS NULL)", name="decision"),
        Index("uq_review_item_open", "kind", "household_no", "other_household_no", "person_index", unique=True),
        Index(None, "division_code", "id"),
    )

    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    kind: ReviewKind = Field(sa_type=ReviewKind.stored())
    import_id: UUID
    row: int
    household_no: str = Field(max_length=30)
    other_household_no: str = Field(max_length=30)
    person_index: bytes  # of the ID number or of name and birth date, so that one finding is one item
    closed_at: datetime | None = Field(default=None, sa_type=AT)
    closed_by: str | None = None
    decision: ReviewDecision | None = Field(default=None, sa_type=ReviewDecision.stored())
    closed_reason: str | None = Field(default=None, max_length=500)
