from datetime import date
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.registry.codes import Relation
from services.registry.codes.change_requests import ChangeKind, ChangeState, LineageKind
from services.registry.schemas.common import DivisionCode, example
from services.registry.schemas.households import HouseholdChange, HouseholdNo, Reason
from services.registry.schemas.members import MemberChange, NewMember

Version = Annotated[int, Field(strict=True, ge=1, description="As you read it; if it changes, the request goes back.")]
Note = Annotated[str, StringConstraints(max_length=500)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=r"\S")]
HOUSEHOLD = "0199b0c2-6d7e-7a10-8e52-5f1f3f0e9a11"
OTHER = "0199b0c2-6d7e-7a10-8e52-5f1f3f0e9a12"


class Placing(Body):
    """A person and what they will be to the head of the household they then belong to."""

    member_id: UUID
    relation: Relation


Placings = Annotated[list[Placing], Field(max_length=50)]


class HouseholdProposal(Body):
    """户信息变更: fields left out stay as they are."""

    kind: Literal[ChangeKind.HOUSEHOLD]
    household_id: UUID
    version: Version
    change: HouseholdChange


class MemberProposal(Body):
    """成员信息变更: fields left out stay as they are."""

    kind: Literal[ChangeKind.MEMBER]
    member_id: UUID
    version: Version = Field(description="Of the member.")
    change: MemberChange


class AddMemberProposal(Body):
    """新增成员: born, married into, come back to the household."""

    kind: Literal[ChangeKind.ADD_MEMBER]
    household_id: UUID
    version: Version
    member: NewMember


class RemoveMemberProposal(Body):
    """减少成员: gone on a day, or dead."""

    kind: Literal[ChangeKind.REMOVE_MEMBER]
    member_id: UUID
    version: Version = Field(description="Of the member.")
    left_on: date | None = None
    died_on: date | None = None

    @model_validator(mode="after")
    def one_day(self) -> Self:
        if (self.left_on is None) == (self.died_on is None):
            raise ValueError("give either left_on or died_on")
        return self


class MergeProposal(Body):
    """并户: the household ends, all its members join the other; its history stays, its helpers and pathways end."""

    kind: Literal[ChangeKind.MERGE]
    household_id: UUID = Field(description="The one that ends.")
    version: Version
    into_household_id: UUID
    into_version: Version
    on: date
    members: Placings = Field(description="Everyone who belongs to the household that ends.")

    @model_validator(mode="after")
    def two(self) -> Self:
        if self.household_id == self.into_household_id:
            raise ValueError("a household is merged into another one")
        return self


class SplitProposal(Body):
    """分户: some members become a household of their own in the same village, with the same status from that day."""

    kind: Literal[ChangeKind.SPLIT]
    household_id: UUID
    version: Version
    household_no: HouseholdNo = Field(description="Of the new household.")
    on: date
    leaving: Placings = Field(min_length=1, description="Who forms the new household; one of them is its head (02).")
    staying: Placings = Field([], description="Whose relation to the head changes among those who stay.")


class TransferProposal(Body):
    """迁移: the household moves to another village of the county, with its members and all that is recorded of it."""

    kind: Literal[ChangeKind.TRANSFER]
    household_id: UUID
    version: Version
    to_division_code: DivisionCode = Field(description="A village.")
    on: date


Proposal = Annotated[
    HouseholdProposal
    | MemberProposal
    | AddMemberProposal
    | RemoveMemberProposal
    | MergeProposal
    | SplitProposal
    | TransferProposal,
    Field(discriminator="kind"),
]


class NewChangeRequest(Body):
    model_config = example(
        proposal={"kind": "HOUSEHOLD", "household_id": HOUSEHOLD, "version": 1, "change": {"house_grade": "B"}},
        reason="危房改造完成",
        evidence="住房安全等级鉴定书",
        document_ref="富住建鉴〔2018〕12号",
    )

    proposal: Proposal
    reason: Reason
    evidence: Text = Field(description="What shows that the change is true.")
    document_ref: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"\S")] | None = Field(
        None, description="Number or place of the document."
    )


class StepNote(Body):
    model_config = example(note="入户核实，情况属实")

    note: Note = ""


class Refusal(Body):
    model_config = example(reason="证明材料不足")

    reason: Reason


class Resubmission(Body):
    """The proposal once more, made from what is recorded now."""

    model_config = example(version=2, note="已核对最新信息")

    version: Version
    into_version: Version | None = Field(None, description="Of the other household of a merger.")
    note: Note = ""


class ChangeRequestStep(Answer):
    seq: int
    from_state: ChangeState | None
    to_state: ChangeState
    actor: str
    actor_division: str
    scope: str
    note: str
    at: Instant


class ChangeRequest(Answer):
    id: UUID
    kind: ChangeKind
    state: ChangeState
    household_id: UUID
    household_no: str | None = Field(description="Null when the household now stands outside your division.")
    member_id: UUID | None
    other_household_id: UUID | None = Field(description="Merged into; or split off, once approved.")
    division_code: str
    to_division_code: str | None
    on: date | None
    base_version: int
    other_base_version: int | None
    proposal: dict[str, Any] = Field(description="As submitted, personal numbers masked.")
    reason: str
    evidence: str
    document_ref: str | None
    submitted_by: str
    reviewed_by: str | None
    decided_by: str | None
    created_at: Instant
    decided_at: Instant | None
    note: str
    steps: list[ChangeRequestStep]
    version: int


class UnmaskedProposal(Answer):
    id: UUID
    proposal: dict[str, Any] = Field(description="As submitted, personal numbers in the clear.")


class ChangeRequestPage(Page[ChangeRequest]): ...


class Lineage(Answer):
    household_id: UUID
    other_household_id: UUID
    other_household_no: str | None
    kind: LineageKind
    on: date
    change_request_id: UUID


class Move(Answer):
    moved_on: date
    from_code: str
    to_code: str
    change_request_id: UUID | None
    division_merger_id: UUID | None


class HouseholdOrigins(Answer):
    """Where a household went, what came out of it, where it stood."""

    household_id: UUID
    merged_into: UUID | None = Field(description="The household its members now belong to.")
    lineage: list[Lineage]
    moves: list[Move]
