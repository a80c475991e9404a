from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.clock import Today
from fupin.db import Db, driver
from fupin.paging import Paged
from fupin.problems import NotFound, problems
from services.registry.codes.histories import TimelineKind
from services.registry.queries import households, timelines
from services.registry.queries.histories import EVER
from services.registry.routes.answers import Moment
from services.registry.rules.timelines import coded, words
from services.registry.schemas.histories import TimelineEntry, TimelinePage

router = Router(tags=["households"])


@router.get(
    "/v1/households/{household_id}/timeline",
    response_model=TimelinePage,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def get_timeline(
    household_id: UUID,
    db: Db,
    page: Paged,
    who: Who,
    today: Today,
    known_at: Annotated[
        Moment | None,
        Query(description="As known at this moment; by default now.", examples=["2018-06-01T00:00:00+08:00"]),
    ] = None,
) -> dict[str, Any]:
    """What happened to a household and its members, newest first: since when it holds, when it was recorded."""
    await households.known(db, household_id)
    after = None
    if page.after is not None:
        day, at, kind, ref = page.values([date, datetime, str, str])
        after = (day, at, kind, ref)
    found = await timelines.entries(await driver(db), household_id, today, known_at or EVER, after, page.limit + 1)
    shown = found[: page.limit]
    last = timelines.key(shown[-1]) if len(found) > page.limit else None
    return page.answer([_entry(row, told="audit:read" in who.scopes) for row in shown], last)


def _entry(row: dict[str, Any], *, told: bool) -> TimelineEntry:
    kind = coded(TimelineKind, row["kind"])
    zh, en = words(kind, row["detail"])
    return TimelineEntry(
        on=row["day"],
        kind=kind,
        zh=zh,
        en=en,
        fields=sorted(row["detail"].get("fields") or ()),
        detail=row["detail"],
        recorded_at=row["recorded_at"],
        actor=row["actor"] if told else None,
    )
