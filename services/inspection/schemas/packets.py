from uuid import UUID

from fastapi import UploadFile
from pydantic import Field, JsonValue

from fupin.paging import Page
from fupin.schemas import Answer, Body, FormBody, Instant
from services.inspection.codes import ConflictState
from services.inspection.schemas.answers import Spoken
from services.inspection.schemas.fields import Prose


class NewPacketReturn(FormBody):
    """A filled-in packet as a table (CSV or XLSX, as ODK or Kobo export it: XML values, a row a visit)."""

    file: UploadFile
    checklist_id: UUID


class NewSubmissions(Body):
    checklist_id: UUID
    submissions: list[dict[str, JsonValue]] = Field(
        min_length=1,
        max_length=5_000,
        description="As ODK or Kobo give them, by JSON: groups nested or before the name.",
        examples=[
            [{"household": "230882101201-0001", "visited_on": "2018-05-16", "outcome": "FAILED", "failure": "AWAY"}]
        ],
    )


class BadCell(Answer):
    row: int = Field(description="As a person counts: the headings are row 1; of submissions the first is 1.")
    column: str = Field(description="Its heading as it stands in the file.")
    code: str
    zh: str
    en: str


class PacketReturn(Answer):
    id: UUID
    draw_id: UUID
    checklist_id: UUID
    filename: str | None
    sha256: str
    rows: int
    recorded: int = Field(description="Visits that it completed, or recorded as failed, or gave further answers to.")
    unchanged: int = Field(description="Rows that said only what was on record.")
    conflicts: int = Field(description="New contradictions: nothing of these rows was taken; a person decides.")
    refused: int = Field(description="Rows with a bad cell; the others were taken.")
    errors: list[BadCell] = Field(description="Every bad cell, of the first thousand.")
    ignored: list[str] = Field(description="Headings that mean nothing here.")
    actor: str
    recorded_at: Instant


class PacketReturnPage(Page[PacketReturn]): ...


class Decision(Body):
    take: bool = Field(description="Take the submitted answer, as a correction; or keep the one on record.")
    reason: Prose = Field(examples=["与核查组电话核实"])


class AnswerConflict(Answer):
    id: UUID
    packet_return_id: UUID
    draw_id: UUID
    visit_id: UUID
    household_no: str
    question: str
    zh: str
    en: str
    answer_id: UUID = Field(description="The answer on record when the packet came back.")
    on_record: Spoken
    submitted: Spoken
    state: ConflictState
    decided_by: str | None
    decided_at: Instant | None
    reason: str | None
    version: int


class AnswerConflictPage(Page[AnswerConflict]): ...
