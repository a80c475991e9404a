"""The county's day. Every rule that asks "today" asks here, so that a test or a rehearsal can move it.

The day is the one in Shanghai, wherever the server stands: at 23:00 UTC the county is already in tomorrow.
"""

from datetime import date, datetime, timedelta, timezone, tzinfo
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import Depends, Request


def _county_zone() -> tzinfo:
    try:
        return ZoneInfo("Asia/Shanghai")
    except ZoneInfoNotFoundError:  # a bare machine without tzdata; China keeps no summer time since 1991
        return timezone(timedelta(hours=8), "CST")


COUNTY_ZONE = _county_zone()


class Clock:
    """Tells the day: the real one, or the one it was moved to."""

    def __init__(self, fixed: date | None = None) -> None:
        self.fixed = fixed

    def today(self) -> date:
        return self.fixed or datetime.now(COUNTY_ZONE).date()

    def move(self, to: date | None) -> None:
        """Stand still at a day; `None` lets the real days pass again."""
        self.fixed = to


async def _today(request: Request) -> date:
    clock: Clock = request.app.state.runtime.clock
    return clock.today()


Today = Annotated[date, Depends(_today)]
