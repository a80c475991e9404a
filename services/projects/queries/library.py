from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.projects.codes import LibraryState
from services.projects.models import Objection, Project, ProjectStep
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


def steps(project_id: UUID) -> Select[Any]:
    """The history of a project in the library."""
    return select(ProjectStep).where(ProjectStep.project_id == project_id)


def objections(project_id: UUID) -> Select[Any]:
    return select(Objection).where(Objection.project_id == project_id)


async def objection(db: AsyncSession, objection_id: UUID) -> Objection | None:
    """The objection, held until this transaction ends."""
    statement = select(Objection).where(Objection.id == objection_id).with_for_update()
    return (await db.exec(statement)).one_or_none()


async def notice_seq(db: AsyncSession, project_id: UUID) -> int:
    """The number of the step that began the project's last public notice."""
    statement = (
        select(ProjectStep.seq)
        .where(ProjectStep.project_id == project_id, ProjectStep.to_state == LibraryState.NOTICED)
        .order_by(col(ProjectStep.seq).desc())
        .limit(1)
    )
    return (await db.exec(statement)).one()


async def resolve(db: AsyncSession, found: Objection, **resolution: str | date) -> None:
    for name, value in resolution.items():
        setattr(found, name, value)
    found.version += 1
    await db.flush()
