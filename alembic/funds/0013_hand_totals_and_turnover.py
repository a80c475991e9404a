"""
What one person moved by hand in a day, turnovers of past days, and holds on closed accounts.

The sum of a day is counted in the transaction that moves the money, after everything else: it is locked for no longer
than the commit takes. More than the limit undoes the whole call.

The days' sums now hold what came in on the debit side too, so that a trial balance of a past day costs by accounts.
They are derived: what is there is dropped, and the next sum makes it again; until then reads use the postings.
"""

from alembic import context, op

from fupin import ddl

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run = op.get_bind().connection.driver_connection.execute
    run("SET LOCAL search_path = funds, public")
    for statement in (*TABLES, *FUNCTIONS):
        run(statement.replace("{DEFINER}", DEFINER))
    ddl.scoped(op, "hand_total", column="county_code")
    run("REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON hand_total FROM fupin_funds")
    run("GRANT SELECT ON hand_total TO fupin_funds")
    run(f"REVOKE EXECUTE ON FUNCTION {CALLABLE} FROM PUBLIC, fupin_funds")
    run(f"GRANT EXECUTE ON FUNCTION {CALLABLE} TO fupin_funds")


def downgrade() -> None:
    run = op.get_bind().connection.driver_connection.execute
    run("SET LOCAL search_path = funds, public")
    run(f"DROP FUNCTION {CALLABLE}")
    run("DROP TABLE hand_total")
    run("ALTER TABLE day_balance DROP COLUMN debit_fen")
    for migration, function in (("0002", "release_funds("), ("0011", "sum_days(")):
        for statement in context.script.get_revision(migration).module.FUNCTIONS:
            if f"FUNCTION {function}" in statement:
                created = statement.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
                run(created.replace("{DEFINER}", DEFINER))


DEFINER = "SECURITY DEFINER SET search_path = funds, pg_temp"

CALLABLE = """
    count_by_hand(text, date, bigint, text[], bigint[]), post_waiting_within(text, text, json, date, bigint),
    post_listed_within(text, text, text, text, text, text, text, json, date, bigint)"""

TABLES = (
    """
    CREATE TABLE hand_total (
      county_code char(6) NOT NULL,
      actor text NOT NULL,
      day date NOT NULL,
      amount_fen bigint NOT NULL,
      CONSTRAINT pk_hand_total PRIMARY KEY (county_code, actor, day)
    ) WITH (fillfactor = 50)""",
    "TRUNCATE day_mark, day_balance",
    "ALTER TABLE day_balance ADD COLUMN debit_fen bigint NOT NULL DEFAULT 0",
)

