"""
The project library: enterprises, projects, their steps, works, village schemes, linkage and income.

A project's state is what its last step says: the trigger on `project_step` is the only writer of `state` and `steps`,
and a deferred key holds both to the step at every commit. The order of steps is a CHECK; what a step needs beyond its
order (the notice over, a target, no objection) is the trigger's.
"""

from alembic import op

from fupin import ddl

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

OF_PROJECT = (
    "project_budget",
    "performance_target",
    "project_step",
    "objection",
    "milestone",
    "project_village",
    "beneficiary_link",
    "income_report",
)


def upgrade() -> None:
    ddl.kernel(op)
    run = op.get_bind().connection.driver_connection.execute
    for statement in (*TABLES, *FUNCTIONS, *ENTERPRISE_POLICIES):
        run(statement)
    ddl.scoped(op, "project", *OF_PROJECT)
    ddl.append_only(op, "project_step", "income_report")
    ddl.audited(op, "enterprise", "project", *OF_PROJECT)


def downgrade() -> None:
    run = op.get_bind().connection.driver_connection.execute
    run("ALTER TABLE projects.project DROP CONSTRAINT fk_project_standing")
    for table in (*reversed(OF_PROJECT), "project", "enterprise"):
        run(f"DROP TABLE projects.{table} CASCADE")
    ddl.drop_kernel(op)


ID = "id uuid DEFAULT uuidv7()"
VERSION = "version integer NOT NULL DEFAULT 1"
RECORDED = "recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()"


def of_project(table: str) -> str:
    return f"""
      CONSTRAINT fk_{table}_project_id FOREIGN KEY (project_id, division_code)
        REFERENCES projects.project (id, division_code)"""


# From each state, where a step may lead; `services.projects.rules.library.MOVES` says by whom.
ORDER = (
    ("DECLARED", "TOWN_REVIEWED"),
    ("TOWN_REVIEWED", "ARGUED"),
    ("ARGUED", "APPROVED"),
    ("APPROVED", "NOTICED"),
    ("NOTICED", "ADMITTED"),
    ("ADMITTED", "IMPLEMENTING"),
    ("IMPLEMENTING", "COMPLETED"),
    ("COMPLETED", "ACCEPTED"),
    ("ACCEPTED", "OPERATING"),
    ("OPERATING", "CLOSED"),
    *((state, "RETURNED") for state in ("DECLARED", "TOWN_REVIEWED", "ARGUED", "APPROVED", "NOTICED")),
    ("RETURNED", "DECLARED"),
    *((state, "REJECTED") for state in ("DECLARED", "TOWN_REVIEWED", "ARGUED", "APPROVED", "NOTICED")),
    *((state, "WITHDRAWN") for state in ("DECLARED", "RETURNED", "ADMITTED", "IMPLEMENTING")),
)
ORDER_SQL = ", ".join(f"('{begin}', '{end}')" for begin, end in ORDER)

