"""Papers of inspection: evidence, minutes, photographs, what was put right."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.attachments import Place, attachments
from services.inspection import models
from services.inspection.queries import findings, visits


def _place(model: Any) -> Place:
    async def place(db: AsyncSession, id: UUID, /) -> str | None:
        found: str | None = (await db.execute(select(model.division_code).where(model.id == id))).scalar_one_or_none()
        return found

    return place


router = attachments(
    "inspection",
    {
        "visit": ("/v1/visits", visits.place),
        "finding": ("/v1/findings", findings.place),
        "meeting": ("/v1/meetings", _place(models.Meeting)),
        "action_item": ("/v1/action-items", _place(models.ActionItem)),
        "task_force": ("/v1/task-forces", _place(models.TaskForce)),
        "task_force_report": ("/v1/task-force-reports", _place(models.TaskForceReport)),
        "working_system": ("/v1/working-systems", _place(models.WorkingSystem)),
        "cross_inspection": ("/v1/cross-inspections", _place(models.CrossInspection)),
        "work_tip": ("/v1/work-tips", _place(models.WorkTip)),
        "campaign_activity": ("/v1/campaign-activities", _place(models.CampaignActivity)),
    },
)
