"""procedures: identification, exit and monitoring as dated steps that are only added to"""

from itertools import pairwise

import sqlalchemy as sa
from alembic import op

from fupin import ddl

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = ("procedure_step", "procedure", "procedure_transition", "procedure_rule", "poverty_line")

# 中国农村扶贫开发纲要（2011-2020年）: 2,300 yuan a head and year at the prices of 2010, carried on at later prices.
# 2015 to 2017 as counties' own workflows of those years quote them, 2019 and 2020 as announced; 2014 and 2018 are the
# figures in common use, which the source says. A county that was given another figure corrects the row.
OUTLINE = "2300元（2010年不变价），《中国农村扶贫开发纲要（2011-2020年）》"
IN_USE = "当年现价为通行引用数，以国家统计局公布为准"
POVERTY_LINES = (
    (2014, 2800, f"{OUTLINE}；{IN_USE}"),
    (2015, 2855, f"{OUTLINE}；当年现价2855元，各地2015年建档立卡工作流程所载"),
    (2016, 2952, f"{OUTLINE}；当年现价2952元，各地建档立卡数据核查口径所载"),
    (2017, 2952, f"{OUTLINE}；当年现价2952元，各地建档立卡数据核查口径所载"),
    (2018, 2995, f"{OUTLINE}；{IN_USE}"),
    (2019, 3218, f"{OUTLINE}；当年现价3218元，国家统计局公布"),
    (2020, 4000, f"{OUTLINE}；当年现价约4000元，国务院扶贫办2020年公布的脱贫标准"),
)

REGISTER = "国开办发〔2014〕24号《扶贫开发建档立卡工作方案》"
EXIT = "厅字〔2016〕16号《关于建立贫困退出机制的意见》"
RELAPSE = "国开发〔2020〕6号《关于建立防止返贫监测和帮扶机制的指导意见》"
QUORUM = "村民代表会议须三分之二以上组成人员参加，经到会人员过半数同意（村民委员会组织法第二十六条）"
TERM = "期限为本县规定，可调整"
WATCH = "观察期为本县规定，可调整"

# kind: step, level, duty, working days to do it in, notice days, quorum in ppm, months, state, household status, source
STEPS = {
    "IDENTIFICATION": (
        ("APPLICATION", "VILLAGE", "RECORD", None, None, None, None, "RUNNING", None, REGISTER),
        ("DEMOCRATIC_REVIEW", "VILLAGE", "RECORD", 15, None, 666_666, None, "RUNNING", None, f"{QUORUM}；{TERM}"),
        ("FIRST_NOTICE", "VILLAGE", "RECORD", 3, 7, None, None, "RUNNING", None, f"{REGISTER}；{TERM}"),
        ("TOWN_REVIEW", "TOWN", "REVIEW", 10, None, None, None, "RUNNING", None, f"{REGISTER}；{TERM}"),
        ("SECOND_NOTICE", "VILLAGE", "RECORD", 3, 7, None, None, "RUNNING", None, f"{REGISTER}；{TERM}"),
        ("COUNTY_APPROVAL", "COUNTY", "APPROVE", 10, None, None, None, "APPROVED", "IDENTIFIED", f"{REGISTER}；{TERM}"),
        ("ANNOUNCEMENT", "VILLAGE", "RECORD", 5, None, None, None, "ANNOUNCED", None, f"{REGISTER}；{TERM}"),
    ),
    "EXIT": (
        ("NOMINATION", "VILLAGE", "RECORD", None, None, None, None, "RUNNING", None, EXIT),
        ("DEMOCRATIC_REVIEW", "VILLAGE", "RECORD", 15, None, 666_666, None, "RUNNING", None, f"{QUORUM}；{TERM}"),
        ("VERIFICATION", "VILLAGE", "RECORD", 10, None, None, None, "RUNNING", None, f"{EXIT}；{TERM}"),
        ("FIRST_NOTICE", "VILLAGE", "RECORD", 3, 7, None, None, "RUNNING", None, f"{EXIT}；{TERM}"),
        ("TOWN_REVIEW", "TOWN", "REVIEW", 10, None, None, None, "RUNNING", None, f"{EXIT}；{TERM}"),
        ("COUNTY_APPROVAL", "COUNTY", "APPROVE", 10, None, None, None, "APPROVED", "EXITED", f"{EXIT}；{TERM}"),
        ("ANNOUNCEMENT", "VILLAGE", "RECORD", 5, None, None, None, "ANNOUNCED", None, f"{EXIT}；{TERM}"),
    ),
    "MONITORING": (
        ("RISK_FOUND", "VILLAGE", "RECORD", None, None, None, None, "RUNNING", None, RELAPSE),
        ("MEASURE", "VILLAGE", "RECORD", 10, None, None, None, "RUNNING", None, f"{RELAPSE}；{TERM}"),
        ("RISK_REVIEW", "TOWN", "REVIEW", 10, None, None, None, "RUNNING", None, f"{RELAPSE}；{TERM}"),
        ("RISK_CLEARED", "COUNTY", "APPROVE", None, None, None, 6, "CLEARED", None, f"{RELAPSE}；{WATCH}"),
        ("RELAPSE", "COUNTY", "APPROVE", None, None, None, None, "RELAPSED", "RELAPSED", RELAPSE),
    ),
}  # fmt: skip
ANY_TIME = (("OBJECTION", "RUNNING"), ("OBJECTION_ANSWER", "RUNNING"), ("WITHDRAWAL", "WITHDRAWN"))
# A village takes back its application or nomination; that a household is no longer watched, only the county decides.
LOWEST = ("VILLAGE", "RECORD")
WITHDRAWN_BY = {"MONITORING": ("COUNTY", "APPROVE")}
COLUMNS = (
    "step", "level", "duty", "deadline_days", "notice_days", "quorum_ppm", "months", "leads_to", "household_status",
    "source",
)  # fmt: skip

