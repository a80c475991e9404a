"""
What every migration needs beyond tables: row-level security, append-only facts, audit, the job queue.

The statements run as the schema's NOLOGIN owner; the service's login has what default privileges give it
(`fupin.migrate`) less what is taken away here.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import procrastinate
from sqlalchemy import MetaData

from fupin.attachments import attachment_tables
from fupin.calendars import calendar_tables
from fupin.db import kernel_tables

DIVISION = "NULLIF(current_setting('fupin.division', true), '')"


def kernel(op: Any) -> None:
    """The tables of the kernel, their guards, the functions that the helpers below refer to, and the job queue."""
    schema = _schema(op)
    metadata = MetaData(schema=schema, naming_convention=op.get_context().opts["target_metadata"].naming_convention)
    kernel_tables(metadata)
    metadata.create_all(op.get_bind())
    for statement in _FUNCTIONS:
        _run(op, statement.replace("{schema}", schema).replace("{login}", _login(op)))
    append_only(op, "audit")
    append_only(op, "audit_seal")
    _run(op, f"REVOKE INSERT, UPDATE, DELETE ON {schema}.alembic_version FROM {_login(op)}")
    _run(op, f"REVOKE INSERT ON {schema}.audit, {schema}.audit_seal FROM {_login(op)}")
    _run(op, f"ALTER TABLE {schema}.audit ENABLE ROW LEVEL SECURITY")
    _run(op, f"CREATE POLICY division ON {schema}.audit FOR SELECT USING (starts_with(division, {DIVISION}))")
    scoped(op, "operation")
    _job_queue(op, schema)


def drop_kernel(op: Any) -> None:
    """Undo `kernel`."""
    schema = _schema(op)
    for table in ("audit", "audit_seal", "idempotency", "operation"):
        _run(op, f"DROP TABLE {schema}.{table} CASCADE")
    drop = f"""
        DO $$ DECLARE found record; BEGIN
          FOR found IN SELECT c.oid::regclass AS name FROM pg_class c WHERE c.relnamespace = '{schema}'::regnamespace
              AND c.relkind = 'r' AND starts_with(c.relname, 'procrastinate') LOOP
            EXECUTE 'DROP TABLE ' || found.name || ' CASCADE';
          END LOOP;
          FOR found IN SELECT p.oid::regprocedure AS name FROM pg_proc p
              WHERE p.pronamespace = '{schema}'::regnamespace LOOP
            EXECUTE 'DROP FUNCTION ' || found.name || ' CASCADE';
          END LOOP;
          FOR found IN SELECT t.oid::regtype AS name FROM pg_type t WHERE t.typnamespace = '{schema}'::regnamespace
              AND starts_with(t.typname, 'procrastinate') LOOP
            EXECUTE 'DROP TYPE ' || found.name || ' CASCADE';
          END LOOP;
        END $$"""  # noqa: S608  # the schema is this migration's own, never a caller's word
    _run(op, drop)


def attachments(op: Any) -> None:
    """The tables of `fupin.attachments`, within their division; that a content was erased stays on record."""
    metadata = MetaData(
        schema=_schema(op), naming_convention=op.get_context().opts["target_metadata"].naming_convention
    )
    attachment_tables(metadata)
    metadata.create_all(op.get_bind())
    scoped(op, "attachment", "attachment_content")
    audited(op, "attachment")
    _run(op, f"REVOKE UPDATE, DELETE, TRUNCATE ON {_schema(op)}.attachment FROM {_login(op)}")
    _run(op, f"GRANT UPDATE (removed_at) ON {_schema(op)}.attachment TO {_login(op)}")
    _run(op, f"REVOKE UPDATE, TRUNCATE ON {_schema(op)}.attachment_content FROM {_login(op)}")


def drop_attachments(op: Any) -> None:
    """Undo `attachments`."""
    _run(op, f"DROP TABLE {_schema(op)}.attachment, {_schema(op)}.attachment_content")


def calendars(op: Any) -> None:
    """The table of `fupin.calendars`, within its division, and the function that opens one by its address's digest."""
    schema = _schema(op)
    metadata = MetaData(schema=schema, naming_convention=op.get_context().opts["target_metadata"].naming_convention)
    calendar_tables(metadata)
    metadata.create_all(op.get_bind())
    scoped(op, "calendar")
    audited(op, "calendar", hide=("digest",))
    _run(op, f"REVOKE UPDATE, DELETE, TRUNCATE ON {schema}.calendar FROM {_login(op)}")
    _run(op, f"GRANT UPDATE (revoked_at) ON {schema}.calendar TO {_login(op)}")
    _run(op, f"CREATE POLICY opening ON {schema}.calendar FOR SELECT TO {_login(op)}_owner USING (revoked_at IS NULL)")
    _run(
        op,
        f"""
        CREATE FUNCTION {schema}.calendar_open(given bytea) RETURNS SETOF {schema}.calendar
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
          SELECT * FROM calendar WHERE digest = given AND revoked_at IS NULL
        $$""",  # noqa: S608  # the schema is this migration's own, never a caller's word
    )


