"""histories of everything that two times are asked of; the feed tells of everything that a peer may hold"""

from typing import Any

from alembic import context, op

from fupin import ddl
from fupin.versions import unversioned, versioned

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# What has a day of its own holds from that day, whenever it is recorded.
HOUSEHOLD_SINCE = """least(v_on,
    CASE WHEN n.status <> o.status THEN n.status_on
         WHEN n.status_on <> o.status_on THEN least(n.status_on, o.status_on) END,
    CASE WHEN n.identified_on IS DISTINCT FROM o.identified_on THEN least(n.identified_on, o.identified_on) END,
    CASE WHEN n.exited_on IS DISTINCT FROM o.exited_on THEN least(n.exited_on, o.exited_on) END)"""
MEMBER_SINCE = """CASE WHEN n.joined_on IS DISTINCT FROM o.joined_on THEN '-infinity' ELSE least(v_on,
    CASE WHEN n.left_on IS DISTINCT FROM o.left_on THEN least(n.left_on, o.left_on) END,
    CASE WHEN n.died_on IS DISTINCT FROM o.died_on THEN least(n.died_on, o.died_on) END) END"""

PLACES = {"household": ("division_code",), "member": ("division_code", "household_id")}

# What says itself which days it is about.
OF_HOUSEHOLDS = ("helper_assignment", "household_pathway", "guarantee_check", "assistance")
ELSEWHERE = ("helper", "appraisal", "village_fact")

# Table, what its lines are known by, and which of its column counts its versions.
FED = {
    "division": ("code", "version", "code"),
    "household": ("id", "version", "division_code"),
    "member": ("id", "version", "division_code"),
    "household_income": ("household_id:year", "version", "division_code"),
    "helper": ("id", "version", "division_code"),
    "helper_assignment": ("id", "version", "division_code"),
    "household_pathway": ("id", "version", "division_code"),
    "guarantee_check": ("id", "version", "division_code"),
    "procedure": ("id", "steps", "division_code"),
    "assistance": ("id", "version", "division_code"),
    "appraisal": ("id", "version", "division_code"),
    "village_fact": ("id", "version", "division_code"),
}
NEW_TO_THE_FEED = ("helper", "procedure", "assistance", "appraisal", "village_fact")

# A row that leaves a division is deleted for who reads there, and new for who reads where it went.
NOTE = """
CREATE OR REPLACE FUNCTION registry.note_{table}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp
SET enable_mergejoin = off SET work_mem = '64MB' AS $$
BEGIN
  IF tg_op = 'INSERT' THEN
    INSERT INTO recorded_change (kind, object_id, action, version, division_code)
    SELECT '{table}', {n_key}, 'INSERT', n.{version}, n.{place} FROM fresh n;
  ELSIF tg_op = 'DELETE' THEN
    INSERT INTO recorded_change (kind, object_id, action, version, division_code)
    SELECT '{table}', {o_key}, 'DELETE', o.{version}, o.{place} FROM stale o;
  ELSE
    INSERT INTO recorded_change (kind, object_id, action, version, division_code)
    SELECT '{table}', {n_key},
           CASE WHEN g.gone THEN 'DELETE' WHEN o.{place} <> n.{place} THEN 'INSERT' ELSE 'UPDATE' END, n.{version},
           CASE WHEN g.gone THEN o.{place} ELSE n.{place} END
    FROM fresh n JOIN stale o ON {same} JOIN (VALUES (true), (false)) g (gone) ON NOT g.gone OR o.{place} <> n.{place};
  END IF;
  RETURN NULL;
END $$"""

# The owner sees rows of a division only, like anybody.
EVERYWHERE = """
DO $$
DECLARE v_division text := coalesce(current_setting('fupin.division', true), '');
BEGIN
  FOR v_first IN 1..9 LOOP
    PERFORM set_config('fupin.division', v_first::text, true);
    {statement};
  END LOOP;
  PERFORM set_config('fupin.division', v_division, true);
END $$"""
NOTE_ALL = """
    INSERT INTO registry.recorded_change (kind, object_id, action, version, division_code)
    SELECT '{table}', {key}, 'INSERT', {version}, {place} FROM registry.{table}"""

# Until now a version held its row as JSON, and none where it was gone: there it now stands as it was last.
TAKE_OVER = """
INSERT INTO registry.{table}_version
SELECT (jsonb_populate_record(NULL::registry.{table}, coalesce(v.image, last.image) || places.kept)).*,
       v.seq, v.valid_from, v.recorded_at, v.actor, v.gone
FROM registry.{table}_image v
CROSS JOIN LATERAL (SELECT to_jsonb(v) - '{{id,seq,valid_from,recorded_at,actor,gone,image}}'::text[] AS kept) places
LEFT JOIN LATERAL (
    SELECT w.image FROM registry.{table}_image w WHERE w.id = v.id AND w.image IS NOT NULL
    ORDER BY w.seq > v.seq, abs(w.seq - v.seq) LIMIT 1
) last ON v.image IS NULL"""


# Back to rows as JSON.
BACK = """
CREATE TABLE registry.{table}_version (
    id uuid NOT NULL,
    seq integer NOT NULL,
    division_code varchar(12) COLLATE "C" NOT NULL,
    {more}
    valid_from date NOT NULL,
    recorded_at timestamptz NOT NULL,
    actor varchar NOT NULL,
    gone boolean NOT NULL,
    image jsonb,
    CONSTRAINT pk_{table}_version PRIMARY KEY (id, seq),
    CONSTRAINT ck_{table}_version_gone CHECK (gone = (image IS NULL))
)"""
GIVE_BACK = """
INSERT INTO registry.{table}_version (id, seq, {places}, valid_from, recorded_at, actor, gone, image)
SELECT v.id, v.seq, {places}, v.valid_from, v.recorded_at, v.actor, v.gone,
       CASE WHEN NOT v.gone THEN to_jsonb(v) - '{{seq,valid_from,recorded_at,actor,gone}}'::text[] END
FROM registry.{table}_row v"""


