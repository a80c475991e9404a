"""
The ledger by one: a transfer on its own asks only what it can break, and asks it in one statement.

PostgreSQL reads the text of each CHECK and of each trigger's condition whenever a statement begins. So one statement
writes the journal, moves both balances and adds the line; what limits an account is checked when its limits change, not
when its balance does; how many lines a journal may have is asked of its lines, as its last one must be there; and the
guard against hand-written rows is written briefly (a name is padded to 64 bytes).

Lines are written by the posting functions and nobody else, for journals that the same call has written: so a line has
its journal, and none between the first and the last is missing. That the last is there when the transaction commits
remains the journal's deferred key; an owner who writes by hand what the functions would not is found by the
verification (`fupin verify-ledger`). The trigger that asked it of every statement, an eighth of a transfer, goes.
"""

from alembic import context, op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

OWNER = "fupin_funds_owner"
GUARDED = (
    ("by_function_only", "INSERT", "journal"),
    ("by_function_only", "INSERT", "posting"),
    ("by_function_only_update", "UPDATE", "balance"),
)
LIMITS = {
    "ck_balance_side": "side IN (1, -1)",
    "ck_balance_pending": "pending_fen >= 0",
    "ck_balance_range": "min_fen >= -4000000000000000000 AND max_fen <= 4000000000000000000",
}
SOUND = """
    new.side IN (1, -1) AND new.pending_fen >= 0
    AND new.min_fen >= -4000000000000000000 AND new.max_fen <= 4000000000000000000
"""


def guards(user: str) -> list[str]:
    """Rows are written by whoever owns the tables, that is by the posting functions."""
    return [
        statement
        for name, event, table in GUARDED
        for statement in (
            f"DROP TRIGGER {name} ON {table}",
            f"""CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW
                WHEN ({user} <> '{OWNER}') EXECUTE FUNCTION refuse_hand()""",
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}",
        )
    ]


def checked(table: str, name: str, check: str) -> tuple[str, str]:
    """A CHECK that is added at once, and then asked of the rows that are there while others write."""
    return (
        f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({check}) NOT VALID",
        f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}",
    )


REFUSE_LIMITS = """
    CREATE FUNCTION refuse_limits() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'an account of side % with % to % allowed and % held', new.side, new.min_fen, new.max_fen,
        new.pending_fen USING ERRCODE = '23514', CONSTRAINT = 'ck_balance_limits';
    END $$"""
SOUND_LIMITS = f"""
    CREATE TRIGGER sound_limits BEFORE INSERT OR UPDATE OF side, pending_fen, min_fen, max_fen ON balance
    FOR EACH ROW WHEN (NOT ({SOUND})) EXECUTE FUNCTION refuse_limits()"""

# An index finds the two accounts in their order, so two transfers never wait for each other: no other way is allowed.
# The hashed text is the JSON that `post_batch` makes, so a key is replayed by either.
POST = """
    CREATE OR REPLACE FUNCTION post(p_county text, p_key text, p_debit bigint, p_credit bigint, p_amount bigint,
      p_on date, p_memo text, p_source text, p_source_id uuid DEFAULT NULL, OUT journal_id uuid, OUT replayed boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp
      SET enable_seqscan = off SET enable_bitmapscan = off AS $$
    DECLARE
      v_hash bytea := sha256(convert_to(
        '[' || (p_on - DATE '1970-01-01') || ', ' || coalesce(to_json(p_memo)::text, 'null') || ', '
        || to_json(p_source)::text || ', ' || coalesce('"' || p_source_id || '"', 'null') || ', null, "'
        || p_debit || '>' || p_credit || ':' || p_amount || '"]', 'UTF8'));
      v_old bytea;
    BEGIN
      journal_id := uuidv7();
      replayed := false;
      WITH made AS (
        INSERT INTO journal (id, county_code, idem_key, request_hash, n_lines, effective_on, memo, source, source_id)
        VALUES (journal_id, p_county, p_key, v_hash, 1, p_on, p_memo, p_source, p_source_id)
        ON CONFLICT (county_code, idem_key) DO NOTHING RETURNING id),
      moved AS (
        UPDATE balance b SET seq = b.seq + 1,
          net_fen = b.net_fen + b.side * CASE b.account_id WHEN p_debit THEN p_amount ELSE -p_amount END
        WHERE b.account_id = ANY (ARRAY[p_debit, p_credit]) AND b.county_code = p_county AND b.is_open
          AND EXISTS (SELECT FROM made)
        RETURNING b.account_id, b.seq, b.net_fen)
      INSERT INTO posting (journal_id, line, county_code, debit, credit, amount_fen,
                           debit_seq, debit_net_fen, credit_seq, credit_net_fen)
      SELECT post.journal_id, 1, p_county, p_debit, p_credit, p_amount, d.seq, d.net_fen, c.seq, c.net_fen
      FROM moved d, moved c WHERE d.account_id = p_debit AND c.account_id = p_credit;
      IF NOT FOUND THEN
        SELECT j.id, j.id <> post.journal_id, j.request_hash INTO journal_id, replayed, v_old
        FROM journal j WHERE j.county_code = p_county AND j.idem_key = p_key;
        IF v_old IS DISTINCT FROM v_hash THEN
          RAISE EXCEPTION 'this key was used for another journal'
            USING ERRCODE = '23505', CONSTRAINT = 'journal_key_reused';
        ELSIF NOT replayed THEN
          PERFORM closed_account(p_county, ARRAY[p_debit, p_credit]);
        END IF;
      END IF;
    END $$"""


def upgrade() -> None:
    run = op.get_bind().connection.driver_connection.execute
    run("SET LOCAL search_path = funds, public")
    run("DROP TRIGGER whole_journals ON posting")
    run("DROP FUNCTION whole_journals()")
    run(REFUSE_LIMITS)
    run("REVOKE EXECUTE ON FUNCTION refuse_limits() FROM PUBLIC, fupin_funds")
    run(SOUND_LIMITS)
    run("ALTER TABLE balance ENABLE ALWAYS TRIGGER sound_limits")
    for name in LIMITS:
        run(f"ALTER TABLE balance DROP CONSTRAINT {name}")
    run("ALTER TABLE journal DROP CONSTRAINT ck_journal_lines")
    run("ALTER TABLE posting DROP CONSTRAINT ck_posting_line")
    for statement in (
        *checked("posting", "ck_posting_line", "line BETWEEN 1 AND 100000"),
        *guards("current_user::text"),
    ):
        run(statement)
    run(POST)


def downgrade() -> None:
    run = op.get_bind().connection.driver_connection.execute
    run("SET LOCAL search_path = funds, public")
    before = context.script.get_revision("0011").module
    (post,) = (one for one in before.FUNCTIONS if "FUNCTION post(" in one)
    run(post.replace("{DEFINER}", before.DEFINER))
    run("ALTER TABLE posting DROP CONSTRAINT ck_posting_line")
    for statement in (
        *guards("current_user"),
        *checked("posting", "ck_posting_line", "line >= 1"),
        *checked("journal", "ck_journal_lines", "n_lines BETWEEN 1 AND 100000"),
        *(statement for name, check in LIMITS.items() for statement in checked("balance", name, check)),
    ):
        run(statement)
    run("DROP TRIGGER sound_limits ON balance")
    run("DROP FUNCTION refuse_limits()")
    for statement in before.GUARDS[1:]:
        run(statement)
    run("REVOKE EXECUTE ON FUNCTION whole_journals() FROM PUBLIC, fupin_funds")
