"""Schedules."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from fupin import ddl

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

CODE = "division_code ~ '^[0-9]{12}$'"

GUARDS = (
    """
    ALTER TABLE inspection.schedule_stop
      ADD CONSTRAINT ex_schedule_stop_team_id
        EXCLUDE USING gist (team_id WITH =, tsrange(planned_on + arrives_at, planned_on + leaves_at) WITH &&)
        WHERE (in_force),
      ADD CONSTRAINT ex_schedule_stop_team_id_2
        EXCLUDE USING gist (schedule_id WITH =, team_id WITH =,
                            tsrange(planned_on + arrives_at, planned_on + leaves_at) WITH &&)""",
    # What keeps visits from a team's own place and from teams that are not at work keeps schedules, too.
    """
    CREATE CONSTRAINT TRIGGER ct_visit_team_not_at_home_2
    AFTER INSERT OR UPDATE OF team_id, division_code, planned_on ON inspection.schedule_stop
    FOR EACH ROW EXECUTE FUNCTION inspection.team_not_at_home()""",
    """
    CREATE CONSTRAINT TRIGGER ct_visit_team_on_duty_2
    AFTER INSERT OR UPDATE OF team_id, planned_on ON inspection.schedule_stop
    FOR EACH ROW EXECUTE FUNCTION inspection.team_on_duty('INSPECTION', 'ROVING')""",
)


def upgrade() -> None:
    op.create_table(
        "schedule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("draw_id", sa.Uuid(), nullable=False),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("asked", postgresql.JSONB(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("villages", sa.Integer(), nullable=False),
        sa.Column("team_days", sa.Integer(), nullable=False),
        sa.Column("travel_minutes", sa.Integer(), nullable=False),
        sa.Column("bound_minutes", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("optimal", sa.Boolean(), nullable=False),
        sa.Column("moved", sa.Integer(), nullable=False),
        sa.Column("least_moved", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("adopted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(CODE, name=op.f("ck_schedule_division_code")),
        sa.CheckConstraint(
            "villages >= 0 AND travel_minutes >= 0 AND moved >= 0 AND least_moved >= 0", name=op.f("ck_schedule_sizes")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["inspection.plan.id"], name="fk_schedule_plan_id"),
        sa.ForeignKeyConstraint(["draw_id"], ["inspection.draw.id"], name="fk_schedule_draw_id"),
        sa.ForeignKeyConstraint(["replaces_id"], ["inspection.schedule.id"], name="fk_schedule_replaces_id"),
        sa.PrimaryKeyConstraint("id", name="pk_schedule"),
        schema="inspection",
    )
    op.create_index("ix_schedule_plan_id", "schedule", ["plan_id"], schema="inspection")
    op.create_index("ix_schedule_draw_id", "schedule", ["draw_id"], schema="inspection")
    op.create_table(
        "schedule_county",
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("longitude", sa.Numeric(precision=9, scale=6), nullable=False),
        sa.Column("latitude", sa.Numeric(precision=8, scale=6), nullable=False),
        sa.Column("seat", sa.String(length=32), nullable=False),
        sa.Column("routes", sa.Integer(), nullable=False),
        sa.Column("villages", sa.Integer(), nullable=False),
        sa.Column("travel_minutes", sa.Integer(), nullable=False),
        sa.Column("bound_minutes", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("optimal", sa.Boolean(), nullable=False),
        sa.Column("uneven_villages", sa.Integer(), nullable=False),
        sa.Column("uneven_minutes", sa.Integer(), nullable=False),
        sa.CheckConstraint(CODE, name=op.f("ck_schedule_county_division_code")),
        sa.CheckConstraint("bound_minutes <= travel_minutes + 0.5", name=op.f("ck_schedule_county_bound")),
        sa.ForeignKeyConstraint(["schedule_id"], ["inspection.schedule.id"], name="fk_schedule_county_schedule_id"),
        sa.PrimaryKeyConstraint("schedule_id", "division_code", name="pk_schedule_county"),
        schema="inspection",
    )
    op.create_table(
        "schedule_stop",
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("county_code", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("travel_minutes", sa.Integer(), nullable=False),
        sa.Column("home_minutes", sa.Integer(), nullable=False),
        sa.Column("arrives_at", sa.Time(), nullable=False),
        sa.Column("leaves_at", sa.Time(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("in_force", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(CODE, name=op.f("ck_schedule_stop_division_code")),
        sa.CheckConstraint(
            "leaves_at >= arrives_at AND position > 0 AND travel_minutes >= 0", name=op.f("ck_schedule_stop_way")
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id", "county_code"],
            ["inspection.schedule_county.schedule_id", "inspection.schedule_county.division_code"],
            name="fk_schedule_stop_schedule_id",
        ),
        sa.ForeignKeyConstraint(["team_id"], ["inspection.team.id"], name="fk_schedule_stop_team_id"),
        sa.PrimaryKeyConstraint("schedule_id", "division_code", name="pk_schedule_stop"),
        schema="inspection",
    )
    op.create_index(
        "ix_schedule_stop_schedule_id_planned_on_team_id_position",
        "schedule_stop",
        ["schedule_id", "planned_on", "team_id", "position"],
        schema="inspection",
    )
    op.create_index(
        "ix_schedule_stop_team_id_planned_on", "schedule_stop", ["team_id", "planned_on"], schema="inspection"
    )
    ddl.scoped(op, "schedule", "schedule_county", "schedule_stop")
    # A schedule is a proposal worked out by a machine: only whether it is in force ever changes.
    for table, columns in (("schedule", "adopted_at, replaced_at"), ("schedule_stop", "in_force")):
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON inspection.{table} FROM fupin_inspection")
        op.execute(f"GRANT UPDATE ({columns}) ON inspection.{table} TO fupin_inspection")
    ddl.append_only(op, "schedule_county")
    ddl.audited(op, "schedule")
    for guard in GUARDS:
        op.get_bind().exec_driver_sql(guard)


def downgrade() -> None:
    for table in ("schedule_stop", "schedule_county", "schedule"):
        op.drop_table(table, schema="inspection")
