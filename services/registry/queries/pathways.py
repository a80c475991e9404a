"""Ways out of poverty, guarantees, and the policy lists they come from."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.db import driver
from fupin.listing import Listing
from services.registry.queries import histories, households

ENTRY = "e.code, e.zh, e.en, e.position, e.valid_from, e.valid_to, e.version"
BY_POSITION = (("e.position", int), ("e.code", str))

PATHWAY = """
    x.id, x.household_id, x.division_code, x.pathway, x.project_id, x.expected_income_fen,
    x.from_on AS "from", x.to_on AS "to", x.version
"""
CHECK = "g.id, g.household_id, g.division_code, g.year, g.item, g.result, g.evidence, g.checked_on, g.version"

COUNTED = "".join(
    [households.SOURCE, """
    LEFT JOIN (SELECT x.household_id, count(*) AS pathways FROM household_pathway x WHERE """, households.HELD, """
               GROUP BY 1) c ON c.household_id = h.id
"""]
)  # fmt: skip

THEN_COUNTED = COUNTED.replace(households.SOURCE, households.THEN_ALL).replace(
    "household_pathway x", f"{histories.PATHWAYS} x"
)


def entries(table: str, as_of: date | None) -> Listing:
    """The entries of a policy list, those valid on a day where one is given."""
    found = Listing(ENTRY, f"{table} e", BY_POSITION)
    if as_of is None:
        return found
    return found.where("e.valid_from <= %(as_of)s AND (e.valid_to IS NULL OR e.valid_to >= %(as_of)s)", as_of=as_of)


def all_pathways() -> Listing:
    return Listing(PATHWAY, "household_pathway x", (("x.id", UUID),))


def all_checks() -> Listing:
    return Listing(CHECK, "guarantee_check g", (("g.id", UUID),))


async def coverage_by_town(
    db: AsyncSession, on: date, division: str | None = None, known_at: datetime | None = None
) -> dict[str, dict[int, int]]:
    """Poor households by number of pathways, town by town."""
    wanted = households.Households(on, division=division, poor=True, known_at=known_at).listing()
    poor = replace(wanted, source=THEN_COUNTED if known_at else COUNTED)
    statement = " ".join(
        ["SELECT left(h.division_code, 9) || '000', coalesce(c.pathways, 0), count(*)", poor.body,
         "GROUP BY 1, 2 ORDER BY 1, 2"]
    )  # fmt: skip
    found: dict[str, dict[int, int]] = {}
    for town, pathways, count in await (await (await driver(db)).execute(statement, poor.params)).fetchall():
        found.setdefault(town, {})[pathways] = count
    return found


async def coverage(db: AsyncSession, on: date, known_at: datetime | None = None) -> dict[int, int]:
    """Poor households by number of pathways."""
    total: Counter[int] = Counter()
    for found in (await coverage_by_town(db, on, known_at=known_at)).values():
        total.update(found)
    return dict(total)
