"""The loan book on a day: what every contract owed, had paid, and returned."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

CONTRACTS = text("""
    SELECT l.id, l.loan_no, l.enterprise_name, l.principal_fen, coalesce(l.disbursed_on, l.start_on) AS paid_out_on,
           l.disbursed_on <= :on AS disbursed,
           coalesce((SELECT sum(c.amount_fen) FROM loan_change c WHERE c.loan_id = l.id AND c.kind = 'WRITE_OFF'
                     AND c.state = 'APPROVED' AND c.effective_on <= :on), 0)::bigint AS written_off_fen
    FROM loan l WHERE l.county_code = :county AND l.signed_on <= :on
      AND l.state IN ('APPROVED', 'DISBURSED', 'SETTLED', 'WRITTEN_OFF') ORDER BY l.loan_no
""")

DUE = text("""
    SELECT s.loan_id, s.kind, s.due_on, s.amount_fen, s.paid_fen FROM instalment_on(:on) AS s
    JOIN loan l ON l.id = s.loan_id WHERE l.county_code = :county ORDER BY s.due_on
""")

RECEIVED = text("""
    SELECT r.loan_id, r.received_on, r.amount_fen, r.credit_fen
    FROM receipt r LEFT JOIN receipt_reversal v ON v.receipt_id = r.id
    WHERE r.county_code = :county AND r.loan_id IS NOT NULL AND r.received_on <= :on
      AND coalesce(v.reversed_on > :on, true)
""")

Rows = Sequence[dict[str, Any]]


async def read(db: AsyncSession, county: str, on: date) -> tuple[Rows, Rows, Rows]:
    """Contracts agreed and signed by a day, their instalments as they stood then, and the money received."""
    asked = {"county": county, "on": on}
    contracts, due, received = [
        [dict(row) for row in (await db.execute(statement, asked)).mappings()]
        for statement in (CONTRACTS, DUE, RECEIVED)
    ]
    return contracts, due, received
