"""saved column mappings, which import used which, how a review item was decided"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from fupin import ddl

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "column_mapping",
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("division_code", sa.String(length=12, collation="C"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("columns", postgresql.JSONB(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_column_mapping")),
        sa.UniqueConstraint("division_code", "kind", "name", name=op.f("uq_column_mapping_division_code_kind_name")),
        schema="registry",
    )
    ddl.scoped(op, "column_mapping")
    # A county's mapping serves its towns: read from below, written only at home.
    op.execute(f"""
        CREATE POLICY from_below ON registry.column_mapping FOR SELECT
        USING (starts_with({ddl.DIVISION}, regexp_replace(division_code, '(000)+$', '')))""")
    ddl.audited(op, "column_mapping")
    op.add_column("file_import", sa.Column("mapping_id", sa.Uuid(), nullable=True), schema="registry")
    op.add_column("file_import", sa.Column("columns", postgresql.JSONB(), nullable=True), schema="registry")
    op.add_column("roster", sa.Column("criteria", postgresql.JSONB(), nullable=True), schema="registry")
    op.add_column("review_item", sa.Column("decision", sa.String(length=32), nullable=True), schema="registry")
    op.create_check_constraint(
        "ck_review_item_decision", "review_item", "(decision IS NULL) = (closed_at IS NULL)", schema="registry"
    )


def downgrade() -> None:
    op.drop_constraint("ck_review_item_decision", "review_item", schema="registry")
    op.drop_column("review_item", "decision", schema="registry")
    op.drop_column("roster", "criteria", schema="registry")
    op.drop_column("file_import", "columns", schema="registry")
    op.drop_column("file_import", "mapping_id", schema="registry")
    op.drop_table("column_mapping", schema="registry")
