from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlmodel import Field

from services.registry.codes import Residence
from services.registry.codes.rosters import ComparisonState, MatchKey, Outcome, RosterKind
from services.registry.models.base import AT, CODE, NO, NOW, Placed, Table, Written, in_county

NOT_IN_NEW_DATA = "NOT_IN_NEW_DATA"
BY_COMPARISON = {"postgresql_partition_by": "LIST (comparison_id)"}


class Comparison(Written, Table, table=True):
    """
    数据比对: a base roster held against a newer one, and against match rosters.

    The sums are counted from the rows by PostgreSQL when it is signed off, and must agree.
    """

    __table_args__ = (
        ForeignKeyConstraint(["base_roster_id"], ["registry.roster.id"]),
        ForeignKeyConstraint(["newer_roster_id"], ["registry.roster.id"]),
        CheckConstraint("base_rows = kept + removed + conflicts", name="base_sum"),
        CheckConstraint("kept = matched + unmatched", name="kept_sum"),
        CheckConstraint(
            "state <> 'SIGNED_OFF' OR num_nulls(signed_off_by, signed_off_at, base_rows) = 0",
            name="signed_off",
        ),
        CheckConstraint("state <> 'SIGNED_OFF' OR conflicts = 0", name="no_conflict"),
        Index(None, "kind", "as_of"),
    )

    id: UUID = Field(primary_key=True)  # of the operation that classified it
    division_code: str = Field(sa_type=CODE)
    name: str = Field(max_length=100)
    kind: RosterKind = Field(sa_type=RosterKind.stored())
    as_of: date
    base_roster_id: UUID
    newer_roster_id: UUID
    match_roster_ids: list[UUID] = Field(sa_column=Column(ARRAY(Uuid), nullable=False, server_default="{}"))
    state: ComparisonState = Field(
        default=ComparisonState.RUNNING,
        sa_type=ComparisonState.stored(),
        sa_column_kwargs={"server_default": ComparisonState.RUNNING.value},
    )
    created_by: str
    signed_off_by: str | None = None
    signed_off_at: datetime | None = Field(default=None, sa_type=AT)
    base_rows: int | None = None
    kept: int | None = None
    removed: int | None = None
    added: int | None = None
    conflicts: int | None = None
    dropped: int | None = None
    matched: int | None = None
    unmatched: int | None = None


class ComparisonRow(Placed, Table, table=True):
    """
    What became of one row: of the base roster, or of the newer one where the base has none.

    References to roster rows carry no foreign key: rosters are frozen by trigger, and two million look-ups would
    cost more than the comparison. Each comparison is a partition, filled and attached by the database's own functions.
    """

    __table_args__ = (
        in_county(),
        CheckConstraint("base_row_no IS NOT NULL OR newer_row_no IS NOT NULL", name="somewhere"),
        CheckConstraint("base_row_no IS NOT NULL OR outcome NOT IN ('KEPT', 'REMOVED')", name="of_base"),
        CheckConstraint("base_row_no IS NULL OR outcome NOT IN ('ADDED', 'DROPPED')", name="of_newer"),
        CheckConstraint("(outcome = 'REMOVED') = (reason IS NOT NULL)", name="reason"),
        # A partition holds one comparison, so no key of it begins with the same id a million times.
        PrimaryKeyConstraint("row_no", "comparison_id"),
        # Whoever was kept is most of a comparison and read in its order; the others are found by their outcome.
        Index(None, "outcome", "row_no", postgresql_where=text("outcome <> 'KEPT'")),
        BY_COMPARISON,
    )

    comparison_id: UUID = Field(primary_key=True)
    row_no: int = Field(primary_key=True)
    base_row_no: int | None = None
    newer_row_no: int | None = None
    matched_by: MatchKey | None = Field(default=None, sa_type=MatchKey.stored())
    outcome: Outcome = Field(sa_type=Outcome.stored())
    reason: str | None = Field(default=None, max_length=200)
    contradictions: list[str] = Field(sa_column=Column(ARRAY(String(16)), nullable=False, server_default="{}"))
    matched: bool = Field(default=False, sa_column_kwargs=NO)
    residence: Residence | None = Field(default=None, sa_type=Residence.stored())


class ComparisonMatch(Placed, Table, table=True):
    """A row found in a match roster, and by which key."""

    __table_args__ = (in_county(), UniqueConstraint("comparison_id", "roster_id", "roster_row_no"), BY_COMPARISON)

    comparison_id: UUID = Field(primary_key=True)
    row_no: int = Field(primary_key=True)
    roster_id: UUID = Field(primary_key=True)
    roster_row_no: int = Field(sa_type=Integer)
    matched_by: MatchKey = Field(sa_type=MatchKey.stored())


class ComparisonResolution(Placed, Table, table=True):
    """What a person decided about a contradictory row, and why. Rows are only ever added."""

    __table_args__ = (
        in_county(),
        ForeignKeyConstraint(
            ["comparison_id", "row_no"], ["registry.comparison_row.comparison_id", "registry.comparison_row.row_no"]
        ),
        CheckConstraint("outcome <> 'CONFLICT'", name="decided"),
    )

    comparison_id: UUID = Field(primary_key=True)
    row_no: int = Field(primary_key=True)
    outcome: Outcome = Field(sa_type=Outcome.stored())
    reason: str = Field(max_length=200)
    resolved_by: str
    resolved_at: datetime | None = Field(default=None, sa_type=AT, nullable=False, sa_column_kwargs=NOW)
