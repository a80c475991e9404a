"""What the portal answers."""

from datetime import date

from pydantic import Field

from fupin.catalogue import ProblemKind
from fupin.figures import Label
from fupin.schemas import Answer


class Place(Answer):
    code: str = Field(examples=["230882"])
    name: str | None = Field(description="As the registry names it; null while the registry is silent.")


class BriefingFigure(Answer):
    """A figure as its service counted it; null values where the service is silent or refused."""

    id: str = Field(examples=["poor_villages"])
    value: int | str | None = Field(description="A count, whole yuan, a date or an interval; null when unavailable.")
    unit: str = Field(examples=["village"])
    label: Label
    service: str = Field(examples=["registry"])
    href: str | None = Field(description="Lists exactly the rows counted; take the same token there.")
    rows: int | None = Field(description="How many rows `href` lists.")
    amount_fen: int | None = Field(description="The exact amount, where the unit is CNY.")
    available: bool
    reason: str | None = Field(
        description="Why it is not available: `unanswered`, `refused` (your token may not ask there) or `not-counted`."
    )


class Hold(Answer):
    rule: str = Field(examples=["housing_roster = housing_removed + housing_eligible"])
    holds: bool | None = Field(description="Null while one of its figures is not available.")


class Briefing(Answer):
    county: Place = Field(description="The deployment's county; figures are limited to `division`.")
    division: Place = Field(description="The division of your token: what was counted.")
    as_of: date
    figures: list[BriefingFigure]
    holds: list[Hold]


class ServiceProblem(ProblemKind):
    type: str = Field(examples=["/problems/short-of-funds"])
    services: list[str] = Field(description="The services that may answer with it.")


class ProblemCatalogue(Answer):
    items: list[ServiceProblem]
    silent: list[str] = Field(description="Services whose problems are missing here because they do not answer.")