# The others follow the list above, one after the other.
MONITORED = (
    ("RISK_FOUND", "MEASURE", True),
    ("MEASURE", "MEASURE", False),
    ("MEASURE", "RISK_REVIEW", True),
    ("RISK_REVIEW", "MEASURE", False),
    ("RISK_REVIEW", "RISK_REVIEW", False),
    ("RISK_REVIEW", "RISK_CLEARED", True),
    ("RISK_REVIEW", "RELAPSE", False),
)

DDL = (
    """
CREATE TABLE registry.poverty_line (
  year smallint CONSTRAINT pk_poverty_line PRIMARY KEY,
  per_head_fen bigint NOT NULL,
  source varchar(300) NOT NULL,
  version integer NOT NULL DEFAULT 1,
  CONSTRAINT ck_poverty_line_per_head CHECK (per_head_fen > 0)
)""",
    """
CREATE TABLE registry.procedure_rule (
  kind varchar(32) NOT NULL,
  step varchar(32) NOT NULL,
  position smallint NOT NULL,
  level varchar(32) NOT NULL,
  duty varchar(32) NOT NULL,
  leads_to varchar(32) NOT NULL DEFAULT 'RUNNING',
  household_status varchar(32),
  deadline_days smallint,
  notice_days smallint,
  notice_counts varchar(32),
  quorum_ppm integer,
  months smallint,
  source varchar(300) NOT NULL DEFAULT '',
  version integer NOT NULL DEFAULT 1,
  CONSTRAINT pk_procedure_rule PRIMARY KEY (kind, step),
  CONSTRAINT ck_procedure_rule_deadline CHECK (deadline_days > 0),
  CONSTRAINT ck_procedure_rule_notice CHECK (
    notice_days > 0 AND (notice_days IS NULL) = (notice_counts IS NULL)),
  CONSTRAINT ck_procedure_rule_quorum CHECK (quorum_ppm BETWEEN 1 AND 1000000),
  CONSTRAINT ck_procedure_rule_months CHECK (months > 0)
)""",
    """
CREATE TABLE registry.procedure_transition (
  kind varchar(32) NOT NULL,
  from_step varchar(32) NOT NULL,
  to_step varchar(32) NOT NULL,
  usual boolean NOT NULL DEFAULT false,
  CONSTRAINT pk_procedure_transition PRIMARY KEY (kind, from_step, to_step)
)""",
    """
CREATE TABLE registry.procedure (
  id uuid NOT NULL DEFAULT uuidv7(),
  county_code varchar(6) COLLATE "C" NOT NULL,
  division_code varchar(12) COLLATE "C" NOT NULL,
  household_id uuid NOT NULL,
  kind varchar(32) NOT NULL,
  monitoring_kind varchar(32),
  risk varchar(32),
  risk_source varchar(32),
  year smallint NOT NULL,
  opened_on date NOT NULL,
  state varchar(32) NOT NULL DEFAULT 'RUNNING',
  steps integer NOT NULL DEFAULT 0,
  last_step varchar(32),
  last_on date,
  notice_until date,
  open_objections integer NOT NULL DEFAULT 0,
  reviewed_by varchar,
  approved_by varchar,
  next_step varchar(32),
  due_on date,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT pk_procedure PRIMARY KEY (id),
  CONSTRAINT uq_procedure_id_division_code UNIQUE (id, division_code),
  CONSTRAINT fk_procedure_household_id FOREIGN KEY (household_id, division_code)
    REFERENCES registry.household (id, division_code) ON UPDATE CASCADE,
  CONSTRAINT ck_procedure_county CHECK (county_code = left(division_code, 6)),
  CONSTRAINT ck_procedure_two_people CHECK (approved_by <> reviewed_by),
  CONSTRAINT ck_procedure_objections CHECK (open_objections >= 0),
  CONSTRAINT ck_procedure_monitoring CHECK (
    (kind = 'MONITORING') = (monitoring_kind IS NOT NULL AND risk IS NOT NULL AND risk_source IS NOT NULL))
)""",
    """
CREATE UNIQUE INDEX uq_procedure_running ON registry.procedure (household_id, kind) WHERE state = 'RUNNING'""",
    "CREATE INDEX ix_procedure_division_code_kind ON registry.procedure (division_code, kind)",
    """
CREATE TABLE registry.procedure_step (
  procedure_id uuid NOT NULL,
  seq integer NOT NULL,
  county_code varchar(6) COLLATE "C" NOT NULL,
  division_code varchar(12) COLLATE "C" NOT NULL,
  kind varchar(32) NOT NULL,
  after_step varchar(32),
  step varchar(32) NOT NULL,
  outcome varchar(32) NOT NULL,
  happened_on date NOT NULL,
  until_on date,
  voters integer,
  attended integer,
  votes_for integer,
  votes_against integer,
  person varchar(60),
  confirmed_on date,
  answers integer,
  per_head_fen bigint,
  line_fen bigint,
  note varchar(500) NOT NULL DEFAULT '',
  state varchar(32) NOT NULL,
  next_step varchar(32),
  next_due_on date,
  actor varchar NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT pk_procedure_step PRIMARY KEY (procedure_id, seq),
  CONSTRAINT uq_procedure_step_procedure_id_answers UNIQUE (procedure_id, answers),
  CONSTRAINT fk_procedure_step_procedure_id FOREIGN KEY (procedure_id, division_code)
    REFERENCES registry.procedure (id, division_code) ON UPDATE CASCADE,
  CONSTRAINT fk_procedure_step_after_step FOREIGN KEY (after_step, kind, step)
    REFERENCES registry.procedure_transition (from_step, kind, to_step),
  CONSTRAINT fk_procedure_step_kind FOREIGN KEY (kind, step) REFERENCES registry.procedure_rule (kind, step),
  CONSTRAINT ck_procedure_step_opening CHECK (
    CASE WHEN seq = 1 THEN step IN ('APPLICATION', 'NOMINATION', 'RISK_FOUND')
    ELSE (after_step IS NULL) = (step IN ('OBJECTION', 'OBJECTION_ANSWER')) END),
  CONSTRAINT ck_procedure_step_answers CHECK ((step = 'OBJECTION_ANSWER') = (answers IS NOT NULL)),
  CONSTRAINT ck_procedure_step_votes_recorded CHECK (
    (step = 'DEMOCRATIC_REVIEW') = (voters IS NOT NULL AND attended IS NOT NULL AND votes_for IS NOT NULL
     AND votes_against IS NOT NULL)),
  CONSTRAINT ck_procedure_step_votes CHECK (
    attended <= voters AND votes_for + votes_against <= attended AND least(votes_for, votes_against) >= 0),
  CONSTRAINT ck_procedure_step_until CHECK (
    step NOT IN ('FIRST_NOTICE', 'SECOND_NOTICE', 'MEASURE') OR coalesce(until_on >= happened_on, false)),
  CONSTRAINT ck_procedure_step_confirmed CHECK (confirmed_on <= happened_on),
  CONSTRAINT ck_procedure_step_outcome CHECK (
    outcome = 'PASSED' OR step IN ('DEMOCRATIC_REVIEW', 'VERIFICATION', 'TOWN_REVIEW', 'COUNTY_APPROVAL',
                                   'OBJECTION_ANSWER'))
)""",
)

