"""Three-year plans, runs of the linkage check, what linked households earned year by year, how income reports ended."""

from alembic import op

from fupin import ddl

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OWN = ("linkage_run", "linkage_finding", "link_income", "plan", "plan_goal", "plan_project")


def upgrade() -> None:
    for statement in (*TABLES, *REPORTS, *GUARDS):
        _run(statement)
    ddl.scoped(op, *OWN)
    _run(ABOVE)
    ddl.append_only(op, "linkage_finding")
    ddl.audited(op, *OWN)


def downgrade() -> None:
    for statement in UNDO:
        _run(statement)


def _run(statement: str) -> None:
    op.get_bind().connection.driver_connection.execute(statement)


ID = "id uuid DEFAULT uuidv7()"
PLACE = 'division_code varchar(12) COLLATE "C" NOT NULL'
VERSION = "version integer NOT NULL DEFAULT 1"
RECORDED = "recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()"

TABLES = (
    f"""
    CREATE TABLE projects.linkage_run (
      id uuid CONSTRAINT pk_linkage_run PRIMARY KEY,
      {PLACE},
      covers varchar(12) COLLATE "C" NOT NULL,
      on_date date NOT NULL,
      created_by varchar(255) NOT NULL,
      links integer,
      pathways integer,
      households integer,
      finished_at timestamptz,
      {RECORDED},
      CONSTRAINT ck_linkage_run_covers CHECK (starts_with(division_code, covers))
    )""",
    "CREATE INDEX ix_linkage_run_on_date ON projects.linkage_run (on_date)",
    f"""
    CREATE TABLE projects.linkage_finding (
      {ID} CONSTRAINT pk_linkage_finding PRIMARY KEY,
      run_id uuid NOT NULL,
      {PLACE},
      kind varchar(32) NOT NULL,
      household_id uuid NOT NULL,
      project_id uuid NOT NULL,
      library_says varchar(80),
      registry_says varchar(80),
      CONSTRAINT fk_linkage_finding_run_id FOREIGN KEY (run_id) REFERENCES projects.linkage_run (id),
      CONSTRAINT uq_linkage_finding_run_id_kind_household_id_project_id UNIQUE (run_id, kind, household_id, project_id)
    )""",
    "CREATE INDEX ix_linkage_finding_run_id_id ON projects.linkage_finding (run_id, id)",
    f"""
    CREATE TABLE projects.link_income (
      {ID} CONSTRAINT pk_link_income PRIMARY KEY,
      link_id uuid NOT NULL,
      {PLACE},
      year smallint NOT NULL,
      amount_fen bigint NOT NULL,
      recorded_by varchar(255) NOT NULL,
      {VERSION},
      {RECORDED},
      CONSTRAINT fk_link_income_link_id FOREIGN KEY (link_id) REFERENCES projects.beneficiary_link (id),
      CONSTRAINT uq_link_income_link_id_year UNIQUE (link_id, year),
      CONSTRAINT ck_link_income_amount CHECK (amount_fen >= 0)
    )""",
    "CREATE INDEX ix_link_income_division_code ON projects.link_income (division_code)",
    f"""
    CREATE TABLE projects.plan (
      {ID} CONSTRAINT pk_plan PRIMARY KEY,
      county_code varchar(6) COLLATE "C" NOT NULL,
      {PLACE},
      title varchar(200) NOT NULL,
      first_year smallint NOT NULL,
      edition integer NOT NULL,
      state varchar(32) NOT NULL DEFAULT 'DRAFT',
      made_by varchar(255) NOT NULL,
      submitted_by varchar(255),
      submitted_on date,
      decided_by varchar(255),
      decided_on date,
      opinion varchar(2000),
      {VERSION},
      {RECORDED},
      CONSTRAINT uq_plan_id_division_code UNIQUE (id, division_code),
      CONSTRAINT uq_plan_division_code_first_year_edition UNIQUE (division_code, first_year, edition),
      CONSTRAINT ck_plan_county CHECK (county_code = left(division_code, 6)),
      CONSTRAINT ck_plan_two_persons CHECK (decided_by <> submitted_by AND decided_by <> made_by),
      CONSTRAINT ck_plan_decided CHECK (
        (decided_on IS NULL) = (decided_by IS NULL) AND decided_on >= submitted_on
        AND (state IN ('DRAFT', 'SUBMITTED')) = (decided_by IS NULL)),
      CONSTRAINT ck_plan_submitted CHECK (
        (submitted_on IS NULL) = (submitted_by IS NULL) AND (state = 'DRAFT') = (submitted_by IS NULL)),
      CONSTRAINT ck_plan_opinion CHECK (state <> 'RETURNED' OR opinion IS NOT NULL)
    )""",
    """
    CREATE UNIQUE INDEX uq_plan_open ON projects.plan (division_code, first_year)
    WHERE state IN ('DRAFT', 'SUBMITTED')""",
    "CREATE UNIQUE INDEX uq_plan_approved ON projects.plan (division_code, first_year) WHERE state = 'APPROVED'",
    f"""
    CREATE TABLE projects.plan_goal (
      {ID} CONSTRAINT pk_plan_goal PRIMARY KEY,
      plan_id uuid NOT NULL,
      {PLACE},
      metric varchar(32) NOT NULL,
      year smallint NOT NULL,
      target bigint NOT NULL,
      CONSTRAINT fk_plan_goal_plan_id FOREIGN KEY (plan_id, division_code)
        REFERENCES projects.plan (id, division_code),
      CONSTRAINT uq_plan_goal_plan_id_metric_year UNIQUE (plan_id, metric, year),
      CONSTRAINT ck_plan_goal_target CHECK (target >= 0)
    )""",
    f"""
    CREATE TABLE projects.plan_project (
      {ID} CONSTRAINT pk_plan_project PRIMARY KEY,
      plan_id uuid NOT NULL,
      {PLACE},
      project_id uuid NOT NULL,
      CONSTRAINT fk_plan_project_plan_id FOREIGN KEY (plan_id, division_code)
        REFERENCES projects.plan (id, division_code),
      CONSTRAINT fk_plan_project_project_id FOREIGN KEY (project_id) REFERENCES projects.project (id),
      CONSTRAINT uq_plan_project_plan_id_project_id UNIQUE (plan_id, project_id)
    )""",
    "CREATE INDEX ix_plan_project_project_id ON projects.plan_project (project_id)",
)

