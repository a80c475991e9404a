"""The bases of what services accept and answer."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer, WithJsonSchema


def spelled(at: datetime) -> str:
    """An instant as RFC 3339 text, a fraction without trailing zeros: as PostgreSQL writes it in JSON."""
    if not at.microsecond:
        return at.isoformat()
    fraction = f"{at.microsecond:06}".rstrip("0")
    return f"{at.replace(tzinfo=None):%Y-%m-%dT%H:%M:%S}.{fraction}{at.replace(microsecond=0).isoformat()[19:]}"


# Some answers are written by PostgreSQL, some here; a caller who compares the two as text finds them equal.
Instant = Annotated[
    datetime,
    PlainSerializer(spelled, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


class Body(BaseModel):
    """A request body: a field it does not name is refused, so a misspelt one is never silently dropped."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Answer(BaseModel):
    """An answer: read from rows by attribute. Without defaults, so OpenAPI marks every field as required."""

    model_config = ConfigDict(from_attributes=True)
