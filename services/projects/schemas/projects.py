from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, model_validator

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.projects.codes.library import LibraryState
from services.projects.codes.projects import BuildType, FundingSource, LinkageMechanism, Programme, ProjectCategory
from services.projects.schemas.duplicates import Duplicate
from services.projects.schemas.fields import (
    DivisionCode,
    Fen,
    Measure,
    Name,
    Person,
    Prose,
    Reference,
    Unit,
    example,
    unset,
)

Headcount = Annotated[int, Field(ge=0, le=2_000_000_000)]
Linkage = Annotated[list[LinkageMechanism], Field(max_length=5)]
NONE: Any = Field(default_factory=list)


class BudgetLine(Body):
    """What one funding source gives."""

    source: FundingSource
    amount_fen: Annotated[Fen, Field(gt=0)]


class Target(Body):
    """What the project promises to reach; a decimal number travels as a string."""

    metric: Unit
    target: Measure
    unit: Annotated[str, Field(min_length=1, max_length=20, examples=["户"])]


Budget = Annotated[list[BudgetLine], Field(max_length=7)]
Targets = Annotated[list[Target], Field(max_length=50)]


class NewProject(Body):
    """A project as its village or town declares it (村申报)."""

    model_config = example(
        project_no="2018-CY-001",
        title="示范村肉牛养殖小区",
        category="LIVESTOCK",
        division_code="230882101203",
        declaring_unit="示范村村民委员会",
        implementing_unit="示范养殖合作社",
        responsible_person="示范负责人",
        build_type="NEW",
        content="牛舍两栋，存栏一百头",
        starts_on="2018-07-01",
        ends_on="2019-06-30",
        linkage=["DIVIDEND", "TRUSTEESHIP"],
        expected_beneficiaries=34,
        declared_on="2018-03-06",
        budget=[{"source": "CENTRAL", "amount_fen": 51_600_000}, {"source": "SELF_RAISED", "amount_fen": 34_400_000}],
        targets=[{"metric": "带动贫困户", "target": "34", "unit": "户"}],
    )

    project_no: Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,40}$", examples=["2018-CY-001"])]
    title: Annotated[Name, Field(examples=["示范村肉牛养殖小区"])]
    category: ProjectCategory
    division_code: DivisionCode
    declaring_unit: Unit
    implementing_unit: Unit
    enterprise_id: UUID | None = None
    responsible_person: Person
    build_type: BuildType
    content: Annotated[Prose, Field(description="Scale and content of the works (建设规模与内容).")]
    starts_on: date
    ends_on: date
    linkage: Linkage = NONE
    expected_beneficiaries: Annotated[Headcount, Field(description="Households expected to gain.")]
    declared_on: Annotated[date | None, Field(description="The day of the declaration; today when absent.")] = None
    document_ref: Reference | None = None
    budget: Budget = NONE
    targets: Targets = NONE

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends_on < self.starts_on:
            raise ValueError("ends_on must not be before starts_on｜结束日期不得早于开始日期")
        return self


class ProjectChange(Body):
    """What may be completed until the county approves; `budget` and `targets` replace the lists as a whole."""

    model_config = example(targets=[{"metric": "带动贫困户", "target": "40", "unit": "户"}])

    title: Name = unset()
    declaring_unit: Unit = unset()
    implementing_unit: Unit = unset()
    enterprise_id: UUID | None = unset()
    responsible_person: Person = unset()
    build_type: BuildType = unset()
    content: Prose = unset()
    starts_on: date = unset()
    ends_on: date = unset()
    linkage: Linkage = unset()
    expected_beneficiaries: Headcount = unset()
    budget: Budget = unset()
    targets: Targets = unset()


class Project(Answer):
    id: UUID
    project_no: str
    title: str
    category: ProjectCategory
    programme: Programme
    division_code: str
    declaring_unit: str
    implementing_unit: str
    enterprise_id: UUID | None
    responsible_person: str
    build_type: BuildType
    content: str
    starts_on: date
    ends_on: date
    linkage: list[LinkageMechanism]
    expected_beneficiaries: int
    declared_on: date
    state: Annotated[LibraryState, Field(description="On `as_of` where it was asked for, else now.")]
    state_since: date
    budget: list[BudgetLine]
    budget_fen: int
    targets: list[Target]
    version: int
    recorded_at: Instant


class DeclaredProject(Project):
    duplicates: Annotated[
        list[Duplicate], Field(description="Projects that may be the same, the most alike first; more are listed.")
    ]


class ProjectPage(Page[Project]): ...


class ProjectGroup(Answer):
    """Projects counted together; a key that was not asked for is null."""

    town: str | None
    category: ProjectCategory | None
    programme: Programme | None
    state: LibraryState | None
    projects: int
    budget_fen: int


class ProjectStatistics(Answer):
    as_of: date
    group_by: list[str]
    groups: list[ProjectGroup]
    projects: int
    budget_fen: int
