"""
Documents of steps, adjustments of the library, projects that look alike, and declarations by the sheet.

An adjustment is held as a project is: its state is what its last step says, the trigger on `adjustment_step` is the
only writer of `state` and `steps`, and a deferred key holds both to the step at every commit.
"""

from alembic import op

from fupin import ddl

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SCOPED = (
    "project_document",
    "adjustment",
    "adjustment_step",
    "adjustment_item",
    "declaration_import",
    "declaration_file",
    "declaration_error",
)
AUDITED = ("project_document", "adjustment", "adjustment_step", "adjustment_item", "declaration_import")


def upgrade() -> None:
    run = op.get_bind().connection.driver_connection.execute
    for statement in (*TABLES, *FUNCTIONS, *ALIKE):
        run(statement)
    ddl.scoped(op, *SCOPED)
    ddl.append_only(op, "project_document", "adjustment_step")
    ddl.audited(op, *AUDITED)


def downgrade() -> None:
    run = op.get_bind().connection.driver_connection.execute
    for statement in UNDO:
        run(statement)


ID = "id uuid DEFAULT uuidv7()"
RECORDED = "recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()"
PLACE = 'division_code varchar(12) COLLATE "C" NOT NULL'

# From each state, where a step may lead; `services.projects.rules.adjustments.MOVES` says by whom.
ORDER = (
    ("DRAFTED", "REVIEWED"),
    ("REVIEWED", "NOTICED"),
    ("NOTICED", "APPLIED"),
    *((state, "CANCELLED") for state in ("DRAFTED", "REVIEWED", "NOTICED")),
)
ORDER_SQL = ", ".join(f"('{begin}', '{end}')" for begin, end in ORDER)

