from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from fupin.paging import Page
from fupin.schemas import Answer, Body
from services.funds.codes import Guarantee, InstalmentKind, InstalmentStatus, LoanKind, LoanState, ReceiptKind
from services.funds.schemas.fields import MOST_FEN, BankReference, ContractDay, Fen, LoanNumber, Memo, Uscc, words


class NewLoan(Body):
    """Terms of a contract: every year the same contribution, the whole principal at the end."""

    loan_no: LoanNumber
    kind: Literal[LoanKind.FIXED_CONTRIBUTION_BULLET] = LoanKind.FIXED_CONTRIBUTION_BULLET
    enterprise_id: UUID | None = Field(
        default=None, description="The enterprise in the project library; checked there."
    )
    enterprise_name: Annotated[str, words(200)]
    enterprise_uscc: Uscc
    principal_fen: Fen = Field(examples=[1_000_000_000])
    yearly_contribution_fen: Fen = Field(examples=[72_000_000])
    term_years: int = Field(strict=True, ge=1, le=30, examples=[5])
    signed_on: ContractDay
    start_on: ContractDay
    guarantee: Guarantee = Guarantee.NONE
    guarantee_note: Annotated[str, Field(max_length=500)] = ""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.signed_on > self.start_on:
            raise ValueError("start_on is not before signed_on｜起始日期不得早于签订日期")
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
    kind: InstalmentKind
    due_on: date = Field(description="A working day.")
    amount_fen: int


class LoanPreview(Answer):
    """What the contract would be; nothing was recorded."""

    terms: Terms
    contributions_fen: int
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
    kind: ReceiptKind
    loan_id: UUID | None = Field(default=None, description="For a payment on a loan, and only then.")
    amount_fen: Annotated[int, Field(strict=True, ge=1, le=MOST_FEN, examples=[72_000_000])]
    received_on: date | None = Field(default=None, description="Today when absent.")
    payer: Annotated[str, words(200)]
    bank_reference: BankReference | None = Field(default=None, description="The bank's own number: booked once.")
    memo: Memo | None = None

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
    unmatched_fen: int = Field(description="Received and not yet matched to an instalment: the enterprise's credit.")
    outstanding_principal_fen: int
    ledger_principal_fen: int = Field(description="The loan's account in the ledger.")
    ledger_credit_fen: int = Field(description="The credit account in the ledger.")
    agrees: bool = Field(description="Received = paid + unmatched, and the ledger holds the same.")


class ReconciliationPage(Page[Reconciliation]): ...
