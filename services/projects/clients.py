"""The other services as the project library sees them: only the calls and fields it needs."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel, TypeAdapter

from fupin.remote import Peer


class Household(BaseModel):
    """A household as the registry knew it on the day that was asked about."""

    id: UUID
    household_no: str
    division_code: str
    status: str


class Verified(BaseModel):
    known: list[Household]
    unknown: list[UUID]


VERIFIED = TypeAdapter(Verified)


class RegistryClient:
    def __init__(self, peer: Peer) -> None:
        self.peer = peer

    async def verify(self, households: Sequence[UUID], on: date) -> Verified:
        """Which of these households the registry knows, at most 1,000 at a time. Raises Unanswered."""
        asked = {"ids": [str(household) for household in households], "on": on.isoformat()}
        return await self.peer.post("/v1/households:verify", VERIFIED, asked)


def _registry(request: Request) -> RegistryClient:
    return RegistryClient(request.app.state.runtime.peer("registry"))


Registry = Annotated[RegistryClient, Depends(_registry)]
