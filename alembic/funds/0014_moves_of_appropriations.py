"""
moves of appropriations: the rows that an appropriation's progress is counted from can be listed

What came, was spent and was passed on by a day is found by one function; `appropriation_on` adds it up, and
`GET /v1/expenditure-entries` lists it.
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# Passing money on to the shared account is no expenditure yet: its part that the bank paid to households is. What was
# undone by the day is left out.
MOVES = """
    SELECT e.appropriation_id, e.kind::text AS counted_as, p.amount_fen, j.effective_on AS moved_on, j.id AS journal_id,
           0::bigint AS from_fen, NULL::uuid AS distribution_id, NULL::integer AS line_no
    FROM funds.appropriation_entry e
    JOIN funds.journal j ON j.id = e.journal_id JOIN funds.posting p ON p.journal_id = j.id
    LEFT JOIN funds.journal r ON r.reverses = j.id AND r.effective_on <= p_on
    WHERE j.effective_on <= p_on AND r.id IS NULL
    UNION ALL
    SELECT e.appropriation_id, 'SPENT', least(o.to_fen, i.to_fen) - greatest(o.from_fen, i.from_fen), y.reported_on,
           e.journal_id, greatest(o.from_fen, i.from_fen), o.distribution_id, o.line_no
    FROM funds.appropriation_entry e
    JOIN funds.shared_inflow i ON i.journal_id = e.journal_id
    JOIN funds.shared_outflow o ON o.account_id = i.account_id AND o.to_fen > i.from_fen AND o.from_fen < i.to_fen
    JOIN funds.payout y ON y.distribution_id = o.distribution_id AND y.line_no = o.line_no AND y.outcome = 'PAID'
    WHERE e.kind = 'TRANSFERRED' AND y.reported_on <= p_on
"""
PROGRESS = """
    CREATE OR REPLACE FUNCTION funds.appropriation_on(p_on date)
    RETURNS TABLE (appropriation_id uuid, received_fen bigint, first_received_on date, spent_fen bigint,
                   last_spent_on date, transferred_fen bigint, balance_fen bigint)
    LANGUAGE sql STABLE AS $$
      {moves}
      SELECT a.id,
             coalesce(sum(e.{fen}) FILTER (WHERE e.{kind} = 'RECEIVED'), 0)::bigint,
             min(e.{day}) FILTER (WHERE e.{kind} = 'RECEIVED'),
             coalesce(sum(e.{fen}) FILTER (WHERE e.{kind} {spent}), 0)::bigint,
             max(e.{day}) FILTER (WHERE e.{kind} {spent}),
             coalesce(sum(e.{fen}) FILTER (WHERE e.{kind} = 'TRANSFERRED'), 0)::bigint,
             coalesce(sum(CASE {balance} END), 0)::bigint
      FROM funds.appropriation a LEFT JOIN {moved} e ON e.appropriation_id = a.id
      WHERE a.issued_on <= p_on GROUP BY a.id
    $$"""
# As 0008 has it.
BEFORE = """
      WITH moved AS (
        SELECT e.appropriation_id, e.kind, p.amount_fen, j.effective_on
        FROM funds.appropriation_entry e
        JOIN funds.journal j ON j.id = e.journal_id JOIN funds.posting p ON p.journal_id = j.id
        LEFT JOIN funds.journal r ON r.reverses = j.id AND r.effective_on <= p_on
        WHERE j.effective_on <= p_on AND r.id IS NULL),
      reached AS (
        SELECT e.appropriation_id, least(o.to_fen, i.to_fen) - greatest(o.from_fen, i.from_fen) AS fen, y.reported_on
        FROM funds.appropriation_entry e
        JOIN funds.shared_inflow i ON i.journal_id = e.journal_id
        JOIN funds.shared_outflow o ON o.account_id = i.account_id AND o.to_fen > i.from_fen AND o.from_fen < i.to_fen
        JOIN funds.payout y ON y.distribution_id = o.distribution_id AND y.line_no = o.line_no AND y.outcome = 'PAID'
        WHERE e.kind = 'TRANSFERRED' AND y.reported_on <= p_on),
      entry AS (
        SELECT appropriation_id, kind, amount_fen AS fen, effective_on AS day FROM moved
        UNION ALL SELECT appropriation_id, 'REACHED', fen, reported_on FROM reached)"""


def upgrade() -> None:
    op.execute(f"""
        CREATE FUNCTION funds.appropriation_moves(p_on date)
        RETURNS TABLE (appropriation_id uuid, counted_as text, amount_fen bigint, moved_on date, journal_id uuid,
                       from_fen bigint, distribution_id uuid, line_no integer)
        LANGUAGE sql STABLE AS $$ {MOVES} $$""")
    op.execute("REVOKE EXECUTE ON FUNCTION funds.appropriation_moves(date) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION funds.appropriation_moves(date) TO fupin_funds")
    # What the bank paid households has left the shared account, not the appropriation's own.
    balance = """
        WHEN e.counted_as = 'RECEIVED' THEN e.amount_fen WHEN e.distribution_id IS NULL THEN -e.amount_fen ELSE 0"""
    op.execute(
        PROGRESS.format(
            moves="", moved="funds.appropriation_moves(p_on)", fen="amount_fen", kind="counted_as", day="moved_on",
            spent="= 'SPENT'", balance=balance,
        )
    )  # fmt: skip


def downgrade() -> None:
    op.execute(
        PROGRESS.format(
            moves=BEFORE, moved="entry", fen="fen", kind="kind", day="day", spent="IN ('SPENT', 'REACHED')",
            balance="e.kind WHEN 'RECEIVED' THEN e.fen WHEN 'REACHED' THEN 0 ELSE -e.fen",
        )
    )  # fmt: skip
    op.execute("DROP FUNCTION funds.appropriation_moves(date)")