TABLES = (
    f"""
    CREATE TABLE projects.project_document (
      {ID} CONSTRAINT pk_project_document PRIMARY KEY,
      project_id uuid NOT NULL,
      {PLACE},
      step_seq integer NOT NULL,
      kind varchar(32) NOT NULL,
      document_ref varchar(100),
      attachment_id uuid,
      {RECORDED},
      CONSTRAINT fk_project_document_project_id FOREIGN KEY (project_id, division_code)
        REFERENCES projects.project (id, division_code),
      CONSTRAINT fk_project_document_step FOREIGN KEY (project_id, step_seq)
        REFERENCES projects.project_step (project_id, seq),
      CONSTRAINT fk_project_document_attachment_id FOREIGN KEY (attachment_id) REFERENCES projects.attachment (id),
      CONSTRAINT ck_project_document_something CHECK (document_ref IS NOT NULL OR attachment_id IS NOT NULL)
    )""",
    "CREATE INDEX ix_project_document_project_id_id ON projects.project_document (project_id, id)",
    f"""
    CREATE TABLE projects.adjustment (
      {ID} CONSTRAINT pk_adjustment PRIMARY KEY,
      {PLACE},
      year smallint NOT NULL,
      title varchar(200) NOT NULL,
      state varchar(32) NOT NULL DEFAULT 'DRAFTED',
      steps integer NOT NULL DEFAULT 1,
      {RECORDED},
      CONSTRAINT uq_adjustment_id_division_code UNIQUE (id, division_code)
    )""",
    "CREATE INDEX ix_adjustment_division_code_id ON projects.adjustment (division_code, id)",
    f"""
    CREATE TABLE projects.adjustment_step (
      {ID} CONSTRAINT pk_adjustment_step PRIMARY KEY,
      adjustment_id uuid NOT NULL,
      {PLACE},
      seq integer NOT NULL,
      from_state varchar(32),
      to_state varchar(32) NOT NULL,
      happened_on date NOT NULL,
      actor varchar(255) NOT NULL,
      scope varchar(40) NOT NULL,
      level varchar(32) NOT NULL,
      document_ref varchar(100),
      opinion varchar(2000),
      notice_until date,
      {RECORDED},
      CONSTRAINT fk_adjustment_step_adjustment_id FOREIGN KEY (adjustment_id, division_code)
        REFERENCES projects.adjustment (id, division_code),
      CONSTRAINT uq_adjustment_step_adjustment_id_seq UNIQUE (adjustment_id, seq),
      CONSTRAINT uq_adjustment_step_adjustment_id_seq_to_state UNIQUE (adjustment_id, seq, to_state),
      CONSTRAINT ck_adjustment_step_first CHECK (seq > 0 AND (seq = 1) = (from_state IS NULL)),
      CONSTRAINT ck_adjustment_step_order CHECK (
        CASE WHEN from_state IS NULL THEN to_state = 'DRAFTED' ELSE (from_state, to_state) IN ({ORDER_SQL}) END),
      CONSTRAINT ck_adjustment_step_notice CHECK ((to_state = 'NOTICED') = (notice_until IS NOT NULL)),
      CONSTRAINT ck_adjustment_step_document CHECK (
        to_state NOT IN ('NOTICED', 'APPLIED') OR document_ref IS NOT NULL),
      CONSTRAINT ck_adjustment_step_opinion CHECK (to_state NOT IN ('REVIEWED', 'CANCELLED') OR opinion IS NOT NULL)
    )""",
    """
    ALTER TABLE projects.adjustment ADD CONSTRAINT fk_adjustment_standing
      FOREIGN KEY (id, steps, state) REFERENCES projects.adjustment_step (adjustment_id, seq, to_state)
      DEFERRABLE INITIALLY DEFERRED""",
    f"""
    CREATE TABLE projects.adjustment_item (
      {ID} CONSTRAINT pk_adjustment_item PRIMARY KEY,
      adjustment_id uuid NOT NULL,
      project_id uuid NOT NULL,
      {PLACE},
      change varchar(32) NOT NULL,
      reason varchar(2000) NOT NULL,
      document_ref varchar(100),
      changes jsonb,
      before jsonb,
      notice_seq integer,
      outcome varchar(32),
      held_because varchar(60),
      {RECORDED},
      CONSTRAINT fk_adjustment_item_adjustment_id FOREIGN KEY (adjustment_id) REFERENCES projects.adjustment (id),
      CONSTRAINT fk_adjustment_item_project_id FOREIGN KEY (project_id, division_code)
        REFERENCES projects.project (id, division_code),
      CONSTRAINT uq_adjustment_item_adjustment_id_project_id UNIQUE (adjustment_id, project_id),
      CONSTRAINT ck_adjustment_item_changes CHECK ((change = 'CHANGE') = (changes IS NOT NULL)),
      CONSTRAINT ck_adjustment_item_filing CHECK (change <> 'WITHDRAW' OR document_ref IS NOT NULL),
      CONSTRAINT ck_adjustment_item_held CHECK ((outcome = 'HELD_BACK') IS TRUE = (held_because IS NOT NULL))
    )""",
    "CREATE UNIQUE INDEX uq_adjustment_item_open ON projects.adjustment_item (project_id) WHERE outcome IS NULL",
    "CREATE INDEX ix_adjustment_item_project_id ON projects.adjustment_item (project_id)",
    """
    ALTER TABLE projects.objection
      ALTER COLUMN notice_seq DROP NOT NULL,
      ADD COLUMN adjustment_item_id uuid,
      ADD CONSTRAINT fk_objection_adjustment_item_id
        FOREIGN KEY (adjustment_item_id) REFERENCES projects.adjustment_item (id),
      ADD CONSTRAINT ck_objection_against CHECK (notice_seq IS NOT NULL OR adjustment_item_id IS NOT NULL)""",
    "CREATE INDEX ix_objection_adjustment_item_id ON projects.objection (adjustment_item_id)",
    f"""
    CREATE TABLE projects.declaration_import (
      id uuid CONSTRAINT pk_declaration_import PRIMARY KEY,
      {PLACE},
      filename varchar(200) NOT NULL,
      mode varchar(32) NOT NULL,
      validate_only boolean NOT NULL DEFAULT false,
      state varchar(32) NOT NULL DEFAULT 'RECEIVED',
      rows_read integer NOT NULL DEFAULT 0,
      rows_valid integer NOT NULL DEFAULT 0,
      errors integer NOT NULL DEFAULT 0,
      added integer NOT NULL DEFAULT 0,
      changed integer NOT NULL DEFAULT 0,
      unchanged integer NOT NULL DEFAULT 0,
      created_by varchar(255) NOT NULL,
      finished_at timestamptz,
      {RECORDED},
      CONSTRAINT ck_declaration_import_rows CHECK (rows_valid <= rows_read)
    )""",
    "CREATE INDEX ix_declaration_import_division_code_id ON projects.declaration_import (division_code, id)",
    f"""
    CREATE TABLE projects.declaration_file (
      import_id uuid CONSTRAINT pk_declaration_file PRIMARY KEY,
      {PLACE},
      content_enc bytea NOT NULL,
      discard_at timestamptz,
      CONSTRAINT fk_declaration_file_import_id FOREIGN KEY (import_id) REFERENCES projects.declaration_import (id)
    )""",
    "CREATE INDEX ix_declaration_file_discard_at ON projects.declaration_file (discard_at)",
    f"""
    CREATE TABLE projects.declaration_error (
      import_id uuid NOT NULL,
      seq integer NOT NULL,
      {PLACE},
      row integer NOT NULL,
      field varchar(40) NOT NULL,
      code varchar(32) NOT NULL,
      CONSTRAINT pk_declaration_error PRIMARY KEY (import_id, seq),
      CONSTRAINT fk_declaration_error_import_id FOREIGN KEY (import_id) REFERENCES projects.declaration_import (id)
    )""",
)

