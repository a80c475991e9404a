from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.registry.codes.accesses import AccessKind, ExportFormat
from services.registry.schemas.common import example

Purpose = Annotated[
    str,
    StringConstraints(min_length=4, max_length=200, pattern=r"\S"),
    Field(description="Why; it stands in the audit trail and in each household's access history."),
]


class ClearExport(Body):
    model_config = example(purpose="一卡通发放前核对账号", format="csv")

    purpose: Purpose = Field(examples=["一卡通发放前核对账号"])
    format: ExportFormat = ExportFormat.CSV
    bom: bool = Field(True, description="CSV begins with a byte order mark, as spreadsheets like it.")


class ClearHandbook(Body):
    model_config = example(purpose="入户走访前打印手册")

    purpose: Purpose = Field(examples=["入户走访前打印手册"])


class Access(Answer):
    id: int
    kind: AccessKind
    actor: str
    purpose: str | None = Field(description="Null for a search by ID number.")
    at: Instant
    request_id: str
    export_id: UUID | None


class AccessPage(Page[Access]): ...
