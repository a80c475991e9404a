from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import UploadFile
from pydantic import Field, StringConstraints

from fupin.paging import Page
from fupin.schemas import Answer, Body, FormBody, Instant
from services.registry.codes import (
    GuaranteeItem,
    HouseGrade,
    HouseholdStatus,
    PovertyCause,
    PovertyType,
    Residence,
)
from services.registry.codes.rosters import FourCategory, Outcome, RosterKind, RosterState
from services.registry.schemas.common import Year, example

RosterName = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"\S")]


class NewRoster(FormBody):
    """A file of households or persons (XLSX or CSV)."""

    file: UploadFile
    name: RosterName = Field(examples=["2017年末危房改造四类人员台账"])
    kind: RosterKind
    as_of: date = Field(examples=["2017-12-31"])
    keep_other_columns: bool = Field(
        False, description="Keep columns of other headings as text in `attributes` instead of refusing the file."
    )


class RosterCriteria(Body):
    """Which households of the registry: all that are given must hold on the roster's day, as in GET /v1/households."""

    division: str | None = Field(None, pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$")
    status: list[HouseholdStatus] = Field(default_factory=list, max_length=10)
    poor: bool | None = None
    registered: bool | None = Field(None, description="Poor, or out of poverty and still registered (建档立卡).")
    residence: Residence | None = None
    poverty_type: PovertyType | None = None
    main_cause: PovertyCause | None = None
    identified_year: Year | None = None
    has_helper: bool | None = None
    pathways: Annotated[int, Field(ge=0, le=4)] | None = Field(None, description="4 means 4 or more.")
    guarantee_not_met: GuaranteeItem | None = None
    house_grade: HouseGrade | None = None
    rule_id: UUID | None = Field(
        None,
        description="Only whom this rule of purpose FOUR_CATEGORIES, in force on the day, finds eligible; a row's"
        " category is the clause that it names.",
    )


class RosterOfRegistry(Body):
    model_config = example(
        name="2017年末农村建档立卡户", kind="HOUSING", as_of="2017-12-31",
        criteria={"registered": True, "residence": "RURAL"},
    )  # fmt: skip

    name: RosterName = Field(examples=["2017年末农村建档立卡户"])
    kind: RosterKind
    as_of: date = Field(examples=["2017-12-31"])
    criteria: RosterCriteria


class Roster(Answer):
    id: UUID = Field(description="The same as its operation's.")
    name: str
    kind: RosterKind
    as_of: date
    state: RosterState
    row_count: int
    filename: str | None
    comparison_id: UUID | None = Field(description="The comparison it was made from.")
    rule: str | None
    criteria: dict[str, Any] | None = Field(description="Which households of the registry it was taken from.")
    division_code: str
    created_by: str
    created_at: Instant


class RosterPage(Page[Roster]): ...


class RosterRow(Answer):
    row_no: int
    household_no: str | None
    name: str
    id_number: str | None = Field(description="Masked.")
    division_code: str
    category: FourCategory | None
    residence: Residence | None
    removed_reason: str | None
    appraised_on: date | None
    house_grade: HouseGrade | None
    outcome: Outcome | None = Field(description="Which outcome of a comparison brought it here.")
    attributes: dict[str, str]


class RosterRowPage(Page[RosterRow]): ...
