"""Loans whole: more kinds of schedule, changes by two persons, penalties, undone receipts; the bank's statements."""

from alembic import op

from fupin import ddl

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SCOPED = (
    "loan_change", "loan_guarantee", "receipt_reversal", "reminder", "bank_layout", "bank_statement", "bank_line",
    "bank_match",
)  # fmt: skip
FACTS = ("loan_guarantee", "receipt_reversal", "reminder", "bank_layout", "bank_statement", "bank_line")


def upgrade() -> None:
    run = op.get_bind().connection.driver_connection.execute
    run("SET LOCAL search_path = funds, public")
    for statement in (*LOANS, *CHANGES, *BANK, *VIEWS):
        run(statement)
    ddl.scoped(op, *SCOPED)
    ddl.append_only(op, *FACTS)
    ddl.audited(op, "loan_change", "loan_guarantee", "bank_layout", "bank_statement", "bank_match")
    ddl.audited(op, "receipt_reversal", key="receipt_id")


def downgrade() -> None:
    run = op.get_bind().connection.driver_connection.execute
    run("SET LOCAL search_path = funds, public")
    for statement in BACK:
        run(statement)


ACTOR = "coalesce(nullif(current_setting('fupin.actor', true), ''), 'login:' || session_user)"
ORDER = "{OVERDUE_CONTRIBUTION,CURRENT_CONTRIBUTION,PENALTY,OVERDUE_PRINCIPAL,CURRENT_PRINCIPAL}"
COMMON = """id uuid DEFAULT uuidv7() CONSTRAINT pk_{0} PRIMARY KEY,
      county_code char(6) NOT NULL,
      division_code varchar(12) NOT NULL,"""
MADE = f"""made_by text NOT NULL DEFAULT {ACTOR},
      at timestamptz NOT NULL DEFAULT clock_timestamp()"""

LOANS = (
    f"""
    ALTER TABLE loan
      ADD rate_ppm integer NOT NULL DEFAULT 0 CONSTRAINT ck_loan_rate CHECK (rate_ppm BETWEEN 0 AND 240000),
      ADD day_count varchar(32) NOT NULL DEFAULT 'ACT_365'
        CONSTRAINT ck_loan_day_count CHECK (day_count IN ('ACT_365', 'ACT_360', 'THIRTY_360')),
      ADD periods_per_year integer NOT NULL DEFAULT 1
        CONSTRAINT ck_loan_periods CHECK (periods_per_year IN (1, 2, 4, 12)),
      ADD allocation_order text[] NOT NULL DEFAULT '{ORDER}'
        CONSTRAINT ck_loan_allocation_order
        CHECK (cardinality(allocation_order) = 5 AND allocation_order @> '{ORDER}'),
      ADD penalty_daily_ppm integer NOT NULL DEFAULT 0
        CONSTRAINT ck_loan_penalty CHECK (penalty_daily_ppm BETWEEN 0 AND 1000),
      ADD penalty_cap_ppm integer NOT NULL DEFAULT 1000000
        CONSTRAINT ck_loan_penalty_cap CHECK (penalty_cap_ppm BETWEEN 0 AND 1000000),
      DROP CONSTRAINT ck_loan_kind,
      ADD CONSTRAINT ck_loan_kind CHECK (
        kind IN ('FIXED_CONTRIBUTION_BULLET', 'EQUAL_PRINCIPAL', 'EQUAL_INSTALMENT', 'INTEREST_ONLY_BULLET')),
      DROP CONSTRAINT ck_loan_contribution,
      ADD CONSTRAINT ck_loan_contribution CHECK (
        yearly_contribution_fen BETWEEN 0 AND 1000000000000000
        AND (kind = 'FIXED_CONTRIBUTION_BULLET') = (yearly_contribution_fen > 0)
        AND (kind = 'FIXED_CONTRIBUTION_BULLET') = (rate_ppm = 0)),
      DROP CONSTRAINT ck_loan_state,
      ADD CONSTRAINT ck_loan_state CHECK (
        state IN ('PROPOSED', 'APPROVED', 'REJECTED', 'DISBURSED', 'SETTLED', 'WRITTEN_OFF')),
      DROP CONSTRAINT ck_loan_disbursed,
      ADD CONSTRAINT ck_loan_disbursed
        CHECK ((state IN ('DISBURSED', 'SETTLED', 'WRITTEN_OFF')) = (disbursed_on IS NOT NULL))""",
    # the default was for the contracts that stand; a new one says its order
    "ALTER TABLE loan ALTER allocation_order DROP DEFAULT",
    "GRANT UPDATE (schedule_version) ON loan TO fupin_funds",
    "DROP TRIGGER take_step ON loan",
    """
    CREATE TRIGGER take_step BEFORE INSERT OR UPDATE ON loan FOR EACH ROW EXECUTE FUNCTION
      take_step('PROPOSED>APPROVED', 'PROPOSED>REJECTED', 'APPROVED>DISBURSED', 'DISBURSED>SETTLED',
                'SETTLED>DISBURSED', 'DISBURSED>WRITTEN_OFF')""",
    # What was due once a year has its year as its period.
    """
    ALTER TABLE instalment ADD period_no integer,
      ADD penalised_id uuid CONSTRAINT fk_instalment_penalised_id REFERENCES instalment""",
    "ALTER TABLE instalment DISABLE TRIGGER append_only, NO FORCE ROW LEVEL SECURITY",
    "UPDATE instalment SET period_no = year_no",
    "ALTER TABLE instalment ENABLE ALWAYS TRIGGER append_only, FORCE ROW LEVEL SECURITY",
    """
    ALTER TABLE instalment ALTER period_no SET NOT NULL,
      DROP CONSTRAINT uq_instalment_loan_id_schedule_version_year_no_kind,
      ADD CONSTRAINT uq_instalment_penalised_id_due_on UNIQUE (penalised_id, due_on),
      DROP CONSTRAINT ck_instalment_kind,
      ADD CONSTRAINT ck_instalment_kind CHECK (kind IN ('CONTRIBUTION', 'PRINCIPAL', 'INTEREST', 'PENALTY'))""",
    """
    CREATE UNIQUE INDEX uq_instalment_period ON instalment (loan_id, schedule_version, period_no, kind)
    WHERE penalised_id IS NULL""",
)

