"""Payout templates, batches and their files, the bank's answers, lines given up, and whether all adds up."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Select, Text, bindparam, insert, literal_column, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.funds.codes import PayoutOutcome
from services.funds.models import (
    DistributionLine,
    Payout,
    PayoutBatch,
    PayoutFile,
    PayoutLine,
    PayoutResult,
    PayoutTemplate,
    Table,
)
from services.funds.queries import columns

BATCH = Table.metadata.tables["funds.payout_batch"].columns

ADD_LINES = text("""
    INSERT INTO payout_line (distribution_id, line_no, attempt, county_code, division_code, batch_id, amount_fen,
                             after_attempt, after_outcome)
    SELECT l.distribution_id, l.line_no, coalesce(e.last, 0) + 1, l.county_code, l.division_code, :batch, l.share_fen,
           e.last, CASE WHEN e.last IS NOT NULL THEN 'RETURNED' END
    FROM unnest(CAST(:lines AS integer[])) AS n (line_no)
    JOIN distribution_line l ON l.distribution_id = :distribution AND l.line_no = n.line_no
    CROSS JOIN LATERAL (SELECT max(p.attempt) AS last FROM payout_line p
                        WHERE p.distribution_id = l.distribution_id AND p.line_no = l.line_no) AS e
""").bindparams(bindparam("lines", type_=ARRAY(Integer)))

# Lines in the order in which their journal has them.
ADD_OUTCOMES = text("""
    INSERT INTO payout (distribution_id, line_no, attempt, county_code, division_code, outcome, reported_on,
                        bank_reference, reason, journal_id, journal_line)
    SELECT l.distribution_id, l.line_no, l.attempt, l.county_code, l.division_code, CAST(:outcome AS text),
           CAST(:on AS date), CAST(:reference AS text), n.reason, CAST(:journal AS uuid), n.o
    FROM unnest(CAST(:lines AS integer[]), CAST(:reasons AS text[])) WITH ORDINALITY AS n (line_no, reason, o)
    JOIN payout_line l ON l.batch_id = :batch AND l.line_no = n.line_no
""").bindparams(bindparam("lines", type_=ARRAY(Integer)), bindparam("reasons", type_=ARRAY(Text)))

PAYMENTS = text("""
    SELECT p.line_no, p.amount_fen, l.household_id, l.household_no
    FROM payout_line p JOIN distribution_line l USING (distribution_id, line_no)
    WHERE p.batch_id = :batch ORDER BY p.line_no
""")

ANSWERS = text("""
    SELECT p.line_no, p.amount_fen, o.outcome
    FROM payout_line p LEFT JOIN payout o USING (distribution_id, line_no, attempt)
    WHERE p.batch_id = :batch ORDER BY p.line_no
""")

NEXT_NUMBER = text("SELECT coalesce(max(number), 0) + 1 FROM payout_batch WHERE distribution_id = :distribution")

RELEASE = text("""
    INSERT INTO released_line (distribution_id, line_no, county_code, division_code, reason, journal_id, journal_line)
    SELECT l.distribution_id, l.line_no, l.county_code, l.division_code, :reason, :journal, 1
    FROM distribution_line l WHERE l.distribution_id = :distribution AND l.line_no = :line_no
""")

# What the books say of a distribution: credits less debits of each account, by the journals that it wrote.
BOOKED = text("""
    SELECT a.code, sum(CASE WHEN p.credit = a.id THEN p.amount_fen ELSE -p.amount_fen END)::bigint AS net_fen
    FROM journal j JOIN posting p ON p.journal_id = j.id JOIN account a ON a.id IN (p.debit, p.credit)
    WHERE j.source_id = :distribution GROUP BY a.code