# What was sent before this migration: a queued message is under way, one that failed was refused.
REPORTS = (
    "DROP TRIGGER append_only ON projects.income_report",
    "ALTER TABLE projects.income_report NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE projects.beneficiary_link NO FORCE ROW LEVEL SECURITY",
    """
    ALTER TABLE projects.income_report
      ADD COLUMN state varchar(32) NOT NULL DEFAULT 'SENDING',
      ADD COLUMN receipt_id uuid,
      ADD COLUMN refusal varchar(100),
      ADD COLUMN settled_at timestamptz,
      ADD COLUMN corrects_id uuid,
      ADD CONSTRAINT fk_income_report_corrects_id FOREIGN KEY (corrects_id) REFERENCES projects.income_report (id),
      ADD CONSTRAINT uq_income_report_corrects_id UNIQUE (corrects_id),
      DROP CONSTRAINT ex_income_report_overlap""",
    """
    UPDATE projects.income_report r SET settled_at = r.recorded_at,
      state = CASE WHEN r.shared_fen = 0 THEN 'KEPT' WHEN m.status = 'failed' THEN 'REFUSED' ELSE 'BOOKED' END,
      refusal = CASE WHEN r.shared_fen > 0 AND m.status = 'failed' THEN 'about:blank' END
    FROM projects.income_report i LEFT JOIN projects.procrastinate_jobs m
      ON m.task_name = 'deliver' AND m.args ->> 'key' = 'income-report:' || i.id
    WHERE i.id = r.id AND (m.status IS NULL OR m.status NOT IN ('todo', 'doing'))""",
    """
    UPDATE projects.procrastinate_jobs SET args = args || '{"then": "income-report"}'
    WHERE task_name = 'deliver' AND status IN ('todo', 'doing') AND starts_with(args ->> 'key', 'income-report:')""",
    """
    ALTER TABLE projects.income_report
      ADD CONSTRAINT ck_income_report_state CHECK (
        (state = 'KEPT') = (shared_fen = 0) AND (state IN ('KEPT', 'SENDING') OR settled_at IS NOT NULL)
        AND (state IN ('REFUSED', 'CORRECTED')) = (refusal IS NOT NULL)),
      ADD CONSTRAINT ex_income_report_overlap EXCLUDE USING gist (
        project_id WITH =, daterange(period_from, period_to, '[]') WITH &&) WHERE (state <> 'CORRECTED')""",
    """
    INSERT INTO projects.link_income (link_id, division_code, year, amount_fen, recorded_by)
    SELECT id, division_code, extract(year FROM recorded_at), actual_income_fen, 'migration'
    FROM projects.beneficiary_link WHERE actual_income_fen IS NOT NULL""",
    "ALTER TABLE projects.beneficiary_link DROP COLUMN actual_income_fen",
    """
    ALTER TABLE projects.beneficiary_link ADD CONSTRAINT ck_beneficiary_link_income CHECK (expected_income_fen >= 0)""",
    "ALTER TABLE projects.income_report FORCE ROW LEVEL SECURITY",
    "ALTER TABLE projects.beneficiary_link FORCE ROW LEVEL SECURITY",
)