# A step takes its number, place, predecessor and author from the procedure and the transaction, whatever was sent;
# an order that the transitions do not hold is refused by their foreign key.
TAKE_STEP = """
CREATE FUNCTION registry.take_procedure_step() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
DECLARE
  p procedure;
  r procedure_rule;
BEGIN
  SELECT * INTO p FROM procedure WHERE id = new.procedure_id FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'no such procedure here';
  END IF;
  SELECT * INTO r FROM procedure_rule WHERE kind = p.kind AND step = new.step;
  new.seq := p.steps + 1;
  new.kind := p.kind;
  new.county_code := p.county_code;
  new.division_code := p.division_code;
  new.actor := coalesce(nullif(current_setting('fupin.actor', true), ''), 'login:' || session_user);
  new.recorded_at := clock_timestamp();
  IF p.state NOT IN ('RUNNING', 'APPROVED') THEN
    RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'procedure_closed', MESSAGE = 'the procedure has ended';
  END IF;
  IF new.happened_on < p.last_on THEN
    RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'procedure_step_order', MESSAGE = 'earlier than the last';
  END IF;
  IF new.step IN ('OBJECTION', 'OBJECTION_ANSWER') THEN
    IF p.state <> 'RUNNING' THEN
      RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'procedure_closed', MESSAGE = 'the procedure has ended';
    END IF;
    IF new.step = 'OBJECTION_ANSWER' AND NOT EXISTS (
        SELECT FROM procedure_step s
        WHERE s.procedure_id = p.id AND s.seq = new.answers AND s.step = 'OBJECTION' AND NOT EXISTS (
          SELECT FROM procedure_step a WHERE a.procedure_id = p.id AND a.answers = s.seq)) THEN
      RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'procedure_no_such_objection', MESSAGE = 'not open';
    END IF;
    new.after_step := NULL;
    new.next_step := p.next_step;
    new.next_due_on := p.due_on;
  ELSE
    new.after_step := p.last_step;
    IF new.step <> 'WITHDRAWAL' THEN
      IF new.happened_on <= p.notice_until THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'procedure_notice_not_over', MESSAGE = 'still up';
      END IF;
      IF p.open_objections > 0 THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'procedure_objection_open', MESSAGE = 'not answered';
      END IF;
    END IF;
  END IF;
  new.state := CASE WHEN new.outcome = 'REFUSED' THEN 'REFUSED' ELSE r.leads_to END;
  IF new.state NOT IN ('RUNNING', 'APPROVED') THEN
    new.next_step := NULL;
    new.next_due_on := NULL;
  END IF;
  RETURN new;
END $$"""