FUNCTIONS = (
    # The rows of several people are taken in one order, so that racing calls queue instead of deadlocking.
    """
    CREATE FUNCTION count_by_hand(p_county text, p_day date, p_limit bigint, p_actors text[], p_amounts bigint[])
    RETURNS void LANGUAGE plpgsql {DEFINER} AS $$
    DECLARE
      v_most bigint;
    BEGIN
      WITH counted AS (
        INSERT INTO hand_total AS t (county_code, actor, day, amount_fen)
        SELECT p_county, m.actor, p_day, sum(m.fen)::bigint FROM unnest(p_actors, p_amounts) AS m (actor, fen)
        GROUP BY m.actor ORDER BY m.actor
        ON CONFLICT (county_code, actor, day) DO UPDATE SET amount_fen = t.amount_fen + excluded.amount_fen
        RETURNING amount_fen)
      SELECT max(amount_fen) INTO v_most FROM counted;
      IF v_most > p_limit THEN
        RAISE EXCEPTION 'one person would move more by hand than a day allows'
          USING ERRCODE = '23514', CONSTRAINT = 'hand_total_limit';
      END IF;
    END $$""",
    """
    CREATE FUNCTION post_waiting_within(p_county text, p_source text, p_wanted json, p_day date, p_limit bigint)
    RETURNS TABLE (journal_id uuid, refusal text, status integer, headers jsonb, body bytea)
    LANGUAGE plpgsql SET search_path = funds, pg_temp AS $$
    DECLARE
      v_ids uuid[]; v_refusals text[]; v_statuses integer[]; v_headers jsonb[]; v_bodies bytea[];
      v_actors text[]; v_amounts bigint[];
    BEGIN
      SELECT array_agg(w.journal_id ORDER BY w.o), array_agg(w.refusal ORDER BY w.o),
             array_agg(w.status ORDER BY w.o), array_agg(w.headers ORDER BY w.o), array_agg(w.body ORDER BY w.o)
      INTO v_ids, v_refusals, v_statuses, v_headers, v_bodies
      FROM post_waiting(p_county, p_source, p_wanted) WITH ORDINALITY
        AS w (journal_id, refusal, status, headers, body, o);
      SELECT array_agg(m.actor), array_agg(m.amount) INTO v_actors, v_amounts
      FROM ROWS FROM (json_to_recordset(p_wanted) AS (actor text, amount bigint)) WITH ORDINALITY
        AS m (actor, amount, o)
      WHERE v_ids[m.o] IS NOT NULL;
      PERFORM count_by_hand(p_county, p_day, p_limit, v_actors, v_amounts);
      RETURN QUERY SELECT a.id, a.refusal, a.status, a.headers, a.body
        FROM unnest(v_ids, v_refusals, v_statuses, v_headers, v_bodies) WITH ORDINALITY
          AS a (id, refusal, status, headers, body, o) ORDER BY a.o;
    END $$""",
    """
    CREATE FUNCTION post_listed_within(p_county text, p_source text, p_principal text, p_key text, p_fingerprint text,
      p_journal_key text, p_actor text, p_wanted json, p_day date, p_limit bigint)
    RETURNS TABLE (refusal text, status integer, headers jsonb, body bytea)
    LANGUAGE plpgsql SET search_path = funds, pg_temp AS $$
    BEGIN
      SELECT l.refusal, l.status, l.headers, l.body INTO refusal, status, headers, body
      FROM post_listed(p_county, p_source, p_principal, p_key, p_fingerprint, p_journal_key, p_actor, p_wanted) AS l;
      IF refusal IS NULL THEN
        PERFORM count_by_hand(p_county, p_day, p_limit, ARRAY[p_actor],
          ARRAY(SELECT sum(m.amount)::bigint FROM json_to_recordset(p_wanted) AS m (amount bigint)));
      END IF;
      RETURN NEXT;
    END $$""",
    """
    CREATE OR REPLACE FUNCTION release_funds(p_hold uuid, p_key text, p_amount bigint) RETURNS void
    LANGUAGE plpgsql {DEFINER} AS $$
    DECLARE
      v_hold hold;
    BEGIN
      SELECT * INTO v_hold FROM hold WHERE id = p_hold;
      INSERT INTO hold_release (county_code, hold_id, idem_key, amount_fen)
      VALUES (v_hold.county_code, p_hold, p_key, p_amount)
      ON CONFLICT (hold_id, idem_key) DO NOTHING;
      IF FOUND THEN
        UPDATE balance SET pending_fen = pending_fen - p_amount WHERE account_id = v_hold.account_id AND is_open;
        IF NOT FOUND THEN
          PERFORM closed_account(v_hold.county_code, ARRAY[v_hold.account_id]);
        END IF;
        IF (SELECT sum(amount_fen) FROM hold_release WHERE hold_id = p_hold) > v_hold.amount_fen THEN
          RAISE EXCEPTION 'more released than held' USING ERRCODE = '23514', CONSTRAINT = 'hold_exceeded';
        END IF;
      END IF;
    END $$""",
    # As before, with the debit side's turnover beside the net: the credit side's is what is between them.
    """
    CREATE OR REPLACE FUNCTION sum_days(p_county text) RETURNS bigint LANGUAGE plpgsql {DEFINER} AS $$
    DECLARE
      v_account record; v_days date[]; v_fen bigint[]; v_debits bigint[]; v_entries bigint[]; v_done bigint := 0;
    BEGIN
      PERFORM pg_advisory_xact_lock(hashtextextended('funds.days.' || p_county, 0));
      FOR v_account IN
        SELECT b.account_id, b.side, b.seq AS last, coalesce(m.seq, 0) AS done
        FROM balance b LEFT JOIN day_mark m ON m.account_id = b.account_id
        WHERE b.county_code = p_county AND b.seq > coalesce(m.seq, 0) ORDER BY b.account_id
      LOOP
        SELECT array_agg(e.day ORDER BY e.day), array_agg(e.fen ORDER BY e.day), array_agg(e.debit ORDER BY e.day),
               array_agg(e.n ORDER BY e.day)
        INTO v_days, v_fen, v_debits, v_entries
        FROM (SELECT x.effective_on AS day, (v_account.side * sum(x.debit - x.credit))::bigint AS fen,
                     sum(x.debit)::bigint AS debit, count(*) AS n
              FROM (SELECT j.effective_on, p.amount_fen AS debit, 0::bigint AS credit
                    FROM posting p JOIN journal j ON j.id = p.journal_id
                    WHERE p.debit = v_account.account_id
                      AND p.debit_seq > v_account.done AND p.debit_seq <= v_account.last
                    UNION ALL
                    SELECT j.effective_on, 0, p.amount_fen
                    FROM posting p JOIN journal j ON j.id = p.journal_id
                    WHERE p.credit = v_account.account_id
                      AND p.credit_seq > v_account.done AND p.credit_seq <= v_account.last) AS x
              GROUP BY x.effective_on) AS e;
        INSERT INTO day_balance (account_id, effective_on, county_code, net_fen, debit_fen, entries)
        SELECT v_account.account_id, d.day, p_county, coalesce(before.net_fen, 0), coalesce(before.debit_fen, 0),
               coalesce(before.entries, 0)
        FROM unnest(v_days) AS d (day) LEFT JOIN LATERAL (
          SELECT b.net_fen, b.debit_fen, b.entries FROM day_balance b
          WHERE b.account_id = v_account.account_id AND b.effective_on < d.day
          ORDER BY b.effective_on DESC LIMIT 1) AS before ON true
        ON CONFLICT (account_id, effective_on) DO NOTHING;
        UPDATE day_balance b
        SET net_fen = b.net_fen + s.fen, debit_fen = b.debit_fen + s.debit, entries = b.entries + s.n
        FROM (SELECT d.effective_on, (sum(n.fen) OVER onwards)::bigint AS fen,
                     (sum(n.debit) OVER onwards)::bigint AS debit, (sum(n.entries) OVER onwards)::bigint AS n
              FROM day_balance d LEFT JOIN unnest(v_days, v_fen, v_debits, v_entries) AS n (day, fen, debit, entries)
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
)
