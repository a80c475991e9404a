from datetime import date
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from fupin.paging import Page
from fupin.schemas import Answer, Body, Instant
from services.registry.codes import HouseGrade, HouseholdStatus, PovertyCause, PovertyType, Residence
from services.registry.schemas.common import DivisionCode, Fen, Kept, Year, example
from services.registry.schemas.members import NewMember

HouseholdNo = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,30}$", examples=["230882101201-0001"])]
Mu = Annotated[Decimal, Field(ge=0, max_digits=10, decimal_places=2, description="Area in mu (1/15 hectare).")]
Phone = Annotated[str, Field(pattern=r"^[0-9 +-]{5,20}$", description="Kept encrypted, answered masked.")]
Account = Annotated[
    str, Field(pattern=r"^[0-9 ]{8,32}$", description="惠农一卡通 account. Kept encrypted, answered masked.")
]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"\S")]
Causes = Annotated[list[PovertyCause], Field(max_length=2, description="At most two, other than the main cause.")]


class NewHousehold(Body):
    model_config = example(
        household_no="230882101201-0001",
        division_code="230882101201",
        residence="RURAL",
        poverty_type="GENERAL",
        status="POOR",
        identified_on="2016-03-01",
        main_cause="01",
        other_causes=["08"],
        phone="13800138000",
        farmland_mu="12.50",
        house_grade="C",
        members=[{"name": "王长林", "id_number": "990000196001010013", "sex": "1", "relation": "02"}],
    )

    household_no: HouseholdNo
    division_code: DivisionCode = Field(description="The village.")
    residence: Residence
    poverty_type: PovertyType | None = None
    status: HouseholdStatus
    status_on: date | None = Field(None, description="Since when; by default as the dates below say.")
    status_reason: str = Field("", max_length=500)
    main_cause: PovertyCause | None = None
    other_causes: Causes = Field(default_factory=list)
    identified_on: date | None = None
    exited_on: date | None = None
    phone: Phone | None = None
    bank_account: Account | None = None
    farmland_mu: Mu | None = None
    irrigated_mu: Mu | None = None
    forest_mu: Mu | None = None
    grassland_mu: Mu | None = None
    house_grade: HouseGrade | None = None
    members: list[NewMember] = Field([], max_length=50)

    @model_validator(mode="after")
    def dated(self) -> Self:
        if self.status not in (HouseholdStatus.NOT_POOR, HouseholdStatus.CANCELLED) and self.identified_on is None:
            raise ValueError("identified_on is required for a household that is or was poor")
        left = (HouseholdStatus.EXITED, HouseholdStatus.STABLE, HouseholdStatus.RELAPSED)
        if self.status in left and self.exited_on is None:
            raise ValueError("exited_on is required for a household that has left poverty")
        return self


class HouseholdChange(Body):
    """Fields left out stay as they are; null empties one."""

    model_config = example(house_grade="B", phone=None)

    residence: Annotated[Residence | None, Kept] = None
    poverty_type: PovertyType | None = None
    main_cause: PovertyCause | None = None
    other_causes: Annotated[Causes | None, Kept] = None
    phone: Phone | None = None
    bank_account: Account | None = None
    farmland_mu: Mu | None = None
    irrigated_mu: Mu | None = None
    forest_mu: Mu | None = None
    grassland_mu: Mu | None = None
    house_grade: HouseGrade | None = None


class StatusChange(Body):
    model_config = example(status="EXITED", on="2017-12-20", reason="人均纯收入超过标准，两不愁三保障达标")

    status: HouseholdStatus
    on: date = Field(examples=["2018-05-10"])
    reason: Reason = Field(examples=["动态管理清退"])


class Household(Answer):
    id: UUID
    household_no: str = Field(examples=["230882101201-0001"])
    county_code: str
    division_code: str
    residence: Residence
    poverty_type: PovertyType | None
    status: HouseholdStatus = Field(description="On the day asked for.")
    status_on: date
    status_reason: str
    main_cause: PovertyCause | None
    other_causes: list[PovertyCause]
    identified_on: date | None
    exited_on: date | None
    head_name: str | None
    persons: int = Field(description="Members on the day asked for.")
    phone: str | None = Field(description="Masked.", examples=["138****8000"])
    bank_account: str | None = Field(description="Masked.")
    farmland_mu: float | None
    irrigated_mu: float | None
    forest_mu: float | None
    grassland_mu: float | None
    house_grade: HouseGrade | None
    merged_into: UUID | None = Field(description="The household its members now belong to, where it was merged.")
    version: int


class HouseholdPage(Page[Household]): ...


class HouseholdsFound(Answer):
    items: list[Household]


class IdNumberSearch(Body):
    model_config = example(id_number="990000196001010013")

    id_number: str = Field(min_length=15, max_length=40, examples=["99000018991301002X"])


class StatusStep(Answer):
    seq: int
    from_status: HouseholdStatus | None
    to_status: HouseholdStatus
    on: date
    reason: str
    actor: str
    recorded_at: Instant


class StatusHistory(Answer):
    items: list[StatusStep]


class NewIncome(Body):
    model_config = example(year=2017, persons=3, wage_fen=900_000, transfer_fen=240_000, production_cost_fen=100_000)

    year: Year
    persons: int = Field(gt=0, le=100, description="Members that year, among whom the net income is divided.")
    wage_fen: Fen = 0
    business_fen: Fen = 0
    property_fen: Fen = 0
    transfer_fen: Fen = 0
    production_cost_fen: Fen = 0


class Income(Answer):
    year: int
    persons: int
    wage_fen: int
    business_fen: int
    property_fen: int
    transfer_fen: int
    production_cost_fen: int
    net_fen: int
    per_head_fen: int


class IncomeList(Answer):
    items: list[Income]


class Unmask(Body):
    model_config = example(purpose="核对一卡通发放名单")

    purpose: Annotated[str, StringConstraints(min_length=4, max_length=200, pattern=r"\S")] = Field(
        examples=["核对一卡通发放名单"], description="Why; it stands in the audit trail."
    )


class UnmaskedMember(Answer):
    id: UUID
    name: str
    id_number: str | None
    birth_date: date | None
    disability_certificate: str | None


class Unmasked(Answer):
    id: UUID
    household_no: str
    phone: str | None
    bank_account: str | None
    members: list[UnmaskedMember]


class Verification(Body):
    model_config = example(ids=["0199b0c2-6d7e-7a10-8e52-5f1f3f0e9a11"], on="2018-05-17")

    ids: list[UUID] = Field(min_length=1, max_length=1000)
    on: date


class KnownHousehold(Answer):
    id: UUID
    household_no: str
    division_code: str
    status: HouseholdStatus


class Verified(Answer):
    known: list[KnownHousehold]
    unknown: list[UUID] = Field(description="Not in the register on that day, or not in your division.")
