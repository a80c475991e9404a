from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.funds.codes import AlarmKind, AppropriationLevel, Decision, EntryKind, UseKind
from services.funds.schemas.fields import BankReference, Fen, Prose, words

Year = Annotated[int, Field(strict=True, ge=2000, le=2200, examples=[2018])]


class NewAppropriation(Body):
    document_no: Annotated[str, words(100)] = Field(examples=["县财指（扶贫）〔2018〕12号"])
    level: AppropriationLevel
    year: Year
    amount_fen: Fen
    purpose: Prose = Field(examples=["财政专项扶贫资金"])
    issued_on: date = Field(examples=["2018-03-01"])


class Appropriation(Answer):
    id: UUID
    document_no: str
    level: AppropriationLevel
    year: int
    amount_fen: int
    purpose: str
    issued_on: date
    made_by: str
    at: Instant


class AppropriationPage(Page[Appropriation]): ...


class NewUse(Body):
    kind: UseKind = Field(examples=["DISTRIBUTION"])
    loan_id: UUID | None = Field(default=None, description="For money to be lent, and only then.")
    project_id: UUID | None = Field(default=None, description="For money for a project, and only then.")
    title: Prose
    amount_fen: Fen

    @model_validator(mode="after")
    def _named(self) -> Self:
        if (self.kind == UseKind.LOAN) != (self.loan_id is not None) or (self.kind == UseKind.PROJECT) != (
            self.project_id is not None
        ):
            raise ValueError(
                "money for a loan names the loan, money for a project the project, and nothing else names either"
                "｜借款用途须注明借款，项目用途须注明项目，其他用途不得注明"
            )
        return self


class Use(Answer):
    id: UUID
    appropriation_id: UUID
    kind: UseKind
    loan_id: UUID | None
    project_id: UUID | None
    project_no: str | None
    title: str
    amount_fen: int
    state: Decision
    made_by: str
    approved_by: str | None
    at: Instant


class UsePage(Page[Use]): ...


class NewReceiptOfAppropriation(Body):
    amount_fen: Fen
    on: date | None = Field(default=None, description="The day the money came; today when absent.")
    payer: Annotated[str, words(200)] = Field(examples=["县财政局国库"])
    bank_reference: BankReference | None = None


class NewExpenditure(Body):
    amount_fen: Fen
    on: date | None = Field(default=None, description="The day the money left; today when absent.")
    payee: Annotated[str, words(200)]
    bank_reference: BankReference | None = None


class Entry(Answer):
    id: UUID
    appropriation_id: UUID
    document_no: str
    use_id: UUID | None
    project_id: UUID | None
    kind: EntryKind
    amount_fen: int
    effective_on: date
    counterparty: str
    bank_reference: str | None
    journal_id: UUID
    made_by: str
    reversed_on: date | None = Field(default=None, description="The day it was undone.")


class EntryPage(Page[Entry]): ...


class ProjectSpending(Answer):
    """What the county's books say of a project on a day."""

    project_id: UUID
    project_no: str
    granted_fen: int = Field(description="Planned for it from appropriations, and approved.")
    spent_fen: int
    last_spent_on: date | None


class ProjectSpendingPage(Page[ProjectSpending]): ...


class ExpenditureEntry(Answer):
    """A row that progress is counted from; one with a distribution was paid to a household from the shared account."""

    appropriation_id: UUID
    document_no: str
    counted_as: EntryKind
    amount_fen: int
    moved_on: date
    counterparty: str = Field(description="Who paid it or was paid; a household by its number.")
    journal_id: UUID = Field(description="Where the appropriation's money moved.")
    position: int = Field(description="The first fen's place among all that came into the shared account; 0 elsewhere.")
    distribution_id: UUID | None
    line_no: int | None


class ExpenditureEntryPage(Page[ExpenditureEntry]): ...


class Progress(Answer):
    """An appropriation on a day. Money passed on to the shared account is spent when the bank has paid households."""

    id: UUID
    document_no: str
    level: AppropriationLevel
    year: int
    issued_on: date
    on: date
    amount_fen: int
    received_fen: int
    first_received_on: date | None
    spent_fen: int
    last_spent_on: date | None
    transferred_fen: int = Field(description="Passed on to the shared account.")
    balance_fen: int = Field(description="On the appropriation's own account: received, not spent, not passed on.")
    progress_ppm: int = Field(description="Spent of the amount granted, in millionths, rounded down (支出进度).")


class ProgressPage(Page[Progress]): ...


class ProgressTotal(Answer):
    year: int
    level: AppropriationLevel
    appropriations: int
    amount_fen: int
    received_fen: int
    spent_fen: int
    transferred_fen: int
    balance_fen: int
    progress_ppm: int


class ProgressTotals(Answer):
    on: date
    items: list[ProgressTotal]


class NewAlarmRule(Body):
    name: Annotated[str, words(100)] = Field(examples=["到账三个月无支出"])
    kind: AlarmKind
    level: AppropriationLevel | None = Field(default=None, description="Every level when absent.")
    days: Annotated[int, Field(strict=True, ge=0, le=3660)] | None = Field(
        default=None, examples=[90],
        description="After the document (NOT_RECEIVED), or after money came or was last spent (IDLE).",
    )  # fmt: skip
    share_ppm: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] | None = Field(
        default=None, description="The least part to be spent, in millionths (BEHIND)."
    )
    month: Annotated[int, Field(strict=True, ge=1, le=12)] | None = Field(
        default=None, description="By the end of this month of the appropriation's year (BEHIND)."
    )

    @model_validator(mode="after")
    def _terms(self) -> Self:
        behind = self.kind == AlarmKind.BEHIND
        if (behind, behind, not behind) != (self.share_ppm is not None, self.month is not None, self.days is not None):
            raise ValueError(
                "BEHIND takes share_ppm and month, the other kinds take days"
                "｜进度滞后须给出比例和月份，其他类别须给出天数"
            )
        return self


class AlarmRule(Answer):
    id: UUID
    name: str
    kind: AlarmKind
    level: AppropriationLevel | None
    days: int | None
    share_ppm: int | None
    month: int | None
    retired_on: date | None
    made_by: str


class AlarmRulePage(Page[AlarmRule]): ...


class Alarm(Answer):
    rule_id: UUID
    rule: str
    kind: AlarmKind
    appropriation_id: UUID
    document_no: str
    level: AppropriationLevel
    year: int
    amount_fen: int
    received_fen: int
    spent_fen: int
    since: date = Field(description="The first day on which the alarm stood.")
    stalled_fen: int = Field(description="Not received; lying idle; or short of what should be spent by now.")


class AlarmPage(Page[Alarm]): ...
