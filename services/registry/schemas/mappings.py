from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.registry.codes.imports import ImportKind
from services.registry.schemas.common import Kept, Name, example

Heading = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"\S")]
Columns = Annotated[
    dict[Heading, str | None],
    Field(
        min_length=1,
        max_length=512,
        description="Heading of the sender's file -> field, or null for a column to pass over. Headings that are not "
        "named here are recognised as usual.",
        examples=[{"户主身份证": "id_number", "村屯": None}],
    ),
]


class NewColumnMapping(Body):
    model_config = example(name="民政局台账", kind="HOUSEHOLDS", columns={"身份证": "id_number", "备注": None})

    name: Name = Field(examples=["民政局台账"])
    kind: ImportKind
    columns: Columns


class ColumnMappingChange(Body):
    model_config = example(columns={"身份证": "id_number", "备注": None})

    name: Annotated[Name | None, Kept] = None
    columns: Annotated[Columns | None, Kept] = None


class ColumnMapping(Answer):
    id: UUID
    name: str
    kind: ImportKind
    columns: dict[str, str | None]
    division_code: str
    created_by: str
    created_at: Instant
    version: int


class ColumnMappingPage(Page[ColumnMapping]): ...
