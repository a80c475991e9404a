"""
change requests: proposals decided by two people, moves of households and members, mergers of villages

A request's state goes only where `change_request_guard` lets it, under the name of whoever acts; its steps are written
by `track_change_request` alone.
"""

from alembic import op

from fupin import ddl

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = "id uuid DEFAULT uuidv7() NOT NULL"
PLACED = 'county_code varchar(6) COLLATE "C" NOT NULL, division_code varchar(12) COLLATE "C" NOT NULL'
COUNTY = 'county_code varchar(6) COLLATE "C" NOT NULL'

TABLES = (
    f"""
    CREATE TABLE registry.change_request (
      created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
      {PLACED},
      {ID} CONSTRAINT pk_change_request PRIMARY KEY,
      kind varchar(32) NOT NULL,
      state varchar(32) DEFAULT 'SUBMITTED' NOT NULL,
      household_id uuid NOT NULL CONSTRAINT fk_change_request_household_id REFERENCES registry.household (id),
      member_id uuid CONSTRAINT fk_change_request_member_id REFERENCES registry.member (id),
      other_household_id uuid CONSTRAINT fk_change_request_other_household_id REFERENCES registry.household (id),
      to_division_code varchar(12) COLLATE "C"
        CONSTRAINT fk_change_request_to_division_code REFERENCES registry.division (code),
      on_date date,
      base_version integer NOT NULL,
      other_base_version integer,
      proposal_enc bytea NOT NULL,
      shown jsonb NOT NULL,
      reason varchar(500) NOT NULL,
      evidence varchar(2000) NOT NULL,
      document_ref varchar(200),
      submitted_by varchar NOT NULL,
      reviewed_by varchar,
      decided_by varchar,
      decided_at timestamptz,
      note varchar(500) DEFAULT '' NOT NULL,
      version integer DEFAULT 1 NOT NULL,
      CONSTRAINT ck_change_request_county CHECK (county_code = left(division_code, 6)),
      CONSTRAINT ck_change_request_county_to CHECK (left(to_division_code, 6) = county_code),
      CONSTRAINT ck_change_request_two_people CHECK (
        state <> 'APPROVED' AND (state <> 'REFUSED' OR decided_by <> submitted_by) OR
        (decided_by IS NOT NULL AND reviewed_by IS NOT NULL AND decided_by NOT IN (submitted_by, reviewed_by))),
      CONSTRAINT ck_change_request_submitter CHECK (state <> 'WITHDRAWN' OR decided_by = submitted_by),
      CONSTRAINT ck_change_request_reason CHECK (state <> 'REFUSED' OR note <> ''),
      CONSTRAINT ck_change_request_decided CHECK (
        (state IN ('APPROVED', 'REFUSED', 'WITHDRAWN')) = (decided_by IS NOT NULL)
        AND (decided_by IS NULL) = (decided_at IS NULL))
    )""",
    "CREATE INDEX ix_change_request_division_code_id ON registry.change_request (division_code, id)",
    "CREATE INDEX ix_change_request_household_id ON registry.change_request (household_id)",
    "CREATE INDEX ix_change_request_to_division_code ON registry.change_request (to_division_code)",
    """
    CREATE TABLE registry.change_request_step (
      change_request_id uuid NOT NULL
        CONSTRAINT fk_change_request_step_change_request_id REFERENCES registry.change_request (id),
      seq smallint NOT NULL,
      from_state varchar(32),
      to_state varchar(32) NOT NULL,
      actor varchar NOT NULL,
      actor_division varchar(12) NOT NULL,
      scope varchar(32) NOT NULL,
      note varchar DEFAULT '' NOT NULL,
      at timestamptz DEFAULT clock_timestamp() NOT NULL,
      CONSTRAINT pk_change_request_step PRIMARY KEY (change_request_id, seq)
    )""",
    f"""
    CREATE TABLE registry.division_merger (
      {PLACED},
      {ID} CONSTRAINT pk_division_merger PRIMARY KEY,
      from_codes varchar(12)[] NOT NULL,
      on_date date NOT NULL,
      reason varchar(500) NOT NULL,
      households integer NOT NULL,
      actor varchar NOT NULL,
      at timestamptz DEFAULT clock_timestamp() NOT NULL,
      CONSTRAINT fk_division_merger_division_code FOREIGN KEY (division_code) REFERENCES registry.division (code),
      CONSTRAINT ck_division_merger_county CHECK (county_code = left(division_code, 6)),
      CONSTRAINT ck_division_merger_villages CHECK (
        right(division_code, 3) <> '000' AND NOT division_code = ANY (from_codes) AND cardinality(from_codes) > 0)
    )""",
    f"""
    CREATE TABLE registry.household_move (
      {ID} CONSTRAINT pk_household_move PRIMARY KEY,
      household_id uuid NOT NULL CONSTRAINT fk_household_move_household_id REFERENCES registry.household (id),
      {COUNTY},
      from_code varchar(12) COLLATE "C" NOT NULL,
      to_code varchar(12) COLLATE "C" NOT NULL,
      moved_on date NOT NULL,
      change_request_id uuid CONSTRAINT fk_household_move_change_request_id REFERENCES registry.change_request (id),
      division_merger_id uuid
        CONSTRAINT fk_household_move_division_merger_id REFERENCES registry.division_merger (id),
      CONSTRAINT ck_household_move_county CHECK (county_code = left(to_code, 6) AND county_code = left(from_code, 6)),
      CONSTRAINT ck_household_move_codes CHECK (from_code <> to_code),
      CONSTRAINT ck_household_move_cause CHECK ((change_request_id IS NULL) <> (division_merger_id IS NULL))
    )""",
    "CREATE INDEX ix_household_move_household_id_moved_on ON registry.household_move (household_id, moved_on)",
    "CREATE INDEX ix_household_move_moved_on ON registry.household_move (moved_on)",
    f"""
    CREATE TABLE registry.household_lineage (
      household_id uuid NOT NULL CONSTRAINT fk_household_lineage_household_id REFERENCES registry.household (id),
      other_household_id uuid NOT NULL
        CONSTRAINT fk_household_lineage_other_household_id REFERENCES registry.household (id),
      {COUNTY},
      kind varchar(32) NOT NULL,
      on_date date NOT NULL,
      change_request_id uuid NOT NULL
        CONSTRAINT fk_household_lineage_change_request_id REFERENCES registry.change_request (id),
      CONSTRAINT pk_household_lineage PRIMARY KEY (household_id, other_household_id),
      CONSTRAINT ck_household_lineage_two CHECK (household_id <> other_household_id)
    )""",
    """
    CREATE UNIQUE INDEX uq_household_lineage_merged_into ON registry.household_lineage (household_id)
    WHERE kind = 'MERGED'""",
    "CREATE INDEX ix_household_lineage_other_household_id ON registry.household_lineage (other_household_id)",
)

