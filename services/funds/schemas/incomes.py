from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.funds.codes import Decision, ReceiptKind
from services.funds.schemas.fields import BankReference, Credited, Debited, Fen, Memo, words


class NewIncome(Body):
    kind: ReceiptKind = Field(examples=["DONATION"], description="Any but LOAN_PAYMENT, which is a receipt on a loan.")
    amount_fen: Fen
    received_on: date | None = Field(default=None, description="Today when absent.")
    payer: Annotated[str, words(200)] = Field(description="The donor, the operator or the enterprise.")
    division_code: Annotated[str, Field(pattern=r"^\d{12}$", examples=["230882101201"])] | None = Field(
        default=None, description="The village or town that it comes from; the county when absent."
    )
    project_id: UUID | None = None
    project_no: Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,40}$", examples=["2018-PV-001"])] | None = None
    period_from: date | None = None
    period_to: date | None = None
    bank_reference: BankReference | None = None
    memo: Memo | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.kind == ReceiptKind.LOAN_PAYMENT:
            raise ValueError("a payment on a loan is booked as a receipt｜企业上缴与还本请作为收款登记")
        if (self.period_from is None) != (self.period_to is None) or (
            self.period_from and self.period_to and self.period_from > self.period_to
        ):
            raise ValueError("a period has its first and its last day, in this order｜期间须有起止日期且起不晚于止")
        return self


class Income(Answer):
    receipt_id: UUID
    kind: ReceiptKind
    amount_fen: int
    received_on: date
    payer: str
    division_code: str
    project_id: UUID | None
    project_no: str | None
    period_from: date | None
    period_to: date | None
    donation_year: int | None
    donation_no: int | None = Field(description="The number of its donation receipt (捐赠票据号) in its year.")
    bank_reference: str | None
    memo: str | None
    journal_id: UUID
    reversed_on: date | None = Field(description="The day it was undone.")


class IncomePage(Page[Income]): ...


class IncomeTotal(Answer):
    year: int
    kind: ReceiptKind
    town: str = Field(description="The town's code; the county's for what comes from no town.")
    receipts: int
    amount_fen: int


class IncomeTotals(Answer):
    amount_fen: int
    items: list[IncomeTotal]


class NewTransferRequest(Body):
    debit: Debited
    credit: Credited
    amount_fen: Fen
    effective_on: date | None = Field(default=None, description="The day the money moved; today when absent.")
    memo: Memo | None = None


class TransferRequest(Answer):
    id: UUID
    debit: str
    credit: str
    amount_fen: int
    effective_on: date
    memo: str | None
    state: Decision
    made_by: str
    approved_by: str | None
    journal_id: UUID | None
    at: Instant


class TransferRequestPage(Page[TransferRequest]): ...
