from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, text
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.projects.codes.library import LibraryState
from services.projects.models import Objection, Project, ProjectDocument, ProjectStep
from services.projects.rules.library import Standing

STANDING = text("""
    SELECT (SELECT s.happened_on FROM project_step s WHERE s.project_id = p.id AND s.seq = p.steps) AS last_on,
           n.notice_until,
           (SELECT count(*) FROM performance_target t WHERE t.project_id = p.id) AS targets,
           (SELECT count(*) FROM objection o
            WHERE o.project_id = p.id AND o.notice_seq = n.seq AND o.outcome IS NULL) AS objections_open,
           (SELECT count(*) FROM objection o
            WHERE o.project_id = p.id AND o.notice_seq = n.seq AND o.outcome = 'UPHELD') AS objections_upheld
    FROM project p
    LEFT JOIN LATERAL (SELECT s.seq, s.notice_until FROM project_step s
                       WHERE s.project_id = p.id AND s.to_state = 'NOTICED' ORDER BY s.seq DESC LIMIT 1) n ON true
    WHERE p.id = :project_id
""")


async def standing(db: AsyncSession, project: Project) -> Standing:
    """Where a locked project stands; notice and objections are those of its last public notice."""
    found = (await db.execute(STANDING, {"project_id": project.id})).mappings().one()
    return Standing(state=project.state, **found)


async def add_step(db: AsyncSession, project: Project, step: dict[str, Any], to: LibraryState) -> ProjectStep:
    """Take a locked project one step on; PostgreSQL moves its state in the same statement, or refuses."""
    taken = ProjectStep(
        project_id=project.id,
        division_code=project.division_code,
        seq=project.steps + 1,
        from_state=project.state,
        to_state=to,
        **step,
    )
    db.add(taken)
    await db.flush()
    return taken


async def declare(db: AsyncSession, project: Project, step: dict[str, Any]) -> None:
    """Add a project with its first step, the declaration."""
    db.add(project)
    await db.flush()
    db.add(
        ProjectStep(
            project_id=project.id,
            division_code=project.division_code,
            seq=1,
            from_state=None,
            to_state=LibraryState.DECLARED,
            happened_on=project.declared_on,
            **step,
        )
    )
    await db.flush()


async def keep_documents(db: AsyncSession, project: Project, seq: int, documents: Iterable[Mapping[str, Any]]) -> None:
    """Record what a step rests on."""
    db.add_all(
        ProjectDocument(project_id=project.id, division_code=project.division_code, step_seq=seq, **document)
        for document in documents
    )
    await db.flush()


def documents(project_id: UUID) -> Select[Any]:
    return select(ProjectDocument).where(ProjectDocument.project_id == project_id)


ATTACHED = text("""
    SELECT count(*) FROM attachment
    WHERE id = ANY(:ids) AND subject_kind = 'project' AND subject_id = :project_id AND removed_at IS NULL
""")


async def attached(db: AsyncSession, project_id: UUID, ids: Collection[UUID]) -> bool:
    """Whether all of these are attachments of the project whose content is still there."""
    count: int = (await db.execute(ATTACHED, {"ids": list(ids), "project_id": project_id})).scalar_one()
    return count == len(ids)


def steps(project_id: UUID) -> Select[Any]:
    """The history of a project in the library."""
    return select(ProjectStep).where(ProjectStep.project_id == project_id)


def objections(project_id: UUID) -> Select[Any]:
    return select(Objection).where(Objection.project_id == project_id)


async def objection(db: AsyncSession, objection_id: UUID) -> Objection | None:
    """The objection, held until this transaction ends."""
    statement = select(Objection).where(Objection.id == objection_id).with_for_update()
    return (await db.exec(statement)).one_or_none()


async def resolve(db: AsyncSession, found: Objection, **resolution: str | date) -> None:
    for name, value in resolution.items():
        setattr(found, name, value)
    found.version += 1
    await db.flush()
