from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.registry.schemas.common import DivisionCode, example
from services.registry.schemas.households import Reason


class NewMerger(Body):
    model_config = example(
        from_codes=["230882101201", "230882101202"],
        into_code="230882101203",
        on="2018-06-01",
        reason="黑政批〔2018〕1号，撤并行政村",
    )

    from_codes: Annotated[list[DivisionCode], Field(min_length=1, max_length=20)] = Field(
        description="The villages that end."
    )
    into_code: DivisionCode = Field(description="The village they become; it is registered already.")
    on: date = Field(description="The first day of the merged village.")
    reason: Reason


class DivisionMerger(Answer):
    id: UUID
    into_code: str
    from_codes: list[str]
    on: date
    reason: str
    households: int = Field(description="That moved.")
    actor: str
    at: Instant


class DivisionMergerPage(Page[DivisionMerger]): ...
