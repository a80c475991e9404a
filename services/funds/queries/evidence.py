"""The ledger as an export for auditors, in one snapshot; and the proof that a journal's lines are under a seal."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.funds.rules import evidence

# Everything below is seen as at one moment.
ONE_SNAPSHOT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

_JOURNAL = """
    'id', j.id, 'county_code', j.county_code, 'idem_key', j.idem_key,
    'request_hash', encode(j.request_hash, 'hex'), 'n_lines', j.n_lines,
    'effective_on', to_char(j.effective_on, 'YYYY-MM-DD'),
    'posted_at', to_char(j.posted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'xid', j.xid::text, 'actor', j.actor, 'memo', j.memo, 'source', j.source, 'source_id', j.source_id,
    'reverses', j.reverses"""

_LINE = "p.line, p.debit, p.credit, p.amount_fen, p.debit_seq, p.debit_net_fen, p.credit_seq, p.credit_net_fen"

# Both fragments are constants of this module.
_LINES = f"(SELECT json_agg(json_build_array({_LINE}) ORDER BY p.line) FROM posting p WHERE p.journal_id = j.id)"  # noqa: S608

EXPORT_ACCOUNTS = text("""
    SELECT json_build_object('type', 'account', 'id', a.id, 'code', a.code, 'name', a.name, 'kind', a.kind,
      'division_code', a.division_code, 'managed', a.managed, 'side', b.side, 'is_open', b.is_open, 'seq', b.seq,
      'net_fen', b.net_fen, 'pending_fen', b.pending_fen, 'min_fen', b.min_fen, 'max_fen', b.max_fen)::text
    FROM account a JOIN balance b ON b.account_id = a.id WHERE a.county_code = :county ORDER BY a.code
""")

EXPORT_JOURNALS = text(f"""
    SELECT json_build_object('type', 'journal', {_JOURNAL}, 'lines', {_LINES})::text
    FROM journal j WHERE j.county_code = :county ORDER BY j.id
""")  # noqa: S608

# There is none, unless the owner of the tables wrote one by hand.
EXPORT_LOOSE_LINES = text("""
    SELECT json_build_object('type', 'loose_line', 'journal_id', p.journal_id, 'line', p.line)::text
    FROM posting p WHERE p.county_code = :county AND NOT EXISTS (SELECT FROM journal j WHERE j.id = p.journal_id)
    ORDER BY p.journal_id, p.line
""")

EXPORT_HOLDS = text("""
    SELECT json_build_object('type', 'hold', 'id', h.id, 'account_id', h.account_id, 'amount_fen', h.amount_fen,
      'source', h.source, 'source_id', h.source_id, 'actor', h.actor, 'at', h.at)::text
    FROM hold h WHERE h.county_code = :county ORDER BY h.id
""")

EXPORT_RELEASES = text("""
    SELECT json_build_object('type', 'hold_release', 'id', r.id, 'hold_id', r.hold_id, 'amount_fen', r.amount_fen,
      'actor', r.actor, 'at', r.at)::text
    FROM hold_release r WHERE r.county_code = :county ORDER BY r.id
""")

EXPORT_SEALS = text("""
    SELECT json_build_object('type', 'seal', 'number', s.number, 'upto', s.upto::text, 'journals', s.journals,
      'lines', s.lines, 'root', encode(s.root, 'hex'), 'previous', encode(s.previous, 'hex'),
      'hash', encode(s.hash, 'hex'), 'actor', s.actor, 'at', s.at)::text
    FROM seal s WHERE s.county_code = :county ORDER BY s.number
""")

EXPORT_RULES = text("""
    SELECT ((to_jsonb(r) - ARRAY['at', 'made_by', 'county_code', 'division_code'])
            || jsonb_build_object('type', 'distribution_rule'))::text
    FROM distribution_rule r WHERE r.county_code = :county ORDER BY r.id
""")

EXPORT_DISTRIBUTIONS = text("""
    SELECT json_build_object('type', 'distribution', 'id', d.id, 'rule_id', d.rule_id, 'state', d.state,
      'batch_hash', encode(d.batch_hash, 'hex'), 'header', json_build_object(
        'county', d.county_code, 'year', d.year, 'sequence', d.sequence, 'pot_fen', d.pot_fen,
        'need_on', to_char(d.need_on, 'YYYY-MM-DD'), 'snapshot', d.snapshot_id::text,
        'digest', d.snapshot_digest))::text
    FROM distribution d WHERE d.county_code = :county ORDER BY d.id
""")

EXPORT_DISTRIBUTION_LINES = text("""
    SELECT ((to_jsonb(l) - 'county_code') || jsonb_build_object('type', 'distribution_line'))::text
    FROM distribution_line l WHERE l.county_code = :county ORDER BY l.distribution_id, l.line_no
""")

EXPORT_LOANS = text("""
    SELECT json_build_object('type', 'loan', 'id', l.id, 'loan_no', l.loan_no, 'kind', l.kind, 'state', l.state,
      'principal_fen', l.principal_fen, 'start_on', to_char(l.start_on, 'YYYY-MM-DD'), 'term_years', l.term_years,
      'yearly_contribution_fen', l.yearly_contribution_fen, 'rate_ppm', l.rate_ppm,
      'periods_per_year', l.periods_per_year, 'day_count', l.day_count,
      'schedule_version', l.schedule_version)::text
    FROM loan l WHERE l.county_code = :county ORDER BY l.loan_no
""")

EXPORT_INSTALMENTS = text("""
    SELECT json_build_object('type', 'instalment', 'id', i.id, 'loan_id', i.loan_id, 'version', i.schedule_version,
      'period_no', i.period_no, 'year_no', i.year_no, 'kind', i.kind, 'due_on', to_char(i.due_on, 'YYYY-MM-DD'),
      'amount_fen', i.amount_fen, 'penalised_id', i.penalised_id)::text
    FROM instalment i WHERE i.county_code = :county ORDER BY i.loan_id, i.id
""")

PARTS: tuple[tuple[str, TextClause], ...] = (
    ("account", EXPORT_ACCOUNTS),
    ("journal", EXPORT_JOURNALS),
    ("loose_line", EXPORT_LOOSE_LINES),
    ("hold", EXPORT_HOLDS),
    ("hold_release", EXPORT_RELEASES),
    ("seal", EXPORT_SEALS),
    ("loan", EXPORT_LOANS),
    ("instalment", EXPORT_INSTALMENTS),
    ("distribution_rule", EXPORT_RULES),
    ("distribution", EXPORT_DISTRIBUTIONS),
    ("distribution_line", EXPORT_DISTRIBUTION_LINES),
)

JOURNAL = text(f"SELECT json_build_object({_JOURNAL})::text FROM journal j WHERE j.id = :journal")  # noqa: S608

SEAL_OVER = text("""
    SELECT s.number, s.lines, encode(s.root, 'hex') AS root, encode(s.previous, 'hex') AS previous,
           encode(s.hash, 'hex') AS hash, s.upto::text AS upto,
           coalesce((SELECT b.upto FROM seal b WHERE b.county_code = s.county_code AND b.number = s.number - 1),
                    '0'::xid8)::text AS since
    FROM journal j JOIN seal s ON s.county_code = j.county_code AND s.upto > j.xid AND s.root IS NOT NULL
    WHERE j.id = :journal ORDER BY s.number LIMIT 1
""")

LEAVES = text("""
    SELECT p.journal_id, p.line, line_leaf(d.digest, p) AS leaf
    FROM (SELECT j.id, journal_digest(j) AS digest FROM journal j
          WHERE j.county_code = :county AND j.xid >= CAST(:since AS xid8) AND j.xid < CAST(:upto AS xid8) OFFSET 0) AS d
    JOIN posting p ON p.journal_id = d.id ORDER BY p.journal_id, p.line
""")

PROVEN_LINES = text(f"SELECT {_LINE} FROM posting p WHERE p.journal_id = :journal ORDER BY p.line")  # noqa: S608


def begins(county: str) -> str:
    """The export's first line."""
    return json.dumps({"type": "export", "format": evidence.FORMAT, "county": county})


def ends(counted: dict[str, int]) -> str:
    """Its last, by which a cut-off export is known."""
    return json.dumps({"type": "end", "rows": counted})


async def export(db: AsyncSession, county: str) -> AsyncIterator[str]:
    """One JSON document at a time; must be the transaction's first work."""
    await db.execute(ONE_SNAPSHOT)
    counted = {}
    yield begins(county)
    for kind, statement in PARTS:
        counted[kind] = 0
        rows = await db.stream_scalars(statement, {"county": county}, execution_options={"yield_per": 1000})
        async for row in rows:
            counted[kind] += 1
            yield row
    yield ends(counted)


async def proof(db: AsyncSession, county: str, journal_id: UUID) -> dict[str, Any] | None:
    """The journal, its lines with their paths to the root, and the seal; None when it is not sealed yet."""
    seal = (await db.execute(SEAL_OVER, {"journal": journal_id})).mappings().one_or_none()
    if seal is None:
        return None
    journal = json.loads((await db.execute(JOURNAL, {"journal": journal_id})).scalar_one())
    lines = (await db.execute(PROVEN_LINES, {"journal": journal_id})).mappings().all()
    under = await db.execute(LEAVES, {"county": county, "since": seal["since"], "upto": seal["upto"]})
    leaves, places = [], {}
    for index, row in enumerate(under):
        leaves.append(bytes(row.leaf))
        if row.journal_id == journal_id:
            places[row.line] = index
    return {
        "journal": journal,
        "lines": [
            {**line, "index": index, "path": [node.hex() for node in path]}
            for line in lines
            for index, path in [(places[line["line"]], evidence.path(leaves, places[line["line"]]))]
        ],
        "seal": {name: seal[name] for name in ("number", "lines", "root", "previous", "hash")},
    }
