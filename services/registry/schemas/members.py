from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from fupin.paging import Page
from fupin.schemas import Answer, Body
from services.registry.codes import Education, Health, LabourAbility, Nationality, Relation, SchoolStage, Sex
from services.registry.schemas.common import Kept, Name, example

IdNumber = Annotated[
    str, Field(min_length=18, max_length=24, description="18 characters (GB 11643). Kept encrypted, answered masked.")
]
Certificate = Annotated[str, Field(pattern=r"^[0-9Xx]{20}$", description="20 characters. Kept encrypted.")]
HealthList = Annotated[list[Health], Field(max_length=4)]


class NewMember(Body):
    model_config = example(
        name="王小兰",
        id_number="990000200501010027",
        sex="2",
        relation="30",
        school_stage="SENIOR",
        medical_insurance=True,
    )

    name: Name
    id_number: IdNumber | None = None
    birth_date: date | None = Field(None, description="By default as the ID number says.")
    sex: Sex
    nationality: Nationality = Nationality.HAN
    relation: Relation
    education: Education | None = None
    school_stage: SchoolStage = SchoolStage.NOT_IN_SCHOOL
    health: HealthList = Field(default_factory=list)
    labour_ability: LabourAbility | None = None
    medical_insurance: bool = False
    serious_illness_insurance: bool = False
    accident_insurance: bool = False
    pension_insurance: bool = False
    disability_certificate: Certificate | None = None
    joined_on: date | None = Field(None, description="Null: always of this household.")


class MemberChange(Body):
    """Fields left out stay as they are; null empties one."""

    model_config = example(school_stage="COLLEGE", left_on=None)

    name: Annotated[Name | None, Kept] = None
    nationality: Annotated[Nationality | None, Kept] = None
    relation: Annotated[Relation | None, Kept] = None
    education: Education | None = None
    school_stage: Annotated[SchoolStage | None, Kept] = None
    health: Annotated[HealthList | None, Kept] = None
    labour_ability: LabourAbility | None = None
    medical_insurance: Annotated[bool | None, Kept] = None
    serious_illness_insurance: Annotated[bool | None, Kept] = None
    accident_insurance: Annotated[bool | None, Kept] = None
    pension_insurance: Annotated[bool | None, Kept] = None
    disability_certificate: Certificate | None = None
    left_on: date | None = None
    died_on: date | None = None


class Member(Answer):
    id: UUID
    household_id: UUID
    division_code: str
    name: str
    id_number: str | None = Field(description="Masked.", examples=["990***************"])
    sex: Sex
    nationality: Nationality
    relation: Relation
    education: Education | None
    school_stage: SchoolStage
    health: list[Health]
    labour_ability: LabourAbility | None
    medical_insurance: bool
    serious_illness_insurance: bool
    accident_insurance: bool
    pension_insurance: bool
    disability_certificate: str | None = Field(description="Masked.")
    joined_on: date | None
    left_on: date | None
    died_on: date | None
    version: int


class MemberPage(Page[Member]): ...
