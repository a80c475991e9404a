"""The temporary tables: `stage`, a row for each row of the file, and `stage_error`, a row for each bad cell."""

from typing import Any, NamedTuple

from psycopg import AsyncConnection, sql

from fupin.sheets.layouts import Column, Layout

Connection = AsyncConnection[Any]

# An import lasts as long as its file is large: the limits that guard requests do not fit it. Audit then records one
# entry a statement with the number of rows instead of each row.
SETTINGS = """
    SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;
    SET LOCAL work_mem = '128MB'; SET LOCAL jit = off; SET LOCAL fupin.bulk = {}
"""

# What was just written has no statistics yet: taken for a handful of rows, it would be joined by loops.
WHOLE = "SET LOCAL enable_nestloop = off"

STAGE_ERROR = "CREATE TEMP TABLE stage_error (row_no integer, field text, code text, named text) ON COMMIT DROP"


class Counts(NamedTuple):
    added: int
    changed: int
    unchanged: int


def columns(layout: Layout) -> list[tuple[str, str]]:
    """
    Name and type of the staged columns, in the order of a line: the row, then what is staged as it is, then personal
    numbers, sealed, indexed and masked, never as themselves.
    """
    found = [("row_no", "integer"), ("opens", "boolean"), ("attributes", "jsonb")]
    found += [(column.field, column.sql) for column in layout.columns if not column.sealed]
    found.append(("row_hash", "bytea"))
    for column in sealed(layout):
        found += [(f"{column.field}_{suffix}", kind) for suffix, kind in _SEALED]
        if column.field == "id_number":
            found += [("birth_date", "date"), ("id_number_sex", "text")]
    return found


_SEALED = (("enc", "bytea"), ("index", "bytea"), ("mask", "text"))


def sealed(layout: Layout) -> list[Column]:
    return [column for column in layout.columns if column.sealed]


async def prepare(conn: Connection, layout: Layout, bulk: str, extra: str = "") -> None:
    """Make the staging tables of this transaction; `extra` are columns that later statements fill."""
    await conn.execute(sql.SQL(SETTINGS).format(sql.Literal(bulk)))
    defined = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in columns(layout)
    )
    await conn.execute(sql.SQL("CREATE TEMP TABLE stage ({}{}) ON COMMIT DROP").format(defined, sql.SQL(extra)))
    await conn.execute(STAGE_ERROR)


def copy_rows(layout: Layout) -> sql.Composed:
    names = sql.SQL(", ").join(sql.Identifier(name) for name, _ in columns(layout))
    return sql.SQL("COPY stage ({}) FROM STDIN").format(names)


COPY_ERRORS = "COPY stage_error (row_no, field, code) FROM STDIN"
COPY_ALL_ERRORS = "COPY stage_error FROM STDIN"

ANALYZE = "ANALYZE stage; ANALYZE stage_error"

# Two imports at once would each find the other's households missing; the second waits for what the first leaves.
ALONE = "SELECT pg_try_advisory_xact_lock(hashtext('registry.import'))"

OUTSIDE = """
    INSERT INTO stage_error
    SELECT row_no, 'division_code', 'OUTSIDE_DIVISION' FROM stage
    WHERE NOT starts_with(division_code, current_setting('fupin.division'))
"""

KEEP_ERRORS = """
    INSERT INTO import_error (upload_id, seq, division_code, row, field, code, named)
    SELECT %(id)s, row_number() OVER (ORDER BY row_no, field), %(division_code)s, row_no, field, code, named
    FROM (SELECT DISTINCT row_no, field, code, named FROM stage_error) AS found
"""

COUNT = """
    SELECT (SELECT count(*) FROM stage),
           (SELECT count(*) FROM stage WHERE row_no NOT IN (SELECT row_no FROM stage_error)),
           (SELECT count(*) FROM (SELECT DISTINCT row_no, field, code, named FROM stage_error) AS found)
"""

DROP_BAD_ROWS = "DELETE FROM stage WHERE row_no IN (SELECT row_no FROM stage_error)"


async def alone(conn: Connection) -> bool:
    """Whether this transaction may check and write now, no other import doing so."""
    row = await (await conn.execute(ALONE)).fetchone()
    return bool(row and row[0])


async def keep_errors(conn: Connection, id: Any, division_code: str) -> int:
    """Move the staged errors to where they can be read; how many there are."""
    found = await conn.execute(KEEP_ERRORS, {"id": id, "division_code": division_code})
    return found.rowcount


async def count(conn: Connection) -> tuple[int, int, int]:
    """Rows, rows without error, errors."""
    row = await (await conn.execute(COUNT)).fetchone()
    return row or (0, 0, 0)
