"""Fields that several bodies share."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field
from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from fupin.auth import division_prefix


def _uscc(number: str) -> str:
    try:
        return str(uscc.validate(number))
    except ValidationError:
        raise ValueError(
            "must be a unified social credit code of 18 characters with a right check digit"
            "｜必须是 18 位且校验码正确的统一社会信用代码"
        ) from None


def _prefix(code: str) -> str:
    try:
        return division_prefix(code)
    except ValueError:
        raise ValueError("must be 2, 4, 6, 9 or 12 digits｜必须是 2、4、6、9 或 12 位数字") from None


def example(**body: Any) -> ConfigDict:
    """A body as a caller would send it, shown in OpenAPI."""
    return ConfigDict(json_schema_extra={"examples": [body]})


def words(most: int) -> Any:
    """Text with something in it, of at most so many characters."""
    return Field(min_length=1, max_length=most, pattern=r"\S")


def unset() -> Any:
    """A field that may stay away from a change; null is refused where its type does not take it."""
    return Field(default_factory=lambda: None)


Uscc = Annotated[str, Field(max_length=30, examples=["93990000MA19DEMP1B"]), AfterValidator(_uscc)]
Name = Annotated[str, words(200)]
Unit = Annotated[str, words(100)]
Person = Annotated[str, words(50)]
Prose = Annotated[str, words(2000)]
Reference = Annotated[str, words(100)]
DivisionCode = Annotated[str, Field(pattern=r"^[0-9]{12}$", examples=["230882101203"])]
VillageCode = Annotated[str, Field(pattern=r"^[0-9]{9}([1-9][0-9]{2}|0[1-9][0-9]|00[1-9])$", examples=["230882101203"])]
Town = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{9}000$",
        description="Only what lies in this town; the county's code for what is the county's own.",
        examples=["230882101000"],
    ),
]
Division = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{2,12}$",
        description="A division and all below it, by its code or the prefix that stands for it: 230882101.",
    ),
    AfterValidator(_prefix),
]
Fen = Annotated[int, Field(ge=0, le=10**15, description="Whole fen; 1 yuan = 100 fen.")]
Measure = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=4, examples=["300"])]
