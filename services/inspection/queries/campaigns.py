"""Work tips, campaigns and their activities."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from services.inspection.codes import FiveOnes
from services.inspection.models import Campaign, CampaignActivity, WorkTip
from services.inspection.queries.common import in_force, only


def work_tips(*, year: int | None = None, as_of: date | None = None) -> Select[Any]:
    found = only(select(WorkTip), {col(WorkTip.year): year})
    return found.where(col(WorkTip.issued_on) <= as_of) if as_of else found


def campaigns(*, on: date | None = None) -> Select[Any]:
    found = select(Campaign)
    return found.where(in_force(col(Campaign.launched_on), col(Campaign.ended_on), on)) if on else found


def campaign_activities(
    *, campaign_id: UUID | None = None, kind: FiveOnes | None = None, as_of: date | None = None
) -> Select[Any]:
    found = only(
        select(CampaignActivity), {col(CampaignActivity.campaign_id): campaign_id, col(CampaignActivity.kind): kind}
    )
    return found.where(col(CampaignActivity.started_on) <= as_of) if as_of else found
