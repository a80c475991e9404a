"""
Appropriations, what they are for and what was spent; alarms; where income came from; transfers by two persons.

The views give every fen that passes through the shared account its place: inflows and outflows are laid end to end in
the order of posting, so that the first fen in is the first fen out (lineage). They hold nothing of their own: all of it
follows from postings.
"""

from alembic import op

from fupin import ddl

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SCOPED = ("appropriation", "appropriation_use", "appropriation_entry", "alarm_rule", "income", "transfer_request")
TABLE_NAMES = (*SCOPED, "collection_day")


def upgrade() -> None:
    run = op.get_bind().connection.driver_connection.execute
    run("SET LOCAL search_path = funds, public")
    for statement in (*TABLES, *CAPS, *VIEWS):
        run(statement)
    ddl.scoped(op, *SCOPED)
    ddl.scoped(op, "collection_day", column="county_code")
    ddl.append_only(op, "appropriation", "appropriation_entry", "income", "collection_day")
    ddl.audited(op, "appropriation", "appropriation_use", "appropriation_entry", "alarm_rule", "transfer_request")
    ddl.audited(op, "income", key="receipt_id")


def downgrade() -> None:
    run = op.get_bind().connection.driver_connection.execute
    run("SET LOCAL search_path = funds, public")
    run("DROP FUNCTION appropriation_on(date)")
    for view in ("shared_outflow", "shared_step", "shared_inflow", "undone_posting"):
        run(f"DROP VIEW {view}")
    for table in reversed(TABLE_NAMES):
        run(f"DROP TABLE {table} CASCADE")
    run("DROP FUNCTION commit_no_more_than_granted()")
    run("DROP FUNCTION enter_no_more_than_granted()")


ACTOR = "coalesce(nullif(current_setting('fupin.actor', true), ''), 'login:' || session_user)"
COMMON = """id uuid DEFAULT uuidv7() CONSTRAINT pk_{0} PRIMARY KEY,
      county_code char(6) NOT NULL,
      division_code varchar(12) NOT NULL,"""
MADE = f"""made_by text NOT NULL DEFAULT {ACTOR},
      at timestamptz NOT NULL DEFAULT clock_timestamp()"""
AMOUNT = "amount_fen bigint NOT NULL CONSTRAINT ck_{0}_amount CHECK (amount_fen BETWEEN 1 AND 1000000000000000)"
LEVELS = "('CENTRAL', 'PROVINCIAL', 'CITY', 'COUNTY')"

