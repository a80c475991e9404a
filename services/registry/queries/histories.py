"""
What held on a day as it was known at a moment: the same rows as the tables', from their versions.

The texts take the place of `household h` and `member m`; their parameters are `as_of` (a day) and `known_at` (a
moment). A row that never changed stands in its table alone, so both are read.
"""

from datetime import UTC, datetime

from sqlalchemy import text

from services.registry import models

# What is known by now: later than anything recorded.
EVER = datetime(9999, 12, 31, tzinfo=UTC)


def then(table: type[models.Table], key: tuple[str, ...] = ("id",)) -> str:
    """
    A table as it was known at a moment, of what held on a day.

    Nothing but conditions on rows, so that those of the query around it reach the indexes, and an order by id is read
    from them: a page costs what its rows cost.
    """
    name = str(table.__tablename__)
    columns = ", ".join(f"{{0}}.{column.name}" for column in models.Table.metadata.tables[f"registry.{name}"].columns)
    same = " AND ".join(f"{{0}}.{column} = v.{column}" for column in key)
    return f"""(
        SELECT {columns.format("c")} FROM {name} c
        WHERE c.created_at <= %(known_at)s AND NOT EXISTS (SELECT FROM {name}_version v WHERE {same.format("c")})
        UNION ALL
        SELECT {columns.format("v")} FROM {name}_version v
        WHERE v.valid_from <= %(as_of)s AND v.recorded_at <= %(known_at)s AND NOT v.gone AND NOT EXISTS (
            SELECT FROM {name}_version w WHERE {same.format("w")} AND w.seq > v.seq
              AND w.valid_from <= %(as_of)s AND w.recorded_at <= %(known_at)s)
    )"""  # noqa: S608  # made of constants


HOUSEHOLDS = then(models.Household)
MEMBERS = then(models.Member)
INCOMES = then(models.HouseholdIncome, ("household_id", "year"))
HELPERS = then(models.Helper)
ASSIGNMENTS = then(models.HelperAssignment)
PATHWAYS = then(models.HouseholdPathway)
CHECKS = then(models.GuaranteeCheck)
ASSISTANCE = then(models.Assistance)
APPRAISALS = then(models.Appraisal)
FACTS = then(models.VillageFact)

# For this transaction: the day from which its changes hold.
HOLDING_FROM = text("SELECT set_config('fupin.effective_on', :on, true)")
