"""The shorter way to an endpoint answers as FastAPI's own."""

from collections.abc import AsyncIterator
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Query, Request, Response, Security
from fastapi.routing import APIRoute
from fastapi.security import SecurityScopes

from fupin.shortcut import Shortcut, shortened


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


class Route(APIRoute):
    def get_route_handler(self) -> Any:
        return shortened(self, super().get_route_handler())


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


def test_only_where_nothing_else_is_to_be_done() -> None:
    app = FastAPI()

    def short(endpoint: Any, **options: Any) -> bool:
        route = APIRoute("/{id}", endpoint, **options)
        return isinstance(shortened(route, route.get_route_handler()), Shortcut)

    assert app.dependency_overrides == {}
    assert short(read, methods=["GET"])
    assert not short(read, methods=["POST"])
    for endpoint in (long, threaded, modelled):
        assert not short(endpoint, methods=["GET"])
