"""
Sealing all personal data anew with the current key while the services go on working.

A sealed value begins with the version of its key, so the values themselves say what is left to do: a rotation that
was killed goes on where it stopped, and nothing has to be noted. A value is replaced only where it still is the one
that was read; whoever writes meanwhile wins, and what they sealed with the old key is found by the next pass.

Sealing anew changes no fact. So the tables' own triggers rest for these statements (no new version of the row, no
entry of the changes feed, and tables that are only added to take it), and the audit gets one entry for each batch.
That needs a superuser, as the owner of a schema may not let triggers rest.

Blind indexes keep their key. While rows were indexed with two keys, a UNIQUE constraint would see one person as two,
and rosters would miss the person; an index says nothing without its key and never leaves the database.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from fupin.crypto import LOOK, Vault
from fupin.trouble import Trouble

BATCH = 500
LOCK_PATIENCE = 2.0  # seconds that writers may wait behind us for a table that is only added to
ATTEMPTS = 30


class Column(NamedTuple):
    """A column of sealed values."""

    service: str
    table: str
    name: str
    context: str
    key: tuple[str, ...]
    append_only: bool

    @property
    def size(self) -> int:
        """Rows a batch: a file's part is large, a phone number is not."""
        return 20 if self.name == "content_enc" else BATCH


_COLUMNS = """
    SELECT c.relname, a.attname,
           (SELECT array_agg(k.attname ORDER BY array_position(i.indkey::int2[], k.attnum)) FROM pg_index i
            JOIN pg_attribute k ON k.attrelid = c.oid AND k.attnum = ANY (i.indkey::int2[])
            WHERE i.indrelid = c.oid AND i.indisprimary),
           EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'append_only')
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0
      AND a.atttypid = 'bytea'::regtype AND a.attname LIKE '%%\\_enc'
    ORDER BY 1, 2"""


def columns(connection: psycopg.Connection[Any], service: str, sealed: Mapping[str, str]) -> list[Column]:
    """The service's sealed columns as the database has them; KeyError names one whose context is not told."""
    found = connection.execute(_COLUMNS, (service,)).fetchall()
    return [
        Column(service, table, name, sealed[f"{table}.{name}"], tuple(key), append_only)
        for table, name, key, append_only in found
    ]


def left(connection: psycopg.Connection[Any], column: Column, current: int) -> int:
    """How many values are not sealed with the current key."""
    statement = sql.SQL("SELECT count(*) FROM {table} WHERE get_byte({name}, 0) <> %s").format(**_names(column))
    row = connection.execute(statement, (current,)).fetchone()
    return int(row[0]) if row else 0


def seal_anew(connection: psycopg.Connection[Any], column: Column, vault: Vault, division: str) -> Iterator[int]:
    """One pass over a column in the order of its key; yields the number of values that each batch replaced."""
    names, current = _names(column), vault.current
    read = sql.SQL(
        "SELECT {key}, {name} FROM {table} WHERE get_byte({name}, 0) <> %(current)s {after} ORDER BY {key} LIMIT {size}"
    )
    last: tuple[Any, ...] = ()
    while True:
        after: sql.Composable = sql.SQL("")
        if last:
            bound = sql.SQL(", ").join(map(sql.Literal, last))
            after = sql.SQL("AND ({key}) > ({bound})").format(key=names["key"], bound=bound)
        rows = connection.execute(read.format(**names, after=after), {"current": current}).fetchall()
        if not rows:
            return
        last = tuple(rows[-1][:-1])
        values = [vault.open_bytes(bytes(row[-1]), column.context) for row in rows]
        fresh = vault.seal_many(values, column.context)
        yield _patiently(partial(_replace, connection, column, rows, fresh, current, division))


def settle(connections: list[psycopg.Connection[Any]], wait: Callable[[float], None] = time.sleep) -> None:
    """
    Returns when every service seals with the current key and every transaction that may hold an older value is over.
    """
    wait(LOOK + 1)
    for connection in connections:
        row = connection.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()
        while row and not _over(connection, row[0]):
            wait(0.2)


def _over(connection: psycopg.Connection[Any], xid: int) -> bool:
    row = connection.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint > %s", (xid,)).fetchone()
    return bool(row and row[0])


def _replace(
    connection: psycopg.Connection[Any],
    column: Column,
    rows: list[tuple[Any, ...]],
    fresh: list[bytes | None],
    current: int,
    division: str,
) -> int:
    """One transaction: the values that are still what was read become the fresh ones."""
    names = _names(column)
    same = sql.SQL(" AND ").join(sql.SQL("{} = %s").format(sql.Identifier(one)) for one in (*column.key, column.name))
    update = sql.SQL("UPDATE {table} SET {name} = %s WHERE {same}").format(**names, same=same)
    with connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")  # no trigger but those that always fire
        if column.append_only:
            connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(f"{LOCK_PATIENCE:.0f}s")))
            connection.execute(sql.SQL("ALTER TABLE {table} DISABLE TRIGGER append_only").format(**names))
        with connection.cursor() as cursor:
            cursor.executemany(update, [(value, *row) for value, row in zip(fresh, rows, strict=True)])
            replaced = cursor.rowcount
        if column.append_only:
            connection.execute(sql.SQL("ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only").format(**names))
        if replaced:
            connection.execute(
                "SELECT set_config('fupin.actor', 'fupin rotate-keys', true), set_config('fupin.division', %s, true)",
                (division,),
            )
            connection.execute(
                sql.SQL("SELECT {}('ROTATE_KEY', %s, %s, jsonb_build_object('rows', %s::int))").format(
                    sql.Identifier(column.service, "audit_write")
                ),
                (column.table, f"{column.name}:key-{current}", replaced),
            )
    return replaced


def _patiently(replace: Callable[[], int]) -> int:
    """Tries again when somebody works long on a table, so that nobody has to wait behind us for long."""
    for _ in range(ATTEMPTS):
        try:
            return replace()
        except psycopg.errors.LockNotAvailable:
            time.sleep(1)
        except psycopg.errors.InsufficientPrivilege as error:
            raise Trouble(
                f"This database user may not seal values anew: {error.diag.message_primary}.",
                "Give fupin the URL of a superuser.",
            ) from error
    raise Trouble(
        "A table is in use by a transaction that does not end.",
        "Run `fupin rotate-keys` again later: it goes on where it stopped.",
    )


def _names(column: Column) -> dict[str, sql.Composable]:
    return {
        "table": sql.Identifier(column.service, column.table),
        "name": sql.Identifier(column.name),
        "key": sql.SQL(", ").join(map(sql.Identifier, column.key)),
        "size": sql.Literal(column.size),
    }
