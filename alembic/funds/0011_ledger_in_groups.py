"""
The ledger in groups: what is checked line by line is checked for all lines of a statement at once.

That a line belongs to its journal, and that a journal has all its lines, was a foreign key: a look-up, a row lock and a
record of it in the log for every line. Nobody can remove a journal, so the one moment to ask is when lines are added,
and one question answers for all of them. It asks for more than the key did: every line from the first to the last, in
the journal's county. The journal's own deferred key on its last line stays.

The batch's statements are planned once for each connection, in a way that suits one line and a hundred thousand. The
transfers that wait for a group commit, and those of one person's list, are claimed, posted, refused and recorded by one
call: their accounts are locked for no longer than PostgreSQL works.
"""

from alembic import context, op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run = op.get_bind().connection.driver_connection.execute
    run("SET LOCAL search_path = funds, public")
    for statement in (*GUARDS, *FUNCTIONS):
        run(statement.replace("{DEFINER}", DEFINER))
    run("REVOKE EXECUTE ON FUNCTION whole_journals(), closed_account(text, bigint[]) FROM PUBLIC, fupin_funds")
    run(f"REVOKE EXECUTE ON FUNCTION {CALLABLE} FROM PUBLIC, fupin_funds")
    run(f"GRANT EXECUTE ON FUNCTION {CALLABLE} TO fupin_funds")


def downgrade() -> None:
    run = op.get_bind().connection.driver_connection.execute
    run("SET LOCAL search_path = funds, public")
    run(f"DROP FUNCTION {CALLABLE}")
    run("DROP TRIGGER whole_journals ON posting")
    run("DROP FUNCTION whole_journals()")
    run(
        "ALTER TABLE posting ADD CONSTRAINT fk_posting_journal_id FOREIGN KEY (journal_id) REFERENCES journal NOT VALID"
    )
    run("ALTER TABLE posting VALIDATE CONSTRAINT fk_posting_journal_id")
    for migration, functions in (
        ("0002", ("post(", "hold_funds(")),
        ("0005", ("sum_days(",)),
        ("0009", ("post_batch(", "post_each(")),
    ):
        for statement in context.script.get_revision(migration).module.FUNCTIONS:
            if any(f"FUNCTION {name}" in statement for name in functions):
                created = statement.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
                run(created.replace("{DEFINER}", DEFINER))
    run("DROP FUNCTION closed_account(text, bigint[])")


DEFINER = "SECURITY DEFINER SET search_path = funds, pg_temp"

CALLABLE = "post_waiting(text, text, json), post_listed(text, text, text, text, text, text, text, json)"

GUARDS = (
    "ALTER TABLE posting DROP CONSTRAINT fk_posting_journal_id",
    # Whatever the statistics say, journals are found by their key: a statement's lines are of few journals or of many.
    """
    CREATE FUNCTION whole_journals() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_nestloop = on SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    BEGIN
      IF EXISTS (
          SELECT FROM (SELECT f.journal_id, count(*) AS lines, max(f.line) AS last, min(f.county_code) AS county,
                              max(f.county_code) AS county_too
                       FROM fresh f GROUP BY f.journal_id) AS p
          LEFT JOIN funds.journal j ON j.id = p.journal_id
          WHERE (j.n_lines, j.n_lines, j.county_code, j.county_code)
                IS DISTINCT FROM (p.lines, p.last, p.county, p.county_too)) THEN
        RAISE EXCEPTION 'a line without its journal, or a journal without all its lines'
          USING ERRCODE = '23503', CONSTRAINT = 'fk_posting_journal_id';
      END IF;
      RETURN NULL;
    END $$""",
    """
    CREATE TRIGGER whole_journals AFTER INSERT ON posting REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION whole_journals()""",
    "ALTER TABLE posting ENABLE ALWAYS TRIGGER whole_journals",
)

