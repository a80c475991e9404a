"""
Every way a request can be refused is a class (RFC 9457).

Its docstring is the published English title, `zh` the Chinese one, the class name in kebab case its type; a database
constraint it names is answered as this problem. What the caller sent is never repeated, nor is an exception's text.
"""

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from fupin import context
from fupin.index import owners
from fupin.wording import translate

MEDIA_TYPE = "application/problem+json"


class FieldError(NamedTuple):
    """One thing wrong with one field, in both languages."""

    pointer: str  # a JSON Pointer into the body, or the parameter's name
    where: str  # body, query, path, header
    code: str
    en: str
    zh: str


class Problem(Exception):
    status: ClassVar[int] = 422
    zh: ClassVar[str]
    constraint: ClassVar[str | None] = None  # the database constraint that enforces it
    headers: Mapping[str, str] = MappingProxyType({})

    def __init__(self, *, errors: Iterable[FieldError] = (), **members: Any) -> None:
        self.errors = tuple(errors)
        self.members = members
        super().__init__(self.title())

    @classmethod
    def code(cls) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    @classmethod
    def title(cls, language: str = "en") -> str:
        return cls.zh if language == "zh-CN" else (cls.__doc__ or cls.__name__).strip().splitlines()[0]

    def body(self, language: str, instance: str | None = None) -> dict[str, Any]:
        """The problem as RFC 9457 JSON."""
        found: dict[str, Any] = {
            "type": f"/problems/{self.code()}",
            "title": self.title(language),
            "status": self.status,
            "code": self.code(),
            "request_id": context.request_id.get(),
        }
        if instance:
            found["instance"] = instance
        if self.errors:
            found["errors"] = [
                {"pointer": e.pointer, "in": e.where, "code": e.code, "detail": e.zh if language == "zh-CN" else e.en}
                for e in self.errors
            ]
        return found | self.members


class NotFound(Problem):
    """There is no such thing here, or it is outside your division."""

    status = 404
    zh = "此处没有该对象，或者不在您的行政区划范围内。"


class NoSuchPath(Problem):
    """This address is not part of the API."""

    status = 404
    zh = "接口中没有这个地址。"


class MethodNotAllowed(Problem):
    """This address does not take that method; `Allow` lists those it takes."""

    status = 405
    zh = "该地址不支持此方法，可用方法见 Allow 响应头。"


class Invalid(Problem):
    """The request is not as this address takes it; `errors` says which field and why."""

    status = 422
    zh = "请求内容不符合要求，errors 中列出了字段和原因。"

    def __init__(self, pointer: str = "", en: str = "", *, zh: str = "", where: str = "body", code: str = "invalid",
                 errors: Iterable[FieldError] = (), **members: Any) -> None:  # fmt: skip
        own = [FieldError(pointer, where, code, en, zh or en)] if en else []
        super().__init__(errors=[*own, *errors], **members)


class MalformedRequest(Problem):
    """The request could not be read: the body, a header or the path is not well formed."""

    status = 400
    zh = "请求无法读取：正文、请求头或路径格式不正确。"


class BodyTooLarge(Problem):
    """The body is larger than this address takes."""

    status = 413
    zh = "请求正文超过大小限制。"


class UnsupportedMediaType(Problem):
    """The body is of a media type that this address does not take."""

    status = 415
    zh = "不支持该请求正文的媒体类型。"


class AlreadyExists(Problem):
    """Something with the same unique value is already there."""

    status = 409
    zh = "已存在唯一值相同的记录。"


class StillReferred(Problem):
    """Another record refers to this one, or the one referred to does not exist."""

    status = 409
    zh = "有其他记录引用了它，或者被引用的记录不存在。"


class AppendOnly(Problem):
    """These records are only ever added to; a correction is a new record."""

    status = 409
    zh = "该类记录只增不改，更正须新增记录。"


class Busy(Problem):
    """Someone else is changing the same records; try again shortly."""

    status = 503
    zh = "他人正在修改同一记录，请稍后重试。"
    headers = MappingProxyType({"Retry-After": "1"})


class TooSlow(Problem):
    """The database did not finish in time; narrow the request or try again."""

    status = 503
    zh = "数据库未能及时完成，请缩小查询范围或稍后重试。"
    headers = MappingProxyType({"Retry-After": "5"})


class DatabaseAway(Problem):
    """The database does not answer; nothing was changed."""

    status = 503
    zh = "数据库无响应，未做任何更改。"
    headers = MappingProxyType({"Retry-After": "5"})


class DatabaseFull(Problem):
    """The database has no room left; nothing was changed. Free disk space and try again."""

    status = 507
    zh = "数据库空间不足，未做任何更改。请释放磁盘空间后重试。"


class Unexpected(Problem):
    """Something went wrong on our side; the request id finds it in the log."""

    status = 500
    zh = "服务内部出错，可凭 request_id 在日志中查找。"


class _HttpRefusal(Problem):
    """The request was refused by the HTTP layer."""

    zh = "请求被 HTTP 层拒绝。"