TABLES = (
    f"""
    CREATE TABLE projects.enterprise (
      {ID} CONSTRAINT pk_enterprise PRIMARY KEY,
      uscc varchar(18) NOT NULL,
      name varchar(200) NOT NULL,
      kind varchar(32) NOT NULL,
      division_code varchar(12) COLLATE "C" NOT NULL,
      {VERSION},
      {RECORDED},
      CONSTRAINT uq_enterprise_uscc UNIQUE (uscc)
    )""",
    f"""
    CREATE TABLE projects.project (
      {ID} CONSTRAINT pk_project PRIMARY KEY,
      county_code varchar(6) COLLATE "C" NOT NULL,
      project_no varchar(40) NOT NULL,
      title varchar(200) NOT NULL,
      category varchar(32) NOT NULL,
      division_code varchar(12) COLLATE "C" NOT NULL,
      declaring_unit varchar(100) NOT NULL,
      implementing_unit varchar(100) NOT NULL,
      enterprise_id uuid,
      responsible_person varchar(50) NOT NULL,
      build_type varchar(32) NOT NULL,
      content varchar(2000) NOT NULL,
      starts_on date NOT NULL,
      ends_on date NOT NULL,
      linkage varchar(32)[] NOT NULL DEFAULT '{{}}',
      expected_beneficiaries integer NOT NULL,
      declared_on date NOT NULL,
      state varchar(32) NOT NULL DEFAULT 'DECLARED',
      steps integer NOT NULL DEFAULT 1,
      {VERSION},
      {RECORDED},
      CONSTRAINT uq_project_county_code_project_no UNIQUE (county_code, project_no),
      CONSTRAINT uq_project_id_division_code UNIQUE (id, division_code),
      CONSTRAINT fk_project_enterprise_id FOREIGN KEY (enterprise_id) REFERENCES projects.enterprise (id),
      CONSTRAINT ck_project_county CHECK (county_code = left(division_code, 6)),
      CONSTRAINT ck_project_period CHECK (ends_on >= starts_on),
      CONSTRAINT ck_project_beneficiaries CHECK (expected_beneficiaries >= 0)
    )""",
    "CREATE INDEX ix_project_division_code_id ON projects.project (division_code, id)",
    "CREATE INDEX ix_project_category_state ON projects.project (category, state)",
    "CREATE INDEX ix_project_enterprise_id ON projects.project (enterprise_id)",
    f"""
    CREATE TABLE projects.project_budget (
      {ID} CONSTRAINT pk_project_budget PRIMARY KEY,
      project_id uuid NOT NULL,
      division_code varchar(12) COLLATE "C" NOT NULL,
      source varchar(32) NOT NULL,
      amount_fen bigint NOT NULL,
      {of_project("project_budget")},
      CONSTRAINT uq_project_budget_project_id_source UNIQUE (project_id, source),
      CONSTRAINT ck_project_budget_positive CHECK (amount_fen > 0)
    )""",
    f"""
    CREATE TABLE projects.performance_target (
      {ID} CONSTRAINT pk_performance_target PRIMARY KEY,
      project_id uuid NOT NULL,
      division_code varchar(12) COLLATE "C" NOT NULL,
      metric varchar(100) NOT NULL,
      target numeric(18, 4) NOT NULL,
      unit varchar(20) NOT NULL,
      {of_project("performance_target")},
      CONSTRAINT uq_performance_target_project_id_metric UNIQUE (project_id, metric)
    )""",
    f"""
    CREATE TABLE projects.project_step (
      {ID} CONSTRAINT pk_project_step PRIMARY KEY,
      project_id uuid NOT NULL,
      division_code varchar(12) COLLATE "C" NOT NULL,
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
      {of_project("project_step")},
      CONSTRAINT uq_project_step_project_id_seq UNIQUE (project_id, seq),
      CONSTRAINT uq_project_step_project_id_seq_to_state UNIQUE (project_id, seq, to_state),
      CONSTRAINT ck_project_step_seq CHECK (seq > 0),
      CONSTRAINT ck_project_step_first CHECK ((seq = 1) = (from_state IS NULL)),
      CONSTRAINT ck_project_step_order CHECK (
        CASE WHEN from_state IS NULL THEN to_state = 'DECLARED' ELSE (from_state, to_state) IN ({ORDER_SQL}) END),
      CONSTRAINT ck_project_step_notice CHECK ((to_state = 'NOTICED') = (notice_until IS NOT NULL)),
      CONSTRAINT ck_project_step_opinion CHECK (
        to_state NOT IN ('ARGUED', 'RETURNED', 'REJECTED') OR opinion IS NOT NULL),
      CONSTRAINT ck_project_step_filing CHECK (to_state <> 'WITHDRAWN' OR document_ref IS NOT NULL)
    )""",
    """
    ALTER TABLE projects.project ADD CONSTRAINT fk_project_standing
      FOREIGN KEY (id, steps, state) REFERENCES projects.project_step (project_id, seq, to_state)
      DEFERRABLE INITIALLY DEFERRED""",
    f"""
    CREATE TABLE projects.objection (
      {ID} CONSTRAINT pk_objection PRIMARY KEY,
      project_id uuid NOT NULL,
      division_code varchar(12) COLLATE "C" NOT NULL,
      notice_seq integer NOT NULL,
      raised_on date NOT NULL,
      matter varchar(2000) NOT NULL,
      outcome varchar(32),
      resolution varchar(2000),
      resolved_on date,
      resolved_by varchar(255),
      {VERSION},
      {RECORDED},
      {of_project("objection")},
      CONSTRAINT fk_objection_notice FOREIGN KEY (project_id, notice_seq)
        REFERENCES projects.project_step (project_id, seq),
      CONSTRAINT ck_objection_resolved CHECK (
        (outcome IS NULL) = (resolved_on IS NULL) AND (outcome IS NULL) = (resolution IS NULL)),
      CONSTRAINT ck_objection_dates CHECK (resolved_on >= raised_on)
    )""",
    "CREATE INDEX ix_objection_project_id_notice_seq ON projects.objection (project_id, notice_seq)",
    f"""
    CREATE TABLE projects.milestone (
      {ID} CONSTRAINT pk_milestone PRIMARY KEY,
      project_id uuid NOT NULL,
      division_code varchar(12) COLLATE "C" NOT NULL,
      kind varchar(32) NOT NULL,
      planned_on date NOT NULL,
      planned_until date,
      actual_on date,
      evidence varchar(200),
      {VERSION},
      {RECORDED},
      {of_project("milestone")},
      CONSTRAINT uq_milestone_project_id_kind UNIQUE (project_id, kind),
      CONSTRAINT ck_milestone_interval CHECK (planned_until > planned_on),
      CONSTRAINT ck_milestone_evidence CHECK (actual_on IS NOT NULL OR evidence IS NULL)
    )""",
    "CREATE INDEX ix_milestone_kind_planned_on ON projects.milestone (kind, planned_on)",
    "CREATE INDEX ix_milestone_division_code ON projects.milestone (division_code)",
    f"""
    CREATE TABLE projects.project_village (
      {ID} CONSTRAINT pk_project_village PRIMARY KEY,
      project_id uuid NOT NULL,
      division_code varchar(12) COLLATE "C" NOT NULL,
      purpose varchar(32) NOT NULL,
      {RECORDED},
      CONSTRAINT fk_project_village_project_id FOREIGN KEY (project_id) REFERENCES projects.project (id),
      CONSTRAINT uq_project_village_project_id_division_code_purpose UNIQUE (project_id, division_code, purpose),
      CONSTRAINT ck_project_village_village CHECK (length(division_code) = 12 AND right(division_code, 3) <> '000')
    )""",
    "CREATE INDEX ix_project_village_division_code ON projects.project_village (division_code)",
    "CREATE INDEX ix_project_village_purpose_id ON projects.project_village (purpose, id)",
    f"""
    CREATE TABLE projects.beneficiary_link (
      {ID} CONSTRAINT pk_beneficiary_link PRIMARY KEY,
      county_code varchar(6) COLLATE "C" NOT NULL,
      project_id uuid NOT NULL,
      household_id uuid NOT NULL,
      household_no varchar(40) NOT NULL,
      division_code varchar(12) COLLATE "C" NOT NULL,
      household_status varchar(32) NOT NULL,
      verified_on date NOT NULL,
      kind varchar(32) NOT NULL,
      from_on date NOT NULL,
      to_on date,
      expected_income_fen bigint NOT NULL,
      actual_income_fen bigint,
      {VERSION},
      {RECORDED},
      CONSTRAINT fk_beneficiary_link_project_id FOREIGN KEY (project_id) REFERENCES projects.project (id),
      CONSTRAINT ck_beneficiary_link_county CHECK (county_code = left(division_code, 6)),
      CONSTRAINT ck_beneficiary_link_period CHECK (to_on >= from_on),
      CONSTRAINT ck_beneficiary_link_income CHECK (expected_income_fen >= 0 AND actual_income_fen >= 0),
      CONSTRAINT ex_beneficiary_link_overlap EXCLUDE USING gist (
        project_id WITH =, household_id WITH =, kind WITH =, daterange(from_on, to_on, '[]') WITH &&)
    )""",
    "CREATE INDEX ix_beneficiary_link_project_id_id ON projects.beneficiary_link (project_id, id)",
    "CREATE INDEX ix_beneficiary_link_household_id ON projects.beneficiary_link (household_id)",
    "CREATE INDEX ix_beneficiary_link_division_code ON projects.beneficiary_link (division_code)",
    f"""
    CREATE TABLE projects.income_report (
      {ID} CONSTRAINT pk_income_report PRIMARY KEY,
      project_id uuid NOT NULL,
      division_code varchar(12) COLLATE "C" NOT NULL,
      period_from date NOT NULL,
      period_to date NOT NULL,
      income_fen bigint NOT NULL,
      shared_fen bigint NOT NULL,
      received_on date NOT NULL,
      reported_by varchar(255) NOT NULL,
      {RECORDED},
      {of_project("income_report")},
      CONSTRAINT ck_income_report_period CHECK (period_to >= period_from),
      CONSTRAINT ck_income_report_share CHECK (shared_fen >= 0 AND shared_fen <= income_fen),
      CONSTRAINT ex_income_report_overlap EXCLUDE USING gist (
        project_id WITH =, daterange(period_from, period_to, '[]') WITH &&)
    )""",
    "CREATE INDEX ix_income_report_project_id_id ON projects.income_report (project_id, id)",
)

