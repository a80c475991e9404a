from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from fupin.paging import Page
from fupin.schemas import Answer, Body
from services.projects.codes import Level, LibraryState, ObjectionOutcome
from services.projects.schemas.fields import Prose, Reference, example

On = Annotated[date | None, Field(description="The day it happened; today when absent, never later than today.")]


class NewStep(Body):
    model_config = example(on="2018-05-10", document_ref="富扶办〔2018〕12号", opinion="经论证可行，同意")

    on: On = None
    document_ref: Annotated[Reference | None, Field(description="Number of the document that says so.")] = None
    opinion: Annotated[Prose | None, Field(description="The experts' view, or the reason.")] = None


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
    recorded_at: datetime


class StepPage(Page[Step]): ...


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
    raised_on: date
    matter: str
    outcome: ObjectionOutcome | None
    resolution: str | None
    resolved_on: date | None
    resolved_by: str | None
    version: int
    recorded_at: datetime


class ObjectionPage(Page[Objection]): ...
