"""Calendars that people subscribe to."""

from alembic import op

from fupin import ddl

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ddl.calendars(op)


def downgrade() -> None:
    ddl.drop_calendars(op)
