"""Three-year plans, what was reached of them, and whether they add up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, delete, func, text, update
from sqlalchemy import select as rows
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.projects.codes.plans import PLAN_YEARS, PlanState
from services.projects.models import Plan, PlanGoal, PlanProject, Project
from services.projects.rules.plans import below, prefix

# What the projects of plans did, year by year up to a day. `thing` is what is counted, once a plan and year.
MEASURED = """
    WITH part AS MATERIALIZED (
      SELECT m.plan_id, m.project_id FROM plan_project m JOIN plan p ON p.id = m.plan_id WHERE p.id = ANY (:plans)
    ), step AS MATERIALIZED (
      SELECT a.plan_id, a.project_id, s.to_state, min(s.happened_on) AS happened_on
      FROM part a JOIN project_step s ON s.project_id = a.project_id
      WHERE s.to_state IN ('IMPLEMENTING', 'COMPLETED') AND s.happened_on <= :on GROUP BY 1, 2, 3
    ), done (plan_id, metric, year, thing, amount) AS (
      SELECT plan_id, CASE to_state WHEN 'IMPLEMENTING' THEN 'PROJECTS_STARTED' ELSE 'PROJECTS_COMPLETED' END,
             extract(year FROM happened_on), project_id::text, 1
      FROM step
      UNION ALL
      SELECT s.plan_id, 'BUDGET_STARTED_FEN', extract(year FROM s.happened_on), b.id::text, b.amount_fen
      FROM step s JOIN project_budget b ON b.project_id = s.project_id WHERE s.to_state = 'IMPLEMENTING'
      UNION
      SELECT s.plan_id, 'VILLAGES_COVERED', extract(year FROM s.happened_on), v.division_code, 1
      FROM step s JOIN project_village v ON v.project_id = s.project_id WHERE s.to_state = 'IMPLEMENTING'
      UNION
      SELECT a.plan_id, 'HOUSEHOLDS_LINKED', y, l.household_id::text, 1
      FROM part a JOIN plan p ON p.id = a.plan_id JOIN beneficiary_link l ON l.project_id = a.project_id
      CROSS JOIN LATERAL generate_series(p.first_year, p.first_year + 2) y
      WHERE l.from_on <= least(:on, make_date(y, 12, 31)) AND (l.to_on IS NULL OR l.to_on >= make_date(y, 1, 1))
        AND make_date(y, 1, 1) <= :on
      UNION ALL
      SELECT a.plan_id, 'HOUSEHOLD_INCOME_FEN', i.year, i.id::text, i.amount_fen
      FROM part a JOIN beneficiary_link l ON l.project_id = a.project_id JOIN link_income i ON i.link_id = l.id
      WHERE i.recorded_at < (CAST(:on AS date) + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
      UNION ALL
      SELECT a.plan_id, 'PROJECT_INCOME_FEN', extract(year FROM r.period_to), r.id::text, r.income_fen
      FROM part a JOIN income_report r ON r.project_id = a.project_id
      WHERE r.received_on <= :on AND r.state <> 'CORRECTED'
    )
"""
PROGRESS = text(f"""
    {MEASURED}
    SELECT g.metric, g.year, g.target, coalesce(sum(d.amount), 0)::bigint AS reached
    FROM plan_goal g LEFT JOIN done d ON d.plan_id = g.plan_id AND d.metric = g.metric AND d.year = g.year
    WHERE g.plan_id = ANY (:plans) GROUP BY g.id ORDER BY g.metric, g.year
""")  # noqa: S608  # constants only
# A goal that only one side has counts as nothing on the other.
SUMS = text("""
    WITH lower_plan AS (
      SELECT id FROM plan
      WHERE division_code LIKE :below AND division_code <> :place AND first_year = :first_year AND state = 'APPROVED'
    ), lower_goal AS (
      SELECT metric, year, sum(target)::bigint AS target
      FROM plan_goal JOIN lower_plan l ON l.id = plan_id GROUP BY 1, 2
    )
    SELECT (SELECT count(*) FROM lower_plan) AS plans_below, metric, year, coalesce(g.target, 0) AS target,
           coalesce(l.target, 0) AS below
    FROM (SELECT metric, year, target FROM plan_goal WHERE plan_id = :plan) g
    FULL JOIN lower_goal l USING (metric, year) ORDER BY metric, year
""")
NEXT_EDITION = text("""
    SELECT coalesce(max(edition), 0) + 1 FROM plan WHERE division_code = :place AND first_year = :first_year
""")

_GOALS = (
    rows(
        func.coalesce(
            func.jsonb_agg(
                aggregate_order_by(
                    func.jsonb_build_object(
                        "metric", col(PlanGoal.metric), "year", col(PlanGoal.year), "target", col(PlanGoal.target)
                    ),
                    col(PlanGoal.metric),
                    col(PlanGoal.year),
                )
            ),
            func.jsonb_build_array(),
            type_=JSONB,
        )
    )
    .where(col(PlanGoal.plan_id) == col(Plan.id))
    .scalar_subquery()
)
_PROJECTS = rows(func.count()).where(col(PlanProject.plan_id) == col(Plan.id)).correlate(Plan).scalar_subquery()


@dataclass(frozen=True)
class PlanFilter:
    """Which plans are asked for; None asks for all."""

    division: str | None = None
    state: PlanState | None = None
    year: int | None = None
    project_id: UUID | None = None


def plans(asked: PlanFilter) -> Select[Any]:
    """Plans with their goals; those whose three years hold the year asked for."""
    found = rows(
        *Plan.__table__.c,  # type: ignore[attr-defined]  # SQLModel adds it
        (col(Plan.first_year) + PLAN_YEARS - 1).label("last_year"),
        _GOALS.label("goals"),
        _PROJECTS.label("projects"),
    )
    if asked.division is not None:
        found = found.where(func.starts_with(col(Plan.division_code), asked.division))
    if asked.state is not None:
        found = found.where(col(Plan.state) == asked.state)
    if asked.year is not None:
        found = found.where(col(Plan.first_year).between(asked.year - PLAN_YEARS + 1, asked.year))
    if asked.project_id is not None:
        carrying = rows(col(PlanProject.plan_id)).where(col(PlanProject.project_id) == asked.project_id)
        found = found.where(col(Plan.id).in_(carrying))
    return found


async def plan(db: AsyncSession, plan_id: UUID) -> RowMapping | None:
    return (await db.execute(plans(PlanFilter()).where(col(Plan.id) == plan_id))).mappings().one_or_none()


async def locked(db: AsyncSession, plan_id: UUID) -> Plan | None:
    """The plan, held until this transaction ends."""
    statement = select(Plan).where(Plan.id == plan_id).with_for_update().execution_options(populate_existing=True)
    return (await db.exec(statement)).one_or_none()


async def next_edition(db: AsyncSession, place: str, first_year: int) -> int:
    """The number of the next edition of a place's plan; two who ask at once are told apart by the open one."""
    edition: int = (await db.execute(NEXT_EDITION, {"place": place, "first_year": first_year})).scalar_one()
    return edition


async def write(
    db: AsyncSession, plan: Plan, goals: Sequence[Mapping[str, Any]], project_ids: Sequence[UUID]
) -> list[UUID]:
    """Give a draft these goals and projects instead of those it had; the projects that do not lie in its place."""
    of_plan: dict[str, Any] = {"plan_id": plan.id, "division_code": plan.division_code}
    await db.execute(delete(PlanGoal).where(col(PlanGoal.plan_id) == plan.id))
    await db.execute(delete(PlanProject).where(col(PlanProject.plan_id) == plan.id))
    inside = rows(col(Project.id)).where(
        col(Project.id).in_(project_ids), func.starts_with(col(Project.division_code), prefix(plan.division_code))
    )
    known = set((await db.execute(inside)).scalars())
    db.add_all(PlanGoal(**of_plan, **goal) for goal in goals)
    db.add_all(PlanProject(**of_plan, project_id=project_id) for project_id in sorted(known))
    await db.flush()
    return sorted(set(project_ids) - known)


async def supersede(db: AsyncSession, plan: Plan) -> None:
    """The approved edition gives way to this one."""
    await db.execute(
        update(Plan)
        .where(
            col(Plan.division_code) == plan.division_code,
            col(Plan.first_year) == plan.first_year,
            col(Plan.state) == PlanState.APPROVED,
        )
        .values(state=PlanState.SUPERSEDED, version=Plan.version + 1)
        .execution_options(synchronize_session=False)  # the new edition in hand is not the one meant
    )


async def progress(db: AsyncSession, plan_id: UUID, on: date) -> Sequence[RowMapping]:
    """Each goal of a plan with what was reached of it by a day."""
    return (await db.execute(PROGRESS, {"plans": [plan_id], "on": on})).mappings().all()


async def sums(db: AsyncSession, plan: Mapping[str, Any] | Plan) -> tuple[int, list[dict[str, Any]]]:
    """How many approved plans lie directly below, and each goal beside their sum."""
    found = plan if isinstance(plan, Mapping) else plan.model_dump()
    lower = below(found["division_code"])
    if lower is None:
        return 0, []
    asked = {"plan": found["id"], "below": lower, "place": found["division_code"], "first_year": found["first_year"]}
    lines = (await db.execute(SUMS, asked)).mappings().all()
    items = [
        {name: line[name] for name in ("metric", "year", "target", "below")}
        | {"agrees": line["target"] == line["below"]}
        for line in lines
    ]
    return (lines[0]["plans_below"] if lines else 0), items
