from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.projects.codes.linkage import LinkageChange, LinkageFindingKind
from services.projects.schemas.fields import example


class NewLinkageRun(Body):
    model_config = example(on="2018-06-29")

    on: Annotated[date | None, Field(description="The day compared; today when absent.")] = None


class LinkageRun(Answer):
    """Pathways of the registry held against the links of the library, as of a day."""

    id: UUID
    division_code: str
    on: Annotated[date, Field(validation_alias="on_date")]
    created_by: str
    links: Annotated[int | None, Field(description="Links that held on the day.")]
    pathways: Annotated[int | None, Field(description="Pathways of the day that projects carry.")]
    households: Annotated[int | None, Field(description="Linked households that the registry knows.")]
    findings: Annotated[int, Field(description="Disagreements in your division.")]
    finished_at: Instant | None
    recorded_at: Instant


class LinkageRunPage(Page[LinkageRun]): ...


class LinkageFinding(Answer):
    """One disagreement about a household and a project."""

    id: UUID
    run_id: UUID
    kind: LinkageFindingKind
    division_code: str
    household_id: UUID
    project_id: UUID
    library_says: Annotated[str | None, Field(examples=["2018-05-01/2018-12-31"])]
    registry_says: Annotated[str | None, Field(examples=["2018-05-01/.."])]


class LinkageFindingPage(Page[LinkageFinding]):
    on: Annotated[date, Field(description="The day of the run that is shown.")]
    run_id: UUID


class LinkageFindingChange(LinkageFinding):
    change: LinkageChange


class LinkageChangePage(Page[LinkageFindingChange]):
    since: date
    until: date
