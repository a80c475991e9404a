"""
The ledger: accounts, balances, journals, postings, holds and seals. The functions that write them follow in 0002.

The tables belong to a NOLOGIN owner. The service's login may read them and call the functions; it can neither insert,
change nor remove a row. A posting names one debit and one credit account, so every line balances by construction;
a journal cannot commit with lines missing (deferred key on the line count); the first and the last word on an
account's limits is a CHECK on its balance row.
"""

from alembic import op

from fupin import ddl

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

LEDGER = ("account", "balance", "journal", "posting", "hold", "hold_release", "seal")


def upgrade() -> None:
    ddl.kernel(op)
    run = op.get_bind().connection.driver_connection.execute
    run("SET LOCAL search_path = funds, public")
    for statement in (*TABLES, *GUARDS):
        run(statement)
    ddl.scoped(op, "account")
    ddl.scoped(op, "balance", "journal", "posting", "hold", "hold_release", "seal", column="county_code")
    ddl.append_only(op, "account", "journal", "posting", "hold", "hold_release", "seal")


def downgrade() -> None:
    run = op.get_bind().connection.driver_connection.execute
    run("ALTER TABLE funds.journal DROP CONSTRAINT fk_journal_id")
    for table in reversed(LEDGER):
        run(f"DROP TABLE funds.{table} CASCADE")
    ddl.drop_kernel(op)


# Who acts is what the transaction says; without it (psql) the login.
ACTOR = "coalesce(nullif(current_setting('fupin.actor', true), ''), 'login:' || session_user)"

TABLES = (
    """
    CREATE TABLE account (
      id bigserial CONSTRAINT pk_account PRIMARY KEY,
      county_code char(6) NOT NULL,
      division_code varchar(12) NOT NULL,
      code varchar(63) NOT NULL CONSTRAINT ck_account_code CHECK (code ~ '^[a-z0-9][a-z0-9.-]*$'),
      name text NOT NULL,
      kind varchar(32) NOT NULL
        CONSTRAINT ck_account_kind CHECK (kind IN ('ASSET', 'LIABILITY', 'EQUITY', 'INCOME', 'EXPENSE')),
      currency char(3) NOT NULL DEFAULT 'CNY' CONSTRAINT ck_account_currency CHECK (currency = 'CNY'),
      managed boolean NOT NULL,
      opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      CONSTRAINT uq_account_county_code_code UNIQUE (county_code, code),
      CONSTRAINT ck_account_place CHECK (starts_with(division_code, county_code))
    )""",
    # `net_fen` is in the account's normal sense: debits less credits where side = 1, the opposite where side = -1.
    """
    CREATE TABLE balance (
      account_id bigint CONSTRAINT pk_balance PRIMARY KEY CONSTRAINT fk_balance_account_id REFERENCES account,
      county_code char(6) NOT NULL,
      side smallint NOT NULL CONSTRAINT ck_balance_side CHECK (side IN (1, -1)),
      is_open boolean NOT NULL DEFAULT true,
      seq bigint NOT NULL DEFAULT 0,
      net_fen bigint NOT NULL DEFAULT 0,
      pending_fen bigint NOT NULL DEFAULT 0 CONSTRAINT ck_balance_pending CHECK (pending_fen >= 0),
      min_fen bigint NOT NULL,
      max_fen bigint NOT NULL,
      CONSTRAINT ck_balance_overdraft CHECK (net_fen - pending_fen >= min_fen),
      CONSTRAINT ck_balance_ceiling CHECK (net_fen <= max_fen),
      CONSTRAINT ck_balance_range CHECK (min_fen >= -4000000000000000000 AND max_fen <= 4000000000000000000)
    ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 5000)""",
    f"""
    CREATE TABLE journal (
      id uuid DEFAULT uuidv7() CONSTRAINT pk_journal PRIMARY KEY,
      county_code char(6) NOT NULL,
      idem_key text NOT NULL,
      request_hash bytea NOT NULL,
      n_lines integer NOT NULL CONSTRAINT ck_journal_lines CHECK (n_lines BETWEEN 1 AND 100000),
      effective_on date NOT NULL,
      posted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
      actor text NOT NULL DEFAULT {ACTOR},
      memo text,
      source varchar(32) NOT NULL,
      source_id uuid,
      reverses uuid CONSTRAINT fk_journal_reverses REFERENCES journal,
      CONSTRAINT uq_journal_county_code_idem_key UNIQUE (county_code, idem_key),
      CONSTRAINT uq_journal_reverses UNIQUE (reverses),
      CONSTRAINT ck_journal_not_future CHECK (effective_on <= (posted_at AT TIME ZONE 'Asia/Shanghai')::date),
      CONSTRAINT ck_journal_not_ancient CHECK (effective_on >= DATE '1990-01-01')
    )""",
    "CREATE INDEX ix_journal_xid ON journal (xid)",
    "CREATE INDEX ix_journal_source_id ON journal (source_id)",
    """
    CREATE TABLE posting (
      journal_id uuid NOT NULL CONSTRAINT fk_posting_journal_id REFERENCES journal,
      line integer NOT NULL CONSTRAINT ck_posting_line CHECK (line >= 1),
      county_code char(6) NOT NULL,
      debit bigint NOT NULL,
      credit bigint NOT NULL,
      amount_fen bigint NOT NULL CONSTRAINT ck_posting_amount CHECK (amount_fen BETWEEN 1 AND 1000000000000000),
      debit_seq bigint NOT NULL,
      debit_net_fen bigint NOT NULL,
      credit_seq bigint NOT NULL,
      credit_net_fen bigint NOT NULL,
      CONSTRAINT pk_posting PRIMARY KEY (journal_id, line),
      CONSTRAINT ck_posting_two_accounts CHECK (debit <> credit),
      CONSTRAINT uq_posting_debit_debit_seq UNIQUE (debit, debit_seq) INCLUDE (debit_net_fen),
      CONSTRAINT uq_posting_credit_credit_seq UNIQUE (credit, credit_seq) INCLUDE (credit_net_fen)
    )""",
    # The promised last line must exist when the transaction commits.
    """
    ALTER TABLE journal ADD CONSTRAINT fk_journal_id
      FOREIGN KEY (id, n_lines) REFERENCES posting (journal_id, line) DEFERRABLE INITIALLY DEFERRED""",
    f"""
    CREATE TABLE hold (
      id uuid DEFAULT uuidv7() CONSTRAINT pk_hold PRIMARY KEY,
      county_code char(6) NOT NULL,
      account_id bigint NOT NULL CONSTRAINT fk_hold_account_id REFERENCES account,
      idem_key text NOT NULL,
      amount_fen bigint NOT NULL CONSTRAINT ck_hold_amount CHECK (amount_fen BETWEEN 1 AND 1000000000000000),
      source varchar(32) NOT NULL,
      source_id uuid,
      actor text NOT NULL DEFAULT {ACTOR},
      at timestamptz NOT NULL DEFAULT clock_timestamp(),
      CONSTRAINT uq_hold_county_code_idem_key UNIQUE (county_code, idem_key)
    )""",
    f"""
    CREATE TABLE hold_release (
      id uuid DEFAULT uuidv7() CONSTRAINT pk_hold_release PRIMARY KEY,
      county_code char(6) NOT NULL,
      hold_id uuid NOT NULL CONSTRAINT fk_hold_release_hold_id REFERENCES hold,
      idem_key text NOT NULL,
      amount_fen bigint NOT NULL CONSTRAINT ck_hold_release_amount CHECK (amount_fen > 0),
      actor text NOT NULL DEFAULT {ACTOR},
      at timestamptz NOT NULL DEFAULT clock_timestamp(),
      CONSTRAINT uq_hold_release_hold_id_idem_key UNIQUE (hold_id, idem_key)
    )""",
    f"""
    CREATE TABLE seal (
      county_code char(6) NOT NULL,
      number bigint NOT NULL CONSTRAINT ck_seal_number CHECK (number >= 1),
      upto xid8 NOT NULL,
      journals bigint NOT NULL,
      previous bytea,
      hash bytea NOT NULL,
      actor text NOT NULL DEFAULT {ACTOR},
      at timestamptz NOT NULL DEFAULT clock_timestamp(),
      CONSTRAINT pk_seal PRIMARY KEY (county_code, number)
    )""",
)

