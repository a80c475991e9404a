from datetime import date
from uuid import UUID

from sqlalchemy import SmallInteger, UniqueConstraint
from sqlmodel import Field

from fupin.db import NEW_ID
from services.registry.codes import GuaranteeItem, GuaranteeResult
from services.registry.models.base import EMPTY, ONE, OfHousehold, Table, Written, in_county, of_household


class GuaranteeCheck(OfHousehold, Written, Table, table=True):
    """两不愁三保障: whether a guarantee was met for a household in a year, and on what evidence."""

    __table_args__ = (of_household(), in_county(), UniqueConstraint("household_id", "year", "item"))

    id: UUID | None = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    year: int = Field(sa_type=SmallInteger)
    item: GuaranteeItem = Field(sa_type=GuaranteeItem.stored())
    result: GuaranteeResult = Field(sa_type=GuaranteeResult.stored())
    evidence: str = Field(default="", max_length=500, sa_column_kwargs=EMPTY)
    checked_on: date
    version: int = Field(default=1, sa_column_kwargs=ONE)
