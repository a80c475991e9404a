"""
Histories in two times: what held on a day, as it was known at a moment.

`versioned` gives a table a sibling `<table>_version` with the same columns, written by trigger. A row that never
changed is its own only version, known since `created_at`: inserting costs nothing. The first change keeps what was and
what is. Versions of a row are numbered (its lock keeps the numbers apart); of those with `valid_from` up to the day and
`recorded_at` up to the moment, the one with the highest `seq` holds. So a change that holds from a past day writes what
it changed into every later version again, and nothing is ever taken back. Where a row leaves a place, or is deleted, a
version `gone` stands there, as the row was last.

The days since when a change holds come from the transaction (`fupin.effective_on`, by default today), or from the row.
"""

from collections.abc import Sequence
from typing import Any

from fupin import ddl

# A migration that adds a column to a versioned table adds it to both and runs `keep` again.
COLUMNS = """
    SELECT attname FROM pg_attribute
    WHERE attrelid = '{schema}.{table}'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""

TABLE = """
CREATE TABLE {schema}.{table}_version (
    LIKE {schema}.{table},
    seq integer NOT NULL,
    valid_from date NOT NULL,
    recorded_at timestamptz NOT NULL,
    actor varchar NOT NULL,
    gone boolean NOT NULL,
    CONSTRAINT pk_{table}_version PRIMARY KEY ({key}, seq)
)"""

# A scan of the versions would read what the same statement writes, again for every row: they are found by index. How
# many rows of two transition tables meet is unknown to the planner; it would sort both, on disk when they are many.
KEEP = """
CREATE OR REPLACE FUNCTION {schema}.keep_{table}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp
SET enable_seqscan = off SET enable_mergejoin = off SET work_mem = '64MB' AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
  v_actor text := coalesce(nullif(current_setting('fupin.actor', true), ''), 'login:' || session_user);
  v_on date := coalesce(nullif(current_setting('fupin.effective_on', true), '')::date,
                        (v_now AT TIME ZONE 'Asia/Shanghai')::date);
BEGIN
  IF tg_op = 'DELETE' THEN
    INSERT INTO {table}_version ({columns}, seq, valid_from, recorded_at, actor, gone)
    SELECT {o_columns}, x.*
    FROM stale o
    LEFT JOIN LATERAL (
      SELECT v.seq FROM {table}_version v WHERE {v_is_o} ORDER BY v.seq DESC LIMIT 1
    ) last ON true
    CROSS JOIN LATERAL (
      SELECT 1, '-infinity'::date, o.created_at, '', false WHERE last.seq IS NULL
      UNION ALL
      SELECT coalesce(last.seq, 1) + 1, {ended}, v_now, v_actor, true
    ) x;
    RETURN NULL;
  END IF;

  INSERT INTO {table}_version ({columns}, seq, valid_from, recorded_at, actor, gone)
  SELECT x.*
  FROM fresh n JOIN stale o ON {n_is_o}
  LEFT JOIN LATERAL (
    SELECT v.seq, v.valid_from FROM {table}_version v WHERE {v_is_n} ORDER BY v.seq DESC LIMIT 1
  ) last ON true
  CROSS JOIN LATERAL (SELECT ({n_places}) IS DISTINCT FROM ({o_places}) AS moved) m
  CROSS JOIN LATERAL (SELECT {since} AS since) d
  CROSS JOIN LATERAL (
    SELECT {o_columns}, 1, '-infinity'::date, o.created_at, '', false WHERE last.seq IS NULL
    UNION ALL
    SELECT {o_columns}, coalesce(last.seq, 1) + 1, d.since, v_now, v_actor, true WHERE m.moved
    UNION ALL
    SELECT {n_columns}, coalesce(last.seq, 1) + 1 + m.moved::int, d.since, v_now, v_actor, false
    WHERE last.seq IS NULL OR d.since >= last.valid_from
    UNION ALL
    SELECT {corrected}, last.seq + m.moved::int + row_number() OVER (ORDER BY r.valid_from, g.gone DESC),
           r.valid_from, v_now, v_actor, g.gone
    FROM (
      SELECT {rewritten}, greatest(b.valid_from, d.since) AS valid_from, {before}
      FROM (
        SELECT v.*, lead(v.valid_from) OVER (ORDER BY v.valid_from) AS until FROM {table}_version v
        WHERE {v_is_n} AND NOT v.gone AND NOT EXISTS (
          SELECT FROM {table}_version w WHERE {w_is_v} AND w.seq > v.seq AND w.valid_from <= v.valid_from)
      ) b
      WHERE d.since < last.valid_from AND (b.until IS NULL OR b.until > d.since)
    ) r CROSS JOIN (VALUES (true), (false)) g (gone)
    WHERE NOT g.gone OR r.before_{first_place} IS NOT NULL AND ({before_places}) IS DISTINCT FROM ({r_places})
  ) x
  WHERE ({n_compared}) IS DISTINCT FROM ({o_compared});
  RETURN NULL;
