from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.projects.codes.incomes import IncomeReportState
from services.projects.schemas.fields import Fen, example


class NewIncomeReport(Body):
    model_config = example(
        period_from="2018-07-01",
        period_to="2018-09-30",
        income_fen=9_000_000,
        shared_fen=7_200_000,
        received_on="2018-10-15",
    )

    period_from: Annotated[date, Field(ge=date(1990, 1, 1))]
    period_to: date
    income_fen: Annotated[Fen, Field(description="What the project earned in the period.")]
    shared_fen: Annotated[Fen, Field(description="Of it, what goes to the shared account.")]
    received_on: Annotated[date | None, Field(description="The day the share was paid in; today when absent.")] = None

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.period_to < self.period_from:
            raise ValueError("period_to must not be before period_from｜period_to 不得早于 period_from")
        if self.shared_fen > self.income_fen:
            raise ValueError("the share must not exceed the income｜上缴额不得超过收益")
        if self.received_on is not None and self.received_on < self.period_from:
            raise ValueError("received_on must not be before the period｜到账日期不得早于收益期间")
        return self


class IncomeReport(Answer):
    id: UUID
    project_id: UUID
    division_code: str
    period_from: date
    period_to: date
    income_fen: int
    shared_fen: int
    received_on: date
    reported_by: str
    state: IncomeReportState
    receipt_id: Annotated[UUID | None, Field(description="What `funds` booked it as.")]
    refusal: Annotated[
        str | None,
        Field(description="The problem for which `funds` refused it.", examples=["/problems/receipt-exists"]),
    ]
    settled_at: Instant | None
    corrects_id: Annotated[UUID | None, Field(description="The refused report that this one stands for.")]
    recorded_at: Instant


class IncomeReportPage(Page[IncomeReport]): ...
