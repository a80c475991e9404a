from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from fupin.paging import Page
from fupin.schemas import Answer, Body
from services.registry.codes import HelperLevel, LetterLevel
from services.registry.schemas.common import Days, DivisionCode, Held, Name, Year, example, is_town, is_village

Department = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S", examples=["农业局"])]


class NewHelper(Body):
    model_config = example(name="李建国", department="农业局", position="科长", division_code="230882000000")

    name: Name
    department: Department
    position: Name | None = None
    division_code: DivisionCode = Field(description="Where the department is: county, town or village.")


class Helper(Answer):
    id: UUID
    division_code: str
    name: str
    department: str
    position: str | None
    version: int


class HelperPage(Page[Helper]): ...


class NewHelperAssignment(Days):
    model_config = example(
        **{"from": "2018-01-01"},
        helper_id="0199b0c2-6d7e-7a10-8e52-5f1f3f0e9a11",
        household_id="0199b0c2-6d7e-7a10-8e52-5f1f3f0e9a11",
        level="DEPARTMENT",
    )

    helper_id: UUID
    household_id: UUID | None = Field(None, description="The household helped; none for a city leader.")
    division_code: DivisionCode | None = Field(None, description="The town of a city leader; none for a household.")
    level: HelperLevel
    responsible: bool = Field(True, description="Whether this cadre answers for the household (包保责任人).")

    @model_validator(mode="after")
    def one_target(self) -> Self:
        leads = self.level is HelperLevel.LEADER
        if leads != (self.household_id is None) or leads != (self.division_code is not None):
            raise ValueError("a city leader takes a town (division_code); every other helper takes a household_id")
        if self.division_code is not None and not is_town(self.division_code):
            raise ValueError("division_code is the town of a city leader")
        return self


class AssignmentChange(Body):
    model_config = example(to="2018-12-31")

    to: date = Field(description="The last day.")


class HelperAssignment(Held):
    id: UUID
    helper_id: UUID
    helper_name: str
    department: str
    household_id: UUID | None
    division_code: str
    level: HelperLevel
    responsible: bool
    version: int


class HelperAssignmentPage(Page[HelperAssignment]): ...


class HelperGap(Answer):
    kind: Literal["HOUSEHOLD", "TOWN"]
    division_code: str
    household_id: UUID | None
    household_no: str = Field(description="Empty for a town.")


class HelperGapPage(Page[HelperGap]): ...


class NewResponsibilityLetter(Body):
    model_config = example(
        year=2018,
        level="COUNTY_TOWN",
        division_code="230882101000",
        issued_by="市委市政府",
        accepted_by="长安镇党委",
        signed_on="2018-02-01",
    )

    year: Year
    level: LetterLevel
    division_code: DivisionCode = Field(description="Who takes the responsibility: a town or a village.")
    parent_id: UUID | None = Field(None, description="The letter above, which this one passes on.")
    helper_id: UUID | None = Field(None, description="The cadre, on the last link of the chain.")
    issued_by: Name
    accepted_by: Name
    signed_on: date

    @model_validator(mode="after")
    def chained(self) -> Self:
        if (self.level is LetterLevel.COUNTY_TOWN) != (self.parent_id is None):
            raise ValueError("parent_id is the letter above; only the county's own has none")
        if (self.level is LetterLevel.VILLAGE_CADRE) != (self.helper_id is not None):
            raise ValueError("helper_id names the cadre of a village's letter, and of no other")
        if not (is_town if self.level is LetterLevel.COUNTY_TOWN else is_village)(self.division_code):
            raise ValueError("a county's letter is taken by a town, every other by a village")
        return self


class ResponsibilityLetter(Answer):
    id: UUID
    year: int
    level: LetterLevel
    division_code: str
    parent_id: UUID | None
    helper_id: UUID | None
    issued_by: str
    accepted_by: str
    signed_on: date


class ResponsibilityLetterPage(Page[ResponsibilityLetter]): ...
