"""histories: versions of households and persons in two times, and the change feed"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from fupin import ddl
from fupin.db import Xid8

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

OWNER = "fupin_registry_owner"

# Table, what its lines are known by, where its rows stand.
FED = (
    ("division", ("code",), "code"),
    ("household", ("id",), "division_code"),
    ("member", ("id",), "division_code"),
    ("household_income", ("household_id", "year"), "division_code"),
    ("helper_assignment", ("id",), "division_code"),
    ("household_pathway", ("id",), "division_code"),
    ("guarantee_check", ("id",), "division_code"),
)

# A row that leaves a division is deleted for who reads there, and new for who reads where it went.
NOTE = """
CREATE FUNCTION registry.note_{table}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
BEGIN
  IF tg_op = 'INSERT' THEN
    INSERT INTO recorded_change (kind, object_id, action, version, division_code)
    SELECT '{table}', {key}, 'INSERT', version, {place} FROM fresh;
  ELSIF tg_op = 'DELETE' THEN
    INSERT INTO recorded_change (kind, object_id, action, version, division_code)
    SELECT '{table}', {key}, 'DELETE', version, {place} FROM stale;
  ELSE
    INSERT INTO recorded_change (kind, object_id, action, version, division_code)
    SELECT '{table}', {o_key}, 'DELETE', n.version, o.{place} FROM fresh n JOIN stale o ON {same}
    WHERE o.{place} <> n.{place};
    INSERT INTO recorded_change (kind, object_id, action, version, division_code)
    SELECT '{table}', {n_key}, CASE WHEN o.{place} <> n.{place} THEN 'INSERT' ELSE 'UPDATE' END, n.version, n.{place}
    FROM fresh n JOIN stale o ON {same};
  END IF;
  RETURN NULL;
END $$"""

# What stands in the tables already is new to the feed. The owner sees rows of a division only, like anybody.
NOTE_ALL = """
DO $$
DECLARE v_division text := coalesce(current_setting('fupin.division', true), '');
BEGIN
  FOR v_first IN 1..9 LOOP
    PERFORM set_config('fupin.division', v_first::text, true);
    {inserts}
  END LOOP;
  PERFORM set_config('fupin.division', v_division, true);
END $$"""
NOTE_EACH = """
    INSERT INTO registry.recorded_change (kind, object_id, action, version, division_code)
    SELECT '{table}', {key}, 'INSERT', version, {place} FROM registry.{table};"""

# A row that never changed is its own only version, known since created_at: inserting costs nothing here. The first
# change keeps what was and what is. Versions are numbered by row (its lock keeps the numbers apart); of those with
# valid_from up to the day and recorded_at up to the moment, the one with the highest number holds. So a change that
# holds from a past day writes what it changed into every later version again, and nothing is ever taken back.
# A scan of the versions would read what the same statement writes, again for every row: they are found by index.
# Where a row leaves a place (division; for a member also the household) a version `gone` stands there.
KEEP = """
CREATE FUNCTION registry.keep_{table}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp SET enable_seqscan = off AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
  v_actor text := coalesce(nullif(current_setting('fupin.actor', true), ''), 'login:' || session_user);
  v_on date := coalesce(nullif(current_setting('fupin.effective_on', true), '')::date,
                        (v_now AT TIME ZONE 'Asia/Shanghai')::date);