END $$"""

# What a row's own columns say of it, not what it says.
UNCOMPARED = ("version", "source_hash")


def versioned(
    op: Any,
    table: str,
    *,
    key: Sequence[str] = ("id",),
    places: Sequence[str] = ("division_code",),
    since: str = "CASE WHEN m.moved THEN v_on ELSE '-infinity' END",
    ended: str = "'-infinity'::date",
) -> None:
    """
    Keep a table's versions from now on.

    `places` are where a row is found: when it moves, it is gone there. `since` says from which day a change holds,
    `ended` from which day a deletion does; by default a row says itself which days it is about, so that a change of
    what it says holds for all of them, and only that it moves has a day (`v_on`).
    """
    schema = str(op.get_context().opts["version_table_schema"])
    _run(op, TABLE.format(schema=schema, table=table, key=", ".join(key)))
    version = f"{table}_version"
    ddl.scoped(op, version)
    ddl.append_only(op, version)
    _run(op, f"REVOKE INSERT ON {schema}.{version} FROM fupin_{schema}")
    # The triggers act as the owner and must find a row's versions wherever they stand.
    _run(op, f"CREATE POLICY kept ON {schema}.{version} TO fupin_{schema}_owner USING (true)")
    _run(op, f"CREATE INDEX ix_{version}_gone ON {schema}.{version} ({', '.join(key)}) WHERE gone")
    keep(op, table, key=key, places=places, since=since, ended=ended)
    for action, seen in (("UPDATE", "OLD TABLE AS stale NEW TABLE AS fresh"), ("DELETE", "OLD TABLE AS stale")):
        _run(op, f"""
            CREATE TRIGGER keep_{action.lower()} AFTER {action} ON {schema}.{table} REFERENCING {seen}
            FOR EACH STATEMENT EXECUTE FUNCTION {schema}.keep_{table}()""")  # fmt: skip


def unversioned(op: Any, *tables: str) -> None:
    """Undo `versioned`."""
    schema = str(op.get_context().opts["version_table_schema"])
    for table in tables:
        _run(op, f"DROP FUNCTION {schema}.keep_{table}() CASCADE")
        _run(op, f"DROP TABLE {schema}.{table}_version")


def keep(op: Any, table: str, *, key: Sequence[str], places: Sequence[str], since: str, ended: str) -> None:
    """The trigger's function, for the columns that both tables have."""
    schema = str(op.get_context().opts["version_table_schema"])
    bind = op.get_bind()
    columns = [name for (name,) in bind.exec_driver_sql(COLUMNS.format(schema=schema, table=table))]
    compared = [name for name in columns if name not in UNCOMPARED]

    def each(shape: str, names: Sequence[str] = columns) -> str:
        return ", ".join(shape.format(name) for name in names)

    def same(one: str, other: str) -> str:
        return " AND ".join(f"{one}.{name} = {other}.{name}" for name in key)

    rewritten = "CASE WHEN n.{0} IS DISTINCT FROM o.{0} THEN n.{0} ELSE b.{0} END"
    corrected = [
        f"CASE WHEN g.gone THEN r.before_{name} ELSE r.{name} END" if name in places else f"r.{name}"
        for name in columns
    ]
    _run(op, KEEP.format(
        schema=schema, table=table, since=since, ended=ended,
        columns=each("{}"), n_columns=each("n.{}"), o_columns=each("o.{}"),
        n_compared=each("n.{}", compared), o_compared=each("o.{}", compared),
        n_places=each("n.{}", places), o_places=each("o.{}", places), r_places=each("r.{}", places),
        before_places=each("r.before_{}", places), first_place=places[0],
        n_is_o=same("n", "o"), v_is_o=same("v", "o"), v_is_n=same("v", "n"), w_is_v=same("w", "v"),
        corrected=", ".join(corrected),
        rewritten=each(rewritten + " AS {0}"),
        before=each(f"lag({rewritten}) OVER (ORDER BY b.valid_from) AS before_{{0}}", places),
    ))  # fmt: skip


def _run(op: Any, statement: str) -> None:
    """As the driver takes it: `%`, `:` and `{}` mean nothing here."""
    op.get_bind().connection.driver_connection.execute(statement)