""")

ENDED = text("""
    SELECT coalesce(sum(l.share_fen), 0)::bigint AS allocated_fen,
           coalesce(sum(l.share_fen) FILTER (WHERE t.line_no IS NOT NULL), 0)::bigint AS posted_fen,
           coalesce(sum(p.amount_fen), 0)::bigint AS paid_fen,
           coalesce(sum(l.share_fen) FILTER (WHERE r.line_no IS NOT NULL), 0)::bigint AS released_fen,
           coalesce(sum(l.share_fen) FILTER (WHERE t.line_no IS NULL), 0)::bigint AS excluded_fen
    FROM distribution_line l
    LEFT JOIN posted_line t USING (distribution_id, line_no)
    LEFT JOIN payout o ON o.distribution_id = l.distribution_id AND o.line_no = l.line_no AND o.outcome = 'PAID'
    LEFT JOIN payout_line p
      ON p.distribution_id = o.distribution_id AND p.line_no = o.line_no AND p.attempt = o.attempt
    LEFT JOIN released_line r ON r.distribution_id = l.distribution_id AND r.line_no = l.line_no
    WHERE l.distribution_id = :distribution
""")

# Tables filled a moment ago have no statistics yet, and the planner would go through them row by row for every row.
WHOLE, PIECEMEAL = text("SET LOCAL enable_nestloop = off"), text("SET LOCAL enable_nestloop = on")

_OUTCOMES = """(SELECT count(*) FROM payout_line p JOIN payout o USING (distribution_id, line_no, attempt)
    WHERE p.batch_id = payout_batch.id AND o.outcome = '{}')"""
PAID, RETURNED = (literal_column(_OUTCOMES.format(name), Integer) for name in ("PAID", "RETURNED"))
STATE = literal_column(
    f"""CASE WHEN {_OUTCOMES.format("PAID")} + {_OUTCOMES.format("RETURNED")} = payout_batch.lines THEN 'ANSWERED'
             WHEN EXISTS (SELECT FROM payout_file f WHERE f.batch_id = payout_batch.id) THEN 'SENT'
             ELSE 'MADE' END""",
    Text,
)


async def add_template(db: AsyncSession, values: Mapping[str, Any]) -> PayoutTemplate:
    made: PayoutTemplate = (
        await db.execute(insert(PayoutTemplate).values(**values).returning(PayoutTemplate))
    ).scalar_one()
    return made


def templates() -> Select[Any]:
    return select(PayoutTemplate)


async def template(db: AsyncSession, template_id: UUID) -> PayoutTemplate | None:
    return (await db.exec(select(PayoutTemplate).where(col(PayoutTemplate.id) == template_id))).one_or_none()


async def next_number(db: AsyncSession, distribution_id: UUID) -> int:
    """The number of a distribution's next batch; who asks holds the distribution."""
    return int((await db.execute(NEXT_NUMBER, {"distribution": distribution_id})).scalar_one())


async def add_batch(db: AsyncSession, values: Mapping[str, Any], line_nos: Sequence[int]) -> UUID:
    """A batch and its lines, each an attempt of its own."""
    made: UUID = (await db.execute(insert(PayoutBatch).values(**values).returning(col(PayoutBatch.id)))).scalar_one()
    asked = {"batch": made, "distribution": values["distribution_id"], "lines": list(line_nos)}
    await db.execute(ADD_LINES, asked)
    return made


def batches(distribution_id: UUID | None = None, batch_id: UUID | None = None) -> Select[Any]:
    """Batches with their files' fingerprints and how much of them the bank has answered."""
    found = columns(
        *BATCH, PAID.label("paid"), RETURNED.label("returned"), STATE.label("state"),
        col(PayoutFile.digest).label("digest"), col(PayoutFile.size).label("size"),
    ).join(PayoutFile, col(PayoutFile.batch_id) == col(PayoutBatch.id), isouter=True)  # fmt: skip
    if distribution_id is not None:
        found = found.where(col(PayoutBatch.distribution_id) == distribution_id)
    if batch_id is not None:
        found = found.where(col(PayoutBatch.id) == batch_id)
    return found


async def batch(db: AsyncSession, batch_id: UUID) -> dict[str, Any] | None:
    row = (await db.execute(batches(batch_id=batch_id))).mappings().one_or_none()
    return dict(row) if row else None


async def payments(db: AsyncSession, batch_id: UUID) -> list[dict[str, Any]]:
    """Which households a batch pays and how much, in order."""
    return [dict(row) for row in (await db.execute(PAYMENTS, {"batch": batch_id})).mappings()]


