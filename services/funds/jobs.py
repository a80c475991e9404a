"""What the fund account does by itself, once a minute."""

from fupin.auth import Principal, division_prefix
from fupin.chores import chore
from fupin.db import transaction
from fupin.runtime import Runtime
from services.funds.queries import collections, ledger
from services.funds.schemas.loan_changes import NewCollectionRun


@chore("funds")
async def close_up(runtime: Runtime) -> None:
    """Seals every county's ledger and sums its days: proofs stay recent, past balances an index away."""
    who = Principal("housekeeping", "funds", frozenset(), division_prefix(runtime.settings.division))
    async with transaction(runtime, who) as db:
        for county in (await db.execute(ledger.COUNTIES)).scalars().all():
            await ledger.seal(db, county)
            await db.execute(ledger.SUM_DAYS, {"county": county})


@chore("funds")
async def collect(runtime: Runtime) -> None:
    """Accrues penalties and notes reminders, once a day for every county."""
    who = Principal("housekeeping", "funds", frozenset(), division_prefix(runtime.settings.division))
    today, ahead = runtime.clock.today(), NewCollectionRun().due_within_days
    async with transaction(runtime, who) as db:
        for county in (await db.execute(ledger.COUNTIES)).scalars().all():
            if await collections.begin_day(db, county, today):
                await collections.collect(db, county, today, ahead)
