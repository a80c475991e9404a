"""
Calendars that people subscribe to: a secret address each, which ends when it is revoked (RFC 5545, RFC 7986).

A calendar program sends no token, so the address itself is the key: 256 random bits of which only a digest is kept, for
one kind of calendar with its filters, read as whoever made it and in their division, for reading only. A service that
has calendars adds `calendar_tables` to its metadata, `ddl.calendars` to a migration, `calendars(...)` to its routers.
"""

import hashlib
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from uuid import NAMESPACE_URL, UUID, uuid5

import icalendar
from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import Column, DateTime, LargeBinary, MetaData, String, Table, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.app import Router
from fupin.auth import Principal, Who, needs, open_route
from fupin.db import Db, begun, transaction
from fupin.paging import Page, Paged
from fupin.problems import Invalid, NotFound, problems
from fupin.schemas import Answer, Body, Instant

ICS = "text/calendar; charset=utf-8"
_FILE: dict[int | str, dict[str, Any]] = {200: {"content": {"text/calendar": {}}, "description": "An iCalendar file."}}

_SUBSCRIBE = text("""
    INSERT INTO calendar (division_code, division, digest, kind, filters, name, actor)
    VALUES (:division_code, :division, :digest, :kind, CAST(:filters AS jsonb), :name, :actor) RETURNING id
""")
_REVOKE = text("UPDATE calendar SET revoked_at = clock_timestamp() WHERE id = :id AND revoked_at IS NULL RETURNING id")
# A function of the owner: who asks is not known before the digest is.
_OPEN = text("SELECT kind, filters, name, division, actor FROM calendar_open(:digest)")


@dataclass(frozen=True)
class Entry:
    """One event; `uid` stays the same when the event moves, so that calendars move it too."""

    uid: str
    summary: str
    starts: date | datetime
    ends: date | datetime | None = None  # a day's event ends with its day; otherwise exclusive
    description: str = ""
    location: str = ""
    changed: datetime = datetime(2018, 1, 1, tzinfo=UTC)  # when what it says last changed
    sequence: int = 0


@dataclass(frozen=True)
class Kind:
    """One kind of calendar: the filters it takes, and its events as the caller sees them."""

    filters: type[BaseModel]
    events: Callable[[AsyncSession, Any, date], Awaitable[Sequence[Entry]]]  # with the day it is


class NewCalendar(Body):
    kind: str = Field(max_length=32)
    name: str = Field(min_length=1, max_length=100, examples=["里程碑"])
    filters: dict[str, Any] = Field(default_factory=dict, description="As the kind takes them.", examples=[{}])


class Calendar(Answer):
    id: UUID
    kind: str
    name: str
    filters: dict[str, Any]
    actor: str
    created_at: Instant
    revoked_at: Instant | None


class CalendarAddress(Calendar):
    """A calendar just made: its address is shown this once."""

    url: str = Field(description="Subscribe to this. Whoever has it reads the calendar until it is revoked.")


class CalendarPage(Page[Calendar]): ...


def calendar_tables(metadata: MetaData) -> Table:
    """The calendars that were given out."""
    at = DateTime(timezone=True)
    return Table(
        "calendar", metadata,
        Column("id", Uuid, primary_key=True, server_default=text("uuidv7()")),
        Column("division_code", String(12, collation="C"), nullable=False),
        Column("division", String(12), nullable=False),
        Column("digest", LargeBinary, nullable=False, unique=True),
        Column("kind", String(32), nullable=False),
        Column("filters", JSONB, nullable=False),
        Column("name", String(100), nullable=False),
        Column("actor", String(255), nullable=False),
        Column("created_at", at, nullable=False, server_default=text("clock_timestamp()")),
        Column("revoked_at", at),
    )  # fmt: skip


_calendars = calendar_tables(MetaData())


def written(name: str, entries: Sequence[Entry]) -> bytes:
    """
    The calendar as a file.

    >>> written("督查", [Entry("1@fupin", "走访", date(2018, 5, 17))]).decode().splitlines()[0]
    'BEGIN:VCALENDAR'
    """
    found = icalendar.Calendar.new(
        prodid="-//fupin//fupin//ZH", name=name, uid=uuid5(NAMESPACE_URL, name), refresh_interval=timedelta(hours=6)
    )
    for entry in entries:
        event = icalendar.Event.new(
            uid=entry.uid,
            start=entry.starts,
            end=entry.ends,
            summary=entry.summary,
            description=entry.description or None,
            location=entry.location or None,
            sequence=entry.sequence,
            stamp=entry.changed,
        )
        found.add_component(event)
    return bytes(found.to_ical())