async def answers(db: AsyncSession, batch_id: UUID) -> list[dict[str, Any]]:
    """The batch's lines with their amounts and, where the bank has answered, how they ended."""
    return [dict(row) for row in (await db.execute(ANSWERS, {"batch": batch_id})).mappings()]


async def add_file(db: AsyncSession, values: Mapping[str, Any]) -> bytes:
    """The fingerprint of a batch's file: this one's, or that of the one that was made before."""
    await db.execute(upsert(PayoutFile).values(**values).on_conflict_do_nothing(constraint="pk_payout_file"))
    kept = select(PayoutFile.digest).where(col(PayoutFile.batch_id) == values["batch_id"])
    return bytes((await db.exec(kept)).one())


async def add_result(db: AsyncSession, values: Mapping[str, Any]) -> PayoutResult:
    made: PayoutResult = (await db.execute(insert(PayoutResult).values(**values).returning(PayoutResult))).scalar_one()
    return made


async def result(db: AsyncSession, batch_id: UUID, digest: bytes) -> PayoutResult | None:
    """What was recorded of this very file."""
    wanted = select(PayoutResult).where(col(PayoutResult.batch_id) == batch_id, col(PayoutResult.digest) == digest)
    return (await db.exec(wanted)).one_or_none()


def results(batch_id: UUID) -> Select[Any]:
    return select(PayoutResult).where(col(PayoutResult.batch_id) == batch_id)


def attempts(
    distribution_id: UUID | None = None, batch_id: UUID | None = None, outcome: PayoutOutcome | None = None
) -> Select[Any]:
    """Every attempt to pay a line and, where the bank has answered, how it ended."""
    same = (
        (col(Payout.distribution_id) == col(PayoutLine.distribution_id))
        & (col(Payout.line_no) == col(PayoutLine.line_no))
        & (col(Payout.attempt) == col(PayoutLine.attempt))
    )
    line = (col(DistributionLine.distribution_id) == col(PayoutLine.distribution_id)) & (
        col(DistributionLine.line_no) == col(PayoutLine.line_no)
    )
    found = (
        columns(
            PayoutLine.distribution_id, PayoutLine.line_no, PayoutLine.attempt, PayoutLine.batch_id,
            DistributionLine.household_no, PayoutLine.division_code, PayoutLine.amount_fen, Payout.outcome,
            Payout.reported_on, Payout.bank_reference, Payout.reason, Payout.journal_id,
        )
        .join(DistributionLine, line)
        .join(Payout, same, isouter=True)
    )  # fmt: skip
    if distribution_id is not None:
        found = found.where(col(PayoutLine.distribution_id) == distribution_id)
    if batch_id is not None:
        found = found.where(col(PayoutLine.batch_id) == batch_id)
    if outcome is not None:
        found = found.where(col(Payout.outcome) == outcome)
    return found


async def add_outcomes(
    db: AsyncSession, batch_id: UUID, ended: Sequence[tuple[int, str | None]], outcome: PayoutOutcome, on: date,
    reference: str, journal_id: UUID,
) -> None:  # fmt: skip
    """How lines of a batch ended (number and reason), in the order of the journal that booked it."""
    asked = {
        "batch": batch_id, "outcome": outcome.value, "on": on, "reference": reference, "journal": journal_id,
        "lines": [line_no for line_no, _ in ended], "reasons": [reason for _, reason in ended],
    }  # fmt: skip
    await db.execute(ADD_OUTCOMES, asked)


async def release(db: AsyncSession, distribution_id: UUID, line_no: int, reason: str, journal_id: UUID) -> None:
    asked = {"distribution": distribution_id, "line_no": line_no, "reason": reason, "journal": journal_id}
    await db.execute(RELEASE, asked)


async def ended(db: AsyncSession, distribution_id: UUID) -> dict[str, int]:
    """What was allocated and what became of it, by the lines."""
    await db.execute(WHOLE)
    found = dict((await db.execute(ENDED, {"distribution": distribution_id})).mappings().one())
    await db.execute(PIECEMEAL)
    return found


async def booked(db: AsyncSession, distribution_id: UUID) -> dict[str, int]:
    """The same by the books: what each account gained (liabilities, equity) or gave (the bank)."""
    return {row.code: row.net_fen for row in await db.execute(BOOKED, {"distribution": distribution_id})}
