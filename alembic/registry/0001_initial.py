"""the household registry: divisions, households, members, helpers, pathways, guarantees, snapshots"""

from datetime import date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from fupin import ddl

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "snapshot_row", "snapshot", "guarantee_check", "household_pathway", "medical_line", "pathway",
    "responsibility_letter", "helper_assignment", "helper", "member", "household_income", "household_status",
    "household", "status_transition", "division_state", "division",
)  # fmt: skip

TRANSITIONS = {
    "NOT_POOR": ("IDENTIFIED", "CANCELLED"),
    "IDENTIFIED": ("POOR", "REMOVED", "CANCELLED"),
    "POOR": ("EXITED", "REMOVED", "CANCELLED"),
    "EXITED": ("STABLE", "RELAPSED", "REMOVED", "CANCELLED"),
    "STABLE": ("RELAPSED", "REMOVED", "CANCELLED"),
    "RELAPSED": ("EXITED", "REMOVED", "CANCELLED"),
    "REMOVED": ("NOT_POOR", "IDENTIFIED", "CANCELLED"),
}

# The county's list of ways out of poverty. Each is a row: a county renames, ends and adds its own over the API.
PATHWAYS = (
    ("LIVESTOCK", "畜牧养殖", "Livestock"),
    ("INTERNET_AGRICULTURE", "互联网+农业", "Internet and agriculture"),
    ("PHOTOVOLTAIC", "光伏发电", "Photovoltaic power"),
    ("SPECIALTY_CROPS", "特色种植", "Specialty crops"),
    ("COURTYARD", "庭院经济", "Courtyard economy"),
    ("LABOUR_TRANSFER", "劳务输出", "Labour transfer"),
    ("PUBLIC_POST", "公益岗位", "Public-benefit posts"),
    ("INDUSTRY_DIVIDEND", "产业分红", "Dividends of enterprises"),
    ("LAND_TRANSFER", "土地流转", "Land transfer"),
    ("TOURISM", "乡村旅游", "Rural tourism"),
)

# Five lines are named by policy; the last is the county's own to name.
MEDICAL_LINES = (
    ("NCMS", "代缴新农合个人部分", "Rural cooperative medical contribution paid"),
    ("SERIOUS_ILLNESS", "大病商业保险", "Serious-illness insurance"),
    ("ACCIDENT", "人身意外伤害保险", "Accident insurance"),
    ("TREAT_FIRST", "先诊疗、后付费", "Treat first, pay later"),
    ("ONE_STOP", "一站式结算", "One-stop settlement"),
    ("LOCAL", "医疗救助", "Medical assistance"),
)

TRACK_DIVISION = """
CREATE FUNCTION registry.track_division() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
DECLARE v_actor text := coalesce(nullif(current_setting('fupin.actor', true), ''), 'login:' || session_user);
BEGIN
  IF tg_op = 'INSERT' THEN
    INSERT INTO division_state (division_code, version, state_on, poor_village, has_tap_water, water_system_running,
                                population, labour_force, collective_income_fen, actor)
    SELECT code, version, state_on, poor_village, has_tap_water, water_system_running,
           population, labour_force, collective_income_fen, v_actor
    FROM fresh;
  ELSE
    INSERT INTO division_state (division_code, version, state_on, poor_village, has_tap_water, water_system_running,
                                population, labour_force, collective_income_fen, actor)
    SELECT n.code, n.version, n.state_on, n.poor_village, n.has_tap_water, n.water_system_running,
           n.population, n.labour_force, n.collective_income_fen, v_actor
    FROM fresh n JOIN stale o USING (code)
    WHERE (n.state_on, n.poor_village, n.has_tap_water, n.water_system_running,
           n.population, n.labour_force, n.collective_income_fen)
          IS DISTINCT FROM
          (o.state_on, o.poor_village, o.has_tap_water, o.water_system_running,
           o.population, o.labour_force, o.collective_income_fen);
  END IF;
  RETURN NULL;
END $$"""