CHANGES = (
    f"""
    CREATE TABLE loan_change (
      {COMMON.format("loan_change")}
      loan_id uuid NOT NULL CONSTRAINT fk_loan_change_loan_id REFERENCES loan,
      kind varchar(32) NOT NULL CONSTRAINT ck_loan_change_kind CHECK (kind IN ('RESCHEDULE', 'WRITE_OFF')),
      amount_fen bigint NOT NULL CONSTRAINT ck_loan_change_amount CHECK (amount_fen > 0),
      terms jsonb,
      reason text NOT NULL,
      state varchar(32) NOT NULL DEFAULT 'PROPOSED'
        CONSTRAINT ck_loan_change_state CHECK (state IN ('PROPOSED', 'APPROVED', 'REJECTED')),
      approved_by text,
      effective_on date,
      {MADE},
      CONSTRAINT ck_loan_change_two_persons CHECK (approved_by <> made_by),
      CONSTRAINT ck_loan_change_approved CHECK (
        (state = 'APPROVED') = (approved_by IS NOT NULL) AND (state = 'APPROVED') = (effective_on IS NOT NULL)),
      CONSTRAINT ck_loan_change_terms CHECK ((kind = 'RESCHEDULE') = (terms IS NOT NULL))
    )""",
    "CREATE INDEX ix_loan_change_loan_id ON loan_change (loan_id)",
    "REVOKE UPDATE, DELETE, TRUNCATE ON loan_change FROM fupin_funds",
    "GRANT UPDATE (state, approved_by, effective_on) ON loan_change TO fupin_funds",
    """
    CREATE TRIGGER take_step BEFORE INSERT OR UPDATE ON loan_change FOR EACH ROW EXECUTE FUNCTION
      take_step('PROPOSED>APPROVED', 'PROPOSED>REJECTED')""",
    f"""
    CREATE TABLE loan_guarantee (
      {COMMON.format("loan_guarantee")}
      loan_id uuid NOT NULL CONSTRAINT fk_loan_guarantee_loan_id REFERENCES loan,
      kind varchar(32) NOT NULL
        CONSTRAINT ck_loan_guarantee_kind CHECK (kind IN ('MORTGAGE', 'PLEDGE', 'GUARANTOR')),
      guarantor text NOT NULL,
      amount_fen bigint NOT NULL CONSTRAINT ck_loan_guarantee_amount CHECK (amount_fen > 0),
      document varchar(100) NOT NULL,
      valid_until date,
      {MADE},
      CONSTRAINT uq_loan_guarantee_loan_id_document UNIQUE (loan_id, document)
    )""",
    f"""
    CREATE TABLE receipt_reversal (
      receipt_id uuid NOT NULL CONSTRAINT pk_receipt_reversal PRIMARY KEY
        CONSTRAINT fk_receipt_reversal_receipt_id REFERENCES receipt,
      county_code char(6) NOT NULL,
      division_code varchar(12) NOT NULL,
      reversed_on date NOT NULL,
      reason text NOT NULL,
      journal_id uuid NOT NULL CONSTRAINT fk_receipt_reversal_journal_id REFERENCES journal,
      {MADE},
      CONSTRAINT uq_receipt_reversal_journal_id UNIQUE (journal_id)
    )""",
    """
    CREATE TABLE reminder (
      id uuid DEFAULT uuidv7() CONSTRAINT pk_reminder PRIMARY KEY,
      county_code char(6) NOT NULL,
      division_code varchar(12) NOT NULL,
      loan_id uuid NOT NULL CONSTRAINT fk_reminder_loan_id REFERENCES loan,
      instalment_id uuid NOT NULL CONSTRAINT fk_reminder_instalment_id REFERENCES instalment,
      kind varchar(32) NOT NULL CONSTRAINT ck_reminder_kind CHECK (kind IN ('DUE_SOON', 'OVERDUE')),
      bucket varchar(32) CONSTRAINT ck_reminder_bucket
        CHECK (bucket IN ('DAYS_1_30', 'DAYS_31_90', 'DAYS_91_180', 'DAYS_OVER_180')),
      on_day date NOT NULL,
      open_fen bigint NOT NULL DEFAULT 0,
      at timestamptz NOT NULL DEFAULT clock_timestamp(),
      CONSTRAINT uq_reminder_instalment_id_kind_bucket UNIQUE NULLS NOT DISTINCT (instalment_id, kind, bucket),
      CONSTRAINT ck_reminder_late CHECK ((kind = 'OVERDUE') = (bucket IS NOT NULL))
    )""",
    "CREATE INDEX ix_reminder_loan_id ON reminder (loan_id)",
    # A receipt that was undone no longer counts, neither for its instalments nor for its bank reference.
    """
    CREATE OR REPLACE FUNCTION pay_no_more_than_due() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
    BEGIN
      PERFORM FROM instalment WHERE id = new.instalment_id FOR NO KEY UPDATE;
      IF (SELECT sum(a.amount_fen) FROM allocation a WHERE a.instalment_id = new.instalment_id
            AND NOT EXISTS (SELECT FROM receipt_reversal v WHERE v.receipt_id = a.receipt_id))
         > (SELECT amount_fen FROM instalment WHERE id = new.instalment_id) THEN
        RAISE EXCEPTION 'more than the instalment'
          USING ERRCODE = '23514', CONSTRAINT = 'allocation_exceeds_instalment';
      END IF;
      RETURN NULL;
    END $$""",
    "ALTER TABLE receipt DROP CONSTRAINT uq_receipt_county_code_bank_reference",
    "CREATE INDEX ix_receipt_county_code_bank_reference ON receipt (county_code, bank_reference)",
    """
    CREATE FUNCTION book_reference_once() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
    BEGIN
      PERFORM pg_advisory_xact_lock(hashtextextended('funds.receipt.' || new.county_code || new.bank_reference, 0));
      IF EXISTS (SELECT FROM receipt r WHERE r.county_code = new.county_code AND r.bank_reference = new.bank_reference
                 AND NOT EXISTS (SELECT FROM receipt_reversal v WHERE v.receipt_id = r.id)) THEN
        RAISE EXCEPTION 'this bank reference was booked'
          USING ERRCODE = '23505', CONSTRAINT = 'receipt_bank_reference';
      END IF;
      RETURN new;
    END $$""",
    "REVOKE EXECUTE ON FUNCTION book_reference_once() FROM PUBLIC",
    """
    CREATE TRIGGER book_reference_once BEFORE INSERT ON receipt FOR EACH ROW
    WHEN (new.bank_reference IS NOT NULL) EXECUTE FUNCTION book_reference_once()""",
)

