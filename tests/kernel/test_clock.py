"""The county's day, real or moved."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfoNotFoundError

import httpx
import pytest
from fastapi import FastAPI

from fupin import clock
from fupin.clock import COUNTY_ZONE, Clock, Today


def test_the_day_is_the_one_in_the_county() -> None:
    late = datetime(2018, 5, 16, 23, 0, tzinfo=UTC)
    assert late.astimezone(COUNTY_ZONE).date() == date(2018, 5, 17)
    assert abs(Clock().today() - datetime.now(UTC).date()) <= timedelta(days=1)


def test_a_machine_without_time_zone_data_still_knows_the_county_offset(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ZoneInfoNotFoundError(name)

    monkeypatch.setattr(clock, "ZoneInfo", missing)
    assert clock._county_zone().utcoffset(None) == timedelta(hours=8)


async def test_a_route_asks_the_clock_and_a_moved_clock_stands_still() -> None:
    app = FastAPI()
    app.state.runtime = SimpleNamespace(clock=Clock(date(2018, 5, 17)))

    @app.get("/day")
    async def day(today: Today) -> date:
        return today

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
        assert (await client.get("/day")).json() == "2018-05-17"
        app.state.runtime.clock.move(date(2023, 5, 17))
        assert (await client.get("/day")).json() == "2023-05-17"
        app.state.runtime.clock.move(None)
        assert (await client.get("/day")).json() == Clock().today().isoformat()
