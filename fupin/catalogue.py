"""`GET /v1/problems` and `GET /v1/code-lists`: every refusal and every enumerated field, by name."""

from datetime import date

from pydantic import Field

from fupin.problems import every
from fupin.schemas import Answer


class ProblemKind(Answer):
    """One kind of refusal: what `type` and `title` of a problem say."""

    code: str
    status: int
    zh: str
    en: str
    about: str  # what the class says beyond its first line, in English; may be empty


class ProblemKindList(Answer):
    items: list[ProblemKind]


class CodeListName(Answer):
    name: str = Field(examples=["household-status"])
    zh: str = Field(examples=["户状态"])
    en: str = Field(examples=["Household status"])


class CodeListNames(Answer):
    items: list[CodeListName]


class CodeListEntry(Answer):
    code: str = Field(examples=["POOR"])
    zh: str = Field(examples=["贫困户"])
    en: str = Field(examples=["Poor"])
    valid_from: date | None = Field(description="Null where it always was.")
    valid_to: date | None = Field(description="Null where it still is.")


class CodeListWords(CodeListName):
    """A code list with its entries, in order."""

    entries: list[CodeListEntry]


async def list_problems() -> ProblemKindList:
    """Every problem that this service may answer with, by code."""
    kinds = {kind.code(): kind for kind in every()}
    return ProblemKindList(
        items=[
            ProblemKind(
                code=code, status=kind.status, zh=kind.title("zh-CN"), en=kind.title(), about=_about(kind.__doc__)
            )
            for code, kind in sorted(kinds.items())
        ]
    )


def _about(doc: str | None) -> str:
    return " ".join("\n".join((doc or "").strip().splitlines()[1:]).split())
