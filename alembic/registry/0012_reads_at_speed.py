"""The status of a household on a day before its present one began."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A function because PostgreSQL scans in parallel past one that is safe, and never past a correlated subquery.
    # It reads under its caller's row-level security, and hardly ever: a plan is to cost what it costs without.
    op.execute("""
        CREATE FUNCTION registry.former_status(household uuid, day date, moment timestamptz)
        RETURNS registry.household_status LANGUAGE sql STABLE PARALLEL SAFE COST 1 AS $$
          SELECT s.* FROM registry.household_status s
          WHERE s.household_id = household AND s.happened_on <= day AND s.recorded_at <= moment
          ORDER BY s.seq DESC LIMIT 1
        $$""")


def downgrade() -> None:
    op.execute("DROP FUNCTION registry.former_status(uuid, date, timestamptz)")
