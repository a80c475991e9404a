"""The four services as the portal sees them: their figures, the rows behind one, their problems."""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Annotated, Any, Generic, NamedTuple, TypeVar, cast
from urllib.parse import parse_qsl, urlsplit

import httpx
from fastapi import Depends, Request
from pydantic import BaseModel, TypeAdapter

from fupin.catalogue import ProblemKindList
from fupin.figures import Figure, FigureList
from fupin.remote import PeerRefused, Unanswered
from fupin.runtime import Runtime

FIGURES = TypeAdapter(FigureList)
KINDS = TypeAdapter(ProblemKindList)
MOST = 2000  # rows that a page reads to sum them up itself; beyond that it says so
AT_ONCE = 8  # questions that one page asks of one service at the same time
PATIENT = 8.0  # seconds: a figure may be counted from every household of the county


class Rows(BaseModel):
    """A page of whatever a figure was counted from."""

    items: list[dict[str, Any]]
    next_cursor: str | None = None
    total_count: int | None = None


class Division(BaseModel):
    name: str


ROWS = TypeAdapter(Rows)
DIVISION = TypeAdapter(Division)


class Counted(NamedTuple):
    """One service's figures by id; `reason` says why there are none."""

    figures: Mapping[str, Figure]
    reason: str | None = None


Shape = TypeVar("Shape")


@dataclass(frozen=True, slots=True)
class Told(Generic[Shape]):
    """What a service said; `reason` says why it said nothing: `unanswered`, `refused` or `not-found`."""

    service: str
    value: Shape | None
    reason: str | None = None
    cut: bool = False  # there are more rows than MOST


class Word(BaseModel):
    """An entry of a code list."""

    code: str
    zh: str
    en: str


class Words(BaseModel):
    entries: list[Word]


class Town(BaseModel):
    code: str
    name: str


@cache
def _shape(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _why(refused: PeerRefused) -> str:
    return "not-found" if refused.peer_status in (404, 422) else "refused"


class Services:
    """`bearer` is the viewer's own token: each service decides for itself what that viewer may see."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    async def figures(self, service: str, as_of: date, bearer: str) -> Counted:
        try:
            found = await self.runtime.peer(service).get(
                "/v1/figures", FIGURES, {"as_of": as_of.isoformat()}, bearer=bearer, read=PATIENT
            )
        except Unanswered:
            return Counted({}, "unanswered")
        except PeerRefused:
            return Counted({}, "refused")
        return Counted({figure.id: figure for figure in found.items})

    async def all_figures(self, services: tuple[str, ...], as_of: date, bearer: str) -> dict[str, Counted]:
        """The figures of several services at once; one that is silent delays the others by its timeout, no more."""
        found = await asyncio.gather(*(self.figures(service, as_of, bearer) for service in services))
        return dict(zip(services, found, strict=True))

    async def rows(self, service: str, href: str, cursor: str | None, bearer: str) -> Rows:
        """One page of the rows behind a figure. Unanswered, PeerRefused."""
        address = urlsplit(href)
        params: dict[str, Any] = {}
        for name, value in parse_qsl(address.query, keep_blank_values=True):
            params.setdefault(name, []).append(value)
        if cursor:
            params["cursor"] = [cursor]
        path = address.path.removeprefix(urlsplit(self.runtime.settings.service_public_url(service)).path.rstrip("/"))
        return await self.runtime.peer(service).get(
            path, ROWS, params, bearer=bearer, read=PATIENT, headers={"Prefer": "count=exact"}
        )

    async def ask(
        self, service: str, path: str, shape: type[Shape], bearer: str, params: Mapping[str, Any] | None = None
    ) -> Told[Shape]:
        """What a service says to this viewer at an address; silence and refusal are told, not raised."""
        try:
            found = await self.runtime.peer(service).get(
                path, _shape(cast(Any, shape)), params, bearer=bearer, read=PATIENT
            )
        except Unanswered:
            return Told(service, None, "unanswered")
        except PeerRefused as refused:
            return Told(service, None, _why(refused))
        return Told(service, found)

    async def everything(
        self, service: str, path: str, item: type[Shape], bearer: str, params: Mapping[str, Any] | None = None
    ) -> Told[list[Shape]]:
        """A list page by page, up to MOST rows."""
        found: list[Shape] = []
        following: dict[str, Any] = {}
        while True:
            page = await self.ask(service, path, Rows, bearer, {**(params or {}), "limit": 200, **following})
            if page.value is None:
                return Told(service, None, page.reason)
            found += [_shape(cast(Any, item)).validate_python(row) for row in page.value.items]
            if page.value.next_cursor is None or len(found) >= MOST:
                return Told(service, found, cut=page.value.next_cursor is not None)
            following = {"cursor": page.value.next_cursor}

    async def counts(self, service: str, path: str, bearer: str, questions: list[dict[str, Any]]) -> Told[list[int]]:
        """How many rows a list has under each of several filters."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(filters: dict[str, Any]) -> int:
            async with gate:
                rows = await self.runtime.peer(service).get(
                    path, ROWS, {**filters, "limit": 1}, bearer=bearer, read=PATIENT,
                    headers={"Prefer": "count=exact"},
                )  # fmt: skip
            return rows.total_count or 0

        try:
            return Told(service, await asyncio.gather(*(one(filters) for filters in questions)))
        except Unanswered:
            return Told(service, None, "unanswered")
        except PeerRefused as refused:
            return Told(service, None, _why(refused))

    async def labels(self, service: str, *names: str) -> dict[str, dict[str, Word]]:
        """The words of several code lists; none of a silent service, whose codes then stand for themselves."""
        found = await asyncio.gather(*(self.ask(service, f"/v1/code-lists/{name}", Words, "") for name in names))
        return {
            name: {word.code: word for word in told.value.entries} if told.value else {}
            for name, told in zip(names, found, strict=True)
        }

    async def towns(self, bearer: str) -> dict[str, str]:
        """The names of the towns that this viewer sees; none while the registry is silent."""
        found = await self.everything("registry", "/v1/divisions", Town, bearer, {"level": "TOWN"})
        return {town.code: town.name for town in found.value or []}

    def file(
        self, service: str, path: str, params: Mapping[str, str], bearer: str, language: str
    ) -> AbstractAsyncContextManager[httpx.Response]:
        """A file as the service writes it, block by block. Unanswered, PeerRefused."""
        return self.runtime.peer(service).opened(path, params, bearer=bearer, headers={"Accept-Language": language})

    async def division_name(self, code: str, bearer: str) -> str | None:
        """A division's name, or None when the registry is silent or does not show it to this viewer."""
        try:
            found = await self.runtime.peer("registry").get(
                f"/v1/divisions/{code.ljust(12, '0')}", DIVISION, bearer=bearer
            )
        except (Unanswered, PeerRefused):
            return None
        return found.name

    async def problems(self, service: str) -> ProblemKindList | None:
        """How a service may refuse; None when it is silent."""
        try:
            return await self.runtime.peer(service).get("/v1/problems", KINDS, bearer="")
        except (Unanswered, PeerRefused):
            return None


async def _services(request: Request) -> Services:
    return Services(request.app.state.runtime)


Peers = Annotated[Services, Depends(_services)]
