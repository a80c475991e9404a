"""What comes back in packets: every row matched to its visit, nothing on record overwritten."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Form
from fastapi.responses import Response
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.app import Router
from fupin.auth import Principal, Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from fupin.sheets import reading
from fupin.sheets.problems import REFUSALS
from services.inspection import models
from services.inspection.codes import VisitState
from services.inspection.problems.visits import NoHouseholdColumn
from services.inspection.queries import answers, checklists, common, packets, visits
from services.inspection.queries.answers import NewAnswer, Recorded, as_json
from services.inspection.queries.packets import Contradiction
from services.inspection.routes.common import made
from services.inspection.rules import packets_returns as rules
from services.inspection.rules.packets_returns import Returned, Verdict
from services.inspection.schemas.packets import NewPacketReturn, NewSubmissions, PacketReturn, PacketReturnPage

router = Router(tags=["packets"])
READ = [needs("inspection:read")]
WRITE = [needs("inspection:write")]
ROWS = 5_000
NAMED = 1_000  # bad cells that are told; the rest is counted


@router.post(
    "/v1/draws/{draw_id}/packet-returns",
    status_code=201,
    dependencies=WRITE,
    responses=problems(NotFound, NoHouseholdColumn, *REFUSALS),
)
async def take_packet_return(
    draw_id: UUID,
    new: Annotated[NewPacketReturn, Form(media_type="multipart/form-data")],
    db: Db,
    who: Who,
    today: Today,
    response: Response,
) -> PacketReturn:
    """
    Take in a filled-in table. Rows that can be taken are; each bad cell is named; what is on record stays: another
    answer becomes a conflict for a person to decide. The same again changes nothing.
    """
    await common.get(db, models.Draw, draw_id)
    headings, *rows = await reading.rows(new.file.file, ROWS + 1)
    await new.file.seek(0)
    digest = hashlib.sha256(await new.file.read()).hexdigest()
    names = [str(heading or "").strip() for heading in headings]
    fields = {rules.field(name) for name in names}
    if not fields & set(rules.HOUSEHOLD) or rules.VERSION not in fields:
        raise NoHouseholdColumn
    cells = [
        (at, {name: cell for name, cell in zip(names, row, strict=False) if name})
        for at, row in enumerate(rows, 2)
        if any(cell not in (None, "") for cell in row)
    ]
    name = reading.plain_name(new.file.filename)
    return await _take(db, who, today, response, draw_id, new.checklist_id, name, digest, cells)


@router.post("/v1/draws/{draw_id}/submissions", status_code=201, dependencies=WRITE, responses=problems(NotFound))
async def take_submissions(
    draw_id: UUID, new: NewSubmissions, db: Db, who: Who, today: Today, response: Response
) -> PacketReturn:
    """Take in submissions as JSON, by the rules of `packet-returns`."""
    await common.get(db, models.Draw, draw_id)
    digest = hashlib.sha256(json.dumps(new.submissions, sort_keys=True).encode()).hexdigest()
    cells = [(at, rules.flat(one)) for at, one in enumerate(new.submissions, 1)]
    return await _take(db, who, today, response, draw_id, new.checklist_id, None, digest, cells)


@router.get(
    "/v1/draws/{draw_id}/packet-returns",
    dependencies=READ,
    response_model=PacketReturnPage,
    responses=problems(NotFound, BadCursor),
)
async def list_packet_returns(draw_id: UUID, page: Paged, db: Db) -> Any:
    """What came back, and what became of it."""
    await common.get(db, models.Draw, draw_id)
    return await page.of(db, packets.returns(draw_id=draw_id), key=col(models.PacketReturn.id))


@router.get("/v1/packet-returns/{packet_return_id}", dependencies=READ, responses=problems(NotFound))
async def get_packet_return(packet_return_id: UUID, db: Db) -> PacketReturn:
    return PacketReturn.model_validate(await common.get(db, models.PacketReturn, packet_return_id))


async def _take(
    db: AsyncSession,
    who: Principal,
    today: date,
    response: Response,
    draw_id: UUID,
    checklist_id: UUID,
    filename: str | None,
    digest: str,
    given: Sequence[tuple[int, Mapping[str, Any]]],
) -> PacketReturn:
    asked = await checklists.asked(db, checklist_id)
    draw = await common.get(db, models.Draw, draw_id)
    questions = checklists.as_rules(asked)
    rows, bad = rules.gather(given, questions, draw_id, checklist_id, today)
    known = await packets.known(db, draw_id, rows)
    weighed, contradicted = rules.weighed(rows, known)
    bad += contradicted
    ids = {number: household.visit_id for number, household in known.items() if household.visit_id}

    fresh = weighed[Verdict.RECORD]
    await _report(db, who, fresh, ids)
    further, conflicts, changed = await _compare(db, asked, checklist_id, weighed[Verdict.COMPARE], ids)
    named = {question.name: question.id for question in asked}
    for row in fresh:
        further += [NewAnswer(ids[row.household_no], named[name], value) for name, value in row.answers.items()]
    await answers.add(db, further, who.actor)

    refused = len({one.row for one in bad})
    recorded = len(fresh) + changed
    found: dict[str, Any] = {
        "filename": filename,
        "sha256": digest,
        "actor": who.actor,
        "rows": len(given),
        "recorded": recorded,
        "unchanged": len(given) - refused - recorded - len({one.visit_id for one in conflicts}),
        "conflicts": len(conflicts),
        "refused": refused,
        "errors": [
            {"row": one.row, "column": one.column, "code": one.code, "en": en, "zh": zh}
            for one in sorted(bad)[:NAMED]
            for en, zh in [rules.SAYS[one.code]]
        ],
        "ignored": rules.ignored(dict.fromkeys(name for _, row in given for name in row), questions),
    }
    back = models.PacketReturn(draw_id=draw_id, checklist_id=checklist_id, division_code=draw.division_code, **found)
    added = await common.add(db, back)
    await packets.add_conflicts(db, added.id, conflicts)
    return made(response, "/v1/packet-returns", PacketReturn, added)


async def _report(db: AsyncSession, who: Principal, rows: Iterable[Returned], ids: Mapping[str, UUID]) -> None:
    """What became of the visits: done on their days, or failed for their reasons."""
    done: dict[date, list[UUID]] = {}
    for row in rows:
        if row.outcome is VisitState.DONE:
            done.setdefault(row.visited_on, []).append(ids[row.household_no])
        else:
            await visits.report(
                db, [ids[row.household_no]], row.outcome, row.visited_on, who.actor, failure=row.failure, note=row.note
            )
    for day, of_day in done.items():
        await visits.report(db, of_day, VisitState.DONE, day, who.actor)


async def _compare(
    db: AsyncSession,
    asked: list[models.Question],
    checklist_id: UUID,
    rows: list[Returned],
    ids: Mapping[str, UUID],
) -> tuple[list[NewAnswer], list[Contradiction], int]:
    """
    For visits that have answers: further answers, contradictions, and how many visits get further ones.

    A visit with a contradiction gets nothing further until somebody has decided. What was on record once, or was
    already shown as a conflict, is nothing new.
    """
    recorded = await answers.on_record(db, [ids[row.household_no] for row in rows], asked, checklist_id)
    seen = await packets.seen(db, [ids[row.household_no] for row in rows])
    questions = {question.name: question.id for question in asked}
    further: list[NewAnswer] = []
    contradictions: list[Contradiction] = []
    changed = 0
    for row in rows:
        visit = ids[row.household_no]
        of_visit: Mapping[str, Recorded] = recorded.get(visit, {})
        known = {name for name, value in row.answers.items() if name in of_visit and value in of_visit[name].ever}
        differing = {name: value for name, value in row.answers.items() if name in of_visit and name not in known}
        contradictions += [
            Contradiction(visit, of_visit[name].id, value)
            for name, value in differing.items()
            if (visit, name, as_json(value)) not in seen
        ]
        first = [
            NewAnswer(visit, questions[name], value) for name, value in row.answers.items() if name not in of_visit
        ]
        if first and not differing:
            further += first
            changed += 1
    return further, contradictions, changed
