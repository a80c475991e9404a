from datetime import date
from uuid import UUID

from fastapi import UploadFile
from pydantic import Field

from fupin.paging import Page
from fupin.schemas import Answer, Body, FormBody, Instant
from fupin.sheets.errors import CellError
from services.registry.codes.imports import ImportKind, ImportMode, ImportState, RecordError, ReviewDecision, ReviewKind
from services.registry.schemas.common import example


class NewImport(FormBody):
    """A file (XLSX, or CSV in UTF-8, UTF-16 or GB18030) with headings in Chinese or English."""

    file: UploadFile
    kind: ImportKind | None = Field(None, description="Without it the headings (or the mapping) say which.")
    mode: ImportMode = ImportMode.ALL_OR_NOTHING
    validate_only: bool = Field(False, description="Check every cell and change nothing.")
    strict_ids: bool = Field(
        False,
        description="Refuse ID numbers whose division prefix or birth date does not exist; otherwise they are counted "
        "in `doubts` and taken. Length, characters and check digit (GB 11643) are always checked.",
    )
    as_of: date | None = Field(
        None,
        description="The day the file describes. Without it what is new holds since the register was opened, "
        "what differs since today.",
    )
    mapping_id: UUID | None = Field(
        None, description="A saved column mapping: which headings of this file stand for which fields."
    )


class Import(Answer):
    id: UUID = Field(description="The same as its operation's.")
    kind: ImportKind
    mode: ImportMode
    validate_only: bool
    strict_ids: bool
    as_of: date | None
    mapping_id: UUID | None
    columns: dict[str, str | None] | None = Field(description="What the mapping said when it was used.")
    filename: str
    state: ImportState
    rows_read: int
    rows_valid: int
    errors: int = Field(description="Bad cells.")
    added: int
    changed: int
    unchanged: int
    doubts: dict[str, int] = Field(description="What is odd but was taken: how many cells, by code.")
    created_by: str
    created_at: Instant
    finished_at: Instant | None


class ImportPage(Page[Import]): ...


class BadCell(Answer):
    row: int = Field(description="As a spreadsheet counts.", examples=[17])
    column: str = Field(description="The field, as the API names it.", examples=["id_number"])
    heading: str = Field(description="Its heading in Chinese.", examples=["证件号码"])
    code: CellError | RecordError
    zh: str
    en: str


class BadCellPage(Page[BadCell]): ...


class ReviewItem(Answer):
    """Two records that may be one person."""

    id: UUID
    kind: ReviewKind
    import_id: UUID
    row: int
    division_code: str
    household_no: str
    other_household_no: str
    created_at: Instant
    closed_at: Instant | None
    closed_by: str | None
    decision: ReviewDecision | None
    closed_reason: str | None


class ReviewItemPage(Page[ReviewItem]): ...


class Closing(Body):
    model_config = example(decision="ONE_PERSON", reason="核实为同一人，已从另一户注销")

    decision: ReviewDecision
    reason: str = Field(min_length=1, max_length=500, examples=["核实为同一人，已从另一户注销"])
