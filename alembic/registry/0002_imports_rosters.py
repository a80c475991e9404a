"""files, rosters and their comparison"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from fupin import ddl

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

CODE = sa.String(length=32)
DIVISION = sa.String(length=12, collation="C")
COUNTY = sa.String(length=6, collation="C")
AT = sa.DateTime(timezone=True)

TABLES = (
    "comparison_resolution", "comparison_match", "comparison_row", "comparison", "roster_row", "roster",
    "review_item", "import_error", "file_import", "upload_chunk", "upload",
)  # fmt: skip

# A roster's rows come while it is LOADING and never change. What cannot be seen to be LOADING is refused, so a
# division that does not see the roster cannot add to it either.
ROSTER_ROWS = """
CREATE FUNCTION registry.refuse_rows_of_a_ready_roster() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM (SELECT DISTINCT roster_id FROM fresh) f
             WHERE NOT EXISTS (SELECT FROM registry.roster r WHERE r.id = f.roster_id AND r.state = 'LOADING')) THEN
    RAISE EXCEPTION 'rows of a roster that is not loading' USING ERRCODE = '23001', CONSTRAINT = 'roster_frozen';
  END IF;
  RETURN NULL;
END $$"""

ROSTER = """
CREATE FUNCTION registry.refuse_change_of_a_ready_roster() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF old.state <> 'LOADING' THEN
    RAISE EXCEPTION 'the roster is no longer loading' USING ERRCODE = '23001', CONSTRAINT = 'roster_frozen';
  END IF;
  RETURN CASE WHEN tg_op = 'DELETE' THEN old ELSE new END;
END $$"""

COMPARISON_ROWS = """
CREATE FUNCTION registry.refuse_rows_of_a_closed_comparison() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM (SELECT DISTINCT comparison_id FROM fresh) f
             WHERE NOT EXISTS (SELECT FROM registry.comparison c
                               WHERE c.id = f.comparison_id AND c.state IN ('RUNNING', 'OPEN'))) THEN
    RAISE EXCEPTION 'rows of a comparison that is not open'
      USING ERRCODE = '23001', CONSTRAINT = 'comparison_frozen';
  END IF;
  RETURN NULL;
END $$"""

# Signing off counts the rows; the CHECK constraints of the table then hold the counts against each other.
COMPARISON = """
CREATE FUNCTION registry.sign_off_comparison() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (tg_op = 'INSERT' AND new.state = 'SIGNED_OFF') OR (tg_op <> 'INSERT' AND old.state = 'SIGNED_OFF') THEN
    RAISE EXCEPTION 'the comparison is signed off'
      USING ERRCODE = '23001', CONSTRAINT = 'comparison_frozen';
  END IF;
  IF tg_op = 'DELETE' THEN
    RETURN old;
  END IF;
  IF new.state = 'SIGNED_OFF' THEN
    SELECT count(*) INTO new.base_rows FROM registry.roster_row WHERE roster_id = new.base_roster_id;
    SELECT count(*) FILTER (WHERE outcome = 'KEPT'),
           count(*) FILTER (WHERE outcome = 'REMOVED'),
           count(*) FILTER (WHERE outcome = 'ADDED'),
           count(*) FILTER (WHERE outcome = 'CONFLICT'),
           count(*) FILTER (WHERE outcome = 'DROPPED'),
           count(*) FILTER (WHERE outcome = 'KEPT' AND matched),
           count(*) FILTER (WHERE outcome = 'KEPT' AND NOT matched)
      INTO new.kept, new.removed, new.added, new.conflicts, new.dropped, new.matched, new.unmatched
      FROM registry.comparison_row WHERE comparison_id = new.id;
  END IF;
  RETURN new;
END $$"""

# At the end of the transaction that makes the next roster: it holds all who were kept unmatched or added, no one else.
NEXT_ROSTER = """
CREATE FUNCTION registry.check_next_roster() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE v_rows bigint; v_due bigint;
BEGIN
  IF new.comparison_id IS NOT NULL AND new.state = 'READY' THEN
    SELECT count(*) INTO v_rows FROM registry.roster_row WHERE roster_id = new.id;
    SELECT unmatched + added INTO v_due FROM registry.comparison WHERE id = new.comparison_id AND state = 'SIGNED_OFF';
    IF v_rows IS DISTINCT FROM v_due OR v_rows IS DISTINCT FROM new.row_count THEN
      RAISE EXCEPTION 'the next roster does not hold the rows its comparison gives'
        USING ERRCODE = '23514', CONSTRAINT = 'next_roster_sum';
    END IF;
  END IF;
  RETURN NULL;
