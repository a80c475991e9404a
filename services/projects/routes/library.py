"""One verb, one address: `POST /v1/projects/{id}:review`, `:argue`, ... as `rules.library.MOVES` lists them."""

from typing import Any
from uuid import UUID

from fastapi import Response

from fupin.app import Router
from fupin.auth import Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, Problem, problems
from fupin.reads import Reads
from fupin.selected import selected
from fupin.written import listed
from services.projects.codes.library import DocumentKind, LibraryState
from services.projects.problems.library import (
    DayInFuture,
    DocumentMissing,
    DocumentUntyped,
    FilingMissing,
    NoSuchAttachment,
    NoticeRunning,
    ObjectionOpen,
    ObjectionUpheld,
    OpinionMissing,
    StepBeforeLast,
    TargetMissing,
    WrongOrder,
    WrongRole,
)
from services.projects.problems.projects import DoubleFunded
from services.projects.queries import library as queries
from services.projects.routes.projects import SEEN, check_funding, held, shown
from services.projects.rules import library as rules
from services.projects.schemas.library import Document, DocumentPage, NewNotice, NewStep, Step, StepPage
from services.projects.schemas.projects import Project

router = Router(tags=["library"])


async def _take(
    move: rules.Move, project_id: UUID, step: NewStep, db: Db, who: Who, today: Today, response: Response
) -> dict[str, Any]:
    project = await held(db, project_id)
    by = rules.authority(move, project.state, who.scopes, who.division)
    on = step.on or today
    papers = await papers_of(db, project_id, step, rules.PAPER[move.to])
    standing = await queries.standing(db, project)
    rules.check_step(
        move.to,
        standing,
        on,
        today,
        opinion=step.opinion,
        document_ref=step.document_ref,
        papers={paper["kind"] for paper in papers},
    )
    taken = {
        "happened_on": on,
        "actor": who.actor,
        "scope": by.scope,
        "level": rules.level(who.division),
        "document_ref": step.document_ref,
        "opinion": step.opinion,
        "notice_until": rules.notice_until(on, step.days) if isinstance(step, NewNotice) else None,
    }
    if move.to == LibraryState.DECLARED:
        await check_funding(db, project)
    done = await queries.add_step(db, project, taken, move.to)
    await queries.keep_documents(db, project, done.seq, papers)
    return await shown(db, project_id, response)


async def papers_of(db: Db, project_id: UUID, step: NewStep, own: DocumentKind) -> list[dict[str, Any]]:
    """What a step rests on, its own document first. Raises DocumentUntyped, NoSuchAttachment."""
    if any(document.kind is None for document in step.documents):
        raise DocumentUntyped
    attached = {document.attachment_id for document in step.documents if document.attachment_id}
    if attached and not await queries.attached(db, project_id, attached):
        raise NoSuchAttachment
    first = [{"kind": own, "document_ref": step.document_ref}] if step.document_ref else []
    return [*first, *(document.model_dump() for document in step.documents)]


_MORE: dict[LibraryState, tuple[type[Problem], ...]] = {
    LibraryState.ARGUED: (OpinionMissing,),
    LibraryState.APPROVED: (DocumentMissing,),
    LibraryState.NOTICED: (DocumentMissing,),
    LibraryState.ACCEPTED: (DocumentMissing,),
    LibraryState.DECLARED: (DoubleFunded,),
    LibraryState.RETURNED: (OpinionMissing,),
    LibraryState.REJECTED: (OpinionMissing,),
    LibraryState.WITHDRAWN: (FilingMissing,),
    LibraryState.ADMITTED: (TargetMissing, NoticeRunning, ObjectionOpen, ObjectionUpheld),
}


def _address(move: rules.Move) -> None:
    """The route of one verb; only the notice takes more than a step does."""

    async def act(
        project_id: UUID, step: NewStep, db: Db, who: Who, today: Today, response: Response
    ) -> dict[str, Any]:
        return await _take(move, project_id, step, db, who, today, response)

    async def notice(
        project_id: UUID, step: NewNotice, db: Db, who: Who, today: Today, response: Response
    ) -> dict[str, Any]:
        return await _take(move, project_id, step, db, who, today, response)

    by = "; ".join(f"{state} by {who.scope} at {who.level} level or above" for state, who in move.by.items())
    router.post(
        f"/v1/projects/{{project_id}}:{move.verb}",
        name=f"{move.verb.replace('-', '_')}_project",
        response_model=Project,
        summary=move.summary,
        description=f"{move.summary} Begins in: {by}.",
        dependencies=[needs(move.scope)],
        responses=problems(
            NotFound,
            WrongRole,
            WrongOrder,
            StepBeforeLast,
            DayInFuture,
            DocumentUntyped,
            NoSuchAttachment,
            *_MORE.get(move.to, ()),
        ),
    )(notice if move.to == LibraryState.NOTICED else act)


for _move in rules.MOVES:
    _address(_move)


@router.get(
    "/v1/projects/{project_id}/steps",
    response_model=StepPage,
    dependencies=[needs("projects:read"), SEEN],
    responses=problems(NotFound, BadCursor),
)
async def list_steps(project_id: UUID, db: Reads, page: Paged, response: Response) -> Response:
    """The history of a project in the library: who took which step, when, on what document. Only ever added to."""
    return await listed(db, page, response, selected(Step, queries.steps, project_id, key=("seq",)))


@router.get(
    "/v1/projects/{project_id}/documents",
    response_model=DocumentPage,
    dependencies=[needs("projects:read"), SEEN],
    responses=problems(NotFound, BadCursor),
)
async def list_documents(project_id: UUID, db: Reads, page: Paged, response: Response) -> Response:
    """The documents that the steps of a project rest on, each with its kind. Only ever added to."""
    return await listed(db, page, response, selected(Document, queries.documents, project_id))
