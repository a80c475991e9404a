"""Rules, distributions, their lines, objections and payouts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Date,
    Integer,
    Select,
    Text,
    TextClause,
    Uuid,
    bindparam,
    case,
    cast,
    func,
    insert,
    literal_column,
    text,
    true,
    update,
)
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.funds.codes import DistributionState as State
from services.funds.codes import LineStatus
from services.funds.models import (
    Distribution,
    DistributionLine,
    DistributionRule,
    Objection,
    ObjectionRuling,
    PostedLine,
    Step,
    Table,
)
from services.funds.queries import columns

LINE = Table.metadata.tables["funds.distribution_line"].columns
OBJECTION = Table.metadata.tables["funds.objection"].columns
CHUNK = 20_000  # lines a statement carries

# How a household's line stands. An objection freezes it until ruled on; an upheld one excludes it.
STATUS = """
    CASE
      WHEN EXISTS (SELECT FROM payout p WHERE p.distribution_id = distribution_line.distribution_id
                   AND p.line_no = distribution_line.line_no AND p.outcome = 'PAID') THEN 'PAID'
      WHEN EXISTS (SELECT FROM released_line p WHERE p.distribution_id = distribution_line.distribution_id
                   AND p.line_no = distribution_line.line_no) THEN 'RELEASED'
      WHEN EXISTS (SELECT FROM payout_line p WHERE p.distribution_id = distribution_line.distribution_id
                   AND p.line_no = distribution_line.line_no
                   AND NOT EXISTS (SELECT FROM payout o WHERE o.distribution_id = p.distribution_id
                                   AND o.line_no = p.line_no AND o.attempt = p.attempt)) THEN 'SENT'
      WHEN EXISTS (SELECT FROM payout p WHERE p.distribution_id = distribution_line.distribution_id
                   AND p.line_no = distribution_line.line_no) THEN 'RETURNED'
      WHEN EXISTS (SELECT FROM posted_line p WHERE p.distribution_id = distribution_line.distribution_id
                   AND p.line_no = distribution_line.line_no) THEN 'POSTED'
      WHEN share_fen = 0 THEN 'NOTHING'
      WHEN EXISTS (SELECT FROM objection o JOIN objection_ruling r ON r.objection_id = o.id AND r.upheld
                   WHERE o.distribution_id = distribution_line.distribution_id
                   AND o.line_no = distribution_line.line_no) THEN 'EXCLUDED'
      WHEN EXISTS (SELECT FROM objection o LEFT JOIN objection_ruling r ON r.objection_id = o.id
                   WHERE o.distribution_id = distribution_line.distribution_id
                   AND o.line_no = distribution_line.line_no AND r.objection_id IS NULL) THEN 'FROZEN'
      ELSE 'OPEN'
    END
"""

ADD_RULE = text("""
    INSERT INTO distribution_rule (county_code, division_code, name, revision, per_person, per_income_gap, per_ill,
      per_disabled, per_student, no_able_labour, income_line_fen, floor_fen, cap_fen)
    SELECT of.county_code, :division_code, of.name,
           coalesce((SELECT max(r.revision) FROM distribution_rule r
                     WHERE r.county_code = of.county_code AND r.name = of.name), 0) + 1,
           :per_person, :per_income_gap, :per_ill, :per_disabled, :per_student, :no_able_labour,
           CAST(:income_line_fen AS bigint), CAST(:floor_fen AS bigint), CAST(:cap_fen AS bigint)
    FROM (SELECT CAST(:county_code AS text) AS county_code, CAST(:name AS text) AS name) AS of
    RETURNING id
""")

LINE_COLUMNS = {
    "line_no": Integer, "division_code": Text, "household_id": Uuid, "household_no": Text, "size": Integer,
    "able_labour": Integer, "ill": Integer, "disabled": Integer, "students": Integer, "income_per_head_fen": BigInteger,
    "need": BigInteger, "rank": Integer, "share_fen": BigInteger, "remainder": BigInteger, "bound": Text,
}  # fmt: skip

ADD_LINES = text(
    f"INSERT INTO distribution_line (distribution_id, county_code, {', '.join(LINE_COLUMNS)}) "  # noqa: S608  # own names
    f"SELECT :distribution, :county, l.* FROM unnest({', '.join(f':{name}' for name in LINE_COLUMNS)}) AS l"
).bindparams(*(bindparam(name, type_=ARRAY(kind)) for name, kind in LINE_COLUMNS.items()))

ADD_POSTED = text("""
    INSERT INTO posted_line (distribution_id, line_no, county_code, division_code, journal_id, journal_line)
    SELECT l.distribution_id, l.line_no, l.county_code, l.division_code, :journal, n.o
    FROM unnest(CAST(:lines AS integer[])) WITH ORDINALITY AS n (line_no, o)
    JOIN distribution_line l ON l.distribution_id = :distribution AND l.line_no = n.line_no
