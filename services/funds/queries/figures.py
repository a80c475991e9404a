"""The briefing's figures, counted from contracts and their instalments."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

# An enterprise with several contracts contributes the sum of them in a year.
OF_LOANS = text("""
    WITH agreed AS (
      SELECT * FROM loan WHERE state IN ('APPROVED', 'DISBURSED', 'SETTLED') AND signed_on <= :on),
    due AS (
      SELECT i.*, a.enterprise_uscc FROM instalment i
      JOIN agreed a ON a.id = i.loan_id AND a.schedule_version = i.schedule_version),
    yearly AS (
      SELECT sum(amount_fen)::bigint AS fen FROM due WHERE kind = 'CONTRIBUTION' GROUP BY enterprise_uscc, year_no)
    SELECT (SELECT count(*) FROM agreed) AS loans,
           (SELECT count(DISTINCT enterprise_uscc) FROM agreed) AS enterprises,
           (SELECT coalesce(sum(principal_fen), 0)::bigint FROM agreed) AS principal_fen,
           (SELECT coalesce(array_agg(DISTINCT term_years), '{}') FROM agreed) AS terms,
           (SELECT coalesce(array_agg(DISTINCT fen), '{}') FROM yearly) AS yearly_contributions_fen,
           (SELECT coalesce(sum(amount_fen), 0)::bigint FROM due WHERE kind = 'CONTRIBUTION') AS contributions_fen,
           (SELECT count(*) FROM due WHERE kind = 'CONTRIBUTION') AS contributions,
           (SELECT coalesce(array_agg(DISTINCT year_no), '{}') FROM due WHERE kind = 'PRINCIPAL') AS principal_years,
           (SELECT count(*) FROM due WHERE kind = 'PRINCIPAL') AS principals
""")


@dataclass(frozen=True)
class OfLoans:
    loans: int
    enterprises: int
    principal_fen: int
    terms: list[int]
    yearly_contributions_fen: list[int]
    contributions_fen: int
    contributions: int
    principal_years: list[int]
    principals: int


async def of_loans(db: AsyncSession, on: date) -> OfLoans:
    """What the contracts agreed and signed by a day amount to."""
    return OfLoans(**(await db.execute(OF_LOANS, {"on": on})).mappings().one())
