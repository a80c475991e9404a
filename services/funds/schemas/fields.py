"""Fields that several bodies share."""

from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

MOST_FEN = 10**15


def words(most: int) -> Any:
    """Text with something in it, of at most so many characters."""
    return Field(min_length=1, max_length=most, pattern=r"\S")


def _uscc(number: str) -> str:
    try:
        return str(uscc.validate(number))
    except ValidationError:
        raise ValueError(
            "must be a unified social credit code of 18 characters with a right check digit"
            "｜必须是 18 位且校验码正确的统一社会信用代码"
        ) from None


Fen = Annotated[int, Field(strict=True, ge=1, le=MOST_FEN, description="Whole fen; 1 yuan = 100 fen.")]
AccountCode = Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9][a-z0-9.-]*$", examples=["shared"])]
# Of accounts that a county opened itself: those of loans, projects and the shared account move by documents only.
Debited = Annotated[AccountCode, Field(examples=["county-relief"])]
Credited = Annotated[AccountCode, Field(examples=["town-relief"])]
Memo = Annotated[str, Field(max_length=500)]
Prose = Annotated[str, words(500)]
Uscc = Annotated[str, Field(max_length=30, examples=["93990000MA19YNQ1WN"]), AfterValidator(_uscc)]
LoanNumber = Annotated[
    str, Field(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$", examples=["2018-01"])
]
# Due days fall up to 30 years later, and the festivals are computed up to 2100.
ContractDay = Annotated[date, Field(ge=date(1990, 1, 1), le=date(2069, 12, 31), examples=["2018-05-15"])]
BankReference = Annotated[str, words(64)]