FOLLOW_STEP = """
CREATE FUNCTION registry.follow_procedure_step() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
DECLARE
  v_duty text := (SELECT duty FROM procedure_rule WHERE kind = new.kind AND step = new.step);
  v_aside boolean := new.step IN ('OBJECTION', 'OBJECTION_ANSWER');
BEGIN
  UPDATE procedure SET
    steps = new.seq,
    state = new.state,
    last_step = CASE WHEN v_aside THEN last_step ELSE new.step END,
    last_on = new.happened_on,
    notice_until = CASE WHEN v_aside THEN notice_until
                        WHEN new.step IN ('FIRST_NOTICE', 'SECOND_NOTICE') THEN new.until_on END,
    open_objections = open_objections + CASE new.step WHEN 'OBJECTION' THEN 1 WHEN 'OBJECTION_ANSWER' THEN -1
                                                      ELSE 0 END,
    reviewed_by = CASE v_duty WHEN 'REVIEW' THEN new.actor ELSE reviewed_by END,
    approved_by = CASE v_duty WHEN 'APPROVE' THEN new.actor ELSE approved_by END,
    next_step = new.next_step,
    due_on = new.next_due_on
  WHERE id = new.procedure_id;
  RETURN NULL;
END $$"""


def upgrade() -> None:
    for statement in (*DDL, TAKE_STEP, FOLLOW_STEP):
        op.get_bind().exec_driver_sql(statement)
    op.execute("""
        CREATE TRIGGER take BEFORE INSERT ON registry.procedure_step
        FOR EACH ROW EXECUTE FUNCTION registry.take_procedure_step()""")
    op.execute("""
        CREATE TRIGGER follow AFTER INSERT ON registry.procedure_step
        FOR EACH ROW EXECUTE FUNCTION registry.follow_procedure_step()""")
    # A step moves with its household to another village; nothing else of it ever changes.
    op.execute("""
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON registry.procedure_step
        FOR EACH ROW EXECUTE FUNCTION registry.refuse_all_but_moving()""")
    op.execute("""
        CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON registry.procedure_step
        FOR EACH STATEMENT EXECUTE FUNCTION registry.refuse_change()""")
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON registry.procedure, registry.procedure_step FROM fupin_registry")
    # What a procedure has come to is its triggers' to say.
    op.execute("REVOKE INSERT ON registry.procedure FROM fupin_registry")
    op.execute("""
        GRANT INSERT (county_code, division_code, household_id, kind, monitoring_kind, risk, risk_source, year,
                      opened_on) ON registry.procedure TO fupin_registry""")
    op.execute("REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON registry.procedure_transition FROM fupin_registry")
    op.execute("REVOKE INSERT, DELETE, TRUNCATE ON registry.procedure_rule FROM fupin_registry")
    ddl.scoped(op, "procedure", "procedure_step")
    ddl.audited(op, "procedure")
    ddl.audited(op, "procedure_step", key="procedure_id")
    ddl.audited(op, "procedure_rule", key="step")
    ddl.audited(op, "poverty_line", key="year")
    _policy()


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TABLE registry.{table} CASCADE")
    for function in ("take_procedure_step", "follow_procedure_step"):
        op.execute(f"DROP FUNCTION registry.{function}")


