"""Plans, frozen frames, draws, visits"""

import sqlalchemy as sa
from alembic import op

from fupin import ddl

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = (
    "plan",
    "frame",
    "frame_village",
    "frame_household",
    "frame_publication",
    "seed_event",
    "draw",
    "draw_village",
    "draw_household",
    "visit",
)


def upgrade() -> None:
    op.create_table(
        "plan",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("plan_no", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        sa.Column("strata", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("central_villages", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("villages_per_town", sa.Integer(), nullable=False),
        sa.Column("poor_per_village", sa.Integer(), nullable=False),
        sa.Column("non_poor_per_village", sa.Integer(), nullable=False),
        sa.Column("reserves", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "('CENTRAL' = ANY (strata)) = (cardinality(central_villages) > 0)", name=op.f("ck_plan_central_villages")
        ),
        sa.CheckConstraint("cardinality(strata) > 0 AND strata <@ '{KEY,SAMPLE,CENTRAL}'", name=op.f("ck_plan_strata")),
        sa.CheckConstraint("division_code ~ '^[0-9]{12}$'", name=op.f("ck_plan_division_code")),
        sa.CheckConstraint("plan_no <> '' AND plan_no !~ '[|\\r\\n]'", name=op.f("ck_plan_plan_no")),
        sa.CheckConstraint("period_to >= period_from", name=op.f("ck_plan_period")),
        sa.CheckConstraint(
            "villages_per_town BETWEEN 1 AND 1000 AND poor_per_village BETWEEN 0 AND 10000"
            " AND non_poor_per_village BETWEEN 0 AND 10000 AND poor_per_village + non_poor_per_village > 0"
            " AND reserves BETWEEN 0 AND 1000",
            name=op.f("ck_plan_sizes"),
        ),
        sa.PrimaryKeyConstraint("id", name="pk_plan"),
        sa.UniqueConstraint("plan_no", name="uq_plan_plan_no"),
        schema="inspection",
    )
    op.create_table(
        "frame",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("frame_on", sa.Date(), nullable=False),
        sa.Column("frozen_on", sa.Date(), nullable=False),
        sa.Column("digest", sa.CHAR(length=64), nullable=False),
        sa.Column("villages", sa.Integer(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name=op.f("ck_frame_digest")),
        sa.CheckConstraint("division_code ~ '^[0-9]{12}$'", name=op.f("ck_frame_division_code")),
        sa.CheckConstraint("frozen_on >= frame_on", name=op.f("ck_frame_days")),
        sa.CheckConstraint("villages > 0 AND households > 0 AND left_out >= 0", name=op.f("ck_frame_units")),
        sa.ForeignKeyConstraint(["plan_id"], ["inspection.plan.id"], name="fk_frame_plan_id"),
        sa.PrimaryKeyConstraint("id", name="pk_frame"),
        sa.UniqueConstraint("id", "plan_id", name="uq_frame_id_plan_id"),
        sa.UniqueConstraint("plan_id", name="uq_frame_plan_id"),
        schema="inspection",
    )
    op.create_table(
        "seed_event",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("named_on", sa.Date(), nullable=False),
        sa.Column("occurs_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("division_code ~ '^[0-9]{12}$'", name=op.f("ck_seed_event_division_code")),
        sa.CheckConstraint("wave = 1 OR coalesce(reason, '') <> ''", name=op.f("ck_seed_event_reason")),
        sa.CheckConstraint("wave > 0", name=op.f("ck_seed_event_wave")),
        sa.ForeignKeyConstraint(["plan_id"], ["inspection.plan.id"], name="fk_seed_event_plan_id"),
        sa.PrimaryKeyConstraint("id", name="pk_seed_event"),
        sa.UniqueConstraint("id", "plan_id", name="uq_seed_event_id_plan_id"),
        sa.UniqueConstraint("plan_id", "wave", name="uq_seed_event_plan_id_wave"),
        schema="inspection",
    )
    op.create_table(
        "draw",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("frame_id", sa.Uuid(), nullable=False),
        sa.Column("seed_event_id", sa.Uuid(), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("seed", sa.String(), nullable=False),
        sa.Column("drawn_on", sa.Date(), nullable=False),
        sa.Column("villages", sa.Integer(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("division_code ~ '^[0-9]{12}$'", name=op.f("ck_draw_division_code")),
        sa.CheckConstraint("seed <> '' AND seed !~ '[|\\r\\n]'", name=op.f("ck_draw_seed")),
        sa.ForeignKeyConstraint(
            ["frame_id", "plan_id"], ["inspection.frame.id", "inspection.frame.plan_id"], name="fk_draw_frame_id"
        ),
        sa.ForeignKeyConstraint(
            ["seed_event_id", "plan_id"],
            ["inspection.seed_event.id", "inspection.seed_event.plan_id"],
            name="fk_draw_seed_event_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_draw"),
        sa.UniqueConstraint("plan_id", "seed", name="uq_draw_plan_id_seed"),
        sa.UniqueConstraint("seed_event_id", name="uq_draw_seed_event_id"),
        schema="inspection",
    )
    op.create_index("ix_draw_frame_id", "draw", ["frame_id"], unique=False, schema="inspection")
    op.create_table(
        "frame_household",
        sa.Column("frame_id", sa.Uuid(), nullable=False),
        sa.Column("household_no", sa.String(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("county_code", sa.CHAR(length=6), nullable=False),
        sa.Column("poor", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "household_no <> '' AND household_no !~ '[|\\r\\n]'", name=op.f("ck_frame_household_household_no")
        ),
        sa.CheckConstraint("county_code = left(division_code, 6)", name=op.f("ck_frame_household_county_code")),
        sa.ForeignKeyConstraint(["frame_id"], ["inspection.frame.id"], name="fk_frame_household_frame_id"),
        sa.PrimaryKeyConstraint("frame_id", "household_no", name="pk_frame_household"),
        schema="inspection",
    )
    op.create_index(
        "ix_frame_household_frame_id_division_code",
        "frame_household",
        ["frame_id", "division_code"],
        unique=False,
        schema="inspection",
    )
    op.create_table(
        "frame_publication",
        sa.Column("frame_id", sa.Uuid(), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=False),
        sa.Column("published_in", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("division_code ~ '^[0-9]{12}$'", name=op.f("ck_frame_publication_division_code")),
        sa.ForeignKeyConstraint(["frame_id"], ["inspection.frame.id"], name="fk_frame_publication_frame_id"),
        sa.PrimaryKeyConstraint("frame_id", name="pk_frame_publication"),
        schema="inspection",
    )
    op.create_table(
        "frame_village",
        sa.Column("frame_id", sa.Uuid(), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("town_code", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("stratum", sa.String(length=32), nullable=False),
        sa.Column("poor_households", sa.Integer(), nullable=False),
        sa.Column("other_households", sa.Integer(), nullable=False),
        sa.Column("longitude", sa.Numeric(precision=9, scale=6), nullable=True),
        sa.Column("latitude", sa.Numeric(precision=8, scale=6), nullable=True),
        sa.CheckConstraint("division_code ~ '^[0-9]{12}$'", name=op.f("ck_frame_village_division_code")),
        sa.CheckConstraint("town_code ~ '^[0-9]{12}$'", name=op.f("ck_frame_village_town_code")),
        sa.ForeignKeyConstraint(["frame_id"], ["inspection.frame.id"], name="fk_frame_village_frame_id"),
        sa.PrimaryKeyConstraint("frame_id", "division_code", name="pk_frame_village"),
        schema="inspection",
    )
    op.create_index(
        "ix_frame_village_division_code", "frame_village", ["division_code"], unique=False, schema="inspection"
    )
    op.create_table(
        "draw_village",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("draw_id", sa.Uuid(), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("town_code", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("stratum", sa.String(length=32), nullable=False),
        sa.Column("ticket", sa.CHAR(length=64), nullable=False),
        sa.Column("draw_order", sa.Integer(), nullable=False),
        sa.Column("pi_num", sa.BigInteger(), nullable=False),
        sa.Column("pi_den", sa.BigInteger(), nullable=False),
        sa.Column(
            "weight", sa.Numeric(), sa.Computed("round(pi_den::numeric / pi_num, 12)", persisted=True), nullable=False
        ),
        sa.CheckConstraint("division_code ~ '^[0-9]{12}$'", name=op.f("ck_draw_village_division_code")),
        sa.CheckConstraint("stratum = 'SAMPLE' OR pi_num = pi_den", name=op.f("ck_draw_village_certainty")),
        sa.CheckConstraint("0 < pi_num AND pi_num <= pi_den", name=op.f("ck_draw_village_probability")),
        sa.ForeignKeyConstraint(["draw_id"], ["inspection.draw.id"], name="fk_draw_village_draw_id"),
        sa.PrimaryKeyConstraint("id", name="pk_draw_village"),
        sa.UniqueConstraint("draw_id", "division_code", name="uq_draw_village_draw_id_division_code"),
        schema="inspection",
    )
    op.create_index(
        "ix_draw_village_division_code", "draw_village", ["division_code"], unique=False, schema="inspection"
    )
    op.create_table(
        "draw_household",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("draw_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("household_no", sa.String(), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("county_code", sa.CHAR(length=6), nullable=False),
        sa.Column("poor", sa.Boolean(), nullable=False),
        sa.Column("ticket", sa.CHAR(length=64), nullable=False),
        sa.Column("draw_order", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("stage_num", sa.Integer(), nullable=False),
        sa.Column("stage_den", sa.Integer(), nullable=False),
        sa.Column("pi_num", sa.BigInteger(), nullable=False),
        sa.Column("pi_den", sa.BigInteger(), nullable=False),
        sa.Column(
            "weight", sa.Numeric(), sa.Computed("round(pi_den::numeric / pi_num, 12)", persisted=True), nullable=False
        ),
        sa.CheckConstraint("0 < pi_num AND pi_num <= pi_den", name=op.f("ck_draw_household_probability")),
        sa.CheckConstraint(
            "0 < stage_num AND stage_num <= stage_den", name=op.f("ck_draw_household_stage_probability")
        ),
        sa.CheckConstraint("county_code = left(division_code, 6)", name=op.f("ck_draw_household_county_code")),
        sa.ForeignKeyConstraint(
            ["draw_id", "division_code"],
            ["inspection.draw_village.draw_id", "inspection.draw_village.division_code"],
            name="fk_draw_household_draw_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_draw_household"),
        sa.UniqueConstraint("draw_id", "household_no", name="uq_draw_household_draw_id_household_no"),
        schema="inspection",
    )
    op.create_index(
        "ix_draw_household_draw_id_division_code",
        "draw_household",
        ["draw_id", "division_code"],
        unique=False,
        schema="inspection",
    )
    op.create_index(
        "ix_draw_household_household_id", "draw_household", ["household_id"], unique=False, schema="inspection"
    )
    op.create_table(
        "visit",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("draw_id", sa.Uuid(), nullable=False),
        sa.Column("household_no", sa.String(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("county_code", sa.CHAR(length=6), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=32), server_default="PLANNED", nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("county_code = left(division_code, 6)", name=op.f("ck_visit_county_code")),
        sa.ForeignKeyConstraint(
            ["draw_id", "household_no"],
            ["inspection.draw_household.draw_id", "inspection.draw_household.household_no"],
            name="fk_visit_draw_id",
        ),
        sa.ForeignKeyConstraint(["team_id"], ["inspection.team.id"], name="fk_visit_team_id"),
        sa.PrimaryKeyConstraint("id", name="pk_visit"),
        sa.UniqueConstraint("draw_id", "household_no", name="uq_visit_draw_id_household_no"),
        schema="inspection",
    )
    op.create_index("ix_visit_division_code", "visit", ["division_code"], unique=False, schema="inspection")
    op.create_index(
        "ix_visit_team_id_planned_on", "visit", ["team_id", "planned_on"], unique=False, schema="inspection"
    )
    ddl.scoped(op, *TABLES)
    ddl.append_only(
        op, "frame", "frame_village", "frame_household", "frame_publication", "seed_event", "draw", "draw_village",
        "draw_household",
    )  # fmt: skip
    # Units of frames and draws are facts that nobody can change: their own record, and too many to copy.
    ddl.audited(op, "plan", "frame", "seed_event", "draw", "visit")
    ddl.audited(op, "frame_publication", key="frame_id")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table, schema="inspection")
