"""Payouts: batches for the bank, attempts line by line, the bank's answers, lines given up."""

from alembic import op

from fupin import ddl

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SHARED_VIEW = ("payout_template", "payout_batch", "payout_file", "payout_result")
BY_HOUSEHOLD = ("payout_line", "released_line")


def upgrade() -> None:
    run = op.get_bind().connection.driver_connection.execute
    run("SET LOCAL search_path = funds, public")
    for statement in (*TABLES, *EARLIER, *GUARDS):
        run(statement)
    for table in SHARED_VIEW:
        run(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        run(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        run(f"CREATE POLICY division ON {table} USING (starts_with(division_code, {ddl.DIVISION}))")
    ddl.scoped(op, *BY_HOUSEHOLD)
    ddl.append_only(op, *SHARED_VIEW, *BY_HOUSEHOLD)
    ddl.audited(op, "payout_template", "payout_batch", "payout_result")
    ddl.audited(op, "payout_file", key="batch_id")
    ddl.audited(op, "released_line", key="distribution_id")


def downgrade() -> None:
    run = op.get_bind().connection.driver_connection.execute
    run("SET LOCAL search_path = funds, public")
    for statement in BACK:
        run(statement)


ACTOR = "coalesce(nullif(current_setting('fupin.actor', true), ''), 'login:' || session_user)"
PLACE = """county_code char(6) NOT NULL,
      division_code varchar(12) NOT NULL,"""
MADE = f"""made_by text NOT NULL DEFAULT {ACTOR},
      at timestamptz NOT NULL DEFAULT clock_timestamp()"""
POSTED = "FOREIGN KEY (distribution_id, line_no) REFERENCES posted_line"

TABLES = (
    f"""
    CREATE TABLE payout_template (
      id uuid DEFAULT uuidv7() CONSTRAINT pk_payout_template PRIMARY KEY,
      {PLACE}
      name varchar(100) NOT NULL,
      format varchar(32) NOT NULL CONSTRAINT ck_payout_template_format CHECK (format IN ('CSV', 'XLSX')),
      encoding varchar(16) NOT NULL
        CONSTRAINT ck_payout_template_encoding CHECK (encoding IN ('utf-8', 'utf-8-sig', 'gb18030')),
      headings boolean NOT NULL,
      columns jsonb NOT NULL,
      result_columns jsonb NOT NULL,
      paid_words jsonb NOT NULL,
      returned_words jsonb NOT NULL,
      {MADE},
      CONSTRAINT uq_payout_template_county_code_name UNIQUE (county_code, name)
    )""",
    f"""
    CREATE TABLE payout_batch (
      id uuid DEFAULT uuidv7() CONSTRAINT pk_payout_batch PRIMARY KEY,
      {PLACE}
      distribution_id uuid NOT NULL CONSTRAINT fk_payout_batch_distribution_id REFERENCES distribution,
      number integer NOT NULL CONSTRAINT ck_payout_batch_number CHECK (number >= 1),
      template_id uuid CONSTRAINT fk_payout_batch_template_id REFERENCES payout_template,
      lines integer NOT NULL CONSTRAINT ck_payout_batch_lines CHECK (lines >= 1),
      sent_on date NOT NULL,
      total_fen bigint NOT NULL CONSTRAINT ck_payout_batch_total CHECK (total_fen >= lines),
      journal_id uuid CONSTRAINT fk_payout_batch_journal_id REFERENCES journal,
      {MADE},
      CONSTRAINT uq_payout_batch_distribution_id_number UNIQUE (distribution_id, number)
    )""",
    f"""
    CREATE TABLE payout_line (
      distribution_id uuid NOT NULL,
      line_no integer NOT NULL,
      attempt integer NOT NULL,
      {PLACE}
      batch_id uuid NOT NULL CONSTRAINT fk_payout_line_batch_id REFERENCES payout_batch,
      amount_fen bigint NOT NULL CONSTRAINT ck_payout_line_amount CHECK (amount_fen > 0),
      after_attempt integer,
      after_outcome varchar(32),
      CONSTRAINT pk_payout_line PRIMARY KEY (distribution_id, line_no, attempt),
      CONSTRAINT fk_payout_line_distribution_id {POSTED},
      -- The first attempt follows nothing; every other one follows an attempt that was returned (foreign key below).
      CONSTRAINT ck_payout_line_attempt CHECK (CASE WHEN attempt = 1
        THEN after_attempt IS NULL AND after_outcome IS NULL
        ELSE attempt > 1 AND after_attempt IS NOT NULL AND after_attempt = attempt - 1
             AND after_outcome IS NOT NULL AND after_outcome = 'RETURNED' END)
    )""",
    "CREATE INDEX ix_payout_line_batch_id_line_no ON payout_line (batch_id, line_no)",
    f"""
    CREATE TABLE payout_file (
      batch_id uuid CONSTRAINT pk_payout_file PRIMARY KEY CONSTRAINT fk_payout_file_batch_id REFERENCES payout_batch,
      {PLACE}
      digest bytea NOT NULL CONSTRAINT ck_payout_file_digest CHECK (length(digest) = 32),
      size integer NOT NULL,
      {MADE}
    )""",
    f"""
    CREATE TABLE payout_result (
      id uuid DEFAULT uuidv7() CONSTRAINT pk_payout_result PRIMARY KEY,
      {PLACE}
      batch_id uuid NOT NULL CONSTRAINT fk_payout_result_batch_id REFERENCES payout_batch,
      digest bytea NOT NULL CONSTRAINT ck_payout_result_digest CHECK (length(digest) = 32),
      filename text NOT NULL,
      rows integer NOT NULL,
      paid integer NOT NULL,
      returned integer NOT NULL,
      known integer NOT NULL,
      reported_on date NOT NULL,
      bank_reference varchar(64) NOT NULL,
      {MADE},
      CONSTRAINT uq_payout_result_batch_id_digest UNIQUE (batch_id, digest),
      CONSTRAINT ck_payout_result_rows CHECK (rows = paid + returned + known)
    )""",
    f"""
    CREATE TABLE released_line (
      distribution_id uuid NOT NULL,
      line_no integer NOT NULL,
      {PLACE}
      reason text NOT NULL,
      journal_id uuid NOT NULL,
      journal_line integer NOT NULL,
      {MADE},
      CONSTRAINT pk_released_line PRIMARY KEY (distribution_id, line_no),
      CONSTRAINT fk_released_line_distribution_id {POSTED},
      CONSTRAINT fk_released_line_journal_id
        FOREIGN KEY (journal_id, journal_line) REFERENCES posting (journal_id, line)
    )""",
)

# Payouts reported before there were batches become batches told to the bank by other means, one for each of its
# references. Their owner may change them for this once; nobody else can.
OWN = ("distribution", "distribution_line", "posted_line", "payout")
EARLIER = (
    *(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY" for table in OWN),
    "ALTER TABLE payout DISABLE TRIGGER USER",
    "ALTER TABLE payout ADD attempt integer",
    """
    UPDATE payout p SET attempt = n.attempt
    FROM (SELECT id, row_number() OVER (PARTITION BY distribution_id, line_no ORDER BY at, id) AS attempt
          FROM payout) AS n
    WHERE n.id = p.id""",
    "ALTER TABLE payout ALTER attempt SET NOT NULL",
    "ALTER TABLE payout ENABLE TRIGGER USER",
    """
    INSERT INTO payout_batch (county_code, division_code, distribution_id, number, sent_on, lines, total_fen,
                              made_by, at)
    SELECT d.county_code, d.division_code, d.id, row_number() OVER (PARTITION BY d.id ORDER BY min(p.at)),
           min(p.reported_on), count(*), sum(l.share_fen), min(p.made_by), min(p.at)
    FROM payout p JOIN distribution d ON d.id = p.distribution_id
    JOIN distribution_line l ON l.distribution_id = p.distribution_id AND l.line_no = p.line_no
    GROUP BY d.id, p.bank_reference, p.attempt""",
    """
    INSERT INTO payout_line (distribution_id, line_no, attempt, county_code, division_code, batch_id, amount_fen,
                             after_attempt, after_outcome)
    SELECT p.distribution_id, p.line_no, p.attempt, p.county_code, p.division_code, b.id, l.share_fen,
           nullif(p.attempt - 1, 0), CASE WHEN p.attempt > 1 THEN 'RETURNED' END
    FROM (SELECT *, min(at) OVER (PARTITION BY distribution_id, bank_reference, attempt) AS first FROM payout) AS p
    JOIN payout_batch b ON b.distribution_id = p.distribution_id AND b.at = p.first
    JOIN distribution_line l ON l.distribution_id = p.distribution_id AND l.line_no = p.line_no""",
    """
    ALTER TABLE payout
      ADD CONSTRAINT uq_payout_distribution_id_line_no_attempt UNIQUE (distribution_id, line_no, attempt),
      ADD CONSTRAINT uq_payout_distribution_id_line_no_attempt_outcome
        UNIQUE (distribution_id, line_no, attempt, outcome),
      DROP CONSTRAINT fk_payout_distribution_id,
      ADD CONSTRAINT fk_payout_distribution_id
        FOREIGN KEY (distribution_id, line_no, attempt) REFERENCES payout_line,
      DROP CONSTRAINT ck_payout_booked,
      ADD CONSTRAINT ck_payout_booked CHECK (outcome = 'RETURNED'
        OR (journal_id IS NOT NULL AND journal_line IS NOT NULL))""",
    """
    ALTER TABLE payout_line ADD CONSTRAINT fk_payout_line_after
      FOREIGN KEY (distribution_id, line_no, after_attempt, after_outcome)
      REFERENCES payout (distribution_id, line_no, attempt, outcome)""",
    *(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY" for table in OWN),
)

# A line is on its way to the bank or given up, never both. The distribution is locked, so that two who decide at the
# same moment see each other.
GUARDS = (
    """
    CREATE FUNCTION one_way() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM FROM distribution d WHERE d.id IN (SELECT f.distribution_id FROM fresh f) FOR NO KEY UPDATE;
      IF EXISTS (
          SELECT FROM fresh f JOIN released_line r USING (distribution_id, line_no)
          JOIN payout_line p USING (distribution_id, line_no)
          WHERE NOT EXISTS (SELECT FROM payout o WHERE o.distribution_id = p.distribution_id AND o.line_no = p.line_no
                            AND o.attempt = p.attempt AND o.outcome = 'RETURNED')) THEN
        RAISE EXCEPTION 'a line was given up' USING ERRCODE = '23514', CONSTRAINT = 'payout_line_one_way';
      END IF;
      RETURN NULL;
    END $$""",
    *(
        f"""
        CREATE TRIGGER one_way AFTER INSERT ON {table} REFERENCING NEW TABLE AS fresh
        FOR EACH STATEMENT EXECUTE FUNCTION one_way()"""
        for table in BY_HOUSEHOLD
    ),
)

BACK = (
    "ALTER TABLE payout_line DROP CONSTRAINT fk_payout_line_after",
    """
    ALTER TABLE payout DROP CONSTRAINT fk_payout_distribution_id, DROP attempt,
      ADD CONSTRAINT fk_payout_distribution_id FOREIGN KEY (distribution_id, line_no) REFERENCES posted_line""",
    *(f"DROP TABLE {table}" for table in reversed((*SHARED_VIEW[:2], *BY_HOUSEHOLD, *SHARED_VIEW[2:]))),
    "DROP FUNCTION one_way",
)
