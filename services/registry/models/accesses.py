from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, Index, text
from sqlmodel import Field

from services.registry.codes.accesses import AccessKind
from services.registry.models.base import AT, NOW, OfHousehold, Table, in_county, of_household


class HouseholdAccess(OfHousehold, Table, table=True):
    """Somebody saw a household's personal data in the clear, or found it by an ID number. Rows are only ever added."""

    __table_args__ = (
        of_household(),
        in_county(),
        CheckConstraint("kind = 'SEARCH' OR purpose IS NOT NULL", name="purpose"),
        Index(None, "household_id", "id"),
        Index(None, "export_id", "household_id", postgresql_where=text("export_id IS NOT NULL")),
    )

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    kind: AccessKind = Field(sa_type=AccessKind.stored())
    actor: str
    purpose: str | None = Field(default=None, max_length=200)
    request_id: str
    export_id: UUID | None = None
    at: datetime | None = Field(default=None, sa_type=AT, nullable=False, sa_column_kwargs=NOW)