BEGIN
  IF tg_op = 'DELETE' THEN
    WITH ended AS MATERIALIZED (
      SELECT o.*, to_jsonb(o) AS was,
             (SELECT max(v.seq) FROM {table}_version v WHERE v.id = o.id) AS last_seq
      FROM stale o
    )
    INSERT INTO {table}_version (id, seq, {place}, valid_from, recorded_at, actor, gone, image)
    SELECT id, 1, {place}, '-infinity', created_at, '', false, was FROM ended WHERE last_seq IS NULL
    UNION ALL
    SELECT id, coalesce(last_seq, 1) + 1, {place}, v_on, v_now, v_actor, true, NULL FROM ended;
    RETURN NULL;
  END IF;

  WITH changed AS MATERIALIZED (
    SELECT x.*, last.seq AS last_seq, last.valid_from AS last_from
    FROM (
      SELECT n.id, o.created_at, to_jsonb(o) AS was, to_jsonb(n) AS image, {on} AS since,
             ({n_place}) IS DISTINCT FROM ({o_place}) AS moved
      FROM fresh n JOIN stale o ON o.id = n.id
      WHERE n.* IS DISTINCT FROM o.*
    ) x
    LEFT JOIN LATERAL (
      SELECT v.seq, v.valid_from FROM {table}_version v WHERE v.id = x.id ORDER BY v.seq DESC LIMIT 1
    ) last ON true
    WHERE x.was - '{{version,source_hash}}'::text[] <> x.image - '{{version,source_hash}}'::text[]
  ),
  rewritten AS (
    SELECT c.id, c.last_seq + c.moved::int AS base, greatest(b.valid_from, c.since) AS valid_from,
           r.image, lag(r.image) OVER (PARTITION BY c.id ORDER BY b.valid_from) AS before
    FROM changed c
    CROSS JOIN LATERAL (
      SELECT jsonb_object_agg(e.key, e.value) AS fields FROM jsonb_each(c.image) e
      WHERE c.was -> e.key IS DISTINCT FROM e.value
    ) d
    CROSS JOIN LATERAL (
      SELECT v.valid_from, v.image, lead(v.valid_from) OVER (ORDER BY v.valid_from) AS until
      FROM {table}_version v
      WHERE v.id = c.id AND NOT v.gone AND NOT EXISTS (
        SELECT FROM {table}_version w WHERE w.id = v.id AND w.seq > v.seq AND w.valid_from <= v.valid_from)
    ) b
    CROSS JOIN LATERAL (SELECT b.image || d.fields AS image) r
    WHERE c.since < c.last_from AND (b.until IS NULL OR b.until > c.since)
  ),
  written (id, seq, valid_from, recorded_at, actor, gone, place) AS (
    SELECT id, 1, '-infinity'::date, created_at, '', false, was FROM changed WHERE last_seq IS NULL
    UNION ALL
    SELECT id, coalesce(last_seq, 1) + 1, since, v_now, v_actor, true, was FROM changed WHERE moved
    UNION ALL
    SELECT id, coalesce(last_seq, 1) + 1 + moved::int, since, v_now, v_actor, false, image
    FROM changed WHERE last_seq IS NULL OR since >= last_from
    UNION ALL
    SELECT id, base + row_number() OVER (PARTITION BY id ORDER BY valid_from, g.gone DESC), valid_from, v_now, v_actor,
           g.gone, CASE WHEN g.gone THEN before ELSE image END
    FROM rewritten CROSS JOIN (VALUES (true), (false)) g (gone)
    WHERE NOT g.gone OR ({before_place}) IS DISTINCT FROM ({image_place}) AND before IS NOT NULL
  )
  INSERT INTO {table}_version (id, seq, {place}, valid_from, recorded_at, actor, gone, image)
  SELECT id, seq, {json_place}, valid_from, recorded_at, actor, gone, CASE WHEN NOT gone THEN place END FROM written;
  RETURN NULL;