# Which step may follow which; `services.registry.rules.change_requests.MOVES` says the same to the caller.
ORDER = (
    ("SUBMITTED", "TOWN_REVIEWED"),
    ("SUBMITTED", "REFUSED"),
    ("SUBMITTED", "WITHDRAWN"),
    ("TOWN_REVIEWED", "APPROVED"),
    ("TOWN_REVIEWED", "REFUSED"),
    ("TOWN_REVIEWED", "RETURNED"),
    ("TOWN_REVIEWED", "WITHDRAWN"),
    ("RETURNED", "SUBMITTED"),
    ("RETURNED", "WITHDRAWN"),
)
ORDER_SQL = ", ".join(f"('{before}', '{after}')" for before, after in ORDER)

FUNCTIONS = (
    f"""
    CREATE FUNCTION registry.change_request_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      v_actor text := coalesce(nullif(current_setting('fupin.actor', true), ''), 'login:' || session_user);
    BEGIN
      IF tg_op = 'UPDATE' THEN
        IF NEW.state = OLD.state THEN
          IF to_jsonb(NEW) - 'version' <> to_jsonb(OLD) - 'version' THEN
            RAISE EXCEPTION 'a request changes by its steps only' USING ERRCODE = '23514',
              CONSTRAINT = 'ck_change_request_order';
          END IF;
          RETURN NEW;
        END IF;
        IF (OLD.state, NEW.state) NOT IN ({ORDER_SQL}) THEN
          RAISE EXCEPTION 'not in this order' USING ERRCODE = '23514', CONSTRAINT = 'ck_change_request_order';
        END IF;
        IF NEW.state <> 'TOWN_REVIEWED' AND NEW.state <> 'SUBMITTED'
           AND NEW.reviewed_by IS DISTINCT FROM OLD.reviewed_by THEN
          RAISE EXCEPTION 'who reviewed stays' USING ERRCODE = '23514', CONSTRAINT = 'ck_change_request_actor';
        END IF;
      ELSIF NEW.state <> 'SUBMITTED' THEN
        RAISE EXCEPTION 'begins as submitted' USING ERRCODE = '23514', CONSTRAINT = 'ck_change_request_order';
      END IF;
      IF (CASE NEW.state
           WHEN 'SUBMITTED' THEN NEW.submitted_by <> v_actor OR NEW.reviewed_by IS NOT NULL
           WHEN 'TOWN_REVIEWED' THEN NEW.reviewed_by IS DISTINCT FROM v_actor
           WHEN 'RETURNED' THEN v_actor IN (NEW.submitted_by, NEW.reviewed_by)
           ELSE NEW.decided_by IS DISTINCT FROM v_actor END) THEN
        RAISE EXCEPTION 'not under this name' USING ERRCODE = '23514', CONSTRAINT = 'ck_change_request_actor';
      END IF;
      IF NEW.state = 'TOWN_REVIEWED' AND NOT starts_with(coalesce(NEW.to_division_code, NEW.division_code),
                                                         {ddl.DIVISION}) THEN
        RAISE EXCEPTION 'not by this town' USING ERRCODE = '23514', CONSTRAINT = 'ck_change_request_receiver';
      END IF;
      RETURN NEW;
    END $$""",
    """
    CREATE FUNCTION registry.track_change_request() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
    DECLARE v_from text;
    BEGIN
      IF tg_op = 'UPDATE' THEN
        IF NEW.state = OLD.state THEN RETURN NULL; END IF;
        v_from := OLD.state;
      END IF;
      INSERT INTO change_request_step (change_request_id, seq, from_state, to_state, actor, actor_division, scope, note)
      SELECT NEW.id, (SELECT count(*) + 1 FROM change_request_step s WHERE s.change_request_id = NEW.id), v_from,
             NEW.state, coalesce(nullif(current_setting('fupin.actor', true), ''), 'login:' || session_user),
             coalesce(current_setting('fupin.division', true), ''),
             CASE WHEN NEW.state IN ('SUBMITTED', 'WITHDRAWN') THEN 'registry:write'
                  WHEN NEW.state = 'TOWN_REVIEWED' OR v_from = 'SUBMITTED' THEN 'registry:review'
                  ELSE 'registry:approve' END,
             NEW.note;
      RETURN NULL;
    END $$""",
    # Old files name old villages: no household is registered in, or brought back to, one that was merged.
    """
    CREATE FUNCTION registry.refuse_ended_division() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF EXISTS (SELECT FROM registry.division d JOIN fresh f ON f.division_code = d.code
                 WHERE d.successor_code IS NOT NULL) THEN
        RAISE EXCEPTION 'that village was merged' USING ERRCODE = '23514', CONSTRAINT = 'household_division_ended';
      END IF;
      RETURN NULL;
    END $$""",
    """
    CREATE TRIGGER division_ended_insert AFTER INSERT ON registry.household REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION registry.refuse_ended_division()""",
    """
    CREATE TRIGGER division_ended_update AFTER UPDATE ON registry.household REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION registry.refuse_ended_division()""",
    """
    CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON registry.change_request
    FOR EACH ROW EXECUTE FUNCTION registry.change_request_guard()""",
    """
    CREATE TRIGGER track AFTER INSERT OR UPDATE OF state ON registry.change_request
    FOR EACH ROW EXECUTE FUNCTION registry.track_change_request()""",
)

