"""The four services as the portal sees them: their figures, the rows behind one, their problems."""

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from fastapi import Depends, Request
from pydantic import BaseModel, TypeAdapter

from fupin.catalogue import ProblemKindList
from fupin.figures import Figure, FigureList
from fupin.remote import PeerRefused, Unanswered
from fupin.runtime import Runtime

FIGURES = TypeAdapter(FigureList)
KINDS = TypeAdapter(ProblemKindList)
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
        return await self.runtime.peer(service).get(
            address.path, ROWS, params, bearer=bearer, read=PATIENT, headers={"Prefer": "count=exact"}
        )

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
