from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from fupin.paging import Page
from fupin.schemas import Answer, Body
from services.funds.codes import (
    DayCount,
    Guarantee,
    InstalmentKind,
    InstalmentStatus,
    LoanKind,
    LoanState,
    PaymentPart,
    ReceiptKind,
)
from services.funds.schemas.fields import MOST_FEN, BankReference, ContractDay, Fen, LoanNumber, Memo, Uscc, words

DEFAULT_ORDER = tuple(PaymentPart)


class Plan(Body):
    """From what a schedule follows."""

    kind: LoanKind = LoanKind.FIXED_CONTRIBUTION_BULLET
    yearly_contribution_fen: Annotated[int, Field(strict=True, ge=0, le=MOST_FEN, examples=[72_000_000])] = Field(
        default=0, description="For a fixed contribution, and only then."
    )
    rate_ppm: Annotated[int, Field(strict=True, ge=0, le=240_000)] = Field(
        default=0, description="Yearly interest in millionths: 43,500 is 4.35 %. Not for a fixed contribution."
    )
    day_count: DayCount = DayCount.ACT_365
    periods_per_year: Literal[1, 2, 4, 12] = Field(default=1, description="1 for a fixed contribution.")
    term_years: int = Field(strict=True, ge=1, le=30, examples=[5])
    start_on: ContractDay

    @model_validator(mode="after")
    def _earns_one_way(self) -> Self:
        fixed = self.kind is LoanKind.FIXED_CONTRIBUTION_BULLET
        if fixed != (self.yearly_contribution_fen > 0) or fixed == (self.rate_ppm > 0):
            raise ValueError(
                "a fixed contribution has a yearly amount, every other kind a rate"
                "｜定额上缴须填写每年上缴额，其他方式须填写年利率"
            )
        if fixed and self.periods_per_year != 1:
            raise ValueError("a fixed contribution is paid once a year｜定额上缴每年一次")
        return self


