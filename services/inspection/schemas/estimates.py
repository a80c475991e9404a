from uuid import UUID

from pydantic import Field

from fupin.schemas import Answer
from services.inspection.codes import Domain, Measure


class Unweighted(Answer):
    value: float
    zh: str = Field(examples=["样本中的简单比例，有偏，不能代表全部农户"])
    en: str = Field(examples=["The sample's plain share: biased, it does not speak of all households"])


class Estimate(Answer):
    question: str
    zh: str
    en: str
    measure: Measure
    choice: str | None = Field(
        description="Whose share it is; null for yes, for texts and dates given at all, for means."
    )
    choice_zh: str | None
    choice_en: str | None
    unit: str | None
    domain: Domain
    code: str | None = Field(description="Which stratum, which town, POOR or OTHER; null for all.")
    answers: int = Field(description="Households that answered.")
    estimate: float | None
    se: float | None = Field(description="Standard error, by linearisation over both stages.")
    low: float | None = Field(description="95 % interval.")
    high: float | None
    df: int = Field(description="Degrees of freedom: villages less strata; households less theirs, if all are certain.")
    effective_n: float | None = Field(description="Size of a simple random sample that would say as much.")
    unweighted: Unweighted | None = Field(description="Only when asked for, and never without its warning.")


class Estimates(Answer):
    draw_id: UUID
    checklist_id: UUID
    visits: int = Field(description="Visits that took place.")
    unvisited: int = Field(description="Drawn groups (poor or other of a village) without a visit: not spoken for yet.")
    items: list[Estimate]
