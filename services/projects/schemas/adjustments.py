from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, model_validator

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.projects.codes.adjustments import AdjustmentChange, AdjustmentOutcome, AdjustmentState
from services.projects.codes.library import Level
from services.projects.schemas.fields import Name, Prose, Reference, example
from services.projects.schemas.library import On
from services.projects.schemas.projects import ProjectChange


class NewAdjustment(Body):
    model_config = example(year=2018, title="2018 年第四季度项目库动态调整")

    year: Annotated[int, Field(ge=2010, le=2100)]
    title: Name
    on: On = None


class NewItem(Body):
    """A project, and what is to become of it."""

    project_id: UUID
    change: AdjustmentChange
    reason: Prose
    document_ref: Annotated[Reference | None, Field(description="Of the filing, for a withdrawal.")] = None
    changes: Annotated[ProjectChange | None, Field(description="The fields as they shall be, for a change.")] = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.change is AdjustmentChange.CHANGE) != bool(self.changes and self.changes.model_fields_set):
            raise ValueError("changes come with CHANGE, and only with it｜变更须填写 changes，其他方式不得填写")
        if self.change is AdjustmentChange.WITHDRAW and self.document_ref is None:
            raise ValueError("a withdrawal needs document_ref, its filing｜出库须填写备案文号 document_ref")
        return self


class NewItems(Body):
    model_config = example(
        items=[
            {
                "project_id": "0199b0c2-6d7e-7a10-8e52-5f1f3f0e9a11",
                "change": "WITHDRAW",
                "reason": "受政策调整影响无法实施",
                "document_ref": "富扶备〔2018〕21号",
            }
        ]
    )

    items: Annotated[list[NewItem], Field(min_length=1, max_length=200)]


class AdjustmentStepTaken(Body):
    model_config = example(on="2018-11-05", document_ref="富扶领办〔2018〕21号", opinion="同意调整")

    on: On = None
    document_ref: Annotated[Reference | None, Field(description="Needed for the notice and for applying.")] = None
    opinion: Annotated[Prose | None, Field(description="Needed for the review and for giving up.")] = None


class AdjustmentNotice(AdjustmentStepTaken):
    model_config = example(on="2018-11-06", document_ref="公示〔2018〕11号", days=10)

    days: Annotated[
        int, Field(ge=10, le=60, description="Working days of the official calendar that the notice runs.")
    ] = 10


class Adjustment(Answer):
    id: UUID
    year: int
    title: str
    division_code: str
    state: AdjustmentState
    state_since: date
    notice_until: date | None
    items: Annotated[int, Field(description="Projects listed.")]
    applied: int
    held_back: int
    recorded_at: Instant


class AdjustmentPage(Page[Adjustment]): ...


class AdjustmentItem(Answer):
    id: UUID
    project_id: UUID
    division_code: str
    change: AdjustmentChange
    reason: str
    document_ref: str | None
    changes: Annotated[dict[str, Any] | None, Field(description="The fields as they shall be, or have become.")]
    before: Annotated[dict[str, Any] | None, Field(description="The same fields as they were before.")]
    outcome: AdjustmentOutcome | None
    held_because: Annotated[
        str | None, Field(description="The refusal by its name: see /problems.", examples=["objection-open"])
    ]


class AdjustmentItemPage(Page[AdjustmentItem]): ...


class NewItemObjection(Body):
    model_config = example(on="2018-11-12", matter="该项目仍有贫困户受益，不应出库")

    on: On = None
    matter: Annotated[Prose, Field(description="What is objected to. Not who objects: objectors are not recorded.")]


class AdjustmentStep(Answer):
    seq: int
    from_state: AdjustmentState | None
    to_state: AdjustmentState
    on: Annotated[date, Field(validation_alias="happened_on")]
    actor: str
    scope: str
    level: Level
    document_ref: str | None
    opinion: str | None
    notice_until: date | None
    recorded_at: Instant


class AdjustmentStepPage(Page[AdjustmentStep]): ...
