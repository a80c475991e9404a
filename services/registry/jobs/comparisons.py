"""Classifying a comparison: one transaction, so that it is there whole or not at all."""

from typing import Any

from fupin.db import driver, transaction
from fupin.operations import Progress, operation
from fupin.problems import NotFound, Problem
from services.registry.codes.rosters import ComparisonState
from services.registry.queries import comparisons


@operation("comparison")
async def run(progress: Progress, runtime: Any, _: dict[str, Any]) -> dict[str, Any]:
    """Classify the comparison with the operation's own id."""
    id = progress.id
    async with transaction(runtime, progress.who) as db:
        comparison = await comparisons.found(db, id)
    if comparison is None:
        raise NotFound
    if comparison.state is ComparisonState.RUNNING:
        try:
            async with transaction(runtime, progress.who) as db:
                conn = await driver(db)
                await progress.step("pairing")
                await comparisons.pair(conn, comparison.base_roster_id, comparison.newer_roster_id)
                for number, roster in enumerate(comparison.match_roster_ids):
                    await progress.step("matching", number, len(comparison.match_roster_ids))
                    await comparisons.match(conn, id, comparison.base_roster_id, roster)
                await progress.step("classifying")
                rows = await comparisons.classify(conn, id, comparison.base_roster_id)
                await db.execute(comparisons.OPEN, {"id": id})
                await progress.step("done", rows, rows)
        except Problem as problem:
            if problem.status < 500:
                async with transaction(runtime, progress.who) as db:
                    await db.execute(comparisons.FAIL, {"id": id})
            raise
    async with transaction(runtime, progress.who) as db:
        return {"comparison_id": str(id), "href": f"/v1/comparisons/{id}"} | await comparisons.sums(db, id)
