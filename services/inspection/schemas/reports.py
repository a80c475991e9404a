from datetime import date
from uuid import UUID

from pydantic import Field

from fupin.schemas import Answer
from services.inspection.codes import FindingKind, PlanStratum, Severity


class CoverageRow(Answer):
    wave: int
    stratum: PlanStratum
    town_code: str
    villages_in_frame: int
    villages_drawn: int
    villages_visited: int = Field(description="With at least one household visited.")
    households_drawn: int
    households_visited: int = Field(description="Replacements included.")
    households_replaced: int
    households_failed: int


class Coverage(Answer):
    """What a plan's rounds covered by a day."""

    plan_id: UUID
    on: date
    villages_drawn: int
    villages_visited: int
    households_drawn: int
    households_visited: int
    rate_ppm: int | None = Field(description="Households visited of households drawn.")
    items: list[CoverageRow]


class FindingCount(Answer):
    kind: FindingKind
    severity: Severity
    town_code: str = Field(description="Or the county's own code with zeros.")
    found: int
    closed: int
    overdue: int


class FindingCounts(Answer):
    """Findings known on a day."""

    on: date
    found: int
    closed: int
    overdue: int
    items: list[FindingCount]


class RectificationRate(Answer):
    on: date
    found: int
    closed: int
    overdue: int
    rate_ppm: int | None = Field(description="Closed of found; null while nothing was found.")


class RectificationRates(Answer):
    """How much of what was found is put right, on every day of a period."""

    since: date
    until: date
    items: list[RectificationRate]
