"""How many records one person may see in the clear within an hour: enough for a day's work, too few to copy a town."""

from typing import Any

from fastapi import Depends, Request

from fupin.auth import Who
from services.registry.problems.unmasking import TooManyUnmasked


async def _counted(request: Request, who: Who) -> None:
    runtime = request.app.state.runtime
    an_hour = runtime.settings.unmasks_an_hour
    if wait := runtime.bucket("unmask", an_hour / 3600, an_hour).take(who.actor):
        raise TooManyUnmasked(wait)


def counted() -> Any:
    """Counts a request by person before it is looked at: one that finds nothing counts too. Raises TooManyUnmasked."""
    return Depends(_counted)