# A household that arrives already out of poverty brings its earlier steps: poor from identified_on, out from exited_on.
TRACK_HOUSEHOLD = """
CREATE FUNCTION registry.track_household() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
DECLARE v_actor text := coalesce(nullif(current_setting('fupin.actor', true), ''), 'login:' || session_user);
BEGIN
  IF tg_op = 'INSERT' THEN
    INSERT INTO household_status (household_id, county_code, division_code, seq, to_status, happened_on, reason, actor)
    SELECT id, county_code, division_code, 1, status, status_on, status_reason, v_actor
    FROM fresh WHERE status IN ('NOT_POOR', 'IDENTIFIED', 'POOR');

    INSERT INTO household_status (household_id, county_code, division_code, seq, from_status, from_on, to_status,
                                  happened_on, reason, actor)
    SELECT h.id, h.county_code, h.division_code, row_number() OVER w, lag(step.status) OVER w,
           lag(step.happened_on) OVER w, step.status, step.happened_on, step.reason, v_actor
    FROM fresh h
    CROSS JOIN LATERAL (VALUES
      (1, 'POOR', h.identified_on, ''),
      (2, CASE WHEN h.status <> 'EXITED' THEN 'EXITED' END, h.exited_on, ''),
      (3, h.status, h.status_on, h.status_reason)
    ) AS step (n, status, happened_on, reason)
    WHERE h.status NOT IN ('NOT_POOR', 'IDENTIFIED', 'POOR')
      AND step.status IS NOT NULL AND step.happened_on IS NOT NULL
    WINDOW w AS (PARTITION BY h.id ORDER BY step.n);
  ELSE
    INSERT INTO household_status (household_id, county_code, division_code, seq, from_status, from_on, to_status,
                                  happened_on, reason, actor)
    SELECT n.id, n.county_code, n.division_code,
           (SELECT max(s.seq) + 1 FROM household_status s WHERE s.household_id = n.id),
           o.status, o.status_on, n.status, n.status_on, n.status_reason, v_actor
    FROM fresh n JOIN stale o ON o.id = n.id
    WHERE (n.status, n.status_on) IS DISTINCT FROM (o.status, o.status_on);
  END IF;
  RETURN NULL;
END $$"""

# The history of a household moves with it to another village; nothing else of it ever changes.
KEEP_HISTORY = """
CREATE FUNCTION registry.refuse_all_but_moving() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF tg_op = 'UPDATE' AND to_jsonb(new) - 'division_code' = to_jsonb(old) - 'division_code' THEN
    RETURN new;
  END IF;
  RAISE EXCEPTION USING ERRCODE = '23001', MESSAGE = tg_op || ' on ' || tg_table_name || ' refused';
END $$"""


def upgrade() -> None:
    ddl.kernel(op)
    _divisions()
    _households()
    _helpers()
    _pathways()
    _snapshots()
    _guards()
    _histories()
    _policy_lists()


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TABLE registry.{table} CASCADE")
    ddl.drop_kernel(op)


