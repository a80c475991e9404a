from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from fupin.paging import Page
from fupin.schemas import Answer, Body
from services.projects.codes import LinkageMechanism
from services.projects.schemas.fields import Fen, example, unset


class NewLink(Body):
    household_id: UUID
    kind: LinkageMechanism
    from_on: date
    to_on: date | None = None
    expected_income_fen: Annotated[Fen, Field(description="Expected income of the household in a year, in fen.")]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.to_on is not None and self.to_on < self.from_on:
            raise ValueError("to_on must not be before from_on｜to_on 不得早于 from_on")
        return self


class NewBeneficiaries(Body):
    """Households to link to a project; all of them or none."""

    model_config = example(
        links=[
            {
                "household_id": "0199b0c2-6d7e-7a10-8e52-5f1f3f0e9a11",
                "kind": "DIVIDEND",
                "from_on": "2018-07-01",
                "expected_income_fen": 300_000,
            }
        ]
    )

    links: Annotated[list[NewLink], Field(min_length=1, max_length=1000)]


class BeneficiaryChange(Body):
    model_config = example(actual_income_fen=312_000)

    to_on: date | None = unset()
    expected_income_fen: Fen = unset()
    actual_income_fen: Annotated[Fen | None, Field(description="Actual income in a year, in fen.")] = unset()


class Beneficiary(Answer):
    id: UUID
    project_id: UUID
    household_id: UUID
    household_no: str
    division_code: str
    household_status: Annotated[str, Field(description="What the registry said on `verified_on`.")]
    verified_on: date
    kind: LinkageMechanism
    from_on: date
    to_on: date | None
    expected_income_fen: int
    actual_income_fen: int | None
    version: int
    recorded_at: datetime


class BeneficiaryPage(Page[Beneficiary]): ...


class BeneficiaryList(Answer):
    items: list[Beneficiary]


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
    period_from: date
    period_to: date
    income_fen: int
    shared_fen: int
    received_on: date
    reported_by: str
    recorded_at: datetime


class IncomeReportPage(Page[IncomeReport]): ...
