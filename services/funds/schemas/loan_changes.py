from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.funds.codes import Guarantee, LoanChangeKind, LoanChangeState, OverdueBucket, ReminderKind
from services.funds.schemas.fields import Fen, Prose, words
from services.funds.schemas.loans import DueInstalment, Plan


class Reason(Body):
    reason: Prose = Field(examples=["银行重复入账"])


class NewReschedule(Plan):
    """A new schedule for the principal still owed; what is open besides it falls due on `arrears_due_on`."""

    arrears_due_on: date = Field(description="When open contributions, interest and penalties are to be paid.")
    reason: Prose = Field(examples=["受灾减产，经研究同意展期"])


class LoanChange(Answer):
    id: UUID
    loan_id: UUID
    kind: LoanChangeKind
    amount_fen: int = Field(description="The principal owed when it was proposed.")
    terms: dict[str, Any] | None = Field(description="Of a new schedule.")
    reason: str
    state: LoanChangeState
    made_by: str
    approved_by: str | None
    effective_on: date | None
    at: Instant


class LoanChangePage(Page[LoanChange]): ...


class ReschedulePreview(Answer):
    """What the new schedule would be; nothing was recorded."""

    amount_fen: int
    instalments: list[DueInstalment]


class NewGuarantee(Body):
    kind: Literal[Guarantee.MORTGAGE, Guarantee.PLEDGE, Guarantee.GUARANTOR]
    guarantor: Annotated[str, words(200)] = Field(examples=["担保单位甲"])
    amount_fen: Fen = Field(examples=[1_000_000_000])
    document: Annotated[str, words(100)] = Field(examples=["抵押合同 2018-D-01"])
    valid_until: date | None = None


class LoanGuarantee(Answer):
    id: UUID
    loan_id: UUID
    kind: Guarantee
    guarantor: str
    amount_fen: int
    document: str
    valid_until: date | None
    made_by: str


class LoanGuaranteePage(Page[LoanGuarantee]): ...


class NewCollectionRun(Body):
    up_to: date | None = Field(default=None, description="The last day that counts; today when absent.")
    due_within_days: int = Field(
        default=15, strict=True, ge=0, le=90, description="Remind of what falls due so many days later or sooner."
    )


class CollectionRun(Answer):
    up_to: date
    penalties: int = Field(description="Penalties recorded by this run.")
    penalties_fen: int
    reminders: int = Field(description="Reminders recorded by this run.")


class Reminder(Answer):
    id: UUID
    loan_id: UUID
    instalment_id: UUID
    kind: ReminderKind
    bucket: OverdueBucket | None
    on_day: date = Field(description="The day it was noticed.")
    open_fen: int
    at: Instant


class ReminderPage(Page[Reminder]): ...


class LoanBookRow(Answer):
    loan_id: UUID
    loan_no: str
    enterprise_name: str
    principal_fen: int
    due_fen: int = Field(description="Fallen due by that day, penalties not counted.")
    paid_fen: int
    overdue_fen: int
    overdue_by_bucket: dict[OverdueBucket, int]
    penalties_open_fen: int
    credit_fen: int
    outstanding_principal_fen: int
    written_off_fen: int
    xirr_ppm: int | None = Field(
        description="Yearly return in millionths (XIRR, 365 days): money that moved by that day, and what is "
        "open on its due day or, where that has passed, on the day looked at. Null where it cannot be computed."
    )


class LoanBook(Answer):
    as_of: date
    loans: list[LoanBookRow]
    principal_fen: int
    due_fen: int
    paid_fen: int
    overdue_fen: int
    overdue_by_bucket: dict[OverdueBucket, int]
    penalties_open_fen: int
    outstanding_principal_fen: int
    written_off_fen: int
    xirr_ppm: int | None
