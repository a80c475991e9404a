from datetime import date
from typing import Any

from pydantic import Field

from fupin.paging import Page
from fupin.schemas import Answer, Instant
from services.registry.codes.histories import FeedAction, FeedKind, TimelineKind


class ChangeLine(Answer):
    kind: FeedKind
    id: str = Field(description="Of the thing; an income's is the household's and the year's: `<id>:2018`.")
    action: FeedAction
    version: int
    division_code: str
    at: Instant = Field(description="When it was recorded.")


class TimelineEntry(Answer):
    on: date
    kind: TimelineKind
    zh: str = Field(examples=["户状态：未脱贫 → 已脱贫"])
    en: str = Field(examples=["Status: Poor → Out of poverty"])
    fields: list[str] = Field(description="What changed; of personal numbers, that they changed.")
    detail: dict[str, Any] = Field(description="Before and after, or what was recorded.")
    recorded_at: Instant
    actor: str | None = Field(description="Who recorded it; with scope `audit:read` only.")


class TimelinePage(Page[TimelineEntry]): ...
