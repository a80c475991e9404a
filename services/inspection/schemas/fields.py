"""The kinds of field that inspection's bodies are made of."""

from datetime import date
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from fupin.schemas import Body

DivisionCode = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{12}$"),
    Field(description="12-digit division code: county, town or village.", examples=["230882000000"]),
]
VillageCode = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{9}([1-9][0-9]{2}|0[1-9][0-9]|00[1-9])$"),
    Field(description="12-digit division code of a village.", examples=["230882101203"]),
]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200), Field(examples=["扶贫办"])]
Prose = Annotated[str, StringConstraints(min_length=1, max_length=20_000), Field(examples=["听取汇报，明确下步工作。"])]
Names = Annotated[list[Name], Field(max_length=500)]
Day = Annotated[date, Field(ge=date(1949, 10, 1), le=date(2199, 12, 31), examples=["2018-05-17"])]
# What stands in a ticket: the separator and line breaks would let two units share one.
TicketPart = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^|\r\n]+$")]


class Change(Body):
    """A change names only the fields that change; null is taken only where a field may be empty."""

    may_be_empty: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("name at least one field to change｜请至少给出一个要更改的字段")
        for name in self.model_fields_set - self.may_be_empty:
            if getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null｜{name} 不能为 null")
        return self

    def values(self) -> dict[str, Any]:
        """The columns to set."""
        return self.model_dump(exclude_unset=True)


def in_order(first: date | None, last: date | None, en: str, zh: str) -> None:
    """ValueError unless the first day is earlier than the last."""
    if first is not None and last is not None and first >= last:
        raise ValueError(f"{en}｜{zh}")


def _unique(values: list[str]) -> list[str]:
    if len(set(values)) != len(values):
        raise ValueError("a value stands twice in the list｜列表中有重复的值")
    return values


Distinct = AfterValidator(_unique)
