"""Divisions as they stood on a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.db import driver
from fupin.listing import Listing
from services.registry.codes import DivisionLevel

SOURCE = """
    division d JOIN LATERAL (
        SELECT s.* FROM division_state s WHERE s.division_code = d.code AND s.state_on <= %(as_of)s
        ORDER BY s.version DESC LIMIT 1
    ) s ON (d.valid_from IS NULL OR d.valid_from <= %(as_of)s) AND (d.valid_to IS NULL OR d.valid_to >= %(as_of)s)
"""
SHOWN = """
    d.code, d.county_code, d.name, d.level, d.parent_code, d.successor_code AS succeeded_by, d.leader,
    d.longitude, d.latitude,
    d.valid_from, d.valid_to, s.state_on, s.poor_village, s.has_tap_water, s.water_system_running,
    s.population, s.labour_force, s.collective_income_fen, d.version
"""
BY_CODE = (("d.code", str),)

# A division that is gone is still read by its code: old addresses refer to it.
GONE_OR_NOT = """
    division d JOIN LATERAL (
        SELECT s.* FROM division_state s WHERE s.division_code = d.code
        ORDER BY s.state_on <= %(as_of)s DESC, s.version DESC LIMIT 1
    ) s ON true
"""
VERIFY = """
    SELECT d.code, d.name, d.level FROM division d
    WHERE d.code = ANY (%(codes)s)
      AND (d.valid_from IS NULL OR d.valid_from <= %(on)s) AND (d.valid_to IS NULL OR d.valid_to >= %(on)s)
"""
STATE_ON = text("SELECT state_on FROM division WHERE code = :code FOR UPDATE")


@dataclass(frozen=True)
class Divisions:
    """Which divisions: what the list, its count and the figures have in common."""

    as_of: date
    level: DivisionLevel | None = None
    parent: str | None = None
    poor_village: bool | None = None
    has_tap_water: bool | None = None
    water_system_running: bool | None = None

    def listing(self) -> Listing:
        found = Listing(SHOWN, SOURCE, BY_CODE, params={"as_of": self.as_of})
        columns = {"level": "d.level", "parent": "d.parent_code"} | {
            name: f"s.{name}" for name in ("poor_village", "has_tap_water", "water_system_running")
        }
        for name, column in columns.items():
            if (value := getattr(self, name)) is not None:
                found = found.where(
                    f"{column} = %({name})s", **{name: value if isinstance(value, bool) else str(value)}
                )
        return found

    def href(self) -> str:
        """The address that lists exactly these divisions."""
        given = {
            name: str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in vars(self).items()
            if value is not None
        }
        return (
            f"/v1/divisions?{urlencode({k: v for k, v in given.items() if k != 'as_of'} | {'as_of': given['as_of']})}"
        )


def by_code(code: str, as_of: date) -> Listing:
    return Listing(SHOWN, GONE_OR_NOT, BY_CODE, params={"as_of": as_of}).where("d.code = %(code)s", code=code)


async def verify(db: AsyncSession, codes: Sequence[str], on: date) -> list[tuple[str, str, str]]:
    """Those of the codes that are divisions on the day, with name and level."""
    found = await (await driver(db)).execute(VERIFY, {"codes": list(codes), "on": on})
    return await found.fetchall()