FUNCTIONS = (
    # Each day once, whatever the number of days: what came on it is carried on to all that follow.
    """
    CREATE OR REPLACE FUNCTION sum_days(p_county text) RETURNS bigint LANGUAGE plpgsql {DEFINER} AS $$
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
        FROM (SELECT d.effective_on, (sum(n.fen) OVER onwards)::bigint AS fen,
                     (sum(n.entries) OVER onwards)::bigint AS n
              FROM day_balance d LEFT JOIN unnest(v_days, v_fen, v_entries) AS n (day, fen, entries)
                ON n.day = d.effective_on
              WHERE d.account_id = v_account.account_id AND d.effective_on >= v_days[1]
              WINDOW onwards AS (ORDER BY d.effective_on)) AS s
        WHERE b.account_id = v_account.account_id AND b.effective_on = s.effective_on;
        INSERT INTO day_mark (account_id, county_code, seq)
        VALUES (v_account.account_id, p_county, v_account.last)
        ON CONFLICT (account_id) DO UPDATE SET seq = excluded.seq;
        v_done := v_done + v_account.last - v_account.done;
      END LOOP;
      RETURN v_done;
    END $$""",
    # Why accounts could not be posted to: one is closed, or there is no such account.
    """
    CREATE FUNCTION closed_account(p_county text, p_accounts bigint[]) RETURNS void LANGUAGE plpgsql
    SET search_path = funds, pg_temp AS $$
    BEGIN
      IF (SELECT count(*) FROM balance b WHERE b.account_id = ANY (p_accounts) AND b.county_code = p_county)
         < (SELECT count(DISTINCT a.id) FROM unnest(p_accounts) AS a (id)) THEN
        RAISE EXCEPTION 'an account is unknown' USING ERRCODE = '23503', CONSTRAINT = 'journal_account';
      END IF;
      RAISE EXCEPTION 'an account is closed' USING ERRCODE = '23503', CONSTRAINT = 'journal_account_closed';
    END $$""",
    """
    CREATE OR REPLACE FUNCTION post(p_county text, p_key text, p_debit bigint, p_credit bigint, p_amount bigint,
      p_on date, p_memo text, p_source text, p_source_id uuid DEFAULT NULL, OUT journal_id uuid, OUT replayed boolean)
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
        PERFORM closed_account(p_county, ARRAY[p_debit, p_credit]);
      END IF;
      INSERT INTO posting (journal_id, line, county_code, debit, credit, amount_fen,
                           debit_seq, debit_net_fen, credit_seq, credit_net_fen)
      VALUES (journal_id, 1, p_county, p_debit, p_credit, p_amount,
              v_debit_seq, v_debit_net, v_credit_seq, v_credit_net);
    END $$""",
    # Planned once for arrays of any length: joins are by hash or by merging, which a wrong guess makes no slower, and
    # tables are read by index for the accounts and keys at hand only.
    """
    CREATE OR REPLACE FUNCTION post_batch(p_county text, p_keys text[], p_on date[], p_memos text[],
      p_line_journal integer[], p_line_debit bigint[], p_line_credit bigint[], p_line_amount bigint[], p_source text,
      p_source_id uuid DEFAULT NULL, p_reverses uuid DEFAULT NULL, p_actors text[] DEFAULT NULL)
    RETURNS TABLE (ord integer, journal_id uuid, replayed boolean)
    LANGUAGE plpgsql {DEFINER} SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
      SET enable_nestloop = off SET enable_hashjoin = on SET enable_mergejoin = on AS $$
    #variable_conflict use_column
    DECLARE
      v_count integer := cardinality(p_keys);
      v_actor text := coalesce(nullif(current_setting('fupin.actor', true), ''), 'login:' || session_user);
      v_ids uuid[]; v_hashes bytea[]; v_lines integer[]; v_whole bigint; v_new uuid[]; v_all boolean;
      v_accounts bigint[]; v_sides smallint[]; v_seqs bigint[]; v_nets bigint[]; v_least bigint[]; v_most bigint[];
    BEGIN
      SELECT array_agg(uuidv7() ORDER BY q.k), array_agg(q.n ORDER BY q.k), sum(q.n),
             array_agg(sha256(convert_to(json_build_array(
               h.effective_on - DATE '1970-01-01', h.memo, p_source, p_source_id, p_reverses, q.lines)::text, 'UTF8'))
               ORDER BY q.k)
      INTO v_ids, v_lines, v_whole, v_hashes
      FROM (SELECT l.k, string_agg(l.d || '>' || l.c || ':' || l.m, ',' ORDER BY l.o) AS lines, count(*)::integer AS n
            FROM unnest(p_line_journal, p_line_debit, p_line_credit, p_line_amount) WITH ORDINALITY AS l (k, d, c, m, o)
            GROUP BY l.k) AS q
      JOIN unnest(p_on, p_memos) WITH ORDINALITY AS h (effective_on, memo, o) ON h.o = q.k;
      IF cardinality(v_ids) IS DISTINCT FROM v_count OR v_whole IS DISTINCT FROM cardinality(p_line_journal) THEN
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
      v_all := cardinality(v_new) = v_count;
      IF NOT v_all AND EXISTS (
          SELECT FROM unnest(p_keys, v_hashes) AS n (key, hash)
          JOIN journal j ON j.county_code = p_county AND j.idem_key = n.key
          WHERE j.idem_key = ANY (p_keys) AND j.request_hash <> n.hash) THEN
        RAISE EXCEPTION 'this key was used for another journal'
            USING ERRCODE = '23505', CONSTRAINT = 'journal_key_reused';
      END IF;

      IF cardinality(v_new) > 0 THEN
        SELECT array_agg(a.id) INTO v_accounts
        FROM (SELECT unnest(p_line_debit) UNION SELECT unnest(p_line_credit)) AS a (id);
        SELECT array_agg(b.account_id), array_agg(b.side), array_agg(b.seq), array_agg(b.net_fen),
               array_agg(b.pending_fen + b.min_fen), array_agg(b.max_fen)
        INTO v_accounts, v_sides, v_seqs, v_nets, v_least, v_most
        FROM (SELECT * FROM balance
              WHERE account_id = ANY (v_accounts) AND county_code = p_county AND is_open
              ORDER BY account_id FOR NO KEY UPDATE) AS b;
        IF (SELECT count(*) FROM (SELECT unnest(p_line_debit) UNION SELECT unnest(p_line_credit)) AS a)
           > coalesce(cardinality(v_accounts), 0) THEN
          PERFORM closed_account(p_county, p_line_debit || p_line_credit);
        END IF;
        WITH line AS MATERIALIZED (
            SELECT v_ids[l.k] AS id, (row_number() OVER (PARTITION BY l.k ORDER BY l.o))::integer AS line,
                   l.o, l.d, l.c, l.m
            FROM unnest(p_line_journal, p_line_debit, p_line_credit, p_line_amount) WITH ORDINALITY AS l (k, d, c, m, o)
            WHERE v_all OR v_ids[l.k] IN (SELECT unnest(v_new))),
          entry AS MATERIALIZED (
            SELECT e.o, e.debit, e.a, b.seq + row_number() OVER forward AS seq,
                   b.net + sum(b.side * e.delta) OVER forward AS net,
                   lead(e.o) OVER forward IS NULL AS last, b.least, b.most
            FROM (SELECT o, true AS debit, d AS a, m AS delta FROM line
                  UNION ALL SELECT o, false, c, -m FROM line) AS e
            JOIN unnest(v_accounts, v_sides, v_seqs, v_nets, v_least, v_most) AS b (a, side, seq, net, least, most)
              ON b.a = e.a
            WINDOW forward AS (PARTITION BY e.a ORDER BY e.o)),
          applied AS (
            UPDATE balance b SET seq = e.seq, net_fen = e.net FROM entry e
            WHERE e.last AND b.account_id = e.a AND b.account_id = ANY (v_accounts)),
          broken AS (
            SELECT count(*) FILTER (WHERE e.net < e.least) AS short, count(*) FILTER (WHERE e.net > e.most) AS over
            FROM entry e)
        INSERT INTO posting (journal_id, line, county_code, debit, credit, amount_fen,
                             debit_seq, debit_net_fen, credit_seq, credit_net_fen)
        SELECT l.id, l.line, p_county, l.d, l.c, l.m, d.seq, d.net, c.seq, c.net
        FROM line l JOIN entry d ON d.o = l.o AND d.debit JOIN entry c ON c.o = l.o AND NOT c.debit
        WHERE (SELECT CASE WHEN short + over > 0 THEN funds.limit_broken(short, over) ELSE true END FROM broken)
        ORDER BY l.o;
      END IF;
      IF v_all THEN
        RETURN QUERY SELECT n.o::integer, n.id, false FROM unnest(v_ids) WITH ORDINALITY AS n (id, o) ORDER BY n.o;
      ELSE
        RETURN QUERY
          SELECT n.o::integer, j.id, j.id <> ALL (v_new)
          FROM unnest(p_keys) WITH ORDINALITY AS n (key, o)
          JOIN journal j ON j.county_code = p_county AND j.idem_key = n.key
          WHERE j.idem_key = ANY (p_keys) ORDER BY n.o;
      END IF;
    END $$""",
    """
    CREATE OR REPLACE FUNCTION hold_funds(p_county text, p_key text, p_account bigint, p_amount bigint, p_source text,
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
          PERFORM closed_account(p_county, ARRAY[p_account]);
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
    # Transfers that wait together, each with its idempotency record: what was answered before is answered again, what
    # cannot stand is refused by name, and all others are posted, together or else one by one, and
    # recorded. It runs as its caller, whose division bounds what it sees. `rest` is an answer's JSON after the
    # journal's id.
    """
    CREATE FUNCTION post_waiting(p_county text, p_source text, p_wanted json)
    RETURNS TABLE (journal_id uuid, refusal text, status integer, headers jsonb, body bytea)
    LANGUAGE plpgsql SET search_path = funds, pg_temp SET jit = off SET plan_cache_mode = force_generic_plan
      SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    #variable_conflict use_column
    DECLARE
      v_count integer; v_principals text[]; v_keys text[]; v_prints bytea[]; v_rests text[]; v_refusals text[];
      v_statuses integer[]; v_headers jsonb[]; v_bodies bytea[]; v_ids uuid[];
      v_at integer[]; v_journal_keys text[]; v_on date[]; v_memos text[]; v_debits bigint[]; v_credits bigint[];
      v_amounts bigint[]; v_actors text[]; v_done uuid[]; v_refused text[];
    BEGIN
      WITH wanted AS MATERIALIZED (
          SELECT w.*, decode(w.fingerprint, 'hex') AS print,
                 pg_try_advisory_xact_lock(hashtextextended(w.principal || '|' || w.key, 7231)) AS ours
          FROM ROWS FROM (json_to_recordset(p_wanted) AS (
                 principal text, key text, fingerprint text, rest text, journal_key text, "on" date, memo text,
                 debit text, credit text, amount bigint, actor text))
               WITH ORDINALITY AS w (principal, key, fingerprint, rest, journal_key, "on", memo, debit, credit, amount,
                                     actor, o)),
        looked AS MATERIALIZED (
          SELECT w.*, i.status, i.headers, i.body, d.id AS d, c.id AS c,
                 CASE WHEN i.fingerprint = w.print THEN 'answered'
                      WHEN i.fingerprint IS NOT NULL THEN 'key-reused'
                      WHEN NOT w.ours THEN 'key-in-progress'
                      WHEN d.id IS NULL OR c.id IS NULL THEN 'no-such-account'
                      WHEN d.managed OR c.managed THEN 'managed-account'
                      WHEN d.id = c.id THEN 'same-account' END AS refusal
          FROM wanted w
          LEFT JOIN idempotency i ON i.principal = w.principal AND i.key = w.key
          LEFT JOIN account d ON d.county_code = p_county AND d.code = w.debit
          LEFT JOIN account c ON c.county_code = p_county AND c.code = w.credit)
      SELECT count(*), array_agg(principal), array_agg(key), array_agg(print), array_agg(rest),
             array_agg(refusal), array_agg(status), array_agg(headers), array_agg(body),
             array_agg(o) FILTER (WHERE refusal IS NULL), array_agg(journal_key) FILTER (WHERE refusal IS NULL),
             array_agg("on") FILTER (WHERE refusal IS NULL), array_agg(memo) FILTER (WHERE refusal IS NULL),
             array_agg(d) FILTER (WHERE refusal IS NULL), array_agg(c) FILTER (WHERE refusal IS NULL),
             array_agg(amount) FILTER (WHERE refusal IS NULL), array_agg(actor) FILTER (WHERE refusal IS NULL)
      INTO v_count, v_principals, v_keys, v_prints, v_rests, v_refusals, v_statuses, v_headers, v_bodies,
           v_at, v_journal_keys, v_on, v_memos, v_debits, v_credits, v_amounts, v_actors
      FROM (SELECT * FROM looked ORDER BY o) AS l;
      v_ids := array_fill(NULL::uuid, ARRAY[v_count]);

      IF v_at IS NOT NULL THEN
        BEGIN
          SELECT array_agg(b.journal_id ORDER BY b.ord) INTO v_done
          FROM post_batch(p_county, v_journal_keys, v_on, v_memos,
                          ARRAY(SELECT generate_series(1, cardinality(v_at))), v_debits, v_credits, v_amounts,
                          p_source, NULL, NULL, v_actors) AS b;
        -- a limit, a key, a date, a closed account, the division: whose, shows when each is posted by itself
        EXCEPTION WHEN integrity_constraint_violation OR data_exception OR insufficient_privilege THEN
          SELECT array_agg(e.journal_id ORDER BY e.ord), array_agg(e.refusal ORDER BY e.ord) INTO v_done, v_refused
          FROM post_each(p_county, v_journal_keys, v_on, v_memos, v_debits, v_credits, v_amounts, p_source, v_actors)
            AS e;
        END;
        FOR n IN 1 .. cardinality(v_at) LOOP
          v_ids[v_at[n]] := v_done[n];
          v_refusals[v_at[n]] := v_refused[n];
        END LOOP;
        INSERT INTO idempotency (principal, key, fingerprint, status, headers, body)
        SELECT k.principal, k.key, k.print, 201,
               jsonb_build_object('location', '/v1/journals/' || k.id, 'content-type', 'application/json'),
               convert_to('{"journal_id":"' || k.id || '",' || k.rest, 'UTF8')
        FROM unnest(v_principals, v_keys, v_prints, v_rests, v_ids) AS k (principal, key, print, rest, id)
        WHERE k.id IS NOT NULL ORDER BY k.principal, k.key ON CONFLICT DO NOTHING;
      END IF;
      RETURN QUERY SELECT a.id, a.refusal, a.status, a.headers, a.body
        FROM unnest(v_ids, v_refusals, v_statuses, v_headers, v_bodies) WITH ORDINALITY
          AS a (id, refusal, status, headers, body, o) ORDER BY a.o;
    END $$""",
    # One person's list of transfers, all or none, with its idempotency record and its answer's JSON; what refuses it
    # before anything is posted is returned by name, what PostgreSQL refuses is raised.
    """
    CREATE FUNCTION post_listed(p_county text, p_source text, p_principal text, p_key text, p_fingerprint text,
      p_journal_key text, p_actor text, p_wanted json)
    RETURNS TABLE (refusal text, status integer, headers jsonb, body bytea)
    LANGUAGE plpgsql SET search_path = funds, pg_temp SET jit = off SET plan_cache_mode = force_generic_plan
      SET enable_seqscan = off SET enable_nestloop = off AS $$
    #variable_conflict use_column
    DECLARE
      v_ours boolean := pg_try_advisory_xact_lock(hashtextextended(p_principal || '|' || p_key, 7231));
      v_kept idempotency; v_count integer; v_codes text[]; v_accounts bigint[]; v_managed boolean[]; v_on date[];
      v_memos text[]; v_debit_codes text[]; v_credit_codes text[]; v_debits bigint[]; v_credits bigint[];
      v_amounts bigint[]; v_some_managed boolean; v_some_same boolean; v_done uuid[];
    BEGIN
      SELECT * INTO v_kept FROM idempotency i WHERE i.principal = p_principal AND i.key = p_key;
      IF v_kept.fingerprint IS NOT NULL THEN
        refusal := CASE WHEN v_kept.fingerprint = decode(p_fingerprint, 'hex') THEN 'answered' ELSE 'key-reused' END;
        status := v_kept.status; headers := v_kept.headers; body := v_kept.body;
        RETURN NEXT;
        RETURN;
      ELSIF NOT v_ours THEN
        refusal := 'key-in-progress';
        RETURN NEXT;
        RETURN;
      END IF;

      SELECT count(*), array_agg(w.debit ORDER BY w.o), array_agg(w.credit ORDER BY w.o),
             array_agg(w.amount ORDER BY w.o), array_agg(w."on" ORDER BY w.o), array_agg(w.memo ORDER BY w.o)
      INTO v_count, v_debit_codes, v_credit_codes, v_amounts, v_on, v_memos
      FROM ROWS FROM (json_to_recordset(p_wanted) AS (debit text, credit text, amount bigint, "on" date, memo text))
           WITH ORDINALITY AS w (debit, credit, amount, "on", memo, o);
      SELECT array_agg(a.code), array_agg(a.id), array_agg(a.managed) INTO v_codes, v_accounts, v_managed
      FROM account a WHERE a.county_code = p_county AND a.code = ANY (v_debit_codes || v_credit_codes);
      SELECT array_agg(d.id ORDER BY w.o), array_agg(c.id ORDER BY w.o), bool_or(d.managed OR c.managed),
             bool_or(w.debit = w.credit)
      INTO v_debits, v_credits, v_some_managed, v_some_same
      FROM unnest(v_debit_codes, v_credit_codes) WITH ORDINALITY AS w (debit, credit, o)
      JOIN unnest(v_codes, v_accounts, v_managed) AS d (code, id, managed) ON d.code = w.debit
      JOIN unnest(v_codes, v_accounts, v_managed) AS c (code, id, managed) ON c.code = w.credit;
      refusal := CASE WHEN cardinality(v_debits) IS DISTINCT FROM v_count THEN 'no-such-account'
                      WHEN v_some_managed THEN 'managed-account' WHEN v_some_same THEN 'same-account' END;
      IF refusal IS NOT NULL THEN
        RETURN NEXT;
        RETURN;
      END IF;

      SELECT array_agg(b.journal_id ORDER BY b.ord) INTO v_done
      FROM post_batch(p_county, ARRAY(SELECT p_journal_key || g FROM generate_series(1, v_count) AS g), v_on, v_memos,
                      ARRAY(SELECT generate_series(1, v_count)), v_debits, v_credits, v_amounts, p_source, NULL, NULL,
                      array_fill(p_actor, ARRAY[v_count])) AS b;
      SELECT convert_to('{"transfers":[' || string_agg(
               '{"journal_id":"' || t.id || '","debit":"' || t.debit || '","credit":"' || t.credit
               || '","amount_fen":' || t.amount || ',"effective_on":"' || to_char(t."on", 'YYYY-MM-DD')
               || '","memo":' || coalesce(to_json(t.memo)::text, 'null') || '}', ',' ORDER BY t.o) || ']}', 'UTF8')
      INTO body
      FROM unnest(v_done, v_debit_codes, v_credit_codes, v_amounts, v_on, v_memos) WITH ORDINALITY
        AS t (id, debit, credit, amount, "on", memo, o);
      status := 201;
      headers := jsonb_build_object('content-type', 'application/json');
      INSERT INTO idempotency (principal, key, fingerprint, status, headers, body)
      VALUES (p_principal, p_key, decode(p_fingerprint, 'hex'), status, headers, body);
      RETURN NEXT;
    END $$""",
)
