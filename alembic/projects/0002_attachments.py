"""Papers and photographs beside what they belong to."""

from alembic import op

from fupin import ddl

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ddl.attachments(op)


def downgrade() -> None:
    ddl.drop_attachments(op)
