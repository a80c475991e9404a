from typing import Annotated
from uuid import UUID

from pydantic import Field

from fupin.paging import Page
from fupin.schemas import Answer
from services.projects.codes.library import LibraryState
from services.projects.codes.projects import DuplicateReason, FundingSource


class Duplicate(Answer):
    """A project that may be the same: a hint for a person, nothing is refused because of it."""

    id: UUID
    project_no: str
    title: str
    division_code: str
    declaring_unit: str
    state: LibraryState
    alike: Annotated[int, Field(description="How alike the titles are, of 100.", examples=[78])]
    because: list[DuplicateReason]
    sources: Annotated[list[FundingSource], Field(description="Public sources that pay both at the same time.")]


class DuplicatePage(Page[Duplicate]): ...
