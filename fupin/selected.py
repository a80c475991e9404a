"""
Lists that a service selects with SQLAlchemy, as listings whose rows PostgreSQL writes as JSON.

A statement is put together and compiled once for each set of filters, and kept: doing that costs more than all the
rest of a request. Names, numbers and days that are asked for stay open in it and are filled in for each request.
"""

import re
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime
from enum import Enum
from functools import lru_cache
from typing import Any
from uuid import UUID

from psycopg import sql
from pydantic import BaseModel
from sqlalchemy import Date, DateTime, Select, String, Uuid, bindparam
from sqlalchemy.engine import make_url

from fupin.listing import Listing

_DIALECT = make_url("postgresql+psycopg://").get_dialect()()
_OPEN: dict[type, Any] = {str: String(), UUID: Uuid(), date: Date(), datetime: DateTime(timezone=True)}


def selected(
    shape: type[BaseModel],
    found: Callable[..., Select[Any]],
    *asked: Hashable,
    key: tuple[str, ...] = ("id",),
    descending: bool = False,
) -> Listing:
    """
    What `found(*asked)` selects, with the fields of `shape` and no others, in the order of `key`.

    `found` may ask of what it is given only whether it is None, as a value that stays open has none yet. Nothing
    between PostgreSQL and the caller looks at a row: the statement answers the fields in the types and words that the
    shape promises. The rows are called `each` where the listing is narrowed further.
    """
    given: dict[str, Any] = {}
    form = tuple(_opened(value, f"asked_{n}", given) for n, value in enumerate(asked))
    made, used = _listing(shape, found, form, key, descending=descending)
    return replace(made, params={name: given[name] for name in used})


@dataclass(frozen=True)
class _Blank:
    """A value that is filled in later."""

    name: str
    kind: type


def _opened(value: Any, name: str, given: dict[str, Any]) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value, **{f.name: _opened(getattr(value, f.name), f"{name}_{f.name}", given) for f in fields(value)}
        )
    if type(value) not in _OPEN:
        return value
    given[name] = value
    return _Blank(name, type(value))


def _bound(value: Any) -> Any:
    if isinstance(value, _Blank):
        return bindparam(value.name, required=False, type_=_OPEN[value.kind])
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: _bound(getattr(value, f.name)) for f in fields(value)})
    return value


@lru_cache(maxsize=512)
def _listing(
    shape: type[BaseModel],
    found: Callable[..., Select[Any]],
    form: tuple[Any, ...],
    key: tuple[str, ...],
    *,
    descending: bool,
) -> tuple[Listing, list[str]]:
    """The listing, and the names of what is to be filled in."""
    statement = found(*map(_bound, form))
    made = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    open_ = [name for name in made.params if name.startswith("asked_")]
    text = re.sub(r"%\((\w+)\)s", lambda found: _written(found, made.params, open_), str(made))
    columns = statement.selected_columns
    shown = [f'each."{field.validation_alias or name}" AS "{name}"' for name, field in shape.model_fields.items()]
    keys = tuple((f'each."{name}"', columns[name].type.python_type) for name in key)
    return Listing(", ".join(shown), f"({text}) AS each", keys, descending=descending), open_


def _written(found: re.Match[str], params: Mapping[str, Any], open_: Collection[str]) -> str:
    """A parameter's value where it stands, once and for all, so that no request writes it again."""
    value = params[found[1]]
    if found[1] in open_:
        return found[0]
    return sql.Literal(value.value if isinstance(value, Enum) else value).as_string(None).replace("%", "%%")
