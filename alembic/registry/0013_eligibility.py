"""eligibility: rules as data, decided by two people; decisions with their trace"""

from datetime import date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from fupin import ddl

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# The four categories are those of 建村〔2017〕192号; how each is read from the register is this registry's own reading.
# The first clause that holds is named: the narrower category before the wider one.
FOUR_CATEGORIES = (
    ("DESTITUTE", "destitute && !(status in ['REMOVED', 'CANCELLED'])",
     "户类型登记为特困供养", "Registered as destitute, supported"),
    ("MINIMUM_LIVING", "minimum_living && !(status in ['REMOVED', 'CANCELLED'])",
     "户类型登记为低保", "Registered as on minimum living allowance"),
    ("POOR_DISABLED", "poor && disabled > 0",
     "贫困户且有残疾成员", "A poor household with a disabled member"),
    ("REGISTERED_POOR", "registered", "建档立卡户", "In the register of poor households"),
)  # fmt: skip
CHECKED = (
    ("FOOD", "不愁吃", "Food"), ("CLOTHING", "不愁穿", "Clothing"), ("HOUSING", "住房安全有保障", "Safe housing"),
    ("WATER", "饮水安全有保障", "Safe water"), ("MEDICAL", "基本医疗有保障", "Basic medical care"),
    ("EDUCATION", "义务教育有保障", "Compulsory education"),
)  # fmt: skip
EXIT = (
    ("INCOME", "income_per_head > poverty_line",
     "家庭人均纯收入超过当年贫困标准", "Net income per head above the year's poverty line"),
    *((item, f"guarantee_{item.lower()} in ['MET', 'NOT_APPLICABLE']", zh, en) for item, zh, en in CHECKED),
    ("CONFIRMATION", "exit_confirmed", "拟退出户签字确认", "The household's own confirmation"),
)  # fmt: skip
HOUSING = "建村〔2017〕192号《关于加强和完善建档立卡贫困户等重点对象农村危房改造若干问题的通知》"
UNCONFIRMED = "条款表达式和起始日为本系统登记的理解，未经主管部门确认，启用前请核对原文"
RULES = (
    {
        "purpose": "FOUR_CATEGORIES", "zh": "危房改造四类重点对象",
        "en": "Four categories entitled to housing renovation", "meets": "ANY", "clauses": FOUR_CATEGORIES,
        "source": f"{HOUSING}；{UNCONFIRMED}",
    },
    {
        "purpose": "EXIT", "zh": "贫困户退出条件", "en": "What leaving poverty takes", "meets": "ALL", "clauses": EXIT,
        "source": f"厅字〔2016〕16号《关于建立贫困退出机制的意见》；{UNCONFIRMED}",
    },
)  # fmt: skip

