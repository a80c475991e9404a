"""Pathways of the registry held against the links here, and how two such comparisons differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Select, and_, exists, func, literal, text, union_all
from sqlalchemy import select as rows
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.projects.codes.linkage import LinkageChange, LinkageFindingKind
from services.projects.models import LinkageFinding, LinkageRun

POOR = ("IDENTIFIED", "POOR", "RELAPSED")  # the registry's statuses of poor households

LINKED = text("""
    SELECT DISTINCT household_id FROM beneficiary_link
    WHERE from_on <= :on AND (to_on IS NULL OR to_on >= :on) ORDER BY 1
""")
BULK = text("SELECT set_config('fupin.bulk', :run, true)")
RUN = text("SELECT on_date, finished_at FROM linkage_run WHERE id = :run FOR UPDATE")
FINISH = text("""
    UPDATE linkage_run SET links = :links, pathways = :pathways, households = :households,
        finished_at = clock_timestamp() WHERE id = :run
""")
# A household and a project are one pair on each side, however many links or pathways join them.
FIND = text("""
    WITH seen_pathway AS (
      SELECT * FROM unnest(CAST(:p_households AS uuid[]), CAST(:p_divisions AS text[]), CAST(:p_projects AS uuid[]),
                           CAST(:p_from AS date[]), CAST(:p_to AS date[]))
        AS p (household_id, division_code, project_id, from_on, to_on)
    ), seen_household AS (
      SELECT * FROM unnest(CAST(:h_ids AS uuid[]), CAST(:h_divisions AS text[]), CAST(:h_statuses AS text[]))
        AS h (household_id, division_code, status)
    ), link AS MATERIALIZED (
      SELECT household_id, project_id, min(division_code) AS division_code, min(household_status) AS status,
             min(from_on) AS from_on, CASE WHEN bool_and(to_on IS NOT NULL) THEN max(to_on) END AS to_on,
             count(*) AS links
      FROM beneficiary_link WHERE from_on <= :on AND (to_on IS NULL OR to_on >= :on) GROUP BY 1, 2
    ), pathway AS MATERIALIZED (
      SELECT household_id, project_id, min(division_code) AS division_code, min(from_on) AS from_on,
             CASE WHEN bool_and(to_on IS NOT NULL) THEN max(to_on) END AS to_on
      FROM seen_pathway GROUP BY 1, 2
    ), pair AS (
      SELECT household_id, project_id, coalesce(l.division_code, p.division_code) AS division_code,
             l.links IS NOT NULL AS linked, p.division_code IS NOT NULL AS on_pathway,
             concat(l.from_on, '/', coalesce(l.to_on::text, '..')) AS here,
             concat(p.from_on, '/', coalesce(p.to_on::text, '..')) AS there,
             (l.from_on, l.to_on) IS DISTINCT FROM (p.from_on, p.to_on) AS other_days
      FROM link l FULL JOIN pathway p USING (household_id, project_id)
    ), finding (kind, household_id, project_id, division_code, library_says, registry_says) AS (
      SELECT 'LINK_WITHOUT_PATHWAY', household_id, project_id, division_code, here, NULL
      FROM pair WHERE linked AND NOT on_pathway
      UNION ALL
      SELECT 'PATHWAY_WITHOUT_LINK', household_id, project_id, division_code, NULL, there
      FROM pair WHERE on_pathway AND NOT linked
      UNION ALL
      SELECT 'PERIOD_DIFFERS', household_id, project_id, division_code, here, there
      FROM pair WHERE linked AND on_pathway AND other_days
      UNION ALL
      SELECT 'HOUSEHOLD_GONE', l.household_id, l.project_id, l.division_code, l.status, h.status
      FROM link l LEFT JOIN seen_household h USING (household_id)
      WHERE h.status IS NULL OR h.status IN ('REMOVED', 'CANCELLED')
      UNION ALL
      SELECT 'HOUSEHOLD_EXITED', l.household_id, l.project_id, l.division_code, l.status, h.status
      FROM link l JOIN seen_household h USING (household_id)
      WHERE l.status = ANY (CAST(:poor AS text[]))
        AND h.status <> ALL (CAST(:poor AS text[]) || ARRAY['REMOVED', 'CANCELLED'])
      UNION ALL
      SELECT 'HOUSEHOLD_MOVED', l.household_id, l.project_id, l.division_code, l.division_code, h.division_code
      FROM link l JOIN seen_household h USING (household_id) WHERE h.division_code <> l.division_code
    ), kept AS (
      INSERT INTO linkage_finding (run_id, division_code, kind, household_id, project_id, library_says, registry_says)
      SELECT CAST(:run AS uuid), division_code, kind, household_id, project_id, library_says, registry_says FROM finding
    )
    SELECT coalesce(sum(links), 0)::integer FROM link
