from typing import Any

from sqlalchemy import CHAR, DateTime, text
from sqlmodel import Field, SQLModel

from fupin.db import schema


class Table(SQLModel, registry=schema("funds")): ...


NOW: dict[str, Any] = {"server_default": text("clock_timestamp()")}
TIMESTAMP = DateTime(timezone=True)
COUNTY = CHAR(6)


def county() -> Any:
    """The tenant of a row; it never changes."""
    return Field(sa_type=COUNTY)


def place() -> Any:
    """The place a row belongs to: a 12-digit division code."""
    return Field(max_length=12)


def by_actor() -> dict[str, Any]:
    """Who acts is what the transaction says; without it the login."""
    return {
        "server_default": text("coalesce(nullif(current_setting('fupin.actor', true), ''), 'login:' || session_user)")
    }
