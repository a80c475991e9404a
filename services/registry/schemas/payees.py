from typing import Annotated
from uuid import UUID

from pydantic import Field

from fupin.schemas import Answer, Body
from services.registry.schemas.common import example
from services.registry.schemas.exports import Purpose


class Payees(Body):
    model_config = example(household_ids=["01927b5e-7a3c-7c6e-9d3e-2f1a4b5c6d7e"], purpose="2019 年一卡通发放")

    household_ids: Annotated[list[UUID], Field(min_length=1, max_length=5000)]
    purpose: Purpose = Field(examples=["2019 年一卡通发放"])


class Payee(Answer):
    """To whom and where a household's money goes; null is what the register does not know."""

    household_id: UUID
    holder: str | None = Field(description="The head of the household.")
    bank_account: str | None


class PayeeList(Answer):
    items: list[Payee] = Field(description="Households that are in the register no more are left out.")


class HeadsWanted(Body):
    model_config = example(household_ids=["01927b5e-7a3c-7c6e-9d3e-2f1a4b5c6d7e"])

    household_ids: Annotated[list[UUID], Field(min_length=1, max_length=5000)]


class MaskedHead(Answer):
    household_id: UUID
    head: str | None = Field(description="The head's name, masked; null where the household has none.")


class MaskedHeadList(Answer):
    items: list[MaskedHead]
