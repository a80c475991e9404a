"""Distribution by need: rule, frozen needs and shares, notice and objections, what was posted and paid."""

from alembic import op

from fupin import ddl

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SHARED_VIEW = ("distribution_rule", "distribution")
BY_HOUSEHOLD = ("distribution_line", "objection", "objection_ruling", "posted_line", "payout")


def upgrade() -> None:
    run = op.get_bind().connection.driver_connection.execute
    run("SET LOCAL search_path = funds, public")
    for statement in STATEMENTS:
        run(statement)
    for table in SHARED_VIEW:
        run(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        run(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        # What the county gives notice of, its towns and villages may read; only the county writes it.
        run(f"CREATE POLICY division ON {table} USING (starts_with(division_code, {ddl.DIVISION}))")
        run(f"CREATE POLICY below ON {table} FOR SELECT USING (starts_with({ddl.DIVISION}, county_code))")
    ddl.scoped(op, *BY_HOUSEHOLD)
    ddl.append_only(op, "distribution_rule", *BY_HOUSEHOLD)
    ddl.audited(op, "distribution_rule", "distribution", "objection")
    ddl.audited(op, "objection_ruling", key="objection_id")


def downgrade() -> None:
    run = op.get_bind().connection.driver_connection.execute
    for table in reversed((*SHARED_VIEW, *BY_HOUSEHOLD)):
        run(f"DROP TABLE funds.{table} CASCADE")


ACTOR = "coalesce(nullif(current_setting('fupin.actor', true), ''), 'login:' || session_user)"
LINE = "FOREIGN KEY (distribution_id, line_no) REFERENCES"

STATEMENTS = (
    f"""
    CREATE TABLE distribution_rule (
      id uuid DEFAULT uuidv7() CONSTRAINT pk_distribution_rule PRIMARY KEY,
      county_code char(6) NOT NULL,
      division_code varchar(12) NOT NULL,
      name varchar(64) NOT NULL,
      revision integer NOT NULL CONSTRAINT ck_distribution_rule_revision CHECK (revision >= 1),
      per_person integer NOT NULL,
      per_income_gap integer NOT NULL,
      per_ill integer NOT NULL,
      per_disabled integer NOT NULL,
      per_student integer NOT NULL,
      no_able_labour integer NOT NULL,
      income_line_fen bigint NOT NULL CONSTRAINT ck_distribution_rule_line CHECK (income_line_fen > 0),
      floor_fen bigint NOT NULL CONSTRAINT ck_distribution_rule_floor CHECK (floor_fen >= 0),
      cap_fen bigint,
      made_by text NOT NULL DEFAULT {ACTOR},
      at timestamptz NOT NULL DEFAULT clock_timestamp(),
      CONSTRAINT uq_distribution_rule_county_code_name_revision UNIQUE (county_code, name, revision),
      CONSTRAINT ck_distribution_rule_cap CHECK (cap_fen IS NULL OR cap_fen >= greatest(floor_fen, 1)),
      CONSTRAINT ck_distribution_rule_points CHECK (
        least(per_person, per_income_gap, per_ill, per_disabled, per_student, no_able_labour) >= 0
        AND greatest(per_person, per_income_gap, per_ill, per_disabled, per_student, no_able_labour) BETWEEN 1 AND 1000)
    )""",
    f"""
    CREATE TABLE distribution (
      id uuid DEFAULT uuidv7() CONSTRAINT pk_distribution PRIMARY KEY,
      county_code char(6) NOT NULL,
      division_code varchar(12) NOT NULL,
      year integer NOT NULL CONSTRAINT ck_distribution_year CHECK (year BETWEEN 2000 AND 2200),
      sequence integer NOT NULL CONSTRAINT ck_distribution_sequence CHECK (sequence BETWEEN 1 AND 1000),
      rule_id uuid NOT NULL CONSTRAINT fk_distribution_rule_id REFERENCES distribution_rule,
      pot_fen bigint NOT NULL CONSTRAINT ck_distribution_pot CHECK (pot_fen BETWEEN 1 AND 1000000000000000),
      need_on date NOT NULL,
      state varchar(32) NOT NULL DEFAULT 'DRAFT' CONSTRAINT ck_distribution_state CHECK (
        state IN ('DRAFT', 'SNAPSHOT', 'APPROVED', 'NOTICED', 'POSTED', 'PAID', 'CLOSED', 'CANCELLED')),
      made_by text NOT NULL DEFAULT {ACTOR},
      snapshot_id uuid,
      snapshot_digest text,
      households integer,
      open_pot_fen bigint,
      open_need bigint,
      batch_hash bytea,
      approved_by text,
      approved_hash bytea,
      hold_id uuid CONSTRAINT fk_distribution_hold_id REFERENCES hold,
      published_on date,
      notice_days integer CONSTRAINT ck_distribution_notice_days CHECK (notice_days BETWEEN 1 AND 365),
      notice_ends_on date,
      posted_on date,
      paid_on date,
      version bigint NOT NULL DEFAULT 1,
      CONSTRAINT ck_distribution_two_persons CHECK (approved_by <> made_by),
      CONSTRAINT ck_distribution_frozen CHECK (
        state IN ('DRAFT', 'CANCELLED') OR (snapshot_id IS NOT NULL AND households > 0 AND batch_hash IS NOT NULL)),
      CONSTRAINT ck_distribution_approval CHECK (state IN ('DRAFT', 'SNAPSHOT', 'CANCELLED')
        OR (approved_by IS NOT NULL AND hold_id IS NOT NULL
            AND approved_hash IS NOT NULL AND approved_hash = batch_hash)),
      CONSTRAINT ck_distribution_notice_day CHECK (published_on >= need_on),
      CONSTRAINT ck_distribution_notice CHECK (state IN ('DRAFT', 'SNAPSHOT', 'APPROVED', 'CANCELLED')
        OR (published_on IS NOT NULL AND notice_days IS NOT NULL AND notice_ends_on = published_on + notice_days)),
      CONSTRAINT ck_distribution_notice_ran CHECK (state IN ('DRAFT', 'SNAPSHOT', 'APPROVED', 'NOTICED', 'CANCELLED')
        OR (posted_on IS NOT NULL AND posted_on > notice_ends_on))
    )""",
    """
    CREATE UNIQUE INDEX uq_distribution_county_code_year_sequence ON distribution (county_code, year, sequence)
    WHERE state <> 'CANCELLED'""",
    "REVOKE UPDATE, DELETE, TRUNCATE ON distribution FROM fupin_funds",
    """
    GRANT UPDATE (state, snapshot_id, snapshot_digest, households, open_pot_fen, open_need, batch_hash, approved_by,
                  approved_hash, hold_id, published_on, notice_days, notice_ends_on, posted_on, paid_on, version)
    ON distribution TO fupin_funds""",
    """
    CREATE TRIGGER take_step BEFORE INSERT OR UPDATE ON distribution FOR EACH ROW EXECUTE FUNCTION
      take_step('DRAFT>SNAPSHOT', 'SNAPSHOT>APPROVED', 'APPROVED>NOTICED', 'NOTICED>POSTED', 'POSTED>PAID',
                'PAID>CLOSED', 'DRAFT>CANCELLED', 'SNAPSHOT>CANCELLED', 'APPROVED>CANCELLED',
                'NOTICED>CANCELLED')""",
    """
    CREATE TABLE distribution_line (
      distribution_id uuid NOT NULL CONSTRAINT fk_distribution_line_distribution_id REFERENCES distribution,
      line_no integer NOT NULL,
      county_code char(6) NOT NULL,
      division_code varchar(12) NOT NULL,
      household_id uuid NOT NULL,
      household_no varchar(64) NOT NULL,
      size integer NOT NULL,
      able_labour integer NOT NULL,
      ill integer NOT NULL,
      disabled integer NOT NULL,
      students integer NOT NULL,
      income_per_head_fen bigint,
      need bigint NOT NULL CONSTRAINT ck_distribution_line_need CHECK (need >= 0),
      rank integer NOT NULL,
      share_fen bigint NOT NULL CONSTRAINT ck_distribution_line_share CHECK (share_fen >= 0),
      remainder bigint NOT NULL,
      bound varchar(32) CONSTRAINT ck_distribution_line_bound CHECK (bound IN ('FLOOR', 'CAP')),
      CONSTRAINT pk_distribution_line PRIMARY KEY (distribution_id, line_no),
      CONSTRAINT uq_distribution_line_distribution_id_household_id UNIQUE (distribution_id, household_id)
    )""",
    f"""
    CREATE TABLE objection (
      id uuid DEFAULT uuidv7() CONSTRAINT pk_objection PRIMARY KEY,
      distribution_id uuid NOT NULL,
      line_no integer NOT NULL,
      county_code char(6) NOT NULL,
      division_code varchar(12) NOT NULL,
      raised_on date NOT NULL,
      reason text NOT NULL,
      made_by text NOT NULL DEFAULT {ACTOR},
      at timestamptz NOT NULL DEFAULT clock_timestamp(),
      CONSTRAINT fk_objection_distribution_id {LINE} distribution_line
    )""",
    "CREATE INDEX ix_objection_distribution_id_line_no ON objection (distribution_id, line_no)",
    f"""
    CREATE TABLE objection_ruling (
      objection_id uuid CONSTRAINT pk_objection_ruling PRIMARY KEY
        CONSTRAINT fk_objection_ruling_objection_id REFERENCES objection,
      county_code char(6) NOT NULL,
      division_code varchar(12) NOT NULL,
      upheld boolean NOT NULL,
      reason text NOT NULL,
      ruled_on date NOT NULL,
      ruled_by text NOT NULL DEFAULT {ACTOR},
      at timestamptz NOT NULL DEFAULT clock_timestamp()
    )""",
    f"""
    CREATE TABLE posted_line (
      distribution_id uuid NOT NULL,
      line_no integer NOT NULL,
      county_code char(6) NOT NULL,
      division_code varchar(12) NOT NULL,
      journal_id uuid NOT NULL,
      journal_line integer NOT NULL,
      CONSTRAINT pk_posted_line PRIMARY KEY (distribution_id, line_no),
      CONSTRAINT fk_posted_line_distribution_id {LINE} distribution_line,
      CONSTRAINT fk_posted_line_journal_id FOREIGN KEY (journal_id, journal_line) REFERENCES posting (journal_id, line)
    )""",
    f"""
    CREATE TABLE payout (
      id uuid DEFAULT uuidv7() CONSTRAINT pk_payout PRIMARY KEY,
      distribution_id uuid NOT NULL,
      line_no integer NOT NULL,
      county_code char(6) NOT NULL,
      division_code varchar(12) NOT NULL,
      outcome varchar(32) NOT NULL CONSTRAINT ck_payout_outcome CHECK (outcome IN ('PAID', 'RETURNED')),
      reported_on date NOT NULL,
      bank_reference varchar(64) NOT NULL,
      reason text,
      journal_id uuid,
      journal_line integer,
      made_by text NOT NULL DEFAULT {ACTOR},
      at timestamptz NOT NULL DEFAULT clock_timestamp(),
      CONSTRAINT fk_payout_distribution_id {LINE} posted_line,
      CONSTRAINT fk_payout_journal_id FOREIGN KEY (journal_id, journal_line) REFERENCES posting (journal_id, line),
      CONSTRAINT ck_payout_booked CHECK ((outcome = 'PAID') = (journal_id IS NOT NULL AND journal_line IS NOT NULL))
    )""",
    # A household's line is paid once.
    "CREATE UNIQUE INDEX uq_payout_distribution_id_line_no ON payout (distribution_id, line_no) WHERE outcome = 'PAID'",
)
