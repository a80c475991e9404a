"""The other services as `funds` sees them: only the calls and fields it needs."""

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import Depends, Request
from pydantic import BaseModel, TypeAdapter

from fupin.remote import STREAM_READ, Peer, PeerRefused
from services.funds.problems.distributions import SnapshotBroken


class Enterprise(BaseModel):
    id: UUID
    uscc: str
    name: str


class Project(BaseModel):
    id: UUID
    project_no: str


class Snapshot(BaseModel):
    """Which households the registry froze, and the digest over their rows."""

    id: UUID
    households: int
    digest: str


class SnapshotRow(BaseModel):
    """A poor household's needs on the day of the snapshot."""

    household_id: UUID
    household_no: str
    division_code: str
    size: int
    able_labour: int
    ill: int
    disabled: int
    students: int
    income_per_head_fen: int | None


class Payee(BaseModel):
    """Whose and which account a household is paid to, as far as the registry knows."""

    household_id: UUID
    holder: str | None
    bank_account: str | None


class PayeeList(BaseModel):
    items: list[Payee]


class MaskedHead(BaseModel):
    household_id: UUID
    head: str | None


class MaskedHeadList(BaseModel):
    items: list[MaskedHead]


class Division(BaseModel):
    name: str


ENTERPRISE = TypeAdapter(Enterprise)
PROJECT = TypeAdapter(Project)
SNAPSHOT = TypeAdapter(Snapshot)
PAYEES = TypeAdapter(PayeeList)
MASKED_HEADS = TypeAdapter(MaskedHeadList)
DIVISION = TypeAdapter(Division)
ASKED_AT_ONCE = 5_000  # households


class ProjectsClient:
    def __init__(self, peer: Peer) -> None:
        self.peer = peer

    async def enterprise(self, enterprise_id: UUID) -> Enterprise | None:
        """An enterprise of the project library; None when it has none with this id. Raises Unanswered."""
        try:
            return await self.peer.get(f"/v1/enterprises/{enterprise_id}", ENTERPRISE)
        except PeerRefused as refusal:
            if refusal.peer_status == 404:
                return None
            raise

    async def project(self, project_id: UUID) -> Project | None:
        """A project of the library; None when it has none with this id. Raises Unanswered."""
        try:
            return await self.peer.get(f"/v1/projects/{project_id}", PROJECT)
        except PeerRefused as refusal:
            if refusal.peer_status == 404:
                return None
            raise


async def _projects(request: Request) -> ProjectsClient:
    return ProjectsClient(request.app.state.runtime.peer("projects"))


Projects = Annotated[ProjectsClient, Depends(_projects)]


ROW = TypeAdapter(SnapshotRow)


class RegistryClient:
    def __init__(self, peer: Peer) -> None:
        self.peer = peer

    async def freeze(self, division_code: str, on: date, purpose: str, key: str) -> Snapshot:
        """Freeze the poor households of a division as they stood on a day; a repeated key gives the same snapshot."""
        asked = {"division_code": division_code, "on": on.isoformat(), "purpose": purpose}
        return await self.peer.post("/v1/snapshots", SNAPSHOT, asked, key=key, read=STREAM_READ)

    async def rows(self, snapshot: Snapshot) -> list[SnapshotRow]:
        """
        The frozen households, in the registry's order.

        Raises SnapshotBroken when they are not the ones that the digest was taken over, Unanswered.
        """
        digest = hashlib.sha256()
        rows = [row async for row in self.peer.lines(f"/v1/snapshots/{snapshot.id}/rows", ROW, digest=digest)]
        if len(rows) != snapshot.households or digest.hexdigest() != snapshot.digest:
            raise SnapshotBroken
        return rows

    async def payees(self, household_ids: Sequence[UUID], purpose: str) -> dict[UUID, Payee]:
        """
        Where households are paid, for a purpose that the registry keeps on record; who has left it is not there.

        Never kept: the numbers go into the bank's file and nowhere else. Raises Unanswered.
        """
        found: dict[UUID, Payee] = {}
        for start in range(0, len(household_ids), ASKED_AT_ONCE):
            chunk = [str(id) for id in household_ids[start : start + ASKED_AT_ONCE]]
            asked = {"household_ids": chunk, "purpose": purpose}
            answer = await self.peer.post(
                "/v1/households:payees", PAYEES, asked, key=str(uuid4()), read=STREAM_READ
            )  # fmt: skip
            found |= {payee.household_id: payee for payee in answer.items}
        return found

    async def masked_heads(self, household_ids: Sequence[UUID]) -> dict[UUID, str]:
        """The heads of households as the registry masks them. Raises Unanswered."""
        asked = {"household_ids": [str(id) for id in household_ids]}
        if not household_ids:
            return {}
        answer = await self.peer.post("/v1/households:masked-heads", MASKED_HEADS, asked, key=str(uuid4()))
        return {one.household_id: one.head for one in answer.items if one.head}

    async def division_name(self, code: str) -> str:
        """What a division is called; its code where the registry has none of this code. Raises Unanswered."""
        try:
            return (await self.peer.get(f"/v1/divisions/{code}", DIVISION)).name
        except PeerRefused as refusal:
            if refusal.peer_status == 404:
                return code
            raise


async def _registry(request: Request) -> RegistryClient:
    return RegistryClient(request.app.state.runtime.peer("registry"))


Registry = Annotated[RegistryClient, Depends(_registry)]
