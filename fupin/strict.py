"""What FastAPI lets through and we do not: unknown parameters, duplicate keys, NaN, NUL, bottomless nesting."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, NoReturn, get_args, get_type_hints

from fastapi import Request, params
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params
from pydantic import AwareDatetime, ValidationError

from fupin import wording
from fupin.problems import FieldError, Invalid, MalformedRequest, UnsupportedMediaType
from fupin.schemas import Body

DEEPEST = 32
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)  # and of an instant the beginning


class _Duplicate(ValueError):
    pass


def refuse_odd_query(request: Request, known: Mapping[str, bool]) -> None:
    """
    A misspelt filter would otherwise list everything, and a number for a day mean one of 1970.

    `known`: the parameters, and whether each is a date. Raises Invalid, MalformedRequest.
    """
    query = request.scope["query_string"]
    if "\x00" in request.scope["path"] or b"%00" in query:
        raise MalformedRequest(
            errors=[FieldError("", "query", "nul", "the NUL character is not allowed", "不得包含 NUL 字符")]
        )
    if not query:
        return
    unknown = [name for name in dict.fromkeys(request.query_params.keys()) if name not in known]
    if unknown:
        raise Invalid(
            errors=[
                FieldError(
                    name[:60], "query", "unknown-parameter", "this parameter is not known here", "此处没有该参数"
                )
                for name in unknown[:20]
            ]
        )
    wrong = [name for name, value in request.query_params.multi_items() if known[name] and not _DAY.match(value)]
    if wrong:
        words = wording.translate("date_parsing", "", {})
        raise Invalid(errors=[FieldError(name, "query", "date-parsing", *words) for name in wrong])


def query_names(dependant: Dependant) -> dict[str, bool]:
    """Every query parameter that a route and its dependencies take, and whether it is a date."""
    found = (field for field in get_flat_params(dependant) if isinstance(field.field_info, params.Query))
    return {field.alias: _dated(field.field_info.annotation) for field in found}


def _dated(annotation: Any) -> bool:
    return annotation in (date, datetime, AwareDatetime) or any(map(_dated, get_args(annotation)))


def filled_form(endpoint: Callable[..., Any]) -> list[params.Depends]:
    """
    What a route with a form depends on: no field of it is empty that an empty text is no value for.

    FastAPI takes an empty field for one left out, and then an empty `validate_only` does the work.
    """
    hints = [get_args(hint) for hint in get_type_hints(endpoint, include_extras=True).values()]
    forms = [hint[0] for hint in hints if any(isinstance(note, params.Form) for note in hint[1:])]
    names = [name for form in forms if isinstance(form, type) and issubclass(form, Body) for name in _filled(form)]

    async def refuse_empty_fields(request: Request) -> None:
        form = await request.form()
        words = ("must not be empty: leave it out", "不能为空，不填时请省略该字段")
        errors = [FieldError(f"/{name}", "body", "empty", *words) for name in names if form.get(name) == ""]
        if errors:
            raise Invalid(errors=errors)

    return [params.Depends(refuse_empty_fields)] if names else []


def _filled(form: type[Body]) -> list[str]:
    try:
        form.model_validate(dict.fromkeys(form.model_fields, ""))
    except ValidationError as refused:
        return sorted({str(error["loc"][0]) for error in refused.errors()})
    return []


async def read_json(request: Request) -> None:
    """Parse a JSON body strictly, once, for FastAPI to find. Raises MalformedRequest, UnsupportedMediaType."""
    if request.method in ("GET", "HEAD"):
        return
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        if kind and kind not in ("multipart/form-data", "application/x-www-form-urlencoded") and await request.body():
            raise UnsupportedMediaType
        return
    body = await request.body()
    if not body:
        return
    try:
        parsed = json.loads(body.decode(), object_pairs_hook=_once, parse_constant=_not_a_number)
        _check(parsed)
    except _Duplicate:
        _refuse("duplicate-key", "a key stands twice in an object", "对象中有重复的键")
    except RecursionError:
        _refuse("nesting", "the body is nested too deeply", "正文嵌套过深")
    except ValueError:
        _refuse("json", "the body is not JSON in UTF-8", "请求正文不是 UTF-8 编码的合法 JSON")
    request._json = parsed


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Duplicate
    return found


def _not_a_number(_: str) -> NoReturn:
    raise ValueError


def _check(value: Any, depth: int = 0) -> None:
    """Text that PostgreSQL could not store, and nesting that nobody needs."""
    if isinstance(value, str):
        if not value.isascii():
            value.encode()  # a lone surrogate is a ValueError
        if "\x00" in value:
            _refuse("nul", "text must not contain the NUL character", "文本不得包含 NUL 字符")
    elif isinstance(value, dict | list):
        if depth == DEEPEST:
            raise RecursionError
        if isinstance(value, dict):
            for key in value:
                _check(key, depth + 1)
        for item in value.values() if isinstance(value, dict) else value:
            _check(item, depth + 1)


def _refuse(code: str, en: str, zh: str) -> NoReturn:
    raise MalformedRequest(errors=[FieldError("", "body", code, en, zh)])