TABLES = (
    f"""
    CREATE TABLE appropriation (
      {COMMON.format("appropriation")}
      document_no varchar(100) NOT NULL,
      level varchar(32) NOT NULL CONSTRAINT ck_appropriation_level CHECK (level IN {LEVELS}),
      year integer NOT NULL CONSTRAINT ck_appropriation_year CHECK (year BETWEEN 2000 AND 2200),
      {AMOUNT.format("appropriation")},
      purpose text NOT NULL,
      issued_on date NOT NULL,
      {MADE},
      CONSTRAINT uq_appropriation_county_code_document_no UNIQUE (county_code, document_no)
    )""",
    f"""
    CREATE TABLE appropriation_use (
      {COMMON.format("appropriation_use")}
      appropriation_id uuid NOT NULL CONSTRAINT fk_appropriation_use_appropriation_id REFERENCES appropriation,
      kind varchar(32) NOT NULL
        CONSTRAINT ck_appropriation_use_kind CHECK (kind IN ('LOAN', 'PROJECT', 'DISTRIBUTION')),
      loan_id uuid CONSTRAINT fk_appropriation_use_loan_id REFERENCES loan,
      project_id uuid,
      project_no varchar(40),
      title text NOT NULL,
      {AMOUNT.format("appropriation_use")},
      state varchar(32) NOT NULL DEFAULT 'PROPOSED'
        CONSTRAINT ck_appropriation_use_state CHECK (state IN ('PROPOSED', 'APPROVED', 'REJECTED')),
      approved_by text,
      {MADE},
      CONSTRAINT ck_appropriation_use_loan CHECK ((kind = 'LOAN') = (loan_id IS NOT NULL)),
      CONSTRAINT ck_appropriation_use_project
        CHECK ((kind = 'PROJECT') = (project_id IS NOT NULL) AND (kind = 'PROJECT') = (project_no IS NOT NULL)),
      CONSTRAINT ck_appropriation_use_two_persons CHECK (approved_by <> made_by),
      CONSTRAINT ck_appropriation_use_approved CHECK ((state = 'APPROVED') = (approved_by IS NOT NULL))
    )""",
    "CREATE INDEX ix_appropriation_use_appropriation_id ON appropriation_use (appropriation_id)",
    "CREATE INDEX ix_appropriation_use_loan_id ON appropriation_use (loan_id)",
    "REVOKE UPDATE, DELETE, TRUNCATE ON appropriation_use FROM fupin_funds",
    "GRANT UPDATE (state, approved_by) ON appropriation_use TO fupin_funds",
    """
    CREATE TRIGGER take_step BEFORE INSERT OR UPDATE ON appropriation_use FOR EACH ROW EXECUTE FUNCTION
      take_step('PROPOSED>APPROVED', 'PROPOSED>REJECTED')""",
    f"""
    CREATE TABLE appropriation_entry (
      {COMMON.format("appropriation_entry")}
      appropriation_id uuid NOT NULL CONSTRAINT fk_appropriation_entry_appropriation_id REFERENCES appropriation,
      use_id uuid CONSTRAINT fk_appropriation_entry_use_id REFERENCES appropriation_use,
      kind varchar(32) NOT NULL
        CONSTRAINT ck_appropriation_entry_kind CHECK (kind IN ('RECEIVED', 'SPENT', 'TRANSFERRED')),
      {AMOUNT.format("appropriation_entry")},
      effective_on date NOT NULL,
      counterparty text NOT NULL,
      bank_reference varchar(64),
      journal_id uuid NOT NULL CONSTRAINT fk_appropriation_entry_journal_id REFERENCES journal,
      {MADE},
      CONSTRAINT uq_appropriation_entry_journal_id UNIQUE (journal_id),
      CONSTRAINT ck_appropriation_entry_use CHECK ((kind = 'RECEIVED') = (use_id IS NULL))
    )""",
    "CREATE INDEX ix_appropriation_entry_appropriation_id ON appropriation_entry (appropriation_id)",
    "CREATE INDEX ix_appropriation_entry_use_id ON appropriation_entry (use_id)",
    f"""
    CREATE TABLE alarm_rule (
      {COMMON.format("alarm_rule")}
      name varchar(100) NOT NULL,
      kind varchar(32) NOT NULL
        CONSTRAINT ck_alarm_rule_kind CHECK (kind IN ('NOT_RECEIVED', 'IDLE', 'BEHIND')),
      level varchar(32) CONSTRAINT ck_alarm_rule_level CHECK (level IN {LEVELS}),
      days integer CONSTRAINT ck_alarm_rule_days CHECK (days BETWEEN 0 AND 3660),
      share_ppm integer CONSTRAINT ck_alarm_rule_share CHECK (share_ppm BETWEEN 1 AND 1000000),
      month integer CONSTRAINT ck_alarm_rule_month CHECK (month BETWEEN 1 AND 12),
      retired_on date,
      {MADE},
      CONSTRAINT uq_alarm_rule_county_code_name UNIQUE (county_code, name),
      CONSTRAINT ck_alarm_rule_terms CHECK (
        (kind = 'BEHIND') = (days IS NULL) AND (kind = 'BEHIND') = (share_ppm IS NOT NULL)
        AND (kind = 'BEHIND') = (month IS NOT NULL))
    )""",
    "REVOKE UPDATE, DELETE, TRUNCATE ON alarm_rule FROM fupin_funds",
    "GRANT UPDATE (retired_on) ON alarm_rule TO fupin_funds",
    f"""
    CREATE TABLE income (
      receipt_id uuid NOT NULL CONSTRAINT pk_income PRIMARY KEY
        CONSTRAINT fk_income_receipt_id REFERENCES receipt,
      county_code char(6) NOT NULL,
      division_code varchar(12) NOT NULL,
      project_id uuid,
      project_no varchar(40),
      period_from date,
      period_to date,
      donation_year integer,
      donation_no integer CONSTRAINT ck_income_donation_no CHECK (donation_no >= 1),
      {MADE},
      CONSTRAINT uq_income_county_code_donation_year_donation_no UNIQUE (county_code, donation_year, donation_no),
      CONSTRAINT ck_income_donation CHECK ((donation_year IS NULL) = (donation_no IS NULL)),
      CONSTRAINT ck_income_period CHECK (
        (period_from IS NULL) = (period_to IS NULL) AND (period_from IS NULL OR period_from <= period_to))
    )""",
    f"""
    CREATE TABLE transfer_request (
      {COMMON.format("transfer_request")}
      debit varchar(63) NOT NULL,
      credit varchar(63) NOT NULL,
      {AMOUNT.format("transfer_request")},
      effective_on date NOT NULL,
      memo text,
      state varchar(32) NOT NULL DEFAULT 'PROPOSED'
        CONSTRAINT ck_transfer_request_state CHECK (state IN ('PROPOSED', 'APPROVED', 'REJECTED')),
      approved_by text,
      journal_id uuid CONSTRAINT fk_transfer_request_journal_id REFERENCES journal,
      {MADE},
      CONSTRAINT ck_transfer_request_two_persons CHECK (approved_by <> made_by),
      CONSTRAINT ck_transfer_request_approved CHECK (
        (state = 'APPROVED') = (approved_by IS NOT NULL) AND (state = 'APPROVED') = (journal_id IS NOT NULL))
    )""",
    "REVOKE UPDATE, DELETE, TRUNCATE ON transfer_request FROM fupin_funds",
    "GRANT UPDATE (state, approved_by, journal_id) ON transfer_request TO fupin_funds",
    """
    CREATE TRIGGER take_step BEFORE INSERT OR UPDATE ON transfer_request FOR EACH ROW EXECUTE FUNCTION
      take_step('PROPOSED>APPROVED', 'PROPOSED>REJECTED')""",
    # The days on which penalties were accrued and reminders noted without anybody asking.
    """
    CREATE TABLE collection_day (
      county_code char(6) NOT NULL,
      on_day date NOT NULL,
      at timestamptz NOT NULL DEFAULT clock_timestamp(),
      CONSTRAINT pk_collection_day PRIMARY KEY (county_code, on_day)
    )""",
)

