"""
One row of one town in every table of the four services, whatever the table is: what another town must not reach.

Every identifier is the same, so that every row belongs to every other. Foreign keys and triggers are out of force
while the rows are written; a check that one value for all columns cannot meet is dropped. For throw-away databases.
"""

import re
from datetime import UTC, date, datetime
from enum import StrEnum
from importlib import import_module
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy.orm import registry

from fupin.settings import SERVICES

ID = "0199aaaa-bbbb-7ccc-8ddd-eeeeffff0001"
MARK = "甲镇之物"  # in every text that may say anything
TOWN, VILLAGE, COUNTY = "230882101", "230882101203", "230882"
ELSEWHERE = "230882102"
DAY = date(2018, 6, 1)

TEXT = ("varchar", "bpchar", "text")
COLUMNS = """
SELECT c.relname, a.attname, t.typname, a.atttypmod, a.attidentity, a.attnotnull
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
  AND c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relname !~ '^(procrastinate_|alembic_version$|idempotency$|audit_seal$|seal$)'
ORDER BY c.relname, a.attnum"""

PARTITION = """
DO $$ BEGIN
  IF (SELECT relkind = 'p' FROM pg_class WHERE oid = '{0}'::regclass) THEN
    CREATE TABLE {0}_rest PARTITION OF {0} DEFAULT;
  END IF;
END $$"""

_BY_TYPE: dict[str, Any] = {
    "uuid": ID, "date": DAY, "timestamptz": datetime(2018, 6, 1, tzinfo=UTC), "bool": True, "bytea": b"\x01" * 32,
    "int2": 1, "int4": 1, "int8": 1, "numeric": 1, "float4": 1.0, "float8": 1.0, "jsonb": Jsonb({}), "xid8": "1",
    "daterange": "[2018-01-01,2019-01-01)", "tstzrange": "[2018-01-01,2019-01-01)", "time": "09:00",
}  # fmt: skip
_BY_NAME: dict[str, Any] = {
    "county_code": COUNTY, "division": TOWN, "town_code": TOWN + "000", "parent_code": TOWN + "000", "year": 2018,
}  # fmt: skip


def fill(dsn: str) -> set[tuple[str, str]]:
    """Write the rows; says which tables now have one."""
    filled = set()
    with psycopg.connect(dsn, autocommit=True) as db:
        db.execute("SET session_replication_role = replica")
        for service in SERVICES:
            words = _words(service)
            tables: dict[str, dict[str, Any]] = {}
            for table, column, kind, size, identity, always in db.execute(COLUMNS, (service,)).fetchall():
                row = tables.setdefault(table, {})
                if not identity:
                    word = words.get((table, column)) if kind in TEXT else None
                    ended = not always and kind in ("date", "timestamptz")  # left, revoked, withdrawn: not yet
                    row[column] = None if ended else word or _value(column, kind, size)
            for table, row in tables.items():
                db.execute(PARTITION.format(f"{service}.{table}"))
                db.execute(f"ALTER TABLE {service}.{table} DISABLE TRIGGER USER")
                _insert(db, service, table, row)
                db.execute(f"ALTER TABLE {service}.{table} ENABLE TRIGGER USER")
                filled.add((service, table))
    return filled


def _value(column: str, kind: str, size: int) -> Any:
    if column in _BY_NAME:
        return _BY_NAME[column]
    if kind in TEXT:
        room = size - 4 if size > 4 else 200
        if column == "code" or column.endswith("_code") or column == "division":
            return VILLAGE[:room]
        return MARK[:room]
    if kind.startswith("_"):
        return []
    return _BY_TYPE[kind]


def _words(service: str) -> dict[tuple[str, str], str]:
    """The first word of each column that holds one of a code list."""
    models = import_module(f"services.{service}.models")
    base: type[Any] = models.Table
    found: registry = base.registry if hasattr(base, "registry") else base._sa_registry
    words = {("operation", "state"): "QUEUED"}  # the kernel's own
    for mapper in found.mappers:
        for name, field in mapper.class_.model_fields.items():
            kinds = [kind for kind in (field.annotation, *getattr(field.annotation, "__args__", ())) if _is_list(kind)]
            if kinds and name in mapper.columns:
                words[mapper.local_table.name, mapper.columns[name].name] = next(iter(kinds[0])).value
    return words


def _is_list(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, StrEnum)


def _insert(db: psycopg.Connection, schema: str, table: str, row: dict[str, Any]) -> None:
    """Insert, taking the first word that a check allows, else without the check."""
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT DO NOTHING").format(
        sql.Identifier(schema, table),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join(sql.Placeholder() for _ in row),
    )
    while True:
        try:
            db.execute(statement, list(row.values()))
        except psycopg.errors.InvalidParameterValue:  # a check asks for the length of a list
            row |= {name: Jsonb([]) for name, value in row.items() if isinstance(value, Jsonb)}
        except psycopg.errors.CheckViolation as refused:
            name = refused.diag.constraint_name or ""
            definition = db.execute(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s AND conrelid = %s::regclass",
                (name, f"{schema}.{table}"),
            ).fetchone()
            one_of = re.search(r"\(\(?(\w+)\)?::text = ANY \(\(?ARRAY\['(\w+)'", str(definition))
            if one_of and row.get(one_of[1]) != one_of[2]:
                row[one_of[1]] = one_of[2]
            else:
                db.execute(
                    sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(
                        sql.Identifier(schema, table), sql.Identifier(name)
                    )
                )
        else:
            return


def rows(dsn: str) -> dict[str, str]:
    """What the town's rows say, by table."""
    with psycopg.connect(dsn) as db:
        tables = db.execute(
            """
            SELECT a.attrelid::regclass::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            WHERE a.attname = 'division_code' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"""
        ).fetchall()
        found = {}
        for (name,) in tables:
            asked = f"SELECT t::text FROM {name} t WHERE starts_with(division_code, %s) ORDER BY 1"
            found[name] = repr(db.execute(asked, (TOWN,)).fetchall())
        return found