# What a step sets; all else of a request stays as submitted.
STEP_COLUMNS = (
    "state, base_version, other_base_version, other_household_id, reviewed_by, decided_by, decided_at, note, version"
)

POLICIES = {
    # The village that a household leaves and the one it comes to both see it.
    "change_request": "starts_with(division_code, {d}) OR starts_with(to_division_code, {d})",
    "household_move": "starts_with(from_code, {d}) OR starts_with(to_code, {d})",
    "change_request_step": "EXISTS (SELECT FROM registry.change_request r WHERE r.id = change_request_id)",
    "household_lineage": "EXISTS (SELECT FROM registry.household h WHERE h.id IN (household_id, other_household_id))",
}


def upgrade() -> None:
    run = op.get_bind().connection.driver_connection.execute
    for statement in (*TABLES, *FUNCTIONS):
        run(statement)
    for table, seen in POLICIES.items():
        run(f"ALTER TABLE registry.{table} ENABLE ROW LEVEL SECURITY")
        run(f"ALTER TABLE registry.{table} FORCE ROW LEVEL SECURITY")
        run(f"CREATE POLICY division ON registry.{table} USING ({seen.format(d=ddl.DIVISION)})")
    run(f"""
        CREATE POLICY own ON registry.change_request AS RESTRICTIVE FOR INSERT
        WITH CHECK (starts_with(division_code, {ddl.DIVISION}))""")
    ddl.scoped(op, "division_merger")
    ddl.append_only(op, "change_request_step", "division_merger", "household_move", "household_lineage")
    run("REVOKE INSERT ON registry.change_request_step FROM fupin_registry")
    run("REVOKE UPDATE, DELETE, TRUNCATE ON registry.change_request FROM fupin_registry")
    run(f"GRANT UPDATE ({STEP_COLUMNS}) ON registry.change_request TO fupin_registry")
    ddl.audited(op, "change_request", hide=("proposal_enc",))
    ddl.audited(op, "division_merger")


def downgrade() -> None:
    run = op.get_bind().connection.driver_connection.execute
    run("DROP FUNCTION registry.refuse_ended_division CASCADE")
    for table in (
        "household_lineage", "household_move", "division_merger", "change_request_step", "change_request",
    ):  # fmt: skip
        run(f"DROP TABLE registry.{table}")
    run("DROP FUNCTION registry.change_request_guard, registry.track_change_request")