def calendars(service: str, kinds: Mapping[str, Kind]) -> APIRouter:
    """The routes by which calendars are given out, listed, revoked and read."""
    router = Router(tags=["calendars"])

    @router.post("/v1/calendars", status_code=201, dependencies=[needs(f"{service}:read")])
    async def create_calendar(
        new: NewCalendar, db: Db, who: Who, request: Request, response: Response
    ) -> CalendarAddress:
        """Get the address of a calendar, shown this once; it shows what you see, until it is revoked."""
        filters = _checked(kinds, new)
        # The address is a secret: a repeated request gets another one, since the first is kept nowhere.
        request.state.idempotency = None
        key = secrets.token_urlsafe(32)
        row = {
            "division_code": who.division.ljust(12, "0"),
            "division": who.division,
            "digest": hashlib.sha256(key.encode()).digest(),
            "kind": new.kind,
            "filters": json.dumps(filters),
            "name": new.name,
            "actor": who.actor,
        }
        id = (await db.execute(_SUBSCRIBE, row)).scalar_one()
        made = (await db.execute(_calendars.select().where(_calendars.c.id == id))).one()
        base = request.app.state.runtime.settings.service_public_url(service)
        response.headers["Cache-Control"] = "no-store"
        return CalendarAddress(**Calendar.model_validate(made).model_dump(), url=f"{base}/v1/calendars/{key}.ics")

    @router.get("/v1/calendars", dependencies=[needs(f"{service}:read")], response_model=CalendarPage)
    async def list_calendars(db: Db, page: Paged) -> dict[str, Any]:
        """The calendars given out in the division, without their addresses."""
        shown = [column for column in _calendars.c if column.name not in ("digest", "division", "division_code")]
        return await page.of(db, _calendars.select().with_only_columns(*shown), key=_calendars.c.id)

    @router.post(
        "/v1/calendars/{calendar_id}:revoke",
        status_code=204,
        dependencies=[needs(f"{service}:read")],
        responses=problems(NotFound),
    )
    async def revoke_calendar(calendar_id: UUID, db: Db) -> None:
        """End a calendar: its address answers 404 from now on."""
        if (await db.execute(_REVOKE, {"id": calendar_id})).scalar_one_or_none() is None:
            raise NotFound

    @router.get(
        "/v1/calendars/{key}.ics",
        dependencies=[open_route()],
        response_class=Response,
        responses=_FILE | problems(NotFound),
    )
    async def read_calendar(key: Annotated[str, Path(max_length=100)], request: Request) -> Response:
        """The calendar behind a secret address."""
        runtime = request.app.state.runtime
        async with begun(runtime) as db:
            found = (await db.execute(_OPEN, {"digest": hashlib.sha256(key.encode()).digest()})).one_or_none()
        if found is None or found.kind not in kinds:
            raise NotFound
        kind = kinds[found.kind]
        reader = Principal(found.actor, "calendar", frozenset({f"{service}:read"}), found.division)
        async with transaction(runtime, reader) as db:
            entries = await kind.events(db, kind.filters.model_validate(found.filters), runtime.clock.today())
        content = written(found.name, entries)
        tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        headers = {"Cache-Control": "private, max-age=900", "ETag": tag}
        return Response(content, media_type=ICS, headers=headers)

    return router


def _checked(kinds: Mapping[str, Kind], new: NewCalendar) -> dict[str, Any]:
    """The filters as the kind takes them. Raises Invalid."""
    if new.kind not in kinds:
        names = ", ".join(sorted(kinds))
        raise Invalid("/kind", f"must be one of {names}", zh=f"应为以下之一：{names}")
    try:
        return kinds[new.kind].filters.model_validate(new.filters).model_dump(mode="json", exclude_none=True)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise Invalid("/filters/" + place.replace(".", "/"), error.errors()[0]["msg"], zh="筛选条件不正确") from None