BANK = (
    f"""
    CREATE TABLE bank_layout (
      {COMMON.format("bank_layout")}
      name varchar(100) NOT NULL,
      columns jsonb NOT NULL,
      date_format varchar(32) NOT NULL,
      {MADE},
      CONSTRAINT uq_bank_layout_county_code_name UNIQUE (county_code, name)
    )""",
    f"""
    CREATE TABLE bank_statement (
      {COMMON.format("bank_statement")}
      filename text NOT NULL,
      format varchar(32) NOT NULL CONSTRAINT ck_bank_statement_format CHECK (format IN ('CSV', 'XLSX', 'MT940')),
      digest bytea NOT NULL,
      lines integer NOT NULL,
      known_lines integer NOT NULL,
      {MADE},
      CONSTRAINT uq_bank_statement_county_code_digest UNIQUE (county_code, digest)
    )""",
    f"""
    CREATE TABLE bank_line (
      {COMMON.format("bank_line")}
      statement_id uuid NOT NULL CONSTRAINT fk_bank_line_statement_id REFERENCES bank_statement,
      row_no integer NOT NULL,
      booked_on date NOT NULL,
      amount_fen bigint NOT NULL
        CONSTRAINT ck_bank_line_amount CHECK (amount_fen <> 0 AND abs(amount_fen) <= 1000000000000000),
      payer text NOT NULL,
      reference varchar(64),
      text text NOT NULL,
      digest bytea NOT NULL,
      CONSTRAINT uq_bank_line_county_code_digest UNIQUE (county_code, digest),
      CONSTRAINT uq_bank_line_county_code_reference UNIQUE (county_code, reference)
    )""",
    "CREATE INDEX ix_bank_line_statement_id ON bank_line (statement_id)",
    f"""
    CREATE TABLE bank_match (
      {COMMON.format("bank_match")}
      line_id uuid NOT NULL CONSTRAINT fk_bank_match_line_id REFERENCES bank_line,
      receipt_id uuid NOT NULL CONSTRAINT fk_bank_match_receipt_id REFERENCES receipt,
      automatic boolean NOT NULL,
      explanation jsonb NOT NULL,
      {MADE},
      undone_on date,
      undone_by text,
      CONSTRAINT ck_bank_match_undone CHECK ((undone_on IS NULL) = (undone_by IS NULL))
    )""",
    "CREATE UNIQUE INDEX uq_bank_match_line_id ON bank_match (line_id) WHERE undone_on IS NULL",
    "CREATE UNIQUE INDEX uq_bank_match_receipt_id ON bank_match (receipt_id) WHERE undone_on IS NULL",
    "REVOKE UPDATE, DELETE, TRUNCATE ON bank_match FROM fupin_funds",
    "GRANT UPDATE (undone_on, undone_by) ON bank_match TO fupin_funds",
)

