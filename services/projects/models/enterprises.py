from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from fupin.db import NEW_ID
from services.projects.codes.enterprises import EnterpriseKind
from services.projects.models.base import AT, CODE, NOW, ONE, Table


class Enterprise(Table, table=True):
    """A leading enterprise or cooperative (龙头企业、合作社). Read by every division, changed by its own."""

    id: UUID = Field(default=None, primary_key=True, sa_column_kwargs=NEW_ID)
    uscc: str = Field(unique=True, max_length=18)
    name: str = Field(max_length=200)
    kind: EnterpriseKind = Field(sa_type=EnterpriseKind.stored())
    division_code: str = Field(sa_type=CODE)
    version: int = Field(default=1, sa_column_kwargs=ONE)
    recorded_at: datetime = Field(default=None, sa_type=AT, sa_column_kwargs=NOW)
