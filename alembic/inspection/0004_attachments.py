"""Papers and photographs beside what they belong to."""

from alembic import op

from fupin import ddl

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ddl.attachments(op)


def downgrade() -> None:
    ddl.drop_attachments(op)
