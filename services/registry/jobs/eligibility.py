"""A run of a rule of eligibility: one statement over the division, in one transaction."""

from datetime import date
from typing import Any

from fupin.db import transaction
from fupin.operations import Progress, operation
from fupin.problems import NotFound
from services.registry import models
from services.registry.queries import eligibility
from services.registry.queries import eligibility_runs as runs
from services.registry.queries.facts import Day


@operation("eligibility-run")
async def run(progress: Progress, runtime: Any, params: dict[str, Any]) -> dict[str, Any]:
    """The run with the operation's own id. Raises Cancelled."""
    await progress.step("deciding")
    async with transaction(runtime, progress.who) as db:
        asked = await db.get(models.EligibilityRun, progress.id)
        if asked is None:
            raise NotFound
        if asked.finished_at is None:
            rule = eligibility.ruling(await eligibility.one(db, asked.rule_id))
            day = Day(asked.on_date, asked.year, date.fromisoformat(params["today"]))
            await runs.run(db, asked, rule, day)
    return {"eligibility_run_id": str(progress.id), "href": f"/v1/eligibility-runs/{progress.id}"}