FUNCTIONS = (
    """
    CREATE FUNCTION projects.take_adjustment_step() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = projects, pg_temp AS $$
    DECLARE
      v_adjustment adjustment;
      v_last adjustment_step;
    BEGIN
      IF NEW.from_state IS NULL THEN
        RETURN NEW;  -- the draft: the adjustment row beside it already says DRAFTED, step 1
      END IF;
      SELECT * INTO v_adjustment FROM adjustment WHERE id = NEW.adjustment_id FOR UPDATE;
      IF (NEW.from_state, NEW.seq) IS DISTINCT FROM (v_adjustment.state, v_adjustment.steps + 1) THEN
        RAISE 'the adjustment does not stand in %', NEW.from_state
          USING ERRCODE = '23514', CONSTRAINT = 'ck_project_step_order';
      END IF;
      SELECT * INTO v_last FROM adjustment_step WHERE adjustment_id = NEW.adjustment_id AND seq = v_adjustment.steps;
      IF NEW.happened_on < v_last.happened_on THEN
        RAISE 'the step before is dated %', v_last.happened_on
          USING ERRCODE = '23514', CONSTRAINT = 'project_step_dates_ascend';
      END IF;
      IF NEW.to_state = 'APPLIED' AND NEW.happened_on <= v_last.notice_until THEN
        RAISE 'the notice runs until %', v_last.notice_until
          USING ERRCODE = '23514', CONSTRAINT = 'project_step_after_notice';
      END IF;
      IF NEW.to_state = 'REVIEWED'
         AND NOT EXISTS (SELECT FROM adjustment_item WHERE adjustment_id = NEW.adjustment_id) THEN
        RAISE 'no project is listed' USING ERRCODE = '23514', CONSTRAINT = 'adjustment_step_with_items';
      END IF;
      UPDATE adjustment SET state = NEW.to_state, steps = NEW.seq WHERE id = NEW.adjustment_id;
      RETURN NEW;
    END $$""",
    """
    CREATE TRIGGER take_step BEFORE INSERT ON projects.adjustment_step
    FOR EACH ROW EXECUTE FUNCTION projects.take_adjustment_step()""",
    """
    CREATE FUNCTION projects.refuse_adjustment_jump() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'an adjustment begins as DRAFTED, and its state moves only by a step' USING ERRCODE = '23001';
    END $$""",
    """
    CREATE TRIGGER begins_drafted BEFORE INSERT ON projects.adjustment
    FOR EACH ROW WHEN (NEW.state <> 'DRAFTED' OR NEW.steps <> 1) EXECUTE FUNCTION projects.refuse_adjustment_jump()""",
    """
    CREATE TRIGGER moves_by_steps BEFORE UPDATE OF state, steps ON projects.adjustment
    FOR EACH ROW WHEN ((NEW.state, NEW.steps) IS DISTINCT FROM (OLD.state, OLD.steps)
                       AND current_user <> 'fupin_projects_owner')
    EXECUTE FUNCTION projects.refuse_adjustment_jump()""",
    # The list is what was reviewed and published: it changes in the draft only, and an outcome is said once.
    """
    CREATE FUNCTION projects.hold_adjustment_item() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = projects, pg_temp AS $$
    DECLARE
      v_state text;
    BEGIN
      SELECT state INTO v_state FROM adjustment WHERE id = coalesce(NEW.adjustment_id, OLD.adjustment_id) FOR UPDATE;
      IF tg_op <> 'UPDATE' AND v_state <> 'DRAFTED'
         OR tg_op = 'UPDATE' AND (OLD.outcome IS NOT NULL
              OR (OLD.adjustment_id, OLD.project_id, OLD.change, OLD.reason, OLD.document_ref, OLD.changes)
                 IS DISTINCT FROM
                 (NEW.adjustment_id, NEW.project_id, NEW.change, NEW.reason, NEW.document_ref, NEW.changes)) THEN
        RAISE 'the list stands' USING ERRCODE = '23514', CONSTRAINT = 'adjustment_item_drafted';
      END IF;
      IF NEW.outcome IN ('APPLIED', 'HELD_BACK') AND v_state <> 'APPLIED' THEN
        RAISE 'not applied' USING ERRCODE = '23514', CONSTRAINT = 'adjustment_item_drafted';
      END IF;
      RETURN coalesce(NEW, OLD);
    END $$""",
    """
    CREATE TRIGGER hold_item BEFORE INSERT OR UPDATE OR DELETE ON projects.adjustment_item
    FOR EACH ROW EXECUTE FUNCTION projects.hold_adjustment_item()""",
)