GUARDS = (
    "REVOKE UPDATE, DELETE, TRUNCATE ON projects.income_report FROM fupin_projects",
    "GRANT UPDATE (state, receipt_id, refusal, settled_at) ON projects.income_report TO fupin_projects",
    # A report ends once; what was refused may then be replaced by its correction.
    """
    CREATE TRIGGER ends_once BEFORE UPDATE ON projects.income_report
    FOR EACH ROW WHEN (NOT (OLD.state = 'SENDING' AND NEW.state IN ('BOOKED', 'REFUSED')
                            OR OLD.state = 'REFUSED' AND NEW.state = 'CORRECTED'))
    EXECUTE FUNCTION projects.refuse_change()""",
    """
    CREATE TRIGGER stays BEFORE DELETE OR TRUNCATE ON projects.income_report
    FOR EACH STATEMENT EXECUTE FUNCTION projects.refuse_change()""",
    "REVOKE DELETE, TRUNCATE ON projects.linkage_run, projects.plan FROM fupin_projects",
    """
    CREATE FUNCTION projects.of_draft_plan() RETURNS trigger
    LANGUAGE plpgsql SET search_path = projects, pg_temp AS $$
    DECLARE v_plan uuid := CASE WHEN tg_op = 'DELETE' THEN OLD.plan_id ELSE NEW.plan_id END;
    BEGIN
      IF NOT EXISTS (SELECT FROM plan WHERE id = v_plan AND state = 'DRAFT') THEN
        RAISE 'only a draft is written' USING ERRCODE = '23514', CONSTRAINT = 'plan_is_draft';
      END IF;
      RETURN CASE WHEN tg_op = 'DELETE' THEN OLD ELSE NEW END;
    END $$""",
    *(
        f"""
    CREATE TRIGGER of_draft BEFORE INSERT OR UPDATE OR DELETE ON projects.{table}
    FOR EACH ROW EXECUTE FUNCTION projects.of_draft_plan()"""
        for table in ("plan_goal", "plan_project")
    ),
    """
    CREATE TRIGGER moves_in_order BEFORE UPDATE ON projects.plan
    FOR EACH ROW WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
      ('DRAFT', 'SUBMITTED'), ('SUBMITTED', 'APPROVED'), ('SUBMITTED', 'RETURNED'), ('APPROVED', 'SUPERSEDED')))
    EXECUTE FUNCTION projects.refuse_change()""",
)

# The run of a county is read by its towns: it covers all that they see.
ABOVE = f"""
    CREATE POLICY above ON projects.linkage_run FOR SELECT USING (starts_with({ddl.DIVISION}, covers))"""

UNDO = (
    *(f"DROP TABLE projects.{table}" for table in ("plan_project", "plan_goal", "plan", "linkage_finding")),
    "DROP FUNCTION projects.of_draft_plan()",
    "DROP TABLE projects.linkage_run",
    "ALTER TABLE projects.beneficiary_link NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE projects.link_income NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE projects.beneficiary_link DROP CONSTRAINT ck_beneficiary_link_income",
    "ALTER TABLE projects.beneficiary_link ADD COLUMN actual_income_fen bigint",
    """
    UPDATE projects.beneficiary_link l SET actual_income_fen = (
      SELECT amount_fen FROM projects.link_income i WHERE i.link_id = l.id ORDER BY year DESC LIMIT 1)""",
    """
    ALTER TABLE projects.beneficiary_link ADD CONSTRAINT ck_beneficiary_link_income
      CHECK (expected_income_fen >= 0 AND actual_income_fen >= 0)""",
    "ALTER TABLE projects.beneficiary_link FORCE ROW LEVEL SECURITY",
    "DROP TABLE projects.link_income",
    "DROP TRIGGER ends_once ON projects.income_report",
    "DROP TRIGGER stays ON projects.income_report",
    "ALTER TABLE projects.income_report DROP CONSTRAINT ex_income_report_overlap",
    "ALTER TABLE projects.income_report NO FORCE ROW LEVEL SECURITY, DROP COLUMN corrects_id",
    "DELETE FROM projects.income_report WHERE state = 'CORRECTED'",
    """
    ALTER TABLE projects.income_report FORCE ROW LEVEL SECURITY, DROP COLUMN state, DROP COLUMN receipt_id,
      DROP COLUMN refusal, DROP COLUMN settled_at""",
    """
    ALTER TABLE projects.income_report ADD CONSTRAINT ex_income_report_overlap EXCLUDE USING gist (
      project_id WITH =, daterange(period_from, period_to, '[]') WITH &&)""",
    """
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON projects.income_report
    FOR EACH STATEMENT EXECUTE FUNCTION projects.refuse_change()""",
    "ALTER TABLE projects.income_report ENABLE ALWAYS TRIGGER append_only",
    "REVOKE UPDATE, DELETE, TRUNCATE ON projects.income_report FROM fupin_projects",
)
