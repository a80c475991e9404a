"""What others have to say on money: a finding of an inspection, by number and kind."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, Text, UniqueConstraint
from sqlmodel import Field

from fupin.db import NEW_ID
from services.funds.models.base import NOW, TIMESTAMP, Table, by_actor, county, place


class Note(Table, table=True):
    """A note holds no prose: what it is about in words stands with its source."""

    __table_args__ = (UniqueConstraint("source", "source_id"), Index(None, "subject_id"))

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    county_code: str = county()
    division_code: str = place()
    subject_id: UUID | None  # the receipt, distribution, appropriation it is about
    source: str = Field(max_length=32)
    source_id: UUID
    source_no: str = Field(max_length=40)
    kind: str = Field(max_length=32)
    severity: str = Field(max_length=32)
    found_on: date
    due_on: date
    made_by: str = Field(sa_type=Text, sa_column_kwargs=by_actor())
    at: datetime = Field(sa_type=TIMESTAMP, sa_column_kwargs=NOW)
