from datetime import date
from typing import Annotated

from pydantic import Field

from fupin.paging import Page
from fupin.schemas import Answer, Body
from services.registry.codes import DivisionLevel
from services.registry.schemas.common import DivisionCode, Fen, Kept, Name, example

Heads = Annotated[int, Field(ge=0, le=2_000_000_000)]
Longitude = Annotated[float, Field(ge=-180, le=180, examples=[132.04])]
Latitude = Annotated[float, Field(ge=-90, le=90, examples=[47.25])]


class NewDivision(Body):
    model_config = example(
        code="230882101201",
        name="永胜村",
        level="VILLAGE",
        parent_code="230882101000",
        poor_village=True,
        has_tap_water=True,
        water_system_running=False,
        population=1240,
        labour_force=610,
    )

    code: DivisionCode
    name: Name
    level: DivisionLevel
    parent_code: DivisionCode | None = Field(None, description="The division above; none for a county.")
    leader: Name | None = Field(None, description="The city leader in charge of a town (包镇领导).")
    longitude: Longitude | None = None
    latitude: Latitude | None = None
    valid_from: date | None = Field(None, description="Null: from before the register was opened.")
    valid_to: date | None = None
    state_on: date | None = Field(
        None, description="Since when the following holds; without it since the register was opened (2014-01-01)."
    )
    poor_village: bool = False
    has_tap_water: bool | None = None
    water_system_running: bool | None = Field(None, description="Null where there is no water system.")
    population: Heads | None = None
    labour_force: Heads | None = None
    collective_income_fen: Fen | None = None


class DivisionChange(Body):
    """Fields left out stay as they are. What changes over the years needs the day since when it holds (`state_on`)."""

    model_config = example(state_on="2018-10-01", has_tap_water=True, water_system_running=True)

    name: Annotated[Name | None, Kept] = None
    leader: Name | None = None
    longitude: Longitude | None = None
    latitude: Latitude | None = None
    valid_to: date | None = None
    state_on: Annotated[date | None, Kept] = None
    poor_village: Annotated[bool | None, Kept] = None
    has_tap_water: bool | None = None
    water_system_running: bool | None = None
    population: Heads | None = None
    labour_force: Heads | None = None
    collective_income_fen: Fen | None = None


class Division(Answer):
    code: str = Field(examples=["230882101201"])
    county_code: str
    name: str
    level: DivisionLevel
    parent_code: str | None
    succeeded_by: str | None = Field(description="The division it was merged into.")
    leader: str | None
    longitude: float | None
    latitude: float | None
    valid_from: date | None
    valid_to: date | None
    state_on: date = Field(description="Since when the following holds.")
    poor_village: bool
    has_tap_water: bool | None
    water_system_running: bool | None
    population: int | None
    labour_force: int | None
    collective_income_fen: int | None
    version: int


class DivisionPage(Page[Division]): ...


class DivisionVerification(Body):
    model_config = example(codes=["230882101201", "230882101202"], on="2018-05-17")

    codes: list[DivisionCode] = Field(min_length=1, max_length=1000)
    on: date


class KnownDivision(Answer):
    code: str
    name: str
    level: DivisionLevel


class VerifiedDivisions(Answer):
    known: list[KnownDivision]
    unknown: list[str] = Field(description="Not a division on that day, or not in yours.")
