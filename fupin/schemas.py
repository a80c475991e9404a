"""The bases of what services accept and answer."""

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """A request body: a field it does not name is refused, so a misspelt one is never silently dropped."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Answer(BaseModel):
    """An answer: read from rows by attribute. Without defaults, so OpenAPI marks every field as required."""

    model_config = ConfigDict(from_attributes=True)
