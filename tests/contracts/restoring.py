"""The rows of a database put back as they were after every write, so that each write meets the same county."""

import psycopg

KEPT = """
CREATE TABLE kept.list AS
SELECT c.oid::regclass AS found, 'kept.' || c.relnamespace::regnamespace || '_' || c.relname AS copy,
  string_agg(quote_ident(a.attname), ', ') AS columns
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
WHERE c.relnamespace = ANY ('{registry,funds,projects,inspection}'::regnamespace[])
  AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relname !~ '^(procrastinate_|alembic_version$|idempotency$|audit$|audit_seal$)'
GROUP BY c.oid"""

COPY = """
DO $$ DECLARE kept record; BEGIN
  FOR kept IN TABLE kept.list LOOP
    EXECUTE format('CREATE TABLE %s AS SELECT %s FROM %s', kept.copy, kept.columns, kept.found);
  END LOOP;
END $$"""

# Triggers that guard what is only added to stand aside for a moment, and only where a row differs.
PUT_BACK = """
DO $$ DECLARE kept record; same boolean; BEGIN
  FOR kept IN TABLE kept.list LOOP
    EXECUTE format(
      'SELECT (SELECT array_agg(r::text ORDER BY r::text) FROM (SELECT %2$s FROM %1$s) r)
        IS NOT DISTINCT FROM (SELECT array_agg(r::text ORDER BY r::text) FROM %3$s r)',
      kept.found, kept.columns, kept.copy) INTO same;
    IF NOT same THEN
      EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', kept.found);
      EXECUTE format('DELETE FROM %s', kept.found);
      EXECUTE format(
        'INSERT INTO %1$s (%2$s) OVERRIDING SYSTEM VALUE SELECT %2$s FROM %3$s', kept.found, kept.columns, kept.copy);
      EXECUTE format('ALTER TABLE %s ENABLE TRIGGER USER', kept.found);
    END IF;
  END LOOP;
END $$"""


def keep(db: psycopg.Connection) -> None:
    db.execute("CREATE SCHEMA kept")
    db.execute(KEPT)
    db.execute(COPY)


def put_back(db: psycopg.Connection) -> None:
    db.execute(PUT_BACK)
