from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, String, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from fupin.db import NEW_ID
from services.registry.codes import Education, LabourAbility, Nationality, Relation, SchoolStage, Sex
from services.registry.models.base import NO, ONE, OfHousehold, Table, Written, in_county, of_household

LIVING = "left_on IS NULL AND died_on IS NULL"


class Member(OfHousehold, Written, Table, table=True):
    """家庭成员: a person of a household. The ID number is sealed, and found through its blind index."""

    __table_args__ = (
        of_household(),
        in_county(),
        CheckConstraint("joined_on <= left_on", name="left_on"),
        CheckConstraint("birth_date <= died_on", name="died_on"),
        Index("uq_member_id_number", "county_code", "id_number_index", unique=True, postgresql_where=text(LIVING)),
        Index("uq_member_head", "household_id", unique=True, postgresql_where=text(f"relation = '02' AND {LIVING}")),
        Index(None, "household_id"),
        Index("ix_member_name", text("registry.pairs_of_name(name)"), postgresql_using="gin"),
        Index("ix_member_school_stage", "school_stage", "id", postgresql_where=text("school_stage <> 'NOT_IN_SCHOOL'")),
    )

    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    name: str = Field(max_length=60)
    id_number_enc: bytes | None = None
    id_number_index: bytes | None = None
    id_number_mask: str | None = Field(default=None, max_length=20)
    id_number_sex: str | None = Field(default=None, max_length=1)  # as its 17th digit says; GB/T 2261.1
    birth_date: date | None = None
    sex: Sex = Field(sa_type=Sex.stored())
    nationality: Nationality = Field(sa_type=Nationality.stored())
    relation: Relation = Field(sa_type=Relation.stored())
    education: Education | None = Field(default=None, sa_type=Education.stored())
    school_stage: SchoolStage = Field(
        default=SchoolStage.NOT_IN_SCHOOL,
        sa_type=SchoolStage.stored(),
        sa_column_kwargs={"server_default": SchoolStage.NOT_IN_SCHOOL.value},
    )
    health: list[str] = Field(
        default_factory=list, sa_column=Column(ARRAY(String(16)), nullable=False, server_default="{}")
    )
    labour_ability: LabourAbility | None = Field(default=None, sa_type=LabourAbility.stored())
    medical_insurance: bool = Field(default=False, sa_column_kwargs=NO)
    serious_illness_insurance: bool = Field(default=False, sa_column_kwargs=NO)
    accident_insurance: bool = Field(default=False, sa_column_kwargs=NO)
    pension_insurance: bool = Field(default=False, sa_column_kwargs=NO)
    disability_certificate_enc: bytes | None = None
    disability_certificate_index: bytes | None = None
    disability_certificate_mask: str | None = Field(default=None, max_length=32)
    joined_on: date | None = None
    left_on: date | None = None
    died_on: date | None = None
    version: int = Field(default=1, sa_column_kwargs=ONE)
