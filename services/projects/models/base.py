from typing import Any

from sqlalchemy import DateTime, ForeignKeyConstraint, text
from sqlmodel import SQLModel

from fupin.db import kernel_tables, schema


class Table(SQLModel, registry=schema("projects")): ...


kernel_tables(Table.metadata)

AT = DateTime(timezone=True)
NOW: dict[str, Any] = {"server_default": text("clock_timestamp()")}
ONE: dict[str, Any] = {"server_default": text("1")}


def of_project() -> ForeignKeyConstraint:
    """A row of a project stands in the project's own place, so that row-level security shows both or neither."""
    return ForeignKeyConstraint(
        ["project_id", "division_code"], ["projects.project.id", "projects.project.division_code"]
    )
