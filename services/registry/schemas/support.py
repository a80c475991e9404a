from datetime import date
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from fupin.paging import Page
from fupin.schemas import Answer, Body
from services.registry.codes import GuaranteeItem
from services.registry.codes.support import AppraisalMark, AssistanceKind, GuaranteeGapKind, LetterGapKind
from services.registry.schemas.common import Code, DivisionCode, Fen, Kept, Name, Year, example
from services.registry.schemas.helpers import Department

Score = Annotated[Decimal, Field(ge=0, le=100, max_digits=5, decimal_places=2, examples=["92.5"])]
Text = Annotated[str, Field(max_length=500)]
Giver = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S", examples=["教育局"])]


class NewAppraisal(Body):
    model_config = example(
        year=2018,
        helper_id="0199b0c2-6d7e-7a10-8e52-5f1f3f0e9a11",
        mark="EXCELLENT",
        score="92.5",
        comment="入户次数足，措施落实",
        appraised_by="市扶贫办",
        appraised_on="2018-12-20",
    )

    year: Year
    helper_id: UUID | None = Field(None, description="The cadre appraised; none for a department.")
    department: Department | None = Field(None, description="The department appraised; none for a cadre.")
    mark: AppraisalMark
    score: Score
    comment: Text = ""
    appraised_by: Name = Field(description="Who appraised: never the cadre or the department itself.")
    appraised_on: date

    @model_validator(mode="after")
    def one_subject(self) -> Self:
        if (self.helper_id is None) == (self.department is None):
            raise ValueError("an appraisal is of a cadre (helper_id) or of a department, not of both")
        return self


class AppraisalChange(Body):
    model_config = example(mark="COMPETENT", score="80", comment="复核后调整", appraised_by="市扶贫办",
                           appraised_on="2018-12-25")  # fmt: skip

    mark: AppraisalMark
    score: Score
    comment: Text = ""
    appraised_by: Name
    appraised_on: date


class Appraisal(Answer):
    id: UUID
    division_code: str
    year: int
    department: str
    helper_id: UUID | None
    cadre_name: str | None
    mark: AppraisalMark
    score: float
    comment: str
    appraised_by: str
    appraised_on: date
    recorded_by: str
    version: int


class AppraisalPage(Page[Appraisal]): ...


class NewVillageFact(Body):
    model_config = example(
        **{"from": "2018-04-01"}, division_code="230882101201", item="ROAD", met=True, evidence="通村水泥路验收"
    )

    division_code: DivisionCode = Field(description="The village.")
    item: Code
    met: bool
    from_on: date = Field(alias="from", description="Since when it is so.", examples=["2018-04-01"])
    evidence: Text = ""


class VillageFactChange(Body):
    model_config = example(met=False, evidence="路面损毁，未通过验收")

    met: Annotated[bool | None, Kept] = None
    evidence: Annotated[Text | None, Kept] = None


class VillageFact(Answer):
    id: UUID
    division_code: str
    item: str
    met: bool
    from_on: date = Field(alias="from")
    evidence: str
    recorded_by: str
    version: int


class VillageFactPage(Page[VillageFact]): ...


class VillageState(Answer):
    division_code: str
    name: str
    item: str
    item_zh: str
    item_en: str
    met: bool | None = Field(description="Null: nothing is recorded.")
    since: date | None


class VillageStatePage(Page[VillageState]): ...


class NewAssistance(Body):
    model_config = example(
        kind="EDUCATION_SUBSIDY",
        given_on="2018-03-05",
        given_by="教育局",
        amount_fen=150000,
        description="寄宿生生活补助",
    )

    kind: AssistanceKind
    given_on: date
    given_by: Giver = Field(description="From whom.")
    amount_fen: Fen | None = Field(None, description="Null where it was not money.")
    description: Text = ""


class AssistanceChange(Body):
    model_config = example(amount_fen=120000, description="金额更正")

    given_on: Annotated[date | None, Kept] = None
    given_by: Annotated[Giver | None, Kept] = None
    amount_fen: Fen | None = None
    description: Annotated[Text | None, Kept] = None


class Assistance(Answer):
    id: UUID
    household_id: UUID
    division_code: str
    kind: AssistanceKind
    given_on: date
    given_by: str
    amount_fen: int | None
    description: str
    recorded_by: str
    version: int


class AssistancePage(Page[Assistance]): ...


class LetterGap(Answer):
    kind: LetterGapKind
    division_code: str
    helper_id: UUID | None = Field(description="The cadre, where a cadre's letter is missing.")
    letter_id: UUID | None = Field(description="The letter, where it names a wrong one above.")


class LetterGapPage(Page[LetterGap]): ...


class GuaranteeGap(Answer):
    kind: GuaranteeGapKind
    household_id: UUID
    household_no: str
    division_code: str
    item: GuaranteeItem
    check_id: UUID | None
    reason: str = Field(description="The evidence of the check; empty where none was made.")
    checked_on: date | None


class GuaranteeGapPage(Page[GuaranteeGap]): ...


class GuaranteeCoverage(Answer):
    division_code: str = Field(description="The town.")
    name: str
    item: GuaranteeItem
    households: int = Field(description="Registered households; the four counts add up to it.")
    met: int
    not_met: int
    not_applicable: int
    not_checked: int


class GuaranteeCoveragePage(Page[GuaranteeCoverage]): ...
