"""The registry read in pages, and what it says held against the links here."""

from typing import Any

from fupin.db import transaction
from fupin.operations import Progress, operation
from fupin.problems import NotFound
from services.projects.clients import Household, RegistryClient
from services.projects.queries import linkage_checks as queries

BATCH = 1000  # households that the registry verifies at a time


@operation("linkage-run")
async def run(progress: Progress, runtime: Any, _: dict[str, Any]) -> dict[str, Any]:
    """The run with the operation's own id. Raises Cancelled, Unanswered."""
    id, registry = progress.id, RegistryClient(runtime.peer("registry"))
    async with transaction(runtime, progress.who) as db:
        asked = (await db.execute(queries.RUN, {"run": id})).one_or_none()
        if asked is None:
            raise NotFound
        linked = await queries.linked(db, asked.on_date)
    if asked.finished_at is None:
        pathways = []
        async for found in registry.pathways(asked.on_date):  # before any lock
            pathways.append(found)
            await progress.step("reading pathways", len(pathways))
        known: list[Household] = []
        for batch in (linked[begin : begin + BATCH] for begin in range(0, len(linked), BATCH)):
            known += (await registry.verify(batch, asked.on_date)).known
            await progress.step("reading households", len(known), len(linked))
        async with transaction(runtime, progress.who) as db:
            if (await db.execute(queries.RUN, {"run": id})).one().finished_at is None:
                await queries.compare(db, id, asked.on_date, pathways, known)
    return {"linkage_run_id": str(id), "href": f"/v1/linkage-runs/{id}"}