def upgrade() -> None:
    _dated()
    for table in PLACES:
        op.execute(f"DROP FUNCTION registry.keep_{table}() CASCADE")
        _aside(table, "image")
    versioned(op, "household", since=HOUSEHOLD_SINCE, ended="v_on")
    versioned(op, "member", places=PLACES["member"], since=MEMBER_SINCE, ended="v_on")
    for table in PLACES:
        _run(TAKE_OVER.format(table=table))
        op.execute(f"DROP TABLE registry.{table}_image")
    versioned(op, "household_income", key=("household_id", "year"))
    for table in (*OF_HOUSEHOLDS, *ELSEWHERE):
        versioned(op, table)
    for table in ("member", *OF_HOUSEHOLDS):
        op.execute(
            f"CREATE INDEX ix_{table}_version_household_id_id_seq ON registry.{table}_version (household_id, id, seq)"
        )
    for table in FED:
        _note(table)
    for table in NEW_TO_THE_FEED:
        for action, seen in (
            ("INSERT", "NEW TABLE AS fresh"),
            ("UPDATE", "OLD TABLE AS stale NEW TABLE AS fresh"),
            ("DELETE", "OLD TABLE AS stale"),
        ):
            op.execute(f"""
                CREATE TRIGGER note_{action.lower()} AFTER {action} ON registry.{table} REFERENCING {seen}
                FOR EACH STATEMENT EXECUTE FUNCTION registry.note_{table}()""")
        key, version, place = FED[table]
        statement = NOTE_ALL.format(table=table, key=_named(key, ""), version=version, place=place)
        _run(EVERYWHERE.format(statement=statement))


def downgrade() -> None:
    before: Any = context.script.get_revision("0004").module
    for table in FED:
        op.execute(f"DROP FUNCTION registry.note_{table}() CASCADE")
    for table, key, place in before.FED:
        before._note(table, key, place)
    unversioned(op, "household_income", *OF_HOUSEHOLDS, *ELSEWHERE)
    for table, places in PLACES.items():
        op.execute(f"DROP FUNCTION registry.keep_{table}() CASCADE")
        _aside(table, "row")
        more = "household_id uuid NOT NULL," if "household_id" in places else ""
        op.execute(BACK.format(table=table, more=more))
        op.execute(f"REVOKE INSERT ON registry.{table}_version FROM fupin_registry")
        op.execute(f"CREATE POLICY kept ON registry.{table}_version TO fupin_registry_owner USING (true)")
        ddl.scoped(op, f"{table}_version")
        ddl.append_only(op, f"{table}_version")
        _run(GIVE_BACK.format(table=table, places=", ".join(places)))
        op.execute(f"DROP TABLE registry.{table}_row")
        before._keep(table, places)
    op.execute("CREATE INDEX ix_member_version_household_id_id_seq ON registry.member_version (household_id, id, seq)")
    op.execute("ALTER TABLE registry.household_income DROP COLUMN created_at")
    op.execute("ALTER TABLE registry.household_lineage DROP COLUMN recorded_at")


def _aside(table: str, name: str) -> None:
    """The table of versions under another name, so that one of the other kind can take its place."""
    op.execute(f"ALTER TABLE registry.{table}_version RENAME CONSTRAINT pk_{table}_version TO pk_{table}_{name}")
    op.execute(f"ALTER TABLE registry.{table}_version RENAME TO {table}_{name}")


def _dated() -> None:
    """When an income, and a merger or split, was recorded; so far as with its household, or its request."""
    for table, column, value in (
        ("household_income", "created_at", "SELECT h.created_at FROM registry.household h WHERE h.id = x.household_id"),
        ("household_lineage", "recorded_at",
         "SELECT coalesce(r.decided_at, r.created_at) FROM registry.change_request r WHERE r.id = x.change_request_id"),
    ):  # fmt: skip
        named = f"registry.{table}"
        op.execute(f"ALTER TABLE {named} ADD COLUMN {column} timestamptz")
        op.execute(f"ALTER TABLE {named} DISABLE TRIGGER USER")
        _run(EVERYWHERE.format(statement=f"UPDATE {named} x SET {column} = ({value}) WHERE {column} IS NULL"))  # noqa: S608  # constants
        op.execute(f"ALTER TABLE {named} ENABLE TRIGGER USER")
        op.execute(
            f"ALTER TABLE {named} ALTER COLUMN {column} SET DEFAULT clock_timestamp(),"
            f" ALTER COLUMN {column} SET NOT NULL"
        )
    op.execute("ALTER TABLE registry.household_lineage ENABLE ALWAYS TRIGGER append_only")


def _note(table: str) -> None:
    key, version, place = FED[table]
    same = " AND ".join(f"o.{column} = n.{column}" for column in key.split(":"))
    _run(
        NOTE.format(
            table=table, version=version, place=place, same=same, n_key=_named(key, "n."), o_key=_named(key, "o.")
        )
    )


def _named(key: str, row: str) -> str:
    return " || ':' || ".join(f"{row}{column}::text" for column in key.split(":"))


def _run(statement: str) -> None:
    op.get_bind().connection.driver_connection.execute(statement)
