"""Draws at scale: a frame's numbers stand in byte order, as its digest takes them, whatever the cluster's collation."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute('ALTER TABLE inspection.frame_household ALTER household_no TYPE varchar COLLATE "C"')


def downgrade() -> None:
    op.execute('ALTER TABLE inspection.frame_household ALTER household_no TYPE varchar COLLATE "default"')
