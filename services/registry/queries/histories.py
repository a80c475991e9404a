"""
What held on a day as it was known at a moment: the same rows as the tables', from their versions.

The texts take the place of `household h` and `member m`; their parameters are `as_of` (a day) and `known_at` (a
moment). A row that never changed stands in its table alone, so both are read.
"""

from dataclasses import replace
from datetime import UTC, date, datetime

from sqlalchemy import text

from fupin.listing import Listing
from services.registry import models

# What is known by now: later than anything recorded.
EVER = datetime(9999, 12, 31, tzinfo=UTC)


def _columns(table: type[models.Table]) -> list[str]:
    return [column.name for column in models.Table.metadata.tables[f"registry.{table.__tablename__}"].columns]


def then(table: type[models.Table], key: tuple[str, ...] = ("id",)) -> str:
    """
    A table as it was known at a moment, of what held on a day.

    Nothing but conditions on rows: whatever the query around it asks for reaches the indexes. For some rows of many.
    """
    name, columns = str(table.__tablename__), _columns(table)
    same = " AND ".join(f"{{0}}.{column} = v.{column}" for column in key)
    return f"""(
        SELECT {", ".join(f"c.{column}" for column in columns)} FROM {name} c
        WHERE c.created_at <= %(known_at)s AND NOT EXISTS (SELECT FROM {name}_version v WHERE {same.format("c")})
        UNION ALL
        SELECT {", ".join(f"v.{column}" for column in columns)} FROM {name}_version v
        WHERE v.valid_from <= %(as_of)s AND v.recorded_at <= %(known_at)s AND NOT v.gone AND NOT EXISTS (
            SELECT FROM {name}_version w WHERE {same.format("w")} AND w.seq > v.seq
              AND w.valid_from <= %(as_of)s AND w.recorded_at <= %(known_at)s)
    )"""  # noqa: S608  # made of constants


def in_order(table: type[models.Table]) -> str:
    """
    The same, row by row in the order of ids: for pages of a whole table.

    Each row with its version, found by index, so that a page costs what its rows cost however much has changed since.
    Beside them what has left, or was deleted: few, and found by an index of their own. Both sides are ordered, so that
    PostgreSQL merges them as far as the page goes.
    """
    name, columns = str(table.__tablename__), _columns(table)
    held = f"""(
        SELECT v.* FROM {name}_version v
        WHERE v.id = {{0}}.id AND v.valid_from <= %(as_of)s AND v.recorded_at <= %(known_at)s
        ORDER BY v.seq DESC LIMIT 1)"""  # noqa: S608  # made of constants
    rest = [column for column in columns if column != "id"]
    either = ", ".join(f"CASE WHEN v.seq IS NULL THEN c.{column} ELSE v.{column} END AS {column}" for column in rest)
    return f"""(
        (SELECT c.id, {either} FROM {name} c LEFT JOIN LATERAL {held.format("c")} v ON true
        LEFT JOIN LATERAL (SELECT w.seq FROM {name}_version w WHERE w.id = c.id AND v.seq IS NULL LIMIT 1) w ON true
        WHERE CASE WHEN v.seq IS NOT NULL THEN NOT v.gone ELSE w.seq IS NULL AND c.created_at <= %(known_at)s END
        ORDER BY c.id)
        UNION ALL
        (SELECT g.id, {", ".join(f"v.{column}" for column in rest)}
        FROM {name}_version g CROSS JOIN LATERAL {held.format("g")} v
        WHERE g.gone AND NOT v.gone AND NOT EXISTS (SELECT FROM {name} c WHERE c.id = g.id)
          AND NOT EXISTS (SELECT FROM {name}_version w WHERE w.id = g.id AND w.gone AND w.seq < g.seq)
        ORDER BY g.id)
    )"""  # noqa: S608  # made of constants


HOUSEHOLDS = in_order(models.Household)
PERSONS = in_order(models.Member)
HOUSEHOLD = then(models.Household)
MEMBERS = then(models.Member)
INCOMES = then(models.HouseholdIncome, ("household_id", "year"))
HELPERS = then(models.Helper)
ASSIGNMENTS = then(models.HelperAssignment)
PATHWAYS = then(models.HouseholdPathway)
CHECKS = then(models.GuaranteeCheck)
ASSISTANCE = then(models.Assistance)
APPRAISALS = then(models.Appraisal)
FACTS = then(models.VillageFact)


def as_known(listing: Listing, table: str, rows: str, as_of: date, known_at: datetime | None) -> Listing:
    """The listing with a table's rows as they were known at the moment; without one, as the table stands."""
    if known_at is None:
        return listing
    source = listing.source.replace(f"{table} ", f"{rows} ", 1)
    return replace(listing, source=source, params={**listing.params, "as_of": as_of, "known_at": known_at})


# For this transaction: the day from which its changes hold.
HOLDING_FROM = text("SELECT set_config('fupin.effective_on', :on, true)")
