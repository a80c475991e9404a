"""Findings and their rectification, escalations, links to other services; monthly reports, results of cross-inspections

What a rectification may do next is decided here, whoever writes: `finding_step_in_order` looks at the step before.
"""

from alembic import op

from fupin import ddl

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SCOPED = (
    "finding", "finding_step", "escalation_rule", "escalation_day", "escalation", "finding_link", "task_force_report",
)  # fmt: skip
AUDITED = ("finding", "finding_step", "escalation_rule", "escalation", "finding_link", "task_force_report")
FACTS = ("finding", "finding_step", "escalation_rule", "escalation_day", "escalation", "task_force_report")

STATEMENTS = (
    """
    CREATE TABLE inspection.finding_counter (
        county_code char(6) NOT NULL,
        year integer NOT NULL,
        last integer NOT NULL,
        CONSTRAINT pk_finding_counter PRIMARY KEY (county_code, year)
    )""",
    """
    CREATE TABLE inspection.finding (
        id uuid NOT NULL DEFAULT uuidv7(),
        division_code varchar(12) NOT NULL,
        county_code char(6) NOT NULL,
        year integer NOT NULL,
        number integer NOT NULL,
        subject varchar(32) NOT NULL,
        subject_id uuid,
        visit_id uuid,
        cross_inspection_id uuid,
        team_id uuid,
        kind varchar(32) NOT NULL,
        severity varchar(32) NOT NULL,
        description varchar NOT NULL,
        responsible_unit varchar NOT NULL,
        found_on date NOT NULL,
        actor varchar NOT NULL,
        recorded_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_finding PRIMARY KEY (id),
        CONSTRAINT uq_finding_id_division_code UNIQUE (id, division_code),
        CONSTRAINT uq_finding_county_code_year_number UNIQUE (county_code, year, number),
        CONSTRAINT ck_finding_division_code CHECK (division_code ~ '^[0-9]{12}$'),
        CONSTRAINT ck_finding_county_code CHECK (county_code = left(division_code, 6)),
        CONSTRAINT ck_finding_year CHECK (year = extract(year FROM found_on)),
        CONSTRAINT ck_finding_subject CHECK (
            CASE subject WHEN 'VILLAGE' THEN subject_id IS NULL WHEN 'FUND' THEN true ELSE subject_id IS NOT NULL END),
        CONSTRAINT ck_finding_origin CHECK (
            num_nonnulls(visit_id, cross_inspection_id) = 0
            OR num_nonnulls(visit_id, cross_inspection_id) = 1 AND team_id IS NOT NULL),
        CONSTRAINT fk_finding_visit_id FOREIGN KEY (visit_id) REFERENCES inspection.visit (id),
        CONSTRAINT fk_finding_cross_inspection_id
            FOREIGN KEY (cross_inspection_id) REFERENCES inspection.cross_inspection (id),
        CONSTRAINT fk_finding_team_id FOREIGN KEY (team_id) REFERENCES inspection.team (id)
    )""",
    "CREATE INDEX ix_finding_division_code ON inspection.finding (division_code)",
    "CREATE INDEX ix_finding_visit_id ON inspection.finding (visit_id)",
    "CREATE INDEX ix_finding_subject_id ON inspection.finding (subject_id)",
    """
    CREATE TABLE inspection.finding_step (
        id uuid NOT NULL DEFAULT uuidv7(),
        finding_id uuid NOT NULL,
        division_code varchar(12) NOT NULL,
        seq integer NOT NULL,
        kind varchar(32) NOT NULL,
        state varchar(32) NOT NULL,
        round integer NOT NULL,
        asked_due_on date NOT NULL,
        due_on date NOT NULL,
        proposed_due_on date,
        team_id uuid,
        text varchar NOT NULL,
        on_day date NOT NULL,
        actor varchar NOT NULL,
        recorded_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_finding_step PRIMARY KEY (id),
        CONSTRAINT uq_finding_step_finding_id_seq UNIQUE (finding_id, seq),
        CONSTRAINT ck_finding_step_due CHECK (due_on >= asked_due_on),
        CONSTRAINT ck_finding_step_proposal
            CHECK ((kind = 'EXTENSION_REQUESTED') = (proposed_due_on IS NOT NULL)),
        CONSTRAINT ck_finding_step_team CHECK ((kind LIKE 'RECHECK%') = (team_id IS NOT NULL)),
        CONSTRAINT fk_finding_step_finding_id
            FOREIGN KEY (finding_id, division_code) REFERENCES inspection.finding (id, division_code),
        CONSTRAINT fk_finding_step_team_id FOREIGN KEY (team_id) REFERENCES inspection.team (id)
    )""",
    """
    CREATE FUNCTION inspection.finding_step_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      v_finding inspection.finding;
      v_before inspection.finding_step;
      v_asked inspection.finding_step;
      v_team inspection.team;
      v_deadline boolean := NEW.kind IN ('OPENED', 'REOPENED', 'EXTENSION_GRANTED');
    BEGIN
      SELECT * INTO v_finding FROM inspection.finding WHERE id = NEW.finding_id;
      SELECT * INTO v_before FROM inspection.finding_step WHERE finding_id = NEW.finding_id AND seq = NEW.seq - 1;
      IF NOT coalesce(CASE NEW.kind
           WHEN 'OPENED' THEN NEW.seq = 1 AND NEW.state = 'OPEN' AND NEW.round = 1 AND NEW.on_day = v_finding.found_on
           WHEN 'MEASURES' THEN v_before.state IN ('OPEN', 'REOPENED') AND NEW.state = 'MEASURES_AGREED'
           WHEN 'REPORT' THEN v_before.state = 'MEASURES_AGREED' AND NEW.state = 'REPORTED'
           WHEN 'RECHECK_PASSED' THEN v_before.state = 'REPORTED' AND NEW.state = 'RECHECKED'
           WHEN 'RECHECK_FAILED' THEN v_before.state = 'REPORTED' AND NEW.state = 'RECHECKED'
           WHEN 'CLOSED' THEN v_before.kind = 'RECHECK_PASSED' AND NEW.state = 'CLOSED'
           WHEN 'REOPENED' THEN v_before.kind IN ('RECHECK_FAILED', 'CLOSED') AND NEW.state = 'REOPENED'
           ELSE v_before.state IN ('OPEN', 'MEASURES_AGREED', 'REOPENED') AND NEW.state = v_before.state
         END, false)
         OR NEW.seq > 1 AND (
           NEW.on_day < v_before.on_day OR NEW.round <> v_before.round + (NEW.kind = 'REOPENED')::int
           OR NOT v_deadline AND (NEW.asked_due_on, NEW.due_on) <> (v_before.asked_due_on, v_before.due_on)) THEN
        RAISE EXCEPTION 'not the step that comes now' USING ERRCODE = '23514', CONSTRAINT = 'ct_finding_step_in_order';
      END IF;
      IF NEW.asked_due_on < NEW.on_day AND NEW.kind IN ('OPENED', 'REOPENED') THEN
        RAISE EXCEPTION 'due before it begins' USING ERRCODE = '23514', CONSTRAINT = 'ct_finding_step_deadline';
      END IF;
      IF NEW.kind LIKE 'EXTENSION%' THEN
        SELECT * INTO v_asked FROM inspection.finding_step
        WHERE finding_id = NEW.finding_id AND round = NEW.round AND seq < NEW.seq AND kind LIKE 'EXTENSION%'
        ORDER BY seq DESC LIMIT 1;
        IF (coalesce(v_asked.kind, '') = 'EXTENSION_REQUESTED') = (NEW.kind = 'EXTENSION_REQUESTED')
           OR NEW.proposed_due_on <= v_before.due_on
           OR NEW.kind = 'EXTENSION_GRANTED' AND NEW.asked_due_on <> v_asked.proposed_due_on THEN
          RAISE EXCEPTION 'one later day is asked for, then decided on'
            USING ERRCODE = '23514', CONSTRAINT = 'ct_finding_step_extension';
        END IF;
        IF NEW.kind <> 'EXTENSION_REQUESTED' AND NEW.actor = v_asked.actor THEN
          RAISE EXCEPTION 'nobody decides on their own' USING ERRCODE = '23514', CONSTRAINT = 'ct_finding_step_second';
        END IF;
      END IF;
      IF NEW.kind = 'REPORT' AND NOT EXISTS (
        SELECT FROM inspection.attachment a
        WHERE a.subject_kind = 'finding' AND a.subject_id = NEW.finding_id AND a.removed_at IS NULL
      ) THEN
        RAISE EXCEPTION 'nothing shows it' USING ERRCODE = '23514', CONSTRAINT = 'ct_finding_step_evidence';
      END IF;
      IF NEW.team_id IS NOT NULL THEN
        IF NEW.team_id = v_finding.team_id THEN
          RAISE EXCEPTION 'whoever found it' USING ERRCODE = '23514', CONSTRAINT = 'ct_finding_step_other_team';
        END IF;
        IF NEW.actor = v_before.actor THEN
          RAISE EXCEPTION 'nobody checks their own' USING ERRCODE = '23514', CONSTRAINT = 'ct_finding_step_second';
        END IF;
        SELECT * INTO v_team FROM inspection.team WHERE id = NEW.team_id FOR SHARE;
        IF NOT coalesce(v_team.valid_from <= NEW.on_day AND coalesce(v_team.valid_to > NEW.on_day, true), false)
           OR starts_with(NEW.division_code, inspection.prefix(v_team.home_division_code)) OR EXISTS (
             SELECT FROM inspection.team_member m
             WHERE m.team_id = NEW.team_id AND starts_with(NEW.division_code, inspection.prefix(m.home_division_code))
               AND (m.left_on IS NULL OR m.left_on > NEW.on_day)) THEN
          RAISE EXCEPTION 'at home, or not at work' USING ERRCODE = '23514', CONSTRAINT = 'ct_finding_step_team_place';
        END IF;
      END IF;
      RETURN NULL;
    END $$""",
    """
    CREATE CONSTRAINT TRIGGER ct_finding_step_in_order AFTER INSERT ON inspection.finding_step
    FOR EACH ROW EXECUTE FUNCTION inspection.finding_step_in_order()""",
    """
    CREATE TABLE inspection.escalation_rule (
        id uuid NOT NULL DEFAULT uuidv7(),
        division_code varchar(12) NOT NULL,
        level integer NOT NULL,
        after_working_days integer NOT NULL,
        told varchar NOT NULL,
        valid_from date NOT NULL,
        recorded_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_escalation_rule PRIMARY KEY (id),
        CONSTRAINT uq_escalation_rule_division_code_level_valid_from UNIQUE (division_code, level, valid_from),
        CONSTRAINT ck_escalation_rule_county CHECK (division_code ~ '^[0-9]{6}000000$'),
        CONSTRAINT ck_escalation_rule_level CHECK (level > 0 AND after_working_days > 0)
    )""",
    """
    CREATE TABLE inspection.escalation_day (
        division_code varchar(12) NOT NULL,
        on_day date NOT NULL,
        CONSTRAINT pk_escalation_day PRIMARY KEY (division_code, on_day)
    )""",
    """
    CREATE TABLE inspection.escalation (
        id uuid NOT NULL DEFAULT uuidv7(),
        finding_id uuid NOT NULL,
        division_code varchar(12) NOT NULL,
        round integer NOT NULL,
        due_on date NOT NULL,
        level integer NOT NULL,
        told varchar NOT NULL,
        on_day date NOT NULL,
        recorded_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_escalation PRIMARY KEY (id),
        CONSTRAINT uq_escalation_finding_id_round_due_on_level UNIQUE (finding_id, round, due_on, level),
        CONSTRAINT ck_escalation_late CHECK (on_day > due_on),
        CONSTRAINT fk_escalation_finding_id
            FOREIGN KEY (finding_id, division_code) REFERENCES inspection.finding (id, division_code)
    )""",
    "CREATE INDEX ix_escalation_on_day ON inspection.escalation (on_day)",
    """
    CREATE TABLE inspection.finding_link (
        id uuid NOT NULL DEFAULT uuidv7(),
        finding_id uuid NOT NULL,
        division_code varchar(12) NOT NULL,
        service varchar(32) NOT NULL,
        body jsonb NOT NULL,
        state varchar(32) NOT NULL DEFAULT 'SENT',
        answer_id uuid,
        refusal varchar,
        actor varchar NOT NULL,
        sent_at timestamptz NOT NULL DEFAULT now(),
        ended_at timestamptz,
        CONSTRAINT pk_finding_link PRIMARY KEY (id),
        CONSTRAINT ck_finding_link_state CHECK (
            CASE state WHEN 'SENT' THEN num_nonnulls(answer_id, refusal, ended_at) = 0
              WHEN 'DELIVERED' THEN num_nulls(answer_id, ended_at) = 0 AND refusal IS NULL
              WHEN 'REFUSED' THEN num_nulls(refusal, ended_at) = 0 AND answer_id IS NULL ELSE false END),
        CONSTRAINT fk_finding_link_finding_id
            FOREIGN KEY (finding_id, division_code) REFERENCES inspection.finding (id, division_code)
    )""",
    """
    CREATE UNIQUE INDEX ux_finding_link_live ON inspection.finding_link (finding_id, service)
    WHERE state <> 'REFUSED'""",
    """
    CREATE TABLE inspection.task_force_report (
        id uuid NOT NULL DEFAULT uuidv7(),
        task_force_id uuid NOT NULL,
        division_code varchar(12) NOT NULL,
        month date NOT NULL,
        progress varchar NOT NULL,
        difficulties varchar,
        next_steps varchar NOT NULL,
        reported_on date NOT NULL,
        actor varchar NOT NULL,
        recorded_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_task_force_report PRIMARY KEY (id),
        CONSTRAINT uq_task_force_report_task_force_id_month UNIQUE (task_force_id, month),
        CONSTRAINT ck_task_force_report_month CHECK (extract(day FROM month) = 1 AND reported_on >= month),
        CONSTRAINT fk_task_force_report_task_force_id
            FOREIGN KEY (task_force_id, division_code) REFERENCES inspection.task_force (id, division_code)
    )""",
    """
    CREATE FUNCTION inspection.task_force_at_work() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NOT EXISTS (
        SELECT FROM inspection.task_force f
        WHERE f.id = NEW.task_force_id
          AND daterange(f.valid_from, f.valid_to) && daterange(NEW.month, (NEW.month + interval '1 month')::date)
      ) THEN
        RAISE EXCEPTION 'not at work in that month' USING ERRCODE = '23514', CONSTRAINT = TG_NAME;
      END IF;
      RETURN NULL;
    END $$""",
    """
    CREATE CONSTRAINT TRIGGER ct_task_force_report_at_work AFTER INSERT ON inspection.task_force_report
    FOR EACH ROW EXECUTE FUNCTION inspection.task_force_at_work()""",
    "ALTER TABLE inspection.cross_inspection ADD COLUMN result varchar(32)",
    # A trigger, no check: what was recorded before results were asked for stays as it is.
    """
    CREATE FUNCTION inspection.cross_inspection_result() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF num_nulls(NEW.done_on, NEW.result, NEW.experience) NOT IN (0, 3) THEN
        RAISE EXCEPTION 'all of them or none' USING ERRCODE = '23514', CONSTRAINT = TG_NAME;
      END IF;
      RETURN NULL;
    END $$""",
    """
    CREATE CONSTRAINT TRIGGER ct_cross_inspection_result
    AFTER INSERT OR UPDATE OF done_on, result, experience ON inspection.cross_inspection
    FOR EACH ROW EXECUTE FUNCTION inspection.cross_inspection_result()""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.get_bind().connection.driver_connection.execute(statement)
    ddl.scoped(op, *SCOPED)
    ddl.audited(op, *AUDITED)
    ddl.append_only(op, *FACTS)
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON inspection.finding_link FROM fupin_inspection")
    op.execute("GRANT UPDATE (state, answer_id, refusal, ended_at) ON inspection.finding_link TO fupin_inspection")


def downgrade() -> None:
    op.execute("DROP FUNCTION inspection.cross_inspection_result() CASCADE")
    op.drop_column("cross_inspection", "result", schema="inspection")
    for table in (*reversed(SCOPED), "finding_counter"):
        op.drop_table(table, schema="inspection")
    op.execute("DROP FUNCTION inspection.finding_step_in_order(), inspection.task_force_at_work()")