CAPS = (
    # What is promised to uses is no more than was granted; what uses give a loan is no more than its principal.
    """
    CREATE FUNCTION commit_no_more_than_granted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
    BEGIN
      PERFORM FROM appropriation WHERE id = new.appropriation_id FOR NO KEY UPDATE;
      IF (SELECT sum(amount_fen) FROM appropriation_use
          WHERE appropriation_id = new.appropriation_id AND state <> 'REJECTED')
         > (SELECT amount_fen FROM appropriation WHERE id = new.appropriation_id) THEN
        RAISE EXCEPTION 'more than was granted' USING ERRCODE = '23514', CONSTRAINT = 'appropriation_exceeded';
      END IF;
      IF new.loan_id IS NOT NULL THEN
        PERFORM FROM loan WHERE id = new.loan_id FOR NO KEY UPDATE;
        IF (SELECT sum(amount_fen) FROM appropriation_use WHERE loan_id = new.loan_id AND state <> 'REJECTED')
           > (SELECT principal_fen FROM loan WHERE id = new.loan_id) THEN
          RAISE EXCEPTION 'more than the principal' USING ERRCODE = '23514', CONSTRAINT = 'appropriation_loan_exceeded';
        END IF;
      END IF;
      RETURN NULL;
    END $$""",
    """
    CREATE TRIGGER commit_no_more_than_granted AFTER INSERT ON appropriation_use
    FOR EACH ROW EXECUTE FUNCTION commit_no_more_than_granted()""",
    # Received: no more than granted. Spent or passed on: only by an approved use, and no more than it has. An entry
    # whose journal was reversed no longer counts.
    """
    CREATE FUNCTION enter_no_more_than_granted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
    DECLARE
      v_most bigint;
    BEGIN
      IF new.use_id IS NULL THEN
        SELECT amount_fen INTO v_most FROM appropriation WHERE id = new.appropriation_id FOR NO KEY UPDATE;
      ELSE
        SELECT amount_fen INTO v_most FROM appropriation_use
        WHERE id = new.use_id AND appropriation_id = new.appropriation_id AND state = 'APPROVED' FOR NO KEY UPDATE;
        IF NOT FOUND THEN
          RAISE EXCEPTION 'the use is not approved' USING ERRCODE = '23514', CONSTRAINT = 'appropriation_use_open';
        END IF;
      END IF;
      IF (SELECT sum(e.amount_fen) FROM appropriation_entry e
          WHERE e.appropriation_id = new.appropriation_id AND e.use_id IS NOT DISTINCT FROM new.use_id
            AND NOT EXISTS (SELECT FROM journal r WHERE r.reverses = e.journal_id)) > v_most THEN
        RAISE EXCEPTION 'more than was granted' USING ERRCODE = '23514', CONSTRAINT = 'appropriation_exceeded';
      END IF;
      RETURN NULL;
    END $$""",
    """
    CREATE TRIGGER enter_no_more_than_granted AFTER INSERT ON appropriation_entry
    FOR EACH ROW EXECUTE FUNCTION enter_no_more_than_granted()""",
    "REVOKE EXECUTE ON FUNCTION commit_no_more_than_granted(), enter_no_more_than_granted() FROM PUBLIC, fupin_funds",
)

