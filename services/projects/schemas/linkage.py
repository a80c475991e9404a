from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.projects.codes.projects import LinkageMechanism
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
    model_config = example(to_on="2019-12-31", expected_income_fen=312_000)

    to_on: date | None = unset()
    expected_income_fen: Fen = unset()


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
    version: int
    recorded_at: Instant


class BeneficiaryPage(Page[Beneficiary]): ...


class BeneficiaryList(Answer):
    items: list[Beneficiary]
