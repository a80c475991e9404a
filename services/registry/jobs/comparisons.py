"""Classifying a comparison: one transaction, so that it is there whole or not at all."""

from typing import Any

from fupin.db import transaction
from fupin.operations import Progress, operation
from fupin.problems import NotFound, Problem
from services.registry.codes.rosters import ComparisonState
from services.registry.queries import comparisons

PHASES = {"pairing": comparisons.pair, "matching": comparisons.match, "keeping": comparisons.keep}


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
                for phase, step in PHASES.items():
                    await progress.step(phase)
                    await step(db, id)
                await progress.step("done")
        except Problem as problem:
            if problem.status < 500:
                async with transaction(runtime, progress.who) as db:
                    await db.execute(comparisons.FAIL, {"id": id})
            raise
    async with transaction(runtime, progress.who) as db:
        return {"comparison_id": str(id), "href": f"/v1/comparisons/{id}"} | await comparisons.sums(db, id)