DDL = (
    """
    CREATE TABLE registry.eligibility_rule (
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        id uuid NOT NULL DEFAULT uuidv7(),
        purpose varchar(32) NOT NULL,
        number integer NOT NULL,
        zh varchar(100) NOT NULL,
        en varchar(100) NOT NULL,
        meets varchar(32) NOT NULL,
        clauses jsonb NOT NULL,
        effective_from date NOT NULL,
        effective_to date,
        source varchar(300) NOT NULL,
        state varchar(32) NOT NULL DEFAULT 'DRAFT',
        drafted_by varchar NOT NULL,
        approved_by varchar,
        approved_at timestamptz,
        CONSTRAINT pk_eligibility_rule PRIMARY KEY (id),
        CONSTRAINT uq_eligibility_rule_purpose_number UNIQUE (purpose, number),
        CONSTRAINT ck_eligibility_rule_days CHECK (effective_from <= effective_to),
        CONSTRAINT ck_eligibility_rule_two_people CHECK (approved_by <> drafted_by),
        CONSTRAINT ck_eligibility_rule_approved CHECK (
            (state = 'IN_FORCE') = (approved_by IS NOT NULL) AND (approved_by IS NULL) = (approved_at IS NULL)),
        CONSTRAINT ex_eligibility_rule_in_force EXCLUDE USING gist (
            purpose WITH =, daterange(effective_from, effective_to, '[]') WITH &&) WHERE (state = 'IN_FORCE')
    )""",
    """
    CREATE TABLE registry.eligibility_run (
        id uuid NOT NULL,
        division_code varchar(12) COLLATE "C" NOT NULL,
        rule_id uuid NOT NULL,
        on_date date NOT NULL,
        year smallint NOT NULL,
        households integer NOT NULL DEFAULT 0,
        eligible integer NOT NULL DEFAULT 0,
        not_eligible integer NOT NULL DEFAULT 0,
        unknown integer NOT NULL DEFAULT 0,
        created_by varchar NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        finished_at timestamptz,
        CONSTRAINT pk_eligibility_run PRIMARY KEY (id),
        CONSTRAINT fk_eligibility_run_rule_id FOREIGN KEY (rule_id) REFERENCES registry.eligibility_rule (id),
        CONSTRAINT ck_eligibility_run_counts CHECK (households = eligible + not_eligible + unknown)
    )""",
    """
    CREATE TABLE registry.eligibility_decision (
        county_code varchar(6) COLLATE "C" NOT NULL,
        division_code varchar(12) COLLATE "C" NOT NULL,
        household_id uuid NOT NULL,
        id uuid NOT NULL DEFAULT uuidv7(),
        rule_id uuid NOT NULL,
        run_id uuid,
        procedure_id uuid,
        on_date date NOT NULL,
        year smallint NOT NULL,
        outcome varchar(32) NOT NULL,
        clause varchar(32),
        results jsonb NOT NULL,
        facts jsonb NOT NULL,
        actor varchar NOT NULL,
        decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT pk_eligibility_decision PRIMARY KEY (id),
        CONSTRAINT fk_eligibility_decision_household_id FOREIGN KEY (household_id, division_code)
            REFERENCES registry.household (id, division_code) ON UPDATE CASCADE,
        CONSTRAINT ck_eligibility_decision_county CHECK (county_code = left(division_code, 6)),
        CONSTRAINT ck_eligibility_decision_clause CHECK (clause IS NULL OR outcome = 'ELIGIBLE')
    )""",
    "CREATE INDEX ix_eligibility_decision_household_id ON registry.eligibility_decision (household_id)",
    """
    CREATE UNIQUE INDEX uq_eligibility_decision_run ON registry.eligibility_decision (run_id, household_id)
    WHERE run_id IS NOT NULL""",
    # CEL's whole numbers have 64 bits; what goes beyond is unknown, as it is in CEL.
    """
    CREATE FUNCTION registry.within_int64(v numeric) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN v BETWEEN -9223372036854775808 AND 9223372036854775807 THEN v::bigint END""",
    # A draft is put in force or withdrawn; a rule in force only ever ends earlier, when a newer one follows it.
    """
    CREATE FUNCTION registry.keep_eligibility_rule() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      v_decided text[] := '{state,approved_by,approved_at}';
    BEGIN
      IF tg_op = 'UPDATE' AND (
          old.state = 'DRAFT' AND new.state <> 'DRAFT' AND to_jsonb(new) - v_decided = to_jsonb(old) - v_decided
          OR old.state = 'IN_FORCE' AND to_jsonb(new) - 'effective_to' = to_jsonb(old) - 'effective_to'
             AND new.effective_to < coalesce(old.effective_to, 'infinity')) THEN
        RETURN new;
      END IF;
      RAISE EXCEPTION USING ERRCODE = '23001', MESSAGE = tg_op || ' on a rule of eligibility refused';
    END $$""",
    """
    CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON registry.eligibility_rule
    FOR EACH ROW EXECUTE FUNCTION registry.keep_eligibility_rule()""",
    # A decision moves with its household to another village; nothing else of it ever changes.
    """
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON registry.eligibility_decision
    FOR EACH ROW EXECUTE FUNCTION registry.refuse_all_but_moving()""",
    """
    CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON registry.eligibility_decision
    FOR EACH STATEMENT EXECUTE FUNCTION registry.refuse_change()""",
    "REVOKE UPDATE, DELETE, TRUNCATE ON registry.eligibility_decision FROM fupin_registry",
    "REVOKE DELETE, TRUNCATE ON registry.eligibility_rule FROM fupin_registry",
)


def upgrade() -> None:
    for statement in DDL:
        op.get_bind().exec_driver_sql(statement)
    ddl.scoped(op, "eligibility_run", "eligibility_decision")
    ddl.audited(op, "eligibility_rule", "eligibility_run", "eligibility_decision")
    _policy()


def downgrade() -> None:
    for table in ("eligibility_decision", "eligibility_run", "eligibility_rule"):
        op.execute(f"DROP TABLE registry.{table} CASCADE")
    op.execute("DROP FUNCTION registry.keep_eligibility_rule")
    op.execute("DROP FUNCTION registry.within_int64")


def _policy() -> None:
    columns = (
        "purpose", "number", "zh", "en", "meets", "effective_from", "source", "state", "drafted_by", "approved_by",
    )  # fmt: skip
    table = sa.table(
        "eligibility_rule", *(sa.column(name) for name in columns), sa.column("clauses", postgresql.JSONB),
        sa.column("approved_at"), schema="registry",
    )  # fmt: skip
    for rule in RULES:
        clauses = [dict(zip(("code", "expression", "zh", "en"), clause, strict=True)) for clause in rule["clauses"]]
        decided = {
            "number": 1, "effective_from": date(2014, 1, 1), "state": "IN_FORCE", "drafted_by": "migration",
            "approved_by": "installation", "approved_at": sa.func.clock_timestamp(),
        }  # fmt: skip
        op.execute(table.insert().values(rule | {"clauses": clauses} | decided))
