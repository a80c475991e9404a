from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.projects.codes.library import DocumentKind, Level, LibraryState, ObjectionOutcome
from services.projects.schemas.fields import Prose, Reference, example

On = Annotated[date | None, Field(description="The day it happened; today when absent, never later than today.")]


class NewDocument(Body):
    """A document of a step: its number, the paper that was attached to the project, or both."""

    kind: Annotated[DocumentKind | None, Field(description="Never to be left out: see `document-untyped`.")] = None
    document_ref: Reference | None = None
    attachment_id: UUID | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.document_ref is None and self.attachment_id is None:
            raise ValueError("give document_ref or attachment_id｜须填写文号或指明附件")
        return self


class NewStep(Body):
    model_config = example(
        on="2018-05-10",
        document_ref="富扶办〔2018〕12号",
        opinion="经论证可行，同意",
        documents=[{"kind": "OTHER", "document_ref": "富农发〔2018〕7号"}],
    )

    on: On = None
    document_ref: Annotated[
        Reference | None, Field(description="Number of the step's own document: the approval, the notice, the filing.")
    ] = None
    opinion: Annotated[Prose | None, Field(description="The experts' view, or the reason.")] = None
    documents: Annotated[
        list[NewDocument], Field(max_length=20, description="Further documents, or the step's own as an attachment.")
    ] = Field(default_factory=list)


class NewNotice(NewStep):
    model_config = example(on="2018-05-14", document_ref="公示 2018 年第 3 号", days=10)

    days: Annotated[
        int, Field(ge=10, le=60, description="Working days of the official calendar that the notice runs.")
    ] = 10


class Step(Answer):
    id: UUID
    seq: int
    from_state: LibraryState | None
    to_state: LibraryState
    on: Annotated[date, Field(validation_alias="happened_on")]
    actor: str
    scope: str
    level: Level
    document_ref: str | None
    opinion: str | None
    notice_until: Annotated[date | None, Field(description="The last day of the public notice that this step began.")]
    recorded_at: Instant


class StepPage(Page[Step]): ...


class Document(Answer):
    id: UUID
    step_seq: Annotated[int, Field(description="The step that rests on it, by its number.")]
    kind: DocumentKind
    document_ref: str | None
    attachment_id: UUID | None
    recorded_at: Instant


class DocumentPage(Page[Document]): ...


class NewObjection(Body):
    model_config = example(on="2018-05-16", matter="建设用地位置有争议")

    on: On = None
    matter: Annotated[Prose, Field(description="What is objected to. Not who objects: objectors are not recorded.")]


class Resolution(Body):
    model_config = example(on="2018-05-21", outcome="DISMISSED", resolution="经核查，用地手续齐全")

    on: On = None
    outcome: ObjectionOutcome
    resolution: Prose


class Objection(Answer):
    id: UUID
    project_id: UUID
    adjustment_item_id: Annotated[UUID | None, Field(description="The adjustment's item, where it was its notice.")]
    raised_on: date
    matter: str
    outcome: ObjectionOutcome | None
    resolution: str | None
    resolved_on: date | None
    resolved_by: str | None
    version: int
    recorded_at: Instant


class ObjectionPage(Page[Objection]): ...
