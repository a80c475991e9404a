"""Divisions: counties, towns and villages, in any order in the file."""

from datetime import date

from services.registry.queries.imports.staging import Connection, Counts
from services.registry.rules.statuses import REGISTER_OPENED

# A town's parent is its county, a village's its town: the code says so where the file does not.
PARENT = """
    UPDATE stage SET parent_code = CASE level
        WHEN 'TOWN' THEN left(code, 6) || '000000' WHEN 'VILLAGE' THEN left(code, 9) || '000' END
"""

CHECKS = (
    """
    INSERT INTO stage_error
    SELECT row_no, 'code', 'OUTSIDE_DIVISION' FROM stage
    WHERE NOT starts_with(code, current_setting('fupin.division'))
    """,
    """
    INSERT INTO stage_error
    SELECT row_no, 'code', 'DUPLICATE_ROW'
    FROM (SELECT row_no, count(*) OVER (PARTITION BY code) AS copies FROM stage WHERE code IS NOT NULL) AS s
    WHERE copies > 1
    """,
)

# Twice: a town refused in the first pass leaves its villages without a parent in the second.
ORPHANS = """
    INSERT INTO stage_error
    SELECT s.row_no, 'parent_code', 'UNKNOWN_DIVISION' FROM stage s
    WHERE s.parent_code IS NOT NULL AND starts_with(s.parent_code, current_setting('fupin.division'))
      AND NOT EXISTS (SELECT FROM division d WHERE d.code = s.parent_code)
      AND NOT EXISTS (SELECT FROM stage p WHERE p.code = s.parent_code
                      AND p.row_no NOT IN (SELECT row_no FROM stage_error))
"""

ADD = """
    INSERT INTO division (code, county_code, name, level, parent_code, longitude, latitude, state_on, poor_village,
        has_tap_water, water_system_running, population, labour_force, collective_income_fen)
    SELECT code, left(code, 6), name, level, parent_code, longitude, latitude, %(since)s::date,
        coalesce(poor_village, false), has_tap_water, water_system_running, population, labour_force, collective_income
    FROM stage s
    WHERE row_no NOT IN (SELECT row_no FROM stage_error) AND NOT EXISTS (SELECT FROM division d WHERE d.code = s.code)
    ORDER BY code
"""

# An empty cell leaves what is registered.
CHANGE = """
    UPDATE division d SET name = n.name, longitude = n.longitude, latitude = n.latitude, poor_village = n.poor_village,
        has_tap_water = n.has_tap_water, water_system_running = n.water_system_running, population = n.population,
        labour_force = n.labour_force, collective_income_fen = n.collective_income,
        state_on = greatest(d.state_on, %(as_of)s::date), version = d.version + 1
    FROM (SELECT o.code, s.name, coalesce(s.longitude, o.longitude) AS longitude,
                 coalesce(s.latitude, o.latitude) AS latitude, coalesce(s.poor_village, o.poor_village) AS poor_village,
                 coalesce(s.has_tap_water, o.has_tap_water) AS has_tap_water,
                 CASE WHEN s.has_tap_water IS FALSE THEN NULL
                      ELSE coalesce(s.water_system_running, o.water_system_running) END AS water_system_running,
                 coalesce(s.population, o.population) AS population,
                 coalesce(s.labour_force, o.labour_force) AS labour_force,
                 coalesce(s.collective_income, o.collective_income_fen) AS collective_income
          FROM stage s JOIN division o ON o.code = s.code
          WHERE s.row_no NOT IN (SELECT row_no FROM stage_error)) AS n
    WHERE d.code = n.code
      AND (d.name, d.longitude, d.latitude, d.poor_village, d.has_tap_water, d.water_system_running, d.population,
           d.labour_force, d.collective_income_fen)
          IS DISTINCT FROM (n.name, n.longitude, n.latitude, n.poor_village, n.has_tap_water, n.water_system_running,
                            n.population, n.labour_force, n.collective_income)
"""


async def check(conn: Connection) -> None:
    """Add what the registry finds wrong to the staged errors."""
    await conn.execute(PARENT)
    for statement in (*CHECKS, ORPHANS, ORPHANS):
        await conn.execute(statement)


async def apply(conn: Connection, as_of: date | None, today: date, valid: int) -> Counts:
    """Take the good rows. A new division stood as it is told since the register began, unless the file says a day."""
    changed = (await conn.execute(CHANGE, {"as_of": as_of or today})).rowcount
    added = (await conn.execute(ADD, {"since": as_of or REGISTER_OPENED})).rowcount
    return Counts(added, changed, valid - added - changed)
