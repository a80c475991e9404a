"""Everything a household's handbook shows, as the lists answer it."""

import json
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from fupin import listing
from fupin.listing import Listing
from fupin.problems import NotFound
from services.registry.queries import helpers, households, incomes, members, pathways, support

Rows = list[dict[str, Any]]

PLACES = "d.code, d.name, d.level"
WAYS = "x.pathway, (SELECT e.zh FROM pathway e WHERE e.code = x.pathway) AS name, x.expected_income_fen, "
WAYS += 'x.from_on AS "from", x.to_on AS "to"'


class Handbook(NamedTuple):
    """帮扶手册: one household on one day."""

    as_of: date
    household: dict[str, Any]
    places: Rows
    members: Rows
    statuses: Rows
    incomes: Rows
    guarantees: Rows
    helpers: Rows
    pathways: Rows
    assistance: Rows


async def handbook(db: AsyncSession, id: UUID, as_of: date) -> Handbook:
    """The household as it stood on the day, personal numbers masked; the latest of what repeats. Raises NotFound."""
    found = await _rows(db, households.by_id(id, as_of))
    if not found:
        raise NotFound
    code = found[0]["division_code"]
    above = [code[:6] + "000000", code[:9] + "000", code]
    places = Listing(PLACES, "division d", (("d.code", str),)).where("d.code = ANY (%(codes)s)", codes=above)
    until = {"as_of": as_of}
    checks = pathways.all_checks().where("g.household_id = %(id)s AND g.checked_on <= %(as_of)s", id=id, **until)
    help_ = helpers.all_assignments().where("a.household_id = %(id)s AND a.from_on <= %(as_of)s", id=id, **until)
    ways = pathways.all_pathways().where("x.household_id = %(id)s AND x.from_on <= %(as_of)s", id=id, **until)
    given = support.assistance().where("a.household_id = %(id)s AND a.given_on <= %(as_of)s", id=id, **until)
    steps = households.history(id).where("s.happened_on <= %(as_of)s", **until)
    earned = incomes.of_household(id).where("i.year <= extract(year FROM %(as_of)s::date)", **until)
    return Handbook(
        as_of,
        found[0],
        await _rows(db, places),
        sorted(
            await _rows(db, members.Members(as_of, household_id=id).listing()),
            key=lambda one: (one["relation"] != "02", one["relation"]),
        ),
        await _rows(db, steps),
        await _rows(db, earned),
        await _rows(db, checks.showing(checks.shown, (("g.year", int), ("g.item", str)))),
        await _rows(db, help_.showing(help_.shown, (("a.from_on", date), ("a.id", UUID)))),
        await _rows(db, ways.showing(WAYS, (("x.from_on", date), ("x.id", UUID)))),
        await _rows(db, given.showing(given.shown, (("a.given_on", date), ("a.id", UUID)))),
    )


async def _rows(db: AsyncSession, wanted: Listing) -> Rows:
    found: Rows = json.loads(await listing.every(db, wanted))["items"]
    return found
