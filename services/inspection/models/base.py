from typing import Any

from sqlalchemy import CHAR, CheckConstraint, DateTime, ForeignKeyConstraint, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from fupin.db import schema


class Table(SQLModel, registry=schema("inspection")): ...


NOW: dict[str, Any] = {"server_default": text("now()")}
FIRST: dict[str, Any] = {"server_default": text("1")}
TIMESTAMP = DateTime(timezone=True)
COUNTY = CHAR(6)
HEX = CHAR(64)


def place() -> Any:
    """The place a row belongs to: a 12-digit division code."""
    return Field(max_length=12)


def is_place(column: str = "division_code") -> CheckConstraint:
    return CheckConstraint(f"{column} ~ '^[0-9]{{12}}$'", name=column)


def in_county() -> CheckConstraint:
    """The tenant of a row that grows with households; it never changes."""
    return CheckConstraint("county_code = left(division_code, 6)", name="county_code")


def with_place() -> UniqueConstraint:
    """What `placed_under` refers to."""
    return UniqueConstraint("id", "division_code")


def placed_under(column: str, parent: str) -> ForeignKeyConstraint:
    """A child stands in its parent's place: whoever sees the one sees the other."""
    return ForeignKeyConstraint(
        [column, "division_code"], [f"inspection.{parent}.id", f"inspection.{parent}.division_code"]
    )