def problems(*kinds: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route, so that OpenAPI lists each refusal by name."""
    found: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        entry = found.setdefault(
            kind.status,
            {
                "description": "",
                "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}},
            },
        )
        if kind.code() not in entry["content"][MEDIA_TYPE]["examples"]:
            entry["description"] = f"{entry['description']} {kind.title()}".strip()
            example = {"type": f"/problems/{kind.code()}", "title": kind.title(), "status": kind.status}
            entry["content"][MEDIA_TYPE]["examples"][kind.code()] = {
                "value": example | {"code": kind.code(), "request_id": "0199b0c2-6d7e-7a10-8e52-5f1f3f0e9a11"}
            }
    return found


def every(kind: type[Problem] = Problem) -> list[type[Problem]]:
    """All problems that have been defined: for constraints and for the published catalogue."""
    below = [found for sub in kind.__subclasses__() for found in (sub, *every(sub))]
    return [found for found in below if not found.__name__.startswith("_")]


def language(request: Request) -> str:
    """zh-CN or en, as `Accept-Language` prefers (RFC 9110, 12.5.4); en when it says nothing."""
    best, weight = "en", 0.0
    for part in request.headers.get("accept-language", "").split(","):
        tag, _, quality = part.strip().partition(";q=")
        name = "zh-CN" if tag.lower().startswith("zh") else "en" if tag.lower().startswith("en") else None
        try:
            found = float(quality or 1)
        except ValueError:
            continue
        if name and found > weight:
            best, weight = name, found
    return best


def answer(request: Request, problem: Problem) -> JSONResponse:
    """The problem as a response in the caller's language."""
    spoken = language(request)
    body = problem.body(spoken, instance=request.url.path)
    headers = {**problem.headers, "Content-Language": spoken, "Cache-Control": "no-store"}
    return JSONResponse(body, problem.status, headers, media_type=MEDIA_TYPE)


_SQLSTATE: dict[str, type[Problem]] = {
    "23505": AlreadyExists,
    "23P01": AlreadyExists,
    "23503": StillReferred,
    "23001": AppendOnly,
    "42501": NotFound,  # row-level security: what would land outside the division does not exist for the caller
    "40001": Busy,
    "40P01": Busy,
    "55P03": Busy,
    "57014": TooSlow,
    "57P01": DatabaseAway,
    "57P02": DatabaseAway,
    "57P03": DatabaseAway,
    "25P03": DatabaseAway,  # a transaction that stood still too long was ended
    "25P04": DatabaseAway,
    "53100": DatabaseFull,
    "53300": DatabaseAway,
}


def from_database(error: BaseException) -> Problem | None:
    """What a refusal by PostgreSQL stands for: by constraint name, then by SQLSTATE; None for a bug of ours."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, psycopg.Error):
        return None
    constraint = re.sub(r"_\d+$", "", cause.diag.constraint_name or "")
    if constraint:
        for kind in every():
            if kind.constraint == constraint:
                return kind()
    if cause.sqlstate in _SQLSTATE:
        return _SQLSTATE[cause.sqlstate]()
    if cause.sqlstate in {"22021", "22P05"}:
        return Invalid("", "text must not contain the NUL character", zh="文本不得包含 NUL 字符", code="nul")
    if cause.sqlstate in {"23514", "22003"}:
        return Invalid("", "a value is outside what is allowed", zh="有值超出允许范围", code="out-of-range")
    if cause.sqlstate is None or cause.sqlstate.startswith("08"):
        return DatabaseAway() if isinstance(cause, psycopg.OperationalError) else None
    return None


def from_http(error: HTTPException) -> Problem:
    """Starlette's and FastAPI's own refusals, as problems."""
    named = {
        404: NoSuchPath,
        405: MethodNotAllowed,
        400: MalformedRequest,
        413: BodyTooLarge,
        415: UnsupportedMediaType,
    }
    if kind := named.get(error.status_code):
        return kind()
    found = _HttpRefusal()
    found.status = error.status_code  # type: ignore[misc]  # an instance of the one class whose status is not fixed
    found.members = {"title": HTTPStatus(error.status_code).phrase}
    return found


def from_validation(error: RequestValidationError) -> Problem:
    """Pydantic's findings as field errors: pointer, place, code and words, never the value."""
    errors = []
    for found in error.errors():
        where, *path = [str(part) for part in found["loc"]]
        if found["type"] == "json_invalid":
            return MalformedRequest(
                errors=[FieldError("", "body", "json", "the body is not JSON", "请求正文不是合法的 JSON")]
            )
        pointer = (
            "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in path)
            if where == "body"
            else "/".join(path)
        )
        en, zh = translate(found["type"], found["msg"], found.get("ctx") or {})
        errors.append(FieldError(pointer, where, found["type"].replace("_", "-"), en, zh))
    return Invalid(errors=errors)


def install(app: FastAPI) -> None:
    """Answer every refusal, expected or not, as a problem."""
    from fupin import idempotency  # it refuses by problems itself

    async def refused(request: Request, problem: Problem) -> Response:
        response = answer(request, problem)
        await idempotency.keep_refusal(request, response)
        return response

    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return await refused(request, from_validation(error))

    async def database(request: Request, error: Exception) -> Response:
        problem = from_database(error)
        if problem is None:
            raise error
        return await refused(request, problem)

    async def http(request: Request, error: HTTPException) -> Response:
        response = answer(request, from_http(error))
        if error.status_code == 405:
            response.headers["Allow"] = ", ".join(sorted(_methods(app, request)))
        return response

    async def crowded(request: Request, _: Exception) -> Response:
        return await refused(request, Busy())

    handlers: dict[type[Exception], Any] = {
        Problem: refused,
        PoolTimeout: crowded,
        RequestValidationError: invalid,
        DBAPIError: database,
        psycopg.Error: database,
        HTTPException: http,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def _methods(app: FastAPI, request: Request) -> set[str]:
    """Every method the address takes, where Starlette names those of the first matching route only."""
    return {method for route in owners(app.router, request.scope["path"]) for method in route.methods or ()}
