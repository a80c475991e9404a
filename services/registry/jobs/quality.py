"""A quality run: every rule over the register in one transaction, so that its findings agree with each other."""

from typing import Any

from fupin.db import transaction
from fupin.operations import Progress, operation
from fupin.problems import NotFound
from services.registry.queries.quality import RULES, findings

COUNTY_DIGITS = 6


@operation("quality-run")
async def run(progress: Progress, runtime: Any, _: dict[str, Any]) -> dict[str, Any]:
    """The run with the operation's own id. Raises Cancelled."""
    id = progress.id
    # Whoever sees a part of a county cannot say that no other household has the same account.
    rules = [rule for rule in RULES if not rule.across or len(progress.who.division) <= COUNTY_DIGITS]
    async with transaction(runtime, progress.who) as db:
        asked = (await db.execute(findings.RUN, {"run": id})).one_or_none()
        if asked is None:
            raise NotFound
        if asked.finished_at is None:
            await findings.prepare(db, id)
            for number, rule in enumerate(rules):
                await progress.step("looking", number, len(rules))
                await findings.apply(db, id, rule, asked.on_date)
            households = (await db.execute(findings.COUNT)).scalar_one()
            await db.execute(findings.FINISH, {"run": id, "households": households})
    await progress.step("done", len(rules), len(rules))
    return {"quality_run_id": str(id), "href": f"/v1/quality-runs/{id}", "rules": len(rules)}
