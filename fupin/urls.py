"""Database addresses: as people write them, as SQLAlchemy takes them, as libpq does."""

from psycopg.conninfo import make_conninfo
from sqlalchemy import URL


def libpq(url: URL) -> str:
    """
    The same address as a libpq connection string.

    Not by rendering the URL: SQLAlchemy leaves a space in a password as it is and libpq would refuse it.
    """
    named = url.translate_connect_args(username="user", database="dbname")
    return make_conninfo(**named, **{name: str(value) for name, value in url.query.items()})
