"""Work tips, campaigns and their activities."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from fastapi.responses import Response
from sqlmodel import col

from fupin.app import Router
from fupin.auth import needs
from fupin.db import Db
from fupin.etag import IfMatch, Stale, VersionRequired
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from services.inspection import models
from services.inspection.codes import FiveOnes
from services.inspection.problems.meetings import (
    ActivityAlreadyInCampaign,
    CampaignEndsBeforeItBegins,
    TipNumberTaken,
)
from services.inspection.queries import campaigns, common
from services.inspection.routes.common import made, versioned
from services.inspection.schemas.campaigns import (
    Campaign,
    CampaignActivity,
    CampaignActivityPage,
    CampaignChange,
    CampaignPage,
    NewCampaign,
    NewCampaignActivity,
    NewWorkTip,
    WorkTip,
    WorkTipPage,
)

router = Router(tags=["campaigns"])
READ = [needs("inspection:read")]
WRITE = [needs("inspection:write")]


@router.post("/v1/work-tips", status_code=201, dependencies=WRITE, responses=problems(NotFound, TipNumberTaken))
async def issue_work_tip(new: NewWorkTip, db: Db, response: Response) -> WorkTip:
    """Issue a numbered work tip (工作提示). It stands as issued."""
    tip = models.WorkTip(year=new.issued_on.year, **new.model_dump())
    return made(response, "/v1/work-tips", WorkTip, await common.add(db, tip))


@router.get("/v1/work-tips", dependencies=READ, response_model=WorkTipPage, responses=problems(BadCursor))
async def list_work_tips(
    page: Paged, db: Db, year: Annotated[int | None, Query(ge=1949, le=2199)] = None, as_of: date | None = None
) -> Any:
    """Work tips by day of issue; `as_of` keeps those issued by then."""
    return await page.of(
        db, campaigns.work_tips(year=year, as_of=as_of), key=(col(models.WorkTip.issued_on), col(models.WorkTip.id))
    )


@router.get("/v1/work-tips/{work_tip_id}", dependencies=READ, responses=problems(NotFound))
async def get_work_tip(work_tip_id: UUID, db: Db) -> WorkTip:
    return WorkTip.model_validate(await common.get(db, models.WorkTip, work_tip_id))


@router.post("/v1/campaigns", status_code=201, dependencies=WRITE, responses=problems(NotFound))
async def create_campaign(new: NewCampaign, db: Db, response: Response) -> Campaign:
    """Launch a campaign (主题活动)."""
    return made(response, "/v1/campaigns", Campaign, await common.add(db, models.Campaign(**new.model_dump())))


@router.get("/v1/campaigns", dependencies=READ, response_model=CampaignPage, responses=problems(BadCursor))
async def list_campaigns(page: Paged, db: Db, on: date | None = None) -> Any:
    """Campaigns; `on` keeps those under way that day."""
    return await page.of(db, campaigns.campaigns(on=on), key=col(models.Campaign.id))


@router.get("/v1/campaigns/{campaign_id}", dependencies=READ, responses=problems(NotFound))
async def get_campaign(campaign_id: UUID, db: Db, response: Response) -> Campaign:
    return versioned(response, Campaign, await common.get(db, models.Campaign, campaign_id))


@router.patch(
    "/v1/campaigns/{campaign_id}",
    dependencies=WRITE,
    responses=problems(NotFound, Stale, VersionRequired, CampaignEndsBeforeItBegins),
)
async def change_campaign(
    campaign_id: UUID, change: CampaignChange, version: IfMatch, db: Db, response: Response
) -> Campaign:
    """End a campaign, or correct its notice."""
    await common.change(db, models.Campaign, campaign_id, version, change.values())
    return versioned(response, Campaign, await common.get(db, models.Campaign, campaign_id))


@router.post(
    "/v1/campaigns/{campaign_id}/activities",
    status_code=201,
    dependencies=WRITE,
    responses=problems(NotFound, ActivityAlreadyInCampaign),
)
async def create_campaign_activity(
    campaign_id: UUID, new: NewCampaignActivity, db: Db, response: Response
) -> CampaignActivity:
    """Begin one of the campaign's five "ones" (五个一)."""
    campaign = await common.get(db, models.Campaign, campaign_id)
    activity = models.CampaignActivity(
        campaign_id=campaign_id, division_code=campaign.division_code, **new.model_dump()
    )
    return made(response, "/v1/campaign-activities", CampaignActivity, await common.add(db, activity))


@router.get(
    "/v1/campaign-activities", dependencies=READ, response_model=CampaignActivityPage, responses=problems(BadCursor)
)
async def list_campaign_activities(
    page: Paged, db: Db, campaign_id: UUID | None = None, kind: FiveOnes | None = None, as_of: date | None = None
) -> Any:
    """Activities of campaigns; `as_of` keeps those begun by then."""
    found = campaigns.campaign_activities(campaign_id=campaign_id, kind=kind, as_of=as_of)
    return await page.of(db, found, key=col(models.CampaignActivity.id))


@router.get("/v1/campaign-activities/{activity_id}", dependencies=READ, responses=problems(NotFound))
async def get_campaign_activity(activity_id: UUID, db: Db) -> CampaignActivity:
    return CampaignActivity.model_validate(await common.get(db, models.CampaignActivity, activity_id))
