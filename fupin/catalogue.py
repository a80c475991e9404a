"""`GET /v1/problems`: every way this service can refuse, by name, for the portal's catalogue."""

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
