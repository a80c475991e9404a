from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.registry.codes import HouseGrade, Residence
from services.registry.codes.rosters import ComparisonState, Contradiction, FourCategory, MatchKey, Outcome, RosterKind
from services.registry.schemas.common import example
from services.registry.schemas.rosters import RosterName


class NewComparison(Body):
    model_config = example(
        name="2018年四类人员数据比对",
        base_roster_id="0199b0c2-6d7e-7a10-8e52-5f1f3f0e9a11",
        newer_roster_id="0199b0c2-6d7e-7a10-8e52-5f1f3f0e9a12",
        as_of="2018-05-10",
    )

    name: RosterName = Field(examples=["2018年四类人员数据比对"])
    base_roster_id: UUID = Field(description="The roster whose rows are kept or removed.")
    newer_roster_id: UUID = Field(description="The newer data; its rows with a removed_reason are no longer eligible.")
    match_roster_ids: list[UUID] = Field(
        default_factory=list, max_length=10, description="Rosters in which the rows are looked up (appraisals)."
    )
    as_of: date = Field(examples=["2018-05-10"])


class Sums(Answer):
    """base_rows = kept + removed + conflicts; kept = matched + unmatched."""

    base_rows: int
    kept: int
    removed: int
    added: int
    conflicts: int
    dropped: int
    matched: int = Field(description="Kept and found in a match roster.")
    unmatched: int = Field(description="Kept and found in none.")


class Comparison(Answer):
    id: UUID = Field(description="The same as its operation's.")
    name: str
    kind: RosterKind = Field(description="That of its base roster.")
    as_of: date
    state: ComparisonState
    base_roster_id: UUID
    newer_roster_id: UUID
    match_roster_ids: list[UUID]
    division_code: str
    created_by: str
    created_at: Instant
    signed_off_by: str | None
    signed_off_at: Instant | None


class ComparisonWithSums(Comparison):
    sums: Sums = Field(description="Counted from the rows; those of a signed-off comparison PostgreSQL has checked.")


class ComparisonPage(Page[Comparison]): ...


class Found(Answer):
    roster_id: UUID
    row_no: int
    matched_by: MatchKey
    appraised_on: date | None
    house_grade: HouseGrade | None


class Resolution(Answer):
    outcome: Outcome
    reason: str
    resolved_by: str
    resolved_at: Instant


class ComparisonRow(Answer):
    row_no: int
    outcome: Outcome
    reason: str | None = Field(description="Why removed: as the newer data says, or NOT_IN_NEW_DATA.")
    matched_by: MatchKey | None = Field(description="By which key base and newer row were found to be one person.")
    matched: bool = Field(description="Found in a match roster.")
    contradictions: list[Contradiction]
    household_no: str | None
    name: str
    id_number: str | None = Field(description="Masked.")
    category: FourCategory | None
    residence: Residence | None
    division_code: str
    base_row_no: int | None
    newer_row_no: int | None
    matches: list[Found]
    resolution: Resolution | None


class ComparisonRowPage(Page[ComparisonRow]): ...


class NewResolution(Body):
    model_config = example(outcome="KEPT", reason="核对户口簿，证件号码录入错误，系同一人")

    outcome: Literal[Outcome.KEPT, Outcome.REMOVED, Outcome.ADDED, Outcome.DROPPED] = Field(
        description="A row of the base is KEPT or REMOVED; ADDED says that its two sides are different people: the "
        "base row is removed and the newer one becomes a row of its own. A row of the newer roster alone is ADDED or "
        "DROPPED."
    )
    reason: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"\S")] = Field(
        examples=["核对户口簿，证件号码录入错误，系同一人"]
    )


class NextRoster(Body):
    model_config = example(name="2018年危房鉴定申请名单", as_of="2018-05-17")

    name: RosterName = Field(examples=["2018年危房鉴定申请名单"])
    as_of: date = Field(examples=["2018-05-17"])
    rule: Literal["UNMATCHED_AND_ADDED"] = Field(
        "UNMATCHED_AND_ADDED", description="Kept rows found in no match roster, and added rows."
    )