def _policy() -> None:
    op.bulk_insert(
        _table("poverty_line", "year", "per_head_fen", "source"),
        [{"year": year, "per_head_fen": yuan * 100, "source": source} for year, yuan, source in POVERTY_LINES],
    )
    rules, steps = [], []
    for kind, rows in STEPS.items():
        for at, row in enumerate(rows, 1):
            rule = dict(zip(COLUMNS, row, strict=True))
            # The last day of a notice is a working day: 民法典第二百零三条.
            rules.append(
                rule | {"kind": kind, "position": at, "notice_counts": "CALENDAR" if rule["notice_days"] else None}
            )
        for at, (step, state) in enumerate(ANY_TIME, len(rows) + 1):
            level, duty = WITHDRAWN_BY.get(kind, LOWEST) if step == "WITHDRAWAL" else LOWEST
            of_step = {"kind": kind, "step": step, "position": at, "level": level, "duty": duty, "leads_to": state}
            rules.append(dict.fromkeys(COLUMNS) | of_step | {"source": "", "notice_counts": None})
        names = [row[0] for row in rows]
        follows = MONITORED if kind == "MONITORING" else [(before, after, True) for before, after in pairwise(names)]
        steps += [{"kind": kind, "from_step": a, "to_step": b, "usual": usual} for a, b, usual in follows]
        running = [row[0] for row in rows if row[7] == "RUNNING"]
        steps += [{"kind": kind, "from_step": a, "to_step": "WITHDRAWAL", "usual": False} for a in running]
    op.bulk_insert(_table("procedure_rule", "kind", "position", "notice_counts", *COLUMNS), rules)
    op.bulk_insert(_table("procedure_transition", "kind", "from_step", "to_step", "usual"), steps)


def _table(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, *(sa.column(column) for column in columns), schema="registry")