""")


class PathwaySeen(Protocol):
    """A household on a pathway that a project carries, as the registry said."""

    household_id: UUID
    division_code: str
    project_id: UUID
    from_on: date
    to_on: date | None


class HouseholdSeen(Protocol):
    """A linked household, as the registry said."""

    id: UUID
    division_code: str
    status: str


@dataclass(frozen=True)
class FindingFilter:
    """Which findings are asked for; None asks for all."""

    kind: LinkageFindingKind | None = None
    division: str | None = None
    project_id: UUID | None = None
    household_id: UUID | None = None


async def linked(db: AsyncSession, on: date) -> list[UUID]:
    """The households that gain from projects on a day."""
    return list((await db.execute(LINKED, {"on": on})).scalars())


async def compare(
    db: AsyncSession, run: UUID, on: date, pathways: Sequence[PathwaySeen], households: Sequence[HouseholdSeen]
) -> None:
    """Write down where what the registry said and the links of a day disagree, and finish the run."""
    await db.execute(BULK, {"run": str(run)})
    given = {
        "run": run, "on": on, "poor": list(POOR),
        "p_households": [p.household_id for p in pathways], "p_divisions": [p.division_code for p in pathways],
        "p_projects": [p.project_id for p in pathways], "p_from": [p.from_on for p in pathways],
        "p_to": [p.to_on for p in pathways],
        "h_ids": [h.id for h in households], "h_divisions": [h.division_code for h in households],
        "h_statuses": [h.status for h in households],
    }  # fmt: skip
    links = (await db.execute(FIND, given)).scalar_one()
    counts = {"links": links, "pathways": len(pathways), "households": len(households)}
    await db.execute(FINISH, {"run": run} | counts)


def runs(division: str) -> Select[Any]:
    """Finished and running comparisons that cover all that this division sees."""
    found = rows(
        *(LinkageRun.__table__.c[name] for name in LinkageRun.model_fields),  # type: ignore[attr-defined]  # SQLModel's
        _count(LinkageRun.id).label("findings"),
    )
    return found.where(func.starts_with(division, col(LinkageRun.covers)))


def _count(run_id: Any) -> Any:
    counted = rows(func.count()).where(col(LinkageFinding.run_id) == run_id)
    return counted.correlate(LinkageRun).scalar_subquery()


async def latest(db: AsyncSession, division: str, on: date) -> tuple[UUID, date] | None:
    """The newest finished run up to a day that covers all that this division sees."""
    found = (
        rows(col(LinkageRun.id), col(LinkageRun.on_date))
        .where(
            func.starts_with(literal(division), col(LinkageRun.covers)),
            col(LinkageRun.on_date) <= on,
            col(LinkageRun.finished_at).is_not(None),
        )
        .order_by(col(LinkageRun.on_date).desc(), col(LinkageRun.id).desc())
        .limit(1)
    )
    row = (await db.execute(found)).one_or_none()
    return (row[0], row[1]) if row else None


def findings(run_id: UUID, asked: FindingFilter) -> Select[Any]:
    return _asked(select(LinkageFinding).where(LinkageFinding.run_id == run_id), LinkageFinding, asked)


def changes(since: UUID, until: UUID, asked: FindingFilter) -> Select[Any]:
    """Findings that only one of two runs has: NEW in the later one, GONE since the earlier one."""
    other = aliased(LinkageFinding)

    def only(run: UUID, than: UUID, change: LinkageChange) -> Select[Any]:
        same = and_(
            col(other.run_id) == than,
            col(other.kind) == col(LinkageFinding.kind),
            col(other.household_id) == col(LinkageFinding.household_id),
            col(other.project_id) == col(LinkageFinding.project_id),
        )
        found = rows(
            *(LinkageFinding.__table__.c[name] for name in LinkageFinding.model_fields),  # type: ignore[attr-defined]  # SQLModel's
            literal(change.value).label("change"),
        ).where(col(LinkageFinding.run_id) == run, ~exists().where(same))
        return _asked(found, LinkageFinding, asked)

    both = union_all(only(until, since, LinkageChange.NEW), only(since, until, LinkageChange.GONE)).subquery("changed")
    return rows(both)


def _asked(found: Select[Any], finding: Any, asked: FindingFilter) -> Select[Any]:
    if asked.kind is not None:
        found = found.where(finding.kind == asked.kind)
    if asked.division is not None:
        found = found.where(func.starts_with(finding.division_code, asked.division))
    if asked.project_id is not None:
        found = found.where(finding.project_id == asked.project_id)
    if asked.household_id is not None:
        found = found.where(finding.household_id == asked.household_id)
    return found
