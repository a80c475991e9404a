"""
Proof for every line, balances of past days, and one call for many people's transfers.

A seal's hash covers the root of a Merkle tree (RFC 9162, section 2.1) with a leaf for every line, so that one line is
shown to be sealed by a dozen or two hashes and without any other line. Balances by effective day are kept as sums up to
a known entry of each account (`day_mark`), and read with what was posted after it: a writer never touches them.
"""

from alembic import op

from fupin import ddl

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

DERIVED = ("day_balance", "day_mark")


def upgrade() -> None:
    run = op.get_bind().connection.driver_connection.execute
    run("SET LOCAL search_path = funds, public")
    for statement in (*TABLES, *FUNCTIONS):
        run(statement.replace("{DEFINER}", DEFINER))
    ddl.scoped(op, *DERIVED, column="county_code")
    for table in DERIVED:
        run(f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {table} FROM fupin_funds")
        run(f"GRANT SELECT ON {table} TO fupin_funds")
    for function in CALLABLE:
        run(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC, fupin_funds")
    for function in CALLABLE:
        run(f"GRANT EXECUTE ON FUNCTION {function} TO fupin_funds")


def downgrade() -> None:
    run = op.get_bind().connection.driver_connection.execute
    run("SET LOCAL search_path = funds, public")
    for function in reversed(CALLABLE):
        run(f"DROP FUNCTION {function}")
    for table in DERIVED:
        run(f"DROP TABLE {table}")
    run("ALTER TABLE seal DROP COLUMN root, DROP COLUMN lines")
    for statement in BEFORE:
        run(statement.replace("{DEFINER}", DEFINER))
    for function in (OLD_BATCH, "seal_ledger(text)"):
        run(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC, fupin_funds")
        run(f"GRANT EXECUTE ON FUNCTION {function} TO fupin_funds")


DEFINER = "SECURITY DEFINER SET search_path = funds, pg_temp"

TABLES = (
    # Seals made before this migration have no root; their hash covers whole journals.
    "ALTER TABLE seal ADD COLUMN lines bigint, ADD COLUMN root bytea",
    # What an account held at the end of each day on which something took effect, by its entries up to `day_mark.seq`.
    """
    CREATE TABLE day_balance (
      account_id bigint NOT NULL CONSTRAINT fk_day_balance_account_id REFERENCES account,
      effective_on date NOT NULL,
      county_code char(6) NOT NULL,
      net_fen bigint NOT NULL,
      entries bigint NOT NULL,
      CONSTRAINT pk_day_balance PRIMARY KEY (account_id, effective_on)
    )""",
    """
    CREATE TABLE day_mark (
      account_id bigint CONSTRAINT pk_day_mark PRIMARY KEY CONSTRAINT fk_day_mark_account_id REFERENCES account,
      county_code char(6) NOT NULL,
      seq bigint NOT NULL
    )""",
)

OLD_BATCH = "post_batch(text, text[], date[], text[], integer[], bigint[], bigint[], bigint[], text, uuid, uuid)"

FUNCTIONS = (
    f"DROP FUNCTION {OLD_BATCH}",
    # As before, and each journal may name its own actor: the transfers of several people in one transaction. A generic
    # plan takes the arrays for ten elements and joins them by nested loops: eight times slower from the sixth call on.
    """
    CREATE FUNCTION post_batch(p_county text, p_keys text[], p_on date[], p_memos text[], p_line_journal integer[],
      p_line_debit bigint[], p_line_credit bigint[], p_line_amount bigint[], p_source text,
      p_source_id uuid DEFAULT NULL, p_reverses uuid DEFAULT NULL, p_actors text[] DEFAULT NULL)
    RETURNS TABLE (ord integer, journal_id uuid, replayed boolean)
    LANGUAGE plpgsql {DEFINER} SET jit = off SET plan_cache_mode = force_custom_plan AS $$
    #variable_conflict use_column
    DECLARE
      v_count integer := cardinality(p_keys);
      v_actor text := coalesce(nullif(current_setting('fupin.actor', true), ''), 'login:' || session_user);
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
                             reverses, actor)
        SELECT n.id, p_county, n.key, n.hash, n.lines, n.effective_on, n.memo, p_source, p_source_id, p_reverses,
               coalesce(n.actor, v_actor)
        FROM unnest(v_ids, p_keys, v_hashes, v_lines, p_on, p_memos, p_actors)
          AS n (id, key, hash, lines, effective_on, memo, actor)
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
    # The transfers of several people, each posted or refused by itself in one transaction: for when `post_batch` found
    # that one of them cannot stand.
    """
    CREATE FUNCTION post_each(p_county text, p_keys text[], p_on date[], p_memos text[], p_debits bigint[],
      p_credits bigint[], p_amounts bigint[], p_source text, p_actors text[])
    RETURNS TABLE (ord integer, journal_id uuid, replayed boolean, refusal text)
    LANGUAGE plpgsql {DEFINER} AS $$
    DECLARE
      v_constraint text; v_state text; v_before text := current_setting('fupin.actor', true);
    BEGIN
      FOR n IN 1 .. cardinality(p_keys) LOOP
        ord := n; journal_id := NULL; replayed := false; refusal := NULL;
        PERFORM set_config('fupin.actor', p_actors[n], true);
        BEGIN
          SELECT p.journal_id, p.replayed INTO journal_id, replayed
          FROM post(p_county, p_keys[n], p_debits[n], p_credits[n], p_amounts[n], p_on[n], p_memos[n], p_source) AS p;
        EXCEPTION WHEN integrity_constraint_violation OR data_exception OR insufficient_privilege THEN
          GET STACKED DIAGNOSTICS v_constraint = CONSTRAINT_NAME, v_state = RETURNED_SQLSTATE;
          refusal := coalesce(nullif(v_constraint, ''), v_state);
        END;
        RETURN NEXT;
      END LOOP;
      PERFORM set_config('fupin.actor', coalesce(v_before, ''), true);
    END $$""",
    # What a seal says about a journal, but for its lines. Times and dates have one fixed form, so that the same bytes
    # can be rebuilt outside PostgreSQL.
    """
    CREATE FUNCTION journal_digest(j journal) RETURNS bytea LANGUAGE sql STABLE AS $$
      SELECT sha256(convert_to(json_build_array(
        j.id, j.county_code, j.idem_key, encode(j.request_hash, 'hex'), j.n_lines,
        to_char(j.effective_on, 'YYYY-MM-DD'), to_char(j.posted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        j.xid::text, j.actor, j.memo, j.source, j.source_id, j.reverses)::text, 'UTF8'))
    $$""",
    # Leaf of a line: SHA-256(0x00, the journal's digest, the line).
    """
    CREATE FUNCTION line_leaf(p_digest bytea, p posting) RETURNS bytea LANGUAGE sql STABLE AS $$
      SELECT sha256('\\x00'::bytea || p_digest || convert_to(concat_ws(':', p.line, p.debit, p.credit, p.amount_fen,
        p.debit_seq, p.debit_net_fen, p.credit_seq, p.credit_net_fen), 'UTF8'))
    $$""",
    # Node: SHA-256(0x01, left, right); a node without a neighbour goes up as it is. `p_leaves` is 32 bytes a leaf.
    """
    CREATE FUNCTION merkle_root(p_leaves bytea) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
    DECLARE
      v_level bytea := p_leaves; v_nodes integer; v_odd bytea;
    BEGIN
      LOOP
        v_nodes := length(v_level) / 32;
        IF v_nodes <= 1 THEN
          RETURN CASE v_nodes WHEN 0 THEN sha256(''::bytea) ELSE v_level END;
        END IF;
        v_odd := CASE v_nodes % 2 WHEN 1 THEN substr(v_level, 32 * (v_nodes - 1) + 1, 32) ELSE ''::bytea END;
        SELECT string_agg(sha256('\\x01'::bytea || substr(v_level, 64 * i + 1, 64)), ''::bytea ORDER BY i) || v_odd
        INTO v_level FROM generate_series(0, v_nodes / 2 - 1) AS i;
      END LOOP;
    END $$""",
    """
    CREATE FUNCTION seal_root(p_county text, p_from xid8, p_to xid8, OUT journals bigint, OUT lines bigint,
      OUT root bytea)
    LANGUAGE sql STABLE SET search_path = funds, pg_temp SET work_mem = '64MB' AS $$
      SELECT count(*) FILTER (WHERE line = 1), count(*),
             merkle_root(coalesce(string_agg(leaf, ''::bytea ORDER BY journal_id, line), ''::bytea))
      FROM (SELECT p.journal_id, p.line, line_leaf(d.digest, p) AS leaf
            FROM (SELECT j.id, journal_digest(j) AS digest FROM journal j
                  WHERE j.county_code = p_county AND j.xid >= p_from AND j.xid < p_to OFFSET 0) AS d
            JOIN posting p ON p.journal_id = d.id) AS leaves
    $$""",
    """
    CREATE OR REPLACE FUNCTION seal_ledger(p_county text, OUT number bigint, OUT journals bigint)
    LANGUAGE plpgsql {DEFINER} AS $$
    DECLARE
      v_last seal; v_lines bigint; v_root bytea; v_upto xid8 := pg_snapshot_xmin(pg_current_snapshot());
    BEGIN
      PERFORM pg_advisory_xact_lock(hashtextextended('funds.seal.' || p_county, 0));
      SELECT * INTO v_last FROM seal s WHERE s.county_code = p_county ORDER BY s.number DESC LIMIT 1;
      number := coalesce(v_last.number, 0);
      SELECT r.journals, r.lines, r.root INTO journals, v_lines, v_root
      FROM seal_root(p_county, coalesce(v_last.upto, '0'::xid8), v_upto) AS r;
      IF journals > 0 THEN
        number := number + 1;
        INSERT INTO seal (county_code, number, upto, journals, lines, root, previous, hash)
        VALUES (p_county, number, v_upto, journals, v_lines, v_root, v_last.hash,
                sha256(coalesce(v_last.hash, ''::bytea) || int8send(v_lines) || v_root));
      END IF;
    END $$""",
    # Brings the balances by day up to every account's last entry. An account's entries are numbered without gaps and
    # its row is locked until they commit, so all entries up to the balance's number are there to be summed.
    """
    CREATE FUNCTION sum_days(p_county text) RETURNS bigint LANGUAGE plpgsql {DEFINER} AS $$
    DECLARE
      v_account record; v_days date[]; v_fen bigint[]; v_entries bigint[]; v_done bigint := 0;
    BEGIN
      PERFORM pg_advisory_xact_lock(hashtextextended('funds.days.' || p_county, 0));
      FOR v_account IN
        SELECT b.account_id, b.side, b.seq AS last, coalesce(m.seq, 0) AS done
        FROM balance b LEFT JOIN day_mark m ON m.account_id = b.account_id
        WHERE b.county_code = p_county AND b.seq > coalesce(m.seq, 0) ORDER BY b.account_id
      LOOP
        SELECT array_agg(e.day ORDER BY e.day), array_agg(e.fen ORDER BY e.day), array_agg(e.n ORDER BY e.day)
        INTO v_days, v_fen, v_entries
        FROM (SELECT x.effective_on AS day, sum(x.fen)::bigint AS fen, count(*) AS n
              FROM (SELECT j.effective_on, v_account.side * p.amount_fen AS fen
                    FROM posting p JOIN journal j ON j.id = p.journal_id
                    WHERE p.debit = v_account.account_id
                      AND p.debit_seq > v_account.done AND p.debit_seq <= v_account.last
                    UNION ALL
                    SELECT j.effective_on, -v_account.side * p.amount_fen
                    FROM posting p JOIN journal j ON j.id = p.journal_id
                    WHERE p.credit = v_account.account_id
                      AND p.credit_seq > v_account.done AND p.credit_seq <= v_account.last) AS x
              GROUP BY x.effective_on) AS e;
        INSERT INTO day_balance (account_id, effective_on, county_code, net_fen, entries)
        SELECT v_account.account_id, d.day, p_county, coalesce(before.net_fen, 0), coalesce(before.entries, 0)
        FROM unnest(v_days) AS d (day) LEFT JOIN LATERAL (
          SELECT b.net_fen, b.entries FROM day_balance b
          WHERE b.account_id = v_account.account_id AND b.effective_on < d.day
          ORDER BY b.effective_on DESC LIMIT 1) AS before ON true
        ON CONFLICT (account_id, effective_on) DO NOTHING;
        UPDATE day_balance b SET net_fen = b.net_fen + s.fen, entries = b.entries + s.n
        FROM (SELECT d.effective_on, sum(n.fen)::bigint AS fen, sum(n.entries)::bigint AS n
              FROM day_balance d JOIN unnest(v_days, v_fen, v_entries) AS n (day, fen, entries)
                ON n.day <= d.effective_on
              WHERE d.account_id = v_account.account_id GROUP BY d.effective_on) AS s
        WHERE b.account_id = v_account.account_id AND b.effective_on = s.effective_on;
        INSERT INTO day_mark (account_id, county_code, seq)
        VALUES (v_account.account_id, p_county, v_account.last)
        ON CONFLICT (account_id) DO UPDATE SET seq = excluded.seq;
        v_done := v_done + v_account.last - v_account.done;
      END LOOP;
      RETURN v_done;
    END $$""",
)

CALLABLE = (
    "post_batch(text, text[], date[], text[], integer[], bigint[], bigint[], bigint[], text, uuid, uuid, text[])",
    "post_each(text, text[], date[], text[], bigint[], bigint[], bigint[], text, text[])",
    "journal_digest(journal)",
    "line_leaf(bytea, posting)",
    "merkle_root(bytea)",
    "seal_root(text, xid8, xid8)",
    "seal_ledger(text)",
    "sum_days(text)",
)

# --- for the way back

BEFORE = (
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
