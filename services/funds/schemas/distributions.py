from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.funds.codes import DistributionState, LineStatus, PayoutOutcome, ShareBound
from services.funds.schemas.fields import MOST_FEN, BankReference, Fen, Prose, words

Points = Annotated[int, Field(strict=True, ge=0, le=1000)]


class NewDistributionRule(Body):
    """Points for each need; shares follow in proportion, between floor and cap."""

    name: Annotated[str, words(64)]
    per_person: Points = Field(description="Points for every member.", examples=[10])
    per_income_gap: Points = Field(
        description="Points for every member of a household without any income.", examples=[20]
    )
    per_ill: Points = Field(description="Points for every member with a chronic or serious illness.", examples=[15])
    per_disabled: Points = Field(description="Points for every disabled member.", examples=[15])
    per_student: Points = Field(description="Points for every student.", examples=[10])
    no_able_labour: Points = Field(description="Points when nobody can work.", examples=[30])
    income_line_fen: Fen = Field(description="Income a head from which on there is no gap.", examples=[353_500])
    floor_fen: Annotated[int, Field(strict=True, ge=0, le=MOST_FEN)] = 0
    cap_fen: Fen | None = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.cap_fen is not None and self.cap_fen < self.floor_fen:
            raise ValueError("cap_fen is not below floor_fen｜最高额不得低于最低额")
        points = (
            self.per_person, self.per_income_gap, self.per_ill, self.per_disabled, self.per_student, self.no_able_labour
        )  # fmt: skip
        if not any(points):
            raise ValueError("some need must have points｜至少一项需求须有分值")
        return self


class DistributionRule(Answer):
    id: UUID
    name: str
    revision: int
    per_person: int
    per_income_gap: int
    per_ill: int
    per_disabled: int
    per_student: int
    no_able_labour: int
    income_line_fen: int
    floor_fen: int
    cap_fen: int | None
    made_by: str
    at: Instant


class DistributionRulePage(Page[DistributionRule]): ...


class NewDistribution(Body):
    year: int = Field(strict=True, ge=2000, le=2200, examples=[2019])
    sequence: int = Field(default=1, strict=True, ge=1, le=1000, description="The how-manieth of the year.")
    rule_id: UUID
    pot_fen: Fen = Field(examples=[144_000_000])
    need_on: date | None = Field(default=None, description="The day whose needs count; today when absent.")


class Distribution(Answer):
    id: UUID
    division_code: str
    year: int
    sequence: int
    rule_id: UUID
    pot_fen: int
    need_on: date
    state: DistributionState
    made_by: str
    snapshot_id: UUID | None
    snapshot_digest: str | None
    households: int | None
    batch_hash: str | None = Field(description="SHA-256 over inputs and shares; what an approval is bound to.")
    approved_by: str | None
    published_on: date | None
    notice_days: int | None
    notice_ends_on: date | None
    posted_on: date | None
    paid_on: date | None
    version: int


class DistributionPage(Page[Distribution]): ...


class TownShare(Answer):
    division_code: str
    households: int
    share_fen: int


class DistributionPreview(Answer):
    """What the distribution would be; nothing was recorded here."""

    pot_fen: int
    available_fen: int = Field(description="In the shared account, promised money not counted.")
    households: int
    least_fen: int
    most_fen: int
    at_floor: int
    at_cap: int
    towns: list[TownShare]


class Approval(Body):
    batch_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="The hash of the batch you have seen.")]


class Notice(Body):
    published_on: date | None = Field(default=None, description="Today when absent.")
    notice_days: int = Field(default=10, strict=True, ge=1, le=365)


class NewObjection(Body):
    reason: Prose


class Ruling(Body):
    upheld: bool
    reason: Prose


class Objection(Answer):
    id: UUID
    distribution_id: UUID
    line_no: int
    raised_on: date
    reason: str
    made_by: str
    upheld: bool | None = Field(description="Null until it is ruled on; the line is frozen meanwhile.")
    ruling: str | None
    ruled_on: date | None
    ruled_by: str | None


class ObjectionPage(Page[Objection]): ...


class LineResult(Body):
    line_no: int = Field(strict=True, ge=1)
    outcome: PayoutOutcome
    reason: Prose | None = None


class PayoutReport(Body):
    """What the bank reported."""

    reported_on: date | None = Field(default=None, description="The day the bank paid; today when absent.")
    bank_reference: BankReference
    results: list[LineResult] | None = Field(
        default=None, max_length=100_000, description="Line by line; when absent every posted line was paid."
    )

    @model_validator(mode="after")
    def _each_line_once(self) -> Self:
        lines = [result.line_no for result in self.results or ()]
        if len(lines) != len(set(lines)):
            raise ValueError("a line is reported once｜同一明细只能回报一次")
        return self


class DistributionLine(Answer):
    line_no: int
    household_id: UUID
    household_no: str
    division_code: str
    need: int = Field(description="In millionths of a point.")
    rank: int
    share_fen: int
    bound: ShareBound | None
    status: LineStatus


class DistributionLinePage(Page[DistributionLine]): ...


class NeedReason(Answer):
    what: str
    counted: int
    points_ppm: int


class LineExplanation(DistributionLine):
    """Why a household gets what it gets, from what was frozen."""

    distribution_id: UUID
    rule: DistributionRule
    reasons: list[NeedReason]
    pot_fen: int
    shared_pot_fen: int = Field(description="What households between the limits shared.")
    shared_need: int = Field(description="Their need together.")
    exact_share: str = Field(description="The share before rounding, as a fraction of fen.")
    remainder: int
    topped_up: bool = Field(description="Whether it got one of the fen that rounding left over.")
    journal_id: UUID | None
    paid_on: date | None


class DistributionVerification(Answer):
    batch_hash: str
    recomputed_hash: str
    shares_fen: int
    pot_fen: int
    agrees: bool


class Step(Answer):
    from_state: str | None
    to_state: str
    actor: str
    at: Instant


class StepPage(Page[Step]): ...
