from datetime import date
from typing import Annotated, Any, Self

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from fupin.schemas import Answer, Body

DivisionCode = Annotated[str, Field(pattern=r"^[0-9]{12}$", examples=["230882101201"], description="12-digit code.")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"\S")]
Fen = Annotated[int, Field(strict=True, ge=0, le=10**15, description="Whole fen (1 yuan = 100 fen).")]
Year = Annotated[int, Field(strict=True, ge=1949, le=2100, examples=[2018])]
Code = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,31}$", examples=["LIVESTOCK"])]


def is_town(code: str) -> bool:
    return code.endswith("000") and not code.endswith("000000")


def is_village(code: str) -> bool:
    return not code.endswith("000")


def example(**fields: Any) -> ConfigDict:
    """A whole body as OpenAPI shows it; a test sends each through its model."""
    return ConfigDict(json_schema_extra={"examples": [fields]})


def _present(value: Any) -> Any:
    if value is None:
        raise ValueError("must not be null")
    return value


# In a change, a field that is absent stays as it is. One that cannot be empty in the table must not be null either.
Kept = AfterValidator(_present)


class Days(Body):
    """The days something holds, the first and the last included; without a last day it holds until further notice."""

    model_config = ConfigDict(populate_by_name=True)

    from_on: date = Field(alias="from", examples=["2018-03-01"])
    to_on: date | None = Field(None, alias="to", examples=[None])

    @model_validator(mode="after")
    def in_order(self) -> Self:
        if self.to_on is not None and self.to_on < self.from_on:
            raise ValueError("`to` must not be before `from`")
        return self


class Held(Answer):
    model_config = ConfigDict(from_attributes=True, populate_by_name=True)

    from_on: date = Field(alias="from")
    to_on: date | None = Field(alias="to")


class Entry(Answer):
    """An entry of a policy list, valid from one day to another."""

    code: str
    zh: str
    en: str
    position: int
    valid_from: date
    valid_to: date | None
    version: int


class NewEntry(Body):
    model_config = example(code="BEEKEEPING", zh="养蜂", en="Beekeeping", position=11, valid_from="2018-01-01")

    code: Code
    zh: Name
    en: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"\S")]
    position: int = Field(ge=0, le=1000, description="Where it stands in the list.", examples=[11])
    valid_from: date
    valid_to: date | None = None


class EntryChange(Body):
    model_config = example(zh="大病专项救助", valid_to="2018-12-31")

    zh: Annotated[Name | None, Kept] = None
    en: Annotated[str | None, Field(min_length=1, max_length=100), Kept] = None
    position: Annotated[int | None, Field(ge=0, le=1000), Kept] = None
    valid_to: date | None = None
