"""Tables of the `inspection` schema. `division_code` is the place a row belongs to: nobody else sees it."""

from fupin.attachments import attachment_tables
from fupin.calendars import calendar_tables
from fupin.db import kernel_tables
from services.inspection.models.answers import Answer, AnswerConflict, PacketReturn
from services.inspection.models.base import Table
from services.inspection.models.campaigns import Campaign, CampaignActivity, WorkTip
from services.inspection.models.checklists import Checklist, Question
from services.inspection.models.draws import Draw, DrawHousehold, DrawVillage, SeedEvent
from services.inspection.models.findings import (
    Escalation,
    EscalationDay,
    EscalationRule,
    Finding,
    FindingCounter,
    FindingLink,
    FindingStep,
)
from services.inspection.models.meetings import ActionItem, Meeting, TaskForce, TaskForceReport, WorkingSystem
from services.inspection.models.plans import Frame, FrameHousehold, FramePublication, FrameVillage, Plan
from services.inspection.models.schedules import Schedule, ScheduleCounty, ScheduleStop
from services.inspection.models.teams import CrossInspection, Team, TeamMember
from services.inspection.models.visits import Visit

kernel_tables(Table.metadata)
attachment_tables(Table.metadata)
calendar_tables(Table.metadata)

__all__ = [
    "ActionItem",
    "Answer",
    "AnswerConflict",
    "Campaign",
    "CampaignActivity",
    "Checklist",
    "CrossInspection",
    "Draw",
    "DrawHousehold",
    "DrawVillage",
    "Escalation",
    "EscalationDay",
    "EscalationRule",
    "Finding",
    "FindingCounter",
    "FindingLink",
    "FindingStep",
    "Frame",
    "FrameHousehold",
    "FramePublication",
    "FrameVillage",
    "Meeting",
    "PacketReturn",
    "Plan",
    "Question",
    "Schedule",
    "ScheduleCounty",
    "ScheduleStop",
    "SeedEvent",
    "Table",
    "TaskForce",
    "TaskForceReport",
    "Team",
    "TeamMember",
    "Visit",
    "WorkTip",
    "WorkingSystem",
]
