"""The other services as `registry` sees them: only the calls and fields it needs."""

from uuid import UUID

from pydantic import BaseModel, TypeAdapter

from fupin.remote import Peer, PeerRefused
from services.registry.problems import UnknownProject


class Project(BaseModel):
    id: UUID


PROJECT = TypeAdapter(Project)


class ProjectsClient:
    def __init__(self, peer: Peer) -> None:
        self.peer = peer

    async def known(self, id: UUID) -> None:
        """Raises UnknownProject unless the project library has it, Unanswered when it does not say."""
        try:
            await self.peer.get(f"/v1/projects/{id}", PROJECT)
        except PeerRefused as refused:
            if refused.peer_status == 404:
                raise UnknownProject from None
            raise
