from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.registry.schemas.common import DivisionCode, example


class NewSnapshot(Body):
    model_config = example(division_code="230882000000", on="2018-05-17", purpose="2018年度共享资金分配")

    division_code: DivisionCode = Field(examples=["230882000000"])
    on: date
    purpose: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"\S")] = Field(
        examples=["2018年度共享资金分配"]
    )


class Snapshot(Answer):
    id: UUID
    division_code: str
    on: date
    purpose: str
    households: int
    digest: str = Field(description="SHA-256 over the lines of `/rows`.", examples=["9f86d081884c7d65" * 4])
    actor: str
    taken_at: Instant


class SnapshotPage(Page[Snapshot]): ...


class SnapshotLine(Answer):
    household_id: UUID
    household_no: str
    division_code: str
    size: int
    able_labour: int
    ill: int
    disabled: int
    students: int
    income_per_head_fen: int | None


class FrameLine(Answer):
    household_id: UUID
    household_no: str
    division_code: str
    poor: bool


class StatisticsRow(Answer):
    keys: dict[str, str | None] = Field(examples=[{"town": "230882101000", "status": "POOR"}])
    households: int


class Statistics(Answer):
    as_of: date
    group_by: list[str]
    households: int
    items: list[StatisticsRow]