def drop_calendars(op: Any) -> None:
    """Undo `calendars`."""
    _run(op, f"DROP FUNCTION {_schema(op)}.calendar_open(bytea)")
    _run(op, f"DROP TABLE {_schema(op)}.calendar")


def scoped(op: Any, *tables: str, column: str = "division_code") -> None:
    """
    Only rows of the transaction's division are seen or written, also by the owner.

    Each row found is held against the setting; no index is searched by it. Where that costs too much, as in counting a
    large table, a policy of its own on a range of codes is searched (migration 0007 of projects).
    """
    schema = _schema(op)
    for table in tables:
        _run(op, f"ALTER TABLE {schema}.{table} ENABLE ROW LEVEL SECURITY")
        _run(op, f"ALTER TABLE {schema}.{table} FORCE ROW LEVEL SECURITY")
        _run(op, f"CREATE POLICY division ON {schema}.{table} USING (starts_with({column}, {DIVISION}))")


def append_only(op: Any, *tables: str) -> None:
    """Rows are only ever added: UPDATE, DELETE and TRUNCATE are refused, also to the owner and a superuser."""
    schema = _schema(op)
    for table in tables:
        _run(op, f"REVOKE UPDATE, DELETE, TRUNCATE ON {schema}.{table} FROM {_login(op)}")
        _run(
            op,
            f"""
            CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {schema}.{table}
            FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse_change()""",
        )
        _run(op, f"ALTER TABLE {schema}.{table} ENABLE ALWAYS TRIGGER append_only")


def audited(op: Any, *tables: str, hide: Iterable[str] = (), key: str = "id") -> None:
    """
    Every insert, update and delete leaves audit rows: who, when, what changed, request id, purpose.

    `hide` names columns whose values are personal data: that they changed is recorded, not what they held.
    While `fupin.bulk` is set (to the id of an import) a statement leaves one row with the number of rows it touched.
    """
    schema = _schema(op)
    arguments = f"'{key}', '{','.join(hide)}'"
    for table in tables:
        for action, tables_ in (
            ("INSERT", "NEW TABLE AS fresh"),
            ("UPDATE", "OLD TABLE AS stale NEW TABLE AS fresh"),
            ("DELETE", "OLD TABLE AS stale"),
        ):
            _run(
                op,
                f"""
                CREATE TRIGGER audit_{action.lower()} AFTER {action} ON {schema}.{table} REFERENCING {tables_}
                FOR EACH STATEMENT EXECUTE FUNCTION {schema}.audit_change({arguments})""",
            )


def _schema(op: Any) -> str:
    return str(op.get_context().opts["version_table_schema"])


def _login(op: Any) -> str:
    return f"fupin_{_schema(op)}"


def _run(op: Any, statement: str) -> None:
    """As the driver takes it: `%`, `:` and `{}` mean nothing here."""
    op.get_bind().connection.driver_connection.execute(statement)


def _job_queue(op: Any, schema: str) -> None:
    """procrastinate's own schema, inside this service's."""
    source = Path(procrastinate.__file__).parent / "sql" / "schema.sql"
    bind = op.get_bind()
    before = bind.exec_driver_sql("SHOW search_path").scalar_one()
    bind.exec_driver_sql(f"SET LOCAL search_path = {schema}, public")
    bind.connection.driver_connection.execute(source.read_text())
    bind.exec_driver_sql(f"SET LOCAL search_path = {before}")


