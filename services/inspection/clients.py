"""The other services as inspection sees them: only the calls and fields it needs."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel, TypeAdapter

from fupin.remote import Peer


class Village(BaseModel):
    code: str
    name: str
    parent_code: str
    poor_village: bool
    longitude: float | None = None
    latitude: float | None = None


class _VillagePage(BaseModel):
    items: list[Village]
    next_cursor: str | None


class County(BaseModel):
    code: str
    longitude: float | None = None
    latitude: float | None = None


class _CountyPage(BaseModel):
    items: list[County]
    next_cursor: str | None


class Household(BaseModel):
    household_id: UUID
    household_no: str
    division_code: str
    poor: bool


class _Named(BaseModel):
    code: str
    name: str


class _NamePage(BaseModel):
    items: list[_Named]
    next_cursor: str | None


NAMES = TypeAdapter(_NamePage)
VILLAGES = TypeAdapter(_VillagePage)
COUNTIES = TypeAdapter(_CountyPage)
HOUSEHOLD = TypeAdapter(Household)


class RegistryClient:
    """Who lives where, and which villages are poor."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer

    async def villages(self, on: date) -> list[Village]:
        """Every village of the caller's division on a day."""
        found: list[Village] = []
        cursor: str | None = None
        while True:
            params = {"level": "VILLAGE", "as_of": str(on), "limit": 200, "cursor": cursor}
            page = await self.peer.get("/v1/divisions", VILLAGES, params)
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                return found

    async def counties(self, on: date) -> list[County]:
        """Every county of the caller's division on a day, with its seat where that is known."""
        found: list[County] = []
        cursor: str | None = None
        while True:
            params = {"level": "COUNTY", "as_of": str(on), "limit": 200, "cursor": cursor}
            page = await self.peer.get("/v1/divisions", COUNTIES, params)
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                return found

    async def names(self, on: date) -> dict[str, str]:
        """What the divisions within the caller's are called on a day."""
        found: dict[str, str] = {}
        cursor: str | None = None
        while True:
            page = await self.peer.get("/v1/divisions", NAMES, {"as_of": str(on), "limit": 200, "cursor": cursor})
            found |= {division.code: division.name for division in page.items}
            cursor = page.next_cursor
            if cursor is None:
                return found

    def frame(self, division_code: str, on: date) -> AsyncIterator[Household]:
        """Every household below a division on a day, one by one: whether it was poor then, and no name."""
        return self.peer.lines("/v1/frame", HOUSEHOLD, {"division": division_code, "on": str(on)})


async def _registry(request: Request) -> RegistryClient:
    return RegistryClient(request.app.state.runtime.peer("registry"))


Registry = Annotated[RegistryClient, Depends(_registry)]