class NewLoan(Plan):
    """Terms of a contract."""

    loan_no: LoanNumber
    enterprise_id: UUID | None = Field(
        default=None, description="The enterprise in the project library; checked there."
    )
    enterprise_name: Annotated[str, words(200)]
    enterprise_uscc: Uscc
    principal_fen: Fen = Field(examples=[1_000_000_000])
    signed_on: ContractDay
    guarantee: Guarantee = Guarantee.NONE
    guarantee_note: Annotated[str, Field(max_length=500)] = ""
    allocation_order: list[PaymentPart] = Field(
        default=list(DEFAULT_ORDER), description="What a payment pays first: every part once."
    )
    penalty_daily_ppm: Annotated[int, Field(strict=True, ge=0, le=1_000)] = Field(
        default=0, description="Penalty a day on what is overdue, in millionths: 500 is 0.05 %."
    )
    penalty_cap_ppm: Annotated[int, Field(strict=True, ge=0, le=1_000_000)] = Field(
        default=1_000_000, description="The penalty never exceeds this part of the instalment, in millionths."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.signed_on > self.start_on:
            raise ValueError("start_on is not before signed_on｜起始日期不得早于签订日期")
        if sorted(self.allocation_order) != sorted(DEFAULT_ORDER):
            raise ValueError("allocation_order names every part once｜核销顺序须包含每一项且仅一次")
        return self


class Terms(Answer):
    loan_no: str
    kind: LoanKind
    enterprise_id: UUID | None
    enterprise_name: str
    enterprise_uscc: str
    principal_fen: int
    yearly_contribution_fen: int
    term_years: int
    signed_on: date
    start_on: date
    guarantee: Guarantee
    guarantee_note: str
    rate_ppm: int
    day_count: DayCount
    periods_per_year: int
    allocation_order: list[PaymentPart]
    penalty_daily_ppm: int
    penalty_cap_ppm: int


class Loan(Terms):
    id: UUID
    division_code: str
    state: LoanState
    schedule_version: int
    made_by: str
    approved_by: str | None
    disbursed_on: date | None
    version: int


class LoanPage(Page[Loan]): ...


class DueInstalment(Answer):
    year_no: int
    period_no: int = Field(description="Counted from 1; 0 for what a new schedule carried over.")
    kind: InstalmentKind
    due_on: date = Field(description="A working day.")
    amount_fen: int


class LoanPreview(Answer):
    """What the contract would be; nothing was recorded."""

    terms: Terms
    contributions_fen: int = Field(description="Contributions, or interest, over the term.")
    instalments: list[DueInstalment]


class Instalment(DueInstalment):
    id: UUID
    loan_id: UUID
    loan_no: str
    enterprise_name: str
    schedule_version: int
    paid_fen: int = Field(description="Received by the day looked at.")
    status: InstalmentStatus


class InstalmentPage(Page[Instalment]): ...


class LoanOnDay(Loan):
    as_of: date
    due_fen: int = Field(description="Fallen due by that day.")
    paid_fen: int
    overdue_fen: int
    penalties_open_fen: int
    outstanding_principal_fen: int
    instalments: list[Instalment]


class Disbursement(Body):
    on: date | None = Field(default=None, description="The day the money left; today when absent.")
    memo: Memo | None = None


class SupportedEnterprise(Answer):
    uscc: str
    name: str
    loans: int
    principal_fen: int


class SupportedEnterprisePage(Page[SupportedEnterprise]): ...


class NewReceipt(Body):
    kind: ReceiptKind = Field(examples=["DONATION"])
    loan_id: UUID | None = Field(default=None, description="For a payment on a loan, and only then.")
    amount_fen: Annotated[int, Field(strict=True, ge=1, le=MOST_FEN, examples=[72_000_000])]
    received_on: date | None = Field(default=None, description="Today when absent.")
    payer: Annotated[str, words(200)]
    bank_reference: BankReference | None = Field(default=None, description="The bank's own number: booked once.")
    memo: Memo | None = None
    early: bool = Field(
        default=False, description="What is left repays principal before its day instead of staying as credit."
    )

    @model_validator(mode="after")
    def _loan_when_paid_on_one(self) -> Self:
        if (self.kind == ReceiptKind.LOAN_PAYMENT) != (self.loan_id is not None):
            raise ValueError(
                "a payment on a loan names it, and no other receipt does｜企业上缴须注明借款，其他收款不得注明"
            )
        return self


class Allocation(Answer):
    instalment_id: UUID
    year_no: int
    period_no: int
    kind: InstalmentKind
    due_on: date
    amount_fen: int


class Receipt(Answer):
    id: UUID
    kind: ReceiptKind
    loan_id: UUID | None
    amount_fen: int
    received_on: date
    payer: str
    bank_reference: str | None
    memo: str | None
    credit_fen: int = Field(description="Left as the payer's credit; negative when earlier credit was used.")
    journal_id: UUID
    made_by: str
    reversed_on: date | None = Field(default=None, description="The day it was undone.")


class ReceiptPage(Page[Receipt]): ...


class AllocatedReceipt(Receipt):
    allocations: list[Allocation]


class Reconciliation(Answer):
    """One loan: what was due, received and booked by a day."""

    loan_id: UUID
    loan_no: str
    enterprise_name: str
    as_of: date
    due_fen: int
    overdue_fen: int
    received_fen: int
    contributions_paid_fen: int
    principal_paid_fen: int
    penalties_paid_fen: int
    unmatched_fen: int = Field(description="Received and not yet matched to an instalment: the enterprise's credit.")
    outstanding_principal_fen: int
    ledger_principal_fen: int = Field(description="The loan's account in the ledger.")
    ledger_credit_fen: int = Field(description="The credit account in the ledger.")
    agrees: bool = Field(description="Received = paid + unmatched, and the ledger holds the same.")


class ReconciliationPage(Page[Reconciliation]): ...
