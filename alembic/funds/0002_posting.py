"""The only functions that write the ledger, and who may call them."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run = op.get_bind().connection.driver_connection.execute
    run("SET LOCAL search_path = funds, public")
    for statement in FUNCTIONS:
        run(statement.replace("{DEFINER}", DEFINER))
    for function in (*CALLABLE, *INTERNAL):
        run(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC, fupin_funds")
    for function in CALLABLE:
        run(f"GRANT EXECUTE ON FUNCTION {function} TO fupin_funds")


def downgrade() -> None:
    for function in reversed((*CALLABLE, *INTERNAL)):
        op.get_bind().connection.driver_connection.execute(f"DROP FUNCTION funds.{function}")


# Functions run as their owner, who alone may write; what they name is this schema's.
DEFINER = "SECURITY DEFINER SET search_path = funds, pg_temp"

FUNCTIONS = (
    """
    CREATE FUNCTION open_account(p_county text, p_division text, p_code text, p_name text, p_kind text,
      p_managed boolean, p_min bigint, p_max bigint, OUT account_id bigint, OUT opened boolean)
    LANGUAGE plpgsql {DEFINER} AS $$
    BEGIN
      INSERT INTO account (county_code, division_code, code, name, kind, managed)
      VALUES (p_county, p_division, p_code, p_name, p_kind, p_managed)
      ON CONFLICT (county_code, code) DO NOTHING RETURNING id INTO account_id;
      opened := FOUND;
      IF opened THEN
        INSERT INTO balance (account_id, county_code, side, min_fen, max_fen)
        VALUES (account_id, p_county, CASE WHEN p_kind IN ('ASSET', 'EXPENSE') THEN 1 ELSE -1 END,
                coalesce(p_min, -4000000000000000000), coalesce(p_max, 4000000000000000000));
      ELSE
        SELECT id INTO account_id FROM account WHERE county_code = p_county AND code = p_code;
      END IF;
    END $$""",
    """
    CREATE FUNCTION close_account(p_account bigint) RETURNS boolean LANGUAGE plpgsql {DEFINER} AS $$
    BEGIN
      UPDATE balance SET is_open = false WHERE account_id = p_account AND is_open AND net_fen = 0 AND pending_fen = 0;
      RETURN FOUND;
    END $$""",
    # One transfer. The key is claimed first, then both balances in the order of their ids, so racing calls queue
    # instead of deadlocking; a repeated key answers with the first journal, or refuses when the request differs.
    """
    CREATE FUNCTION post(p_county text, p_key text, p_debit bigint, p_credit bigint, p_amount bigint, p_on date,
      p_memo text, p_source text, p_source_id uuid DEFAULT NULL, OUT journal_id uuid, OUT replayed boolean)
    LANGUAGE plpgsql {DEFINER} AS $$
    DECLARE
      v_hash bytea := sha256(convert_to(json_build_array(
        p_on - DATE '1970-01-01', p_memo, p_source, p_source_id, NULL,
        p_debit || '>' || p_credit || ':' || p_amount)::text, 'UTF8'));
      v_old bytea;
      v_debit_seq bigint; v_debit_net bigint; v_credit_seq bigint; v_credit_net bigint;
    BEGIN
      journal_id := uuidv7();
      replayed := false;
      INSERT INTO journal (id, county_code, idem_key, request_hash, n_lines, effective_on, memo, source, source_id)
      VALUES (journal_id, p_county, p_key, v_hash, 1, p_on, p_memo, p_source, p_source_id)
      ON CONFLICT (county_code, idem_key) DO NOTHING;
      IF NOT FOUND THEN
        SELECT j.id, j.request_hash INTO journal_id, v_old
        FROM journal j WHERE j.county_code = p_county AND j.idem_key = p_key;
        IF v_old IS DISTINCT FROM v_hash THEN
          RAISE EXCEPTION 'this key was used for another journal'
            USING ERRCODE = '23505', CONSTRAINT = 'journal_key_reused';
        END IF;
        replayed := true;
        RETURN;
      END IF;
      IF p_debit < p_credit THEN
        UPDATE balance b SET seq = b.seq + 1, net_fen = b.net_fen + b.side * p_amount
        WHERE b.account_id = p_debit AND b.county_code = p_county AND b.is_open
        RETURNING b.seq, b.net_fen INTO v_debit_seq, v_debit_net;
        UPDATE balance b SET seq = b.seq + 1, net_fen = b.net_fen - b.side * p_amount
        WHERE b.account_id = p_credit AND b.county_code = p_county AND b.is_open
        RETURNING b.seq, b.net_fen INTO v_credit_seq, v_credit_net;
      ELSE
        UPDATE balance b SET seq = b.seq + 1, net_fen = b.net_fen - b.side * p_amount
        WHERE b.account_id = p_credit AND b.county_code = p_county AND b.is_open
        RETURNING b.seq, b.net_fen INTO v_credit_seq, v_credit_net;
        UPDATE balance b SET seq = b.seq + 1, net_fen = b.net_fen + b.side * p_amount
        WHERE b.account_id = p_debit AND b.county_code = p_county AND b.is_open
        RETURNING b.seq, b.net_fen INTO v_debit_seq, v_debit_net;
      END IF;
      IF v_debit_seq IS NULL OR v_credit_seq IS NULL THEN
        RAISE EXCEPTION 'an account is unknown or closed' USING ERRCODE = '23503', CONSTRAINT = 'journal_account';
      END IF;
      INSERT INTO posting (journal_id, line, county_code, debit, credit, amount_fen,
                           debit_seq, debit_net_fen, credit_seq, credit_net_fen)
      VALUES (journal_id, 1, p_county, p_debit, p_credit, p_amount,
              v_debit_seq, v_debit_net, v_credit_seq, v_credit_net);
    END $$""",
    """
    CREATE FUNCTION limit_broken(p_short bigint, p_over bigint) RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
      IF p_short > 0 THEN
        RAISE EXCEPTION 'an account would be overdrawn' USING ERRCODE = '23514', CONSTRAINT = 'ck_balance_overdraft';
      END IF;
      RAISE EXCEPTION 'an account would exceed its ceiling' USING ERRCODE = '23514', CONSTRAINT = 'ck_balance_ceiling';
    END $$""",
    # Many journals of many lines in a handful of statements: all or none. Lines are applied in their order, and the
    # balance after every single line stays within the account's limits, as if each had been posted alone.
    """
    CREATE FUNCTION post_batch(p_county text, p_keys text[], p_on date[], p_memos text[], p_line_journal integer[],
      p_line_debit bigint[], p_line_credit bigint[], p_line_amount bigint[], p_source text,
      p_source_id uuid DEFAULT NULL, p_reverses uuid DEFAULT NULL)
    RETURNS TABLE (ord integer, journal_id uuid, replayed boolean)
    LANGUAGE plpgsql {DEFINER} SET jit = off AS $$
    #variable_conflict use_column
    DECLARE
      v_count integer := cardinality(p_keys);
      v_ids uuid[]; v_hashes bytea[]; v_lines integer[]; v_new uuid[]; v_accounts bigint; v_found bigint;
    BEGIN
      SELECT array_agg(uuidv7() ORDER BY g) INTO v_ids FROM generate_series(1, v_count) AS g;
      SELECT array_agg(sha256(convert_to(json_build_array(
               h.effective_on - DATE '1970-01-01', h.memo, p_source, p_source_id, p_reverses, q.lines)::text, 'UTF8'))
               ORDER BY q.k),
             array_agg(q.n ORDER BY q.k)
      INTO v_hashes, v_lines
      FROM (SELECT l.k, string_agg(l.d || '>' || l.c || ':' || l.m, ',' ORDER BY l.o) AS lines, count(*)::integer AS n
            FROM unnest(p_line_journal, p_line_debit, p_line_credit, p_line_amount) WITH ORDINALITY AS l (k, d, c, m, o)
            GROUP BY l.k) AS q
      JOIN unnest(p_on, p_memos) WITH ORDINALITY AS h (effective_on, memo, o) ON h.o = q.k;
      IF cardinality(v_hashes) IS DISTINCT FROM v_count
         OR EXISTS (SELECT FROM unnest(p_line_journal) AS l (k) WHERE l.k IS NULL OR l.k NOT BETWEEN 1 AND v_count) THEN
        RAISE EXCEPTION 'a journal without lines or a line without journal'
          USING ERRCODE = '23514', CONSTRAINT = 'ck_journal_lines';
      END IF;

      WITH added AS (
        INSERT INTO journal (id, county_code, idem_key, request_hash, n_lines, effective_on, memo, source, source_id,
                             reverses)
        SELECT n.id, p_county, n.key, n.hash, n.lines, n.effective_on, n.memo, p_source, p_source_id, p_reverses
        FROM unnest(v_ids, p_keys, v_hashes, v_lines, p_on, p_memos) AS n (id, key, hash, lines, effective_on, memo)
        ORDER BY n.key
        ON CONFLICT (county_code, idem_key) DO NOTHING RETURNING id)
      SELECT coalesce(array_agg(id), '{}') INTO v_new FROM added;
      IF cardinality(v_new) < v_count AND EXISTS (
          SELECT FROM unnest(p_keys, v_hashes) AS n (key, hash)
          JOIN journal j ON j.county_code = p_county AND j.idem_key = n.key WHERE j.request_hash <> n.hash) THEN
        RAISE EXCEPTION 'this key was used for another journal'
            USING ERRCODE = '23505', CONSTRAINT = 'journal_key_reused';
      END IF;

      IF cardinality(v_new) > 0 THEN
        SELECT count(*) INTO v_accounts FROM (SELECT unnest(p_line_debit) UNION SELECT unnest(p_line_credit)) AS a;
        PERFORM FROM balance b
        WHERE b.account_id IN (SELECT unnest(p_line_debit) UNION SELECT unnest(p_line_credit))
          AND b.county_code = p_county AND b.is_open
        ORDER BY b.account_id FOR NO KEY UPDATE;
        GET DIAGNOSTICS v_found = ROW_COUNT;
        IF v_found < v_accounts THEN
          RAISE EXCEPTION 'an account is unknown or closed' USING ERRCODE = '23503', CONSTRAINT = 'journal_account';
        END IF;
        WITH fresh AS MATERIALIZED (
            SELECT n.id, n.k
            FROM unnest(v_ids) WITH ORDINALITY AS n (id, k) JOIN unnest(v_new) AS v (id) ON v.id = n.id),
          line AS MATERIALIZED (
            SELECT f.id, (row_number() OVER (PARTITION BY l.k ORDER BY l.o))::integer AS line, l.o, l.d, l.c, l.m
            FROM unnest(p_line_journal, p_line_debit, p_line_credit, p_line_amount) WITH ORDINALITY AS l (k, d, c, m, o)
            JOIN fresh f ON f.k = l.k),
          entry AS MATERIALIZED (
            SELECT e.o, e.debit, e.a, b.seq + row_number() OVER forward AS seq,
                   b.net_fen + sum(b.side * e.delta) OVER forward AS net, row_number() OVER backward AS from_last
            FROM (SELECT o, true AS debit, d AS a, m AS delta FROM line
                  UNION ALL SELECT o, false, c, -m FROM line) AS e
            JOIN balance b ON b.account_id = e.a
            WINDOW forward AS (PARTITION BY e.a ORDER BY e.o), backward AS (PARTITION BY e.a ORDER BY e.o DESC)),
          applied AS (
            UPDATE balance b SET seq = e.seq, net_fen = e.net FROM entry e
            WHERE e.from_last = 1 AND b.account_id = e.a),
          broken AS (
            SELECT count(*) FILTER (WHERE e.net - b.pending_fen < b.min_fen) AS short,
                   count(*) FILTER (WHERE e.net > b.max_fen) AS over
            FROM entry e JOIN balance b ON b.account_id = e.a)
        INSERT INTO posting (journal_id, line, county_code, debit, credit, amount_fen,
                             debit_seq, debit_net_fen, credit_seq, credit_net_fen)
        SELECT l.id, l.line, p_county, l.d, l.c, l.m, d.seq, d.net, c.seq, c.net
        FROM line l JOIN entry d ON d.o = l.o AND d.debit JOIN entry c ON c.o = l.o AND NOT c.debit
        WHERE (SELECT CASE WHEN short + over > 0 THEN funds.limit_broken(short, over) ELSE true END FROM broken);
      END IF;
      RETURN QUERY
        SELECT n.o::integer, j.id, NOT EXISTS (SELECT FROM unnest(v_new) AS v (id) WHERE v.id = j.id)
        FROM unnest(p_keys) WITH ORDINALITY AS n (key, o)
        JOIN journal j ON j.county_code = p_county AND j.idem_key = n.key ORDER BY n.o;
    END $$""",
    # The opposite lines in the opposite order: no account is overdrawn on the way back that was not on the way there.
    """
    CREATE FUNCTION reverse_journal(p_journal uuid, p_key text, p_on date, p_memo text,
      OUT journal_id uuid, OUT replayed boolean)
    LANGUAGE plpgsql {DEFINER} AS $$
    DECLARE
      v_county text; v_debits bigint[]; v_credits bigint[]; v_amounts bigint[];
    BEGIN
      SELECT j.county_code INTO v_county FROM journal j WHERE j.id = p_journal AND j.effective_on <= p_on;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'no such journal, or it is later than its reversal'
          USING ERRCODE = '23503', CONSTRAINT = 'journal_to_reverse';
      END IF;
      SELECT array_agg(p.debit ORDER BY p.line DESC), array_agg(p.credit ORDER BY p.line DESC),
             array_agg(p.amount_fen ORDER BY p.line DESC)
      INTO v_debits, v_credits, v_amounts FROM posting p WHERE p.journal_id = p_journal;
      SELECT b.journal_id, b.replayed INTO journal_id, replayed
      FROM post_batch(v_county, ARRAY[p_key], ARRAY[p_on], ARRAY[p_memo], array_fill(1, ARRAY[cardinality(v_debits)]),
                      v_credits, v_debits, v_amounts, 'REVERSAL', NULL, p_journal) AS b;
    END $$""",
    # Money promised but not yet moved: it stays in the balance and is no longer available.
    """
    CREATE FUNCTION hold_funds(p_county text, p_key text, p_account bigint, p_amount bigint, p_source text,
      p_source_id uuid) RETURNS uuid LANGUAGE plpgsql {DEFINER} AS $$
    DECLARE
      v_id uuid; v_amount bigint;
    BEGIN
      INSERT INTO hold (county_code, account_id, idem_key, amount_fen, source, source_id)
      VALUES (p_county, p_account, p_key, p_amount, p_source, p_source_id)
      ON CONFLICT (county_code, idem_key) DO NOTHING RETURNING id INTO v_id;
      IF FOUND THEN
        UPDATE balance SET pending_fen = pending_fen + p_amount
        WHERE account_id = p_account AND county_code = p_county AND is_open;
        IF NOT FOUND THEN
          RAISE EXCEPTION 'the account is unknown or closed' USING ERRCODE = '23503', CONSTRAINT = 'journal_account';
        END IF;
        RETURN v_id;
      END IF;
      SELECT id, amount_fen INTO v_id, v_amount FROM hold
      WHERE county_code = p_county AND idem_key = p_key AND account_id = p_account;
      IF v_amount IS DISTINCT FROM p_amount THEN
        RAISE EXCEPTION 'this key was used for another hold' USING ERRCODE = '23505', CONSTRAINT = 'journal_key_reused';
      END IF;
      RETURN v_id;
    END $$""",
    """
    CREATE FUNCTION release_funds(p_hold uuid, p_key text, p_amount bigint) RETURNS void
    LANGUAGE plpgsql {DEFINER} AS $$
    DECLARE
      v_hold hold;
    BEGIN
      SELECT * INTO v_hold FROM hold WHERE id = p_hold;
      INSERT INTO hold_release (county_code, hold_id, idem_key, amount_fen)
      VALUES (v_hold.county_code, p_hold, p_key, p_amount)
      ON CONFLICT (hold_id, idem_key) DO NOTHING;
      IF FOUND THEN
        UPDATE balance SET pending_fen = pending_fen - p_amount WHERE account_id = v_hold.account_id;
        IF (SELECT sum(amount_fen) FROM hold_release WHERE hold_id = p_hold) > v_hold.amount_fen THEN
          RAISE EXCEPTION 'more released than held' USING ERRCODE = '23514', CONSTRAINT = 'hold_exceeded';
        END IF;
      END IF;
    END $$""",
    # The hash over the journals of one range of transactions, chained to the previous seal's. Times and dates are
    # written out in one fixed form, so that the same bytes can be rebuilt outside PostgreSQL.
    """
    CREATE FUNCTION seal_hash(p_county text, p_from xid8, p_to xid8, p_previous bytea,
      OUT journals bigint, OUT hash bytea)
    LANGUAGE sql STABLE SET search_path = funds, pg_temp AS $$
      SELECT count(*),
             sha256(coalesce(p_previous, ''::bytea) || coalesce(string_agg(leaf, ''::bytea ORDER BY id), ''::bytea))
      FROM (SELECT j.id, sha256(convert_to(json_build_array(
                j.id, j.county_code, j.idem_key, encode(j.request_hash, 'hex'), to_char(j.effective_on, 'YYYY-MM-DD'),
                to_char(j.posted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), j.xid::text, j.actor, j.memo,
                j.source, j.source_id, j.reverses, p.lines)::text, 'UTF8')) AS leaf
            FROM journal j CROSS JOIN LATERAL (
              SELECT string_agg(concat_ws(':', line, debit, credit, amount_fen, debit_seq, debit_net_fen,
                                          credit_seq, credit_net_fen), ',' ORDER BY line) AS lines
              FROM posting WHERE journal_id = j.id) AS p
            WHERE j.county_code = p_county AND j.xid >= p_from AND j.xid < p_to) AS leaves
    $$""",
    # Seals everything older than the oldest transaction still running: no gap can appear below it, and no writer waits.
    """
    CREATE FUNCTION seal_ledger(p_county text, OUT number bigint, OUT journals bigint) LANGUAGE plpgsql {DEFINER} AS $$
    DECLARE
      v_last seal; v_hash bytea; v_upto xid8 := pg_snapshot_xmin(pg_current_snapshot());
    BEGIN
      PERFORM pg_advisory_xact_lock(hashtextextended('funds.seal.' || p_county, 0));
      SELECT * INTO v_last FROM seal s WHERE s.county_code = p_county ORDER BY s.number DESC LIMIT 1;
      number := coalesce(v_last.number, 0);
      SELECT h.journals, h.hash INTO journals, v_hash
      FROM seal_hash(p_county, coalesce(v_last.upto, '0'::xid8), v_upto, v_last.hash) AS h;
      IF journals > 0 THEN
        number := number + 1;
        INSERT INTO seal (county_code, number, upto, journals, previous, hash)
        VALUES (p_county, number, v_upto, journals, v_last.hash, v_hash);
      END IF;
    END $$""",
)

CALLABLE = (
    "open_account(text, text, text, text, text, boolean, bigint, bigint)",
    "close_account(bigint)",
    "post(text, text, bigint, bigint, bigint, date, text, text, uuid)",
    "post_batch(text, text[], date[], text[], integer[], bigint[], bigint[], bigint[], text, uuid, uuid)",
    "reverse_journal(uuid, text, date, text)",
    "hold_funds(text, text, bigint, bigint, text, uuid)",
    "release_funds(uuid, text, bigint)",
    "seal_hash(text, xid8, xid8, bytea)",
    "seal_ledger(text)",
)

INTERNAL = ("limit_broken(bigint, bigint)",)
