"""Task forces, working systems, meetings and their action items."""

from datetime import date
from typing import Any
from uuid import UUID

from fastapi.responses import Response
from sqlmodel import col

from fupin.app import Router
from fupin.auth import needs
from fupin.db import Db
from fupin.etag import IfMatch, Stale, VersionRequired
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, StillReferred, problems
from services.inspection import models
from services.inspection.codes import MeetingKind, NegotiationMatter, SystemKind, Theme
from services.inspection.problems.meetings import (
    DoneBeforeTheMeeting,
    NegotiationNeedsItsMatter,
    SystemAlreadyInForce,
    TaskForceMeetingNeedsItsTaskForce,
    TaskForceStillAtWork,
)
from services.inspection.queries import common, meetings
from services.inspection.routes.common import made, versioned
from services.inspection.schemas.meetings import (
    ActionItem,
    ActionItemChange,
    ActionItemPage,
    Meeting,
    MeetingChange,
    MeetingPage,
    NewActionItem,
    NewMeeting,
    NewTaskForce,
    NewWorkingSystem,
    TaskForce,
    TaskForceChange,
    TaskForcePage,
    WorkingSystem,
    WorkingSystemChange,
    WorkingSystemPage,
)

router = Router(tags=["meetings"])
READ = [needs("inspection:read")]
WRITE = [needs("inspection:write")]
CHANGED = (NotFound, Stale, VersionRequired)


@router.post("/v1/task-forces", status_code=201, dependencies=WRITE, responses=problems(NotFound, TaskForceStillAtWork))
async def create_task_force(new: NewTaskForce, db: Db, response: Response) -> TaskForce:
    """Set up a task force (专项推进小组)."""
    return made(response, "/v1/task-forces", TaskForce, await common.add(db, models.TaskForce(**new.model_dump())))


@router.get("/v1/task-forces", dependencies=READ, response_model=TaskForcePage, responses=problems(BadCursor))
async def list_task_forces(page: Paged, db: Db, theme: Theme | None = None, on: date | None = None) -> Any:
    """Task forces; `on` keeps those at work that day."""
    return await page.of(db, meetings.task_forces(theme=theme, on=on), key=col(models.TaskForce.id))


@router.get("/v1/task-forces/{task_force_id}", dependencies=READ, responses=problems(NotFound))
async def get_task_force(task_force_id: UUID, db: Db, response: Response) -> TaskForce:
    return versioned(response, TaskForce, await common.get(db, models.TaskForce, task_force_id))


@router.patch("/v1/task-forces/{task_force_id}", dependencies=WRITE, responses=problems(*CHANGED, TaskForceStillAtWork))
async def change_task_force(
    task_force_id: UUID, change: TaskForceChange, version: IfMatch, db: Db, response: Response
) -> TaskForce:
    """Change who leads it, who belongs to it, or end it."""
    await common.change(db, models.TaskForce, task_force_id, version, change.values())
    return versioned(response, TaskForce, await common.get(db, models.TaskForce, task_force_id))


@router.post(
    "/v1/working-systems", status_code=201, dependencies=WRITE, responses=problems(NotFound, SystemAlreadyInForce)
)
async def create_working_system(new: NewWorkingSystem, db: Db, response: Response) -> WorkingSystem:
    """Establish a working system (工作制度)."""
    return made(
        response, "/v1/working-systems", WorkingSystem, await common.add(db, models.WorkingSystem(**new.model_dump()))
    )


@router.get("/v1/working-systems", dependencies=READ, response_model=WorkingSystemPage, responses=problems(BadCursor))
async def list_working_systems(page: Paged, db: Db, kind: SystemKind | None = None, on: date | None = None) -> Any:
    """Working systems; `on` keeps those in force that day."""
    return await page.of(db, meetings.working_systems(kind=kind, on=on), key=col(models.WorkingSystem.id))


@router.get("/v1/working-systems/{working_system_id}", dependencies=READ, responses=problems(NotFound))
async def get_working_system(working_system_id: UUID, db: Db, response: Response) -> WorkingSystem:
    return versioned(response, WorkingSystem, await common.get(db, models.WorkingSystem, working_system_id))


