from datetime import datetime

import sqlalchemy
from sqlalchemy import BigInteger, Boolean, Column, Date, Identity, Index, Integer, String, text
from sqlmodel import Field

from fupin.db import Xid8
from services.registry.models.base import AT, CODE, NOW, Table
from services.registry.models.guarantees import GuaranteeCheck
from services.registry.models.helpers import Helper, HelperAssignment
from services.registry.models.households import Household, HouseholdIncome
from services.registry.models.members import Member
from services.registry.models.pathways import HouseholdPathway
from services.registry.models.support import Appraisal, Assistance, VillageFact


def versions_of(table: type[Table], *indexed: Index, key: tuple[str, ...] = ("id",)) -> sqlalchemy.Table:
    """
    What a table's rows held from a day on, as recorded at a moment; written by trigger, never changed.

    Of a row's versions with `valid_from` up to the day and `recorded_at` up to the moment, the one with the highest
    `seq` held; where it is `gone`, the row had left the place, or was deleted. A row without versions never changed: it
    stands in its table alone. The columns are the table's own: sealed ones sealed.
    """
    row = Table.metadata.tables[f"registry.{table.__tablename__}"]
    return sqlalchemy.Table(
        f"{row.name}_version",
        Table.metadata,
        *(Column(c.name, c.type, primary_key=c.name in key, nullable=c.nullable) for c in row.columns),
        Column("seq", Integer, primary_key=True),
        Column("valid_from", Date, nullable=False),
        Column("recorded_at", AT, nullable=False),
        Column("actor", String, nullable=False),
        Column("gone", Boolean, nullable=False),
        Index(f"ix_{row.name}_version_gone", *key, postgresql_where=text("gone")),
        *indexed,
        schema="registry",
    )


def _of_household() -> Index:
    return Index(None, "household_id", "id", "seq")


VERSIONS = (
    versions_of(Household),
    versions_of(HouseholdIncome, key=("household_id", "year")),
    *(versions_of(row, _of_household()) for row in (Member, HelperAssignment, HouseholdPathway, GuaranteeCheck)),
    versions_of(Assistance, _of_household()),
    *(versions_of(row) for row in (Helper, Appraisal, VillageFact)),
)


class RecordedChange(Table, table=True):
    """One line of the change feed, without a word on what changed. Written by trigger, never changed."""

    xid: str = Field(
        sa_column=Column(Xid8, primary_key=True, nullable=False, server_default=text("pg_current_xact_id()"))
    )
    seq: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True, nullable=False))
    kind: str = Field(max_length=32)
    object_id: str = Field(max_length=64)
    action: str = Field(max_length=32)
    version: int
    division_code: str = Field(sa_type=CODE)
    at: datetime | None = Field(default=None, sa_type=AT, nullable=False, sa_column_kwargs=NOW)
