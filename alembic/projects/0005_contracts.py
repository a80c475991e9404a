"""
From tender to payment: what was awarded, contracted, changed and paid, each row resting on the one before.

PostgreSQL holds the chain: an award is a bid's, a contract an award's; days ascend; contracts stay within the budget
but for an amendment that names its approval; payments stay within the contract.
"""

from alembic import op

from fupin import ddl

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ADDED_TO = ("tender_lot", "bid", "award", "contract", "contract_amendment")
TABLES = ("tender", *ADDED_TO, "contract_payment")


def upgrade() -> None:
    run = op.get_bind().connection.driver_connection.execute
    for statement in (*CREATE, *FUNCTIONS):
        run(statement)
    ddl.scoped(op, *TABLES)
    ddl.append_only(op, *ADDED_TO)
    ddl.audited(op, *TABLES)
    run("REVOKE UPDATE, DELETE, TRUNCATE ON projects.tender, projects.contract_payment FROM fupin_projects")
    run("GRANT UPDATE (opens_on, opens_until, outcome, ended_on, reason, version) ON projects.tender TO fupin_projects")
    run("GRANT UPDATE (reversed_on) ON projects.contract_payment TO fupin_projects")


def downgrade() -> None:
    run = op.get_bind().connection.driver_connection.execute
    for table in reversed(TABLES):
        run(f"DROP TABLE projects.{table}")
    for name in ("bid_while_open", "award_to_bidder", "tender_end", "contract_price", "payment_limit"):
        run(f"DROP FUNCTION projects.{name}()")
    run("DROP FUNCTION projects.contract_amount(uuid)")


ID = "id uuid DEFAULT uuidv7()"
OWN = 'project_id uuid NOT NULL, division_code varchar(12) COLLATE "C" NOT NULL'
COUNTY = 'county_code varchar(6) COLLATE "C" NOT NULL'
RECORDED = "recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()"


def of_project(table: str) -> str:
    return f"""
      CONSTRAINT fk_{table}_project_id FOREIGN KEY (project_id, division_code)
        REFERENCES projects.project (id, division_code)"""