END $$"""

# What has a day of its own holds from that day, whenever it is recorded.
SINCE = {
    "household": """least(v_on,
               CASE WHEN n.status <> o.status THEN n.status_on
                    WHEN n.status_on <> o.status_on THEN least(n.status_on, o.status_on) END,
               CASE WHEN n.identified_on IS DISTINCT FROM o.identified_on
                    THEN least(n.identified_on, o.identified_on) END,
               CASE WHEN n.exited_on IS DISTINCT FROM o.exited_on THEN least(n.exited_on, o.exited_on) END)""",
    "member": """CASE WHEN n.joined_on IS DISTINCT FROM o.joined_on THEN '-infinity' ELSE least(v_on,
               CASE WHEN n.left_on IS DISTINCT FROM o.left_on THEN least(n.left_on, o.left_on) END,
               CASE WHEN n.died_on IS DISTINCT FROM o.died_on THEN least(n.died_on, o.died_on) END) END""",
}
PLACES = {"household": ("division_code",), "member": ("division_code", "household_id")}


def upgrade() -> None:
    op.create_table(
        "recorded_change",
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("object_id", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("division_code", sa.String(length=12, collation="C"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("xid", "seq", name=op.f("pk_recorded_change")),
        schema="registry",
    )
    for table, places in PLACES.items():
        household = [sa.Column("household_id", sa.Uuid(), nullable=False)] if "household_id" in places else []
        op.create_table(
            f"{table}_version",
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("seq", sa.Integer(), nullable=False),
            sa.Column("division_code", sa.String(length=12, collation="C"), nullable=False),
            *household,
            sa.Column("valid_from", sa.Date(), nullable=False),
            sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
            sa.Column("actor", sa.String(), nullable=False),
            sa.Column("gone", sa.Boolean(), nullable=False),
            sa.Column("image", postgresql.JSONB(), nullable=True),
            sa.CheckConstraint("gone = (image IS NULL)", name=op.f(f"ck_{table}_version_gone")),
            sa.PrimaryKeyConstraint("id", "seq", name=op.f(f"pk_{table}_version")),
            schema="registry",
        )
    op.create_index(
        op.f("ix_member_version_household_id_id_seq"),
        "member_version",
        ["household_id", "id", "seq"],
        unique=False,
        schema="registry",
    )
    kept = ("recorded_change", "household_version", "member_version")
    ddl.scoped(op, *kept)
    ddl.append_only(op, *kept)
    for table in kept:
        op.execute(f"REVOKE INSERT ON registry.{table} FROM fupin_registry")
        # The triggers act as the owner and must find a row's versions wherever they stand.
        op.execute(f"CREATE POLICY kept ON registry.{table} TO {OWNER} USING (true)")
    for table, key, place in FED:
        _note(table, key, place)
    for table, places in PLACES.items():
        _keep(table, places)
    inserts = "".join(NOTE_EACH.format(table=table, key=_named(key), place=place) for table, key, place in FED)
    _run(NOTE_ALL.format(inserts=inserts))


def downgrade() -> None:
    for table, _, _ in FED:
        op.execute(f"DROP FUNCTION registry.note_{table}() CASCADE")
    for table in PLACES:
        op.execute(f"DROP FUNCTION registry.keep_{table}() CASCADE")
        op.drop_table(f"{table}_version", schema="registry")
    op.drop_table("recorded_change", schema="registry")


def _note(table: str, key: tuple[str, ...], place: str) -> None:
    same = " AND ".join(f"o.{column} = n.{column}" for column in key)
    keys = {"key": _named(key), "n_key": _named(key, "n."), "o_key": _named(key, "o.")}
    _run(NOTE.format(table=table, same=same, place=place, **keys))
    _trigger(table, "note", "INSERT", "NEW TABLE AS fresh")
    _trigger(table, "note", "UPDATE", "OLD TABLE AS stale NEW TABLE AS fresh")
    _trigger(table, "note", "DELETE", "OLD TABLE AS stale")


def _keep(table: str, places: tuple[str, ...]) -> None:
    def each(shape: str) -> str:
        return ", ".join(shape.format(place) for place in places)

    casts = {"division_code": "place ->> 'division_code'", "household_id": "(place ->> 'household_id')::uuid"}
    _run(
        KEEP.format(
            table=table,
            place=", ".join(places),
            n_place=each("n.{}"),
            o_place=each("o.{}"),
            before_place=each("before ->> '{}'"),
            image_place=each("image ->> '{}'"),
            json_place=", ".join(casts[place] for place in places),
            on=SINCE[table],
        )
    )
    _trigger(table, "keep", "UPDATE", "OLD TABLE AS stale NEW TABLE AS fresh")
    _trigger(table, "keep", "DELETE", "OLD TABLE AS stale")


def _trigger(table: str, what: str, action: str, tables: str) -> None:
    op.execute(f"""
        CREATE TRIGGER {what}_{action.lower()} AFTER {action} ON registry.{table} REFERENCING {tables}
        FOR EACH STATEMENT EXECUTE FUNCTION registry.{what}_{table}()""")


def _named(key: tuple[str, ...], row: str = "") -> str:
    return " || ':' || ".join(f"{row}{column}::text" for column in key)


def _run(statement: str) -> None:
    op.get_bind().connection.driver_connection.execute(statement)