FUNCTIONS = (
    """
    CREATE FUNCTION projects.take_step() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = projects, pg_temp AS $$
    DECLARE
      v_project project;
      v_last_on date;
      v_notice_seq integer;
      v_notice_until date;
    BEGIN
      IF NEW.from_state IS NULL THEN
        RETURN NEW;  -- the declaration: the project row beside it already says DECLARED, step 1
      END IF;
      SELECT * INTO v_project FROM project WHERE id = NEW.project_id FOR UPDATE;
      IF (NEW.from_state, NEW.seq) IS DISTINCT FROM (v_project.state, v_project.steps + 1) THEN
        RAISE 'the project does not stand in %', NEW.from_state
          USING ERRCODE = '23514', CONSTRAINT = 'ck_project_step_order';
      END IF;
      SELECT happened_on INTO v_last_on FROM project_step WHERE project_id = NEW.project_id AND seq = v_project.steps;
      IF NEW.happened_on < v_last_on THEN
        RAISE 'the step before is dated %', v_last_on
          USING ERRCODE = '23514', CONSTRAINT = 'project_step_dates_ascend';
      END IF;
      IF NEW.to_state = 'ADMITTED' THEN
        SELECT seq, notice_until INTO v_notice_seq, v_notice_until FROM project_step
          WHERE project_id = NEW.project_id AND to_state = 'NOTICED' ORDER BY seq DESC LIMIT 1;
        IF NEW.happened_on <= v_notice_until THEN
          RAISE 'the notice runs until %', v_notice_until
            USING ERRCODE = '23514', CONSTRAINT = 'project_step_after_notice';
        END IF;
        IF NOT EXISTS (SELECT FROM performance_target WHERE project_id = NEW.project_id) THEN
          RAISE 'no performance target' USING ERRCODE = '23514', CONSTRAINT = 'project_step_with_target';
        END IF;
        IF EXISTS (SELECT FROM objection
                   WHERE project_id = NEW.project_id AND notice_seq = v_notice_seq AND outcome IS NULL) THEN
          RAISE 'an objection is open' USING ERRCODE = '23514', CONSTRAINT = 'project_step_objection_open';
        END IF;
        IF EXISTS (SELECT FROM objection
                   WHERE project_id = NEW.project_id AND notice_seq = v_notice_seq AND outcome = 'UPHELD') THEN
          RAISE 'an objection was upheld' USING ERRCODE = '23514', CONSTRAINT = 'project_step_objection_upheld';
        END IF;
      END IF;
      UPDATE project SET state = NEW.to_state, steps = NEW.seq, version = version + 1 WHERE id = NEW.project_id;
      RETURN NEW;
    END $$""",
    """
    CREATE TRIGGER take_step BEFORE INSERT ON projects.project_step
    FOR EACH ROW EXECUTE FUNCTION projects.take_step()""",
    """
    CREATE FUNCTION projects.refuse_jump() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'a project begins as DECLARED, and its state moves only by a step' USING ERRCODE = '23001';
    END $$""",
    """
    CREATE TRIGGER begins_declared BEFORE INSERT ON projects.project
    FOR EACH ROW WHEN (NEW.state <> 'DECLARED' OR NEW.steps <> 1) EXECUTE FUNCTION projects.refuse_jump()""",
    """
    CREATE TRIGGER moves_by_steps BEFORE UPDATE OF state, steps ON projects.project
    FOR EACH ROW WHEN ((NEW.state, NEW.steps) IS DISTINCT FROM (OLD.state, OLD.steps)
                       AND current_user <> 'fupin_projects_owner')
    EXECUTE FUNCTION projects.refuse_jump()""",
    """
    CREATE TRIGGER stays_in_place BEFORE UPDATE OF id, county_code, division_code, declared_on ON projects.project
    FOR EACH ROW WHEN ((NEW.id, NEW.county_code, NEW.division_code, NEW.declared_on)
                       IS DISTINCT FROM (OLD.id, OLD.county_code, OLD.division_code, OLD.declared_on))
    EXECUTE FUNCTION projects.refuse_change()""",
)

# An enterprise's entry is public: every division reads it, its own writes it.
ENTERPRISE_POLICIES = (
    "ALTER TABLE projects.enterprise ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE projects.enterprise FORCE ROW LEVEL SECURITY",
    f"CREATE POLICY everyone ON projects.enterprise FOR SELECT USING ({ddl.DIVISION} IS NOT NULL)",
    *(
        f"CREATE POLICY division_{verb.lower()} ON projects.enterprise FOR {verb} "
        f"{'WITH CHECK' if verb == 'INSERT' else 'USING'} (starts_with(division_code, {ddl.DIVISION}))"
        for verb in ("INSERT", "UPDATE", "DELETE")
    ),
)
