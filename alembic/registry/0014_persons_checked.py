"""What an ID number says of a person; late procedures and notices that are up found by index."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in ("due_on", "notice_until"):
        op.create_index(
            f"ix_procedure_{column}", "procedure", [column], schema="registry",
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )  # fmt: skip


def downgrade() -> None:
    for column in ("due_on", "notice_until"):
        op.drop_index(f"ix_procedure_{column}", "procedure", schema="registry")