VIEWS = (
    # The parts of instalments that were paid, with the days from and until which that holds.
    """
    CREATE VIEW paid_part WITH (security_invoker = true) AS
    SELECT a.instalment_id, a.receipt_id, a.amount_fen, r.received_on, v.reversed_on
    FROM allocation a JOIN receipt r ON r.id = a.receipt_id LEFT JOIN receipt_reversal v ON v.receipt_id = r.id""",
    # Instalments as they stood on a day: those of the schedule then in force; of earlier schedules what was paid on
    # them, because a new schedule takes over all that was open; penalties accrued by that day.
    """
    CREATE FUNCTION instalment_on(p_on date)
    RETURNS TABLE (id uuid, loan_id uuid, schedule_version integer, kind varchar, due_on date, amount_fen bigint,
                   paid_fen bigint)
    LANGUAGE sql STABLE AS $$
      SELECT i.id, i.loan_id, i.schedule_version, i.kind, i.due_on,
             CASE WHEN i.schedule_version = c.version THEN i.amount_fen ELSE p.fen END, p.fen
      FROM funds.instalment i
      CROSS JOIN LATERAL (
        SELECT 1 + count(*) AS version FROM funds.loan_change c WHERE c.loan_id = i.loan_id
          AND c.kind = 'RESCHEDULE' AND c.state = 'APPROVED' AND c.effective_on <= p_on) AS c
      CROSS JOIN LATERAL (
        SELECT coalesce(sum(q.amount_fen), 0)::bigint AS fen FROM funds.paid_part q WHERE q.instalment_id = i.id
          AND q.received_on <= p_on AND coalesce(q.reversed_on > p_on, true)) AS p
      WHERE (i.schedule_version = c.version OR i.schedule_version < c.version AND p.fen > 0)
        AND (i.kind <> 'PENALTY' OR i.due_on <= p_on)
    $$""",
    "REVOKE EXECUTE ON FUNCTION instalment_on(date) FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION instalment_on(date) TO fupin_funds",
)

