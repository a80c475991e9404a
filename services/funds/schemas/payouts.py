from datetime import date
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import UploadFile
from pydantic import Field, model_validator

from fupin.paging import Page
from fupin.schemas import Answer, Body, FormBody, Instant
from services.funds.codes import PayeeFault, PayoutBatchState, PayoutField, PayoutFormat, PayoutOutcome
from services.funds.schemas.fields import BankReference, Prose, words

Heading = Annotated[str, words(100)]


class PayoutColumn(Body):
    heading: Heading = Field(examples=["账号"])
    field: PayoutField
    text: Annotated[str, words(100)] | None = Field(default=None, description="For TEXT: what every row says.")

    @model_validator(mode="after")
    def _text_where_said(self) -> Self:
        if (self.field is PayoutField.TEXT) != (self.text is not None):
            raise ValueError("text goes with the field TEXT｜text 只用于 TEXT 栏，且必填")
        return self


class ResultColumns(Body):
    """The headings in the bank's answer."""

    number: Heading = Field(description="The number that the file gave the line.", examples=["序号"])
    amount: Heading = Field(description="Yuan.", examples=["金额"])
    outcome: Heading = Field(examples=["处理结果"])
    reason: Heading | None = Field(default=None, examples=["失败原因"])


class NewPayoutTemplate(Body):
    """How a bank wants its one-card file (一卡通代发文件), and how it answers."""

    name: Annotated[str, words(100)] = Field(examples=["农商行一卡通"])
    format: PayoutFormat
    encoding: Literal["utf-8", "utf-8-sig", "gb18030"] = Field(default="gb18030", description="Of CSV.")
    headings: bool = Field(default=True, description="Whether the first row names the columns.")
    columns: list[PayoutColumn] = Field(
        min_length=3,
        max_length=30,
        examples=[
            [
                {"heading": "序号", "field": "NUMBER"},
                {"heading": "户名", "field": "HOLDER"},
                {"heading": "账号", "field": "ACCOUNT"},
                {"heading": "金额", "field": "YUAN"},
            ]
        ],
    )
    result_columns: ResultColumns
    paid_words: list[Annotated[str, words(50)]] = Field(min_length=1, max_length=20, examples=[["成功"]])
    returned_words: list[Annotated[str, words(50)]] = Field(
        default_factory=list, max_length=20, description="When empty, every word not for paid means returned."
    )

    @model_validator(mode="after")
    def _enough(self) -> Self:
        fields = {column.field for column in self.columns}
        if not {PayoutField.NUMBER, PayoutField.ACCOUNT} <= fields or not fields & {PayoutField.YUAN, PayoutField.FEN}:
            raise ValueError("the file has the number, the account and an amount｜文件须含序号、账号与金额")
        if set(self.paid_words) & set(self.returned_words):
            raise ValueError("a word means paid or returned｜同一用语不能既表示成功又表示退回")
        return self


class PayoutTemplate(Answer):
    id: UUID
    name: str
    format: PayoutFormat
    encoding: str
    headings: bool
    columns: list[dict[str, Any]]
    result_columns: dict[str, str]
    paid_words: list[str]
    returned_words: list[str]
    made_by: str
    at: Instant


class PayoutTemplatePage(Page[PayoutTemplate]): ...


class NewPayoutBatch(Body):
    template_id: UUID
    line_nos: list[Annotated[int, Field(strict=True, ge=1)]] | None = Field(
        default=None, min_length=1, max_length=100_000, description="Posted or returned lines; all when absent."
    )


class PayoutBatch(Answer):
    id: UUID
    distribution_id: UUID
    number: int
    template_id: UUID | None = Field(description="Null when the bank was told by other means.")
    state: PayoutBatchState
    sent_on: date = Field(description="The day from which the money is on its way.")
    lines: int
    total_fen: int
    paid: int
    returned: int
    sha256: str | None = Field(description="Of the file; null until it is made.")
    size: int | None = Field(description="Of the file, in bytes.")
    made_by: str
    at: Instant


class PayoutBatchPage(Page[PayoutBatch]): ...


class PayoutFileWanted(Body):
    purpose: str = Field(
        min_length=4, max_length=200, pattern=r"\S", examples=["2019 年一卡通发放"],
        description="Why; it stands in the audit trail and in each household's access history at the registry.",
    )  # fmt: skip


class UnpayableLine(Answer):
    line_no: int
    fault: PayeeFault


class NewPayoutResult(FormBody):
    """The file in which the bank answered."""

    file: UploadFile
    bank_reference: BankReference
    reported_on: date | None = Field(default=None, description="The day the bank paid; today when absent.")


class PayoutResult(Answer):
    id: UUID
    batch_id: UUID
    filename: str
    sha256: str
    rows: int
    paid: int
    returned: int
    known: int = Field(description="Rows that an earlier file had brought; they changed nothing.")
    reported_on: date
    bank_reference: str
    made_by: str
    at: Instant


class PayoutResultPage(Page[PayoutResult]): ...


class Payout(Answer):
    """One attempt to pay a household's line."""

    distribution_id: UUID
    line_no: int
    attempt: int
    batch_id: UUID
    household_no: str
    division_code: str
    amount_fen: int
    outcome: PayoutOutcome | None = Field(description="Null while it is with the bank.")
    reported_on: date | None
    bank_reference: str | None
    reason: str | None
    journal_id: UUID | None = Field(description="What booked the outcome.")


class PayoutPage(Page[Payout]): ...


class Withdrawal(Body):
    reason: Prose = Field(examples=["文件未送达银行"])


class Conservation(Answer):
    """What was allocated, and what became of it: by the lines, and once more by the books."""

    allocated_fen: int
    paid_fen: int
    released_fen: int = Field(description="Posted, could not be paid, went back to the shared account.")
    excluded_fen: int = Field(description="Never posted: objections upheld, or not yet posted.")
    open_fen: int = Field(description="Posted, neither paid nor given back.")
    held_fen: int = Field(description="Still promised out of the shared account.")
    booked: dict[str, int] = Field(description="By account: credits less debits of the distribution's journals.")
    conserved: bool
