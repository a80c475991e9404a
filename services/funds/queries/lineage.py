"""Where a household's money came from, and whom an inflow reached."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Date,
    Integer,
    RowMapping,
    Select,
    Text,
    Uuid,
    bindparam,
    case,
    column,
    func,
    select,
    text,
)
from sqlmodel.ext.asyncio.session import AsyncSession

from services.funds.rules.lineage import Stretch, split

# Every inflow of the shared account that stands, what it is, and the appropriations behind it: its own, or those that
# the principal of its loan came from, with the rest of the principal last.
INFLOWS = text("""
    SELECT i.account_id, i.from_fen, i.to_fen, i.effective_on AS came_on, i.source, r.id AS receipt_id,
           r.kind AS receipt_kind, r.loan_id, l.loan_no, e.appropriation_id,
           coalesce(u.appropriations, '{}') AS appropriations, coalesce(u.parts, '{}') AS parts,
           l.principal_fen - coalesce(u.fen, 0)::bigint AS rest_fen
    FROM shared_inflow i
    LEFT JOIN receipt r ON r.journal_id = i.journal_id
    LEFT JOIN loan l ON l.id = r.loan_id
    LEFT JOIN appropriation_entry e ON e.journal_id = i.journal_id
    LEFT JOIN LATERAL (
      SELECT array_agg(q.appropriation_id ORDER BY q.appropriation_id) AS appropriations,
             array_agg(q.fen ORDER BY q.appropriation_id) AS parts, sum(q.fen) AS fen
      FROM (SELECT appropriation_id, sum(amount_fen)::bigint AS fen FROM appropriation_use
            WHERE loan_id = l.id AND state = 'APPROVED' GROUP BY appropriation_id) AS q) AS u ON true
    WHERE i.county_code = :county ORDER BY i.from_fen
""")

DOCUMENTS = text("SELECT id, document_no FROM appropriation WHERE county_code = :county")

# Stretches come in order and do not overlap: a binary search (width_bucket) finds the first and the last that a line
# may lie over.
PIECES = text("""
    SELECT greatest(o.from_fen, s.froms[n]) AS from_fen,
           least(o.to_fen, s.tos[n]) - greatest(o.from_fen, s.froms[n]) AS amount_fen, n AS stretch,
           o.distribution_id, d.year, d.sequence, o.line_no, l.household_id, l.household_no, l.division_code,
           y.reported_on AS paid_on
    FROM shared_outflow o
    CROSS JOIN (SELECT CAST(:froms AS bigint[]) AS froms, CAST(:tos AS bigint[]) AS tos) AS s
    CROSS JOIN LATERAL generate_series(
      greatest(width_bucket(o.from_fen, s.froms), 1), width_bucket(o.to_fen - 1, s.froms)) AS n
    JOIN distribution d ON d.id = o.distribution_id
    JOIN distribution_line l ON l.distribution_id = o.distribution_id AND l.line_no = o.line_no
    LEFT JOIN payout y ON y.distribution_id = o.distribution_id AND y.line_no = o.line_no AND y.outcome = 'PAID'
    WHERE o.county_code = :county AND s.tos[n] > o.from_fen
""").bindparams(bindparam("froms", type_=ARRAY(BigInteger)), bindparam("tos", type_=ARRAY(BigInteger)))

# What left the shared account so far and stands: its place on the line of all fen that came in.
GONE = text("""
    SELECT coalesce((SELECT max(i.to_fen) FROM shared_inflow i WHERE i.county_code = :county), 0)
           - coalesce(sum(b.net_fen), 0)::bigint
    FROM account a JOIN balance b ON b.account_id = a.id WHERE a.county_code = :county AND a.code = 'shared'
""")


class Origin(NamedTuple):
    """A stretch of an inflow, from one appropriation or none."""

    stretch: Stretch
    inflow: RowMapping
    document_no: str | None


async def origins(
    db: AsyncSession, county: str, appropriation_id: UUID | None = None, receipt_id: UUID | None = None,
    loan_id: UUID | None = None,
) -> list[Origin]:  # fmt: skip
    """All money that came into the shared account and stands, in its order; narrowed to where it came from."""
    documents = {row.id: row.document_no for row in await db.execute(DOCUMENTS, {"county": county})}
    rows = (await db.execute(INFLOWS, {"county": county})).mappings()
    return [
        Origin(stretch, row, documents.get(stretch.appropriation_id))
        for row in rows
        if receipt_id in (None, row["receipt_id"]) and loan_id in (None, row["loan_id"])
        for stretch in _stretches(row)
        if appropriation_id in (None, stretch.appropriation_id)
    ]


def _stretches(row: RowMapping) -> Iterator[Stretch]:
    if row["appropriation_id"] is not None:
        yield Stretch(row["from_fen"], row["to_fen"], row["appropriation_id"])
        return
    sources = [*zip(row["appropriations"], row["parts"], strict=True), (None, row["rest_fen"] or 0)]
    yield from split(row["from_fen"], row["to_fen"], sources)


def pieces(
    county: str, found: Sequence[Origin], distribution_id: UUID | None = None, line_no: int | None = None,
    household_id: UUID | None = None,
) -> tuple[Select[Any], Any]:  # fmt: skip
    """Which of these stretches paid which household's line, in the order of the fen; and the rows' key."""
    named = PIECES.bindparams(
        county=county,
        froms=[origin.stretch.from_fen for origin in found],
        tos=[origin.stretch.to_fen for origin in found],
    ).columns(
        column("from_fen", BigInteger), column("amount_fen", BigInteger), column("stretch", Integer),
        column("distribution_id", Uuid), column("year", Integer), column("sequence", Integer),
        column("line_no", Integer), column("household_id", Uuid), column("household_no", Text),
        column("division_code", Text), column("paid_on", Date),
    )  # fmt: skip
    rows = named.subquery("piece")
    statement = select(rows)
    for wanted, given in (
        (rows.c.distribution_id, distribution_id), (rows.c.line_no, line_no), (rows.c.household_id, household_id)
    ):  # fmt: skip
        if given is not None:
            statement = statement.where(wanted == given)
    return statement, rows.c.from_fen


async def reached(db: AsyncSession, county: str, found: Sequence[Origin]) -> dict[str, int]:
    """How much of these stretches households got, how much of it the bank paid, and how many they are."""
    statement, _ = pieces(county, found)
    rows = statement.subquery("reached")
    line = func.row(rows.c.distribution_id, rows.c.line_no)
    totals = select(
        func.coalesce(func.sum(rows.c.amount_fen), 0).cast(BigInteger).label("reached_fen"),
        func.coalesce(func.sum(case((rows.c.paid_on.is_not(None), rows.c.amount_fen))), 0)
        .cast(BigInteger)
        .label("paid_fen"),
        func.count(func.distinct(rows.c.household_id)).label("households"),
        func.count(func.distinct(line)).label("lines"),
    )
    return dict((await db.execute(totals)).mappings().one())


async def gone(db: AsyncSession, county: str) -> int:
    """Up to which fen the money that came in has left the shared account again."""
    return int((await db.execute(GONE, {"county": county})).scalar_one() or 0)
