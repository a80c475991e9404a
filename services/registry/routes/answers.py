"""What many routes are asked with: days, divisions, names."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import Depends, Query, Request
from pydantic import AfterValidator, AwareDatetime

from fupin.auth import division_prefix
from fupin.clock import Today
from fupin.crypto import Vault
from fupin.db import Db
from fupin.problems import Invalid
from services.registry.queries import histories


def _in_utc(at: datetime) -> datetime:
    """As PostgreSQL takes it: it knows no zone that is sixteen hours away."""
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("must lie in the years 1 to 9999｜必须在公元 1 年至 9999 年之间") from None


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


async def _vault(request: Request) -> Vault:
    found: Vault = request.app.state.runtime.vault
    return found


Sealing = Annotated[Vault, Depends(_vault)]


async def _as_of(
    today: Today, as_of: Annotated[date | None, Query(description="What held on this day; by default today.")] = None
) -> date:
    return as_of or today


AsOf = Annotated[date, Depends(_as_of)]


async def _known_at(
    today: Today,
    as_of: AsOf,
    known_at: Annotated[
        Moment | None,
        Query(description="What was known at this moment; by default now.", examples=["2018-06-01T00:00:00+08:00"]),
    ] = None,
) -> datetime | None:
    return known_at or (histories.EVER if as_of < today else None)


# None where the tables as they stand answer: today, as known now.
KnownAt = Annotated[datetime | None, Depends(_known_at)]


async def _effective(
    db: Db,
    today: Today,
    effective_on: Annotated[
        date | None,
        Query(description="Since when the change holds; by default today. A past day corrects what held since then."),
    ] = None,
) -> None:
    if effective_on is not None and effective_on > today:
        raise Invalid("effective_on", "must not be in the future", zh="不得晚于今天", where="query")
    await db.execute(histories.HOLDING_FROM, {"on": (effective_on or today).isoformat()})


Effective = Depends(_effective)


async def _on(today: Today, on: Annotated[date | None, Query(description="The day; by default today.")] = None) -> date:
    return on or today


On = Annotated[date, Depends(_on)]


async def _known_on(
    today: Today,
    on: On,
    known_at: Annotated[
        Moment | None,
        Query(description="What was known at this moment; by default now.", examples=["2018-06-01T00:00:00+08:00"]),
    ] = None,
) -> datetime | None:
    return known_at or (histories.EVER if on < today else None)


# As KnownAt, where the day is called `on`.
KnownOn = Annotated[datetime | None, Depends(_known_on)]


async def _division(
    division: Annotated[
        str | None, Query(description="Only this division and those below: 2 to 12 digits.", examples=["230882101"])
    ] = None,
) -> str | None:
    if division is None:
        return None
    try:
        return division_prefix(division)
    except ValueError:
        raise Invalid(
            "division",
            "a division is 2, 4, 6, 9 or 12 digits",
            zh="行政区划代码为2、4、6、9或12位数字",
            where="query",
            code="division",
        ) from None


NamePart = Annotated[
    str | None,
    Query(
        min_length=2,
        max_length=20,
        pattern=r"^\S.*\S$",
        description="A part of a person's name, two characters or more.",
        examples=["小兰"],
    ),
]

InDivision = Annotated[str | None, Depends(_division)]
