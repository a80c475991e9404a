"""
The ledger at speed: plans that rest on no statistics, and locks taken in one order.

A table that was just filled has no statistics yet, and a plan made for an empty one reads all of it for every key. The
batch therefore looks rows up by index, always. Transfers posted one by one in one transaction lock their accounts
before the first of them, as a batch does: two such groups queue instead of deadlocking. And what few journals have (a
document, a journal they undo) is indexed for those few only.
"""

from alembic import context, op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run = op.get_bind().connection.driver_connection.execute
    run("SET LOCAL search_path = funds, public")
    for statement in (*INDEXES, *FUNCTIONS):
        run(statement.replace("{DEFINER}", DEFINER))


def downgrade() -> None:
    run = op.get_bind().connection.driver_connection.execute
    run("SET LOCAL search_path = funds, public")
    for statement in BEFORE:
        run(statement)
    for statement in context.script.get_revision("0005").module.FUNCTIONS:
        if "CREATE FUNCTION post_" in statement:
            run(statement.replace("{DEFINER}", DEFINER).replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"))


DEFINER = "SECURITY DEFINER SET search_path = funds, pg_temp"

INDEXES = (
    "ALTER TABLE journal DROP CONSTRAINT uq_journal_reverses",
    "CREATE UNIQUE INDEX uq_journal_reverses ON journal (reverses) WHERE reverses IS NOT NULL",
    "DROP INDEX ix_journal_source_id",
    "CREATE INDEX ix_journal_source_id ON journal (source_id) WHERE source_id IS NOT NULL",
)

BEFORE = (
    "DROP INDEX uq_journal_reverses",
    "ALTER TABLE journal ADD CONSTRAINT uq_journal_reverses UNIQUE (reverses)",
    "DROP INDEX ix_journal_source_id",
    "CREATE INDEX ix_journal_source_id ON journal (source_id)",
)

FUNCTIONS = (
    """
    CREATE OR REPLACE FUNCTION post_batch(p_county text, p_keys text[], p_on date[], p_memos text[],
      p_line_journal integer[], p_line_debit bigint[], p_line_credit bigint[], p_line_amount bigint[], p_source text,
      p_source_id uuid DEFAULT NULL, p_reverses uuid DEFAULT NULL, p_actors text[] DEFAULT NULL)
    RETURNS TABLE (ord integer, journal_id uuid, replayed boolean)
    LANGUAGE plpgsql {DEFINER} SET jit = off SET plan_cache_mode = force_custom_plan SET enable_seqscan = off AS $$
    #variable_conflict use_column
    DECLARE
      v_count integer := cardinality(p_keys);
      v_actor text := coalesce(nullif(current_setting('fupin.actor', true), ''), 'login:' || session_user);
      v_ids uuid[]; v_hashes bytea[]; v_lines integer[]; v_new uuid[]; v_accounts bigint[]; v_found bigint;
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
        SELECT array_agg(a.id) INTO v_accounts
        FROM (SELECT unnest(p_line_debit) UNION SELECT unnest(p_line_credit)) AS a (id);
        PERFORM FROM balance b
        WHERE b.account_id = ANY (v_accounts) AND b.county_code = p_county AND b.is_open
        ORDER BY b.account_id FOR NO KEY UPDATE;
        GET DIAGNOSTICS v_found = ROW_COUNT;
        IF v_found < cardinality(v_accounts) THEN
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
                   b.net_fen + sum(b.side * e.delta) OVER forward AS net,
                   lead(e.o) OVER forward IS NULL AS last, b.pending_fen + b.min_fen AS least, b.max_fen AS most
            FROM (SELECT o, true AS debit, d AS a, m AS delta FROM line
                  UNION ALL SELECT o, false, c, -m FROM line) AS e
            JOIN balance b ON b.account_id = e.a
            WINDOW forward AS (PARTITION BY e.a ORDER BY e.o)),
          applied AS (
            UPDATE balance b SET seq = e.seq, net_fen = e.net FROM entry e
            WHERE e.last AND b.account_id = e.a),
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
      IF cardinality(v_new) = v_count THEN
        RETURN QUERY SELECT n.o::integer, n.id, false FROM unnest(v_ids) WITH ORDINALITY AS n (id, o) ORDER BY n.o;
      ELSE
        RETURN QUERY
          SELECT n.o::integer, j.id, j.id <> ALL (v_new)
          FROM unnest(p_keys) WITH ORDINALITY AS n (key, o)
          JOIN journal j ON j.county_code = p_county AND j.idem_key = n.key ORDER BY n.o;
      END IF;
    END $$""",
    """
    CREATE OR REPLACE FUNCTION post_each(p_county text, p_keys text[], p_on date[], p_memos text[], p_debits bigint[],
      p_credits bigint[], p_amounts bigint[], p_source text, p_actors text[])
    RETURNS TABLE (ord integer, journal_id uuid, replayed boolean, refusal text)
    LANGUAGE plpgsql {DEFINER} AS $$
    DECLARE
      v_constraint text; v_state text; v_before text := current_setting('fupin.actor', true);
    BEGIN
      PERFORM FROM balance b
      WHERE b.account_id = ANY (p_debits || p_credits) AND b.county_code = p_county
      ORDER BY b.account_id FOR NO KEY UPDATE;
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
)
