"""Notes from inspection on money"""

from alembic import op

from fupin import ddl

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

NOTE = """
    CREATE TABLE funds.note (
        id uuid NOT NULL DEFAULT uuidv7(),
        county_code char(6) NOT NULL,
        division_code varchar(12) NOT NULL,
        subject_id uuid,
        source varchar(32) NOT NULL,
        source_id uuid NOT NULL,
        source_no varchar(40) NOT NULL,
        kind varchar(32) NOT NULL,
        severity varchar(32) NOT NULL,
        found_on date NOT NULL,
        due_on date NOT NULL,
        made_by text NOT NULL
            DEFAULT coalesce(nullif(current_setting('fupin.actor', true), ''), 'login:' || session_user),
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT pk_note PRIMARY KEY (id),
        CONSTRAINT uq_note_source_source_id UNIQUE (source, source_id),
        CONSTRAINT ck_note_county_code CHECK (county_code = left(division_code, 6)),
        CONSTRAINT ck_note_due CHECK (due_on >= found_on)
    )"""


def upgrade() -> None:
    op.execute(NOTE)
    op.create_index("ix_note_subject_id", "note", ["subject_id"], schema="funds")
    ddl.scoped(op, "note")
    ddl.audited(op, "note")
    ddl.append_only(op, "note")


def downgrade() -> None:
    op.drop_table("note", schema="funds")
