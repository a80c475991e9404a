"""
Lists whose rows PostgreSQL itself writes as JSON.

A `Listing` is put together from constants only: what is shown, from where, which conditions. The page, the count, the
stream and the figure of a list all come from the same listing, so they cannot disagree.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Self
from uuid import UUID

import psycopg
from psycopg.abc import PQGen
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.db import driver
from fupin.paging import Paging
from fupin.reads import Reading

BLOCK = 65_536

Key = tuple[str, type]


@dataclass(frozen=True)
class Listing:
    """
    `shown` is a select list; `key` names what orders it: columns, none nullable, together unique.

    `descending` turns the order of all of them. `instead` finds the same rows by another way, and says when its pages
    are found sooner by that one.
    """

    shown: str
    source: str
    key: tuple[Key, ...]
    conditions: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    descending: bool = False
    instead: tuple[str, Self] | None = None

    def where(self, condition: str, **params: Any) -> Self:
        return replace(
            self,
            conditions=(*self.conditions, condition),
            params={**self.params, **params},
            instead=self.instead and (self.instead[0], self.instead[1].where(condition)),
        )

    def showing(self, shown: str, key: tuple[Key, ...]) -> Self:
        return replace(self, shown=shown, key=key)

    @property
    def body(self) -> str:
        return " ".join(["FROM", self.source, "WHERE", " AND ".join(self.conditions) or "true"])

    @property
    def order(self) -> str:
        return ", ".join(column + (" DESC" if self.descending else "") for column, _ in self.key)

    def after(self, last: Sequence[Any]) -> Self:
        """What follows the row with this key."""
        columns, marks = (
            ", ".join(column for column, _ in self.key),
            ", ".join(f"%(after_{n})s" for n in range(len(last))),
        )
        condition = f"({columns}) {'<' if self.descending else '>'} ({marks})"
        return self.where(condition, **{f"after_{n}": value for n, value in enumerate(last)})

    @property
    def rows(self) -> str:
        """Each row as JSON text in the first column, its key in the following ones."""
        # An id goes into a cursor as its text; PostgreSQL writes fifty sooner than Python reads them.
        keys = ", ".join(f"{column}::text" if kind is UUID else column for column, kind in self.key)
        return " ".join(["SELECT (SELECT row_to_json(r)::text FROM (SELECT", self.shown, ") r),", keys, self.body])


# A request's transaction; or, for a route that only reads, what its caller may read.
Source = AsyncSession | Reading


async def page(db: Source, paging: Paging, listing: Listing) -> tuple[bytes, dict[str, str]]:
    """One page as the JSON to send, and the headers that go with it."""
    wanted = listing
    if paging.after is not None:
        wanted = listing.after(paging.values([kind for _, kind in listing.key]))
    statement = _first(wanted, paging.limit, listing if paging.count == "exact" else None)
    items, found, total, *last = await _document(db, statement, wanted.params)
    headers = {}
    if paging.count is not None:
        headers["Preference-Applied"] = f"count={paging.count}"
        if paging.count == "estimated":
            total = await estimate(db, listing)
    cursor = None
    if found > paging.limit:
        cursor = paging.cursor([_plain(value) for value in last])
        paging.link(cursor)
    rest = f'],"next_cursor":"{cursor}"' if cursor else '],"next_cursor":null'
    if total is not None:
        rest += f',"total_count":{total}'
    return b"".join([b'{"items":[', items or b"", rest.encode(), b"}"]), headers


def _first(listing: Listing, limit: int, counted: Listing | None) -> str:
    """
    The first rows in one piece, which arrives at once; how many there are up to one more; how many rows `counted` has,
    which is not asked twice; the key of the last row.
    """
    keys = [f"k{n}" for n in range(len(listing.key))]
    last = "".join(f", (array_agg({key}))[{limit}]" for key in keys)
    total = f"(SELECT count(*) {counted.body})" if counted else "NULL::bigint"
    shown = f"array_to_string((array_agg(shown))[:{limit}], ','), count(*), {total}{last}"
    begin, found = "", _up_to(limit + 1, listing)
    if listing.instead is not None:
        sooner, other = listing.instead
        begin = f"WITH way AS MATERIALIZED (SELECT {sooner} AS other) "
        ways = listing.where("NOT (SELECT other FROM way)"), other.where("(SELECT other FROM way)")
        found = " UNION ALL ".join(f"({_up_to(limit + 1, way)})" for way in ways)
    return " ".join([f"{begin}SELECT", shown, "FROM (", found, f") p (shown, {', '.join(keys)})"])


def _up_to(limit: int, listing: Listing) -> str:
    return " ".join([listing.rows, "ORDER BY", listing.order, "LIMIT", str(limit)])


async def one(db: Source, listing: Listing, version: str) -> tuple[bytes, int] | None:
    """The only row of a listing as JSON, and its version, found in the column of that name."""
    wanted = listing.showing(listing.shown, ((version, int),))
    found = await rows(db, wanted.rows, wanted.params, often=True)
    return (found[0][0].encode(), found[0][1]) if found else None


async def every(db: Source, listing: Listing) -> bytes:
    """All rows of a short listing, as the JSON of a list's items."""
    statement = " ".join([listing.rows, "ORDER BY", listing.order])
    found = await rows(db, statement, listing.params, often=True)
    return ('{"items":[' + ",".join(row[0] for row in found) + "]}").encode()


