"""What an ID number says of a person; late procedures found by index; no cadre is recorded in another town."""

import sqlalchemy as sa
from alembic import op

from fupin import ddl
from fupin.versions import keep

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# As 0011 has it.
MEMBER_SINCE = """CASE WHEN n.joined_on IS DISTINCT FROM o.joined_on THEN '-infinity' ELSE least(v_on,
    CASE WHEN n.left_on IS DISTINCT FROM o.left_on THEN least(n.left_on, o.left_on) END,
    CASE WHEN n.died_on IS DISTINCT FROM o.died_on THEN least(n.died_on, o.died_on) END) END"""

TABLES = ("member", "member_version")
SEEN = f"starts_with(county_code, {ddl.DIVISION}) OR starts_with({ddl.DIVISION}, county_code)"
# Cadres are seen all over their county; whoever sees less of it records them at home or as the county's own.
WRITTEN = f"starts_with(division_code, {ddl.DIVISION}) OR ({SEEN}) AND division_code = county_code || '000000'"


def upgrade() -> None:
    # Numbers recorded so far are sealed, and the migration has no key: they say their sex when they are next recorded.
    for table in TABLES:
        op.add_column(table, sa.Column("id_number_sex", sa.String(length=1)), schema="registry")
    _keep()
    op.execute(f"ALTER POLICY county ON registry.helper USING ({SEEN}) WITH CHECK ({WRITTEN})")
    for column in ("due_on", "notice_until"):
        op.create_index(
            f"ix_procedure_{column}", "procedure", [column], schema="registry",
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )  # fmt: skip


def downgrade() -> None:
    op.execute(f"ALTER POLICY county ON registry.helper USING ({SEEN}) WITH CHECK ({SEEN})")
    for table in TABLES:
        op.drop_column(table, "id_number_sex", schema="registry")
    _keep()
    for column in ("due_on", "notice_until"):
        op.drop_index(f"ix_procedure_{column}", "procedure", schema="registry")


def _keep() -> None:
    keep(op, "member", key=("id",), places=("division_code", "household_id"), since=MEMBER_SINCE, ended="v_on")
