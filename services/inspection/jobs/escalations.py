"""Overdue findings are told of by themselves."""

from fupin.auth import Principal, division_prefix
from fupin.chores import chore
from fupin.db import transaction
from fupin.runtime import Runtime
from services.inspection.queries import escalations


@chore("inspection")
async def escalate(runtime: Runtime) -> None:
    """Notes who is told of which delay, once a day for every county that has rules."""
    who = Principal("housekeeping", "inspection", frozenset(), division_prefix(runtime.settings.division))
    async with transaction(runtime, who) as db:
        await escalations.escalate(db, runtime.clock.today())
