from datetime import date
from uuid import UUID

from pydantic import Field

from fupin.paging import Page
from fupin.schemas import Answer, Body
from services.registry.codes import GuaranteeItem, GuaranteeResult
from services.registry.schemas.common import Code, Days, Entry, Fen, Held, Year, example


class Pathway(Entry):
    """脱贫路径"""


class PathwayPage(Page[Pathway]): ...


class MedicalLine(Entry):
    """兜底保障线"""


class MedicalLinePage(Page[MedicalLine]): ...


class NewHouseholdPathway(Days):
    model_config = example(**{"from": "2018-03-01"}, pathway="LIVESTOCK", expected_income_fen=300_000)

    pathway: Code
    project_id: UUID | None = Field(None, description="The project of the library that carries it.")
    expected_income_fen: Fen | None = Field(None, description="Expected income of a year.")


class HouseholdPathwayChange(Body):
    """Fields left out stay as they are; null empties one."""

    model_config = example(to="2018-12-31", expected_income_fen=360_000)

    to: date | None = None
    expected_income_fen: Fen | None = None


class HouseholdPathway(Held):
    id: UUID
    household_id: UUID
    division_code: str
    pathway: str
    project_id: UUID | None
    expected_income_fen: int | None
    version: int


class HouseholdPathwayPage(Page[HouseholdPathway]): ...


class CoverageBucket(Answer):
    pathways: int = Field(description="0 to 4, where 4 stands for four or more.")
    households: int
    href: str


class TownCoverage(Answer):
    division_code: str
    households: int
    buckets: list[CoverageBucket]


class PathwayCoverage(Answer):
    on: date
    households: int = Field(description="Poor households on the day; the buckets add up to it.")
    buckets: list[CoverageBucket]
    towns: list[TownCoverage] = Field(description="The same, for each town with poor households.")


class NewGuaranteeCheck(Body):
    model_config = example(
        year=2018, item="WATER", result="MET", evidence="自来水入户，水质合格", checked_on="2018-04-01"
    )

    year: Year
    item: GuaranteeItem
    result: GuaranteeResult
    evidence: str = Field("", max_length=500, examples=["自来水入户，水质合格"])
    checked_on: date


class GuaranteeCheckChange(Body):
    model_config = example(result="MET", evidence="已改造", checked_on="2018-05-01")

    result: GuaranteeResult
    evidence: str = Field("", max_length=500)
    checked_on: date


class GuaranteeCheck(Answer):
    id: UUID
    household_id: UUID
    division_code: str
    year: int
    item: GuaranteeItem
    result: GuaranteeResult
    evidence: str
    checked_on: date
    version: int


class GuaranteeCheckPage(Page[GuaranteeCheck]): ...
