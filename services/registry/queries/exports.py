"""Whole lists as tables, written by PostgreSQL as far as it can; each row is that of the list."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import tuple_row

from fupin.listing import Listing, Tally, copied, lines
from services.registry.rules.sheets import Column, Kind, Sheet

FETCHED = 2_000

# Reading a million rows takes as long as who reads them needs; the limits are for requests.
PATIENCE = "SET LOCAL statement_timeout = '2h'; SET LOCAL idle_in_transaction_session_timeout = '10min'"

# What a table says beside the list's own fields.
BESIDE: Mapping[str, str] = {
    "members": "h.household_no,",
    "household-pathways": """
        (SELECT n.household_no FROM household n WHERE n.id = x.household_id) AS household_no,
        (SELECT e.zh FROM pathway e WHERE e.code = x.pathway) AS pathway_name,""",
    "helper-assignments": "(SELECT n.household_no FROM household n WHERE n.id = a.household_id) AS household_no,",
    "rosters": "to_char(t.created_at, 'YYYY-MM-DD HH24:MI') AS loaded_at,",
    "helper-gaps": "CASE g.kind WHEN 'TOWN' THEN '镇' ELSE '户' END AS kind_name,",
    "comparison": """
        (SELECT d.reason FROM comparison_resolution d
         WHERE d.comparison_id = r.comparison_id AND d.row_no = r.row_no) AS resolved_because,""",
    "guarantees": "(SELECT n.household_no FROM household n WHERE n.id = g.household_id) AS household_no,",
}
EXPORTED = " IN (SELECT o.household_id FROM household_access o WHERE o.export_id = %(export_id)s)"


class Sealed(NamedTuple):
    """A field shown in the clear: the table and column that hold it sealed, and the vault's context."""

    field: str
    source: str
    column: str
    context: str


async def ndjson(connection: psycopg.AsyncConnection[Any], listing: Listing, tally: Tally) -> AsyncIterator[bytes]:
    """A row of the list a line."""
    await connection.execute(PATIENCE)
    async for block in copied(connection, lines(listing), listing.params, tally):
        yield block


async def csv(
    connection: psycopg.AsyncConnection[Any], listing: Listing, sheet: Sheet, tally: Tally
) -> AsyncIterator[bytes]:
    """The rows in words, without the headings."""
    await connection.execute(PATIENCE)
    async for block in copied(connection, csv_statement(listing, sheet), listing.params, tally):
        yield block


def csv_statement(listing: Listing, sheet: Sheet) -> str:
    """The COPY that writes each row in words."""
    shown = ", ".join(_safe(column) for column in sheet.columns)
    return " ".join(["COPY (", _table(shown, listing, sheet), ") TO STDOUT (FORMAT csv)"])


async def rows(
    connection: psycopg.AsyncConnection[Any], listing: Listing, sheet: Sheet, sealed: Sequence[Sealed] = ()
) -> AsyncIterator[list[tuple[Any, ...]]]:
    """The rows in words, each value of its type, some thousands at a time; sealed values follow at the end."""
    shown = ", ".join([*(_value(column) for column in sheet.columns), *(one.column for one in sealed)])
    async for found in _fetched(connection, _table(shown, listing, sheet, sealed), listing):
        yield found


async def documents(
    connection: psycopg.AsyncConnection[Any], listing: Listing, sealed: Sequence[Sealed]
) -> AsyncIterator[list[tuple[Any, ...]]]:
    """The rows as the list answers them, as JSON text, some thousands at a time; sealed values follow."""
    columns = "".join(f", {one.source}.{one.column}" for one in sealed)
    shown = ["SELECT (SELECT row_to_json(r)::text FROM (SELECT", listing.shown, ") r)", columns]
    async for found in _fetched(connection, " ".join([*shown, listing.body, "ORDER BY", listing.order]), listing):
        yield found


async def _fetched(
    connection: psycopg.AsyncConnection[Any], statement: str, listing: Listing
) -> AsyncIterator[list[tuple[Any, ...]]]:
    await connection.execute(PATIENCE)
    async with connection.cursor("export", row_factory=tuple_row) as cursor:
        await cursor.execute(statement, listing.params)
        while found := await cursor.fetchmany(FETCHED):
            yield found


def exported_by(listing: Listing, export_id: UUID, household: str) -> Listing:
    """Those rows of the listing whose households stand in the access history under this export."""
    return listing.where(household + EXPORTED, export_id=export_id)


def _table(shown: str, listing: Listing, sheet: Sheet, sealed: Sequence[Sealed] = ()) -> str:
    beside = BESIDE.get(sheet.name, "") + "".join(f"{one.source}.{one.column}, " for one in sealed)
    return " ".join(
        ["SELECT", shown, "FROM (SELECT", beside, listing.shown, listing.body, "ORDER BY", listing.order, ") r"]
    )


def _value(column: Column) -> str:
    name = f'r."{column.field}"'
    match column.kind:
        case Kind.WORD:
            return _word(column, name)
        case Kind.WORDS:
            return "".join(["(SELECT string_agg(", _word(column, "code"), ", '、') FROM unnest(", name, ") code)"])
        case Kind.YES_NO:
            return f"CASE {name} WHEN true THEN '是' WHEN false THEN '否' END"
        case Kind.YUAN:
            return f"({name} / 100.0)::numeric(20, 2)"
    return name


def _safe(column: Column) -> str:
    """For CSV: what a spreadsheet might take for a formula begins with an apostrophe (`rules.sheets.neutral`)."""
    value = _value(column)
    if column.kind is not Kind.TEXT:
        return value
    return f"CASE WHEN {value} ~ E'^[=+@\\\\t\\\\r-]' THEN '''' || {value} ELSE {value} END"


def _word(column: Column, name: str) -> str:
    if column.codes is None:
        return name
    cases = " ".join(f"WHEN '{entry.code}' THEN '{entry.zh}'" for entry in column.codes.entries())
    return f"CASE {name} {cases} ELSE {name} END".replace("%", "%%")
