"""Filling a roster: from a file, from the registry by criteria, or from a comparison that is signed off."""

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from fupin.crypto import Vault
from fupin.db import driver, transaction
from fupin.operations import Progress, operation
from fupin.problems import NotFound, Problem
from services.registry.codes.rosters import RosterState
from services.registry.jobs.staging import plain_file, stage
from services.registry.problems import RowsRefused
from services.registry.queries import eligibility, eligibility_runs, extracts, rosters, uploads
from services.registry.queries.facts import Day
from services.registry.queries.households import Households
from services.registry.queries.imports import staging
from services.registry.rules import kinds
from services.registry.rules.kinds import ROSTER


@operation("roster")
async def load(progress: Progress, runtime: Any, params: dict[str, Any]) -> dict[str, Any]:
    """Load the roster with the operation's own id from its file: all of it or, with its errors told, nothing."""
    id = progress.id
    if await _state(progress, runtime) is RosterState.LOADING:
        try:
            await _load(progress, runtime, keep_other=bool(params["keep_other_columns"]))
        except Problem as problem:
            if problem.status >= 500:
                raise
            async with transaction(runtime, progress.who) as db:
                await rosters.finish(db, id, RosterState.REFUSED, 0)
                await uploads.release(db, id, wanted=False)
            raise
    if await _state(progress, runtime) is RosterState.REFUSED:
        raise RowsRefused(roster_id=str(id), errors_href=f"/v1/rosters/{id}/errors")
    return {"roster_id": str(id), "href": f"/v1/rosters/{id}"}


async def _load(progress: Progress, runtime: Any, *, keep_other: bool) -> None:
    async with plain_file(progress, progress.id) as file, transaction(runtime, progress.who) as db:
        conn = await driver(db)
        await stage(conn, progress, ROSTER, file, keep_other=keep_other)
        await conn.execute(staging.OUTSIDE)
        rows, _, errors = await staging.count(conn)
        await progress.step("writing", 0, rows)
        if errors:
            await staging.keep_errors(conn, progress.id, progress.who.division.ljust(12, "0"))
            await rosters.finish(db, progress.id, RosterState.REFUSED, 0)
        else:
            await rosters.fill(conn, progress.id)
            await rosters.finish(db, progress.id, RosterState.READY, rows)
        await uploads.release(db, progress.id, wanted=errors > 0)


@operation("registry-roster")
async def take(progress: Progress, runtime: Any, params: dict[str, Any]) -> dict[str, Any]:
    """Fill the roster with the operation's own id with the households that fit its criteria on its day."""
    id, as_of = progress.id, date.fromisoformat(params["as_of"])
    if await _state(progress, runtime) is RosterState.LOADING:
        criteria = dict(params["criteria"])
        rule_id = criteria.pop("rule_id", None)
        count = 0
        async with transaction(runtime, progress.who) as db:
            decided = None
            if rule_id is not None:
                rule = eligibility.ruling(await eligibility.one(db, UUID(rule_id)))
                day = Day(as_of, as_of.year, date.fromisoformat(params["today"]))
                decided = eligibility_runs.compiled(rule, day)
            wanted = extracts.extract(Households(as_of, **criteria), decided)
            conn = await driver(db)
            await staging.prepare(conn, ROSTER, str(id))
            async for rows in extracts.read(conn, wanted):
                await extracts.stage(conn, await asyncio.to_thread(_resealed, runtime.vault, rows, count))
                count += len(rows)
                await progress.step("reading", count)
            await conn.execute(staging.ANALYZE)
            await progress.step("writing", 0, count)
            await rosters.fill(conn, id)
            await rosters.finish(db, id, RosterState.READY, count)
    return {"roster_id": str(id), "href": f"/v1/rosters/{id}"}


def _resealed(vault: Vault, rows: Sequence[tuple[Any, ...]], before: int) -> list[tuple[Any, ...]]:
    """Numbered rows; an ID number sealed for a member does not open as a roster's, so it is sealed anew."""
    numbers = vault.seal_many(vault.open_many([row[6] for row in rows], kinds.ID_NUMBER), kinds.ROSTER_ID_NUMBER)
    numbered = enumerate(zip(rows, numbers, strict=True), start=before + 1)
    return [(number, *row[:6], sealed, *row[7:]) for number, (row, sealed) in numbered]


@operation("next-roster")
async def make_next(progress: Progress, runtime: Any, params: dict[str, Any]) -> dict[str, Any]:
    """Fill the roster with the operation's own id from a comparison: kept and unmatched, and added."""
    id, comparison_id = progress.id, UUID(params["comparison_id"])
    if await _state(progress, runtime) is RosterState.LOADING:
        await progress.step("writing")
        async with transaction(runtime, progress.who) as db:
            conn = await driver(db)
            await conn.execute(rosters.SETTINGS)
            count = await rosters.fill_next(conn, id, comparison_id)
            await rosters.finish(db, id, RosterState.READY, count)
    return {"roster_id": str(id), "href": f"/v1/rosters/{id}"}


async def _state(progress: Progress, runtime: Any) -> RosterState:
    async with transaction(runtime, progress.who) as db:
        roster = await rosters.found(db, progress.id)
    if roster is None:
        raise NotFound
    return roster.state
