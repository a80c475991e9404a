"""Loan contracts with their schedules, receipts and what they paid; the log of every change of state."""

from alembic import op

from fupin import ddl

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FACTS = ("step", "instalment", "receipt", "allocation")


def upgrade() -> None:
    run = op.get_bind().connection.driver_connection.execute
    run("SET LOCAL search_path = funds, public")
    for statement in STATEMENTS:
        run(statement)
    ddl.scoped(op, "step", "loan", "instalment", "receipt", "allocation")
    ddl.append_only(op, *FACTS)
    ddl.audited(op, "loan", "receipt")


def downgrade() -> None:
    run = op.get_bind().connection.driver_connection.execute
    for table in ("allocation", "receipt", "instalment", "loan", "step"):
        run(f"DROP TABLE funds.{table} CASCADE")
    run("DROP FUNCTION funds.take_step() CASCADE")
    run("DROP FUNCTION funds.pay_no_more_than_due() CASCADE")


ACTOR = "coalesce(nullif(current_setting('fupin.actor', true), ''), 'login:' || session_user)"

STATEMENTS = (
    f"""
    CREATE TABLE step (
      id uuid DEFAULT uuidv7() CONSTRAINT pk_step PRIMARY KEY,
      county_code char(6) NOT NULL,
      division_code varchar(12) NOT NULL,
      thing varchar(32) NOT NULL,
      thing_id uuid NOT NULL,
      from_state varchar(32),
      to_state varchar(32) NOT NULL,
      actor text NOT NULL DEFAULT {ACTOR},
      at timestamptz NOT NULL DEFAULT clock_timestamp()
    )""",
    "CREATE INDEX ix_step_thing_id ON step (thing_id)",
    # The legal steps are the trigger's arguments, as 'FROM>TO'; a thing is born in the first one's FROM.
    """
    CREATE FUNCTION take_step() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
    BEGIN
      IF tg_op = 'INSERT' THEN
        IF new.state <> split_part(tg_argv[0], '>', 1) THEN
          RAISE EXCEPTION '% begins in another state', tg_table_name USING ERRCODE = '23514', CONSTRAINT = 'step_order';
        END IF;
      ELSIF new.state = old.state THEN
        RETURN new;
      ELSIF NOT old.state || '>' || new.state = ANY (tg_argv) THEN
        RAISE EXCEPTION '% cannot go from % to %', tg_table_name, old.state, new.state
          USING ERRCODE = '23514', CONSTRAINT = 'step_order';
      END IF;
      INSERT INTO step (county_code, division_code, thing, thing_id, from_state, to_state)
      VALUES (new.county_code, new.division_code, upper(tg_table_name), new.id,
              CASE WHEN tg_op = 'UPDATE' THEN old.state END, new.state);
      RETURN new;
    END $$""",
    "REVOKE EXECUTE ON FUNCTION take_step() FROM PUBLIC",
    "REVOKE INSERT ON step FROM fupin_funds",
    f"""
    CREATE TABLE loan (
      id uuid DEFAULT uuidv7() CONSTRAINT pk_loan PRIMARY KEY,
      county_code char(6) NOT NULL,
      division_code varchar(12) NOT NULL,
      loan_no varchar(32) NOT NULL CONSTRAINT ck_loan_number CHECK (loan_no ~ '^[A-Za-z0-9][A-Za-z0-9-]*$'),
      kind varchar(32) NOT NULL CONSTRAINT ck_loan_kind CHECK (kind IN ('FIXED_CONTRIBUTION_BULLET')),
      enterprise_id uuid,
      enterprise_name text NOT NULL,
      enterprise_uscc char(18) NOT NULL,
      principal_fen bigint NOT NULL CONSTRAINT ck_loan_principal CHECK (principal_fen BETWEEN 1 AND 1000000000000000),
      yearly_contribution_fen bigint NOT NULL
        CONSTRAINT ck_loan_contribution CHECK (yearly_contribution_fen BETWEEN 1 AND 1000000000000000),
      term_years integer NOT NULL CONSTRAINT ck_loan_term CHECK (term_years BETWEEN 1 AND 30),
      signed_on date NOT NULL,
      start_on date NOT NULL,
      guarantee varchar(32) NOT NULL,
      guarantee_note text NOT NULL,
      schedule_version integer NOT NULL DEFAULT 1,
      state varchar(32) NOT NULL DEFAULT 'PROPOSED'
        CONSTRAINT ck_loan_state CHECK (state IN ('PROPOSED', 'APPROVED', 'REJECTED', 'DISBURSED', 'SETTLED')),
      made_by text NOT NULL DEFAULT {ACTOR},
      approved_by text,
      disbursed_on date,
      version bigint NOT NULL DEFAULT 1,
      CONSTRAINT uq_loan_county_code_loan_no UNIQUE (county_code, loan_no),
      CONSTRAINT ck_loan_dates CHECK (signed_on <= start_on),
      CONSTRAINT ck_loan_two_persons CHECK (approved_by <> made_by),
      CONSTRAINT ck_loan_approved CHECK (state IN ('PROPOSED', 'REJECTED') OR approved_by IS NOT NULL),
      CONSTRAINT ck_loan_disbursed CHECK ((state IN ('DISBURSED', 'SETTLED')) = (disbursed_on IS NOT NULL))
    )""",
    # What was agreed is not edited: only the state of the contract moves.
    "REVOKE UPDATE, DELETE, TRUNCATE ON loan FROM fupin_funds",
    "GRANT UPDATE (state, approved_by, disbursed_on, version) ON loan TO fupin_funds",
    """
    CREATE TRIGGER take_step BEFORE INSERT OR UPDATE ON loan FOR EACH ROW EXECUTE FUNCTION
      take_step('PROPOSED>APPROVED', 'PROPOSED>REJECTED', 'APPROVED>DISBURSED', 'DISBURSED>SETTLED')""",
    """
    CREATE TABLE instalment (
      id uuid DEFAULT uuidv7() CONSTRAINT pk_instalment PRIMARY KEY,
      county_code char(6) NOT NULL,
      division_code varchar(12) NOT NULL,
      loan_id uuid NOT NULL CONSTRAINT fk_instalment_loan_id REFERENCES loan,
      schedule_version integer NOT NULL,
      year_no integer NOT NULL,
      kind varchar(32) NOT NULL CONSTRAINT ck_instalment_kind CHECK (kind IN ('CONTRIBUTION', 'PRINCIPAL')),
      due_on date NOT NULL,
      amount_fen bigint NOT NULL CONSTRAINT ck_instalment_amount CHECK (amount_fen > 0),
      CONSTRAINT uq_instalment_loan_id_schedule_version_year_no_kind UNIQUE (loan_id, schedule_version, year_no, kind)
    )""",
    f"""
    CREATE TABLE receipt (
      id uuid DEFAULT uuidv7() CONSTRAINT pk_receipt PRIMARY KEY,
      county_code char(6) NOT NULL,
      division_code varchar(12) NOT NULL,
      kind varchar(32) NOT NULL
        CONSTRAINT ck_receipt_kind CHECK (kind IN ('LOAN_PAYMENT', 'DONATION', 'PV', 'DIVIDEND', 'OTHER')),
      loan_id uuid CONSTRAINT fk_receipt_loan_id REFERENCES loan,
      received_on date NOT NULL,
      amount_fen bigint NOT NULL CONSTRAINT ck_receipt_amount CHECK (amount_fen BETWEEN 1 AND 1000000000000000),
      credit_fen bigint NOT NULL,
      payer text NOT NULL,
      bank_reference varchar(64),
      memo text,
      journal_id uuid NOT NULL CONSTRAINT fk_receipt_journal_id REFERENCES journal,
      made_by text NOT NULL DEFAULT {ACTOR},
      at timestamptz NOT NULL DEFAULT clock_timestamp(),
      CONSTRAINT uq_receipt_county_code_bank_reference UNIQUE (county_code, bank_reference),
      CONSTRAINT uq_receipt_journal_id UNIQUE (journal_id),
      CONSTRAINT ck_receipt_loan CHECK ((kind = 'LOAN_PAYMENT') = (loan_id IS NOT NULL)),
      CONSTRAINT ck_receipt_credit CHECK (kind = 'LOAN_PAYMENT' OR credit_fen = 0)
    )""",
    "CREATE INDEX ix_receipt_loan_id ON receipt (loan_id)",
    """
    CREATE TABLE allocation (
      receipt_id uuid NOT NULL CONSTRAINT fk_allocation_receipt_id REFERENCES receipt,
      instalment_id uuid NOT NULL CONSTRAINT fk_allocation_instalment_id REFERENCES instalment,
      county_code char(6) NOT NULL,
      division_code varchar(12) NOT NULL,
      amount_fen bigint NOT NULL CONSTRAINT ck_allocation_amount CHECK (amount_fen > 0),
      CONSTRAINT pk_allocation PRIMARY KEY (receipt_id, instalment_id)
    )""",
    "CREATE INDEX ix_allocation_instalment_id ON allocation (instalment_id)",
    """
    CREATE FUNCTION pay_no_more_than_due() RETURNS trigger
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
    "REVOKE EXECUTE ON FUNCTION pay_no_more_than_due() FROM PUBLIC",
    """
    CREATE TRIGGER pay_no_more_than_due AFTER INSERT ON allocation
    FOR EACH ROW EXECUTE FUNCTION pay_no_more_than_due()""",
)