""").bindparams(bindparam("lines", type_=ARRAY(Integer)))

COUNT_BY_STATUS = text(f"""
    SELECT status, count(*) AS lines FROM (
      SELECT {STATUS} AS status FROM distribution_line WHERE distribution_id = :distribution) AS l
    GROUP BY status
""")  # noqa: S608  # own text

BOOKING = text("""
    SELECT p.journal_id, (SELECT max(o.reported_on) FROM payout o WHERE o.distribution_id = p.distribution_id
                          AND o.line_no = p.line_no AND o.outcome = 'PAID') AS paid_on
    FROM posted_line p WHERE p.distribution_id = :distribution AND p.line_no = :line_no
""")


def _stands(*statuses: LineStatus) -> TextClause:
    """Whether a line stands in one of these ways."""
    named = bindparam("statuses", [status.value for status in statuses], type_=ARRAY(Text))
    return text(f"({STATUS}) = ANY(:statuses)").bindparams(named)


async def add_rule(db: AsyncSession, values: Mapping[str, Any]) -> DistributionRule:
    """The next revision of a named rule."""
    rule_id: UUID = (await db.execute(ADD_RULE, dict(values))).scalar_one()
    return (await db.exec(select(DistributionRule).where(col(DistributionRule.id) == rule_id))).one()


async def rule(db: AsyncSession, rule_id: UUID) -> DistributionRule | None:
    return (await db.exec(select(DistributionRule).where(col(DistributionRule.id) == rule_id))).one_or_none()


def rules(name: str | None) -> Select[Any]:
    found = select(DistributionRule)
    return found if name is None else found.where(col(DistributionRule.name) == name)


async def draft(db: AsyncSession, values: Mapping[str, Any]) -> Distribution:
    found: Distribution = (await db.execute(insert(Distribution).values(**values).returning(Distribution))).scalar_one()
    return found


async def distribution(db: AsyncSession, distribution_id: UUID, *, lock: bool = False) -> Distribution | None:
    """With `lock`, as it stands now, and nobody else takes a step until this transaction ends."""
    found = select(Distribution).where(col(Distribution.id) == distribution_id)
    if lock:
        found = found.with_for_update().execution_options(populate_existing=True)
    return (await db.exec(found)).one_or_none()


def distributions(year: int | None, state: str | None) -> Select[Any]:
    return _only(select(Distribution), year, col(Distribution.state), state)


def distributions_on(on: date, year: int | None, state: str | None) -> Select[Any]:
    """
    Distributions that were drafted by a day, each with the state it was in at the end of it (`then`).

    A notice, a booking and a payment count from their own day, other steps from the day they were recorded.
    """
    day = case(
        (col(Step.to_state) == State.NOTICED, col(Distribution.published_on)),
        (col(Step.to_state) == State.POSTED, col(Distribution.posted_on)),
        (col(Step.to_state) == State.PAID, col(Distribution.paid_on)),
        else_=cast(func.timezone("Asia/Shanghai", col(Step.at)), Date),
    )
    last = (
        select(Step.to_state)
        .where(col(Step.thing_id) == col(Distribution.id), day <= on)
        .order_by(col(Step.id).desc())
        .limit(1)
        .lateral("last")
    )
    found = columns(Distribution, last.c.to_state.label("then")).join(last, true())
    return _only(found, year, last.c.to_state, state)


def _only(found: Select[Any], year: int | None, stands: Any, state: str | None) -> Select[Any]:
    if year is not None:
        found = found.where(col(Distribution.year) == year)
    return found if state is None else found.where(stands == state)


async def change(db: AsyncSession, distribution_id: UUID, **values: Any) -> Distribution:
    """The distribution after a step, with its next version."""
    statement = (
        update(Distribution)
        .where(col(Distribution.id) == distribution_id)
        .values(version=Distribution.version + 1, **values)
        .returning(Distribution)
    )
    found: Distribution = (await db.execute(statement, execution_options={"populate_existing": True})).scalar_one()
    return found


async def add_lines(db: AsyncSession, distribution_id: UUID, county: str, lines: Iterable[Mapping[str, Any]]) -> None:
    """The frozen needs and shares of all households."""
    rows = iter(lines)
    while chunk := list(islice(rows, CHUNK)):
        arrays = {name: [line[name] for line in chunk] for name in LINE_COLUMNS}
        await db.execute(ADD_LINES, {"distribution": distribution_id, "county": county, **arrays})


def lines(
    distribution_id: UUID,
    division: str | None = None,
    status: LineStatus | None = None,
    household_no: str | None = None,
) -> Select[Any]:
    """Lines with their status, for a page."""
    found: Select[Any] = columns(*LINE, literal_column(STATUS, Text).label("status")).where(
        col(DistributionLine.distribution_id) == distribution_id
    )
    if division is not None:
        found = found.where(func.starts_with(col(DistributionLine.division_code), division))
    if status is not None:
        found = found.where(_stands(status))
    if household_no is not None:
        found = found.where(col(DistributionLine.household_no) == household_no)
    return found


async def lines_by_status(db: AsyncSession, distribution_id: UUID, *statuses: LineStatus) -> list[dict[str, Any]]:
    """Number and share of the lines that stand so, in order."""
    statement = (
        select(DistributionLine.line_no, DistributionLine.share_fen)
        .where(col(DistributionLine.distribution_id) == distribution_id, _stands(*statuses))
        .order_by(col(DistributionLine.line_no))
    )
    return [dict(row) for row in (await db.execute(statement)).mappings()]


async def line(db: AsyncSession, distribution_id: UUID, line_no: int) -> dict[str, Any] | None:
    statement = lines(distribution_id).where(col(DistributionLine.line_no) == line_no)
    row = (await db.execute(statement)).mappings().one_or_none()
    return dict(row) if row else None


async def all_lines(db: AsyncSession, distribution_id: UUID) -> Sequence[DistributionLine]:
    """Every line as it was frozen, in order."""
    statement = select(DistributionLine).where(col(DistributionLine.distribution_id) == distribution_id)
    return (await db.exec(statement.order_by(col(DistributionLine.line_no)))).all()


async def counts(db: AsyncSession, distribution_id: UUID) -> dict[LineStatus, int]:
    rows = await db.execute(COUNT_BY_STATUS, {"distribution": distribution_id})
    return {LineStatus[row.status]: row.lines for row in rows}


async def booking(db: AsyncSession, distribution_id: UUID, line_no: int) -> dict[str, Any]:
    """The journal that posted a line, and the day the bank paid it."""
    found = await db.execute(BOOKING, {"distribution": distribution_id, "line_no": line_no})
    row = found.mappings().one_or_none()
    return dict(row) if row else {"journal_id": None, "paid_on": None}


async def add_posted(db: AsyncSession, distribution_id: UUID, journal_id: UUID, line_nos: Sequence[int]) -> None:
    """Lines and the journal that posted them, one journal line each in the same order."""
    asked = {"distribution": distribution_id, "journal": journal_id, "lines": list(line_nos)}
    await db.execute(ADD_POSTED, asked)


async def object_to(db: AsyncSession, values: Mapping[str, Any]) -> UUID:
    found: UUID = (await db.execute(insert(Objection).values(**values).returning(col(Objection.id)))).scalar_one()
    return found


async def rule_on(db: AsyncSession, values: Mapping[str, Any]) -> None:
    await db.execute(insert(ObjectionRuling).values(**values))


def objections(distribution_id: UUID | None = None, objection_id: UUID | None = None) -> Select[Any]:
    """Objections with their rulings."""
    found = (
        columns(
            *OBJECTION,
            col(ObjectionRuling.upheld), col(ObjectionRuling.reason).label("ruling"), col(ObjectionRuling.ruled_on),
            col(ObjectionRuling.ruled_by),
        )
        .join(ObjectionRuling, col(ObjectionRuling.objection_id) == col(Objection.id), isouter=True)
    )  # fmt: skip
    if distribution_id is not None:
        found = found.where(col(Objection.distribution_id) == distribution_id)
    if objection_id is not None:
        found = found.where(col(Objection.id) == objection_id)
    return found


async def objection(db: AsyncSession, objection_id: UUID) -> dict[str, Any] | None:
    row = (await db.execute(objections(objection_id=objection_id))).mappings().one_or_none()
    return dict(row) if row else None


def posted_lines(distribution_id: UUID) -> Select[Any]:
    return select(PostedLine).where(col(PostedLine.distribution_id) == distribution_id)


def steps(thing_id: UUID) -> Select[Any]:
    """Every change of state of a loan or a distribution."""
    return select(Step).where(col(Step.thing_id) == thing_id)