# Trigrams say little of Chinese titles, and pg_trgm finds none at all under the locale C.UTF-8: titles are held against
# each other by their pairs of characters, without spaces and punctuation.
ALIKE = (
    r"""
    CREATE FUNCTION projects.plain_title(title text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
      SELECT regexp_replace(lower(normalize(title, NFKC)), '[^[:alnum:]]', '', 'g')
    $$""",
    """
    CREATE FUNCTION projects.pairs_of_title(title text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
      SELECT coalesce(array_agg(DISTINCT substr(t, at, 2)), ARRAY[t])
      FROM projects.plain_title(title) t, generate_series(1, length(t) - 1) at GROUP BY t
    $$""",
    # Of 100, how much two titles' pairs have in common (Dice).
    """
    CREATE FUNCTION projects.likeness(one text[], other text[]) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
      SELECT round(200.0 * count(*) FILTER (WHERE pair = ANY (one)) / (cardinality(one) + count(*)))::integer
      FROM unnest(other) pair
    $$""",
    # Which projects may be the same as this one: near title and category, and the place, a village or the unit shared.
    # Of projects outside the caller's division nothing is seen.
    """
    CREATE FUNCTION projects.duplicates_of(given uuid, at_least integer) RETURNS TABLE (
      id uuid, project_no text, title text, division_code text, declaring_unit text, state text, alike integer,
      because text[], sources text[])
    LANGUAGE sql STABLE ROWS 10 AS $$
      WITH mine AS MATERIALIZED (
        SELECT *, projects.pairs_of_title(title) AS pairs FROM projects.project WHERE id = given),
      villages AS MATERIALIZED (
        SELECT division_code FROM projects.project_village WHERE project_id = given
        UNION SELECT division_code FROM mine),
      near AS (
        SELECT o.id FROM projects.project o JOIN villages v ON o.division_code = v.division_code
        UNION SELECT s.project_id FROM projects.project_village s JOIN villages v ON s.division_code = v.division_code
        UNION SELECT o.id FROM projects.project o JOIN mine m
          ON (o.county_code, o.declaring_unit) = (m.county_code, m.declaring_unit)),
      alike AS MATERIALIZED (
        SELECT o.id, projects.likeness(m.pairs, projects.pairs_of_title(o.title)) AS alike
        FROM near JOIN projects.project o USING (id) JOIN mine m ON o.id <> m.id AND o.category = m.category
        WHERE o.state NOT IN ('REJECTED', 'WITHDRAWN')),
      found AS MATERIALIZED (
        SELECT o.*, a.alike, m.division_code AS place, m.declaring_unit AS unit,
               ARRAY(SELECT x.source::text FROM projects.project_budget x
                     JOIN projects.project_budget y ON y.source = x.source AND y.project_id = o.id
                     WHERE x.project_id = m.id AND x.source IN ('CENTRAL', 'PROVINCE', 'CITY', 'COUNTY')
                       AND (m.starts_on, m.ends_on + 1) OVERLAPS (o.starts_on, o.ends_on + 1)
                     ORDER BY x.source) AS sources
        FROM alike a JOIN projects.project o USING (id) CROSS JOIN mine m WHERE a.alike >= at_least)
      SELECT f.id, f.project_no, f.title, f.division_code, f.declaring_unit, f.state, f.alike,
             array_remove(ARRAY[
               CASE WHEN f.division_code = f.place THEN 'SAME_VILLAGE' END,
               CASE WHEN f.division_code <> f.place AND (
                      EXISTS (SELECT FROM villages v WHERE v.division_code = f.division_code)
                      OR EXISTS (SELECT FROM projects.project_village s JOIN villages v USING (division_code)
                                 WHERE s.project_id = f.id)) THEN 'VILLAGE_COVERED' END,
               CASE WHEN f.declaring_unit = f.unit THEN 'SAME_UNIT' END,
               CASE WHEN f.sources <> '{}' THEN 'SAME_SOURCE' END], NULL), f.sources
      FROM found f
    $$""",
    "CREATE INDEX ix_project_county_code_declaring_unit ON projects.project (county_code, declaring_unit)",
    "CREATE INDEX ix_project_title ON projects.project USING gin (projects.pairs_of_title(title))",
    # Row-level security goes before a condition that is not leakproof, and no array operator is: under the policy alone
    # the index would never be used. So titles are searched as the tables' owner, within the caller's own division, and
    # only ids leave; rows are then read under the caller's policy.
    "CREATE POLICY titles ON projects.project FOR SELECT TO fupin_projects_owner USING (true)",
    f"""
    CREATE FUNCTION projects.projects_titled(fragment text) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 100 SET search_path = projects, pg_temp AS $$
      SELECT p.id FROM project p
      WHERE pairs_of_title(p.title) @> pairs_of_title(fragment)
        AND strpos(plain_title(p.title), plain_title(fragment)) > 0 AND starts_with(p.division_code, {ddl.DIVISION})
    $$""",  # noqa: S608  # made of constants
)

UNDO = (
    "DROP FUNCTION projects.projects_titled(text)",
    "DROP POLICY titles ON projects.project",
    "DROP INDEX projects.ix_project_title",
    "DROP INDEX projects.ix_project_county_code_declaring_unit",
    "DROP FUNCTION projects.duplicates_of(uuid, integer)",
    "DROP FUNCTION projects.likeness(text[], text[])",
    "DROP FUNCTION projects.pairs_of_title(text)",
    "DROP FUNCTION projects.plain_title(text)",
    "DROP TABLE projects.declaration_error, projects.declaration_file, projects.declaration_import",
    "ALTER TABLE projects.objection DROP COLUMN adjustment_item_id",
    "DELETE FROM projects.objection WHERE notice_seq IS NULL",
    "ALTER TABLE projects.objection ALTER COLUMN notice_seq SET NOT NULL",
    "ALTER TABLE projects.adjustment DROP CONSTRAINT fk_adjustment_standing",
    "DROP TABLE projects.adjustment_item, projects.adjustment_step, projects.adjustment, projects.project_document",
    "DROP FUNCTION projects.hold_adjustment_item()",
    "DROP FUNCTION projects.refuse_adjustment_jump()",
    "DROP FUNCTION projects.take_adjustment_step()",
)
