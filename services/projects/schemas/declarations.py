from uuid import UUID

from fastapi import UploadFile
from pydantic import Field

from fupin.paging import Page
from fupin.schemas import Answer, FormBody, Instant
from services.projects.codes.declarations import DeclarationMode, DeclarationState


class NewImport(FormBody):
    """A sheet (XLSX, or CSV in UTF-8, UTF-16 or GB18030) with headings in Chinese or English, a row a project."""

    file: UploadFile
    mode: DeclarationMode = DeclarationMode.ALL_OR_NOTHING
    validate_only: bool = Field(False, description="Check every cell and change nothing.")


class Import(Answer):
    id: UUID = Field(description="The same as its operation's.")
    filename: str
    mode: DeclarationMode
    validate_only: bool
    state: DeclarationState
    rows_read: int
    rows_valid: int
    errors: int = Field(description="Bad cells.")
    added: int = Field(description="Projects declared; with `validate_only` those that would be.")
    changed: int
    unchanged: int
    created_by: str
    recorded_at: Instant
    finished_at: Instant | None


class ImportPage(Page[Import]): ...


class BadCell(Answer):
    row: int = Field(description="As a spreadsheet counts.", examples=[17])
    column: str = Field(description="The field, as the API names it.", examples=["ends_on"])
    heading: str = Field(description="Its heading in Chinese.", examples=["结束日期"])
    code: str = Field(description="An entry of the code lists `cell-error` and `declaration-cell-error`.")
    zh: str
    en: str


class BadCellPage(Page[BadCell]): ...