CREATE = (
    f"""
    CREATE TABLE projects.tender (
      {ID} CONSTRAINT pk_tender PRIMARY KEY,
      {OWN},
      {COUNTY},
      tender_no varchar(40) NOT NULL,
      title varchar(200) NOT NULL,
      category varchar(32) NOT NULL,
      method varchar(32) NOT NULL,
      posted_on date NOT NULL,
      opens_on date NOT NULL,
      opens_until date NOT NULL,
      outcome varchar(32),
      ended_on date,
      reason varchar(2000),
      version integer NOT NULL DEFAULT 1,
      {RECORDED},
      {of_project("tender")},
      CONSTRAINT uq_tender_county_code_tender_no UNIQUE (county_code, tender_no),
      CONSTRAINT ck_tender_county CHECK (county_code = left(division_code, 6)),
      CONSTRAINT ck_tender_days CHECK (
        opens_on >= posted_on AND opens_until >= opens_on AND ended_on >= posted_on),
      CONSTRAINT ck_tender_ended CHECK ((outcome IS NULL) = (ended_on IS NULL) AND (outcome IS NULL) = (reason IS NULL))
    )""",
    f"""
    CREATE TABLE projects.tender_lot (
      {ID} CONSTRAINT pk_tender_lot PRIMARY KEY,
      tender_id uuid NOT NULL CONSTRAINT fk_tender_lot_tender_id REFERENCES projects.tender (id),
      {OWN},
      lot_no integer NOT NULL,
      title varchar(200) NOT NULL,
      ceiling_fen bigint NOT NULL,
      {of_project("tender_lot")},
      CONSTRAINT uq_tender_lot_tender_id_lot_no UNIQUE (tender_id, lot_no),
      CONSTRAINT ck_tender_lot_positive CHECK (ceiling_fen > 0)
    )""",
    f"""
    CREATE TABLE projects.bid (
      {ID} CONSTRAINT pk_bid PRIMARY KEY,
      lot_id uuid NOT NULL CONSTRAINT fk_bid_lot_id REFERENCES projects.tender_lot (id),
      {OWN},
      enterprise_id uuid NOT NULL CONSTRAINT fk_bid_enterprise_id REFERENCES projects.enterprise (id),
      amount_fen bigint NOT NULL,
      opened_on date NOT NULL,
      {RECORDED},
      {of_project("bid")},
      CONSTRAINT uq_bid_lot_id_enterprise_id UNIQUE (lot_id, enterprise_id),
      CONSTRAINT uq_bid_id_lot_id UNIQUE (id, lot_id),
      CONSTRAINT ck_bid_positive CHECK (amount_fen > 0)
    )""",
    "CREATE INDEX ix_bid_enterprise_id ON projects.bid (enterprise_id)",
    f"""
    CREATE TABLE projects.award (
      {ID} CONSTRAINT pk_award PRIMARY KEY,
      lot_id uuid NOT NULL,
      bid_id uuid NOT NULL,
      {OWN},
      awarded_on date NOT NULL,
      document_ref varchar(100),
      awarded_by varchar(255) NOT NULL,
      {RECORDED},
      {of_project("award")},
      CONSTRAINT uq_award_lot_id UNIQUE (lot_id),
      CONSTRAINT fk_award_bid FOREIGN KEY (bid_id, lot_id) REFERENCES projects.bid (id, lot_id)
    )""",
    f"""
    CREATE TABLE projects.contract (
      {ID} CONSTRAINT pk_contract PRIMARY KEY,
      award_id uuid NOT NULL CONSTRAINT fk_contract_award_id REFERENCES projects.award (id),
      {OWN},
      {COUNTY},
      contract_no varchar(40) NOT NULL,
      amount_fen bigint NOT NULL,
      signed_on date NOT NULL,
      starts_on date NOT NULL,
      ends_on date NOT NULL,
      signed_by varchar(255) NOT NULL,
      {RECORDED},
      {of_project("contract")},
      CONSTRAINT uq_contract_award_id UNIQUE (award_id),
      CONSTRAINT uq_contract_county_code_contract_no UNIQUE (county_code, contract_no),
      CONSTRAINT ck_contract_county CHECK (county_code = left(division_code, 6)),
      CONSTRAINT ck_contract_positive CHECK (amount_fen > 0),
      CONSTRAINT ck_contract_period CHECK (ends_on >= starts_on)
    )""",
    f"""
    CREATE TABLE projects.contract_amendment (
      {ID} CONSTRAINT pk_contract_amendment PRIMARY KEY,
      contract_id uuid NOT NULL CONSTRAINT fk_contract_amendment_contract_id REFERENCES projects.contract (id),
      {OWN},
      seq integer NOT NULL,
      amount_fen bigint NOT NULL,
      ends_on date NOT NULL,
      amended_on date NOT NULL,
      reason varchar(2000) NOT NULL,
      document_ref varchar(100) NOT NULL,
      budget_approval varchar(100),
      amended_by varchar(255) NOT NULL,
      {RECORDED},
      {of_project("contract_amendment")},
      CONSTRAINT uq_contract_amendment_contract_id_seq UNIQUE (contract_id, seq),
      CONSTRAINT ck_contract_amendment_positive CHECK (amount_fen > 0),
      CONSTRAINT ck_contract_amendment_seq CHECK (seq > 0)
    )""",
    f"""
    CREATE TABLE projects.contract_payment (
      {ID} CONSTRAINT pk_contract_payment PRIMARY KEY,
      contract_id uuid NOT NULL CONSTRAINT fk_contract_payment_contract_id REFERENCES projects.contract (id),
      {OWN},
      entry_id uuid NOT NULL,
      amount_fen bigint NOT NULL,
      paid_on date NOT NULL,
      payee varchar(200) NOT NULL,
      document_no varchar(100) NOT NULL,
      reversed_on date,
      recorded_by varchar(255) NOT NULL,
      {RECORDED},
      {of_project("contract_payment")},
      CONSTRAINT uq_contract_payment_entry_id UNIQUE (entry_id),
      CONSTRAINT ck_contract_payment_positive CHECK (amount_fen > 0)
    )""",
    "CREATE INDEX ix_contract_payment_contract_id ON projects.contract_payment (contract_id)",
    *(f"CREATE INDEX ix_{table}_project_id ON projects.{table} (project_id)" for table in TABLES),
)

