import re
from typing import Any

from sqlalchemy import DateTime, ForeignKeyConstraint, String, text
from sqlalchemy.orm import declared_attr
from sqlmodel import SQLModel

from fupin.attachments import attachment_tables
from fupin.calendars import calendar_tables
from fupin.db import kernel_tables, schema


class Table(SQLModel, registry=schema("projects")):
    @declared_attr.directive
    def __tablename__(cls) -> str:  # noqa: N805  # SQLAlchemy hands over the class
        """ProjectStep stands in `project_step`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


kernel_tables(Table.metadata)
attachment_tables(Table.metadata)
calendar_tables(Table.metadata)

# Bytewise order lets PostgreSQL answer "begins with 230882101" from an index.
CODE: Any = String(12, collation="C")
COUNTY: Any = String(6, collation="C")
AT = DateTime(timezone=True)
NOW: dict[str, Any] = {"server_default": text("clock_timestamp()")}
ONE: dict[str, Any] = {"server_default": text("1")}


def of_project() -> ForeignKeyConstraint:
    """A row of a project stands in the project's own place, so that row-level security shows both or neither."""
    return ForeignKeyConstraint(
        ["project_id", "division_code"], ["projects.project.id", "projects.project.division_code"]
    )