async def count(db: Source, listing: Listing, *, often: bool = False) -> int:
    statement = " ".join(["SELECT count(*)", listing.body])
    [(total,)] = await rows(db, statement, listing.params, often=often)
    return int(total)


async def estimate(db: Source, listing: Listing) -> int:
    """How many rows the planner expects."""
    statement = " ".join(["EXPLAIN (FORMAT JSON) SELECT 1", listing.body])
    [(plan,)] = await rows(db, statement, listing.params)
    return int(plan[0]["Plan"]["Plan Rows"])


async def rows(db: Source, statement: str, params: Mapping[str, Any], *, often: bool = False) -> list[Any]:
    """What a statement finds."""
    if isinstance(db, Reading):
        return await db.rows(statement, params, often=often)
    return await (await (await driver(db)).execute(statement, params)).fetchall()


async def _document(db: Source, statement: str, params: Mapping[str, Any]) -> tuple[Any, ...]:
    """The only row of a statement, its first column in bytes."""
    if isinstance(db, Reading):
        return await db.document(statement, params)
    [(document, *others)] = await rows(db, statement, params)
    return document.encode() if document else None, *others


class Tally:
    """How many rows have been handed over so far."""

    rows = 0


async def stream(connection: psycopg.AsyncConnection[Any], listing: Listing) -> AsyncIterator[bytes]:
    """The rows as NDJSON, in blocks of about 64 KB, without holding more than a block."""
    async for block in copied(connection, lines(listing), listing.params, Tally()):
        yield block


def lines(listing: Listing) -> str:
    """The COPY that writes each row as a line of JSON."""
    # JSON text holds no control characters, so with these as quote and delimiter CSV is the text itself.
    return " ".join(
        ["COPY (SELECT (SELECT row_to_json(r)::text FROM (SELECT", listing.shown, ") r)", listing.body, "ORDER BY",
         listing.order, ") TO STDOUT (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')"]
    )  # fmt: skip


async def copied(
    connection: psycopg.AsyncConnection[Any], statement: str, params: Mapping[str, Any], tally: Tally
) -> AsyncIterator[bytes]:
    """What a COPY TO STDOUT gives, in blocks of about 64 KB."""
    async with connection.cursor().copy(statement, params) as copy:
        while block := await connection.wait(_gathered(copy, tally)):
            yield block


def _gathered(copy: psycopg.AsyncCopy, tally: Tally) -> PQGen[bytes]:
    """
    The next rows of a COPY as one block.

    One wait for a thousand rows: waiting for every single one, as iterating over the copy does, takes a million rows
    from 12 seconds to 20.
    """
    held: list[bytes] = []
    size = 0
    while size < BLOCK and (row := (yield from copy._read_gen())):
        held.append(bytes(row))
        size += len(row)
    tally.rows += len(held)
    return b"".join(held)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID | date) else value


def words(values: Sequence[Any]) -> list[str]:
    """Codes as PostgreSQL takes them."""
    return [str(value) for value in values]