VIEWS = (
    # Lines that no longer count, with the lines that undid them: reversed journals, and households' lines given up.
    """
    CREATE VIEW undone_posting WITH (security_invoker = true) AS
    SELECT p.journal_id, p.line FROM journal r JOIN posting p ON p.journal_id IN (r.id, r.reverses)
    WHERE r.reverses IS NOT NULL
    UNION ALL SELECT journal_id, journal_line FROM released_line
    UNION ALL SELECT q.journal_id, q.journal_line
    FROM released_line r JOIN posted_line q USING (distribution_id, line_no)""",
    # Money that came into the shared account and stands: an inflow that was undone never was.
    """
    CREATE VIEW shared_inflow WITH (security_invoker = true) AS
    SELECT p.county_code, p.credit AS account_id, p.credit_seq AS seq, p.journal_id, p.line, p.amount_fen,
           j.effective_on, j.source, j.source_id,
           (sum(p.amount_fen) OVER w - p.amount_fen)::bigint AS from_fen, (sum(p.amount_fen) OVER w)::bigint AS to_fen
    FROM account a JOIN posting p ON p.credit = a.id JOIN journal j ON j.id = p.journal_id
    WHERE a.code = 'shared'
      AND NOT EXISTS (SELECT FROM undone_posting u WHERE u.journal_id = p.journal_id AND u.line = p.line)
    WINDOW w AS (PARTITION BY p.credit ORDER BY p.credit_seq)""",
    # What went out of the shared account up to an entry and stands = everything that came in up to it, less what it
    # holds after it, less what went out and was undone. The first and the last change at few entries: these, in arrays
    # where a binary search (width_bucket) finds an entry's step.
    """
    CREATE VIEW shared_step WITH (security_invoker = true) AS
    SELECT account_id, array_agg(seq ORDER BY seq) AS seqs, array_agg(shift_fen ORDER BY seq) AS shifts_fen
    FROM (SELECT account_id, seq, (sum(fen) OVER (PARTITION BY account_id ORDER BY seq))::bigint AS shift_fen
          FROM (SELECT p.credit AS account_id, p.credit_seq AS seq, p.amount_fen AS fen
                FROM account a JOIN posting p ON p.credit = a.id WHERE a.code = 'shared'
                UNION ALL
                SELECT p.debit, p.debit_seq, -p.amount_fen
                FROM account a JOIN posting p ON p.debit = a.id
                JOIN undone_posting u ON u.journal_id = p.journal_id AND u.line = p.line
                WHERE a.code = 'shared') AS e) AS s
    GROUP BY account_id""",
    # Households' shares in the order in which they left the shared account.
    """
    CREATE VIEW shared_outflow WITH (security_invoker = true) AS
    SELECT q.county_code, p.debit AS account_id, p.debit_seq AS seq, q.distribution_id, q.line_no, p.amount_fen,
           s.shifts_fen[n.step] - p.debit_net_fen - p.amount_fen AS from_fen,
           s.shifts_fen[n.step] - p.debit_net_fen AS to_fen
    FROM posted_line q
    JOIN posting p ON p.journal_id = q.journal_id AND p.line = q.journal_line
    JOIN shared_step s ON s.account_id = p.debit
    CROSS JOIN LATERAL (SELECT width_bucket(p.debit_seq, s.seqs) AS step) AS n
    WHERE s.seqs[n.step] <> p.debit_seq""",
    # What came, was spent and was passed on of each appropriation by a day. Passing money on to the shared account is
    # no expenditure yet: its part that the bank paid to households is.
    """
    CREATE FUNCTION appropriation_on(p_on date)
    RETURNS TABLE (appropriation_id uuid, received_fen bigint, first_received_on date, spent_fen bigint,
                   last_spent_on date, transferred_fen bigint, balance_fen bigint)
    LANGUAGE sql STABLE AS $$
      WITH moved AS (
        SELECT e.appropriation_id, e.kind, p.amount_fen, j.effective_on
        FROM funds.appropriation_entry e
        JOIN funds.journal j ON j.id = e.journal_id JOIN funds.posting p ON p.journal_id = j.id
        LEFT JOIN funds.journal r ON r.reverses = j.id AND r.effective_on <= p_on
        WHERE j.effective_on <= p_on AND r.id IS NULL),
      reached AS (
        SELECT e.appropriation_id, least(o.to_fen, i.to_fen) - greatest(o.from_fen, i.from_fen) AS fen, y.reported_on
        FROM funds.appropriation_entry e
        JOIN funds.shared_inflow i ON i.journal_id = e.journal_id
        JOIN funds.shared_outflow o ON o.account_id = i.account_id AND o.to_fen > i.from_fen AND o.from_fen < i.to_fen
        JOIN funds.payout y ON y.distribution_id = o.distribution_id AND y.line_no = o.line_no AND y.outcome = 'PAID'
        WHERE e.kind = 'TRANSFERRED' AND y.reported_on <= p_on),
      entry AS (
        SELECT appropriation_id, kind, amount_fen AS fen, effective_on AS day FROM moved
        UNION ALL SELECT appropriation_id, 'REACHED', fen, reported_on FROM reached)
      SELECT a.id,
             coalesce(sum(e.fen) FILTER (WHERE e.kind = 'RECEIVED'), 0)::bigint,
             min(e.day) FILTER (WHERE e.kind = 'RECEIVED'),
             coalesce(sum(e.fen) FILTER (WHERE e.kind IN ('SPENT', 'REACHED')), 0)::bigint,
             max(e.day) FILTER (WHERE e.kind IN ('SPENT', 'REACHED')),
             coalesce(sum(e.fen) FILTER (WHERE e.kind = 'TRANSFERRED'), 0)::bigint,
             coalesce(sum(CASE e.kind WHEN 'RECEIVED' THEN e.fen WHEN 'REACHED' THEN 0 ELSE -e.fen END), 0)::bigint
      FROM funds.appropriation a LEFT JOIN entry e ON e.appropriation_id = a.id
      WHERE a.issued_on <= p_on GROUP BY a.id
    $$""",
    "REVOKE EXECUTE ON FUNCTION appropriation_on(date) FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION appropriation_on(date) TO fupin_funds",
)
