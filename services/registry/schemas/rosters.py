from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import UploadFile
from pydantic import Field, StringConstraints

from fupin.paging import Page
from fupin.schemas import Answer, Body
from services.registry.codes import HouseGrade, Residence
from services.registry.codes.rosters import FourCategory, Outcome, RosterKind, RosterState

RosterName = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"\S")]


class NewRoster(Body):
    """A file of households or persons (XLSX or CSV)."""

    file: UploadFile
    name: RosterName = Field(examples=["2017年末危房改造四类人员台账"])
    kind: RosterKind
    as_of: date = Field(examples=["2017-12-31"])
    keep_other_columns: bool = Field(
        False, description="Keep columns of other headings as text in `attributes` instead of refusing the file."
    )


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
    division_code: str
    created_by: str
    created_at: datetime


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