END $$"""


def upgrade() -> None:
    _files()
    _rosters()
    _comparisons()
    _guards()


def downgrade() -> None:
    op.drop_constraint("fk_roster_comparison_id", "roster", schema="registry")
    for table in TABLES:
        op.drop_table(table, schema="registry")
    for function in (
        "refuse_rows_of_a_ready_roster", "refuse_change_of_a_ready_roster", "refuse_rows_of_a_closed_comparison",
        "sign_off_comparison", "check_next_roster",
    ):  # fmt: skip
        op.execute(f"DROP FUNCTION registry.{function}()")


def _files() -> None:
    op.create_table(
        "upload",
        sa.Column("created_at", AT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("division_code", DIVISION, nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("discard_at", AT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
        schema="registry",
    )
    op.create_index(op.f("ix_upload_discard_at"), "upload", ["discard_at"], unique=False, schema="registry")
    op.create_table(
        "upload_chunk",
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("division_code", DIVISION, nullable=False),
        sa.Column("content_enc", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["registry.upload.id"], name=op.f("fk_upload_chunk_upload_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("upload_id", "seq", name=op.f("pk_upload_chunk")),
        schema="registry",
    )
    op.create_table(
        "file_import",
        sa.Column("created_at", AT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("division_code", DIVISION, nullable=False),
        sa.Column("kind", CODE, nullable=False),
        sa.Column("mode", CODE, nullable=False),
        sa.Column("validate_only", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("strict_ids", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("state", CODE, server_default="RECEIVED", nullable=False),
        sa.Column("rows_read", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rows_valid", sa.Integer(), server_default="0", nullable=False),
        sa.Column("errors", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("added", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unchanged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("doubts", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("finished_at", AT, nullable=True),
        sa.CheckConstraint("rows_valid <= rows_read", name=op.f("ck_file_import_rows")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_import")),
        schema="registry",
    )
    op.create_index(op.f("ix_file_import_kind_id"), "file_import", ["kind", "id"], unique=False, schema="registry")
    op.create_table(
        "import_error",
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("division_code", DIVISION, nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("code", CODE, nullable=False),
        sa.ForeignKeyConstraint(["upload_id"], ["registry.upload.id"], name=op.f("fk_import_error_upload_id")),
        sa.PrimaryKeyConstraint("upload_id", "seq", name=op.f("pk_import_error")),
        schema="registry",
    )
    op.create_table(
        "review_item",
        sa.Column("created_at", AT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("county_code", COUNTY, nullable=False),
        sa.Column("division_code", DIVISION, nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("kind", CODE, nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("household_no", sa.String(length=30), nullable=False),
        sa.Column("other_household_no", sa.String(length=30), nullable=False),
        sa.Column("person_index", sa.LargeBinary(), nullable=False),
        sa.Column("closed_at", AT, nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("closed_reason", sa.String(length=500), nullable=True),
        sa.CheckConstraint("county_code = left(division_code, 6)", name=op.f("ck_review_item_county")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_item")),
        schema="registry",
    )
    op.create_index(
        op.f("ix_review_item_division_code_id"), "review_item", ["division_code", "id"], unique=False, schema="registry"
    )
    op.create_index(
        "uq_review_item_open",
        "review_item",
        ["kind", "household_no", "other_household_no", "person_index"],
        unique=True,
        schema="registry",
    )


def _rosters() -> None:
    op.create_table(
        "roster",
        sa.Column("created_at", AT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("division_code", DIVISION, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("kind", CODE, nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("state", CODE, server_default="LOADING", nullable=False),
        sa.Column("row_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=True),
        sa.Column("comparison_id", sa.Uuid(), nullable=True),
        sa.Column("rule", sa.String(length=32), nullable=True),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.CheckConstraint("(comparison_id IS NULL) = (rule IS NULL)", name=op.f("ck_roster_rule")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster")),
        schema="registry",
    )
    op.create_index(op.f("ix_roster_comparison_id"), "roster", ["comparison_id"], unique=False, schema="registry")
    op.create_index(op.f("ix_roster_kind_as_of"), "roster", ["kind", "as_of"], unique=False, schema="registry")
    op.create_table(
        "roster_row",
        sa.Column("county_code", COUNTY, nullable=False),
        sa.Column("division_code", DIVISION, nullable=False),
        sa.Column("roster_id", sa.Uuid(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("household_no", sa.String(length=30), nullable=True),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("id_number_enc", sa.LargeBinary(), nullable=True),
        sa.Column("id_number_index", sa.LargeBinary(), nullable=True),
        sa.Column("id_number_mask", sa.String(length=20), nullable=True),
        sa.Column("category", CODE, nullable=True),
        sa.Column("residence", CODE, nullable=True),
        sa.Column("removed_reason", sa.String(length=100), nullable=True),
        sa.Column("appraised_on", sa.Date(), nullable=True),
        sa.Column("house_grade", CODE, nullable=True),
        sa.Column("outcome", CODE, nullable=True),
        sa.Column("attributes", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("id_number_rank", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id_number_copies", sa.Integer(), server_default="1", nullable=False),
        sa.Column("household_no_copies", sa.Integer(), server_default="1", nullable=False),
        sa.Column("name_copies", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("county_code = left(division_code, 6)", name=op.f("ck_roster_row_county")),
        sa.PrimaryKeyConstraint("roster_id", "row_no", name=op.f("pk_roster_row")),
        schema="registry",
    )


def _comparisons() -> None:
    op.create_table(
        "comparison",
        sa.Column("created_at", AT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("division_code", DIVISION, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("kind", CODE, nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("base_roster_id", sa.Uuid(), nullable=False),
        sa.Column("newer_roster_id", sa.Uuid(), nullable=False),
        sa.Column("match_roster_ids", sa.ARRAY(sa.Uuid()), server_default="{}", nullable=False),
        sa.Column("state", CODE, server_default="RUNNING", nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("signed_off_by", sa.String(), nullable=True),
        sa.Column("signed_off_at", AT, nullable=True),
        sa.Column("base_rows", sa.Integer(), nullable=True),
        sa.Column("kept", sa.Integer(), nullable=True),
        sa.Column("removed", sa.Integer(), nullable=True),
        sa.Column("added", sa.Integer(), nullable=True),
        sa.Column("conflicts", sa.Integer(), nullable=True),
        sa.Column("dropped", sa.Integer(), nullable=True),
        sa.Column("matched", sa.Integer(), nullable=True),
        sa.Column("unmatched", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state <> 'SIGNED_OFF' OR num_nulls(signed_off_by, signed_off_at, base_rows) = 0",
            name=op.f("ck_comparison_signed_off"),
        ),
        sa.CheckConstraint("state <> 'SIGNED_OFF' OR conflicts = 0", name=op.f("ck_comparison_no_conflict")),
        sa.CheckConstraint("base_rows = kept + removed + conflicts", name=op.f("ck_comparison_base_sum")),
        sa.CheckConstraint("kept = matched + unmatched", name=op.f("ck_comparison_kept_sum")),
        sa.ForeignKeyConstraint(["base_roster_id"], ["registry.roster.id"], name=op.f("fk_comparison_base_roster_id")),
        sa.ForeignKeyConstraint(
            ["newer_roster_id"], ["registry.roster.id"], name=op.f("fk_comparison_newer_roster_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comparison")),
        schema="registry",
    )
    op.create_index(op.f("ix_comparison_kind_as_of"), "comparison", ["kind", "as_of"], unique=False, schema="registry")
    op.create_table(
        "comparison_row",
        sa.Column("county_code", COUNTY, nullable=False),
        sa.Column("division_code", DIVISION, nullable=False),
        sa.Column("comparison_id", sa.Uuid(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("base_row_no", sa.Integer(), nullable=True),
        sa.Column("newer_row_no", sa.Integer(), nullable=True),
        sa.Column("matched_by", CODE, nullable=True),
        sa.Column("outcome", CODE, nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("contradictions", sa.ARRAY(sa.String(length=16)), server_default="{}", nullable=False),
        sa.Column("matched", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("residence", CODE, nullable=True),
        sa.CheckConstraint("(outcome = 'REMOVED') = (reason IS NOT NULL)", name=op.f("ck_comparison_row_reason")),
        sa.CheckConstraint(
            "outcome NOT IN ('ADDED', 'DROPPED') OR base_row_no IS NULL", name=op.f("ck_comparison_row_of_newer")
        ),
        sa.CheckConstraint(
            "outcome NOT IN ('KEPT', 'REMOVED') OR base_row_no IS NOT NULL", name=op.f("ck_comparison_row_of_base")
        ),
        sa.CheckConstraint(
            "base_row_no IS NOT NULL OR newer_row_no IS NOT NULL", name=op.f("ck_comparison_row_somewhere")
        ),
        sa.CheckConstraint("county_code = left(division_code, 6)", name=op.f("ck_comparison_row_county")),
        sa.PrimaryKeyConstraint("comparison_id", "row_no", name=op.f("pk_comparison_row")),
        schema="registry",
    )
    op.create_index(
        op.f("ix_comparison_row_comparison_id_outcome_row_no"),
        "comparison_row",
        ["comparison_id", "outcome", "row_no"],
        unique=False,
        schema="registry",
        postgresql_where=sa.text("outcome <> 'KEPT'"),
    )
    op.create_table(
        "comparison_match",
        sa.Column("county_code", COUNTY, nullable=False),
        sa.Column("division_code", DIVISION, nullable=False),
        sa.Column("comparison_id", sa.Uuid(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("roster_id", sa.Uuid(), nullable=False),
        sa.Column("roster_row_no", sa.Integer(), nullable=False),
        sa.Column("matched_by", CODE, nullable=False),
        sa.CheckConstraint("county_code = left(division_code, 6)", name=op.f("ck_comparison_match_county")),
        sa.PrimaryKeyConstraint("comparison_id", "row_no", "roster_id", name=op.f("pk_comparison_match")),
        sa.UniqueConstraint(
            "comparison_id",
            "roster_id",
            "roster_row_no",
            name=op.f("uq_comparison_match_comparison_id_roster_id_roster_row_no"),
        ),
        schema="registry",
    )
    op.create_table(
        "comparison_resolution",
        sa.Column("county_code", COUNTY, nullable=False),
        sa.Column("division_code", DIVISION, nullable=False),
        sa.Column("comparison_id", sa.Uuid(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("outcome", CODE, nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("resolved_by", sa.String(), nullable=False),
        sa.Column("resolved_at", AT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("outcome <> 'CONFLICT'", name=op.f("ck_comparison_resolution_decided")),
        sa.CheckConstraint("county_code = left(division_code, 6)", name=op.f("ck_comparison_resolution_county")),
        sa.ForeignKeyConstraint(
            ["comparison_id", "row_no"],
            ["registry.comparison_row.comparison_id", "registry.comparison_row.row_no"],
            name=op.f("fk_comparison_resolution_comparison_id"),
        ),
        sa.PrimaryKeyConstraint("comparison_id", "row_no", name=op.f("pk_comparison_resolution")),
        schema="registry",
    )
    op.create_foreign_key(
        "fk_roster_comparison_id", "roster", "comparison", ["comparison_id"], ["id"],
        source_schema="registry", referent_schema="registry",
    )  # fmt: skip


def _guards() -> None:
    ddl.scoped(op, *TABLES)
    ddl.append_only(op, "import_error", "comparison_match", "comparison_resolution")
    for function in (ROSTER_ROWS, ROSTER, COMPARISON_ROWS, COMPARISON, NEXT_ROSTER):
        op.get_bind().exec_driver_sql(function)

    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON registry.roster_row FROM fupin_registry")
    op.execute("REVOKE DELETE, TRUNCATE ON registry.comparison_row FROM fupin_registry")
    for table, refused in (("roster_row", "UPDATE OR DELETE OR TRUNCATE"), ("comparison_row", "DELETE OR TRUNCATE")):
        op.execute(f"""
            CREATE TRIGGER append_only BEFORE {refused} ON registry.{table}
            FOR EACH STATEMENT EXECUTE FUNCTION registry.refuse_change()""")
        op.execute(f"ALTER TABLE registry.{table} ENABLE ALWAYS TRIGGER append_only")
    for table, event, rows, function in (
        ("roster_row", "INSERT", "NEW", "refuse_rows_of_a_ready_roster"),
        ("comparison_row", "INSERT", "NEW", "refuse_rows_of_a_closed_comparison"),
        ("comparison_row", "UPDATE", "OLD", "refuse_rows_of_a_closed_comparison"),
        ("comparison_row", "UPDATE", "NEW", "refuse_rows_of_a_closed_comparison"),
        ("comparison_match", "INSERT", "NEW", "refuse_rows_of_a_closed_comparison"),
        ("comparison_resolution", "INSERT", "NEW", "refuse_rows_of_a_closed_comparison"),
    ):
        op.execute(f"""
            CREATE TRIGGER frozen_{event.lower()}_{rows.lower()} AFTER {event} ON registry.{table}
            REFERENCING {rows} TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION registry.{function}()""")
    op.execute("""
        CREATE TRIGGER frozen BEFORE UPDATE OR DELETE ON registry.roster
        FOR EACH ROW EXECUTE FUNCTION registry.refuse_change_of_a_ready_roster()""")
    op.execute("""
        CREATE TRIGGER frozen BEFORE INSERT OR UPDATE OR DELETE ON registry.comparison
        FOR EACH ROW EXECUTE FUNCTION registry.sign_off_comparison()""")
    op.execute("""
        CREATE CONSTRAINT TRIGGER next_roster_sum AFTER INSERT OR UPDATE ON registry.roster
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION registry.check_next_roster()""")
    ddl.audited(op, "file_import", "roster", "comparison", "review_item")
    ddl.audited(op, "comparison_resolution", key="comparison_id")
