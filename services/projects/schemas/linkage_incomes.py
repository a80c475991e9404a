from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.projects.codes.projects import LinkageMechanism, ProjectCategory
from services.projects.schemas.fields import Fen, example

Year = Annotated[int, Field(ge=1990, le=2200, examples=[2018])]


class NewLinkIncome(Body):
    model_config = example(year=2018, amount_fen=312_000)

    year: Year
    amount_fen: Annotated[Fen, Field(description="What the household actually earned by the link in the year.")]


class LinkIncomeChange(Body):
    model_config = example(amount_fen=318_000)

    amount_fen: Fen


class LinkIncome(Answer):
    id: UUID
    link_id: UUID
    year: int
    amount_fen: int
    recorded_by: str
    version: int
    recorded_at: Instant


class LinkIncomePage(Page[LinkIncome]): ...


class IncomeComparison(Answer):
    """Expected against actual income of links in a year."""

    key: Annotated[str, Field(description="The link, household or project by its id, or the town by its code.")]
    household_no: str | None = None
    project_no: str | None = None
    links: int
    recorded: Annotated[int, Field(description="Links whose actual income is recorded.")]
    expected_fen: Annotated[int, Field(description="Expected of all links, each for a whole year.")]
    compared_fen: Annotated[int, Field(description="Expected of the recorded links.")]
    actual_fen: int


class IncomeComparisonPage(Page[IncomeComparison]):
    year: int
    by: str


class Gain(Answer):
    """A household's link to a project; a project outside your division is named by its id only."""

    link_id: UUID
    project_id: UUID
    project_no: str | None
    title: str | None
    category: ProjectCategory | None
    kind: LinkageMechanism
    from_on: date
    to_on: date | None
    expected_income_fen: int


class HouseholdLinkage(Answer):
    """A household and the projects it gains from on a day."""

    household_id: UUID
    household_no: str
    division_code: str
    projects: int
    doubled: Annotated[bool, Field(description="Gains in the same way from several projects of one category.")]
    gains: list[Gain]


class HouseholdLinkagePage(Page[HouseholdLinkage]):
    on: date
