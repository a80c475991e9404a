"""Packets: the form that teams take along, and what contradicts the record when it comes back."""

import io
from typing import Annotated, Any
from uuid import UUID

import xlsxwriter
from fastapi import Query
from fastapi.responses import Response
from sqlmodel import col

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.db import Db
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from fupin.tables import XLSX
from services.inspection import models
from services.inspection.codes import ConflictState
from services.inspection.problems.visits import ConflictDecided
from services.inspection.queries import answers, checklists, common, packets
from services.inspection.queries.answers import NewAnswer
from services.inspection.rules import packets as forms
from services.inspection.schemas.packets import AnswerConflict, AnswerConflictPage, Decision

router = Router(tags=["packets"])
READ = [needs("inspection:read")]
WRITE = [needs("inspection:write")]
_XLSX: dict[int | str, dict[str, Any]] = {200: {"content": {XLSX: {}}, "description": "The form."}}


@router.get("/v1/draws/{draw_id}/packet.xlsx", dependencies=READ, responses=_XLSX | problems(NotFound))
async def get_packet(
    draw_id: UUID,
    db: Db,
    checklist_id: Annotated[UUID, Query()],
    team_id: UUID | None = None,
    village: str | None = None,
) -> Response:
    """The checklist as an XLSForm for ODK, Kobo and others, with the households still to visit in it."""
    await common.get(db, models.Draw, draw_id)
    checklist = await common.get(db, models.Checklist, checklist_id)
    asked = await checklists.asked(db, checklist_id)
    words = [
        forms.Asked(rule, q.zh, q.en, q.section_zh, q.section_en, q.unit)
        for q, rule in zip(asked, checklists.as_rules(asked), strict=True)
    ]
    stops = await packets.stops(db, draw_id, team_id, village)
    sheets = forms.sheets(draw_id, checklist_id, checklist.name, checklist.number, checklist.zh, words, stops)
    into = io.BytesIO()
    with xlsxwriter.Workbook(into, {"in_memory": True}) as book:
        for name, rows in sheets._asdict().items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if cell:
                        sheet.write_string(at, column, cell)
    headers = {"Content-Disposition": f'attachment; filename="{checklist.name}-{checklist.number}.xlsx"'}
    return Response(into.getvalue(), media_type=XLSX, headers=headers)


@router.get("/v1/answer-conflicts", dependencies=READ, response_model=AnswerConflictPage, responses=problems(BadCursor))
async def list_answer_conflicts(
    page: Paged,
    db: Db,
    draw_id: UUID | None = None,
    packet_return_id: UUID | None = None,
    state: ConflictState | None = None,
) -> Any:
    """Answers on record and what packets said instead."""
    found = packets.conflicts(draw_id=draw_id, packet_return_id=packet_return_id, state=state)
    return await page.of(db, found, key=col(models.AnswerConflict.id))


@router.post(
    "/v1/answer-conflicts/{conflict_id}:decide", dependencies=WRITE, responses=problems(NotFound, ConflictDecided)
)
async def decide_answer_conflict(conflict_id: UUID, new: Decision, db: Db, who: Who) -> AnswerConflict:
    """Keep the answer on record, or correct it by the submitted one; once, and with the reason."""
    conflict = await common.get(db, models.AnswerConflict, conflict_id)
    await common.get(db, models.Visit, conflict.visit_id, lock=True)
    state = ConflictState.TAKEN if new.take else ConflictState.KEPT
    if not await packets.decide(db, conflict_id, state, who.actor, new.reason):
        raise ConflictDecided
    if new.take:
        question = await common.get(db, models.Question, conflict.question_id)
        asked = await checklists.asked(db, question.checklist_id)
        recorded = await answers.on_record(db, [conflict.visit_id], asked, question.checklist_id)
        if recorded[conflict.visit_id][question.name].id != conflict.answer_id:
            raise ConflictDecided
        correction = NewAnswer(conflict.visit_id, conflict.question_id, conflict.value, conflict.answer_id)
        await answers.add(db, [correction], who.actor, new.reason)
    found = packets.conflicts().where(col(models.AnswerConflict.id) == conflict_id)
    return AnswerConflict.model_validate(await common.one(db, found))
