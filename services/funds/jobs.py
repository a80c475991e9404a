"""What the fund account does by itself, once a minute."""

from fupin.auth import Principal, division_prefix
from fupin.chores import chore
from fupin.db import transaction
from fupin.runtime import Runtime
from services.funds.queries import ledger


@chore("funds")
async def close_up(runtime: Runtime) -> None:
    """Seals every county's ledger and sums its days: proofs stay recent, past balances an index away."""
    who = Principal("housekeeping", "funds", frozenset(), division_prefix(runtime.settings.division))
    async with transaction(runtime, who) as db:
        for county in (await db.execute(ledger.COUNTIES)).scalars().all():
            await ledger.seal(db, county)
            await db.execute(ledger.SUM_DAYS, {"county": county})
