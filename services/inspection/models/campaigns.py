"""Work tips and campaigns: ledgers of what was issued and done."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from fupin.db import NEW_ID
from services.inspection.codes import FiveOnes
from services.inspection.models.base import FIRST, Table, is_place, place, placed_under, with_place


class WorkTip(Table, table=True):
    """A numbered work tip (工作提示) sent to those who do the work."""

    __tablename__ = "work_tip"
    __table_args__ = (
        is_place(),
        UniqueConstraint("division_code", "year", "issue_no"),
        CheckConstraint("year = extract(year FROM issued_on)", name="year"),
        CheckConstraint("issue_no > 0", name="issue_no"),
    )

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    division_code: str = place()
    year: int
    issue_no: int
    issued_on: date
    title: str
    content: str


class Campaign(Table, table=True):
    """A campaign (主题活动) set off by a notice."""

    __table_args__ = (is_place(), with_place(), CheckConstraint("ended_on > launched_on", name="days"))

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    division_code: str = place()
    theme: str
    notice: str
    launched_on: date
    ended_on: date | None
    version: int = Field(sa_column_kwargs=FIRST)


class CampaignActivity(Table, table=True):
    """One of a campaign's five "ones" (五个一)."""

    __tablename__ = "campaign_activity"
    __table_args__ = (placed_under("campaign_id", "campaign"), UniqueConstraint("campaign_id", "kind"))

    id: UUID = Field(primary_key=True, sa_column_kwargs=NEW_ID)
    campaign_id: UUID
    division_code: str = place()
    kind: FiveOnes = Field(sa_type=FiveOnes.stored())
    started_on: date
    description: str
