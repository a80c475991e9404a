from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import UploadFile
from pydantic import Field, model_validator

from fupin.paging import Page
from fupin.schemas import Answer, Body, FormBody, Instant
from services.funds.codes import BankLineState, MatchReason, ReceiptKind, StatementFormat
from services.funds.schemas.fields import words

Heading = Annotated[str, words(100)]


class LayoutColumns(Body):
    """The bank's headings: one signed amount, or one column for money in and one for money out."""

    booked_on: Heading = Field(examples=["交易日期"])
    amount: Heading | None = None
    amount_in: Heading | None = Field(default=None, examples=["贷方发生额"])
    amount_out: Heading | None = Field(default=None, examples=["借方发生额"])
    payer: Heading = Field(examples=["对方户名"])
    reference: Heading | None = Field(default=None, examples=["流水号"])
    text: Heading | None = Field(default=None, examples=["摘要"])

    @model_validator(mode="after")
    def _amount_one_way(self) -> Self:
        if (self.amount is None) == (self.amount_in is None) or (self.amount is not None and self.amount_out):
            raise ValueError(
                "name either amount, or amount_in (and amount_out)｜金额列须为 amount，或 amount_in（及 amount_out）"
            )
        return self


class NewBankLayout(Body):
    name: Annotated[str, words(100)] = Field(examples=["工行网银明细"])
    columns: LayoutColumns
    date_format: str = Field(default="%Y-%m-%d", max_length=32, pattern="%[dyYmbj]", examples=["%Y%m%d"])


class BankLayout(Answer):
    id: UUID
    name: str
    columns: dict[str, str]
    date_format: str
    made_by: str


class BankLayoutPage(Page[BankLayout]): ...


class NewBankStatement(FormBody):
    """A file of the bank: CSV (UTF-8 or GB18030) or XLSX with a saved layout, or MT940."""

    file: UploadFile
    format: StatementFormat
    layout_id: UUID | None = Field(default=None, description="For CSV and XLSX.")


class BankStatement(Answer):
    id: UUID
    filename: str
    format: StatementFormat
    lines: int
    known_lines: int = Field(description="Lines that an earlier file had brought; they were not imported again.")
    made_by: str
    at: Instant


class BankStatementPage(Page[BankStatement]): ...


class BankLine(Answer):
    id: UUID
    statement_id: UUID
    row_no: int
    booked_on: date
    amount_fen: int = Field(description="Negative for money out.")
    payer: str
    reference: str | None
    text: str
    state: BankLineState
    receipt_id: UUID | None
    automatic: bool | None = Field(description="Whether matched without a person.")
    explanation: dict[str, Any] | None = Field(description="Score and reasons of the match.")


class BankLinePage(Page[BankLine]): ...


class Candidate(Answer):
    """A contract that a line may pay, with points for what speaks for it."""

    loan_id: UUID
    loan_no: str
    enterprise_name: str
    due_on: date
    score: int
    reasons: list[MatchReason]


class CandidateList(Answer):
    items: list[Candidate]
    sure: bool = Field(description="Whether the first one would be matched automatically.")


class Matching(Answer):
    """What automatic matching did; the rest is the worklist."""

    matched: int
    left: int


class NewMatch(Body):
    """What the line is: a payment on a loan, other income, or a receipt booked before."""

    loan_id: UUID | None = None
    kind: ReceiptKind | None = Field(default=None, description="Of other income.")
    receipt_id: UUID | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        given = sum(value is not None for value in (self.loan_id, self.kind, self.receipt_id))
        if given != 1 or self.kind == ReceiptKind.LOAN_PAYMENT:
            raise ValueError(
                "name a loan, a kind of other income or a receipt｜须且仅须指明借款、其他收入类别或已有收款之一"
            )
        return self
