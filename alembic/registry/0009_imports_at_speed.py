"""A bad cell may name what should stand there."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("import_error", sa.Column("named", sa.String(length=100), nullable=True), schema="registry")


def downgrade() -> None:
    op.drop_column("import_error", "named", schema="registry")