@router.patch(
    "/v1/working-systems/{working_system_id}", dependencies=WRITE, responses=problems(*CHANGED, SystemAlreadyInForce)
)
async def change_working_system(
    working_system_id: UUID, change: WorkingSystemChange, version: IfMatch, db: Db, response: Response
) -> WorkingSystem:
    """Change its document, or end it."""
    await common.change(db, models.WorkingSystem, working_system_id, version, change.values())
    return versioned(response, WorkingSystem, await common.get(db, models.WorkingSystem, working_system_id))


@router.post(
    "/v1/meetings",
    status_code=201,
    dependencies=WRITE,
    responses=problems(NotFound, StillReferred, TaskForceMeetingNeedsItsTaskForce, NegotiationNeedsItsMatter),
)
async def create_meeting(new: NewMeeting, db: Db, response: Response) -> Meeting:
    """Record a meeting that was held, with its minutes."""
    return made(response, "/v1/meetings", Meeting, await common.add(db, models.Meeting(**new.model_dump())))


@router.get("/v1/meetings", dependencies=READ, response_model=MeetingPage, responses=problems(BadCursor))
async def list_meetings(
    page: Paged,
    db: Db,
    kind: MeetingKind | None = None,
    matter: NegotiationMatter | None = None,
    task_force_id: UUID | None = None,
    held_from: date | None = None,
    as_of: date | None = None,
) -> Any:
    """Meetings by the day they were held; `as_of` keeps those held by then, that day included."""
    found = meetings.meetings(kind=kind, matter=matter, task_force_id=task_force_id, held_from=held_from, as_of=as_of)
    return await page.of(db, found, key=(col(models.Meeting.held_on), col(models.Meeting.id)))


@router.get("/v1/meetings/{meeting_id}", dependencies=READ, responses=problems(NotFound))
async def get_meeting(meeting_id: UUID, db: Db, response: Response) -> Meeting:
    return versioned(response, Meeting, await common.get(db, models.Meeting, meeting_id))


@router.patch("/v1/meetings/{meeting_id}", dependencies=WRITE, responses=problems(*CHANGED))
async def change_meeting(
    meeting_id: UUID, change: MeetingChange, version: IfMatch, db: Db, response: Response
) -> Meeting:
    """Correct the record; what kind of meeting it was and when it was held stand."""
    await common.change(db, models.Meeting, meeting_id, version, change.values())
    return versioned(response, Meeting, await common.get(db, models.Meeting, meeting_id))


@router.post(
    "/v1/meetings/{meeting_id}/action-items",
    status_code=201,
    dependencies=WRITE,
    responses=problems(NotFound, DoneBeforeTheMeeting),
)
async def create_action_item(meeting_id: UUID, new: NewActionItem, db: Db, response: Response) -> ActionItem:
    """What the meeting asked somebody to do by a day."""
    meeting = await common.get(db, models.Meeting, meeting_id)
    item = models.ActionItem(meeting_id=meeting_id, division_code=meeting.division_code, **new.model_dump())
    return made(response, "/v1/action-items", ActionItem, await common.add(db, item))


@router.get("/v1/action-items", dependencies=READ, response_model=ActionItemPage, responses=problems(BadCursor))
async def list_action_items(
    page: Paged,
    db: Db,
    meeting_id: UUID | None = None,
    owner: str | None = None,
    done: bool | None = None,
    overdue_on: date | None = None,
) -> Any:
    """Action items by due date; `overdue_on` keeps those that were late on that day."""
    found = meetings.action_items(meeting_id=meeting_id, owner=owner, done=done, overdue_on=overdue_on)
    return await page.of(db, found, key=(col(models.ActionItem.due_on), col(models.ActionItem.id)))


@router.get("/v1/action-items/{action_item_id}", dependencies=READ, responses=problems(NotFound))
async def get_action_item(action_item_id: UUID, db: Db, response: Response) -> ActionItem:
    return versioned(response, ActionItem, await common.get(db, models.ActionItem, action_item_id))


@router.patch(
    "/v1/action-items/{action_item_id}", dependencies=WRITE, responses=problems(*CHANGED, DoneBeforeTheMeeting)
)
async def change_action_item(
    action_item_id: UUID, change: ActionItemChange, version: IfMatch, db: Db, response: Response
) -> ActionItem:
    """Say that it was done, or give it another owner or day."""
    await common.change(db, models.ActionItem, action_item_id, version, change.values())
    return versioned(response, ActionItem, await common.get(db, models.ActionItem, action_item_id))
