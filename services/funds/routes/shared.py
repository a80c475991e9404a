"""What several routes depend on."""

from datetime import date
from typing import Annotated

from fastapi import Depends, Query, Request

from fupin.auth import Who
from services.funds.problems.ledger import FutureDate


async def _county(request: Request, who: Who) -> str:
    """The county whose books are open: the caller's own, or the deployment's for who sees more than one."""
    if len(who.division) >= 6:
        return who.division[:6]
    served: str = request.app.state.runtime.settings.division
    return served[:6]


County = Annotated[str, Depends(_county)]


async def _key(request: Request, who: Who) -> str:
    """This caller's Idempotency-Key as the ledger keeps it: nobody can meet another's."""
    return f"{who.client_id}:{who.actor}:{request.headers.get('idempotency-key', '')}"


Key = Annotated[str, Depends(_key)]

AsOf = Annotated[date | None, Query(description="The day to look at; today when absent.")]


def day(given: date | None, today: date) -> date:
    """The day given, or today. Raises FutureDate."""
    if given is not None and given > today:
        raise FutureDate
    return given or today
