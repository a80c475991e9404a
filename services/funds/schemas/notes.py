from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant

Code = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,32}$")]


class NewNote(Body):
    division_code: Annotated[str, Field(pattern=r"^\d{12}$", examples=["230882101201"])]
    subject_id: UUID | None = Field(None, description="The receipt, distribution or appropriation it is about.")
    source: Annotated[Code, Field(description="The service it comes from.", examples=["inspection"])]
    source_id: UUID = Field(description="Of the finding: its words stand there.")
    source_no: Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,40}$", examples=["2018-0001"])]
    kind: Annotated[Code, Field(examples=["11"])]
    severity: Annotated[Code, Field(examples=["MAJOR"])]
    found_on: date = Field(examples=["2018-05-17"])
    due_on: date = Field(description="By when it is to be put right.", examples=["2018-06-07"])

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.due_on < self.found_on:
            raise ValueError("due_on must not be earlier than found_on｜整改期限不得早于发现日期")
        return self


class Note(Answer):
    id: UUID
    division_code: str
    subject_id: UUID | None
    source: str
    source_id: UUID
    source_no: str
    kind: str
    severity: str
    found_on: date
    due_on: date
    made_by: str
    at: Instant


class NotePage(Page[Note]): ...