BACK = (
    "DROP FUNCTION instalment_on(date)",
    "DROP VIEW paid_part",
    *(f"DROP TABLE {table} CASCADE" for table in ("bank_match", "bank_line", "bank_statement", "bank_layout")),
    "DROP TRIGGER book_reference_once ON receipt",
    "DROP FUNCTION book_reference_once()",
    "DROP INDEX ix_receipt_county_code_bank_reference",
    "ALTER TABLE receipt ADD CONSTRAINT uq_receipt_county_code_bank_reference UNIQUE (county_code, bank_reference)",
    """
    CREATE OR REPLACE FUNCTION pay_no_more_than_due() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
    BEGIN
      PERFORM FROM instalment WHERE id = new.instalment_id FOR NO KEY UPDATE;
      IF (SELECT sum(amount_fen) FROM allocation WHERE instalment_id = new.instalment_id)
         > (SELECT amount_fen FROM instalment WHERE id = new.instalment_id) THEN
        RAISE EXCEPTION 'more than the instalment'
          USING ERRCODE = '23514', CONSTRAINT = 'allocation_exceeds_instalment';
      END IF;
      RETURN NULL;
    END $$""",
    *(f"DROP TABLE {table} CASCADE" for table in ("reminder", "receipt_reversal", "loan_guarantee", "loan_change")),
    "DROP INDEX uq_instalment_period",
    """
    ALTER TABLE instalment DROP penalised_id, DROP period_no,
      ADD CONSTRAINT uq_instalment_loan_id_schedule_version_year_no_kind
        UNIQUE (loan_id, schedule_version, year_no, kind),
      DROP CONSTRAINT ck_instalment_kind,
      ADD CONSTRAINT ck_instalment_kind CHECK (kind IN ('CONTRIBUTION', 'PRINCIPAL'))""",
    "REVOKE UPDATE (schedule_version) ON loan FROM fupin_funds",
    "DROP TRIGGER take_step ON loan",
    """
    CREATE TRIGGER take_step BEFORE INSERT OR UPDATE ON loan FOR EACH ROW EXECUTE FUNCTION
      take_step('PROPOSED>APPROVED', 'PROPOSED>REJECTED', 'APPROVED>DISBURSED', 'DISBURSED>SETTLED')""",
    """
    ALTER TABLE loan DROP CONSTRAINT ck_loan_disbursed, DROP CONSTRAINT ck_loan_state,
      DROP CONSTRAINT ck_loan_contribution, DROP CONSTRAINT ck_loan_kind,
      DROP rate_ppm, DROP day_count, DROP periods_per_year, DROP allocation_order, DROP penalty_daily_ppm,
      DROP penalty_cap_ppm,
      ADD CONSTRAINT ck_loan_kind CHECK (kind IN ('FIXED_CONTRIBUTION_BULLET')),
      ADD CONSTRAINT ck_loan_contribution CHECK (yearly_contribution_fen BETWEEN 1 AND 1000000000000000),
      ADD CONSTRAINT ck_loan_state CHECK (state IN ('PROPOSED', 'APPROVED', 'REJECTED', 'DISBURSED', 'SETTLED')),
      ADD CONSTRAINT ck_loan_disbursed CHECK ((state IN ('DISBURSED', 'SETTLED')) = (disbursed_on IS NOT NULL))""",
)
