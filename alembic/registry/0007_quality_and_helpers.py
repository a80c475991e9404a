"""quality findings; yearly appraisals, what villages have, what households received"""

from datetime import date

import sqlalchemy as sa
from alembic import op

from fupin import ddl

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = (
    "quality_finding", "quality_run_rule", "quality_run", "assistance", "village_fact", "village_item", "appraisal",
)  # fmt: skip

# 三通三有: what Heilongjiang asks of a village that leaves poverty. Each is a row: another province names its own.
VILLAGE_ITEMS = (
    ("ROAD", "通硬化路", "Paved road"),
    ("BROADBAND", "通宽带", "Broadband"),
    ("BROADCAST", "通广播电视", "Radio and television"),
    ("CLINIC", "有卫生室", "Village clinic"),
    ("CULTURE", "有文化活动场所", "Place for culture and sports"),
    ("DOCTOR", "有医生", "Village doctor"),
)

STATEMENTS = (
    "ALTER TABLE registry.helper ADD CONSTRAINT uq_helper_id_name_department UNIQUE (id, name, department)",
    """
    CREATE TABLE registry.appraisal (
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        county_code varchar(6) COLLATE "C" NOT NULL,
        division_code varchar(12) COLLATE "C" NOT NULL,
        id uuid NOT NULL DEFAULT uuidv7(),
        year smallint NOT NULL,
        department varchar(100) NOT NULL,
        helper_id uuid,
        cadre_name varchar(60),
        mark varchar(32) NOT NULL,
        score numeric(5, 2) NOT NULL,
        comment varchar(500) NOT NULL DEFAULT '',
        appraised_by varchar(60) NOT NULL,
        appraised_on date NOT NULL,
        recorded_by varchar NOT NULL,
        version integer NOT NULL DEFAULT 1,
        CONSTRAINT pk_appraisal PRIMARY KEY (id),
        CONSTRAINT fk_appraisal_division_code FOREIGN KEY (division_code) REFERENCES registry.division (code),
        CONSTRAINT fk_appraisal_helper_id FOREIGN KEY (helper_id, cadre_name, department)
            REFERENCES registry.helper (id, name, department) ON UPDATE CASCADE,
        CONSTRAINT ck_appraisal_county CHECK (county_code = left(division_code, 6)),
        CONSTRAINT ck_appraisal_cadre CHECK (num_nulls(helper_id, cadre_name) IN (0, 2)),
        CONSTRAINT ck_appraisal_own CHECK (appraised_by <> coalesce(cadre_name, department)),
        CONSTRAINT ck_appraisal_score CHECK (score BETWEEN 0 AND 100),
        CONSTRAINT uq_appraisal_county_code_year_department_helper_id
            UNIQUE NULLS NOT DISTINCT (county_code, year, department, helper_id)
    )""",
    """
    CREATE TABLE registry.village_item (
        code varchar(32) NOT NULL,
        zh varchar(60) NOT NULL,
        en varchar(100) NOT NULL,
        position smallint NOT NULL,
        valid_from date NOT NULL,
        valid_to date,
        version integer NOT NULL DEFAULT 1,
        CONSTRAINT pk_village_item PRIMARY KEY (code),
        CONSTRAINT uq_village_item_zh UNIQUE (zh),
        CONSTRAINT ck_village_item_validity CHECK (valid_from <= valid_to)
    )""",
    """
    CREATE TABLE registry.village_fact (
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        county_code varchar(6) COLLATE "C" NOT NULL,
        division_code varchar(12) COLLATE "C" NOT NULL,
        id uuid NOT NULL DEFAULT uuidv7(),
        item varchar(32) NOT NULL,
        met boolean NOT NULL,
        from_on date NOT NULL,
        evidence varchar(500) NOT NULL DEFAULT '',
        recorded_by varchar NOT NULL,
        version integer NOT NULL DEFAULT 1,
        CONSTRAINT pk_village_fact PRIMARY KEY (id),
        CONSTRAINT fk_village_fact_division_code FOREIGN KEY (division_code) REFERENCES registry.division (code),
        CONSTRAINT fk_village_fact_item FOREIGN KEY (item) REFERENCES registry.village_item (code),
        CONSTRAINT ck_village_fact_county CHECK (county_code = left(division_code, 6)),
        CONSTRAINT ck_village_fact_village CHECK (right(division_code, 3) <> '000'),
        CONSTRAINT uq_village_fact_division_code_item_from_on UNIQUE (division_code, item, from_on)
    )""",
    """
    CREATE TABLE registry.assistance (
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        county_code varchar(6) COLLATE "C" NOT NULL,
        division_code varchar(12) COLLATE "C" NOT NULL,
        household_id uuid NOT NULL,
        id uuid NOT NULL DEFAULT uuidv7(),
        kind varchar(32) NOT NULL,
        given_on date NOT NULL,
        given_by varchar(100) NOT NULL,
        amount_fen bigint,
        description varchar(500) NOT NULL DEFAULT '',
        recorded_by varchar NOT NULL,
        version integer NOT NULL DEFAULT 1,
        CONSTRAINT pk_assistance PRIMARY KEY (id),
        CONSTRAINT fk_assistance_household_id FOREIGN KEY (household_id, division_code)
            REFERENCES registry.household (id, division_code) ON UPDATE CASCADE,
        CONSTRAINT ck_assistance_county CHECK (county_code = left(division_code, 6)),
        CONSTRAINT ck_assistance_amount CHECK (amount_fen >= 0)
    )""",
    "CREATE INDEX ix_assistance_household_id_given_on ON registry.assistance (household_id, given_on)",
    """
    CREATE TABLE registry.quality_run (
        id uuid NOT NULL,
        division_code varchar(12) COLLATE "C" NOT NULL,
        on_date date NOT NULL,
        households integer NOT NULL DEFAULT 0,
        created_by varchar NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        finished_at timestamptz,
        CONSTRAINT pk_quality_run PRIMARY KEY (id)
    )""",
    """
    CREATE TABLE registry.quality_run_rule (
        run_id uuid NOT NULL,
        rule varchar(8) NOT NULL,
        division_code varchar(12) COLLATE "C" NOT NULL,
        found bigint NOT NULL,
        opened bigint NOT NULL,
        closed bigint NOT NULL,
        seconds numeric(9, 3) NOT NULL,
        CONSTRAINT pk_quality_run_rule PRIMARY KEY (run_id, rule),
        CONSTRAINT fk_quality_run_rule_run_id FOREIGN KEY (run_id) REFERENCES registry.quality_run (id)
    )""",
    """
    CREATE TABLE registry.quality_finding (
        county_code varchar(6) COLLATE "C" NOT NULL,
        division_code varchar(12) COLLATE "C" NOT NULL,
        household_id uuid NOT NULL,
        id uuid NOT NULL DEFAULT uuidv7(),
        rule varchar(8) NOT NULL,
        subject_id uuid NOT NULL,
        zh varchar(500) NOT NULL,
        en varchar(500) NOT NULL,
        state varchar(32) NOT NULL DEFAULT 'OPEN',
        run_id uuid NOT NULL,
        found_on date NOT NULL,
        closed_at timestamptz,
        excused_by varchar,
        excused_at timestamptz,
        excuse varchar(500),
        CONSTRAINT pk_quality_finding PRIMARY KEY (id),
        CONSTRAINT fk_quality_finding_household_id FOREIGN KEY (household_id, division_code)
            REFERENCES registry.household (id, division_code) ON UPDATE CASCADE,
        CONSTRAINT ck_quality_finding_county CHECK (county_code = left(division_code, 6)),
        CONSTRAINT ck_quality_finding_closed CHECK ((state = 'CLOSED') = (closed_at IS NOT NULL)),
        CONSTRAINT ck_quality_finding_excused CHECK (num_nulls(excused_by, excused_at, excuse) IN (0, 3)
            AND (state <> 'EXCUSED' OR excuse IS NOT NULL))
    )""",
    """
    CREATE UNIQUE INDEX uq_quality_finding_standing ON registry.quality_finding (rule, household_id, subject_id)
    WHERE state <> 'CLOSED'""",
    "CREATE INDEX ix_quality_finding_division_code_state ON registry.quality_finding (division_code, state)",
    "CREATE INDEX ix_quality_finding_household_id ON registry.quality_finding (household_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    ddl.scoped(op, "appraisal", "village_fact", "assistance", "quality_run", "quality_run_rule", "quality_finding")
    ddl.audited(op, "appraisal", "village_fact", "assistance", "quality_run", "quality_finding")
    ddl.audited(op, "village_item", key="code")
    ddl.append_only(op, "quality_run_rule")
    columns = ("code", "zh", "en", "position", "valid_from")
    op.bulk_insert(
        sa.table("village_item", *(sa.column(column) for column in columns), schema="registry"),
        [
            {"code": code, "zh": zh, "en": en, "position": at, "valid_from": date(2016, 1, 1)}
            for at, (code, zh, en) in enumerate(VILLAGE_ITEMS, 1)
        ],
    )


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TABLE registry.{table} CASCADE")
    op.execute("ALTER TABLE registry.helper DROP CONSTRAINT uq_helper_id_name_department")
