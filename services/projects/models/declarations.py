"""Declarations by the sheet: the file that came, what became of its rows, and what is wrong with its cells."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary
from sqlmodel import Field

from services.projects.codes.declarations import DeclarationMode, DeclarationState
from services.projects.models.base import AT, CODE, NOW, Table

ZERO = {"server_default": "0"}


class DeclarationImport(Table, table=True):
    """One sheet of declarations (申报表导入). Its id is its operation's."""

    __table_args__ = (CheckConstraint("rows_valid <= rows_read", name="rows"), Index(None, "division_code", "id"))

    id: UUID = Field(primary_key=True)
    division_code: str = Field(sa_type=CODE)
    filename: str = Field(max_length=200)
    mode: DeclarationMode = Field(sa_type=DeclarationMode.stored())
    validate_only: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    state: DeclarationState = Field(
        default=DeclarationState.RECEIVED,
        sa_type=DeclarationState.stored(),
        sa_column_kwargs={"server_default": "RECEIVED"},
    )
    rows_read: int = Field(default=0, sa_column_kwargs=ZERO)
    rows_valid: int = Field(default=0, sa_column_kwargs=ZERO)
    errors: int = Field(default=0, sa_column_kwargs=ZERO)
    added: int = Field(default=0, sa_column_kwargs=ZERO)
    changed: int = Field(default=0, sa_column_kwargs=ZERO)
    unchanged: int = Field(default=0, sa_column_kwargs=ZERO)
    created_by: str = Field(max_length=255)
    finished_at: datetime | None = Field(default=None, sa_type=AT)
    recorded_at: datetime = Field(default=None, sa_type=AT, sa_column_kwargs=NOW)


class DeclarationFile(Table, table=True):
    """The file as it arrived, kept sealed until its errors can no longer be asked for."""

    __table_args__ = (ForeignKeyConstraint(["import_id"], ["projects.declaration_import.id"]),)

    import_id: UUID = Field(primary_key=True)
    division_code: str = Field(sa_type=CODE)
    content_enc: bytes = Field(sa_type=LargeBinary)
    discard_at: datetime | None = Field(default=None, sa_type=AT, index=True)


class DeclarationError(Table, table=True):
    """One bad cell: where and why, never what it held."""

    __table_args__ = (ForeignKeyConstraint(["import_id"], ["projects.declaration_import.id"]),)

    import_id: UUID = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    division_code: str = Field(sa_type=CODE)
    row: int
    field: str = Field(max_length=40)
    code: str = Field(max_length=32)