GUARDS = (
    """
    CREATE FUNCTION refuse_hand() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION '% on % refused: the ledger is written by its posting functions only', tg_op, tg_table_name
        USING ERRCODE = '23001';
    END $$""",
    f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {', '.join(LEDGER)} FROM fupin_funds",
    f"GRANT SELECT ON {', '.join(LEDGER)} TO fupin_funds",
    *(
        f"CREATE TRIGGER by_function_only BEFORE INSERT ON {table} FOR EACH ROW "
        "WHEN (current_user <> 'fupin_funds_owner') EXECUTE FUNCTION refuse_hand()"
        for table in LEDGER
    ),
    """
    CREATE TRIGGER by_function_only_update BEFORE UPDATE ON balance FOR EACH ROW
    WHEN (current_user <> 'fupin_funds_owner') EXECUTE FUNCTION refuse_hand()""",
    """
    CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON balance
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_hand()""",
    *(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER by_function_only" for table in LEDGER),
    "ALTER TABLE balance ENABLE ALWAYS TRIGGER by_function_only_update",
    "ALTER TABLE balance ENABLE ALWAYS TRIGGER never_removed",
    """
    CREATE TRIGGER born_empty BEFORE INSERT ON balance FOR EACH ROW
    WHEN (new.seq <> 0 OR new.net_fen <> 0 OR new.pending_fen <> 0) EXECUTE FUNCTION refuse_hand()""",
    # Sequences of the ledger are the owner's alone.
    "REVOKE ALL ON SEQUENCE account_id_seq FROM fupin_funds",
)