def _divisions() -> None:
    op.create_table(
        "division",
        sa.Column("code", sa.String(length=12, collation="C"), nullable=False),
        sa.Column("county_code", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("level", sa.String(length=32), nullable=False),
        sa.Column("parent_code", sa.String(length=12, collation="C"), nullable=True),
        sa.Column("successor_code", sa.String(length=12, collation="C"), nullable=True),
        sa.Column("leader", sa.String(length=60), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("state_on", sa.Date(), nullable=False),
        sa.Column("poor_village", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("has_tap_water", sa.Boolean(), nullable=True),
        sa.Column("water_system_running", sa.Boolean(), nullable=True),
        sa.Column("population", sa.Integer(), nullable=True),
        sa.Column("labour_force", sa.Integer(), nullable=True),
        sa.Column("collective_income_fen", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("(level = 'COUNTY') = (parent_code IS NULL)", name=op.f("ck_division_parent")),
        sa.CheckConstraint("code ~ '^[0-9]{12}$'", name=op.f("ck_division_digits")),
        sa.CheckConstraint("level = 'VILLAGE' OR NOT poor_village", name=op.f("ck_division_poor_village")),
        sa.CheckConstraint(
            "level = CASE WHEN right(code, 6) = '000000' THEN 'COUNTY'"
            " WHEN right(code, 3) = '000' THEN 'TOWN' ELSE 'VILLAGE' END",
            name=op.f("ck_division_level"),
        ),
        sa.CheckConstraint("county_code = left(code, 6)", name=op.f("ck_division_county")),
        sa.CheckConstraint("valid_from <= valid_to", name=op.f("ck_division_validity")),
        sa.CheckConstraint("water_system_running IS NULL OR has_tap_water", name=op.f("ck_division_water")),
        sa.ForeignKeyConstraint(["parent_code"], ["registry.division.code"], name=op.f("fk_division_parent_code")),
        sa.ForeignKeyConstraint(
            ["successor_code"], ["registry.division.code"], name=op.f("fk_division_successor_code")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_division")),
        schema="registry",
    )
    op.create_index(op.f("ix_division_parent_code"), "division", ["parent_code"], unique=False, schema="registry")
    op.create_table(
        "division_state",
        sa.Column("division_code", sa.String(length=12, collation="C"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state_on", sa.Date(), nullable=False),
        sa.Column("poor_village", sa.Boolean(), nullable=False),
        sa.Column("has_tap_water", sa.Boolean(), nullable=True),
        sa.Column("water_system_running", sa.Boolean(), nullable=True),
        sa.Column("population", sa.Integer(), nullable=True),
        sa.Column("labour_force", sa.Integer(), nullable=True),
        sa.Column("collective_income_fen", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.String(), server_default="", nullable=False),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["registry.division.code"], name=op.f("fk_division_state_division_code")
        ),
        sa.PrimaryKeyConstraint("division_code", "version", name=op.f("pk_division_state")),
        schema="registry",
    )


def _households() -> None:
    op.create_table(
        "status_transition",
        sa.Column("from_status", sa.String(length=32), nullable=False),
        sa.Column("to_status", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("from_status", "to_status", name=op.f("pk_status_transition")),
        schema="registry",
    )
    op.create_table(
        "household",
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("county_code", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("division_code", sa.String(length=12, collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("household_no", sa.String(length=30), nullable=False),
        sa.Column("residence", sa.String(length=32), nullable=False),
        sa.Column("poverty_type", sa.String(length=32), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_on", sa.Date(), nullable=False),
        sa.Column("status_reason", sa.String(), server_default="", nullable=False),
        sa.Column("main_cause", sa.String(length=32), nullable=True),
        sa.Column("other_causes", postgresql.ARRAY(sa.String(length=2)), server_default="{}", nullable=False),
        sa.Column("identified_on", sa.Date(), nullable=True),
        sa.Column("exited_on", sa.Date(), nullable=True),
        sa.Column("phone_enc", sa.LargeBinary(), nullable=True),
        sa.Column("phone_index", sa.LargeBinary(), nullable=True),
        sa.Column("phone_mask", sa.String(length=20), nullable=True),
        sa.Column("bank_account_enc", sa.LargeBinary(), nullable=True),
        sa.Column("bank_account_index", sa.LargeBinary(), nullable=True),
        sa.Column("bank_account_mask", sa.String(length=32), nullable=True),
        sa.Column("farmland_mu", sa.Numeric(precision=10, scale=2), nullable=True),
        sa.Column("irrigated_mu", sa.Numeric(precision=10, scale=2), nullable=True),
        sa.Column("forest_mu", sa.Numeric(precision=10, scale=2), nullable=True),
        sa.Column("grassland_mu", sa.Numeric(precision=10, scale=2), nullable=True),
        sa.Column("house_grade", sa.String(length=32), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("source_hash", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("right(division_code, 3) <> '000'", name=op.f("ck_household_village")),
        sa.CheckConstraint(
            "status IN ('NOT_POOR', 'CANCELLED') OR identified_on IS NOT NULL", name=op.f("ck_household_identified_on")
        ),
        sa.CheckConstraint(
            "status NOT IN ('EXITED', 'STABLE', 'RELAPSED') OR exited_on IS NOT NULL",
            name=op.f("ck_household_exited_on"),
        ),
        sa.CheckConstraint(
            "cardinality(other_causes) <= 2 AND NOT main_cause = ANY (other_causes)"
            " AND coalesce(other_causes[1] <> other_causes[2], true)",
            name=op.f("ck_household_causes"),
        ),
        sa.CheckConstraint(
            "cardinality(other_causes) = 0 OR main_cause IS NOT NULL", name=op.f("ck_household_main_cause")
        ),
        sa.CheckConstraint("county_code = left(division_code, 6)", name=op.f("ck_household_county")),
        sa.CheckConstraint("identified_on <= exited_on", name=op.f("ck_household_dates")),
        sa.ForeignKeyConstraint(["division_code"], ["registry.division.code"], name=op.f("fk_household_division_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household")),
        sa.UniqueConstraint("county_code", "household_no", name=op.f("uq_household_county_code_household_no")),
        sa.UniqueConstraint("id", "division_code", name=op.f("uq_household_id_division_code")),
        schema="registry",
    )
    op.create_index(
        op.f("ix_household_bank_account_index"),
        "household",
        ["bank_account_index"],
        unique=False,
        schema="registry",
        postgresql_where=sa.text("bank_account_index IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_household_division_code_household_no"),
        "household",
        ["division_code", "household_no"],
        unique=False,
        schema="registry",
    )
    op.create_index(
        "ix_household_identified_on",
        "household",
        ["identified_on"],
        unique=False,
        schema="registry",
        postgresql_where=sa.text("identified_on IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_household_phone_index"),
        "household",
        ["phone_index"],
        unique=False,
        schema="registry",
        postgresql_where=sa.text("phone_index IS NOT NULL"),
    )
    op.create_table(
        "household_status",
        sa.Column("county_code", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("division_code", sa.String(length=12, collation="C"), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.SmallInteger(), nullable=False),
        sa.Column("from_status", sa.String(length=32), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("to_status", sa.String(length=32), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("actor", sa.String(), server_default="", nullable=False),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("from_on <= happened_on", name=op.f("ck_household_status_order")),
        sa.ForeignKeyConstraint(
            ["from_status", "to_status"],
            ["registry.status_transition.from_status", "registry.status_transition.to_status"],
            name=op.f("fk_household_status_from_status"),
        ),
        sa.ForeignKeyConstraint(
            ["household_id", "division_code"],
            ["registry.household.id", "registry.household.division_code"],
            name=op.f("fk_household_status_household_id"),
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("household_id", "seq", name=op.f("pk_household_status")),
        schema="registry",
    )
    op.create_table(
        "household_income",
        sa.Column("county_code", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("division_code", sa.String(length=12, collation="C"), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("persons", sa.SmallInteger(), nullable=False),
        sa.Column("wage_fen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("business_fen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("property_fen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("transfer_fen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("production_cost_fen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "net_fen",
            sa.BigInteger(),
            sa.Computed("wage_fen + business_fen + property_fen + transfer_fen - production_cost_fen", persisted=True),
            nullable=False,
        ),
        sa.Column(
            "per_head_fen",
            sa.BigInteger(),
            sa.Computed(
                "(wage_fen + business_fen + property_fen + transfer_fen - production_cost_fen) / persons",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("county_code = left(division_code, 6)", name=op.f("ck_household_income_county")),
        sa.CheckConstraint(
            "least(wage_fen, business_fen, property_fen, transfer_fen, production_cost_fen) >= 0",
            name=op.f("ck_household_income_lines"),
        ),
        sa.CheckConstraint("persons > 0", name=op.f("ck_household_income_persons")),
        sa.ForeignKeyConstraint(
            ["household_id", "division_code"],
            ["registry.household.id", "registry.household.division_code"],
            name=op.f("fk_household_income_household_id"),
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("household_id", "year", name=op.f("pk_household_income")),
        schema="registry",
    )
    op.create_table(
        "member",
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("county_code", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("division_code", sa.String(length=12, collation="C"), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("id_number_enc", sa.LargeBinary(), nullable=True),
        sa.Column("id_number_index", sa.LargeBinary(), nullable=True),
        sa.Column("id_number_mask", sa.String(length=20), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("sex", sa.String(length=32), nullable=False),
        sa.Column("nationality", sa.String(length=32), nullable=False),
        sa.Column("relation", sa.String(length=32), nullable=False),
        sa.Column("education", sa.String(length=32), nullable=True),
        sa.Column("school_stage", sa.String(length=32), server_default="NOT_IN_SCHOOL", nullable=False),
        sa.Column("health", postgresql.ARRAY(sa.String(length=16)), server_default="{}", nullable=False),
        sa.Column("labour_ability", sa.String(length=32), nullable=True),
        sa.Column("medical_insurance", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("serious_illness_insurance", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("accident_insurance", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("pension_insurance", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("disability_certificate_enc", sa.LargeBinary(), nullable=True),
        sa.Column("disability_certificate_index", sa.LargeBinary(), nullable=True),
        sa.Column("disability_certificate_mask", sa.String(length=32), nullable=True),
        sa.Column("joined_on", sa.Date(), nullable=True),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("died_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("birth_date <= died_on", name=op.f("ck_member_died_on")),
        sa.CheckConstraint("county_code = left(division_code, 6)", name=op.f("ck_member_county")),
        sa.CheckConstraint("joined_on <= left_on", name=op.f("ck_member_left_on")),
        sa.ForeignKeyConstraint(
            ["household_id", "division_code"],
            ["registry.household.id", "registry.household.division_code"],
            name=op.f("fk_member_household_id"),
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        schema="registry",
    )
    op.create_index(op.f("ix_member_household_id"), "member", ["household_id"], unique=False, schema="registry")
    op.create_index(
        "ix_member_school_stage",
        "member",
        ["school_stage", "id"],
        unique=False,
        schema="registry",
        postgresql_where=sa.text("school_stage <> 'NOT_IN_SCHOOL'"),
    )
    op.create_index(
        "uq_member_head",
        "member",
        ["household_id"],
        unique=True,
        schema="registry",
        postgresql_where=sa.text("relation = '02' AND left_on IS NULL AND died_on IS NULL"),
    )
    op.create_index(
        "uq_member_id_number",
        "member",
        ["county_code", "id_number_index"],
        unique=True,
        schema="registry",
        postgresql_where=sa.text("left_on IS NULL AND died_on IS NULL"),
    )


def _helpers() -> None:
    op.create_table(
        "helper",
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("county_code", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("division_code", sa.String(length=12, collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("department", sa.String(length=100), nullable=False),
        sa.Column("position", sa.String(length=60), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("county_code = left(division_code, 6)", name=op.f("ck_helper_county")),
        sa.ForeignKeyConstraint(["division_code"], ["registry.division.code"], name=op.f("fk_helper_division_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_helper")),
        sa.UniqueConstraint("county_code", "department", "name", name=op.f("uq_helper_county_code_department_name")),
        schema="registry",
    )
    op.create_table(
        "helper_assignment",
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("county_code", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("division_code", sa.String(length=12, collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("helper_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=True),
        sa.Column("level", sa.String(length=32), nullable=False),
        sa.Column("responsible", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "held",
            postgresql.DATERANGE(),
            sa.Computed("daterange(from_on, to_on, '[]')", persisted=True),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("household_id"), "="),
            (sa.column("held"), "&&"),
            where=sa.text("responsible"),
            using="gist",
            name="ex_helper_assignment_responsible",
        ),
        sa.CheckConstraint("(level = 'LEADER') = (household_id IS NULL)", name=op.f("ck_helper_assignment_target")),
        sa.CheckConstraint("county_code = left(division_code, 6)", name=op.f("ck_helper_assignment_county")),
        sa.CheckConstraint("from_on <= to_on", name=op.f("ck_helper_assignment_days")),
        sa.CheckConstraint(
            "household_id IS NOT NULL OR NOT responsible", name=op.f("ck_helper_assignment_responsible")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["registry.division.code"], name=op.f("fk_helper_assignment_division_code")
        ),
        sa.ForeignKeyConstraint(["helper_id"], ["registry.helper.id"], name=op.f("fk_helper_assignment_helper_id")),
        sa.ForeignKeyConstraint(
            ["household_id", "division_code"],
            ["registry.household.id", "registry.household.division_code"],
            name="fk_helper_assignment_household_id",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_helper_assignment")),
        sa.UniqueConstraint(
            "helper_id", "household_id", "from_on", name=op.f("uq_helper_assignment_helper_id_household_id_from_on")
        ),
        schema="registry",
    )
    op.create_index(
        op.f("ix_helper_assignment_division_code"),
        "helper_assignment",
        ["division_code"],
        unique=False,
        schema="registry",
    )
    op.create_index(
        op.f("ix_helper_assignment_household_id"),
        "helper_assignment",
        ["household_id"],
        unique=False,
        schema="registry",
    )
    op.create_table(
        "responsibility_letter",
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("county_code", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("division_code", sa.String(length=12, collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("level", sa.String(length=32), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("helper_id", sa.Uuid(), nullable=True),
        sa.Column("issued_by", sa.String(length=60), nullable=False),
        sa.Column("accepted_by", sa.String(length=60), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "(level = 'COUNTY_TOWN') = (parent_id IS NULL)", name=op.f("ck_responsibility_letter_chain")
        ),
        sa.CheckConstraint(
            "(level = 'VILLAGE_CADRE') = (helper_id IS NOT NULL)", name=op.f("ck_responsibility_letter_cadre")
        ),
        sa.CheckConstraint("county_code = left(division_code, 6)", name=op.f("ck_responsibility_letter_county")),
        sa.ForeignKeyConstraint(
            ["division_code"], ["registry.division.code"], name=op.f("fk_responsibility_letter_division_code")
        ),
        sa.ForeignKeyConstraint(["helper_id"], ["registry.helper.id"], name=op.f("fk_responsibility_letter_helper_id")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["registry.responsibility_letter.id"], name=op.f("fk_responsibility_letter_parent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_responsibility_letter")),
        sa.UniqueConstraint(
            "year",
            "level",
            "division_code",
            "helper_id",
            name=op.f("uq_responsibility_letter_year_level_division_code_helper_id"),
            postgresql_nulls_not_distinct=True,
        ),
        schema="registry",
    )


def _pathways() -> None:
    op.create_table(
        "pathway",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("zh", sa.String(length=60), nullable=False),
        sa.Column("en", sa.String(length=100), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("valid_from <= valid_to", name=op.f("ck_pathway_validity")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_pathway")),
        sa.UniqueConstraint("zh", name=op.f("uq_pathway_zh")),
        schema="registry",
    )
    op.create_table(
        "medical_line",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("zh", sa.String(length=60), nullable=False),
        sa.Column("en", sa.String(length=100), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("valid_from <= valid_to", name=op.f("ck_medical_line_validity")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_medical_line")),
        sa.UniqueConstraint("zh", name=op.f("uq_medical_line_zh")),
        schema="registry",
    )
    op.create_table(
        "household_pathway",
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("county_code", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("division_code", sa.String(length=12, collation="C"), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("pathway", sa.String(length=32), nullable=False),
        sa.Column(
            "held",
            postgresql.DATERANGE(),
            sa.Computed("daterange(from_on, to_on, '[]')", persisted=True),
            nullable=False,
        ),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("expected_income_fen", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("county_code = left(division_code, 6)", name=op.f("ck_household_pathway_county")),
        sa.CheckConstraint("expected_income_fen >= 0", name=op.f("ck_household_pathway_expected_income")),
        sa.CheckConstraint("from_on <= to_on", name=op.f("ck_household_pathway_days")),
        sa.ForeignKeyConstraint(
            ["household_id", "division_code"],
            ["registry.household.id", "registry.household.division_code"],
            name=op.f("fk_household_pathway_household_id"),
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(["pathway"], ["registry.pathway.code"], name=op.f("fk_household_pathway_pathway")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household_pathway")),
        schema="registry",
    )
    op.create_index(
        op.f("ix_household_pathway_household_id"),
        "household_pathway",
        ["household_id"],
        unique=False,
        schema="registry",
    )
    op.create_index(
        op.f("ix_household_pathway_project_id"), "household_pathway", ["project_id"], unique=False, schema="registry"
    )
    op.create_table(
        "guarantee_check",
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("county_code", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("division_code", sa.String(length=12, collation="C"), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("item", sa.String(length=32), nullable=False),
        sa.Column("result", sa.String(length=32), nullable=False),
        sa.Column("evidence", sa.String(length=500), server_default="", nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("county_code = left(division_code, 6)", name=op.f("ck_guarantee_check_county")),
        sa.ForeignKeyConstraint(
            ["household_id", "division_code"],
            ["registry.household.id", "registry.household.division_code"],
            name=op.f("fk_guarantee_check_household_id"),
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guarantee_check")),
        sa.UniqueConstraint("household_id", "year", "item", name=op.f("uq_guarantee_check_household_id_year_item")),
        schema="registry",
    )


def _snapshots() -> None:
    op.create_table(
        "snapshot",
        sa.Column("county_code", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("division_code", sa.String(length=12, collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("purpose", sa.String(length=200), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("county_code = left(division_code, 6)", name=op.f("ck_snapshot_county")),
        sa.ForeignKeyConstraint(["division_code"], ["registry.division.code"], name=op.f("fk_snapshot_division_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshot")),
        schema="registry",
    )
    op.create_table(
        "snapshot_row",
        sa.Column("county_code", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("division_code", sa.String(length=12, collation="C"), nullable=False),
        sa.Column("snapshot_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("household_no", sa.String(length=30), nullable=False),
        sa.Column("size", sa.SmallInteger(), nullable=False),
        sa.Column("able_labour", sa.SmallInteger(), nullable=False),
        sa.Column("ill", sa.SmallInteger(), nullable=False),
        sa.Column("disabled", sa.SmallInteger(), nullable=False),
        sa.Column("students", sa.SmallInteger(), nullable=False),
        sa.Column("income_per_head_fen", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("county_code = left(division_code, 6)", name=op.f("ck_snapshot_row_county")),
        sa.ForeignKeyConstraint(
            ["snapshot_id"],
            ["registry.snapshot.id"],
            name=op.f("fk_snapshot_row_snapshot_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("snapshot_id", "household_id", name=op.f("pk_snapshot_row")),
        schema="registry",
    )


def _guards() -> None:
    op.execute("""
        ALTER TABLE registry.household_pathway
        ADD CONSTRAINT uq_household_pathway_once UNIQUE (household_id, pathway, held WITHOUT OVERLAPS)""")
    ddl.scoped(op, "division", column="code")
    ddl.scoped(
        op,
        "division_state", "household", "household_status", "household_income", "member", "helper_assignment",
        "responsibility_letter", "household_pathway", "guarantee_check", "snapshot", "snapshot_row",
    )  # fmt: skip
    # A cadre of a county department helps households of any town: cadres are seen all over their county.
    op.execute("ALTER TABLE registry.helper ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE registry.helper FORCE ROW LEVEL SECURITY")
    op.execute(f"""
        CREATE POLICY county ON registry.helper
        USING (starts_with(county_code, {ddl.DIVISION}) OR starts_with({ddl.DIVISION}, county_code))""")
    ddl.append_only(op, "division_state", "snapshot", "snapshot_row")
    ddl.audited(op, "division", "pathway", "medical_line", key="code")
    ddl.audited(
        op, "household", hide=("phone_enc", "phone_index", "bank_account_enc", "bank_account_index", "source_hash")
    )
    ddl.audited(
        op,
        "member",
        hide=(
            "id_number_enc", "id_number_index", "birth_date",
            "disability_certificate_enc", "disability_certificate_index",
        ),
    )  # fmt: skip
    ddl.audited(
        op, "helper", "helper_assignment", "responsibility_letter", "household_pathway", "guarantee_check", "snapshot"
    )
    ddl.audited(op, "household_income", key="household_id")


def _histories() -> None:
    for function in (TRACK_DIVISION, TRACK_HOUSEHOLD, KEEP_HISTORY):
        op.get_bind().exec_driver_sql(function)
    for table in ("division", "household"):
        op.execute(f"""
            CREATE TRIGGER track_insert AFTER INSERT ON registry.{table} REFERENCING NEW TABLE AS fresh
            FOR EACH STATEMENT EXECUTE FUNCTION registry.track_{table}()""")
        op.execute(f"""
            CREATE TRIGGER track_update AFTER UPDATE ON registry.{table}
            REFERENCING OLD TABLE AS stale NEW TABLE AS fresh
            FOR EACH STATEMENT EXECUTE FUNCTION registry.track_{table}()""")
    op.execute("""
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON registry.household_status
        FOR EACH ROW EXECUTE FUNCTION registry.refuse_all_but_moving()""")
    op.execute("""
        CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON registry.household_status
        FOR EACH STATEMENT EXECUTE FUNCTION registry.refuse_change()""")
    # Histories are written by their triggers only, which act as the owner.
    op.execute("REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON registry.household_status FROM fupin_registry")
    op.execute("REVOKE INSERT ON registry.division_state FROM fupin_registry")
    op.execute("REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON registry.status_transition FROM fupin_registry")


def _policy_lists() -> None:
    steps = [{"from_status": before, "to_status": after} for before, all_ in TRANSITIONS.items() for after in all_]
    op.bulk_insert(_table("status_transition", "from_status", "to_status"), steps)
    for name, rows in (("pathway", PATHWAYS), ("medical_line", MEDICAL_LINES)):
        op.bulk_insert(
            _table(name, "code", "zh", "en", "position", "valid_from"),
            [
                {"code": code, "zh": zh, "en": en, "position": at, "valid_from": date(2017, 1, 1)}
                for at, (code, zh, en) in enumerate(rows, 1)
            ],
        )


def _table(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, *(sa.column(column) for column in columns), schema="registry")