# Every trigger locks what it judges by, so that two transactions cannot both be the last that fits.
FUNCTIONS = (
    """
    CREATE FUNCTION projects.contract_amount(contract uuid) RETURNS bigint LANGUAGE sql STABLE AS $$
      SELECT coalesce((SELECT a.amount_fen FROM projects.contract_amendment a
                       WHERE a.contract_id = c.id ORDER BY a.seq DESC LIMIT 1), c.amount_fen)
      FROM projects.contract c WHERE c.id = contract
    $$""",
    """
    CREATE FUNCTION projects.bid_while_open() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      v_tender projects.tender;
    BEGIN
      SELECT t.* INTO v_tender FROM projects.tender t JOIN projects.tender_lot l ON l.tender_id = t.id
        WHERE l.id = NEW.lot_id FOR UPDATE OF t;
      IF v_tender.outcome IS NOT NULL OR EXISTS (SELECT FROM projects.award WHERE lot_id = NEW.lot_id) THEN
        RAISE 'the lot is no longer open' USING ERRCODE = '23514', CONSTRAINT = 'bid_while_open';
      END IF;
      IF NEW.opened_on NOT BETWEEN v_tender.opens_on AND v_tender.opens_until THEN
        RAISE 'bids are opened from % to %', v_tender.opens_on, v_tender.opens_until
          USING ERRCODE = '23514', CONSTRAINT = 'bid_on_opening_days';
      END IF;
      IF NEW.amount_fen > (SELECT ceiling_fen FROM projects.tender_lot WHERE id = NEW.lot_id) THEN
        RAISE 'the bid exceeds the ceiling' USING ERRCODE = '23514', CONSTRAINT = 'bid_within_ceiling';
      END IF;
      RETURN NEW;
    END $$""",
    """
    CREATE TRIGGER bid_while_open BEFORE INSERT ON projects.bid
    FOR EACH ROW EXECUTE FUNCTION projects.bid_while_open()""",
    """
    CREATE FUNCTION projects.award_to_bidder() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      v_tender projects.tender;
    BEGIN
      SELECT t.* INTO v_tender FROM projects.tender t JOIN projects.tender_lot l ON l.tender_id = t.id
        WHERE l.id = NEW.lot_id FOR UPDATE OF t;
      IF v_tender.outcome IS NOT NULL THEN
        RAISE 'the tender ended without an award' USING ERRCODE = '23514', CONSTRAINT = 'bid_while_open';
      END IF;
      IF NEW.awarded_on < (SELECT max(opened_on) FROM projects.bid WHERE lot_id = NEW.lot_id) THEN
        RAISE 'bids were opened later' USING ERRCODE = '23514', CONSTRAINT = 'procurement_days_ascend';
      END IF;
      RETURN NEW;
    END $$""",
    """
    CREATE TRIGGER award_to_bidder BEFORE INSERT ON projects.award
    FOR EACH ROW EXECUTE FUNCTION projects.award_to_bidder()""",
    """
    CREATE FUNCTION projects.tender_end() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF OLD.outcome IS NOT NULL THEN
        RAISE 'the tender has ended' USING ERRCODE = '23514', CONSTRAINT = 'bid_while_open';
      END IF;
      IF NEW.outcome IS NOT NULL AND EXISTS (
          SELECT FROM projects.award a JOIN projects.tender_lot l ON l.id = a.lot_id WHERE l.tender_id = NEW.id) THEN
        RAISE 'a lot of the tender is awarded' USING ERRCODE = '23514', CONSTRAINT = 'tender_end_unawarded';
      END IF;
      IF (NEW.opens_on, NEW.opens_until) IS DISTINCT FROM (OLD.opens_on, OLD.opens_until) AND EXISTS (
          SELECT FROM projects.bid b JOIN projects.tender_lot l ON l.id = b.lot_id WHERE l.tender_id = NEW.id) THEN
        RAISE 'bids were opened' USING ERRCODE = '23514', CONSTRAINT = 'tender_opening_unbegun';
      END IF;
      RETURN NEW;
    END $$""",
    """
    CREATE TRIGGER tender_end BEFORE UPDATE ON projects.tender
    FOR EACH ROW EXECUTE FUNCTION projects.tender_end()""",
    """
    CREATE FUNCTION projects.contract_price() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      v_contracted numeric;
      v_budget numeric;
      v_contract projects.contract;
      v_before record;
    BEGIN
      PERFORM FROM projects.project WHERE id = NEW.project_id FOR UPDATE;
      IF TG_TABLE_NAME = 'contract' THEN
        IF NEW.signed_on < (SELECT awarded_on FROM projects.award WHERE id = NEW.award_id) THEN
          RAISE 'the award is dated later' USING ERRCODE = '23514', CONSTRAINT = 'procurement_days_ascend';
        END IF;
      ELSE
        SELECT * INTO v_contract FROM projects.contract WHERE id = NEW.contract_id;
        SELECT seq, amended_on INTO v_before FROM projects.contract_amendment
          WHERE contract_id = NEW.contract_id AND id <> NEW.id ORDER BY seq DESC LIMIT 1;
        IF NEW.seq <> coalesce(v_before.seq, 0) + 1 OR NEW.ends_on < v_contract.starts_on
           OR NEW.amended_on < coalesce(v_before.amended_on, v_contract.signed_on) THEN
          RAISE 'an amendment follows the one before' USING ERRCODE = '23514', CONSTRAINT = 'procurement_days_ascend';
        END IF;
        IF NEW.amount_fen < (SELECT sum(amount_fen) FROM projects.contract_payment
                             WHERE contract_id = NEW.contract_id AND reversed_on IS NULL) THEN
          RAISE 'more was paid' USING ERRCODE = '23514', CONSTRAINT = 'contract_payment_within_contract';
        END IF;
        IF NEW.budget_approval IS NOT NULL THEN
          RETURN NULL;
        END IF;
      END IF;
      SELECT sum(projects.contract_amount(id)) INTO v_contracted
        FROM projects.contract WHERE project_id = NEW.project_id;
      SELECT coalesce(sum(amount_fen), 0) INTO v_budget FROM projects.project_budget WHERE project_id = NEW.project_id;
      IF v_contracted > v_budget THEN
        RAISE 'contracts exceed the budget' USING ERRCODE = '23514', CONSTRAINT = 'contract_within_budget';
      END IF;
      RETURN NULL;
    END $$""",
    """
    CREATE TRIGGER contract_price AFTER INSERT ON projects.contract
    FOR EACH ROW EXECUTE FUNCTION projects.contract_price()""",
    """
    CREATE TRIGGER contract_price AFTER INSERT ON projects.contract_amendment
    FOR EACH ROW EXECUTE FUNCTION projects.contract_price()""",
    """
    CREATE FUNCTION projects.payment_limit() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM FROM projects.project WHERE id = NEW.project_id FOR UPDATE;
      IF (SELECT sum(amount_fen) FROM projects.contract_payment
          WHERE contract_id = NEW.contract_id AND reversed_on IS NULL) > projects.contract_amount(NEW.contract_id) THEN
        RAISE 'payments exceed the contract' USING ERRCODE = '23514', CONSTRAINT = 'contract_payment_within_contract';
      END IF;
      RETURN NULL;
    END $$""",
    """
    CREATE TRIGGER payment_limit AFTER INSERT ON projects.contract_payment
    FOR EACH ROW EXECUTE FUNCTION projects.payment_limit()""",
)
