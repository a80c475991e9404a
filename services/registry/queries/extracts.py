"""Households of the registry as the rows of a roster: who fits the criteria on a day, with the household's head."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from fupin.listing import Listing
from services.registry.queries.eligibility_runs import Compiled
from services.registry.queries.households import LIVING, STATUS, Households
from services.registry.queries.imports.staging import Connection
from services.registry.rules.statuses import REGISTERED

ROWS = 2_000

# The head, or whoever was registered first where there is none.
_HEAD = f"""
    LEFT JOIN LATERAL (
        SELECT m.name, m.id_number_enc, m.id_number_index, m.id_number_mask FROM member m
        WHERE m.household_id = h.id AND {LIVING} ORDER BY (m.relation = '02') DESC, m.id LIMIT 1
    ) AS head ON true
"""  # noqa: S608  # made of constants

_CATEGORY = f"""
    CASE WHEN h.poverty_type IN ('DESTITUTE', 'MINIMUM_LIVING') THEN h.poverty_type
         WHEN {STATUS} = ANY (%(registered_poor)s) THEN 'REGISTERED_POOR' END
"""
_SHOWN = """
    h.household_no, coalesce(head.name, ''), h.division_code, {category},
    h.residence, h.house_grade, head.id_number_enc, head.id_number_index, head.id_number_mask
"""

COPY = """
    COPY stage (row_no, household_no, name, division_code, category, residence, house_grade, id_number_enc,
                id_number_index, id_number_mask) FROM STDIN
"""


def extract(wanted: Households, decided: Compiled | None = None) -> Listing:
    """The rows of the roster, in the order of place and household number; of a rule, only whom it finds eligible."""
    found = wanted.listing()
    statuses = sorted(str(status) for status in REGISTERED)
    params = {**found.params, "registered_poor": statuses}
    if decided is None:
        return Listing(_SHOWN.format(category=_CATEGORY), found.source + _HEAD, (), found.conditions, params)
    source = "".join([found.source, _HEAD, "JOIN ", decided.sql, " AS ruled ON ruled.household_id = h.id"])
    shown = _SHOWN.format(category="ruled.clause")
    by_rule = Listing(shown, source, (), found.conditions, {**params, **decided.params})
    return by_rule.where("ruled.outcome = 'ELIGIBLE'")


async def read(conn: Connection, wanted: Listing) -> AsyncIterator[Sequence[tuple[Any, ...]]]:
    """The rows by the thousand, through a cursor: memory stays flat."""
    statement = " ".join(["SELECT", wanted.shown, wanted.body, "ORDER BY h.division_code, h.household_no"])
    async with conn.cursor(name="extract") as cursor:
        await cursor.execute(statement, wanted.params)
        while rows := await cursor.fetchmany(ROWS):
            yield rows


async def stage(conn: Connection, rows: Sequence[Sequence[Any]]) -> None:
    async with conn.cursor() as cursor, cursor.copy(COPY) as copy:
        for row in rows:
            await copy.write_row(row)