_FUNCTIONS = (
    """
    CREATE FUNCTION {schema}.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION '% on % refused: these records are only added to', tg_op, tg_table_name USING ERRCODE = '23001';
    END $$""",
    # Who acts is what the transaction says; without it (a migration, psql) the login and the whole country.
    """
    CREATE FUNCTION {schema}.audit_write(p_action text, p_kind text, p_object_id text, p_change jsonb) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
      INSERT INTO audit (actor, division, request_id, purpose, action, kind, object_id, change)
      VALUES (coalesce(nullif(current_setting('fupin.actor', true), ''), 'login:' || session_user),
              coalesce(current_setting('fupin.division', true), ''),
              coalesce(current_setting('fupin.request_id', true), ''),
              nullif(current_setting('fupin.purpose', true), ''), p_action, p_kind, p_object_id, p_change)
    $$""",
    """
    CREATE FUNCTION {schema}.audit_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
    DECLARE
      v_key text := tg_argv[0];
      v_hide text[] := string_to_array(tg_argv[1], ',');
      v_actor text := coalesce(nullif(current_setting('fupin.actor', true), ''), 'login:' || session_user);
      v_division text := coalesce(current_setting('fupin.division', true), '');
      v_request text := coalesce(current_setting('fupin.request_id', true), '');
      v_purpose text := nullif(current_setting('fupin.purpose', true), '');
      v_bulk text := nullif(current_setting('fupin.bulk', true), '');
      v_count bigint;
    BEGIN
      IF v_bulk IS NOT NULL THEN
        IF tg_op = 'DELETE' THEN SELECT count(*) INTO v_count FROM stale;
        ELSE SELECT count(*) INTO v_count FROM fresh; END IF;
        IF v_count > 0 THEN
          INSERT INTO audit (actor, division, request_id, purpose, action, kind, object_id, change)
          VALUES (v_actor, v_division, v_request, v_purpose, 'BULK_' || tg_op, tg_table_name, v_bulk,
                  jsonb_build_object('rows', v_count));
        END IF;
      ELSIF tg_op = 'INSERT' THEN
        INSERT INTO audit (actor, division, request_id, purpose, action, kind, object_id, change)
        SELECT v_actor, v_division, v_request, v_purpose, tg_op, tg_table_name, r ->> v_key, r - v_hide
        FROM (SELECT to_jsonb(f) AS r FROM fresh f) x;
      ELSIF tg_op = 'DELETE' THEN
        INSERT INTO audit (actor, division, request_id, purpose, action, kind, object_id, change)
        SELECT v_actor, v_division, v_request, v_purpose, tg_op, tg_table_name, r ->> v_key, r - v_hide
        FROM (SELECT to_jsonb(s) AS r FROM stale s) x;
      ELSE
        -- MATERIALIZED: a row is turned into JSON once, not once for every key that is looked at
        WITH later AS MATERIALIZED (SELECT to_jsonb(f) AS r FROM fresh f),
             earlier AS MATERIALIZED (SELECT to_jsonb(s) AS r FROM stale s)
        INSERT INTO audit (actor, division, request_id, purpose, action, kind, object_id, change)
        SELECT v_actor, v_division, v_request, v_purpose, tg_op, tg_table_name, later.r ->> v_key,
               (SELECT jsonb_object_agg(k, CASE WHEN k = ANY (v_hide) THEN '"changed"'::jsonb
                                                ELSE jsonb_build_array(earlier.r -> k, v) END)
                FROM jsonb_each(later.r) AS e (k, v) WHERE earlier.r -> k IS DISTINCT FROM v)
        FROM later JOIN earlier ON earlier.r ->> v_key = later.r ->> v_key
        WHERE earlier.r IS DISTINCT FROM later.r;
      END IF;
      RETURN NULL;
    END $$""",
    # The text of one entry that its seal covers.
    """
    CREATE FUNCTION {schema}.audit_text(a {schema}.audit) RETURNS text LANGUAGE sql STABLE AS $$
      SELECT concat_ws('|', a.id, to_char(a.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), a.actor,
                       a.division, a.request_id, coalesce(a.purpose, ''), a.action, a.kind, a.object_id,
                       coalesce(a.change::text, ''))
    $$""",
    # Seals every entry whose transaction is over and that no running one can precede: no writer waits, no gap stays.
    """
    CREATE FUNCTION {schema}.audit_seal_now() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp SET row_security = off AS $$
    DECLARE
      v_from xid8; v_previous bytea; v_upto xid8; v_hash bytea; v_count bigint;
    BEGIN
      PERFORM pg_advisory_xact_lock(hashtext('{schema}.audit_seal'));
      v_upto := pg_snapshot_xmin(pg_current_snapshot());
      SELECT upto, hash INTO v_from, v_previous FROM audit_seal ORDER BY id DESC LIMIT 1;
      SELECT count(*), sha256(coalesce(v_previous, ''::bytea)
             || coalesce(string_agg(sha256(convert_to(audit_text(a), 'UTF8')), ''::bytea ORDER BY a.id), ''::bytea))
        INTO v_count, v_hash
        FROM audit a WHERE a.xid >= coalesce(v_from, '0'::xid8) AND a.xid < v_upto;
      IF v_count > 0 THEN
        INSERT INTO audit_seal (upto, entries, previous, hash) VALUES (v_upto, v_count, v_previous, v_hash);
      END IF;
      RETURN v_count;
    END $$""",
    # First seal that does not follow from its entries and the seal before it; NULL when all do.
    """
    CREATE FUNCTION {schema}.audit_broken_seal() RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = {schema}, pg_temp SET row_security = off AS $$
      SELECT min(s.id) FROM (
        SELECT id, entries, hash, upto, previous, lag(upto, 1, '0'::xid8) OVER w AS since, lag(hash) OVER w AS before
        FROM audit_seal WINDOW w AS (ORDER BY id)) s
      CROSS JOIN LATERAL (
        SELECT count(*) AS entries, sha256(coalesce(s.before, ''::bytea) || coalesce(
                 string_agg(sha256(convert_to(audit_text(a), 'UTF8')), ''::bytea ORDER BY a.id), ''::bytea)) AS hash
        FROM audit a WHERE a.xid >= s.since AND a.xid < s.upto) r
      WHERE (r.entries, r.hash, s.before) IS DISTINCT FROM (s.entries, s.hash, s.previous)
    $$""",
    "REVOKE EXECUTE ON FUNCTION {schema}.audit_change() FROM {login}",
)
