"""The bases of what services accept and answer."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticKnownError, core_schema


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


STRICT = ("bool", "int", "float")


def _written(there: Any, *, form: bool) -> Any:
    """A schema that takes no number for a date or an instant and, but in a form, no text for a number, yes or no."""
    if isinstance(there, list):
        return [_written(inner, form=form) for inner in there]
    if not isinstance(there, dict):
        return there
    if there.get("type") in ("date", "datetime"):
        return core_schema.no_info_before_validator_function(_text, cast(CoreSchema, there))
    if there.get("type") in STRICT and not form:
        return there | {"strict": True}
    untouched = ("serialization", "metadata")
    return {key: inner if key in untouched else _written(inner, form=form) for key, inner in there.items()}


def _text(value: Any) -> Any:
    if isinstance(value, int | float) or (isinstance(value, str) and not value[4:5] == "-"):
        raise PydanticKnownError("date_parsing", {"error": "a number"})
    return value


class Body(BaseModel):
    """
    A request body: a field it does not name is refused, so a misspelt one is never silently dropped; a date or an
    instant is text, where pydantic would also take a number of seconds; a number is no text, and a whole number no
    fraction like 1.0; yes or no is `true` or `false`, not 1 or "off".
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    _of_text: ClassVar[bool] = False

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return cast(CoreSchema, _written(handler(source), form=cls._of_text))


class FormBody(Body):
    """A body of form fields. Each is text, `true` too, and none can be null: what does not apply is left out."""

    _of_text = True

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        found = handler(core)
        properties = handler.resolve_ref_schema(found)["properties"]
        for name, field in properties.items():
            kinds = [kind for kind in field.get("anyOf", ()) if kind != {"type": "null"}]
            if len(kinds) == 1:
                properties[name] = {key: inner for key, inner in field.items() if key != "anyOf"} | kinds[0]
        return found


class Answer(BaseModel):
    """An answer: read from rows by attribute. Without defaults, so OpenAPI marks every field as required."""

    model_config = ConfigDict(from_attributes=True)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Under the names that are answered, not those of the columns that are read."""
        found = handler(core)
        shown = handler.resolve_ref_schema(found)
        for name, field in cls.model_fields.items():
            column, answered = field.validation_alias, field.serialization_alias or name
            if isinstance(column, str) and column != answered and column in shown.get("properties", {}):
                shown["properties"] = {
                    answered if key == column else key: inner for key, inner in shown["properties"].items()
                }
                shown["properties"][answered]["title"] = answered.replace("_", " ").title()
                shown["required"] = [answered if key == column else key for key in shown.get("required", [])]
        return found
