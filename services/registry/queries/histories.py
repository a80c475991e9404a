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


def _columns(row: str, table: type[models.Table], *own: str) -> str:
    return ", ".join(
        f"{'v' if column.name in own else row}.{column.name}"
        for column in table.metadata.tables[f"registry.{table.__tablename__}"].columns
    )


def _then(table: str, now: str, version: str, key: str) -> str:
    return f"""(
        SELECT {now} FROM {table} c
        WHERE c.created_at <= %(known_at)s AND NOT EXISTS (SELECT FROM {table}_version v WHERE v.id = c.id)
        UNION ALL
        SELECT {version} FROM (
            SELECT DISTINCT ON ({key}) {key}, v.gone, v.image FROM {table}_version v
            WHERE v.valid_from <= %(as_of)s AND v.recorded_at <= %(known_at)s
            ORDER BY {key}, v.seq DESC
        ) v CROSS JOIN LATERAL jsonb_populate_record(NULL::{table}, v.image) r
        WHERE NOT v.gone
    )"""  # noqa: S608  # made of constants


# The keys come from the version itself: conditions on them reach its index.
HOUSEHOLDS = _then("household", _columns("c", models.Household), _columns("r", models.Household, "id"), "v.id")
MEMBERS = _then(
    "member",
    _columns("c", models.Member),
    _columns("r", models.Member, "id", "household_id"),
    "v.household_id, v.id",
)

# For this transaction: the day from which its changes hold.
HOLDING_FROM = text("SELECT set_config('fupin.effective_on', :on, true)")
