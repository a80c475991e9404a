"""Code lists: every enumerated field, with the words a person reads.

    class Residence(CodeList):
        "居住类型 / Residence"

        RURAL = "RURAL", "农村", "Rural"
        URBAN = "URBAN", "城镇", "Urban"

A member is the code itself (a `str`), so it compares, stores and serialises as one; OpenAPI carries the words as
`x-enum-labels`; the service publishes the list at /v1/code-lists/residence.
"""

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, Self

if TYPE_CHECKING:  # the child that reads an uploaded file starts for every file and needs the words only
    from pydantic import GetJsonSchemaHandler
    from pydantic_core import CoreSchema
    from sqlalchemy import Enum


class Entry(NamedTuple):
    code: str
    zh: str
    en: str


class CodeList(StrEnum):
    """代码表 / Code list"""

    __labels: tuple[str, str]

    def __new__(cls, code: str, zh: str, en: str) -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.__labels = (zh, en)
        return member

    @property
    def zh(self) -> str:
        return self.__labels[0]

    @property
    def en(self) -> str:
        return self.__labels[1]

    @classmethod
    def list_name(cls) -> str:
        """The list's name in a URL: PovertyCause is poverty-cause."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__).lower()

    @classmethod
    def list_title(cls) -> tuple[str, str]:
        """The list's title in Chinese and English, from the docstring."""
        zh, _, en = (cls.__doc__ or cls.__name__).strip().splitlines()[0].partition(" / ")
        return zh, en or zh

    @classmethod
    def entries(cls) -> list[Entry]:
        return [Entry(member.value, member.zh, member.en) for member in cls]

    @classmethod
    def stored(cls) -> "Enum":
        """The column type, for `Field(sa_type=...)`-style use: codes as text, read back as members.

        SQLModel's own choice for an enum is a PostgreSQL enum type of member *names*, which a migration can
        hardly change and which could not hold a code like "01".
        """
        from sqlalchemy import Enum

        return Enum(cls, native_enum=False, create_constraint=False, length=32, values_callable=_codes)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: "CoreSchema", handler: "GetJsonSchemaHandler") -> dict[str, Any]:
        schema = handler(core)
        target = handler.resolve_ref_schema(schema)
        zh, en = cls.list_title()
        target["title"] = en
        target["description"] = f"{zh} / {en}: " + "; ".join(f"{e.code} {e.zh} {e.en}" for e in cls.entries())
        target["x-enum-labels"] = {e.code: {"zh": e.zh, "en": e.en} for e in cls.entries()}
        return schema


def _codes(members: type[CodeList]) -> list[str]:
    return [member.value for member in members]
