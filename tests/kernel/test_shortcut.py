"""The shorter way to an endpoint answers as FastAPI's own."""

from collections.abc import AsyncIterator
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

import httpx
import pytest
from fastapi import (
    APIRouter,
    Body,
    Depends,
    FastAPI,
    Header,
    HTTPException,
    Query,
    Request,
    Response,
    Security,
    UploadFile,
)
from fastapi.routing import APIRoute
from fastapi.security import SecurityScopes
from pydantic import BaseModel, ConfigDict, Field

from fupin.shortcut import Shortcut, shortened
from fupin.strict import read_json


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


async def _caller(request: Request) -> str:
    if "x-caller" not in request.headers:
        raise HTTPException(401)
    return request.headers["x-caller"]


async def _allowed(scopes: SecurityScopes, caller: Annotated[str, Depends(_caller)]) -> list[str]:
    return [caller, *scopes.scopes]


async def _day(request: Request, on: date | None = None) -> date:
    request.state.days = getattr(request.state, "days", 0) + 1
    return on or date(2018, 5, 17)


async def _marked(response: Response, day: Annotated[date, Depends(_day)], day_: Annotated[date, Depends(_day)]) -> str:
    response.headers["X-Day"] = day.isoformat()
    return f"{day} {day_}"


async def read(
    id: int,
    request: Request,
    response: Response,
    allowed: Annotated[list[str], Security(_allowed, scopes=["read"])],
    marked: Annotated[str, Depends(_marked)],
    needed: str,
    if_none_match: Annotated[str | None, Header()] = None,
    colours: Annotated[list[Colour] | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=9)] = 5,
) -> Response:
    said = (id, allowed, marked, needed, if_none_match, colours, limit, request.state.days)
    return Response(repr(said), headers=dict(response.headers))


async def _yielding() -> AsyncIterator[None]:
    yield


def _in_a_thread() -> None: ...


async def long(_: Annotated[None, Depends(_yielding)]) -> Response:
    return Response()


async def threaded(_: Annotated[None, Depends(_in_a_thread)]) -> Response:
    return Response()


async def modelled() -> dict[str, int]:
    return {}


class Moved(BaseModel):
    model_config = ConfigDict(extra="forbid")

    amount: Annotated[int, Field(strict=True, ge=1)]
    on: date | None = None


async def write(
    id: int,
    new: Moved,
    request: Request,
    allowed: Annotated[list[str], Security(_allowed, scopes=["write"])],
    day: Annotated[date, Depends(_day)],
    key: Annotated[str, Header()],
) -> Response:
    return Response(repr((id, new, allowed, day, key, request.state.days)), 201)


async def embedded(new: Annotated[Moved, Body(embed=True)]) -> Response:
    return Response(str(new))


async def two(new: Moved, other: Moved) -> Response:
    return Response(f"{new} {other}")


async def uploaded(file: UploadFile) -> Response:
    return Response(file.filename)


async def _bodied(new: Moved) -> Moved:
    return new


async def beneath(new: Annotated[Moved, Depends(_bodied)]) -> Response:
    return Response(str(new))


class Route(APIRoute):
    def get_route_handler(self) -> Any:
        answer = shortened(self, super().get_route_handler())

        async def handler(request: Request) -> Response:
            await read_json(request)
            return await answer(request)

        return handler


@pytest.mark.parametrize(
    "asked",
    [
        "/7?needed=a",
        "/7?needed=a&needed=b&limit=9&colours=red&colours=blue&on=2018-01-02",
        "/7?needed=&unknown=1",
        "/7",
        "/x?needed=a",
        "/7?needed=a&limit=10",
        "/7?needed=a&limit=",
        "/7?needed=a&colours=red&colours=green&on=never",
    ],
)
async def test_the_same_answer_by_either_way(asked: str) -> None:
    router = APIRouter(route_class=Route)
    router.get("/{id}")(read)
    app = FastAPI()
    app.include_router(router, dependencies=[Depends(_day)])
    answers = []
    for overrides in ({}, {_yielding: _yielding}):  # with overrides FastAPI's own way is taken
        app.dependency_overrides = overrides
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as http:
            for headers in ({"X-Caller": "me", "If-None-Match": '"3"'}, {}):
                answer = await http.get(asked, headers=headers)
                answers.append((answer.status_code, answer.text, dict(answer.headers)))
    assert answers[:2] == answers[2:]
    assert answers[1][0] == 401  # who asks comes before what is asked


JSON = "application/json"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (JSON, '{"amount": 1}'),
        (f"{JSON}; charset=utf-8", '{"amount": 7, "on": "2018-01-02"}'),
        ("Application/JSON", '{"amount": 7}'),
        ("application/merge-patch+json", '{"amount": 7}'),
        ("text/strange+json", '{"amount": 7}'),
        ("", '{"amount": 7}'),
        (JSON, '{"amount": 1.5}'),
        (JSON, '{"amount": "1", "on": "never", "more": 1}'),
        (JSON, '{"amount": 0}'),
        (JSON, "{}"),
        (JSON, "null"),
        (JSON, "[]"),
        (JSON, ""),
    ],
)
async def test_a_body_is_read_alike_by_either_way(kind: str, body: str) -> None:
    router = APIRouter(route_class=Route)
    router.post("/{id}")(write)
    app = FastAPI()
    app.include_router(router, dependencies=[Depends(_day)])
    answers = []
    for overrides in ({}, {_yielding: _yielding}):
        app.dependency_overrides = overrides
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as http:
            for path, headers in (
                ("/7", {"X-Caller": "me", "Key": "k"}),
                ("/7", {"X-Caller": "me"}),
                ("/x?on=2018-01-03", {"X-Caller": "me", "Key": "k"}),
                ("/7", {"Key": "k"}),
            ):
                given = headers | ({"Content-Type": kind} if kind else {})
                answer = await http.post(path, content=body.encode(), headers=given)
                answers.append((answer.status_code, answer.text, dict(answer.headers)))
    assert answers[:4] == answers[4:]
    assert answers[3][0] == 401  # who asks comes before what is asked


def test_only_where_nothing_else_is_to_be_done() -> None:
    app = FastAPI()

    def short(endpoint: Any, **options: Any) -> bool:
        route = APIRoute("/{id}", endpoint, **options)
        return isinstance(shortened(route, route.get_route_handler()), Shortcut)

    assert app.dependency_overrides == {}
    assert short(read, methods=["GET"])
    assert short(write, methods=["POST"])
    assert not short(read, methods=["GET", "POST"])
    for taking in (embedded, two, uploaded, beneath):
        assert not short(taking, methods=["POST"])
    for endpoint in (long, threaded, modelled):
        assert not short(endpoint, methods=["GET"])
