"""The other services as the project library sees them: only the calls and fields it needs."""

from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Annotated, Generic, NamedTuple, TypeVar
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel, Field, TypeAdapter

from fupin.paging import MOST
from fupin.remote import Peer, Unanswered

Item = TypeVar("Item")


class Household(BaseModel):
    """A household as the registry knew it on the day that was asked about."""

    id: UUID
    household_no: str
    division_code: str
    status: str


class Verified(BaseModel):
    known: list[Household]
    unknown: list[UUID]


class Listed(BaseModel, Generic[Item]):
    """A page of a peer's list."""

    items: list[Item]
    next_cursor: str | None


class Pathway(BaseModel):
    """A household on a pathway that a project of the library carries."""

    id: UUID
    household_id: UUID
    division_code: str
    project_id: UUID
    from_on: date = Field(alias="from")
    to_on: date | None = Field(alias="to")


class Place(BaseModel):
    """A division with its coordinates in degrees, where the registry has them."""

    code: str
    name: str
    level: str
    poor_village: bool
    longitude: float | None
    latitude: float | None


class VerifiedPlaces(BaseModel):
    unknown: list[str]


VERIFIED = TypeAdapter(Verified)
VERIFIED_PLACES = TypeAdapter(VerifiedPlaces)
PATHWAYS = TypeAdapter(Listed[Pathway])
PLACES = TypeAdapter(Listed[Place])
PAGE = MOST  # rows of a peer's list at a time


class Page(NamedTuple):
    """A page of divisions, and the tag under which the registry gave it."""

    listed: Listed[Place]
    tag: str | None


_pages: dict[str, Page] = {}


class RegistryClient:
    def __init__(self, peer: Peer) -> None:
        self.peer = peer

    async def verify(self, households: Sequence[UUID], on: date) -> Verified:
        """Which of these households the registry knows, at most 1,000 at a time. Raises Unanswered."""
        asked = {"ids": [str(household) for household in households], "on": on.isoformat()}
        return await self.peer.post("/v1/households:verify", VERIFIED, asked)

    async def unknown_places(self, codes: Sequence[str], on: date) -> list[str]:
        """Which of these codes are no division on a day, at most 1,000 at a time. Raises Unanswered."""
        asked = {"codes": list(codes), "on": on.isoformat()}
        return (await self.peer.post("/v1/divisions:verify", VERIFIED_PLACES, asked)).unknown

    def pathways(self, on: date) -> AsyncIterator[Pathway]:
        """Every household on a pathway that a project carries, as of a day. Raises Unanswered."""
        return _all(self.peer, "/v1/household-pathways", PATHWAYS, {"on": on.isoformat(), "of_projects": "true"})

    async def places(self, division: str) -> list[Place]:
        """
        The divisions that a caller from `division` sees. Raises Unanswered.

        Pages that were read before are asked for by their tag, and only sent again when they have changed.
        """
        found: list[Place] = []
        cursor: str | None = None
        while True:
            key = f"{division} {cursor}"
            known = _pages.get(key)
            asked = {"limit": PAGE, "cursor": cursor}
            fresh = await self.peer.get_changed("/v1/divisions", PLACES, asked, held=known and known.tag)
            if fresh is not None:
                known = _pages[key] = Page(*fresh)
            if known is None:
                raise Unanswered(self.peer.name)
            found += known.listed.items
            cursor = known.listed.next_cursor
            if cursor is None:
                return found


async def _registry(request: Request) -> RegistryClient:
    return RegistryClient(request.app.state.runtime.peer("registry"))


Registry = Annotated[RegistryClient, Depends(_registry)]


class Expense(BaseModel):
    """An expenditure of the county's books for a project."""

    id: UUID
    appropriation_id: UUID
    document_no: str
    project_id: UUID | None
    amount_fen: int
    effective_on: date
    counterparty: str
    journal_id: UUID
    reversed_on: date | None


class Spending(BaseModel):
    """What a project was granted from appropriations, and what was spent on it."""

    project_id: UUID
    granted_fen: int
    spent_fen: int


EXPENSES = TypeAdapter(Listed[Expense])
SPENDING = TypeAdapter(Listed[Spending])


class BooksClient:
    """The county's books, which `funds` keeps."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer

    async def expenses(self, project_id: UUID) -> list[Expense]:
        """Every expenditure for a project, those undone included, oldest first. Raises Unanswered."""
        asked = {"project_id": str(project_id), "kind": "SPENT"}
        return [found async for found in _all(self.peer, "/v1/appropriation-entries", EXPENSES, asked)]

    async def spending(self, on: date, project_id: UUID | None = None) -> list[Spending]:
        """What each project was granted, and what was spent on it by a day; or one project. Raises Unanswered."""
        asked = {"on": on.isoformat()} | ({"project_id": str(project_id)} if project_id else {})
        return [found async for found in _all(self.peer, "/v1/project-spending", SPENDING, asked)]


async def _all(peer: Peer, path: str, shape: TypeAdapter[Listed[Item]], asked: dict[str, str]) -> AsyncIterator[Item]:
    """Every row of a list, as many at a time as a page holds."""
    params = asked | {"limit": str(PAGE)}
    while True:
        page = await peer.get(path, shape, params)
        for found in page.items:
            yield found
        if page.next_cursor is None:
            return
        params["cursor"] = page.next_cursor


async def _books(request: Request) -> BooksClient:
    return BooksClient(request.app.state.runtime.peer("funds"))


Books = Annotated[BooksClient, Depends(_books)]
