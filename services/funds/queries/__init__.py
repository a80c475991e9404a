"""Every statement that `funds` sends to PostgreSQL, by name."""

from typing import Any

from sqlalchemy import Select, select


def columns(*wanted: Any) -> Select[Any]:
    """A select of any number of columns, whose rows are read by name."""
    return select(*wanted)
